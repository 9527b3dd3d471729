//! Histories to be folded: given what happened, in order.

use docket_domain::codec::Event;
use docket_domain::definition::{BaseStatus, PriorityTerm, StatusTerm, Term};
use docket_domain::envelope::Envelope;
use docket_domain::ids::{AgentId, CustomerId, MergeId, MessageId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::party::{Actor, ActorKind, AgentRef, Channel, CustomerRef};
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{
    AssignMethod, MergeSide, Message, OpenedBy, Outcome, SnoozeReason, StatusChange, TicketCreated,
    TicketEvent, TicketRef, WaitingMessage,
};
use docket_projections::recorded::Recorded;
use uuid::Uuid;

/// 2026-03-02T09:00:00Z, a Monday; every event happens a minute after the one before.
pub const MONDAY: Instant = Instant(1_772_442_000_000);

pub fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + n)
}

pub fn anna() -> AgentRef {
    AgentRef { id: AgentId(uuid(0xa1)), name: Personal::text("Anna Nowak") }
}

pub fn piotr() -> AgentRef {
    AgentRef { id: AgentId(uuid(0xa2)), name: Personal::text("Piotr Zieliński") }
}

pub fn jan() -> CustomerRef {
    CustomerRef {
        id: CustomerId(uuid(0xc1)),
        name: Some(Personal::text("Jan Kowalski")),
        email: Some(Personal::text("jan@example.com")),
        phone: None,
        handle: None,
    }
}

pub fn by_agent(agent: &AgentRef) -> Actor {
    Actor::new(ActorKind::Agent, agent.id.to_string())
}

pub fn by_customer(customer: &CustomerRef) -> Actor {
    Actor::new(ActorKind::Customer, customer.id.to_string())
}

pub fn by_timer() -> Actor {
    Actor::new(ActorKind::System, "timer")
}

pub fn term(key: &str) -> Term {
    Term { key: key.into(), name: key.into(), version: 1 }
}

pub fn priority(key: &str, level: u8) -> PriorityTerm {
    PriorityTerm { key: key.into(), name: key.into(), level, version: 1, times: None }
}

pub fn status(base: BaseStatus) -> StatusTerm {
    let key = base.key().to_owned();
    StatusTerm { name: key.clone(), key, base, substatus: None, version: 1 }
}

pub fn moved(from: BaseStatus, to: BaseStatus) -> StatusChange {
    StatusChange { from: status(from), to: status(to) }
}

/// Put aside by Anna until a moment, to the millisecond.
pub fn snoozed(wakes_at: Instant) -> TicketEvent {
    TicketEvent::TicketSnoozed {
        until: wakes_at,
        wakes_at,
        block_ms: 0,
        reason: SnoozeReason::Waiting,
        note: None,
        wakes_on_message: true,
        status: moved(BaseStatus::New, BaseStatus::Snoozed),
    }
}

/// Merged into another ticket, from a status.
pub fn merged(from: BaseStatus) -> TicketEvent {
    let status = moved(from, BaseStatus::Merged);
    TicketEvent::TicketMerged { merge_id: MergeId(uuid(0xb1)), into: ticket(2), status }
}

/// That merge undone, back to the status.
pub fn unmerged(to: BaseStatus) -> TicketEvent {
    TicketEvent::TicketUnmerged {
        merge_id: MergeId(uuid(0xb1)),
        other: ticket(2),
        side: MergeSide::Source,
        messages: Vec::new(),
        waiting: Vec::new(),
        answered: Vec::new(),
        status: Some(moved(BaseStatus::Merged, to)),
    }
}

/// Ticket 1041, whose first message waits, merged into this one.
pub fn absorbed() -> TicketEvent {
    TicketEvent::TicketAbsorbed {
        merge_id: MergeId(uuid(0xb2)),
        source: ticket(0),
        waiting: vec![waiting()],
        status: None,
    }
}

/// The message of ticket 1041 that waits.
pub fn waiting() -> WaitingMessage {
    WaitingMessage { id: MessageId(uuid(0x2001)), number: "1041-1".into(), since: MONDAY }
}

pub fn message(n: u128, body: &str) -> Message {
    Message {
        id: MessageId(uuid(0x1000 + n)),
        number: format!("1042-{n}"),
        body: Personal::text(body),
        attachments: Vec::new(),
    }
}

pub fn ticket(n: u128) -> TicketRef {
    TicketRef { id: TicketId(uuid(n)), number: (1041 + n).to_string() }
}

/// A ticket that the customer opened by e-mail.
pub fn created(number: &str) -> TicketCreated {
    TicketCreated {
        number: number.into(),
        customer: jan(),
        contact: None,
        tier: "standard".into(),
        contract: None,
        opened_by: OpenedBy::Customer,
        channel: Channel::Email,
        endpoint: None,
        queue: term("inbox"),
        category: Some(term("complaint/new")),
        ticket_type: None,
        priority: priority("medium", 3),
        status: status(BaseStatus::New),
        subject: Personal::text("Parcel lost"),
        tags: vec!["courier".into()],
        message: Some(message(1, "Where is it?")),
        origin: None,
        sla: None,
    }
}

pub fn assigned(to: AgentRef) -> TicketEvent {
    TicketEvent::TicketAssigned {
        from: None,
        to,
        method: AssignMethod::Manual,
        routed: None,
        status: Some(moved(BaseStatus::New, BaseStatus::InProgress)),
    }
}

pub fn received(n: u128, body: &str) -> TicketEvent {
    TicketEvent::MessageReceived {
        message: message(n, body),
        channel: Channel::Email,
        status: Some(moved(BaseStatus::AwaitingCustomer, BaseStatus::New)),
    }
}

pub fn replied(n: u128, body: &str) -> TicketEvent {
    TicketEvent::TicketReplied {
        message: message(n, body),
        answers: Vec::new(),
        seen_version: 1,
        channel: Channel::Email,
        status: Some(moved(BaseStatus::InProgress, BaseStatus::AwaitingCustomer)),
    }
}

pub fn closed(at: Instant) -> TicketEvent {
    TicketEvent::TicketClosed {
        outcome: Outcome::Solved,
        resolution: Some(Personal::text("Found at the depot")),
        reason: None,
        owner: Some(anna()),
        closed_at: at,
        purge_at: None,
        status: moved(BaseStatus::AwaitingCustomer, BaseStatus::Closed),
    }
}

/// What happened to one ticket, event after event.
#[derive(Clone)]
pub struct Story {
    pub events: Vec<Recorded>,
    ticket: TicketId,
}

impl Story {
    /// Ticket 1042, opened by Jan.
    pub fn opened() -> Self {
        Self::of(TicketId(uuid(1)))
            .then(by_customer(&jan()), TicketEvent::TicketCreated(Box::new(created("1042"))))
    }

    /// A ticket to which nothing happened yet.
    pub fn of(ticket: TicketId) -> Self {
        Self { events: Vec::new(), ticket }
    }

    /// And then this.
    pub fn then(mut self, actor: Actor, event: TicketEvent) -> Self {
        let version = self.events.len() as u64 + 1;
        let at = MONDAY.plus_millis(60_000 * (version as i64 - 1));
        let command_id = uuid(0x9000 + u128::from(version));
        self.events.push(Recorded {
            position: version,
            stream: self.ticket.stream(),
            version,
            event_id: docket_store::event_id(command_id, 0),
            occurred_at: at,
            recorded_at: at,
            envelope: Envelope {
                actor,
                channel: Some(Channel::Web),
                client: None,
                command_id,
                causation_id: None,
                correlation_id: command_id,
                source: None,
            },
            event: Event::Ticket(event),
        });
        self
    }
}
