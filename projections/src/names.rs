//! What the actors of events are called now.
//!
//! Envelopes carry ids only, so that a person can be erased and a rename reaches old histories. A
//! name is folded from its own stream when first asked, kept in a bounded cache, and forgotten when
//! that stream gets an event or its key is destroyed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use docket_domain::agent::AgentEvent;
use docket_domain::codec::Event;
use docket_domain::customer::CustomerEvent;
use docket_domain::party::{Actor, ActorKind};
use docket_domain::token::TokenEvent;
use futures::future::try_join_all;
use quick_cache::sync::Cache;
use uuid::Uuid;

use crate::recorded::{Moment, ReadError, Reader, Recorded};

/// How many names are kept in memory.
const KEPT: usize = 50_000;

/// Names by stream; `None` where it is unknown or erased.
pub type Known = HashMap<String, Option<Arc<str>>>;

/// The directory of names.
pub struct Names {
    reader: Reader,
    kept: Cache<String, Option<Arc<str>>>,
    /// Counts what was forgotten, so that a name read before is not kept after.
    forgotten: AtomicU64,
}

impl Names {
    /// An empty directory over a log.
    pub fn new(reader: Reader) -> Self {
        Self { reader, kept: Cache::new(KEPT), forgotten: AtomicU64::new(0) }
    }

    /// The names of these streams. Asks the log for those not known yet, all at once.
    pub async fn of(&self, streams: impl IntoIterator<Item = String>) -> Result<Known, ReadError> {
        let mut known = Known::new();
        let mut asked = Vec::new();
        for stream in streams {
            if known.contains_key(&stream) || asked.contains(&stream) {
                continue;
            }
            match self.kept.get(&stream) {
                Some(name) => drop(known.insert(stream, name)),
                None => asked.push(stream),
            }
        }
        known.extend(try_join_all(asked.into_iter().map(|stream| self.read(stream))).await?);
        Ok(known)
    }

    /// Forgets a name, since its stream got an event or its key was destroyed.
    pub fn forget(&self, stream: &str) {
        if is_named(stream) {
            self.forgotten.fetch_add(1, Ordering::SeqCst);
            self.kept.remove(stream);
            if let Some(twin) = twin(stream) {
                self.kept.remove(&twin);
            }
        }
    }

    /// Forgets every name, since some may have changed and nobody here knows whose.
    pub fn forget_all(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.kept.clear();
    }

    async fn read(&self, stream: String) -> Result<(String, Option<Arc<str>>), ReadError> {
        let before = self.forgotten.load(Ordering::SeqCst);
        let mut history = self.reader.stream(&stream, Moment::Now).await?;
        if let Some(twin) = twin(&stream).filter(|_| history.is_empty()) {
            history = self.reader.stream(&twin, Moment::Now).await?;
        }
        let name: Option<Arc<str>> = history.iter().fold(None, name_after).map(Arc::from);
        self.kept.insert(stream.clone(), name.clone());
        // Looked at last: what was forgotten since it was read does not come back.
        if before != self.forgotten.load(Ordering::SeqCst) {
            self.kept.remove(&stream);
        }
        Ok((stream, name))
    }
}

/// The stream that says what an actor is called; none for parts of Docket.
pub fn stream_of(actor: &Actor) -> Option<String> {
    let id: Uuid = actor.id.parse().ok()?;
    match actor.kind {
        ActorKind::Customer => Some(format!("customer-{id}")),
        // Whoever acted in an imported log became an agent.
        ActorKind::Agent | ActorKind::External => Some(format!("agent-{id}")),
        ActorKind::Admin | ActorKind::Bot => Some(format!("token-{id}")),
        ActorKind::System => None,
    }
}

/// An actor's name: as its stream says (of a customer whose name is not known, an address), or what stands
/// for it where it has none.
pub fn name_of<'a>(actor: &'a Actor, known: &'a Known) -> Option<&'a str> {
    match stream_of(actor) {
        Some(stream) => known.get(&stream)?.as_deref(),
        None => Some(&actor.id),
    }
}

/// The other stream that may name an employee: the id is the agent's where the token stands for one,
/// whatever its role, and else the token's own.
fn twin(stream: &str) -> Option<String> {
    match stream.split_once('-')? {
        ("agent", id) => Some(format!("token-{id}")),
        ("token", id) => Some(format!("agent-{id}")),
        _ => None,
    }
}

fn is_named(stream: &str) -> bool {
    matches!(stream.split_once('-'), Some(("customer" | "agent" | "token", _)))
}

fn name_after(name: Option<String>, event: &Recorded) -> Option<String> {
    match &event.event {
        Event::Customer(
            CustomerEvent::CustomerRegistered { profile }
            | CustomerEvent::CustomerChanged { to: profile, .. },
        ) => {
            let address = profile.addresses.first().map(|address| &address.value);
            profile.name.as_ref().or(address).and_then(|name| name.known().cloned())
        }
        Event::Agent(
            AgentEvent::AgentAdded { profile } | AgentEvent::AgentChanged { to: profile, .. },
        ) => profile.name.known().cloned(),
        Event::Agent(AgentEvent::AbsenceRecorded { .. } | AgentEvent::AbsenceEnded { .. }) => name,
        Event::Token(TokenEvent::TokenIssued(issued)) => Some(issued.name.clone()),
        Event::Token(TokenEvent::TokenRevoked {}) | Event::Ticket(_) | Event::Definition(_) => name,
    }
}
