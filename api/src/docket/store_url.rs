//! What `--store` and `--views` name.

use std::path::Path;

use super::{KURRENT_FILE, StartError};
use crate::config::Config;

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

/// The database beside a log in KurrentDB, where the options name one.
///
/// # Errors
/// [`StartError::ViewsElsewhere`] beside any other log, or when it is no database;
/// [`StartError::TwoBeside`] when what stands beside the log is in the data folder already.
pub fn beside(config: &Config) -> Result<Option<&str>, StartError> {
    let Some(url) = config.views.as_deref() else { return Ok(None) };
    let both = (StoreUrl::parse(&config.store)?, StoreUrl::parse(url)?);
    let (StoreUrl::Kurrent(_), StoreUrl::Postgres(url)) = both else {
        return Err(StartError::ViewsElsewhere);
    };
    if config.data.join(KURRENT_FILE).exists() {
        return Err(StartError::TwoBeside(config.data.join(KURRENT_FILE)));
    }
    Ok(Some(url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Options;

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
    fn a_database_stands_beside_a_log_in_kurrentdb_alone() {
        let folder = tempfile::tempdir().unwrap();
        let config = |store: &str, views: &str| {
            let (store, views) = (Some(store.to_owned()), Some(views.to_owned()));
            let data = Some(folder.path().to_owned());
            Config::settle(Options { store, views, data, ..Options::default() }).unwrap()
        };
        let (kurrent, database) = ("esdb://h1:2113", "postgres://me:s3cret@h2/side");
        assert_eq!(beside(&config(kurrent, database)).unwrap(), Some(database));
        for (store, views) in
            [("sqlite:log.sqlite", database), (database, database), (kurrent, "sqlite:x")]
        {
            let why = beside(&config(store, views)).unwrap_err().to_string();
            assert!(why.contains("--views") && !why.contains("s3cret"), "{why}");
        }
        std::fs::write(folder.path().join(KURRENT_FILE), "").unwrap();
        let why = beside(&config(kurrent, database)).unwrap_err().to_string();
        assert!(why.contains(KURRENT_FILE), "{why}");
    }
}
