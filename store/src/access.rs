//! The access log: who read which case, when, what, and with which token.
//!
//! A log of its own beside the event log: reading changes nothing, so it makes no events. Entries
//! are recorded without waiting and written in batches; a crash may take the last moments of it.

mod asking;
pub(crate) mod postgres;
mod recording;
pub(crate) mod sqlite;
#[cfg(test)]
mod tests;

use async_trait::async_trait;

pub use self::postgres::PostgresAccessLog;
pub use self::sqlite::SqliteAccessLog;
use crate::{Millis, StoreError};

/// One reading, as it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// When.
    pub at: Millis,
    /// With which token.
    pub token_id: String,
    /// What kind of actor: `agent`, `customer`, `system` …
    pub actor_kind: String,
    /// Which actor.
    pub actor_id: String,
    /// What was read, such as `history` or `attachment`.
    pub action: String,
    /// Whose case: the id of a ticket, or a stream.
    pub subject: String,
}

/// A reading as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessEntry {
    /// Its place in the access log, rising.
    pub seq: u64,
    /// The reading.
    pub access: Access,
}

/// Which entries an auditor asks for; what is `None` restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessFilter {
    /// Only readings of this subject.
    pub subject: Option<String>,
    /// Only readings with this token.
    pub token_id: Option<String>,
    /// Only readings at this time or later.
    pub from: Option<Millis>,
    /// Only readings before this time.
    pub to: Option<Millis>,
}

/// Where readings are recorded and asked for.
#[async_trait]
pub trait AccessLog: Send + Sync + 'static {
    /// Records a reading, without waiting for the disk.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be taken in: the case must not be shown then.
    fn record(&self, access: Access) -> Result<(), StoreError>;

    /// The entries that match, oldest first, behind the entry `after`, at most `limit`. Readings
    /// recorded before this is called are among them.
    async fn query(
        &self,
        filter: &AccessFilter,
        after: u64,
        limit: usize,
    ) -> Result<Vec<AccessEntry>, StoreError>;

    /// Resolves once everything recorded before is written.
    async fn flush(&self) -> Result<(), StoreError>;
}
