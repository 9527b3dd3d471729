//! The end of the log, in memory: those who follow it read what was just written without asking the
//! database, which is most of what following costs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::batch::EventRow;
use crate::{Millis, Position, Sealed, StoredEvent};

/// How much is kept: events, and bytes of their texts together.
const EVENTS: usize = 4096;
const BYTES: usize = 8 << 20;

/// The last events of the log, without gaps.
#[derive(Default)]
pub(crate) struct Tail(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    events: VecDeque<Arc<StoredEvent>>,
    bytes: usize,
}

impl Tail {
    /// Takes in what was committed, before anybody can know that it was.
    pub fn extend(&self, rows: Vec<EventRow>, recorded_at: Millis) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = rows.first() else { return };
        if kept.events.back().is_some_and(|last| last.position + 1 != first.position) {
            // Another process has written between.
            *kept = Kept::default();
        }
        for row in rows {
            let event = stored(row, recorded_at);
            kept.bytes += bytes(&event);
            kept.events.push_back(Arc::new(event));
        }
        while kept.events.len() > EVENTS || kept.bytes > BYTES {
            let Some(oldest) = kept.events.pop_front() else { break };
            kept.bytes -= bytes(&oldest);
        }
    }

    /// Forgets everything: after a commit whose outcome was unknown the log may have grown unseen.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    /// The events behind a position, if the first of them is kept. Where it is not, the
    /// database knows better: it may be older, or committed this very moment.
    pub fn after(
        &self,
        position: Position,
        limit: usize,
        sealed: Sealed,
    ) -> Option<Vec<StoredEvent>> {
        // Their texts are copied once nobody waits for that: the writer does.
        let events = self.held_after(position, limit)?;
        Some(events.iter().map(|event| copied(event, sealed)).collect())
    }

    fn held_after(&self, position: Position, limit: usize) -> Option<Vec<Arc<StoredEvent>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = kept.events.front()?.position;
        let skip = usize::try_from(position.checked_add(1)?.checked_sub(first)?).ok()?;
        let held = kept.events.len() > skip;
        held.then(|| kept.events.iter().skip(skip).take(limit).cloned().collect())
    }
}

fn stored(row: EventRow, recorded_at: Millis) -> StoredEvent {
    StoredEvent {
        position: row.position,
        stream: row.stream.to_string(),
        version: row.version,
        event_id: row.event_id,
        event_type: row.event.event_type,
        schema: row.event.schema,
        occurred_at: row.event.occurred_at.unwrap_or(recorded_at),
        recorded_at,
        envelope: row.event.envelope,
        payload: row.event.payload,
        sealed: row.event.sealed,
    }
}

fn copied(event: &StoredEvent, sealed: Sealed) -> StoredEvent {
    let sealed = match sealed {
        Sealed::With => event.sealed.clone(),
        Sealed::Without => None,
    };
    StoredEvent {
        position: event.position,
        stream: event.stream.clone(),
        version: event.version,
        event_id: event.event_id,
        event_type: event.event_type.clone(),
        schema: event.schema,
        occurred_at: event.occurred_at,
        recorded_at: event.recorded_at,
        envelope: event.envelope.clone(),
        payload: event.payload.clone(),
        sealed,
    }
}

fn bytes(event: &StoredEvent) -> usize {
    let sealed = event.sealed.as_ref().map_or(0, String::len);
    event.stream.len() + event.envelope.len() + event.payload.len() + sealed
}
