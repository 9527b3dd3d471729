//! The access log in a SQLite file of its own, so that reading never waits for writing events.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, QueryBuilder, Row, SqlSafeStr, SqliteConnection, SqlitePool};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;

use super::{Access, AccessEntry, AccessFilter, AccessLog};
use crate::StoreError;
use crate::sqlite::failure::failed;
use crate::sqlite::reads::integer;

/// Readings that may wait to be written: some 15 MB. A disk that stays full fills it in the end.
const QUEUE: usize = 65_536;

/// Readings that one transaction takes.
const BATCH: usize = 1024;

/// How long the writer waits before it tries again what failed.
const RETRY: Duration = Duration::from_millis(500);

enum Task {
    Record(Access),
    Flush(oneshot::Sender<()>),
}

/// The access log in a SQLite file.
pub struct SqliteAccessLog {
    tasks: mpsc::Sender<Task>,
    readers: SqlitePool,
}

impl SqliteAccessLog {
    /// Opens the access log at `path`, and creates or migrates it where needed.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it cannot be opened or a newer Docket wrote it.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let refused =
            |why: String| StoreError::Refused(format!("the access log {}: {why}", path.display()));
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5))
            .pragma("trusted_schema", "OFF")
            .disable_statement_logging();
        let writing =
            options.clone().create_if_missing(true).thread_name(|_| "docket-access".into());
        let mut connection = writing.connect().await.map_err(|error| refused(error.to_string()))?;
        migrations().run_direct(None, &mut connection, false).await.map_err(
            |error| match error {
                MigrateError::VersionMissing(_) => {
                    refused("it was written by a newer Docket".to_owned())
                }
                other => refused(other.to_string()),
            },
        )?;
        let readers = PoolOptions::new()
            .max_connections(2)
            .test_before_acquire(false)
            .connect_with(options.read_only(true))
            .await
            .map_err(|error| failed(&error))?;
        let (tasks, queue) = mpsc::channel(QUEUE);
        tokio::spawn(write_all(connection, queue));
        Ok(Self { tasks, readers })
    }
}

fn migrations() -> Migrator {
    let sql = include_str!("../../../migrations/access/sqlite/0001_access.sql");
    let kind = MigrationType::Simple;
    let step = Migration::new(1, "access".into(), kind, sql.into_sql_str(), false);
    Migrator::with_migrations(vec![step])
}

#[async_trait]
impl AccessLog for SqliteAccessLog {
    fn record(&self, access: Access) -> Result<(), StoreError> {
        self.tasks.try_send(Task::Record(access)).map_err(|error| {
            StoreError::Unavailable(match error {
                TrySendError::Full(_) => "readings cannot be recorded at present".to_owned(),
                TrySendError::Closed(_) => "the access log is closed".to_owned(),
            })
        })
    }

    async fn query(
        &self,
        filter: &AccessFilter,
        after: u64,
        limit: usize,
    ) -> Result<Vec<AccessEntry>, StoreError> {
        self.flush().await?;
        let mut query = QueryBuilder::new(
            "SELECT seq, at, token_id, actor_kind, actor_id, action, subject FROM accesses
             WHERE seq > ",
        );
        query.push_bind(integer(after));
        if let Some(subject) = &filter.subject {
            query.push(" AND subject = ").push_bind(subject);
        }
        if let Some(token_id) = &filter.token_id {
            query.push(" AND token_id = ").push_bind(token_id);
        }
        if let Some(from) = filter.from {
            query.push(" AND at >= ").push_bind(from);
        }
        if let Some(to) = filter.to {
            query.push(" AND at < ").push_bind(to);
        }
        query.push(" ORDER BY seq LIMIT ").push_bind(integer(limit as u64));
        let rows = query.build().fetch_all(&self.readers).await.map_err(|error| failed(&error))?;
        rows.iter().map(entry).collect::<Result<_, _>>().map_err(|error| failed(&error))
    }

    async fn flush(&self) -> Result<(), StoreError> {
        let closed = || StoreError::Unavailable("the access log is closed".to_owned());
        let (done, written) = oneshot::channel();
        self.tasks.send(Task::Flush(done)).await.map_err(|_| closed())?;
        written.await.map_err(|_| closed())
    }
}

fn entry(row: &SqliteRow) -> Result<AccessEntry, sqlx::Error> {
    Ok(AccessEntry {
        seq: row.try_get::<i64, _>(0)? as u64,
        access: Access {
            at: row.try_get(1)?,
            token_id: row.try_get(2)?,
            actor_kind: row.try_get(3)?,
            actor_id: row.try_get(4)?,
            action: row.try_get(5)?,
            subject: row.try_get(6)?,
        },
    })
}

/// Writes readings as they come, until nobody is left to record any.
async fn write_all(mut connection: SqliteConnection, mut tasks: mpsc::Receiver<Task>) {
    let mut arrived = Vec::with_capacity(BATCH);
    while tasks.recv_many(&mut arrived, BATCH).await > 0 {
        let mut readings = Vec::with_capacity(arrived.len());
        let mut flushed = Vec::new();
        for task in arrived.drain(..) {
            match task {
                Task::Record(access) => readings.push(access),
                Task::Flush(done) => flushed.push(done),
            }
        }
        while let Err(error) = write(&mut connection, &readings).await {
            // They are kept until they can be written; meanwhile the queue takes in new ones.
            tracing::error!(%error, readings = readings.len(), "the access log cannot be written");
            tokio::time::sleep(RETRY).await;
        }
        for done in flushed {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }
}

async fn write(connection: &mut SqliteConnection, readings: &[Access]) -> Result<(), sqlx::Error> {
    if readings.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = readings
        .iter()
        .map(|a| (a.at, &a.token_id, &a.actor_kind, &a.actor_id, &a.action, &a.subject))
        .collect();
    let rows = serde_json::to_string(&rows).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query(
        "INSERT INTO accesses (at, token_id, actor_kind, actor_id, action, subject)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
         FROM json_each(?1) ORDER BY key",
    )
    .bind(rows)
    .execute(connection)
    .await
    .map(|_| ())
}
