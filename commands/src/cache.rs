//! Folded aggregates kept in memory. A state may be behind the log. To write on it is safe: the append
//! expects its version, fails, and the stream is folded again. To refuse on it is not: the desk looks
//! at the log before it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use docket_domain::agent::{self, Agent};
use docket_domain::codec::Event;
use docket_domain::customer::{self, Customer};
use docket_domain::envelope::Recorded;
use docket_domain::personal::Personal;
use docket_domain::ticket::state::{Ticket, evolve};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::load::Folded;
use crate::owners::Owners;

/// How many tickets are expected, and how many people of each kind: a kilobyte or two each.
const TICKETS: usize = 8_192;
const PEOPLE: usize = 4_096;

/// How many bytes they may take: a ticket with thousands of messages takes the place of many.
const TICKET_BYTES: u64 = 32 << 20;
const PEOPLE_BYTES: u64 = 8 << 20;

/// All that is kept.
pub struct Kept {
    forgotten: Arc<AtomicU64>,
    pub tickets: KeptOf<Ticket>,
    pub customers: KeptOf<Option<Customer>>,
    pub agents: KeptOf<Option<Agent>>,
    /// Whom addresses lead to.
    pub owners: Owners,
}

impl Kept {
    pub fn new() -> Self {
        let forgotten = Arc::new(AtomicU64::new(0));
        Self {
            tickets: KeptOf::new((TICKETS, TICKET_BYTES), evolve_ticket, forgotten.clone()),
            customers: KeptOf::new((PEOPLE, PEOPLE_BYTES), evolve_customer, forgotten.clone()),
            agents: KeptOf::new((PEOPLE, PEOPLE_BYTES), evolve_agent, forgotten.clone()),
            forgotten,
            owners: Owners::new(),
        }
    }

    /// How often everything was forgotten so far: to be asked before what is kept is read or decided.
    pub fn generation(&self) -> u64 {
        self.forgotten.load(Ordering::SeqCst)
    }

    /// Takes in what was just written, where the kept state is the one it was written on.
    pub fn advance(&self, events: &[Recorded<Event>], generation: u64) {
        for stream in events.chunk_by(|a, b| a.stream == b.stream) {
            match stream[0].event {
                Event::Ticket(_) => self.tickets.advance(stream, generation),
                Event::Customer(_) => self.customers.advance(stream, generation),
                Event::Agent(_) => self.agents.advance(stream, generation),
                Event::Definition(_) | Event::Token(_) => {}
            }
        }
    }

    pub fn forget(&self, stream: &str) {
        match stream.split_once('-') {
            Some(("ticket", _)) => self.tickets.forget(stream),
            Some(("customer", _)) => self.customers.forget(stream),
            Some(("agent", _)) => self.agents.forget(stream),
            _ => {}
        }
    }

    /// Notes that the log has a person's stream up to a version, which another process may have
    /// written: what is older is not at hand any more, also when it is put there later.
    pub fn outdate(&self, stream: &str, version: u64) {
        match stream.split_once('-') {
            Some(("customer", _)) => self.customers.outdate(stream, version),
            Some(("agent", _)) => self.agents.outdate(stream, version),
            _ => {}
        }
    }

    pub fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.tickets.by_stream.clear();
        self.customers.by_stream.clear();
        self.agents.by_stream.clear();
        self.owners.forget_all();
    }
}

/// What a state takes in memory, about.
pub trait Weighed: Clone + Default {
    fn bytes(&self) -> usize;
}

#[derive(Clone)]
struct ByBytes;

impl<S: Weighed> Weighter<String, (u64, Arc<Folded<S>>)> for ByBytes {
    fn weight(&self, stream: &String, (_, folded): &(u64, Arc<Folded<S>>)) -> u64 {
        (stream.len() + folded.state.bytes()) as u64
    }
}

impl Weighed for Ticket {
    fn bytes(&self) -> usize {
        let Some(ticket) = self.present() else { return ONE };
        let small = ticket.messages.len()
            + ticket.waiting_from_others.len()
            + ticket.absorbed.len()
            + ticket.undone_merges.len()
            + ticket.opened_from_others.len()
            + ticket.links.len();
        let text = |text: &Personal<String>| text.known().map_or(0, String::len);
        let fields = ticket.fields.iter().map(|(name, value)| ONE + name.len() + text(value));
        let promises = ticket.commitments.iter().map(|promise| ONE + text(&promise.text));
        let drafts = ticket.drafts.iter().map(|draft| ONE + text(&draft.body));
        let texts = fields.chain(promises).chain(drafts).sum::<usize>();
        2 * 1024 + (small + ticket.tags.len()) * ONE + texts
    }
}

/// What a message, a link, a tag takes, its number and ids included.
const ONE: usize = 128;

// People have a name and a few addresses, all short.

impl Weighed for Option<Customer> {
    fn bytes(&self) -> usize {
        512
    }
}

impl Weighed for Option<Agent> {
    fn bytes(&self) -> usize {
        512 + self.as_ref().map_or(0, |agent| 128 * agent.absences.len())
    }
}

