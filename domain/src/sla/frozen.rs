//! A plan in one version with its calendar in one version: what a ticket's clocks are reckoned with,
//! frozen when the ticket was opened.

use std::sync::Arc;

use crate::definition::{PriorityTimes, SlaTerms};
use crate::instant::Instant;
use crate::sla::calendar::OpenHours;
use crate::sla::plan::{
    ClockKind, Matrix, Plan, Reckoning, RowKeys, Step, StepId, Target, identified,
};

/// A plan and its calendar, ready to be reckoned with.
#[derive(Clone, Debug, PartialEq)]
pub struct FrozenPlan {
    terms: SlaTerms,
    plan: Plan,
    matrix: Matrix,
    /// The steps of the plan's chain, by their place in it.
    steps: Vec<(StepId, u32)>,
    hours: Arc<OpenHours>,
}

impl FrozenPlan {
    /// A version of a plan with the hours of a version of its calendar, which other plans may share.
    pub fn new(terms: SlaTerms, plan: Plan, hours: Arc<OpenHours>) -> Self {
        let matrix = Matrix::of(&plan, hours.day_ms());
        Self { terms, matrix, steps: identified(&plan.escalation), plan, hours }
    }

    /// This plan over the hours of another: a draft of a plan, for a customer or a queue with a calendar
    /// of their own.
    pub fn over(&self, other: &Self) -> Self {
        let terms = SlaTerms { plan: self.terms.plan.clone(), ..other.terms.clone() };
        Self::new(terms, self.plan.clone(), other.hours.clone())
    }

    /// Which versions these are.
    pub fn terms(&self) -> &SlaTerms {
        &self.terms
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What a clock of such a ticket has to reach; see [`Matrix::target`].
    pub(super) fn target(
        &self,
        clock: ClockKind,
        asked: &RowKeys,
        own: Option<&PriorityTimes>,
    ) -> Option<Target> {
        self.matrix.target(clock, asked, own)
    }

    /// The steps of the plan's chain in their order: which each is, and which of several such.
    pub(super) fn chain(&self) -> impl Iterator<Item = (StepId, u32, &Step)> {
        let steps = self.steps.iter().zip(&self.plan.escalation);
        steps.map(|((id, nth), step)| (*id, *nth, step))
    }

    /// How much more of the plan's time passes before a step of its chain is taken.
    pub(super) fn step_after_ms(&self, step: &Step) -> i64 {
        step.after.as_deref().and_then(|after| self.matrix.millis(after)).unwrap_or(0)
    }

    /// The milliseconds that count from `from` until before `to`.
    pub fn counted(&self, from: Instant, to: Instant) -> i64 {
        match self.plan.time {
            Reckoning::Open => self.hours.open_between(from, to),
            Reckoning::Wall => (to.0 - from.0).max(0),
        }
    }

    /// The first instant at which `millis` have counted since `start`; none within ten years.
    pub fn after(&self, start: Instant, millis: i64) -> Option<Instant> {
        match self.plan.time {
            Reckoning::Open => self.hours.after_open(start, millis),
            Reckoning::Wall => Some(start.plus_millis(millis)),
        }
    }

    /// The counted and the uncounted stretches from `from` until `to`: where each ends, and whether
    /// it counts.
    pub fn stretches(&self, from: Instant, to: Instant) -> Vec<(Instant, bool)> {
        match self.plan.time {
            Reckoning::Open => self.hours.stretches(from, to),
            Reckoning::Wall if from < to => vec![(to, true)],
            Reckoning::Wall => Vec::new(),
        }
    }
}
