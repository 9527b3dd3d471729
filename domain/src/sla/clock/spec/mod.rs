//! The thirteen rules and the scenarios by example: tickets lived through under the real rules of
//! `decide`, and what their clocks say. Office hours are Monday to Friday 08:00 to 17:00 UTC, under the
//! default plan unless a test sets another; 2026-03-02 is a Monday.

mod answers;
mod asleep;
mod away;
mod changes;
mod due;
mod edges;
mod internal;
mod laws;
mod merges;
mod reapplied;
mod resolution;
mod splits;
mod unmerged;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fact::Fact;
use super::*;
use crate::codec::Event;
use crate::context::Context;
use crate::definition::{Catalogue, Document, SlaTerms, ZoneOffsets, defaults, publish};
use crate::envelope::{Envelope, Recorded};
use crate::ids::{AgentId, CustomerId};
use crate::party::{Actor, ActorKind, AgentRef, Channel, CustomerRef};
use crate::personal::Personal;
use crate::sla::calendar::OpenHours;
use crate::sla::plan::Plan;
use crate::ticket::command::{NewMessage, OpenTicket, TicketCommand as C, TicketDetails};
use crate::ticket::decide::decide;
use crate::ticket::event::{
    AssignMethod, ClockMark, MergeSide, OpenedBy, SnoozeReason, TicketEvent, TicketRef,
};
use crate::ticket::state::{Ticket, evolve};

/// A desk that tickets live on.
struct Life {
    catalogue: Catalogue,
    plans: BTreeMap<(String, u64), Plan>,
    calendars: BTreeMap<(String, u64), Arc<OpenHours>>,
    tickets: BTreeMap<TicketId, Vec<Recorded<Event>>>,
    position: u64,
    /// How much later than it happens everything is recorded.
    recorded_later_ms: i64,
}

fn instant(text: &str) -> Instant {
    let full = if text.len() == 16 { format!("{text}:00Z") } else { format!("{text}Z") };
    full.replace(' ', "T").parse().unwrap()
}

fn shown(at: Instant) -> String {
    let text = at.to_string().replace('T', " ");
    let text = text.trim_end_matches('Z').trim_end_matches(".000");
    text.strip_suffix(":00").unwrap_or(text).to_owned()
}

fn lasting(millis: i64) -> String {
    let (minutes, rest) = (millis / 60_000, millis % 60_000);
    let rest = if rest == 0 { String::new() } else { format!(" {rest} ms") };
    format!("{}:{:02}{rest}", minutes / 60, minutes % 60)
}

impl Life {
    fn new() -> Self {
        let mut life = Self {
            catalogue: Catalogue::default(),
            plans: BTreeMap::new(),
            calendars: BTreeMap::new(),
            tickets: BTreeMap::new(),
            position: 0,
            recorded_later_ms: 0,
        };
        for (key, document) in defaults() {
            life.publish(&key, document, &[(0, 0)]);
        }
        life
    }

    /// A desk whose plan is this one, in the fields that it names.
    fn under(plan: Value) -> Self {
        let mut life = Self::new();
        life.set_plan(plan);
        life
    }

    fn set_plan(&mut self, changes: Value) {
        let mut plan = serde_json::to_value(&self.catalogue.plans["default"].document).unwrap();
        for (field, value) in changes.as_object().unwrap() {
            plan[field] = value.clone();
        }
        self.publish("default", Document::Plan(serde_json::from_value(plan).unwrap()), &[(0, 0)]);
    }

    fn set_office(&mut self, exceptions: Value, offsets: &[(i64, i32)]) {
        let mut office = self.catalogue.calendars["office"].document.clone();
        office.exceptions = serde_json::from_value(exceptions).unwrap();
        self.publish("office", Document::Calendar(office), offsets);
    }

