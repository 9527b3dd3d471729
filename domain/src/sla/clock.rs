//! A clock: one thing promised about one ticket, from when it began until it is kept or not.
//!
//! A clock is the fold of a ticket's facts ([`fact`]) and of what was frozen when the ticket was
//! opened ([`FrozenPlan`]). It never asks what time it is: whoever reads it says as of when, and its
//! deadline does not depend on that.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::carrying::Turn;
use self::fact::Fact;
use crate::ids::{MergeId, MessageId, TicketId};
use crate::instant::Instant;
use crate::sla::frozen::FrozenPlan;
use crate::sla::plan::{ClockKind, Target};
use crate::ticket::event::Outcome;

mod carrying;
mod due;
pub mod fact;
mod family;
mod reading;
#[cfg(test)]
mod spec;
mod standing;
mod ticket;

pub use self::due::{Due, DueStep, Mark};
pub use self::family::Family;
pub use self::reading::{ClockState, Stretch, StretchKind, Verdict};
pub use self::standing::Pause;

/// Which edition of these rules it is: raised whenever the same events make other clocks than before, so
/// that whatever keeps clocks makes them anew.
pub const EDITION: u32 = 1;

/// One instance of a clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    /// What it measures.
    pub kind: ClockKind,
    /// Which one of its kind on its ticket, from 1.
    pub instance: u32,
    /// The position of the event that began it: with `kind` and `carried` it tells the same clock
    /// whatever the plan is, which may give a queue a clock and so shift the instances.
    pub began: u64,
    /// Since when it goes on counting what the one before it counted, after a reopening or a return
    /// (rule 6): it is cumulative then.
    pub went_on_at: Option<Instant>,
    /// The ticket it was carried over from by a merge, if it was (rule 12).
    pub carried: Option<Carried>,
    /// The tickets that merges moved it away from, in their order, each with until when it was there.
    homes: Vec<(Instant, TicketId)>,
    /// When it began.
    pub started_at: Instant,
    /// Whether what began it was recorded later than it happened (T23).
    pub late_ingest: bool,
    /// What it has to reach; none where its plan sets nothing.
    pub target: Option<Target>,
    /// The queue whose internal clock it is (rule 10).
    pub queue: Option<String>,
    /// How it ended, if it has.
    pub stop: Option<Stop>,
    /// When it turned out that the reply that ended it never arrived. The end stands (T22).
    pub bounced_at: Option<Instant>,
    frozen: Arc<FrozenPlan>,
    /// When it ran and when it paused: each until the next, the first from `started_at`.
    spans: Vec<Span>,
    /// The breach that a change of the target found, or that a change came after: it stands.
    breach: Option<Breach>,
    /// The customer's messages that an answer is awaited for; none of a first response to a contact
    /// without words.
    waiting: Vec<MessageId>,
    /// What was noted of it.
    marks: Vec<Mark>,
    /// Since when it has its target.
    target_since: Instant,
    /// What was due before this instant is nobody's to act on: an import told of it when it was over, or
    /// it was due of the clock that this one resumes.
    told_until: Instant,
}

/// Where a clock comes from that a merge brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// By which merge.
    pub merge: MergeId,
    /// The ticket it was on before.
    pub ticket: TicketId,
    /// That ticket's number.
    pub number: String,
    /// Which instance it is there.
    pub instance: u32,
}

/// The end of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// When.
    pub at: Instant,
    /// By what.
    pub by: StoppedBy,
    /// The message that did it, if one did.
    pub message: Option<MessageId>,
}

/// What ended a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoppedBy {
    /// Somebody became the owner.
    Owner,
    /// The owner came back.
    Return,
    /// An answer in writing.
    Reply,
    /// An answered call.
    Call,
    /// A meeting.
    Meeting,
    /// A chat.
    Chat,
    /// It went to another queue: an internal clock's end.
    Transfer,
    /// The messages were filed as needing no reply.
    NoReplyNeeded,
    /// The ticket was closed: for a resolution that is what it waits for, for an answer it stands
    /// in for one and is reported apart (rule 4).
    Resolution(Outcome),
    /// A merge carried it to the survivor.
    Merge(MergeId),
    /// A merge was undone, and it went back.
    Unmerge,
    /// All that waited went to a ticket that was split off.
    Split,
}

