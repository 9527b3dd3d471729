//! The tables of views, on SQLite or PostgreSQL.
//!
//! Every view has one table of documents (`stream`, `key`, `doc` and columns generated from it) and
//! one of sums. A table's name carries the view's version and a generation, so that a new one can
//! grow beside the one in use and take its place in one transaction. Views can be thrown away: they
//! are written without waiting for the disk, and what a crash takes is projected again.
//!
//! Folds, queries and books are the same on both databases. What is not stands in four places: a
//! view's two migrations, [`dialect`] (what is written differently in a question), [`sqlite`] and
//! [`postgres`] (what is done differently: opening, bulk writing). [`database`] is the choice
//! between the two.

mod database;
mod dialect;
mod postgres;
mod query;
mod sqlite;
mod tables;
mod writing;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use sqlx::postgres::PgConnectOptions;

use self::database::Database;
pub use self::dialect::Dialect;
pub use self::query::{Answer, Bind, Query, Texts, Word};
pub use self::tables::Table;
pub use self::writing::{Change, Parked};

/// Where views are kept.
#[derive(Clone, Debug)]
pub enum Views {
    /// In a SQLite file, by one process alone.
    File(PathBuf),
    /// In a schema of their own in a PostgreSQL database, shared by all nodes.
    Postgres(Box<PgConnectOptions>),
}

/// Why the views could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the views are unavailable: {0}")]
pub struct DocumentsError(#[from] pub(crate) sqlx::Error);

/// The tables of views, opened.
pub struct Documents {
    database: Database,
    /// Which table answers for a view now.
    live: RwLock<HashMap<String, Arc<str>>>,
}

impl Documents {
    /// Opens the views of a log; those of another log are thrown away.
    pub async fn open(views: &Views, store_id: &[u8]) -> Result<Self, DocumentsError> {
        let database = match views {
            Views::File(path) => Database::Sqlite(sqlite::File::open(path).await?),
            Views::Postgres(options) => Database::Postgres(postgres::Server::open(options).await?),
        };
        let documents = Self { database, live: RwLock::default() };
        let ours = match (documents.prepare(store_id).await, views) {
            (Ok(ours), _) => ours,
            // Whatever is wrong with a file: nothing in it is needed.
            (Err(error), Views::File(path)) => {
                tracing::warn!(%error, path = %path.display(), "the views cannot be read");
                false
            }
            (Err(error), Views::Postgres(_)) => return Err(error),
        };
        if !ours {
            return documents.emptied(store_id).await;
        }
        documents.look_up_tables().await?;
        Ok(documents)
    }

    /// The same place without any views.
    pub async fn emptied(self, store_id: &[u8]) -> Result<Self, DocumentsError> {
        tracing::warn!("the views are of another log: made anew");
        let database = match self.database {
            Database::Sqlite(file) => Database::Sqlite(file.replaced().await?),
            Database::Postgres(server) => Database::Postgres(server.emptied().await?),
        };
        let documents = Self { database, live: RwLock::default() };
        documents.prepare(store_id).await?;
        Ok(documents)
    }

    /// Closes the file, or all connections.
    pub async fn close(self) {
        match self.database {
            Database::Sqlite(file) => file.close().await,
            Database::Postgres(server) => server.close().await,
        }
    }

    /// Sees to it that nothing of what was deleted comes back: on SQLite that it is not on disk any
    /// more, on PostgreSQL that its deletion is.
    pub async fn scrub(&self) -> Result<(), DocumentsError> {
        match &self.database {
            Database::Sqlite(file) => file.scrub().await,
            Database::Postgres(server) => server.scrub().await,
        }
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    /// The table that answers for a view now.
    fn live_table(&self, view: &str) -> Option<Arc<str>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).get(view).cloned()
    }
}
