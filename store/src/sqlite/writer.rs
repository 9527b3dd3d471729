//! Writing to the file: the one connection that does, and what becomes of it after a failure.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::watch;

use super::checkpoint::{self, Turn};
use super::failure::{failed, failed_at_commit};
use super::{beside, inserts, known, open};
use crate::appending::batch::Batch;
use crate::appending::checked::Checked;
use crate::appending::queue::{self, Answer, Reply};
use crate::appending::tail::Tail;
use crate::{Clock, Millis, Position, StoreError};

/// What is written beside appends.
pub(super) enum Other {
    ReserveNumbers {
        counter: String,
        count: u64,
        reply: Reply<u64>,
    },
    EraseKey {
        subject: String,
        reply: Reply<()>,
    },
    Scrub(Reply<bool>),
    InitMeta {
        name: String,
        value: Vec<u8>,
        reply: Reply<Vec<u8>>,
    },
    /// Lets a test say how large the database may grow until the next failure.
    #[cfg(test)]
    LimitPages(u32, Reply<()>),
    /// Lets a test make the next COMMIT fail.
    #[cfg(test)]
    FailCommit(Reply<()>),
}

/// What the writer shares with those who read and those who fold.
pub(super) struct Shared {
    pub head: watch::Sender<Position>,
    pub tail: Arc<Tail>,
    pub turn: Turn,
}

pub(super) struct Writer {
    path: PathBuf,
    clock: Clock,
    shared: Shared,
    last_recorded_at: Millis,
    /// `None` after a failure: nothing that the old connection believed is trusted.
    connection: Option<SqliteConnection>,
    _lock: File,
}

impl Writer {
    /// Opens the writing connection and finds the end of the log.
    pub async fn open(
        path: PathBuf,
        clock: Clock,
        shared: Shared,
        lock: File,
    ) -> Result<Self, StoreError> {
        let mut writer =
            Self { path, clock, shared, last_recorded_at: 0, connection: None, _lock: lock };
        writer.connection = Some(writer.connect().await?);
        Ok(writer)
    }

    /// The connection, opened anew after a failure; the end of the log is then read again.
    async fn connect(&mut self) -> Result<SqliteConnection, StoreError> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let options = open::writing(&self.path).create_if_missing(false);
        let mut connection = options.connect().await.map_err(|error| failed(&error))?;
        let end: Option<(i64, Millis)> = sqlx::query_as(END)
            .fetch_optional(&mut connection)
            .await
            .map_err(|error| failed(&error))?;
        let (position, recorded_at) = end.unwrap_or((0, 0));
        self.shared.tail.clear();
        self.last_recorded_at = self.last_recorded_at.max(recorded_at);
        self.shared.head.send_replace(position as Position);
        Ok(connection)
    }

    /// Does `work` in one transaction that is on disk when this answers.
    async fn durably<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connect().await?;
        let done = transaction(&mut connection, work).await;
        match &done {
            Ok(_) => self.connection = Some(connection),
            Err(error) => {
                tracing::error!(%error, "a write to the log failed");
                // Closing rolls back. The error is told already, and a new connection follows.
                let _ = connection.close().await;
            }
        }
        done
    }

    /// Empties the write-ahead log, which holds pages as they were; false where a reader keeps it.
    async fn scrub(&mut self) -> Result<bool, StoreError> {
        let turn = self.shared.turn.clone();
        let _turn = turn.lock().await;
        let mut connection = self.connect().await?;
        let emptied = checkpoint::empty(&mut connection).await;
        if emptied.is_ok() {
            self.connection = Some(connection);
        }
        emptied.map_err(|error| failed(&error))
    }

    #[cfg(test)]
    async fn fail_commit(&mut self) -> Result<(), StoreError> {
        let mut connection = self.connect().await?;
        connection.lock_handle().await.map_err(|error| failed(&error))?.set_commit_hook(|| false);
        self.connection = Some(connection);
        Ok(())
    }

    #[cfg(test)]
    async fn limit_pages(&mut self, pages: u32) -> Result<(), StoreError> {
        let mut connection = self.connect().await?;
        let sql = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        let limited = sqlx::query(sql).execute(&mut connection).await;
        self.connection = Some(connection);
        limited.map(|_| ()).map_err(|error| failed(&error))
    }
}

const END: &str = "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1";

impl queue::Writer for Writer {
    type Other = Other;

    async fn write(&mut self, appends: Vec<Checked>) -> Result<Vec<Answer>, StoreError> {
        // Connecting first, since it is what finds the end of the log.
        self.connection = Some(self.connect().await?);
        let head = *self.shared.head.borrow();
        let recorded_at = (self.clock)().max(self.last_recorded_at);
        let (outcomes, rows, head) = self
            .durably(async |connection| {
                let known =
                    known::load(connection, &appends).await.map_err(|error| failed(&error))?;
                let mut batch = Batch::new(known, head, recorded_at);
                let outcomes: Vec<_> =
                    appends.into_iter().map(|append| batch.decide(append)).collect();
                inserts::write(connection, &batch).await.map_err(|error| failed(&error))?;
                Ok((outcomes, batch.events, batch.head))
            })
            .await?;
        self.last_recorded_at = recorded_at;
        self.shared.tail.extend(rows, recorded_at);
        self.shared.head.send_if_modified(|current| std::mem::replace(current, head) != head);
        Ok(outcomes.into_iter().map(Ok).collect())
    }

    async fn work(&mut self, other: Other) {
        match other {
            Other::ReserveNumbers { counter, count, reply } => {
                let first =
                    self.durably(async |c| beside::reserve_numbers(c, &counter, count).await).await;
                let _ = reply.send(first);
            }
            Other::EraseKey { subject, reply } => {
                let now = (self.clock)();
                let erased =
                    self.durably(async |c| beside::erase_key(c, &subject, now).await).await;
                let _ = reply.send(erased);
            }
            Other::Scrub(reply) => {
                let _ = reply.send(self.scrub().await);
            }
            Other::InitMeta { name, value, reply } => {
                let held = self.durably(async |c| beside::init_meta(c, &name, &value).await).await;
                let _ = reply.send(held);
            }
            #[cfg(test)]
            Other::LimitPages(pages, reply) => {
                let _ = reply.send(self.limit_pages(pages).await);
            }
            #[cfg(test)]
            Other::FailCommit(reply) => {
                let _ = reply.send(self.fail_commit().await);
            }
        }
    }

    async fn close(mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "closing the log failed; it is recovered when it is next opened");
        }
    }
}

async fn transaction<T>(
    connection: &mut SqliteConnection,
    work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut *connection)
        .await
        .map_err(|error| failed(&error))?;
    let done = work(&mut *connection).await?;
    sqlx::query("COMMIT").execute(connection).await.map_err(|error| failed_at_commit(&error))?;
    Ok(done)
}
