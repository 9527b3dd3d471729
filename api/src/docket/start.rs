//! What a start needs of the file system, and why it may fail.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use docket_commands::CommandError;
use docket_projections::runner::ProjectionError;
use docket_store::StoreError;

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The desk could not be opened.
    #[error(transparent)]
    Desk(#[from] CommandError),
    /// A file or an address could not be used.
    #[error("{what}: {reason}")]
    Io {
        /// Which one.
        what: String,
        /// What the system said.
        reason: std::io::Error,
    },
    /// Files cannot be kept where the options say.
    #[error("attachments: {0}")]
    Attachments(String),
    /// What is kept beside the log could not be opened.
    #[error("side store: {0}")]
    Side(#[from] sqlx::Error),
    /// The views could not be opened.
    #[error(transparent)]
    Views(#[from] ProjectionError),
    /// The recorder of figures could not be installed.
    #[error(transparent)]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// The store URL names no kind of store that this program has. Only its beginning is repeated:
    /// there may be a password in the rest.
    #[error(
        "{0:?} is no store of this program; use sqlite:PATH, postgres://USER@HOST/DATABASE or esdb://HOST"
    )]
    UnknownStore(String),
    /// The log is in KurrentDB, and this program was built without it.
    #[error("this program was built without KurrentDB; build it with --features kurrentdb")]
    WithoutKurrent,
    /// The views were to be kept where nothing keeps them.
    #[error(
        "--views names a PostgreSQL database beside a log in KurrentDB (postgres://USER@HOST/DATABASE); \
         on SQLite the views lie in the data folder, and on PostgreSQL in the log's database: leave it out"
    )]
    ViewsElsewhere,
    /// What stands beside the log is in a file, and a database is named.
    #[error(
        "{0} holds what stands beside a log in KurrentDB, so --views cannot name a database: that file is \
         not taken over into one. Leave --views out, or use another data folder for another log"
    )]
    TwoBeside(std::path::PathBuf),
    /// A log was to be moved that has a database beside it.
    #[error(
        "a log in KurrentDB with a PostgreSQL database beside it is not moved: leave --views out"
    )]
    NotMoved,
    /// What was asked for makes sense for a log in a file only.
    #[error(
        "this is for a log on SQLite; with KurrentDB, stop Docket and keep the data folder, a backup of \
         the database that --views names, and one of KurrentDB together"
    )]
    NotOnKurrent,
    /// What was asked for makes sense for a log in a file only.
    #[error("this is for a log on SQLite; on PostgreSQL, {0}")]
    OnlySqlite(&'static str),
}

impl StartError {
    /// Says which file or address an error of the system is about.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |reason| Self::Io { what, reason }
    }
}

/// Creates a folder that only its owner looks into, where there is none yet.
pub fn create_private(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
