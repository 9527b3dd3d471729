//! Loading: a stream's events, decoded and folded into what decisions need.

use docket_domain::codec::{self, Event};
use docket_domain::envelope::{Envelope, Recorded};
use docket_domain::instant::Instant;
use docket_domain::party::ActorKind;
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
    /// When its events occurred.
    pub last: Last,
}

/// When the events of a stream occurred, each time the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// Of all of them: what is done now comes after them.
    pub occurred_at: Instant,
    /// Of those that a person or a channel caused: nobody can say of anything else that it was before
    /// them. What Docket notes by itself, as that a clock ran out, keeps out no mail that came before it
    /// and was fetched after it (T23).
    pub caused_at: Instant,
}

impl Last {
    /// Before the first event.
    pub const NONE: Self = Self { occurred_at: Instant::EARLIEST, caused_at: Instant::EARLIEST };

    /// After one more event.
    pub fn and(self, recorded: &Recorded<Event>) -> Self {
        let by_itself = recorded.envelope.actor.kind == ActorKind::System;
        let caused_at = if by_itself { self.caused_at } else { recorded.occurred_at };
        Self {
            occurred_at: self.occurred_at.max(recorded.occurred_at),
            caused_at: self.caused_at.max(caused_at),
        }
    }
}

impl Default for Last {
    fn default() -> Self {
        Self::NONE
    }
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
            folded.last = folded.last.and(&recorded);
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
