//! A log that is moved out of KurrentDB: the rows beside it, with what KurrentDB tells of their events.

use super::connection::Connection;
use super::metadata::Place;
use super::{Settings, reads};
use crate::{StoreError, StoredEvent};

/// The log in KurrentDB of a store that is left.
pub(crate) struct Leaving(Connection);

impl Leaving {
    /// Prepares to connect; the first reading does.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        Ok(Self(Connection::new(url, &Settings::default())?))
    }

    /// Events as they were appended, and the hashes of their payloads, of rows that follow each other
    /// beside the log.
    pub async fn told(
        &self,
        rows: Vec<StoredEvent>,
    ) -> Result<Vec<(StoredEvent, [u8; 32])>, StoreError> {
        let hashes = rows.iter().map(|row| Place::read(&row.envelope)?.hash());
        let hashes: Vec<[u8; 32]> = hashes.collect::<Result<_, _>>()?;
        Ok(reads::of_all(&self.0, rows).await?.into_iter().zip(hashes).collect())
    }
}
