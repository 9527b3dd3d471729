//! Views in a SQLite file of their own, beside the log: for one process.
//!
//! The file is written without waiting for the disk, what a crash takes is projected again, and a
//! file that belongs to another log is replaced.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::pool::PoolOptions;
use sqlx::query::{Query, QueryAs};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, FromRow, Sqlite, SqliteConnection,
    SqlitePool,
};
use tokio::sync::Mutex;

use super::database::Row;
use super::query::Bind;
use super::{Dialect, DocumentsError, LONGEST_LIST};

/// Connections that read for the desk's own work, and those that answer lists.
const READERS: u32 = 4;
const LISTS: u32 = 4;

/// How many steps of SQLite's machine are between two looks at the clock: about a millisecond.
const STEPS: i32 = 20_000;

/// The code of a query that was broken off.
pub(super) const INTERRUPTED: &str = "9";

/// Statements that the writer keeps prepared: those of every table, in all sizes.
const STATEMENTS: usize = 256;

/// Rows in one statement, largest first. Each statement crosses to SQLite's thread and back, which
/// costs as much as several rows: so any number of rows takes few, of sizes that are prepared once.
const SIZES: [usize; 9] = [256, 128, 64, 32, 16, 8, 4, 2, 1];

/// How often a checkpoint is tried while readers hold it up.
const CHECKPOINTS: usize = 50;

/// The file of views, opened.
pub(super) struct File {
    path: PathBuf,
    /// SQLite has one writer at a time; waiting here is fair, in the file it would not be.
    pub writer: Mutex<SqliteConnection>,
    pub readers: SqlitePool,
    lists: SqlitePool,
}

impl File {
    /// Opens the file; one that is no database is replaced.
    pub async fn open(path: &Path) -> Result<Self, DocumentsError> {
        let writer = Mutex::new(connect(path).await?);
        let pool = |connections| {
            PoolOptions::new()
                .max_connections(connections)
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
                .connect_with(read_only(path))
        };
        let (readers, lists) = (pool(READERS).await?, pool(LISTS).await?);
        Ok(Self { path: path.to_owned(), writer, readers, lists })
    }

    /// The rows of a list, which is broken off after [`LONGEST_LIST`].
    pub async fn list<T>(&self, sql: String, binds: &[Bind]) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let mut connection = self.lists.acquire().await?;
        let started = Instant::now();
        let goes_on = move || started.elapsed() < LONGEST_LIST;
        connection.lock_handle().await?.set_progress_handler(STEPS, goes_on);
        rows(&mut *connection, sql, binds).await
    }

    /// Runs statements that make what is missing.
    pub async fn make(&self, sql: &'static str) -> Result<(), DocumentsError> {
        sqlx::raw_sql(sql).execute(&mut *self.writer.lock().await).await?;
        Ok(())
    }

    /// Throws the file away and begins another.
    pub async fn replaced(self) -> Result<Self, DocumentsError> {
        self.readers.close().await;
        self.lists.close().await;
        // A file that cannot be closed properly is deleted all the same.
        let _ = self.writer.into_inner().close().await;
        remove(&self.path);
        Self::open(&self.path).await
    }

    /// Closes the file, its write-ahead log folded in.
    pub async fn close(self) {
        self.readers.close().await;
        self.lists.close().await;
        if let Err(error) = self.writer.into_inner().close().await {
            tracing::warn!(%error, "the views were not closed properly; nothing is lost by it");
        }
    }

    /// Folds the write-ahead log into the file and empties it, so that nothing of what was deleted
    /// is left on disk.
    pub async fn scrub(&self) -> Result<(), DocumentsError> {
        for _ in 0..CHECKPOINTS {
            let mut writer = self.writer.lock().await;
            let (busy, _, _): (i64, i64, i64) =
                sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *writer).await?;
            if busy == 0 {
                return Ok(());
            }
            drop(writer);
            tokio::task::yield_now().await;
        }
        Err(DocumentsError::Database(sqlx::Error::Protocol(
            "readers kept the write-ahead log of the views from being emptied".into(),
        )))
    }
}

/// How to read the file beside whoever writes it.
pub(super) fn read_only(path: &Path) -> SqliteConnectOptions {
    common(path).read_only(true).pragma("cache_size", "-8192")
}

fn common(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_secs(10))
        .disable_statement_logging()
}

async fn connect(path: &Path) -> Result<SqliteConnection, DocumentsError> {
    let options = common(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        // What is erased must leave nothing behind in the file.
        .pragma("secure_delete", "ON")
        // Checkpoints hold the views up while they last: many short ones rather than few long ones.
        .pragma("wal_autocheckpoint", "1000")
        .pragma("journal_size_limit", (64 << 20).to_string())
        .pragma("cache_size", "-32768")
        .statement_cache_capacity(STATEMENTS)
        .thread_name(|_| "docket-views-writer".to_owned());
    match options.connect().await {
        Ok(connection) => Ok(connection),
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "the views cannot be opened: made anew");
            remove(path);
            Ok(options.connect().await?)
        }
    }
}

