//! Loading: a stream's events, decoded and folded into what decisions need.

use docket_domain::codec::{self, Event};
use docket_domain::envelope::{Envelope, Recorded};
use docket_domain::instant::Instant;
use docket_store::batches::Batches;
use docket_store::vault::Vault;
use docket_store::{EventStore, Sealed, StoreError, StoredEvent};

use crate::error::CommandError;

/// A stream folded: its state, and where it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folded<S> {
    /// What the events amount to.
    pub state: S,
    /// The version of the last event; 0 when there is none.
    pub version: u64,
    /// When the last event occurred.
    pub last_occurred_at: Instant,
}

/// Folds a stream on from where it is known to stand: the default is before its first event.
pub async fn fold<S>(
    store: &dyn EventStore,
    vault: &Vault,
    stream: &str,
    mut folded: Folded<S>,
    evolve: impl Fn(S, &Recorded<Event>) -> S,
) -> Result<Folded<S>, CommandError> {
    let mut batches = Batches::default();
    loop {
        let asked = batches.next();
        let page = store.read_stream(stream, folded.version, asked, Sealed::With).await?;
        let last_page = page.len() < asked;
        batches.learn(&page);
        for recorded in decode_all(vault, &page).await? {
            folded.version = recorded.version;
            folded.last_occurred_at = folded.last_occurred_at.max(recorded.occurred_at);
            folded.state = evolve(folded.state, &recorded);
        }
        if last_page {
            return Ok(folded);
        }
    }
}

/// Opens and decodes stored events.
pub async fn decode_all(
    vault: &Vault,
    events: &[StoredEvent],
) -> Result<Vec<Recorded<Event>>, CommandError> {
    let opened = vault.open_all(events).await?;
    let decode = |(event, opened): (&StoredEvent, docket_store::vault::Opened)| {
        let decoded =
            codec::decode(&event.stream, &event.event_type, event.schema, &opened.payload)?;
        Ok(recorded(event, envelope(event)?, decoded))
    };
    events.iter().zip(opened).map(decode).collect()
}

/// The envelope of a stored event.
pub fn envelope(event: &StoredEvent) -> Result<Envelope, StoreError> {
    serde_json::from_str(&event.envelope).map_err(|_| {
        StoreError::Integrity(format!("the envelope of event {} is broken", event.position))
    })
}

fn recorded(event: &StoredEvent, envelope: Envelope, decoded: Event) -> Recorded<Event> {
    Recorded {
        position: event.position,
        stream: event.stream.clone(),
        version: event.version,
        event_id: event.event_id,
        occurred_at: Instant(event.occurred_at),
        recorded_at: Instant(event.recorded_at),
        envelope,
        event: decoded,
    }
}