    fn publish(&mut self, key: &str, document: Document, offsets: &[(i64, i32)]) {
        let zone = ZoneOffsets { tzdb: "2026a".into(), offsets: offsets.to_vec() };
        let events = publish(&self.catalogue, key, document, Some(zone.clone())).unwrap();
        self.position += 1;
        let version = self.position;
        events.iter().for_each(|it| self.catalogue.apply(version, instant("2026-01-01 00:00"), it));
        let place = (key.to_owned(), version);
        if let Some(plan) = self.catalogue.plans.get(key) {
            self.plans.insert(place.clone(), plan.document.clone());
        }
        if let Some(calendar) = self.catalogue.calendars.get(key) {
            let hours = OpenHours::of(&calendar.document, &zone).unwrap();
            self.calendars.insert(place, Arc::new(hours));
        }
    }

    fn frozen(&self, terms: &SlaTerms) -> Option<Arc<FrozenPlan>> {
        let plan = self.plans.get(&(terms.plan.key.clone(), terms.plan.version))?;
        let place = (terms.calendar.key.clone(), terms.calendar.version);
        let hours = self.calendars.get(&place)?;
        Some(Arc::new(FrozenPlan::new(terms.clone(), plan.clone(), hours.clone())))
    }

    fn open(&mut self, at: &str) -> TicketId {
        self.open_with(at, |_| {})
    }

    fn open_with(&mut self, at: &str, change: impl FnOnce(&mut TicketDetails)) -> TicketId {
        let number = 1042 + self.tickets.len() as u128;
        let id = TicketId(Uuid::from_u128(number));
        let mut new = OpenTicket {
            id,
            number: number.to_string(),
            customer: CustomerRef {
                id: CustomerId(Uuid::from_u128(7)),
                name: None,
                email: None,
                phone: None,
                handle: None,
            },
            tier: "standard".into(),
            entitlement: None,
            contact: None,
            details: TicketDetails {
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
            },
        };
        change(&mut new.details);
        self.tell(id, at, C::Open(Box::new(new)));
        id
    }

    /// What an agent does.
    fn tell(&mut self, id: TicketId, at: &str, command: C) {
        self.tell_by(ActorKind::Agent, id, at, command);
    }

    fn tell_by(&mut self, actor: ActorKind, id: TicketId, at: &str, command: C) {
        let by_customer = matches!(command, C::Receive { .. });
        let actor = if by_customer { ActorKind::Customer } else { actor };
        let (at, command_id) = (instant(at), Uuid::from_u128(u128::from(self.position) + 1));
        let actor = Actor::new(actor, "somebody");
        let context =
            Context { actor: actor.clone(), now: at, command_id, catalogue: &self.catalogue };
        let decided = decide(&self.ticket(id), command, &context).unwrap();
        let history = self.tickets.entry(id).or_default();
        for event in decided {
            self.position += 1;
            history.push(Recorded {
                position: self.position,
                stream: id.stream(),
                version: history.len() as u64 + 1,
                event_id: Uuid::nil(),
                occurred_at: at,
                recorded_at: at.plus_millis(self.recorded_later_ms),
                envelope: Envelope {
                    actor: actor.clone(),
                    channel: None,
                    client: None,
                    command_id,
                    causation_id: None,
                    correlation_id: command_id,
                    source: None,
                },
                event: Event::Ticket(event),
            });
        }
    }

    fn ticket(&self, id: TicketId) -> Ticket {
        let history = self.tickets.get(&id).map_or(&[][..], Vec::as_slice);
        history.iter().fold(Ticket::Absent, |ticket, it| {
            if let Event::Ticket(event) = &it.event { evolve(ticket, event) } else { ticket }
        })
    }

    fn reference(&self, id: TicketId) -> TicketRef {
        TicketRef { id, number: self.ticket(id).present().unwrap().number.clone() }
    }

    fn family(&self) -> Family {
        let facts: BTreeMap<TicketId, Vec<Fact>> = self
            .tickets
            .iter()
            .map(|(id, history)| (*id, history.iter().filter_map(Fact::of).collect()))
            .collect();
        let histories: Vec<_> = facts.iter().map(|(id, it)| (*id, it.as_slice())).collect();
        Family::of(&histories, |terms| self.frozen(terms))
    }

    /// What the clocks of these kinds say at a moment.
    fn said(&self, id: TicketId, now: &str, kinds: &[ClockKind]) -> String {
        let (now, family) = (instant(now), self.family());
        let clocks = family.clocks(id).iter().filter(|it| kinds.contains(&it.kind));
        clocks.map(|clock| transcript(clock, now)).collect::<Vec<_>>().join("\n")
    }
}

