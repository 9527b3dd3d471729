//! The event log, whatever keeps it: the one place that knows which stores there are.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use docket_projections::documents::Views;
use docket_store::access::{AccessLog, PostgresAccessLog, SqliteAccessLog};
#[cfg(feature = "kurrentdb")]
use docket_store::kurrent::{KurrentStore, Settings as Patience};
use docket_store::postgres::{PostgresStore, Settings};
use docket_store::sqlite::SqliteStore;
use docket_store::{Clock, EventStore, Millis, StoreError};

use super::store_url::{self, StoreUrl};
use super::{ACCESS_FILE, SIDE_FILE, StartError, VIEWS_FILE};
use crate::config::Config;
use crate::side::Side;

/// The file, in the data folder, that one process holds while it serves from what several share.
const LOCK_FILE: &str = "docket.lock";

/// The file, in the data folder, of what KurrentDB cannot keep. Nothing can make it again.
pub const KURRENT_FILE: &str = "kurrent.sqlite";

/// An open event log.
pub enum Log {
    /// In a file that this process alone writes.
    Sqlite(Arc<SqliteStore>),
    /// In a database that any number of processes write. The data folder is this one's own.
    Postgres(Arc<PostgresStore>, Option<File>),
    /// In KurrentDB, with a file beside it in the data folder that this process alone writes; or with a
    /// database beside it that any number of processes write, and then the folder is this one's own.
    #[cfg(feature = "kurrentdb")]
    Kurrent(Arc<KurrentStore>, Option<File>),
}

