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

use super::{ACCESS_FILE, SIDE_FILE, StartError, VIEWS_FILE};
use crate::side::Side;

/// The file, in the data folder, that one process holds while it serves from PostgreSQL.
const LOCK_FILE: &str = "docket.lock";

/// The file, in the data folder, of what KurrentDB cannot keep. Nothing can make it again.
pub const KURRENT_FILE: &str = "kurrent.sqlite";

/// A store URL, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreUrl<'a> {
    /// `sqlite:PATH`: a file.
    Sqlite(&'a Path),
    /// `postgres://…`: a database, perhaps on one of several hosts.
    Postgres(&'a str),
    /// `esdb://…`: KurrentDB, perhaps several nodes; what it cannot keep is in the data folder.
    Kurrent(&'a str),
}

/// How the URLs of KurrentDB begin, as all its clients read them.
const KURRENT: [&str; 6] =
    ["esdb", "esdb+discover", "kurrentdb", "kurrentdb+discover", "kurrent", "kdb"];

impl<'a> StoreUrl<'a> {
    /// Reads a store URL.
    ///
    /// # Errors
    /// [`StartError::UnknownStore`], without the URL: it may hold a password.
    pub fn parse(url: &'a str) -> Result<Self, StartError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url));
        }
        if url.split_once("://").is_some_and(|(kind, _)| KURRENT.contains(&kind)) {
            return Ok(Self::Kurrent(url));
        }
        let path = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
        let path = path.filter(|path| !path.is_empty()).map(Path::new);
        path.map(Self::Sqlite).ok_or_else(|| {
            let kind = url.split_once(':').map_or("", |(kind, _)| kind);
            StartError::UnknownStore(kind.to_owned())
        })
    }

    /// The file of a log on SQLite; for what only makes sense there.
    ///
    /// # Errors
    /// [`StartError::OnlySqlite`] with what to do on PostgreSQL `instead`.
    pub fn file(self, instead: &'static str) -> Result<&'a Path, StartError> {
        match self {
            Self::Sqlite(path) => Ok(path),
            Self::Postgres(_) => Err(StartError::OnlySqlite(instead)),
            Self::Kurrent(_) => Err(StartError::NotOnKurrent),
        }
    }
}

/// An open event log.
pub enum Log {
    /// In a file that this process alone writes.
    Sqlite(Arc<SqliteStore>),
    /// In a database that any number of processes write. The data folder is this one's own.
    Postgres(Arc<PostgresStore>, Option<File>),
    /// In KurrentDB, with a file beside it in the data folder that this process alone writes.
    #[cfg(feature = "kurrentdb")]
    Kurrent(Arc<KurrentStore>),
}

impl Log {
    /// Opens the log for writing, and creates or migrates it where needed. `data` is this process's
    /// folder, which nobody else may use meanwhile.
    ///
    /// # Errors
    /// When the store refuses, or another process uses the log's file or the data folder.
    pub async fn open(url: &str, data: &Path, clock: Clock) -> Result<Self, StartError> {
        Ok(match StoreUrl::parse(url)? {
            StoreUrl::Sqlite(path) => Self::Sqlite(Arc::new(SqliteStore::open(path, clock).await?)),
            StoreUrl::Postgres(url) => {
                let lock = lock(data)?;
                let store = PostgresStore::open(url, clock, Settings::default()).await?;
                Self::Postgres(Arc::new(store), Some(lock))
            }
            #[cfg(feature = "kurrentdb")]
            StoreUrl::Kurrent(url) => {
                let beside = data.join(KURRENT_FILE);
                let store = KurrentStore::open(url, beside, clock, Patience::default()).await?;
                Self::Kurrent(Arc::new(store))
            }
            #[cfg(not(feature = "kurrentdb"))]
            StoreUrl::Kurrent(_) => return Err(StartError::WithoutKurrent),
        })
    }

    /// Opens the log for reading, also while others write it; `data` is the data folder.
    ///
    /// # Errors
    /// When there is no log, or it is not of this release.
    #[cfg_attr(
        not(feature = "kurrentdb"),
        expect(unused_variables, reason = "only beside KurrentDB there is a part of the log")
    )]
    pub async fn open_read_only(url: &str, data: &Path) -> Result<Self, StartError> {
        Ok(match StoreUrl::parse(url)? {
            StoreUrl::Sqlite(path) => {
                Self::Sqlite(Arc::new(SqliteStore::open_read_only(path).await?))
            }
            StoreUrl::Postgres(url) => {
                let store = PostgresStore::open_read_only(url, Settings::default()).await?;
                Self::Postgres(Arc::new(store), None)
            }
            #[cfg(feature = "kurrentdb")]
            StoreUrl::Kurrent(url) => {
                let beside = data.join(KURRENT_FILE);
                let store = KurrentStore::open_read_only(url, beside, &Patience::default()).await?;
                Self::Kurrent(Arc::new(store))
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
            Self::Kurrent(store) => store.clone(),
        }
    }

    /// Opens the log of who read what: beside the event log where several processes share that, else
    /// in the data folder.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn access(&self, data: &Path) -> Result<Box<dyn AccessLog>, StoreError> {
        Ok(match self {
            Self::Postgres(store, _) => Box::new(PostgresAccessLog::open(store).await?),
            _ => Box::new(SqliteAccessLog::open(data.join(ACCESS_FILE)).await?),
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
        let Self::Postgres(store, _) = self else { return Ok(Side::open(&file).await?) };
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
        match self {
            Self::Postgres(store, _) => Views::Postgres(store.hosts().clone()),
            _ => Views::File(data.join(VIEWS_FILE)),
        }
    }

    /// Whether other processes may append to it, too.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(..))
    }

    /// The subjects that other processes may have erased since a time, and when, in that order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn erased_since(&self, at: Millis) -> Result<Vec<(String, Millis)>, StoreError> {
        match self {
            Self::Postgres(store, _) => store.erased_since(at).await,
            // Nobody else writes it.
            _ => Ok(Vec::new()),
        }
    }

    /// How many writes wait for their turn.
    pub fn waiting(&self) -> usize {
        match self {
            Self::Sqlite(store) => store.waiting(),
            Self::Postgres(store, _) => store.waiting(),
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(store) => store.waiting(),
        }
    }

    /// Writes what waits and lets go of everything.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store, _) => store.close().await,
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(store) => store.close().await,
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
    fn a_url_names_a_file_or_a_database() {
        let file = |path| StoreUrl::Sqlite(Path::new(path));
        assert_eq!(StoreUrl::parse("sqlite:data/log.sqlite").unwrap(), file("data/log.sqlite"));
        assert_eq!(StoreUrl::parse("sqlite:///var/log.sqlite").unwrap(), file("/var/log.sqlite"));
        let url = "postgres://me@h1,h2/desk";
        assert_eq!(StoreUrl::parse(url).unwrap(), StoreUrl::Postgres(url));
        let url = "esdb+discover://me@h1:2113?tls=false";
        assert_eq!(StoreUrl::parse(url).unwrap(), StoreUrl::Kurrent(url));
        let why = StoreUrl::parse("postgre://me:s3cret@h/desk").unwrap_err().to_string();
        assert!(why.contains("postgre") && !why.contains("s3cret"), "{why}");
    }

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
