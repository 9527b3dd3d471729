//! Service plans: how soon what is to be done (S-06, S-07, S-09, S-10, S-51).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use self::check::target_length;
pub(crate) use self::escalation::HIGHEST_LEVEL;
pub(in crate::sla) use self::escalation::identified;
pub use self::escalation::{Step, StepAt, StepId, Whom};
pub use self::matrix::{Matrix, RowKeys, Target};
use crate::definition::{Catalogue, FieldError};

mod check;
mod contradictions;
mod doubts;
mod escalation;
mod matrix;
#[cfg(test)]
mod spec;

/// What a column of a row says when it means every value.
pub const ANY: &str = "*";

/// A service plan, as administrators write it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The name people see.
    pub name: String,
    /// The calendar whose open time counts.
    pub calendar: String,
    /// Whether open time counts, or all time.
    #[serde(default)]
    pub time: Reckoning,
    /// The statuses in which a clock pauses (rule 7).
    #[serde(default)]
    pub pauses: BTreeMap<ClockKind, Vec<String>>,
    /// Targets for answering, by tier, channel and priority (S-09).
    pub respond: Vec<RespondRow>,
    /// Targets for resolving, by tier, type and priority (S-10).
    pub resolve: Vec<ResolveRow>,
    /// How long a queue may have a ticket (rule 10, S-69): internal, no customer is promised it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub internal: Vec<InternalRow>,
    /// What is done of itself when clocks warn or are breached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalation: Vec<Step>,
}

/// Which time counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reckoning {
    /// The open time of the calendar.
    #[default]
    Open,
    /// All time; a day is 24 hours.
    Wall,
}

/// What a clock measures (S-06, S-95).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// Until somebody owns the ticket.
    Assignment,
    /// Until a person first answers.
    FirstResponse,
    /// Until a person answers what the customer wrote after that.
    NextReply,
    /// Until the ticket is closed.
    Resolution,
    /// Until the ticket leaves a queue or is closed: what departments agree among themselves.
    Ola,
}

impl ClockKind {
    /// Whether it awaits an answer to the customer.
    pub fn is_answer(self) -> bool {
        match self {
            Self::FirstResponse | Self::NextReply => true,
            Self::Assignment | Self::Resolution | Self::Ola => false,
        }
    }

    /// Whether it goes on after it ended: an instance of its own then counts on, beside the first.
    pub fn is_resumed(self) -> bool {
        match self {
            Self::Resolution | Self::Ola => true,
            Self::Assignment | Self::FirstResponse | Self::NextReply => false,
        }
    }

    /// Its word in documents and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Assignment => "assignment",
            Self::FirstResponse => "first_response",
            Self::NextReply => "next_reply",
            Self::Resolution => "resolution",
            Self::Ola => "ola",
        }
    }
}

/// Targets for answering. A column left out means every value, a target left out is taken from the
/// next row that matches; targets are ISO 8601.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RespondRow {
    /// The customer's tier, or `*`.
    #[serde(default = "any")]
    pub tier: String,
    /// The channel that the ticket came by, or `*`.
    #[serde(default = "any")]
    pub channel: String,
    /// The ticket's priority, or `*`.
    #[serde(default = "any")]
    pub priority: String,
    /// Until somebody owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<String>,
    /// Until the first answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_response: Option<String>,
    /// Until each next answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_reply: Option<String>,
    /// How long before the deadline the warning comes; a quarter of the target when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
}

/// Targets for resolving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolveRow {
    /// The customer's tier, or `*`.
    #[serde(default = "any")]
    pub tier: String,
    /// The ticket's type, or `*`.
    #[serde(default = "any", rename = "type")]
    pub ticket_type: String,
    /// The ticket's priority, or `*`.
    #[serde(default = "any")]
    pub priority: String,
    /// Until it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    /// How long before the deadline the warning comes; a quarter of the target when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
}

/// How long a queue may have a ticket, each time it gets one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternalRow {
    /// The queue's key, or `*`.
    #[serde(default = "any")]
    pub queue: String,
    /// The customer's tier, or `*`.
    #[serde(default = "any")]
    pub tier: String,
    /// The ticket's priority, or `*`.
    #[serde(default = "any")]
    pub priority: String,
    /// Until it is passed on or closed.
    pub ola: String,
    /// How long before the deadline the warning comes; a quarter of the target when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
}

fn any() -> String {
    ANY.into()
}

impl Plan {
    /// What is wrong with it, each with its place, given what else is defined.
    pub(crate) fn errors(&self, catalogue: &Catalogue) -> Vec<FieldError> {
        check::check(self, catalogue)
    }

    /// What it leaves open or says in vain, each with its place: no reason to refuse it, but to be told.
    pub fn doubts(&self, catalogue: &Catalogue) -> Vec<FieldError> {
        doubts::doubts(self, catalogue)
    }

    /// Whether it pauses a clock in this status.
    pub fn pauses(&self, clock: ClockKind, status: &str) -> bool {
        self.pauses.get(&clock).is_some_and(|named| named.iter().any(|it| it == status))
    }

    /// Whether some row names this priority.
    pub(crate) fn names_priority(&self, key: &str) -> bool {
        let respond = self.respond.iter().map(|row| &row.priority);
        let raised = self.escalation.iter().filter_map(|step| step.priority.as_ref());
        let rows = respond.chain(self.resolve.iter().map(|row| &row.priority));
        let rows = rows.chain(self.internal.iter().map(|row| &row.priority));
        rows.chain(raised).any(|it| it == key)
    }

    /// Whether some row or step names this queue, or a step brings tickets to its team.
    pub(crate) fn names_queue(&self, key: &str) -> bool {
        let team = |whom: &Whom| matches!(whom, Whom::Team(team) if team == key);
        let by_row = self.internal.iter().any(|row| row.queue == key);
        by_row
            || self.escalation.iter().any(|step| {
                step.queue.as_deref() == Some(key) || team(&step.to) || step.notify.iter().any(team)
            })
    }

    /// Whether some row names this ticket type.
    pub(crate) fn names_type(&self, key: &str) -> bool {
        self.resolve.iter().any(|row| row.ticket_type == key)
    }

    /// Whether some clock pauses in this status.
    pub(crate) fn names_status(&self, key: &str) -> bool {
        self.pauses.values().flatten().any(|it| it == key)
    }
}

impl RespondRow {
    /// Its targets by clock, those that it has.
    fn targets(&self) -> impl Iterator<Item = (ClockKind, &String)> {
        let all = [
            (ClockKind::Assignment, &self.assignment),
            (ClockKind::FirstResponse, &self.first_response),
            (ClockKind::NextReply, &self.next_reply),
        ];
        all.into_iter().filter_map(|(clock, target)| Some((clock, target.as_ref()?)))
    }
}
