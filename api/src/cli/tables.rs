//! The tables of views, read as they stand at one moment, also while a server writes them.

use docket_projections::documents::{DocumentsError, Snapshot, Views};

use super::Failure;
use crate::config::Config;
use crate::docket::{Log, VIEWS_FILE};

/// Opens the tables that belong to a log.
pub async fn open(config: &Config, log: &Log) -> Result<Snapshot, Failure> {
    open_built(config, log).await?.ok_or_else(|| {
        let path = config.data.join(VIEWS_FILE);
        Failure::Other(format!("{} is missing; `docket serve` makes it", path.display()))
    })
}

/// The same; none where no server has made them yet, as after a restore.
pub async fn open_built(config: &Config, log: &Log) -> Result<Option<Snapshot>, Failure> {
    let views = log.views(&config.data);
    if matches!(&views, Views::File(path) if !path.exists()) {
        return Ok(None);
    }
    Ok(Some(Snapshot::open(&views).await?))
}

impl From<DocumentsError> for Failure {
    fn from(error: DocumentsError) -> Self {
        Self::Other(error.to_string())
    }
}