/// Removes the file and what stands beside it; what is not there needs no removing.
fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(PathBuf::from(name));
    }
}

pub(super) async fn rows<'e, T>(
    on: impl Executor<'e, Database = Sqlite>,
    sql: String,
    binds: &[Bind],
) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    let query: QueryAs<'_, Sqlite, T, SqliteArguments> = sqlx::query_as(AssertSqlSafe(sql));
    let bound = binds.iter().fold(query, |query, bind| match bind {
        Bind::Text(text) => query.bind(text.clone()),
        Bind::Int(number) => query.bind(*number),
        Bind::Bytes(bytes) => query.bind(bytes.clone()),
        Bind::Word(word, texts) => query.bind(Dialect::Sqlite.word(word, *texts)),
    });
    bound.fetch_all(on).await
}

pub(super) async fn execute(
    on: &mut SqliteConnection,
    sql: String,
    binds: &[Bind],
) -> Result<u64, sqlx::Error> {
    let query: Query<'_, Sqlite, SqliteArguments> = sqlx::query(AssertSqlSafe(sql));
    let bound = binds.iter().fold(query, |query, bind| match bind {
        Bind::Text(text) => query.bind(text.clone()),
        Bind::Int(number) => query.bind(*number),
        Bind::Bytes(bytes) => query.bind(bytes.clone()),
        Bind::Word(word, texts) => query.bind(Dialect::Sqlite.word(word, *texts)),
    });
    Ok(bound.execute(on).await?.rows_affected())
}

pub(super) async fn put(
    on: &mut SqliteConnection,
    table: &str,
    mut rows: &[Row<'_>],
) -> Result<(), sqlx::Error> {
    while !rows.is_empty() {
        let size = statement_size(rows.len());
        let (now, later) = rows.split_at(size);
        let mut sql = format!("INSERT INTO {table} (stream, key, doc) VALUES (?, ?, ?)");
        sql.push_str(&", (?, ?, ?)".repeat(size - 1));
        sql.push_str(" ON CONFLICT (stream, key) DO UPDATE SET doc = excluded.doc");
        let mut statement = sqlx::query(AssertSqlSafe(sql));
        for (stream, key, doc) in now {
            statement = statement.bind(*stream).bind(*key).bind(*doc);
        }
        statement.execute(&mut *on).await?;
        rows = later;
    }
    Ok(())
}

pub(super) async fn delete(
    on: &mut SqliteConnection,
    table: &str,
    mut rows: &[(&str, &str)],
) -> Result<(), sqlx::Error> {
    while !rows.is_empty() {
        let size = statement_size(rows.len());
        let (now, later) = rows.split_at(size);
        let more = ", (?, ?)".repeat(size - 1);
        // For `(stream, key) IN (VALUES …)` SQLite reads the whole table; joined in this order it finds
        // each row by its key.
        let sql = format!(
            "DELETE FROM {table} WHERE rowid IN (
               SELECT old.rowid FROM (VALUES (?, ?){more}) AS gone
               CROSS JOIN {table} AS old ON old.stream = gone.column1 AND old.key = gone.column2)"
        );
        let statement = sqlx::query(AssertSqlSafe(sql));
        let bound = now.iter().fold(statement, |row, (stream, key)| row.bind(*stream).bind(*key));
        bound.execute(&mut *on).await?;
        rows = later;
    }
    Ok(())
}

pub(super) async fn add(
    on: &mut SqliteConnection,
    table: &str,
    sums: &[(&str, i64)],
) -> Result<(), sqlx::Error> {
    let mut rest = sums;
    while !rest.is_empty() {
        let size = statement_size(rest.len());
        let (now, later) = rest.split_at(size);
        let sql = format!(
            "INSERT INTO {table}_counts (key, value) VALUES (?, ?){}
             ON CONFLICT (key) DO UPDATE SET value = value + excluded.value",
            ", (?, ?)".repeat(size - 1)
        );
        let statement = sqlx::query(AssertSqlSafe(sql));
        let bound = now.iter().fold(statement, |row, (key, by)| row.bind(*key).bind(*by));
        bound.execute(&mut *on).await?;
        rest = later;
    }
    let fallen: Vec<&str> = sums.iter().filter(|(_, by)| *by < 0).map(|(key, _)| *key).collect();
    if !fallen.is_empty() {
        let clear = format!(
            "DELETE FROM {table}_counts
             WHERE value = 0 AND key IN (SELECT value FROM json_each($1))"
        );
        // Texts always serialise.
        let fallen = serde_json::to_string(&fallen).unwrap_or_default();
        sqlx::query(AssertSqlSafe(clear)).bind(fallen).execute(on).await?;
    }
    Ok(())
}

fn statement_size(rows: usize) -> usize {
    SIZES.into_iter().find(|size| *size <= rows).unwrap_or(1)
}
