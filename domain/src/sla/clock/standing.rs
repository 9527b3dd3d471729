//! In which status a ticket stood when, and which clocks that pauses (rule 7).

use crate::definition::{BaseStatus, StatusTerm};
use crate::ids::TicketId;
use crate::instant::Instant;
use crate::sla::frozen::FrozenPlan;
use crate::sla::plan::ClockKind;
use crate::ticket::event::{SnoozeReason, TicketEvent};

/// A status, as pausing sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its key.
    pub status: String,
    /// Which of the six it is based on (S-41).
    pub base: BaseStatus,
    /// Whether the ticket is put aside.
    pub snoozed: Snoozed,
}

/// Whether a ticket is put aside, and what that is to its clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Snoozed {
    /// It is not.
    No,
    /// It is, for a reason that pauses nothing; or its time is over, and nobody has woken it yet.
    Counting,
    /// The customer asked for it: until this instant, whenever somebody notices that it has come.
    Until(Instant),
}

/// A status from an instant on, and whose alias the ticket was in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stood {
    pub from: Instant,
    pub standing: Standing,
    pub alias_of: Option<TicketId>,
}

/// Why a clock pauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pause {
    /// In a status that its plan names (rule 7): the status' key.
    Status(String),
    /// Put aside because the customer asked.
    Snooze,
    /// Closed: the gap before a reopening (rule 8).
    Closed,
    /// In another queue: an internal clock's gap before the ticket came back.
    Elsewhere,
}

impl Standing {
    /// The status that an event leaves a ticket in, where it sets one.
    pub(super) fn after(event: &TicketEvent) -> Option<Self> {
        let of = |status: &StatusTerm, snoozed| Self {
            status: status.key.clone(),
            base: status.base,
            snoozed,
        };
        if let TicketEvent::TicketCreated(created) = event {
            return Some(of(&created.status, Snoozed::No));
        }
        let (_, to) = event.status_move()?;
        let TicketEvent::TicketSnoozed { reason, wakes_at, .. } = event else {
            return Some(of(to, Snoozed::No));
        };
        let pauses = *reason == SnoozeReason::CustomerAsked;
        let snoozed = if pauses { Snoozed::Until(*wakes_at) } else { Snoozed::Counting };
        Some(of(to, snoozed))
    }

    /// When a snooze that pauses has ended by `now`, and how the ticket stands from then until it is woken: nobody has
    /// said in which status, so nothing pauses.
    pub(super) fn over_by(&self, now: Instant) -> Option<(Instant, Self)> {
        let Snoozed::Until(end) = self.snoozed else { return None };
        let over = || Self { snoozed: Snoozed::Counting, ..self.clone() };
        (end <= now).then(|| (end, over()))
    }
}

impl Pause {
    /// A clock pauses in the statuses that its plan names, those based on them among them (S-41), and in
    /// a snooze only when the customer asked for it (rule 7).
    pub(super) fn of(frozen: &FrozenPlan, kind: ClockKind, standing: &Standing) -> Option<Self> {
        let plan = frozen.plan();
        let named = plan.pauses(kind, &standing.status) || plan.pauses(kind, standing.base.key());
        match standing.snoozed {
            _ if !named => None,
            Snoozed::No => Some(Self::Status(standing.status.clone())),
            Snoozed::Counting => None,
            Snoozed::Until(_) => Some(Self::Snooze),
        }
    }

    /// Likewise of a clock that goes on behind a closing: it stands still while the ticket is closed
    /// (rule 8).
    pub(super) fn behind(
        frozen: &FrozenPlan,
        kind: ClockKind,
        standing: &Standing,
    ) -> Option<Self> {
        if standing.base == BaseStatus::Closed {
            return Some(Self::Closed);
        }
        Self::of(frozen, kind, standing)
    }
}