impl StoppedBy {
    /// Its word in answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Return => "return",
            Self::Reply => "reply",
            Self::Call => "call",
            Self::Meeting => "meeting",
            Self::Chat => "chat",
            Self::Transfer => "transfer",
            Self::NoReplyNeeded => "no_reply_needed",
            Self::Resolution(_) => "resolution",
            Self::Merge(_) => "merge",
            Self::Unmerge => "unmerge",
            Self::Split => "split",
        }
    }
}

/// A breach that nothing later erases (rule 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// When it came to be.
    pub at: Instant,
    /// The deadline that was missed.
    pub deadline: Instant,
    /// Why.
    pub by: BreachedBy,
}

/// What made a breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreachedBy {
    /// The deadline passed.
    Deadline,
    /// A change gave the clock a target that was past already.
    Retarget,
}

/// From when on a clock ran or paused, and by which plan.
#[derive(Clone, Debug, PartialEq)]
struct Span {
    from: Instant,
    pause: Option<Pause>,
    frozen: Arc<FrozenPlan>,
}

impl Clock {
    /// The plan and the calendar that it is reckoned with.
    pub fn frozen(&self) -> &FrozenPlan {
        &self.frozen
    }

    /// Whether it has not ended.
    pub fn is_running(&self) -> bool {
        self.stop.is_none()
    }

    /// Whether it is an answer to messages, and not to a contact without words, that is awaited.
    fn awaits_messages(&self) -> bool {
        self.kind == ClockKind::NextReply
            || (self.kind == ClockKind::FirstResponse && !self.waiting.is_empty())
    }

    /// Pauses it, or lets it run again. What is told late, of an instant before the last change, counts
    /// from that change on: no stretch counts twice.
    fn set_pause(&mut self, at: Instant, pause: Option<&Pause>) {
        let last = self.spans.last();
        if last.and_then(|span| span.pause.as_ref()) != pause {
            let from = last.map_or(at, |span| span.from.max(at));
            let (pause, frozen) = (pause.cloned(), self.frozen.clone());
            self.spans.push(Span { from, pause, frozen });
        }
    }

    /// Ends it: not before it began, where what ends it is told late.
    fn stop(&mut self, at: Instant, by: StoppedBy) {
        self.stop = Some(Stop { at: at.max(self.started_at), by, message: None });
    }

    /// Gives it another target. What has elapsed stays; a breach stays, and with it the target that
    /// was missed (rule 9).
    fn retarget(&mut self, at: Instant, target: Option<Target>) {
        if self.target != target && !self.is_late(at) {
            self.set_target(at, target);
        }
    }

    /// Goes on by another plan or calendar (rule 11): what has counted stays counted, and from now on
    /// time counts as the new one says. What was late before stays with the plan that it missed.
    fn reapply(&mut self, at: Instant, frozen: &Arc<FrozenPlan>, target: Option<Target>) {
        if self.frozen.terms() == frozen.terms() {
            return self.retarget(at, target);
        }
        if self.is_late(at) {
            return;
        }
        self.frozen = frozen.clone();
        let pause = self.pause().cloned();
        self.spans.push(Span { from: at, pause, frozen: frozen.clone() });
        self.set_target(at, target);
    }

    /// Whether it is late at `at`; that it is stands from then on, whatever is changed.
    fn is_late(&mut self, at: Instant) -> bool {
        let missed = self.deadline().filter(|deadline| *deadline < at);
        if let (None, Some(deadline)) = (&self.breach, missed) {
            self.breach = Some(Breach { at: deadline, deadline, by: BreachedBy::Deadline });
        }
        self.breach.is_some()
    }

    fn set_target(&mut self, at: Instant, target: Option<Target>) {
        self.target = target;
        self.target_since = at;
        if let Some(deadline) = self.deadline().filter(|deadline| *deadline < at) {
            self.breach = Some(Breach { at, deadline, by: BreachedBy::Retarget });
        }
    }

    /// What goes on after a reopening or a return: the same clock, which stood still or ran between as is
    /// said here. What was due before is the business of the one before it; what falls due while it ran between is
    /// nobody's else.
    fn resumed(&self, between: &[Turn], fact: &Fact, pause: Option<&Pause>) -> Self {
        let at = fact.at;
        let ran = between.iter().find(|(_, pause)| pause.is_none()).map(|(from, _)| *from);
        let mut resumed = Self {
            began: fact.position,
            stop: None,
            bounced_at: None,
            went_on_at: Some(at),
            told_until: self.told_until.max(ran.unwrap_or(at)),
            ..self.clone()
        };
        for (from, pause) in between {
            resumed.set_pause(*from, pause.as_ref());
        }
        resumed.set_pause(at, pause);
        resumed
    }
}
