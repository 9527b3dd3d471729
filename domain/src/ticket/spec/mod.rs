//! The rules by example: given what happened, when something is asked, then this follows.
//!
//! Each test is a sentence, and its snapshot is the transcript of a small story:
//!
//! ```text
//! given TicketCreated → new, TicketAssigned → in_progress
//! when  close as solved
//! then  TicketClosed closed_at: 2026-03-02T10:00:00.000Z, outcome: solved, owner: Anna, status: in_progress → closed
//! ```
//!
//! Unless a test says otherwise it is Monday ten o'clock, Anna acts, and the default definitions
//! are in force. A story is told by its commands, so that no history stands here that could not
//! have happened.

use std::sync::LazyLock;

use uuid::Uuid;

use crate::context::Context;
use crate::definition::{
    BaseStatus, Catalogue, DefinitionEvent, Document, Queue, Settings, ZoneOffsets, defaults,
    publish,
};
use crate::ids::{AgentId, CommitmentId, CustomerId, MergeId, MessageId, TicketId};
use crate::instant::Instant;
use crate::party::{Actor, ActorKind, AgentRef, Channel, CustomerRef};
use crate::personal::Personal;
use crate::ticket::command::{NewMessage, OpenTicket, TicketCommand as C, TicketDetails};
use crate::ticket::decide::decide;
use crate::ticket::event::{
    AssignMethod, OpenedBy, Outcome, Promiser, SnoozeReason, TicketEvent, TicketRef,
};
use crate::ticket::state::{Offers, Ticket, TicketState, evolve};

mod at_home;
mod classification;
mod closing;
mod complaint;
mod complaint_owner;
mod contact;
mod conversation;
mod drafts;
mod merge;
mod merged_waiting;
mod notice;
mod offers;
mod opening;
mod ownership;
mod promises;
mod properties;
mod record;
mod settled;
mod snooze;
mod solutions;
mod transcript;
mod wording;

/// The transcript of one decision under the usual circumstances.
fn spec(given: &[TicketEvent], when: C) -> String {
    Desk::default().spec(given, when)
}

/// The circumstances of a decision.
struct Desk {
    now: &'static str,
    actor: Actor,
    catalogue: Catalogue,
}

impl Default for Desk {
    fn default() -> Self {
        let actor = Actor::new(ActorKind::Agent, anna().id.to_string());
        Self { now: "2026-03-02T10:00:00Z", actor, catalogue: catalogue() }
    }
}

impl Desk {
    fn at(now: &'static str) -> Self {
        Self { now, ..Self::default() }
    }

    fn under(settings: Settings) -> Self {
        let mut desk = Self::default();
        desk.publish("settings", Document::Settings(Box::new(settings)));
        desk
    }

    fn publish(&mut self, key: &str, document: Document) {
        publish_into(&mut self.catalogue, key, document);
    }

    fn spec(&self, given: &[TicketEvent], when: C) -> String {
        let ticket = fold(given);
        let phrase = wording::phrase(&when);
        let now = self.now.parse().unwrap();
        let context = self.context(now, Uuid::from_u128(u128::from(u64::MAX)));
        let then = decide(&ticket, when, &context);
        transcript::transcript(given, &ticket, &phrase, &then)
    }

    fn context(&self, now: Instant, command_id: Uuid) -> Context<'_> {
        Context { actor: self.actor.clone(), now, command_id, catalogue: &self.catalogue }
    }
}

/// What happens when these commands are given one after the other, a minute apart from Monday nine
/// o'clock on, to a ticket that a customer has opened.
fn story(commands: impl IntoIterator<Item = C>) -> Vec<TicketEvent> {
    tell([open()].into_iter().chain(commands))
}

/// The same from the very beginning.
fn tell(commands: impl IntoIterator<Item = C>) -> Vec<TicketEvent> {
    let desk = Desk::default();
    let start: Instant = "2026-03-02T09:00:00Z".parse().unwrap();
    let mut events = Vec::new();
    for (step, command) in (0_u32..).zip(commands) {
        let command_id = Uuid::from_u128(u128::from(step) + 1);
        let context = desk.context(start.plus_millis(i64::from(step) * 60_000), command_id);
        events.extend(decide(&fold(&events), command, &context).unwrap());
    }
    events
}

fn fold(events: &[TicketEvent]) -> Ticket {
    events.iter().fold(Ticket::Absent, evolve)
}