impl Log {
    /// Opens the log for writing, and creates or migrates it where needed. The data folder is this
    /// process's own, which nobody else may use meanwhile.
    ///
    /// # Errors
    /// When the store refuses, or another process uses the log's file or the data folder.
    #[cfg_attr(
        not(feature = "kurrentdb"),
        expect(unused_variables, reason = "only KurrentDB has something beside the log")
    )]
    pub async fn open(config: &Config, clock: Clock) -> Result<Self, StartError> {
        let (data, beside) = (&config.data, store_url::beside(config)?);
        Ok(match StoreUrl::parse(&config.store)? {
            StoreUrl::Sqlite(path) => Self::Sqlite(Arc::new(SqliteStore::open(path, clock).await?)),
            StoreUrl::Postgres(url) => {
                let lock = lock(data)?;
                let store = PostgresStore::open(url, clock, Settings::default()).await?;
                Self::Postgres(Arc::new(store), Some(lock))
            }
            #[cfg(feature = "kurrentdb")]
            StoreUrl::Kurrent(url) => {
                let (lock, patience) =
                    (beside.map(|_| lock(data)).transpose()?, Patience::default());
                let store = match beside {
                    Some(views) => KurrentStore::open_shared(url, views, clock, patience).await?,
                    None => {
                        KurrentStore::open(url, data.join(KURRENT_FILE), clock, patience).await?
                    }
                };
                Self::Kurrent(Arc::new(store), lock)
            }
            #[cfg(not(feature = "kurrentdb"))]
            StoreUrl::Kurrent(_) => return Err(StartError::WithoutKurrent),
        })
    }

    /// Opens the log for reading, also while others write it.
    ///
    /// # Errors
    /// When there is no log, or it is not of this release.
    #[cfg_attr(
        not(feature = "kurrentdb"),
        expect(unused_variables, reason = "only KurrentDB has something beside the log")
    )]
    pub async fn open_read_only(config: &Config) -> Result<Self, StartError> {
        let beside = store_url::beside(config)?;
        Ok(match StoreUrl::parse(&config.store)? {
            StoreUrl::Sqlite(path) => {
                Self::Sqlite(Arc::new(SqliteStore::open_read_only(path).await?))
            }
            StoreUrl::Postgres(url) => {
                let store = PostgresStore::open_read_only(url, Settings::default()).await?;
                Self::Postgres(Arc::new(store), None)
            }
            #[cfg(feature = "kurrentdb")]
            StoreUrl::Kurrent(url) => {
                let (file, patience) = (config.data.join(KURRENT_FILE), Patience::default());
                let store = match beside {
                    Some(views) => {
                        KurrentStore::open_shared_read_only(url, views, &patience).await?
                    }
                    None => KurrentStore::open_read_only(url, file, &patience).await?,
                };
                Self::Kurrent(Arc::new(store), None)
            }
            #[cfg(not(feature = "kurrentdb"))]
            StoreUrl::Kurrent(_) => return Err(StartError::WithoutKurrent),
        })
    }

    /// The log as the port shows it.
    pub fn store(&self) -> Arc<dyn EventStore> {
        match self {
            Self::Sqlite(store) => store.clone(),
            Self::Postgres(store, _) => store.clone(),
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(store, _) => store.clone(),
        }
    }

    /// Opens the log of who read what: beside the event log where several processes share that, else
    /// in the data folder.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn access(&self, data: &Path) -> Result<Box<dyn AccessLog>, StoreError> {
        Ok(match self.database() {
            Some(store) => Box::new(PostgresAccessLog::open(store).await?),
            None => Box::new(SqliteAccessLog::open(data.join(ACCESS_FILE)).await?),
        })
    }

    /// Opens what is kept beside the log: in its database where several processes share that, else in the
    /// data folder. A file that lies there all the same, since the log was on SQLite before or the release
    /// was older, is taken in and removed.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn side(&self, data: &Path) -> Result<Side, StartError> {
        let file = data.join(SIDE_FILE);
        let Some(store) = self.database() else { return Ok(Side::open(&file).await?) };
        let side = Side::beside(store).await?;
        if file.exists() {
            let own = Side::open(&file).await?;
            side.take_in(&own).await?;
            own.close().await;
            let gone = std::fs::remove_file(&file);
            gone.map_err(StartError::io(format!("cannot remove {}", file.display())))?;
        }
        Ok(side)
    }

    /// Where the views of the log are: shared with it, or in the data folder.
    pub fn views(&self, data: &Path) -> Views {
        match self.database() {
            Some(store) => Views::Postgres(store.hosts().clone()),
            None => Views::File(data.join(VIEWS_FILE)),
        }
    }

    /// Whether other processes may append to it, too.
    pub fn is_shared(&self) -> bool {
        self.database().is_some()
    }

    /// The database in which it is, or what stands beside it, where several processes share that.
    fn database(&self) -> Option<&PostgresStore> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(store, _) => Some(store),
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(store, _) => store.database(),
        }
    }

    /// The subjects that other processes may have erased since a time, and when, in that order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn erased_since(&self, at: Millis) -> Result<Vec<(String, Millis)>, StoreError> {
        match self.database() {
            Some(store) => store.erased_since(at).await,
            // Nobody else writes it.
            None => Ok(Vec::new()),
        }
    }

    /// How many writes wait for their turn.
    pub fn waiting(&self) -> usize {
        match self {
            Self::Sqlite(store) => store.waiting(),
            Self::Postgres(store, _) => store.waiting(),
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(store, _) => store.waiting(),
        }
    }

    /// Writes what waits and lets go of everything.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store, _) => store.close().await,
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(store, _) => store.close().await,
        }
    }
}

/// Takes a data folder for this process: what lies in it is one server's own.
fn lock(data: &Path) -> Result<File, StartError> {
    let name = data.join(LOCK_FILE);
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).open(&name);
    let file = file.map_err(StartError::io(format!("cannot open {}", name.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::Store(StoreError::Refused(format!(
            "another process uses {}; stop it first, or use another data folder with a copy of its \
             key",
            data.display()
        )))),
        Err(TryLockError::Error(error)) => {
            Err(StartError::io(format!("cannot lock {}", name.display()))(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_uses_a_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path()).unwrap();
        let why = lock(folder.path()).unwrap_err().to_string();
        assert!(why.starts_with("another process uses "), "{why}");
        drop(held);
        lock(folder.path()).unwrap();
    }
}
