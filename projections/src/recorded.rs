//! The one way from a stored event to an event that can be folded.
//!
//! The log holds bytes; the vault holds what they say of people. A reader that needs the text opens
//! it, one that does not closes it (every personal field reads as erased) and saves the work. Both
//! then pass the domain's one decode point.

use std::sync::Arc;

use docket_domain::codec::{self, DecodeError, Event};
use docket_domain::envelope;
use docket_domain::instant::Instant;
use docket_store::batches::Batches;
use docket_store::vault::{self, Opened, Vault};
use docket_store::{EventStore, Sealed, StoreError, StoredEvent, Version};
use uuid::Uuid;

use crate::plans::Plans;

/// One event of the log, decoded: what every fold takes.
pub type Recorded = envelope::Recorded<Event>;

/// Why an event, or a stream, could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The store could not answer, or what it holds is not what was written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An event cannot be understood; it is never skipped.
    #[error("event {version} of {stream}: {error}")]
    Undecodable {
        /// The stream.
        stream: String,
        /// The event's version in it.
        version: Version,
        /// Why; holds no values.
        error: DecodeError,
    },
}

impl ReadError {
    /// An envelope that is not what this release writes; says where, never what.
    pub(crate) fn bad_envelope(stored: &StoredEvent, error: &serde_json::Error) -> Self {
        Self::Undecodable {
            stream: stored.stream.clone(),
            version: stored.version,
            error: DecodeError {
                event_type: stored.event_type.clone(),
                schema: stored.schema,
                reason: format!(
                    "its envelope: {:?} error at column {}",
                    error.classify(),
                    error.column()
                ),
            },
        }
    }
}

/// Reads streams and understands them.
#[derive(Clone)]
pub struct Reader {
    /// The log.
    pub store: Arc<dyn EventStore>,
    /// What opens its personal fields.
    pub vault: Arc<Vault>,
    /// The plans that tickets in it froze.
    pub plans: Arc<Plans>,
}

/// A moment in a ticket's past; the same fold over the history up to then answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Everything so far.
    Now,
    /// Up to and including this version.
    Version(Version),
    /// Up to and including what the store had recorded at this instant.
    Recorded(Instant),
    /// Up to and including what had happened, in the real world, at this instant.
    Occurred(Instant),
}

impl Moment {
    /// Whether an event had happened by then.
    pub fn includes(self, event: &StoredEvent) -> bool {
        match self {
            Self::Now => true,
            Self::Version(version) => event.version <= version,
            Self::Recorded(at) => event.recorded_at <= at.0,
            Self::Occurred(at) => event.occurred_at <= at.0,
        }
    }

    /// Whether no event behind this one of its stream had happened by then.
    fn is_past(self, event: &StoredEvent) -> bool {
        match self {
            Self::Version(version) => event.version >= version,
            Self::Recorded(at) => event.recorded_at > at.0,
            // What happened early may be written down late.
            Self::Now | Self::Occurred(_) => false,
        }
    }
}

impl Reader {
    /// A reader of this log.
    pub fn new(store: Arc<dyn EventStore>, vault: Arc<Vault>) -> Self {
        Self { store, vault, plans: Arc::default() }
    }

    /// A stream's events as stored, up to a moment, oldest first; none when there is no stream.
    pub async fn stored(
        &self,
        stream: &str,
        until: Moment,
        sealed: Sealed,
    ) -> Result<Vec<StoredEvent>, ReadError> {
        let mut events: Vec<StoredEvent> = Vec::new();
        let mut batches = Batches::default();
        loop {
            let after = events.last().map_or(0, |event| event.version);
            let asked = batches.next();
            let batch = self.store.read_stream(stream, after, asked, sealed).await?;
            batches.learn(&batch);
            let done = batch.len() < asked || batch.last().is_some_and(|it| until.is_past(it));
            events.extend(batch);
            if done {
                break;
            }
        }
        events.retain(|event| until.includes(event));
        Ok(events)
    }

    /// Takes in a stream's events up to a moment one after the other, decoded with their texts, oldest
    /// first: no more of them are in memory than one reading brings.
    pub async fn each(
        &self,
        stream: &str,
        until: Moment,
        mut take: impl FnMut(&Recorded),
    ) -> Result<(), ReadError> {
        let (mut after, mut batches) = (0, Batches::default());
        loop {
            let asked = batches.next();
            let mut batch = self.store.read_stream(stream, after, asked, Sealed::With).await?;
            batches.learn(&batch);
            let Some(last) = batch.last() else { return Ok(()) };
            let done = batch.len() < asked || until.is_past(last);
            after = last.version;
            batch.retain(|event| until.includes(event));
            self.open(&batch).await?.iter().for_each(&mut take);
            if done {
                return Ok(());
            }
        }
    }

    /// A stream's events up to a moment, decoded with their texts, oldest first.
    pub async fn stream(&self, stream: &str, until: Moment) -> Result<Vec<Recorded>, ReadError> {
        let stored = self.stored(stream, until, Sealed::With).await?;
        self.open(&stored).await
    }

    /// Decodes events with their texts.
    pub async fn open(&self, stored: &[StoredEvent]) -> Result<Vec<Recorded>, ReadError> {
        let opened = self.vault.open_all(stored).await?;
        stored.iter().zip(&opened).map(|(stored, opened)| decode(stored, opened)).collect()
    }
}

/// The UUID behind a stream's category; nil where a stream has none.
pub(crate) fn id_of(stream: &str) -> Uuid {
    stream.split_once('-').and_then(|(_, id)| id.parse().ok()).unwrap_or_default()
}

/// Decodes one event whose payload was opened.
pub fn decode(stored: &StoredEvent, opened: &Opened<'_>) -> Result<Recorded, ReadError> {
    understand(stored, &opened.payload)
}

/// Decodes one event without opening it: every personal field reads as erased.
pub fn decode_closed(stored: &StoredEvent) -> Result<Recorded, ReadError> {
    understand(stored, &vault::close(&stored.payload))
}

fn understand(stored: &StoredEvent, payload: &str) -> Result<Recorded, ReadError> {
    let failed = |error| ReadError::Undecodable {
        stream: stored.stream.clone(),
        version: stored.version,
        error,
    };
    let event = codec::decode(&stored.stream, &stored.event_type, stored.schema, payload);
    Ok(Recorded {
        position: stored.position,
        stream: stored.stream.clone(),
        version: stored.version,
        event_id: stored.event_id,
        occurred_at: Instant(stored.occurred_at),
        recorded_at: Instant(stored.recorded_at),
        envelope: serde_json::from_str(&stored.envelope)
            .map_err(|error| ReadError::bad_envelope(stored, &error))?,
        event: event.map_err(failed)?,
    })
}
