//! The access log in a SQLite file of its own, so that reading never waits for writing events.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlSafeStr, SqliteConnection, SqlitePool};

use super::asking::{Row, entry, question};
use super::recording::{Keeper, Recording};
use super::{Access, AccessEntry, AccessFilter, AccessLog};
use crate::StoreError;
use crate::sqlite::failure::failed;
use crate::sqlite::reads::integer;

/// The access log in a SQLite file.
pub struct SqliteAccessLog {
    recording: Recording,
    readers: SqlitePool,
}

impl SqliteAccessLog {
    /// Opens the access log at `path`, and creates or migrates it where needed.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it cannot be opened or a newer Docket wrote it.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let connection = writing(path).await?;
        let readers = PoolOptions::new()
            .max_connections(2)
            .test_before_acquire(false)
            .connect_with(options(path).read_only(true))
            .await
            .map_err(|error| failed(&error))?;
        Ok(Self { recording: Recording::start(connection), readers })
    }
}

/// Creates or migrates the file.
pub(crate) async fn prepare(path: &Path) -> Result<(), StoreError> {
    writing(path).await?.close().await.map_err(|error| failed(&error))
}

/// The one connection that writes, to a file of this release.
async fn writing(path: &Path) -> Result<SqliteConnection, StoreError> {
    let refused =
        |why: String| StoreError::Refused(format!("the access log {}: {why}", path.display()));
    let options = options(path).create_if_missing(true).thread_name(|_| "docket-access".into());
    let mut connection = options.connect().await.map_err(|error| refused(error.to_string()))?;
    migrations().run_direct(None, &mut connection, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(_) => refused("it was written by a newer Docket".to_owned()),
        other => refused(other.to_string()),
    })?;
    Ok(connection)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(5))
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
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
        self.recording.record(access)
    }

    async fn query(
        &self,
        filter: &AccessFilter,
        after: u64,
        limit: usize,
    ) -> Result<Vec<AccessEntry>, StoreError> {
        self.flush().await?;
        let mut question = question(filter, integer(after), integer(limit as u64));
        let rows = question.build_query_as::<Row>().fetch_all(&self.readers).await;
        Ok(rows.map_err(|error| failed(&error))?.into_iter().map(entry).collect())
    }

    async fn flush(&self) -> Result<(), StoreError> {
        self.recording.flush().await
    }
}

impl Keeper for SqliteConnection {
    async fn keep(&mut self, readings: &[Access]) -> Result<(), StoreError> {
        write(self, readings).await.map_err(|error| failed(&error))
    }
}

async fn write(connection: &mut SqliteConnection, readings: &[Access]) -> Result<(), sqlx::Error> {
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
