//! Folded tickets kept in memory. A state may be behind the log. To write on it is safe: the append
//! expects its version, fails, and the stream is folded again. To refuse on it is not: the desk looks
//! at the log before it does.

use std::sync::Arc;

use docket_domain::codec::Event;
use docket_domain::envelope::Recorded;
use docket_domain::ticket::state::{Ticket, evolve};
use quick_cache::sync::Cache;

use crate::load::Folded;

/// How many tickets are kept: some kilobytes each.
const CAPACITY: usize = 8_192;

/// The tickets that were worked on lately.
pub struct Tickets {
    by_stream: Cache<String, Arc<Folded<Ticket>>>,
}

impl Tickets {
    pub fn new() -> Self {
        Self { by_stream: Cache::new(CAPACITY) }
    }

    pub fn get(&self, stream: &str) -> Option<Arc<Folded<Ticket>>> {
        self.by_stream.get(stream)
    }

    /// Keeps a state, unless a newer one is at hand.
    pub fn put(&self, stream: &str, folded: Arc<Folded<Ticket>>) {
        if self.get(stream).is_none_or(|known| known.version < folded.version) {
            self.by_stream.insert(stream.to_owned(), folded);
        }
    }

    pub fn forget(&self, stream: &str) {
        self.by_stream.remove(stream);
    }

    pub fn forget_all(&self) {
        self.by_stream.clear();
    }

    /// Takes in what was just written, where the cached state is the one it was written on.
    pub fn advance(&self, events: &[Recorded<Event>]) {
        for stream in events.chunk_by(|a, b| a.stream == b.stream) {
            let name = &stream[0].stream;
            let before = match self.get(name) {
                Some(folded) if folded.version + 1 == stream[0].version => (*folded).clone(),
                None if stream[0].version == 1 => Folded::default(),
                _ => continue,
            };
            if name.starts_with("ticket-") {
                self.put(name, Arc::new(stream.iter().fold(before, step)));
            }
        }
    }
}

fn step(folded: Folded<Ticket>, recorded: &Recorded<Event>) -> Folded<Ticket> {
    Folded {
        state: evolve_recorded(folded.state, recorded),
        version: recorded.version,
        last_occurred_at: folded.last_occurred_at.max(recorded.occurred_at),
    }
}

/// The ticket after one recorded event; events of other aggregates never stand in its stream.
pub fn evolve_recorded(ticket: Ticket, recorded: &Recorded<Event>) -> Ticket {
    match &recorded.event {
        Event::Ticket(event) => evolve(ticket, event),
        Event::Customer(_) | Event::Agent(_) | Event::Definition(_) | Event::Token(_) => ticket,
    }
}
