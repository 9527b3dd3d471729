//! Opening the file: what must be true before a byte is read, and how connections are set up.

use std::borrow::Cow;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlSafeStr, SqliteConnection, SqlitePool};

use crate::StoreError;

/// Before this release a write-ahead log could be reset while it was still being read, and
/// committed transactions were lost.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// A commit that finds the write-ahead log this many pages long, about 32 MB, copies what is not yet in
/// the database and starts it anew: that bounds the file.
const CHECKPOINT_PAGES: u32 = 8000;

/// What the write-ahead log may keep on disk after a checkpoint.
const WAL_BYTES_KEPT: u32 = 64 << 20;

/// How long a connection waits for another's lock.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Connections that read. A reading holds one while its thread is woken and its answer handed back, so with
/// as few as there are cores the cores idle.
const READERS: u32 = 16;

/// The schema, oldest first; a step that was released is never changed.
fn migrations() -> Migrator {
    let step = |version, description, sql: &'static str| {
        let kind = MigrationType::Simple;
        Migration::new(version, Cow::Borrowed(description), kind, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![step(
        1,
        "log",
        include_str!("../../../migrations/store/sqlite/0001_log.sql"),
    )])
}

/// Settings of every connection, whatever it is for.
fn common(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

/// Settings of the one connection that writes.
pub(crate) fn writing(path: &Path) -> SqliteConnectOptions {
    common(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .create_if_missing(true)
        .pragma("secure_delete", "ON")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        .pragma("journal_size_limit", WAL_BYTES_KEPT.to_string())
        .pragma("cache_size", "-16384")
        .thread_name(|_| "docket-log-writer".to_owned())
}

/// Settings of the connection that folds the write-ahead log beside the writer.
pub(super) fn folding(path: &Path) -> SqliteConnectOptions {
    common(path)
        .pragma("wal_autocheckpoint", "0")
        .pragma("cache_size", "-256")
        .thread_name(|_| "docket-log-folder".to_owned())
}

/// Settings of a connection that cannot write.
pub(crate) fn reading(path: &Path) -> SqliteConnectOptions {
    common(path).read_only(true)
}

/// Connections that cannot write, opened as they are needed. Their caches are small: the system's page cache serves all.
pub(super) async fn readers(path: &Path) -> Result<SqlitePool, StoreError> {
    let options = reading(path)
        .pragma("query_only", "ON")
        .pragma("cache_size", "-1024")
        .thread_name(|id| format!("docket-log-reader-{id}"));
    PoolOptions::new()
        .max_connections(READERS)
        .min_connections(1)
        // They are local and cannot break by themselves, so asking them first only costs time.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
        .map_err(|error| StoreError::Unavailable(format!("opening {}: {error}", path.display())))
}

/// Creates or migrates the database, and refuses one that this program must not touch.
pub(crate) async fn prepare(path: &Path) -> Result<(), StoreError> {
    let mut connection = writing(path).connect().await.map_err(|error| unusable(path, &error))?;
    check_library(&mut connection).await?;
    let migrated = migrations().run_direct(None, &mut connection, false).await;
    connection.close().await.map_err(|error| unusable(path, &error))?;
    migrated.map_err(|error| match error {
        MigrateError::VersionMissing(version) => too_new(path, version),
        other => StoreError::Refused(format!("cannot migrate {}: {other}", path.display())),
    })
}

/// Refuses, without changing anything, a database that another release should read.
pub(crate) async fn check_schema(path: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        return Err(StoreError::Refused(format!(
            "cannot open {}: there is no such file",
            path.display()
        )));
    }
    let mut connection = reading(path).connect().await.map_err(|error| unusable(path, &error))?;
    check_library(&mut connection).await?;
    let applied = connection.list_applied_migrations("_sqlx_migrations").await;
    connection.close().await.map_err(|error| unusable(path, &error))?;
    let found = applied
        .map_err(|error| {
            StoreError::Refused(format!("{} is not a Docket log: {error}", path.display()))
        })?
        .iter()
        .map(|step| step.version)
        .max()
        .unwrap_or(0);
    let known = migrations().iter().map(|step| step.version).max().unwrap_or(0);
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(too_new(path, found)),
        std::cmp::Ordering::Less => Err(StoreError::Refused(format!(
            "{} has an older schema; start the server once, it migrates the log",
            path.display()
        ))),
    }
}

async fn check_library(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(connection)
        .await
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    if (part(), part(), part()) < OLDEST_SQLITE {
        let (major, minor, patch) = OLDEST_SQLITE;
        return Err(StoreError::Refused(format!(
            "this program was built with SQLite {version}, which can lose committed data; \
             build it with {major}.{minor}.{patch} or later"
        )));
    }
    Ok(())
}

fn too_new(path: &Path, version: i64) -> StoreError {
    StoreError::Refused(format!(
        "{} was written by a newer Docket (schema step {version}); start that release or a later one",
        path.display()
    ))
}

fn unusable(path: &Path, error: &sqlx::Error) -> StoreError {
    StoreError::Refused(format!("cannot open {}: {error}", path.display()))
}

/// Takes the lock that makes this process the only one that writes; it lasts as long as the file.
pub(crate) fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(
            |error| StoreError::Refused(format!("cannot open {}: {error}", name.display())),
        )?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Refused(format!(
            "another process is writing {}; stop it first, or use another data folder",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(StoreError::Refused(format!(
            "cannot lock {}: {error}; the data folder must be on a local disk",
            name.display()
        ))),
    }
}