fn state(events: &[TicketEvent]) -> TicketState {
    fold(events).present().unwrap().clone()
}

/// The default definitions, published one after the other at the beginning of the year.
fn catalogue() -> Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        let mut catalogue = Catalogue::default();
        for (key, document) in defaults() {
            publish_into(&mut catalogue, &key, document);
        }
        catalogue
    });
    CATALOGUE.clone()
}

fn publish_into(catalogue: &mut Catalogue, key: &str, document: Document) {
    let utc = ZoneOffsets { tzdb: "2026a".into(), offsets: vec![(0, 0)] };
    let events = publish(catalogue, key, document, Some(utc)).unwrap();
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    events.iter().for_each(|event: &DefinitionEvent| catalogue.apply(1, at, event));
}

fn open() -> C {
    C::Open(Box::new(new_ticket()))
}

fn new_ticket() -> OpenTicket {
    OpenTicket {
        id: TicketId(Uuid::from_u128(1042)),
        number: "1042".into(),
        customer: CustomerRef {
            id: CustomerId(Uuid::from_u128(7)),
            name: Some(Personal::text("Jan Kowalski")),
            email: Some(Personal::text("jan@example.com")),
            phone: None,
            handle: None,
        },
        tier: "standard".into(),
        entitlement: None,
        contact: None,
        details: details(),
    }
}

fn details() -> TicketDetails {
    TicketDetails {
        opened_by: OpenedBy::Customer,
        channel: Channel::Email,
        endpoint: None,
        queue: None,
        category: None,
        ticket_type: None,
        priority: None,
        subject: Personal::text("Parcel lost"),
        tags: Vec::new(),
        message: Some(text("Where is it?")),
        origin: None,
    }
}

fn anna() -> AgentRef {
    AgentRef { id: AgentId(Uuid::from_u128(11)), name: Personal::text("Anna") }
}

fn piotr() -> AgentRef {
    AgentRef { id: AgentId(Uuid::from_u128(12)), name: Personal::text("Piotr") }
}

/// Another ticket.
fn ticket(number: u32) -> TicketRef {
    TicketRef { id: TicketId(Uuid::from_u128(number.into())), number: number.to_string() }
}

fn text(body: &str) -> NewMessage {
    NewMessage { body: body.into(), attachments: Vec::new() }
}

fn assign(to: AgentRef) -> C {
    C::Assign { to, method: AssignMethod::Manual }
}

fn message(body: &str) -> C {
    C::Receive { message: text(body), channel: Channel::Email }
}

fn reply(body: &str) -> C {
    C::Reply { message: text(body), channel: None, seen_version: u64::MAX }
}

fn note(body: &str) -> C {
    C::AddNote { message: text(body), mentions: Vec::new() }
}

fn snooze(until: &str) -> C {
    let (reason, wakes_on_message) = (SnoozeReason::Waiting, true);
    C::Snooze { until: until.parse().unwrap(), reason, note: None, wakes_on_message }
}

fn set_status(status: &str) -> C {
    C::SetStatus { status: status.into(), substatus: None }
}

fn merge(into: TicketRef) -> C {
    C::Merge { into, survivor_status: BaseStatus::New }
}

fn close() -> C {
    C::Close { outcome: Outcome::Solved, resolution: None, reason: None }
}

fn promise(what: &str) -> C {
    C::RecordCommitment {
        promiser: Promiser::Desk,
        text: what.into(),
        kind: None,
        amount: None,
        due: None,
        evidence: None,
        evidence_in: None,
        accepted: None,
    }
}

fn tags(tags: &[&str]) -> Vec<String> {
    tags.iter().map(|tag| (*tag).to_owned()).collect()
}

/// The id of what was said as the n-th thing, from 1.
fn said(events: &[TicketEvent], place: usize) -> MessageId {
    state(events).messages[place - 1].id
}

fn first_promise(events: &[TicketEvent]) -> CommitmentId {
    state(events).commitments[0].id
}

fn merge_id(events: &[TicketEvent]) -> MergeId {
    state(events).merged.unwrap().merge_id
}

/// An id that leads nowhere.
fn nowhere() -> Uuid {
    Uuid::from_u128(404)
}

/// A queue that takes complaints only, and makes them urgent.
fn complaints_only() -> Document {
    Document::Queue(Queue {
        name: "Complaints".into(),
        default_priority: Some("high".into()),
        categories: vec!["complaint".into()],
        ..Queue::default()
    })
}
