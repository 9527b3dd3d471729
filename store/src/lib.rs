//! Remembering: the event log and the vault of personal data, behind one port.
//!
//! [`EventStore`] is the port. It moves opaque bytes with a type name and knows nothing of tickets. The
//! adapters promise what [`conformance`] checks; [`vault`] seals personal fields before the port.

pub mod access;
mod append;
mod appending;
pub mod batches;
pub mod check;
pub mod conformance;
#[cfg(feature = "kurrentdb")]
pub mod kurrent;
pub mod moving;
mod pages;
pub mod postgres;
pub mod sqlite;
pub mod vault;

pub use self::append::{Append, Claim, Expected, NewEvent, NewKey, StreamWrite};
pub use self::pages::CategoryPages;

use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

/// A place in the global order: dense from 1 on every store; 0 means "before the first event".
pub type Position = u64;

/// A place in one stream: dense from 1; 0 means "the stream does not exist".
pub type Version = u64;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// Where the store reads the time from; injected, so that tests decide it.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// The name in [`EventStore::meta`] of the store's own id (16 bytes), made when it is created.
pub const STORE_ID: &str = "store-id";

/// The space in which [`Outcome::Claimed`] reports a data key that somebody else wrote first.
pub const DATA_KEYS: &str = "data-key";

/// The space of the one claim that a log in KurrentDB keeps beside it: its owner is the place of the event
/// that was placed last. Each command takes it over from the one before, so that none is ever placed
/// behind one that is missing. It belongs to that store, and moves nowhere.
pub(crate) const LOG_END: &str = "kurrent-log-end";

/// Where an append landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Position of its first event.
    pub first: Position,
    /// Position of its last event.
    pub last: Position,
    /// When the store recorded it.
    pub recorded_at: Millis,
}

/// What became of an append that reached the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is on disk.
    Appended(Receipt),
    /// It was on disk already: same command id, same fingerprint.
    AlreadyAppended(Receipt),
    /// A stream is not where the writer believed; nothing was written.
    WrongVersion {
        /// The stream.
        stream: String,
        /// Its version now.
        actual: Version,
    },
    /// The command id was used for another request; nothing was written.
    KeyReused,
    /// A claimed key, or a new data key, belongs to somebody else; nothing was written.
    Claimed(Claim),
}

/// One event as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the global order.
    pub position: Position,
    /// Its stream.
    pub stream: String,
    /// Its place in the stream.
    pub version: Version,
    /// Derived from command id and index, see [`event_id`].
    pub event_id: Uuid,
    /// The name it is stored under.
    pub event_type: String,
    /// The version of the payload's shape.
    pub schema: u16,
    /// When it happened in the real world.
    pub occurred_at: Millis,
    /// When the store recorded it; never decreasing with position.
    pub recorded_at: Millis,
    /// JSON, opaque here.
    pub envelope: String,
    /// JSON, as it was given.
    pub payload: String,
    /// The sealed personal fields, when they were asked for and there are any.
    pub sealed: Option<String>,
}

/// That an event was written: where it is, and nothing of what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its place in the global order.
    pub position: Position,
    /// Its stream.
    pub stream: String,
    /// Its place in the stream.
    pub version: Version,
}

impl From<StoredEvent> for Written {
    fn from(StoredEvent { position, stream, version, .. }: StoredEvent) -> Self {
        Self { position, stream, version }
    }
}

/// Whether a read brings the sealed personal fields along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// Yes.
    With,
    /// No: for readers that need no text, and faster.
    Without,
}

/// What the store knows of a subject's data key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// There is none, and there never was.
    Missing,
    /// It is there, wrapped.
    Wrapped(Vec<u8>),
    /// It was destroyed at this time; what it sealed is erased.
    Erased(Millis),
}

/// Why the store could not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It does not answer now, and where something was to be written it is certain that it was not; trying
    /// again later may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The disk is full; nothing was written and reads go on.
    #[error("the store's disk is full; nothing was written")]
    Full,
    /// The outcome of a write is unknown; the same command id must be tried again.
    #[error("the outcome of the write is unknown: {0}")]
    Unknown(String),
    /// What is stored is not what was written.
    #[error("integrity error: {0}")]
    Integrity(String),
    /// What was asked must not be done: the store is not to be opened as it is, or the append breaks
    /// the port's rules. Says why and how to mend it; trying again does not help.
    #[error("{0}")]
    Refused(String),
}

