//! The one task that writes.
//!
//! It takes all appends that are waiting, decides and writes them in one transaction, and answers
//! after COMMIT: this *group commit* shares the wait for the disk among all who wait. Rarer writes
//! (numbers, erasures, settings) are transactions of their own between the batches.

use std::collections::VecDeque;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot, watch};

use super::batch::Batch;
use super::checked::Checked;
use super::checkpoint::Turn;
use super::failure::{failed, failed_at_commit};
use super::tail::Tail;
use super::{beside, inserts, open};
use crate::{Clock, Millis, Outcome, Position, StoreError};

/// Appends that one transaction takes at most; more would make the first wait for the last.
const BATCH: usize = 256;

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked to do.
pub(super) enum Task {
    Append(Checked, Reply<Outcome>),
    ReserveNumbers {
        counter: String,
        count: u64,
        reply: Reply<u64>,
    },
    EraseKey {
        subject: String,
        reply: Reply<()>,
    },
    InitMeta {
        name: String,
        value: Vec<u8>,
        reply: Reply<Vec<u8>>,
    },
    /// Stop, close the file and give the lock back.
    Close(oneshot::Sender<()>),
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

    /// Works until it is told to close or nobody can ask any more.
    pub async fn run(mut self, mut tasks: mpsc::Receiver<Task>) {
        let mut waiting = VecDeque::new();
        let mut arrived = Vec::with_capacity(BATCH);
        loop {
            if waiting.is_empty() && tasks.recv_many(&mut arrived, BATCH).await == 0 {
                break;
            }
            waiting.extend(arrived.drain(..));
            let appends = take_appends(&mut waiting);
            if !appends.is_empty() {
                self.append_all(appends).await;
            }
            match waiting.pop_front() {
                Some(Task::Close(done)) => {
                    self.close().await;
                    // Whoever asked may have stopped waiting.
                    let _ = done.send(());
                    return;
                }
                Some(task) => self.work(task).await,
                None => {}
            }
        }
        self.close().await;
    }

    async fn close(mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "closing the log failed; it is recovered when it is next opened");
        }
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

    async fn append_all(&mut self, appends: Vec<(Checked, Reply<Outcome>)>) {
        let (appends, replies): (Vec<_>, Vec<_>) = appends.into_iter().unzip();
        let (began, size) = (Instant::now(), appends.len());
        // Connecting first, since it is what finds the end of the log.
        let written = match self.connect().await {
            Ok(connection) => {
                self.connection = Some(connection);
                self.write(appends).await
            }
            Err(error) => Err(error),
        };
        match written {
            Ok(outcomes) => {
                metrics::histogram!("docket_append_batch_size").record(size as f64);
                metrics::histogram!("docket_append_seconds").record(began.elapsed());
                for (reply, outcome) in replies.into_iter().zip(outcomes) {
                    // Whoever asked may have stopped waiting; the events are on disk all the same.
                    let _ = reply.send(Ok(outcome));
                }
            }
            Err(error) => {
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    async fn write(&mut self, appends: Vec<Checked>) -> Result<Vec<Outcome>, StoreError> {
        let head = *self.shared.head.borrow();
        let recorded_at = (self.clock)().max(self.last_recorded_at);
        let (outcomes, rows, head) = self
            .durably(async |connection| {
                let mut batch = Batch::load(connection, &appends, head, recorded_at).await?;
                let outcomes: Vec<_> =
                    appends.into_iter().map(|append| batch.decide(append)).collect();
                inserts::write(connection, &batch).await.map_err(|error| failed(&error))?;
                Ok((outcomes, batch.events, batch.head))
            })
            .await?;
        self.last_recorded_at = recorded_at;
        self.shared.tail.extend(rows, recorded_at);
        self.shared.head.send_if_modified(|current| std::mem::replace(current, head) != head);
        Ok(outcomes)
    }

    async fn work(&mut self, task: Task) {
        match task {
            Task::ReserveNumbers { counter, count, reply } => {
                let first =
                    self.durably(async |c| beside::reserve_numbers(c, &counter, count).await).await;
                let _ = reply.send(first);
            }
            Task::EraseKey { subject, reply } => {
                let _ = reply.send(self.erase_key(&subject).await);
            }
            Task::InitMeta { name, value, reply } => {
                let held = self.durably(async |c| beside::init_meta(c, &name, &value).await).await;
                let _ = reply.send(held);
            }
            #[cfg(test)]
            Task::LimitPages(pages, reply) => {
                let _ = reply.send(self.limit_pages(pages).await);
            }
            #[cfg(test)]
            Task::FailCommit(reply) => {
                let _ = reply.send(self.fail_commit().await);
            }
            Task::Append(append, reply) => self.append_all(vec![(append, reply)]).await,
            Task::Close(_) => {}
        }
    }

    async fn erase_key(&mut self, subject: &str) -> Result<(), StoreError> {
        let now = (self.clock)();
        self.durably(async |connection| beside::erase_key(connection, subject, now).await).await?;
        // The write-ahead log still holds pages with the key as it was: empty it.
        let turn = self.shared.turn.clone();
        let _turn = turn.lock().await;
        let mut connection = self.connect().await?;
        let emptied: Result<(i64, i64, i64), _> =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await;
        self.connection = Some(connection);
        match emptied {
            Ok((0, ..)) => Ok(()),
            Ok(_) => Err(StoreError::Unavailable(
                "the key is erased, but a long read keeps its traces in the write-ahead log; \
                 erase it again"
                    .to_owned(),
            )),
            Err(error) => Err(failed(&error)),
        }
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

/// The appends that wait at the front of the queue: other tasks keep their place among them.
fn take_appends(waiting: &mut VecDeque<Task>) -> Vec<(Checked, Reply<Outcome>)> {
    let mut appends = Vec::new();
    while let Some(task) = waiting.pop_front() {
        match task {
            Task::Append(append, reply) => appends.push((append, reply)),
            other => {
                waiting.push_front(other);
                break;
            }
        }
    }
    appends
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
