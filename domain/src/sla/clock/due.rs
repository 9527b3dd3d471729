//! What is to be noted of a clock: its warning, its breach, and the steps of its plan's chain, each once,
//! at the instant at which it is due, however late somebody comes to note it.

use super::{Breach, Clock, StoppedBy};
use crate::definition::Term;
use crate::instant::Instant;
use crate::party::AgentRef;
use crate::sla::plan::{ClockKind, Step, StepAt, StepId};
use crate::ticket::event::ClockMark;

/// Something that is noted of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// It came close to its deadline.
    Warned,
    /// Its deadline passed.
    Breached,
    /// A step of its plan's chain was taken, wherever it stands in the chain.
    Stepped(StepId),
}

impl Mark {
    /// Its word in the ids of commands.
    pub fn word(self) -> String {
        match self {
            Self::Warned => "warned".into(),
            Self::Breached => "breached".into(),
            Self::Stepped(step) => format!("step-{}", step.word()),
        }
    }
}

/// What is to be noted, as things stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// The instant at which it is due. What stops the clock in that very millisecond is in time, so it
    /// is to be noted after it.
    pub at: Instant,
    /// What.
    pub mark: Mark,
    /// The clock as it stands then; noticed by nobody yet.
    pub clock: ClockMark,
    /// The step that is to be taken, if it is one.
    pub step: Option<DueStep>,
}

/// A step that is to be taken.
#[derive(Clone, Debug, PartialEq)]
pub struct DueStep {
    /// The plan whose chain it belongs to.
    pub plan: Term,
    /// Its place in the chain, from 0.
    pub place: u32,
    /// Which of the steps of that chain it is that are alike in clock, time and whom, from 0.
    pub nth: u32,
    /// The step.
    pub step: Step,
    /// The agents whom it names, with their names: whoever takes the step says who they are.
    pub agents: Vec<AgentRef>,
}

impl Due {
    /// Which clock it is about.
    pub fn of(&self) -> (ClockKind, u32) {
        self.clock.of()
    }
}

impl Clock {
    /// What is to be noted of it and was not, the earliest first, whether or not its time has come. A
    /// clock has one warning and one breach, wherever its deadline moves (decision 0022). A warning
    /// that would come after the end or the breach is none.
    pub fn due(&self) -> Vec<Due> {
        let went_on = |by| matches!(by, StoppedBy::Merge(_) | StoppedBy::Unmerge);
        if self.stop.is_some_and(|stop| went_on(stop.by)) {
            return Vec::new();
        }
        let breach = self.breach(Instant::LATEST);
        let in_time = |at: &Instant| self.stop.is_none_or(|stop| *at < stop.at);
        let mut due = Vec::new();
        let warns = self.alarm_at().map(|at| at.max(self.target_since)).filter(in_time);
        let warns = warns.filter(|at| breach.is_none_or(|breach| *at < breach.at));
        due.extend(warns.map(|at| (at, Mark::Warned)));
        due.extend(breach.map(|breach| (breach.at, Mark::Breached)));
        due.extend(self.steps(warns, breach.map(|breach| breach.at)));
        due.retain(|(at, mark)| *at >= self.told_until && !self.marks.contains(mark));
        due.into_iter().filter_map(|(at, mark)| self.due_at(at, mark)).collect()
    }

    /// The steps of its plan's chain that were due before it ended: late rather than never.
    fn steps(&self, warns: Option<Instant>, breached: Option<Instant>) -> Vec<(Instant, Mark)> {
        let mut due = Vec::new();
        for (id, _, step) in self.frozen.chain() {
            let from = match step.at {
                StepAt::Warning => warns,
                StepAt::Breach => breached,
            };
            let Some(from) = from.filter(|_| step.clock == self.kind) else {
                continue;
            };
            let at = match self.frozen.step_after_ms(step) {
                0 => Some(from),
                after => self.reaches(self.elapsed(from) + after),
            };
            let at = at.map(|at| at.max(from));
            let in_time = |at: &Instant| self.stop.is_none_or(|stop| *at < stop.at);
            due.extend(at.filter(in_time).map(|at| (at, Mark::Stepped(id))));
        }
        due
    }

    /// Takes in that a breach was noted. It stands as it was noted: what happens in the very millisecond of
    /// the deadline, as what a chain does, comes after it, and a later release may reckon otherwise.
    pub(super) fn breached(&mut self, noted: Breach) {
        self.breach = self.breach.or(Some(noted));
        self.mark(Mark::Breached);
    }

    /// Takes in that something was noted.
    pub(super) fn mark(&mut self, mark: Mark) {
        if !self.marks.contains(&mark) {
            self.marks.push(mark);
        }
    }

    fn due_at(&self, at: Instant, mark: Mark) -> Option<Due> {
        let breach = self.breach(Instant::LATEST).filter(|_| mark == Mark::Breached);
        let clock = ClockMark {
            clock: self.kind,
            instance: self.instance,
            deadline: self.deadline()?,
            target_ms: self.target.as_ref()?.target_ms,
            elapsed_ms: self.elapsed(at),
            breached_by: breach.map(|breach| breach.by),
            detected_at: at,
            alerted: None,
        };
        Some(Due { at, mark, clock, step: self.step(mark) })
    }

    fn step(&self, mark: Mark) -> Option<DueStep> {
        let mut chain = self.frozen.chain().zip(0..);
        let ((_, nth, step), place) = chain.find(|((id, ..), _)| mark == Mark::Stepped(*id))?;
        let plan = self.frozen.terms().plan.clone();
        Some(DueStep { plan, place, nth, step: step.clone(), agents: Vec::new() })
    }
}
