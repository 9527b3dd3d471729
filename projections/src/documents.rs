//! The tables of views, on SQLite or PostgreSQL.
//!
//! Every view has one table of documents (`stream`, `key`, `doc` and columns generated from it) and
//! one of sums. A table's name carries the view's version and a generation, so that a new one can
//! grow beside the one in use and take its place in one transaction. Views can be thrown away: the
//! log makes them again.
//!
//! Folds, queries and books are the same on both databases. What is not stands in four places: a
//! view's two migrations, [`dialect`] (what is written differently in a question), [`sqlite`] and
//! [`postgres`] (what is done differently: opening, bulk writing). [`database`] is the choice
//! between the two. Of the nodes that share a database, the one that holds the [`lease`] writes.

mod asked;
mod builds;
mod database;
mod dialect;
mod kept;
mod lease;
mod postgres;
mod query;
mod snapshot;
mod sqlite;
mod tables;
mod writing;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use docket_store::StoreError;
use docket_store::postgres::Hosts;

pub use self::asked::Wish;
pub use self::builds::Build;
use self::database::Database;
pub use self::dialect::Dialect;
pub use self::kept::{Differences, Kept};
pub use self::lease::{Move, Standing};
pub use self::query::{Answer, Bind, Query, Texts, Word};
pub use self::snapshot::Snapshot;
pub use self::tables::Table;
pub use self::writing::{Change, Parked};

/// Where views are kept.
#[derive(Clone, Debug)]
pub enum Views {
    /// In a SQLite file, by one process alone.
    File(PathBuf),
    /// In a schema of their own in a PostgreSQL database, shared by all nodes.
    Postgres(Hosts),
}

/// How long a list may take: one that no index helps would otherwise look at every ticket.
pub const LONGEST_LIST: Duration = Duration::from_secs(5);

/// Why the views could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsError {
    /// The database does not answer, or not as it should.
    #[error("the views are unavailable: {0}")]
    Database(#[from] sqlx::Error),
    /// No host of the database takes writes.
    #[error("the views are unavailable: {0}")]
    NoPrimary(#[from] StoreError),
    /// Another node projects by now; nothing was written.
    #[error("another node projects the views")]
    Fenced,
}

impl DocumentsError {
    /// Whether it was a list that took longer than [`LONGEST_LIST`], rather than anything broken.
    pub fn took_too_long(&self) -> bool {
        matches!(self, Self::Database(error) if Database::is_too_long(error))
    }
}

/// The tables of views, opened.
pub struct Documents {
    place: Views,
    database: Database,
    /// Which table answers for a view now.
    live: RwLock<HashMap<String, Arc<str>>>,
    /// The epoch of the lease that this process took last; 0 before the first.
    epoch: AtomicI64,
}

impl Documents {
    /// Opens the views of a log; those of another log are thrown away.
    pub async fn open(views: &Views, store_id: &[u8]) -> Result<Self, DocumentsError> {
        let database = match views {
            Views::File(path) => Database::Sqlite(sqlite::File::open(path).await?),
            Views::Postgres(options) => Database::Postgres(postgres::Server::open(options).await?),
        };
        let documents = Self::of(views.clone(), database);
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
        let documents = Self::of(self.place, database);
        documents.prepare(store_id).await?;
        Ok(documents)
    }

    fn of(place: Views, database: Database) -> Self {
        Self { place, database, live: RwLock::default(), epoch: AtomicI64::new(0) }
    }

    /// The tables as they stand now.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, DocumentsError> {
        Snapshot::open(&self.place).await
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

    /// Looks where the database takes writes now, after it could not be reached.
    pub async fn find_again(&self) -> Result<(), DocumentsError> {
        match &self.database {
            Database::Sqlite(_) => Ok(()),
            Database::Postgres(server) => server.find_again().await,
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
