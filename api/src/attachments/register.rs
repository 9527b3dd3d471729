//! The register of files, beside the log: which were uploaded and are not yet named by an event,
//! and which event names which.
//!
//! A row is written before the first byte, so that no bytes lie anywhere unknown. When the file is
//! whole its *box* joins the row: what is known of it, with its key. Once an event names the file,
//! the event carries the box, sealed under its subjects' keys, and the row gives its own up: from
//! then on the file lives as long as those keys do.

use docket_domain::instant::Instant;
use docket_store::Position;
use sqlx::SqlitePool;
use uuid::Uuid;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY,
    -- The command that brought it, once it is whole: a repetition is answered with the same file.
    command TEXT UNIQUE,
    uploaded_at INTEGER NOT NULL,
    -- What opens it, until an event says so.
    box TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS attachment_events (
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attachment_cursor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position INTEGER NOT NULL
) STRICT;
";

/// An uploaded file that no event names yet.
pub(super) struct Waiting {
    /// What opens it.
    pub boxed: String,
    /// Since when it waits.
    pub uploaded_at: Instant,
}

/// The register.
pub(super) struct Register(SqlitePool);

impl Register {
    pub async fn open(pool: SqlitePool) -> Result<Self, sqlx::Error> {
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        Ok(Self(pool))
    }

    /// Announces a file whose bytes are about to come.
    pub async fn announce(&self, id: Uuid, at: Instant) -> Result<(), sqlx::Error> {
        let insert = sqlx::query("INSERT INTO uploads (id, uploaded_at) VALUES (?1, ?2)");
        insert.bind(id.to_string()).bind(at.0).execute(&self.0).await.map(|_| ())
    }

    /// Notes that a file is whole. False when the command has brought another one already, or when
    /// the file took so long that it was given up.
    pub async fn complete(
        &self,
        id: Uuid,
        command: Uuid,
        boxed: &str,
    ) -> Result<bool, sqlx::Error> {
        let done = sqlx::query("UPDATE OR IGNORE uploads SET command = ?2, box = ?3 WHERE id = ?1")
            .bind(id.to_string())
            .bind(command.to_string())
            .bind(boxed)
            .execute(&self.0)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The file that a command brought.
    pub async fn brought_by(&self, command: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
        let found = sqlx::query_scalar("SELECT id FROM uploads WHERE command = ?1");
        let found = found.bind(command.to_string()).fetch_optional(&self.0).await?;
        Ok(found.and_then(|id: String| id.parse().ok()))
    }

    /// A file that no event names yet.
    pub async fn waiting(&self, id: Uuid) -> Result<Option<Waiting>, sqlx::Error> {
        let found: Option<(String, i64)> = sqlx::query_as(
            "SELECT box, uploaded_at FROM uploads WHERE id = ?1 AND box IS NOT NULL",
        )
        .bind(id.to_string())
        .fetch_optional(&self.0)
        .await?;
        Ok(found.map(|(boxed, at)| Waiting { boxed, uploaded_at: Instant(at) }))
    }

    /// Where the events are that name a file.
    pub async fn events(&self, id: Uuid) -> Result<Vec<Position>, sqlx::Error> {
        let found = sqlx::query_scalar(
            "SELECT position FROM attachment_events WHERE id = ?1 ORDER BY position",
        );
        let found: Vec<i64> = found.bind(id.to_string()).fetch_all(&self.0).await?;
        Ok(found.into_iter().map(|position| position as Position).collect())
    }

    /// How far the log was read; what is registered beyond `head` is of another log and forgotten.
    pub async fn cursor(&self, head: Position) -> Result<Position, sqlx::Error> {
        let held = sqlx::query_scalar("SELECT position FROM attachment_cursor");
        let held: Option<i64> = held.fetch_optional(&self.0).await?;
        let held = held.unwrap_or(0) as Position;
        if held <= head {
            return Ok(held);
        }
        sqlx::query("DELETE FROM attachment_events").execute(&self.0).await?;
        Ok(0)
    }

    /// Notes what the events up to `cursor` name; each file named gives up its box.
    pub async fn bind(
        &self,
        named: &[(Uuid, Position)],
        cursor: Position,
    ) -> Result<(), sqlx::Error> {
        let mut transaction = self.0.begin().await?;
        for (id, position) in named {
            sqlx::query("INSERT OR IGNORE INTO attachment_events VALUES (?1, ?2)")
                .bind(id.to_string())
                .bind(*position as i64)
                .execute(&mut *transaction)
                .await?;
            sqlx::query("UPDATE uploads SET box = NULL WHERE id = ?1")
                .bind(id.to_string())
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query("INSERT OR REPLACE INTO attachment_cursor VALUES (1, ?1)")
            .bind(cursor as i64)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// Files that wait, or whose bytes never came to an end, since before a moment.
    pub async fn forsaken(&self, since: Instant) -> Result<Vec<Uuid>, sqlx::Error> {
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM uploads
             WHERE uploaded_at < ?1 AND (box IS NOT NULL OR command IS NULL)",
        )
        .bind(since.0)
        .fetch_all(&self.0)
        .await?;
        Ok(found.into_iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// Forgets a file that no event names.
    pub async fn forget(&self, id: Uuid) -> Result<(), sqlx::Error> {
        let delete = sqlx::query("DELETE FROM uploads WHERE id = ?1");
        delete.bind(id.to_string()).execute(&self.0).await.map(|_| ())
    }

    /// Empties the write-ahead log, which still holds the boxes that were given up. False while
    /// somebody reads: it must be asked for again.
    pub async fn scrub(&self) -> Result<bool, sqlx::Error> {
        let emptied = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)");
        let (busy, _, _): (i64, i64, i64) = emptied.fetch_one(&self.0).await?;
        Ok(busy == 0)
    }
}