/// A clock, stretch by stretch.
fn transcript(clock: &Clock, now: Instant) -> String {
    let mut told = format!("{} {}", clock.kind.word(), clock.instance);
    if clock.went_on_at.is_some() {
        told += " (cumulative)";
    }
    if let Some(carried) = &clock.carried {
        let _ = write!(told, " (from #{} {})", carried.number, carried.instance);
    }
    match &clock.target {
        Some(target) => {
            let row = &target.row;
            let by = row.channel.as_ref().or(row.ticket_type.as_ref());
            let by = by.or(row.queue.as_ref()).unwrap();
            let keys = format!("{} {by} {}", row.tier, row.priority);
            let _ = write!(told, ": {} by {keys}", lasting(target.target_ms));
        }
        None => told += ": no target",
    }
    told += if clock.late_ingest { ", late_ingest" } else { "" };
    let deadline = clock.deadline().map_or("no deadline".into(), |it| format!("due {}", shown(it)));
    let _ = write!(told, ", {deadline}");
    for Stretch { from, to, kind } in clock.stretches(now) {
        let kind = match kind {
            StretchKind::Open => "open",
            StretchKind::Closed => "closed",
            StretchKind::Paused(Pause::Status(status)) => &format!("paused in {status}"),
            StretchKind::Paused(Pause::Snooze) => "paused by snooze",
            StretchKind::Paused(Pause::Closed) => "paused while closed",
            StretchKind::Paused(Pause::Elsewhere) => "paused elsewhere",
        };
        let _ = write!(told, "\n  {} – {}  {kind}", shown(from), shown(to));
    }
    let ended = match clock.stop {
        Some(stop) => format!("stopped by {} at {}", stop.by.word(), shown(stop.at)),
        None => format!("{:?}", clock.state(now)).to_lowercase(),
    };
    let bounced = clock.bounced_at.map(|at| format!(", bounced at {}", shown(at)));
    let ended = ended + &bounced.unwrap_or_default();
    let _ = write!(told, "\n  {ended}, {} elapsed", lasting(clock.elapsed(now)));
    if let Some(verdict) = clock.verdict(now) {
        let _ = write!(told, ", {}", format!("{verdict:?}").to_lowercase());
    }
    if let Some(breach) = clock.breach(now) {
        let by = format!("{:?}", breach.by).to_lowercase();
        let _ = write!(told, ", breached at {} by {}", shown(breach.at), by);
    }
    told
}

const FIRST: &[ClockKind] = &[ClockKind::FirstResponse];
const ANSWERS: &[ClockKind] = &[ClockKind::FirstResponse, ClockKind::NextReply];
const NEXT: &[ClockKind] = &[ClockKind::NextReply];
const OWNER: &[ClockKind] = &[ClockKind::Assignment];
const DONE: &[ClockKind] = &[ClockKind::Resolution];

fn text(body: &str) -> NewMessage {
    NewMessage { body: body.into(), attachments: Vec::new() }
}

fn anna() -> AgentRef {
    AgentRef { id: AgentId(Uuid::from_u128(11)), name: Personal::text("Anna") }
}

fn assign() -> C {
    C::Assign { to: anna(), method: AssignMethod::Manual }
}

fn message() -> C {
    C::Receive { message: text("And now?"), channel: Channel::Email }
}

fn reply() -> C {
    C::Reply { message: text("Here."), channel: None, seen_version: u64::MAX }
}

fn close() -> C {
    C::Close { outcome: Outcome::Solved, resolution: None, reason: None }
}

fn reopen() -> C {
    C::Reopen { reason: "not solved".into() }
}

fn status(key: &str) -> C {
    C::SetStatus { status: key.into(), substatus: None }
}

fn priority(key: &str) -> C {
    C::Prioritize { priority: key.into() }
}

fn snooze(until: &str, reason: SnoozeReason) -> C {
    C::Snooze { until: instant(until), reason, note: None, wakes_on_message: true }
}
