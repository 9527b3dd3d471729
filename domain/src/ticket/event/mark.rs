//! What is noted of a clock when its time comes (S-46, S-47). These shapes are the storage format.

use serde::{Deserialize, Serialize};

use crate::definition::{SlaTerms, Term};
use crate::instant::Instant;
use crate::party::AgentRef;
use crate::personal::Personal;
use crate::sla::clock::{BreachedBy, Clock, Mark};
use crate::sla::plan::{ClockKind, RowKeys, StepAt, StepId, Whom};

/// A clock as it stood when it warned or was breached. The event happened at the instant at which that
/// was due, whenever it was noticed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClockMark {
    /// Which clock.
    pub clock: ClockKind,
    /// Which one of its kind on this ticket, from 1.
    pub instance: u32,
    /// Its deadline then.
    pub deadline: Instant,
    /// How much time it had, in milliseconds of its plan's time.
    pub target_ms: i64,
    /// How much of that had counted.
    pub elapsed_ms: i64,
    /// What made a breach; none in a warning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breached_by: Option<BreachedBy>,
    /// When it was noticed: later than it happened where nobody was there to notice.
    pub detected_at: Instant,
    /// Who had the ticket when it was noticed, and was alerted by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerted: Option<AgentRef>,
}

impl ClockMark {
    /// Which clock of its ticket this is about.
    pub fn of(&self) -> (ClockKind, u32) {
        (self.clock, self.instance)
    }
}

/// The step of a chain that escalated a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EscalationRule {
    /// The plan whose chain it belongs to, in the version that the ticket froze.
    pub plan: Term,
    /// Its place in the chain, from 0.
    pub step: u32,
    /// Which of the chain's steps it is that are alike in clock, time and whom, from 0.
    #[serde(default, skip_serializing_if = "is_first")]
    pub nth: u32,
    /// Which clock.
    pub clock: ClockKind,
    /// Which one of its kind on this ticket, from 1.
    pub instance: u32,
    /// What it began with.
    pub at: StepAt,
    /// How much more time passed, as the plan says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// To whom the plan raises it.
    pub whom: Whom,
    /// Who else is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notified: Vec<Whom>,
    /// The agents among all these, with the names they had then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<AgentRef>,
    /// When it was noticed that the step is due.
    pub detected_at: Instant,
}

impl EscalationRule {
    /// Which clock took which step.
    pub fn of(&self) -> ((ClockKind, u32), Mark) {
        let id = StepId::of(self.clock, self.at, self.after.as_deref(), &self.whom, self.nth);
        ((self.clock, self.instance), Mark::Stepped(id))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_first(nth: &u32) -> bool {
    *nth == 0
}

/// Another version of a ticket's plan or calendar, laid under its clocks that run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlaReapplied {
    /// What it was promised by.
    pub from: SlaTerms,
    /// What it is promised by from now on.
    pub to: SlaTerms,
    /// What that makes of each clock that runs and is not late; where all that run are late, only those
    /// to come go by it.
    pub clocks: Vec<ReappliedClock>,
    /// Why.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::personal::optional"
    )]
    pub reason: Option<Personal<String>>,
}

/// A clock that goes on by another plan or calendar. What has counted of it stays counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReappliedClock {
    /// Which clock.
    pub clock: ClockKind,
    /// Which one of its kind on this ticket, from 1.
    pub instance: u32,
    /// The row that sets its target now; none where no row does.
    pub row: Option<RowKeys>,
    /// How much time it had, in milliseconds of its plan's time.
    pub from_target_ms: Option<i64>,
    /// How much it has.
    pub target_ms: Option<i64>,
    /// When it was due; none while it pauses.
    pub from_deadline: Option<Instant>,
    /// When it is due; past where the change made it late.
    pub deadline: Option<Instant>,
}

impl ReappliedClock {
    /// What a clock was, and what became of it.
    pub fn of(was: &Clock, now: &Clock) -> Self {
        Self {
            clock: was.kind,
            instance: was.instance,
            row: now.target.as_ref().map(|target| target.row.clone()),
            from_target_ms: was.target.as_ref().map(|target| target.target_ms),
            target_ms: now.target.as_ref().map(|target| target.target_ms),
            from_deadline: was.deadline(),
            deadline: now.deadline(),
        }
    }
}
