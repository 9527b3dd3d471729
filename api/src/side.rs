//! What is kept beside the log, in a SQLite file of its own: who read what, and saved views.
//!
//! Reading changes no ticket, so it is no event; it is on record all the same, for auditors.
//! Records are gathered and written in batches, so that a read never waits for the disk.

use std::path::Path;

use docket_domain::instant::Instant;
use docket_store::Clock;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::{mpsc, oneshot};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Principal;

/// How many records may wait to be written; then readers wait.
const WAITING: usize = 65_536;

/// How many records one transaction takes.
const BATCH: usize = 2_000;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS access_log (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    token TEXT NOT NULL,
    agent TEXT,
    what TEXT NOT NULL,
    subject TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS access_log_subject ON access_log (subject, id);
CREATE TABLE IF NOT EXISTS saved_views (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    filter TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS saved_views_owner ON saved_views (owner, id);
";

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A ticket's document.
    Ticket,
    /// A ticket's history.
    History,
    /// A ticket's timeline.
    Timeline,
    /// An attachment's bytes.
    Attachment,
    /// A customer's document.
    Customer,
    /// A stretch of the whole log.
    Events,
}

/// One reading on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reading {
    /// Its place in the access log.
    pub id: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// With which token.
    pub token: String,
    /// The agent whom that token stands for.
    pub agent: Option<String>,
    /// What kind of thing was read.
    pub what: What,
    /// Which one: the id of a ticket, customer or attachment; the first position of a stretch.
    pub subject: String,
}

/// A filter that its owner keeps under a name (S-23).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SavedView {
    /// Its id, as `?view=` takes it.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// The filter: parameters of the ticket list.
    #[schema(value_type = Object)]
    pub filter: Box<RawValue>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
}

enum Task {
    Write(Reading),
    Flush(oneshot::Sender<()>),
}

/// The access log and the saved views.
pub struct Side {
    pool: SqlitePool,
    tasks: mpsc::Sender<Task>,
    clock: Clock,
}

impl Side {
    /// Opens the file, and creates it where there is none.
    pub async fn open(path: &Path, clock: Clock) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        let (tasks, queue) = mpsc::channel(WAITING);
        tokio::spawn(write(pool.clone(), queue));
        Ok(Self { pool, tasks, clock })
    }

    /// Puts a reading on record.
    pub async fn read(&self, who: &Principal, what: What, subject: String) {
        let reading = Reading {
            id: 0,
            at: Instant((self.clock)()),
            token: who.token.to_string(),
            agent: who.agent.map(|agent| agent.to_string()),
            what,
            subject,
        };
        if self.tasks.send(Task::Write(reading)).await.is_err() {
            tracing::error!("a reading could not be put on record: the access log is closed");
        }
    }

    /// Readings, newest first, before `before`, of one subject or of all.
    pub async fn readings(
        &self,
        subject: Option<&str>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Reading>, sqlx::Error> {
        self.flush().await;
        let rows: Vec<(i64, i64, String, Option<String>, String, String)> = sqlx::query_as(
            "SELECT id, at, token, agent, what, subject FROM access_log
             WHERE (?1 IS NULL OR subject = ?1) AND id < ?2 ORDER BY id DESC LIMIT ?3",
        )
        .bind(subject)
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        let reading = |(id, at, token, agent, what, subject): (_, _, _, _, String, _)| {
            let what = serde_json::from_value(what.into()).map_err(decode)?;
            Ok(Reading { id, at: Instant(at), token, agent, what, subject })
        };
        rows.into_iter().map(reading).collect()
    }

    /// The saved views of an owner, oldest first.
    pub async fn views(&self, owner: &str) -> Result<Vec<SavedView>, sqlx::Error> {
        let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
            "SELECT id, name, filter, created_at FROM saved_views WHERE owner = ?1 ORDER BY id",
        )
        .bind(owner)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(view).collect()
    }

    /// One saved view of an owner.
    pub async fn view(&self, owner: &str, id: Uuid) -> Result<Option<SavedView>, sqlx::Error> {
        let row: Option<(String, String, String, i64)> = sqlx::query_as(
            "SELECT id, name, filter, created_at FROM saved_views WHERE owner = ?1 AND id = ?2",
        )
        .bind(owner)
        .bind(id.to_string())
        .fetch_optional(&self.pool)
        .await?;
        row.map(view).transpose()
    }

    /// Keeps a view for an owner. The same id again keeps what is there.
    pub async fn keep_view(&self, owner: &str, view: &SavedView) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO saved_views (id, owner, name, filter, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO NOTHING",
        )
        .bind(view.id.to_string())
        .bind(owner)
        .bind(&view.name)
        .bind(view.filter.get())
        .bind(view.created_at.0)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Drops a view of an owner; answers whether there was one.
    pub async fn drop_view(&self, owner: &str, id: Uuid) -> Result<bool, sqlx::Error> {
        let done = sqlx::query("DELETE FROM saved_views WHERE owner = ?1 AND id = ?2")
            .bind(owner)
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Waits until all readings so far are on disk.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.tasks.send(Task::Flush(done)).await.is_ok() {
            // An error means that the writer is gone, and with it all that could wait.
            let _ = flushed.await;
        }
    }

    /// Writes what waits and closes the file.
    pub async fn close(&self) {
        self.flush().await;
        self.pool.close().await;
    }
}

fn view(
    (id, name, filter, created_at): (String, String, String, i64),
) -> Result<SavedView, sqlx::Error> {
    Ok(SavedView {
        id: id.parse().map_err(decode)?,
        name,
        filter: RawValue::from_string(filter).map_err(decode)?,
        created_at: Instant(created_at),
    })
}

fn decode(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

/// Writes records as they come, as many as wait in one transaction.
async fn write(pool: SqlitePool, mut queue: mpsc::Receiver<Task>) {
    let mut tasks = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut tasks, BATCH).await > 0 {
        let mut readings = Vec::new();
        let mut waiting = Vec::new();
        for task in tasks.drain(..) {
            match task {
                Task::Write(reading) => readings.push(reading),
                Task::Flush(done) => waiting.push(done),
            }
        }
        if !readings.is_empty()
            && let Err(error) = insert(&pool, &readings).await
        {
            tracing::error!(%error, lost = readings.len(), "the access log could not be written");
        }
        for done in waiting {
            // Whoever waited may have gone.
            let _ = done.send(());
        }
    }
}

async fn insert(pool: &SqlitePool, readings: &[Reading]) -> Result<(), sqlx::Error> {
    let rows: Vec<_> =
        readings.iter().map(|it| (it.at.0, &it.token, &it.agent, it.what, &it.subject)).collect();
    let rows = serde_json::to_string(&rows).map_err(decode)?;
    sqlx::query(
        "INSERT INTO access_log (at, token, agent, what, subject)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1)",
    )
    .bind(rows)
    .execute(pool)
    .await?;
    Ok(())
}