/// How a backend writes one append that has events for several streams. To those who read through
/// the port it is all there or not at all, either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// In one transaction.
    AtOnce,
    /// One stream after the other: the first decides, and what it declares is finished whatever
    /// happens meanwhile, also by the next start. Who reads the backend itself may see a part.
    InTurn,
}

/// The event log, its claims, counters and data keys: the port that every backend implements.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// How it writes to several streams.
    fn together(&self) -> Together {
        Together::AtOnce
    }

    /// Whether nobody else can write to it while it is open: then whatever was written is known here.
    fn is_alone(&self) -> bool {
        false
    }

    /// Writes all of `append` or nothing, durably, before it answers.
    async fn append(&self, append: Append) -> Result<Outcome, StoreError>;

    /// The events of a stream with versions above `after`, oldest first, at most `limit`.
    async fn read_stream(
        &self,
        stream: &str,
        after: Version,
        limit: usize,
        sealed: Sealed,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// The events with positions above `after` in the global order, at most `limit`, without gaps.
    async fn read_all(
        &self,
        after: Position,
        limit: usize,
        sealed: Sealed,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// Which events have positions above `after`, in the global order, at most `limit`, without gaps: for
    /// those who only forget what they knew, on each of several nodes.
    async fn written(&self, after: Position, limit: usize) -> Result<Vec<Written>, StoreError> {
        let events = self.read_all(after, limit, Sealed::Without).await?;
        Ok(events.into_iter().map(Written::from).collect())
    }

    /// The events of all streams of a category (`definition`, `token` …), ordered by stream name
    /// and version, starting behind `after` = (stream, version).
    async fn read_category(
        &self,
        category: &str,
        after: Option<(&str, Version)>,
        limit: usize,
        sealed: Sealed,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// The SHA-256 hashes of the payloads behind `after`, in order, as they were computed when the
    /// events were appended: what tells whether a payload was altered since.
    async fn payload_hashes(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<[u8; 32]>, StoreError>;

    /// The position of the last event; 0 when there is none.
    fn head(&self) -> Position;

    /// Resolves once the head is beyond `position`; at once if it is already.
    async fn wait_beyond(&self, position: Position);

    /// Where an earlier command landed, if it wrote anything.
    async fn find_command(
        &self,
        command_id: Uuid,
    ) -> Result<Option<(Receipt, [u8; 32])>, StoreError>;

    /// Who holds a key.
    async fn claim_owner(&self, space: &str, key: &str) -> Result<Option<String>, StoreError>;

    /// Reserves `count` numbers of a counter for this node; answers the first. Gaps are allowed.
    async fn reserve_numbers(&self, counter: &str, count: u64) -> Result<u64, StoreError>;

    /// The data keys of subjects, in the order asked.
    async fn keys(&self, subjects: &[String]) -> Result<Vec<KeyState>, StoreError>;

    /// Destroys a subject's data key for good and leaves a tombstone. Traces of the key may stay
    /// beside the tables until [`scrub`](Self::scrub) says otherwise.
    async fn erase_key(&self, subject: &str) -> Result<(), StoreError>;

    /// Empties what may hold traces of destroyed keys beside the tables, a write-ahead log; answers
    /// whether nothing is left. It waits for no long read that keeps them: ask again.
    async fn scrub(&self) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// A small value kept beside the log (store id, fingerprint of the key file, secrets).
    async fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Sets such a value when there is none yet; answers the one that holds.
    async fn init_meta(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError>;
}

/// The id of the `index`-th event that a command writes, counted over all its streams: derived, so
/// that a command tried again can only ever write the same events.
pub fn event_id(command_id: Uuid, index: usize) -> Uuid {
    Uuid::new_v5(&command_id, &(index as u64).to_be_bytes())
}
