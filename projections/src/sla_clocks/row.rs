//! A row: one instance of a clock, with what its ticket was when the verdict fell.

use std::collections::BTreeMap;

use docket_domain::codec::Event;
use docket_domain::instant::Instant;
use docket_domain::party::ActorKind;
use docket_domain::sla::clock::{Breach, BreachedBy, Clock, Stop, StoppedBy, Verdict};
use docket_domain::sla::plan::ClockKind;
use docket_domain::ticket::event::{Outcome, TicketCreated, TicketEvent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::cell;
use crate::desk_state::DeskState;
use crate::recorded::{Recorded, id_of};

/// One instance of a clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClockRow {
    /// The ticket's id.
    pub ticket: Uuid,
    /// Its number.
    pub number: String,
    /// `assignment`, `first_response`, `next_reply`, `resolution` or `ola`.
    #[schema(value_type = String)]
    pub clock: ClockKind,
    /// Which one of its kind, from 1.
    pub instance: u32,
    /// Of a resolution: `first`, or `cumulative` once the ticket was reopened; of an internal clock
    /// likewise, once the ticket came back.
    pub measure: Option<String>,
    /// The number of the ticket that a merge brought it from.
    pub carried_from: Option<String>,
    /// The plan it runs by, as `key@version`.
    pub plan: String,
    /// The calendar it counts by, as `key@version`.
    pub calendar: String,
    /// The customer's tier.
    pub tier: String,
    /// The channel that the ticket came by.
    pub channel: String,
    /// The queue's key when the verdict fell; while it is open, now.
    pub queue: String,
    /// The priority's key, likewise.
    pub priority: String,
    /// The type's key, likewise.
    #[serde(rename = "type")]
    pub ticket_type: Option<String>,
    /// The owner's id, likewise.
    pub agent: Option<Uuid>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Instant,
    /// How much time there is, in milliseconds of the plan's time.
    pub target_ms: Option<i64>,
    /// When it is due, or was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deadline: Option<Instant>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub stopped_at: Option<Instant>,
    /// How much time had counted when it ended.
    pub elapsed_ms: Option<i64>,
    /// `met`, `breached`, `merged` or `cancelled`; `null` while nothing but time decides it.
    #[schema(value_type = Option<String>)]
    pub verdict: Option<Verdict>,
    /// When the verdict fell, or when the clock went on that was late by then; without a verdict, when it will fall
    /// if nothing happens.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Instant>,
    /// `deadline` or `retarget`.
    #[schema(value_type = Option<String>)]
    pub breached_by: Option<BreachedBy>,
    /// What ended it.
    pub fulfilled_by: Option<String>,
    /// How the ticket was closed, where that ended it.
    #[schema(value_type = Option<String>)]
    pub outcome: Option<Outcome>,
    /// What reports are made of: see [`cell`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(ignore)]
    pub cell: String,
}

/// What a ticket was from a moment on. The moments never go back, though events may: order is the version.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Traits {
    from: Instant,
    ticket: Uuid,
    desk: DeskState,
    tier: String,
    channel: &'static str,
    ticket_type: Option<String>,
}

impl Traits {
    /// Notes what a ticket is after one more event, where that is new.
    pub fn evolve(known: &mut Vec<Self>, recorded: &Recorded) {
        let Event::Ticket(event) = &recorded.event else { return };
        let last = known.last();
        let mut desk = last.map(|last| last.desk.clone());
        DeskState::evolve(&mut desk, recorded);
        let Some(desk) = desk else { return };
        let key = |term: &docket_domain::definition::Term| term.key.clone();
        let now = match (event, last) {
            (TicketEvent::TicketCreated(created), _) => Self::opened(created, recorded, desk),
            (TicketEvent::TicketReclassified { ticket_type, .. }, Some(last)) => {
                Self { ticket_type: ticket_type.as_ref().map(key), desk, ..last.clone() }
            }
            (TicketEvent::TicketTermsChanged { tier, channel, .. }, Some(last)) => {
                Self { tier: tier.clone(), channel: channel.word(), desk, ..last.clone() }
            }
            (_, Some(last)) => Self { desk, ..last.clone() },
            (_, None) => return,
        };
        if last.is_none_or(|last| !last.is_same(&now)) {
            let from =
                last.map_or(recorded.occurred_at, |last| last.from.max(holds_from(recorded)));
            known.push(Self { from, ..now });
        }
    }

    fn opened(created: &TicketCreated, recorded: &Recorded, desk: DeskState) -> Self {
        Self {
            from: recorded.occurred_at,
            ticket: id_of(&recorded.stream),
            desk,
            tier: created.tier.clone(),
            channel: created.channel.word(),
            ticket_type: created.ticket_type.as_ref().map(|term| term.key.clone()),
        }
    }

