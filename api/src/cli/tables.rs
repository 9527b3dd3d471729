//! The tables of views, read as they stand at one moment, also while a server writes them.

use docket_projections::documents::{DocumentsError, Snapshot, Views};

use super::Failure;
use crate::config::Config;
use crate::docket::Log;

/// Opens the tables that belong to a log.
pub async fn open(config: &Config, log: &Log) -> Result<Snapshot, Failure> {
    let views = log.views(&config.data);
    if let Views::File(path) = &views
        && !path.exists()
    {
        let path = path.display();
        return Err(Failure::Other(format!("{path} is missing; `docket serve` makes it")));
    }
    Ok(Snapshot::open(&views).await?)
}

impl From<DocumentsError> for Failure {
    fn from(error: DocumentsError) -> Self {
        Self::Other(error.to_string())
    }
}
