//! The register of files, beside the log: which were uploaded and are not yet named by an event,
//! and which event names which.
//!
//! A row is written before the first byte, so that no bytes of a whole file lie anywhere unknown; what a killed
//! upload left of one goes by its age (`place.rs`). When the file is
//! whole its *box* joins the row: what is known of it, with its key. Once an event names the file,
//! the event carries the box, sealed under its subjects' keys, and the row gives its own up: from
//! then on the file lives as long as those keys do.

use docket_domain::instant::Instant;
use docket_store::Position;
use uuid::Uuid;

use crate::side::{Given, Statement, Tables};

/// An uploaded file that no event names yet.
pub(super) struct Waiting {
    /// What opens it.
    pub boxed: String,
    /// Since when it waits.
    pub uploaded_at: Instant,
}

/// The register.
pub(super) struct Register(Tables);

impl Register {
    pub fn of(tables: &Tables) -> Self {
        Self(tables.clone())
    }

    /// Announces a file whose bytes are about to come.
    pub async fn announce(&self, id: Uuid, at: Instant) -> Result<(), sqlx::Error> {
        let sql = "INSERT INTO uploads (id, uploaded_at) VALUES ($1, $2)";
        self.0.done(sql, &[(&id.to_string()).into(), at.0.into()]).await.map(drop)
    }

    /// Notes that a file is whole. False when the command has brought another one already, or when
    /// the file took so long that it was given up.
    pub async fn complete(
        &self,
        id: Uuid,
        command: Uuid,
        boxed: &str,
    ) -> Result<bool, sqlx::Error> {
        let sql = "UPDATE uploads SET command = $2, box = $3 WHERE id = $1";
        let (id, command) = (id.to_string(), command.to_string());
        match self.0.done(sql, &[(&id).into(), (&command).into(), boxed.into()]).await {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            done => Ok(done? == 1),
        }
    }

    /// The file that a command brought.
    pub async fn brought_by(&self, command: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
        let sql = "SELECT id FROM uploads WHERE command = $1";
        Ok(self.ids(sql, &[(&command.to_string()).into()]).await?.into_iter().next())
    }

    /// A file that no event names yet.
    pub async fn waiting(&self, id: Uuid) -> Result<Option<Waiting>, sqlx::Error> {
        let sql = "SELECT box, uploaded_at FROM uploads WHERE id = $1 AND box IS NOT NULL";
        let found: Vec<(String, i64)> = self.0.rows(sql, &[(&id.to_string()).into()]).await?;
        let waiting = |(boxed, at)| Waiting { boxed, uploaded_at: Instant(at) };
        Ok(found.into_iter().next().map(waiting))
    }

    /// Where the events are that name a file.
    pub async fn events(&self, id: Uuid) -> Result<Vec<Position>, sqlx::Error> {
        let sql = "SELECT position FROM attachment_events WHERE id = $1 ORDER BY position";
        let found: Vec<(i64,)> = self.0.rows(sql, &[(&id.to_string()).into()]).await?;
        Ok(found.into_iter().map(|(position,)| position as Position).collect())
    }

    /// How far the log was read; what a file has registered beyond `head` is of another log and forgotten.
    pub async fn cursor(&self, head: Position) -> Result<Position, sqlx::Error> {
        let held: Vec<(i64,)> = self.0.rows("SELECT position FROM attachment_cursor", &[]).await?;
        let held = held.first().map_or(0, |(position,)| *position as Position);
        if held <= head {
            return Ok(held);
        }
        if self.0.is_of_this_log_alone() {
            // Another process has read further than this one has heard of yet.
            return Ok(head);
        }
        let events = ("DELETE FROM attachment_events", Vec::new());
        let cursor = ("DELETE FROM attachment_cursor", Vec::new());
        self.0.together(&[events, cursor]).await?;
        Ok(0)
    }

    /// Notes what the events up to `cursor` name; each file named gives up its box. Whoever has read
    /// further has noted more: that stays.
    pub async fn bind(
        &self,
        named: &[(Uuid, Position)],
        cursor: Position,
    ) -> Result<(), sqlx::Error> {
        const NAME: &str = "INSERT INTO attachment_events VALUES ($1, $2) ON CONFLICT DO NOTHING";
        const REACH: &str = "INSERT INTO attachment_cursor AS held VALUES (1, $1)
            ON CONFLICT (one) DO UPDATE SET position = excluded.position
            WHERE excluded.position > held.position";
        let mut named: Vec<_> = named.iter().map(|(id, at)| (id.to_string(), *at as i64)).collect();
        // Two servers that name the same files lock their rows in the same order.
        named.sort_unstable();
        let mut work: Vec<Statement<'_>> = Vec::new();
        for (id, position) in &named {
            work.push((NAME, vec![id.into(), (*position).into()]));
            work.push(("UPDATE uploads SET box = NULL WHERE id = $1", vec![id.into()]));
        }
        work.push((REACH, vec![(cursor as i64).into()]));
        self.0.together(&work).await.map(drop)
    }

    /// Files that wait, or whose bytes never came to an end, since before a moment.
    pub async fn forsaken(&self, since: Instant) -> Result<Vec<Uuid>, sqlx::Error> {
        let sql = "SELECT id FROM uploads
                   WHERE uploaded_at < $1 AND (box IS NOT NULL OR command IS NULL)
                     AND NOT EXISTS
                         (SELECT 1 FROM attachment_events AS named WHERE named.id = uploads.id)";
        self.ids(sql, &[since.0.into()]).await
    }

    /// Forgets a file that no event names.
    pub async fn forget(&self, id: Uuid) -> Result<(), sqlx::Error> {
        let sql = "DELETE FROM uploads WHERE id = $1";
        self.0.done(sql, &[(&id.to_string()).into()]).await.map(drop)
    }

    /// Removes from the disk the boxes that were given up. False while somebody reads: it must be asked
    /// for again.
    pub async fn scrub(&self) -> Result<bool, sqlx::Error> {
        self.0.scrub().await
    }

    async fn ids(&self, sql: &'static str, given: &[Given<'_>]) -> Result<Vec<Uuid>, sqlx::Error> {
        let found: Vec<(String,)> = self.0.rows(sql, given).await?;
        Ok(found.into_iter().filter_map(|(id,)| id.parse().ok()).collect())
    }
}