    /// Whether a row would say the same: the status is none of its columns.
    fn is_same(&self, other: &Self) -> bool {
        let told = |it: &Self| {
            (
                it.desk.queue.clone(),
                it.desk.priority.clone(),
                it.desk.assignee,
                it.ticket_type.clone(),
                it.tier.clone(),
                it.channel,
            )
        };
        told(self) == told(other)
    }
}

/// From when on what an event changed was so. A step of a chain happened at the instant that it answers
/// to, but nobody's ticket was raised or moved before the step was taken, and never at that instant.
fn holds_from(recorded: &Recorded) -> Instant {
    match recorded.envelope.actor.kind {
        ActorKind::System => recorded.recorded_at.max(recorded.occurred_at.plus_millis(1)),
        _ => recorded.occurred_at,
    }
}

impl ClockRow {
    /// The row of a clock whose ticket was all this; none for one that never was a ticket. A verdict that
    /// fell before a merge brought the clock here is booked to what the ticket was that it was of then:
    /// what a period that is over says of itself stays (rule 12).
    pub(super) fn of(
        clock: &Clock,
        own: &[Traits],
        all: &BTreeMap<Uuid, Vec<Traits>>,
    ) -> Option<Self> {
        let last = clock.stop.map(|stop| stop.at);
        let (verdict, breach, decided_at) = judged(clock);
        let holder = own.first()?;
        let ticket = booked_to(clock, decided_at, own, all)?;
        let terms = clock.frozen().terms();
        let measure = if clock.went_on_at.is_some() { "cumulative" } else { "first" };
        let mut row = Self {
            ticket: holder.ticket,
            number: holder.desk.number.clone(),
            clock: clock.kind,
            instance: clock.instance,
            measure: clock.kind.is_resumed().then(|| measure.to_owned()),
            carried_from: clock.carried.as_ref().map(|carried| carried.number.clone()),
            plan: format!("{}@{}", terms.plan.key, terms.plan.version),
            calendar: format!("{}@{}", terms.calendar.key, terms.calendar.version),
            tier: ticket.tier.clone(),
            channel: ticket.channel.to_owned(),
            // A queue's own clock is that queue's, also where a transfer ended it.
            queue: clock.queue.as_ref().unwrap_or(&ticket.desk.queue).clone(),
            priority: ticket.desk.priority.clone(),
            ticket_type: ticket.ticket_type.clone(),
            agent: ticket.desk.assignee,
            started_at: clock.started_at,
            target_ms: clock.target.as_ref().map(|target| target.target_ms),
            deadline: clock.deadline(),
            stopped_at: last,
            elapsed_ms: last.map(|at| clock.elapsed(at)),
            verdict,
            decided_at,
            breached_by: breach.map(|breach| breach.by),
            fulfilled_by: clock.stop.map(|stop| stop.by.word().to_owned()),
            outcome: match clock.stop {
                Some(Stop { by: StoppedBy::Resolution(outcome), .. }) => Some(outcome),
                _ => None,
            },
            cell: String::new(),
        };
        row.cell = cell::write(&row);
        Some(row)
    }
}

/// What is decided of a clock, and when: once it stopped, or at its deadline. While it runs, only what a change
/// found late already is decided, whatever time it is.
fn judged(clock: &Clock) -> (Option<Verdict>, Option<Breach>, Option<Instant>) {
    let last = clock.stop.map(|stop| stop.at);
    let at = last.unwrap_or(clock.started_at);
    let (verdict, breach) = (clock.verdict(at), clock.breach(at));
    let fell_at = match (verdict, breach) {
        (Some(Verdict::Breached), Some(breach)) => Some(breach.at),
        _ => last.or_else(|| clock.deadline()),
    };
    // What was late already when it went on was told of the one before it: a period that is over then
    // has no more to say of it.
    let decided_at = fell_at.map(|at| clock.went_on_at.map_or(at, |since| at.max(since)));
    (verdict, breach, decided_at)
}

/// What the ticket was that a verdict is booked to: the one that the clock was of when the verdict fell.
fn booked_to<'t>(
    clock: &Clock,
    decided_at: Option<Instant>,
    own: &'t [Traits],
    all: &'t BTreeMap<Uuid, Vec<Traits>>,
) -> Option<&'t Traits> {
    let home = decided_at.and_then(|at| clock.home(at)).and_then(|home| all.get(&home.0));
    let traits = home.map_or(own, Vec::as_slice);
    let then = |it: &&Traits| decided_at.is_none_or(|at| it.from <= at);
    traits.iter().rfind(then).or_else(|| traits.first())
}
