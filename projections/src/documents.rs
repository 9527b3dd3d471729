//! The tables of views, in a SQLite file of their own beside the log.
//!
//! This module alone knows the dialect: how a table is made, written, replaced and asked. Every view
//! has one table of documents (`stream`, `key`, `doc` and generated columns) and one of sums. A
//! table's name carries the view's version and a generation, so that a new one can grow beside the
//! one in use and take its place in one transaction.
//!
//! Views can be thrown away: the file is written without waiting for the disk, what a crash takes is
//! projected again, and a file that belongs to another log is replaced.

mod query;
mod tables;
mod writing;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use docket_store::Position;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection, SqlitePool};
use tokio::sync::Mutex;

pub use self::query::{Bind, Query};
pub use self::tables::Table;
pub use self::writing::{Change, Parked};

/// Connections that read.
const READERS: u32 = 4;

/// Statements that the writer keeps prepared: those of every table, in all sizes.
const STATEMENTS: usize = 256;

/// Why the views could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the views are unavailable: {0}")]
pub struct DocumentsError(#[from] pub(crate) sqlx::Error);

/// The file of views, opened.
pub struct Documents {
    path: PathBuf,
    /// SQLite has one writer at a time; waiting here is fair, in the file it would not be.
    writer: Mutex<SqliteConnection>,
    readers: SqlitePool,
    /// Which table answers for a view now.
    live: RwLock<HashMap<String, Arc<str>>>,
}

impl Documents {
    /// Opens the views of a log, and throws away a file that another log, or a longer one, left:
    /// `head` is the position of the log's last event.
    pub async fn open(
        path: impl AsRef<Path>,
        store_id: &[u8],
        head: Position,
    ) -> Result<Self, DocumentsError> {
        let path = path.as_ref().to_owned();
        let mut writer = connect(&path).await?;
        if !tables::belongs_to(&mut writer, store_id, head).await {
            tracing::warn!(path = %path.display(), "the views are of another log: made anew");
            // A file that cannot be closed properly is deleted all the same.
            let _ = writer.close().await;
            remove(&path);
            writer = connect(&path).await?;
        }
        tables::prepare(&mut writer, store_id).await?;
        let live = tables::live(&mut writer).await?;
        let readers = PoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(common(&path).read_only(true).pragma("cache_size", "-8192"))
            .await?;
        Ok(Self { path, writer: Mutex::new(writer), readers, live: RwLock::new(live) })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the file, its write-ahead log folded in.
    pub async fn close(self) {
        self.readers.close().await;
        if let Err(error) = self.writer.into_inner().close().await {
            tracing::warn!(%error, "the views were not closed properly; nothing is lost by it");
        }
    }

    /// The table that answers for a view now.
    fn live_table(&self, view: &str) -> Option<Arc<str>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).get(view).cloned()
    }
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
        .pragma("wal_autocheckpoint", "4000")
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