/// One kind of aggregate: its folded streams, and how they are folded.
pub struct KeptOf<S> {
    /// Each with the generation it was read in: one of an earlier generation may hold text that was
    /// erased since, and counts for nothing.
    by_stream: Cache<String, (u64, Arc<Folded<S>>), ByBytes>,
    /// Versions that the log is known to have, of streams that other processes may write.
    outdated: Cache<String, u64>,
    evolve: fn(S, &Recorded<Event>) -> S,
    forgotten: Arc<AtomicU64>,
}

impl<S: Weighed> KeptOf<S> {
    fn new(
        (expected, bytes): (usize, u64),
        evolve: fn(S, &Recorded<Event>) -> S,
        forgotten: Arc<AtomicU64>,
    ) -> Self {
        let by_stream = Cache::with_weighter(expected, bytes, ByBytes);
        Self { by_stream, outdated: Cache::new(expected), evolve, forgotten }
    }

    pub fn get(&self, stream: &str) -> Option<Arc<Folded<S>>> {
        let (generation, folded) = self.by_stream.get(stream)?;
        let known = self.outdated.get(stream).unwrap_or(0);
        (generation == self.forgotten.load(Ordering::SeqCst) && folded.version >= known)
            .then_some(folded)
    }

    pub fn evolve(&self) -> fn(S, &Recorded<Event>) -> S {
        self.evolve
    }

    /// Keeps a state that was read in a generation, unless a newer one is at hand.
    pub fn put(&self, stream: &str, folded: Arc<Folded<S>>, generation: u64) {
        if self.get(stream).is_none_or(|known| known.version < folded.version) {
            self.by_stream.insert(stream.to_owned(), (generation, folded));
        }
    }

    fn forget(&self, stream: &str) {
        self.by_stream.remove(stream);
    }

    /// What is older goes at once, so that the mark need only outlive a reading that has begun before.
    fn outdate(&self, stream: &str, version: u64) {
        if self.by_stream.get(stream).is_some_and(|(_, kept)| kept.version >= version) {
            return;
        }
        if self.outdated.get(stream).is_none_or(|known| known < version) {
            self.outdated.insert(stream.to_owned(), version);
        }
        self.by_stream.remove(stream);
    }

    fn advance(&self, events: &[Recorded<Event>], generation: u64) {
        let name = &events[0].stream;
        let before = match self.get(name) {
            Some(folded) if folded.version + 1 == events[0].version => {
                // Whoever asks this very moment reads the log.
                self.by_stream.remove(name);
                Arc::unwrap_or_clone(folded)
            }
            None if events[0].version == 1 => Folded::default(),
            _ => return,
        };
        let folded = events.iter().fold(before, |folded, recorded| Folded {
            state: (self.evolve)(folded.state, recorded),
            version: recorded.version,
            last: folded.last.and(recorded),
        });
        self.put(name, Arc::new(folded), generation);
    }
}

// A stream holds events of one aggregate only; another's would change nothing.

fn evolve_ticket(ticket: Ticket, recorded: &Recorded<Event>) -> Ticket {
    match &recorded.event {
        Event::Ticket(event) => evolve(ticket, event),
        Event::Customer(_) | Event::Agent(_) | Event::Definition(_) | Event::Token(_) => ticket,
    }
}

fn evolve_customer(state: Option<Customer>, recorded: &Recorded<Event>) -> Option<Customer> {
    match &recorded.event {
        Event::Customer(event) => customer::evolve(state, event),
        Event::Ticket(_) | Event::Agent(_) | Event::Definition(_) | Event::Token(_) => state,
    }
}

fn evolve_agent(state: Option<Agent>, recorded: &Recorded<Event>) -> Option<Agent> {
    match &recorded.event {
        Event::Agent(event) => agent::evolve(state, event),
        Event::Ticket(_) | Event::Customer(_) | Event::Definition(_) | Event::Token(_) => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Heavy(usize);

    impl Weighed for Heavy {
        fn bytes(&self) -> usize {
            self.0
        }
    }

    #[test]
    fn what_is_kept_is_bounded_by_what_it_weighs() {
        let kept = |bytes: usize| {
            let of = KeptOf::new((100, 1 << 20), |state, _| state, Arc::default());
            let streams: Vec<String> = (0..100).map(|n| format!("ticket-{n}")).collect();
            for stream in &streams {
                let folded = Folded { state: Heavy(bytes), version: 1, ..Folded::default() };
                of.put(stream, Arc::new(folded), 0);
            }
            streams.iter().filter(|stream| of.get(stream).is_some()).count()
        };
        assert_eq!(kept(1_000), 100);
        assert!((1..=10).contains(&kept(100_000)), "{}", kept(100_000));
    }

    #[test]
    fn what_another_process_wrote_is_not_forgotten_among_many_others() {
        let kept = Kept::new();
        let agent = Folded { state: None, version: 3, ..Folded::default() };
        kept.agents.put("agent-1", Arc::new(agent), 0);
        kept.outdate("agent-1", 4);
        for other in 0..2 * PEOPLE {
            kept.outdate(&format!("customer-{other}"), 1);
            kept.outdate(&format!("agent-other-{other}"), 1);
        }
        assert!(kept.agents.get("agent-1").is_none());
    }
}
