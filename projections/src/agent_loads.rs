//! How much has each agent at hand? Sums over tickets: how many are open and theirs, and how often the desk
//! gave them one; and a row for each that was pushed to somebody, by which is known who was given one longest ago.

use std::collections::BTreeMap;

use docket_domain::codec::Event;
use docket_domain::definition::BaseStatus;
use docket_domain::ids::AgentId;
use docket_domain::instant::Instant;
use docket_domain::ticket::event::{AssignMethod, TicketEvent};
use docket_domain::ticket::state::Offers;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::desk_state::DeskState;
use crate::documents::{Documents, DocumentsError, Query};
use crate::recorded::Recorded;
use crate::view::{Key, Schema, View};

/// The view.
pub struct AgentLoads;

/// That a ticket was pushed to an agent, and when last.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pushed {
    agent: Uuid,
    at: Instant,
}

/// What a ticket is to agents: whose it is, and to whom the desk gave it.
#[derive(Debug, Default)]
pub struct Hands {
    place: Option<DeskState>,
    /// To whom it is offered.
    offers: Offers,
    /// To whom it was given by push or as the next of a queue, as often as that was.
    given: Vec<Uuid>,
    /// To whom it was pushed, and when last.
    pushed: BTreeMap<Uuid, Instant>,
}

impl View for AgentLoads {
    const NAME: &'static str = "agent_loads";
    const VERSION: u32 = 3;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = false;
    const SCHEMA: Schema = Schema {
        sqlite: include_str!("../../migrations/views/sqlite/0011_agent_loads.sql"),
        postgres: include_str!("../../migrations/views/postgres/0011_agent_loads.sql"),
    };
    type State = Hands;
    type Row = Pushed;

    fn evolve(hands: &mut Hands, event: &Recorded) {
        DeskState::evolve(&mut hands.place, event);
        let (at, version) = (event.occurred_at, event.version);
        let Event::Ticket(event) = &event.event else { return };
        hands.offers.evolve(version, event);
        hands.given.extend(given_to(event));
        hands.pushed.extend(pushed_to(event).map(|agent| (agent, at)));
    }

    fn rows(hands: &Hands) -> Vec<(Key, Pushed)> {
        let pushed = |(agent, at): (&Uuid, &Instant)| Pushed { agent: *agent, at: *at };
        hands.pushed.iter().map(|it| (it.0.to_string(), pushed(it))).collect()
    }

    fn counts(hands: &Hands) -> Vec<(Key, i64)> {
        let open = hands.at_hand().map(|agent| (key(OPEN, agent), 1));
        let given = hands.given.iter().map(|agent| (key(GIVEN, *agent), 1));
        open.into_iter().chain(given).collect()
    }
}

/// The sums of what is open.
const OPEN: &str = "open";

/// The sums of what was given.
const GIVEN: &str = "given";

fn key(what: &str, agent: Uuid) -> Key {
    format!("{what} {agent}")
}

impl Hands {
    /// Whose it is, while it is to be worked on: neither done nor put aside; or to whom it is offered, for whom
    /// room is kept.
    fn at_hand(&self) -> Option<Uuid> {
        let place = self.place.as_ref()?;
        let worked_on = match place.base {
            BaseStatus::New | BaseStatus::InProgress | BaseStatus::AwaitingCustomer => true,
            BaseStatus::Snoozed | BaseStatus::Merged | BaseStatus::Closed => false,
        };
        let offered = || self.offers.open.as_ref().map(|offer| offer.agent.id.0);
        place.assignee.filter(|_| worked_on).or_else(offered)
    }
}

/// To whom the desk gave a ticket with this event, rather than a person.
fn given_to(event: &TicketEvent) -> Option<Uuid> {
    match event {
        TicketEvent::TicketAssigned { to, method: AssignMethod::Next, .. } => Some(to.id.0),
        _ => pushed_to(event),
    }
}

/// To whom the desk chose to give or to offer it.
fn pushed_to(event: &TicketEvent) -> Option<Uuid> {
    match event {
        TicketEvent::TicketAssigned { to, routed: Some(_), .. }
        | TicketEvent::TicketOffered { agent: to, .. } => Some(to.id.0),
        _ => None,
    }
}

/// What an agent has at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// How many tickets are open and theirs, neither closed nor merged nor put aside, or offered to them.
    pub open: u32,
    /// How often they were given one by push or as the next of a queue. It only ever grows, so that two who
    /// give one at once can tell that neither knew of the other.
    pub given: u64,
}

/// What an agent has at hand.
pub async fn of(documents: &Documents, agent: AgentId) -> Result<Load, DocumentsError> {
    let keys = [OPEN, GIVEN].map(|what| key(what, agent.0));
    let query = Query::new("SELECT key, value FROM {agent_loads}_counts WHERE key IN (");
    let sums = documents.fetch(&query.bind_all(&keys).sql(")")).await?;
    Ok(loads(sums).remove(&agent).unwrap_or_default())
}

/// What all agents have at hand who ever had anything.
pub async fn of_all(documents: &Documents) -> Result<BTreeMap<AgentId, Load>, DocumentsError> {
    let query = Query::new("SELECT key, value FROM {agent_loads}_counts");
    Ok(loads(documents.fetch(&query).await?))
}

/// When a ticket was last pushed to an agent, if one ever was.
pub async fn pushed_at(
    documents: &Documents,
    agent: AgentId,
) -> Result<Option<Instant>, DocumentsError> {
    let query = Query::new("SELECT pushed FROM {agent_loads} WHERE agent = ");
    let query = query.bind(agent.to_string()).sql(" ORDER BY pushed DESC LIMIT 1");
    let at: Option<String> = documents.fetch_one(&query).await?;
    // Written by us, so it is an instant.
    Ok(at.and_then(|at| at.parse().ok()))
}

fn loads(sums: Vec<(String, i64)>) -> BTreeMap<AgentId, Load> {
    let mut loads: BTreeMap<AgentId, Load> = BTreeMap::new();
    for (key, sum) in sums {
        // Keys are written by `counts` above and no other.
        let Some((what, agent)) = key.split_once(' ') else { continue };
        let Ok(agent) = Uuid::try_parse(agent) else { continue };
        let load = loads.entry(AgentId(agent)).or_default();
        match what {
            OPEN => load.open = u32::try_from(sum).unwrap_or_default(),
            _ => load.given = u64::try_from(sum).unwrap_or_default(),
        }
    }
    loads
}
