//! The clocks of a ticket: which fact starts, pauses, retargets and stops which (rules 3 to 9).

use std::sync::Arc;

use super::fact::{Fact, Opened, What};
use super::standing::{Snoozed, Standing, Stood};
use super::{Breach, BreachedBy, Clock, Mark, Pause, Span, StoppedBy};
use crate::definition::{BaseStatus, PriorityTerm, SlaTerms};
use crate::ids::{MessageId, TicketId};
use crate::instant::Instant;
use crate::sla::frozen::FrozenPlan;
use crate::sla::plan::{ClockKind, RowKeys, Target};
use crate::ticket::event::Outcome;

mod answering;
mod owning;
mod returning;

/// A ticket's clocks after the last fact that was taken in.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketClocks {
    /// Every clock it ever had, in the order in which they began.
    pub clocks: Vec<Clock>,
    opened: Arc<Opened>,
    frozen: Option<Arc<FrozenPlan>>,
    priority: PriorityTerm,
    tier: String,
    channel: &'static str,
    ticket_type: String,
    queue: String,
    pub(super) standing: Standing,
    /// How it stood from when on, up to now.
    pub(super) stood: Vec<Stood>,
    /// The status that rests while the ticket is merged.
    resting: Option<Standing>,
    /// Whether somebody owns it who took it in the queue that it lies in.
    owned: bool,
    /// Whether its owner is away.
    owner_is_away: bool,
    closed_at: Option<Instant>,
    /// What was noted of instances that there were none of: noted is noted, should there be one later.
    noted_ahead: Vec<((ClockKind, u32), Mark)>,
}

impl TicketClocks {
    /// The clocks of a new ticket; none without a plan.
    pub(super) fn open(fact: &Fact, opened: &Arc<Opened>, frozen: Option<Arc<FrozenPlan>>) -> Self {
        let unsaid =
            Standing { status: String::new(), base: BaseStatus::New, snoozed: Snoozed::No };
        let standing = fact.status.clone().unwrap_or(unsaid);
        let mut ticket = Self {
            clocks: Vec::new(),
            opened: opened.clone(),
            frozen,
            priority: opened.priority.clone(),
            tier: opened.tier.clone(),
            channel: opened.channel,
            ticket_type: opened.ticket_type.clone(),
            queue: opened.queue.clone(),
            stood: vec![Stood { from: fact.at, standing: standing.clone(), alias_of: None }],
            standing,
            resting: None,
            owned: false,
            owner_is_away: false,
            closed_at: None,
            noted_ahead: Vec::new(),
        };
        ticket.start(ClockKind::Assignment, fact, Vec::new());
        if opened.by_customer {
            ticket.await_first_response(fact, opened);
        }
        ticket.start(ClockKind::Resolution, fact, Vec::new());
        ticket.enter_queue(fact, Pause::Elsewhere);
        ticket
    }

    /// Its number.
    pub(super) fn number(&self) -> &str {
        &self.opened.number
    }

    /// Takes in one more fact; what merges do to clocks is the family's part.
    pub(super) fn take(&mut self, fact: &Fact) {
        let at = fact.at;
        if let What::Merged(_, into) = &fact.what {
            let before = self.standing.clone();
            self.resting = Some(before.clone());
            self.stand(at, fact.status.clone(), Some(into.id));
            // A case that was closed is closed as an alias, too: it goes on nowhere (rule 8).
            if let Some(last) = self.stood.last_mut().filter(|_| before.base == BaseStatus::Closed)
            {
                (last.standing, last.alias_of) = (before, None);
            }
            return;
        }
        if matches!(fact.what, What::Unmerged(_)) && fact.status.is_some() {
            let resting = self.resting.take();
            self.stand(at, resting.or_else(|| fact.status.clone()), None);
            return self.end_snooze(at);
        }
        self.stand(at, fact.status.clone(), None);
        match &fact.what {
            What::Owned => self.owned(at),
            What::Disowned => self.disowned(fact),
            What::OwnerLeft => self.owner_left(fact),
            What::OwnerBack => self.owner_back(at),
            What::Transferred(queue) => self.transferred(fact, queue),
            What::Asked(message) => self.asked(fact, *message),
            What::Answered(by, message) => self.answered(at, *by, *message),
            What::Bounced(message) => self.bounced(at, *message),
            What::Filed(messages) => {
                drop(self.unwait(at, messages, StoppedBy::NoReplyNeeded));
            }
            What::SplitOff(messages) => drop(self.unwait(at, messages, StoppedBy::Split)),
            What::Prioritized(to) => {
                self.priority = to.clone();
                self.retarget(at);
            }
            What::Retyped(to, terms_follow) => {
                self.ticket_type.clone_from(to);
                if !terms_follow {
                    self.retarget(at);
                }
            }
            What::Promised(tier, channel) => {
                self.tier.clone_from(tier);
                self.channel = *channel;
                self.retarget(at);
            }
            What::Closed(outcome) => self.close(at, *outcome),
            What::Reopened => self.reopen(fact),
            What::Marked(of, mark) => self.note(*of, *mark, |_| ()),
            What::Breached(of, deadline, by) => {
                let since = if *by == BreachedBy::Deadline { *deadline } else { at };
                let breach = Breach { at: since, deadline: *deadline, by: *by };
                self.note(*of, Mark::Breached, |clock| clock.breached(breach));
            }
            What::Opened(_)
            | What::Reapplied(_)
            | What::Merged(..)
            | What::Absorbed(..)
            | What::Unmerged(..)
            | What::Moved => {}
        }
    }

    fn start(&mut self, kind: ClockKind, fact: &Fact, waiting: Vec<MessageId>) {
        let Some(frozen) = self.frozen.clone() else { return };
        let pause = Pause::of(&frozen, kind, &self.standing);
        self.begin(Clock {
            kind,
            instance: self.next_instance(kind),
            began: fact.position,
            went_on_at: None,
            carried: None,
            homes: Vec::new(),
            started_at: fact.at,
            late_ingest: fact.late,
            target: self.target(kind),
            queue: (kind == ClockKind::Ola).then(|| self.queue.clone()),
            stop: None,
            bounced_at: None,
            spans: vec![Span { from: fact.at, pause, frozen: frozen.clone() }],
            frozen,
            breach: None,
            waiting,
            marks: Vec::new(),
            target_since: fact.at,
            told_until: self.opened.imported_at.unwrap_or(Instant::EARLIEST),
        });
    }

    /// Something was noted of a clock, and does this to it.
    fn note(&mut self, of: (ClockKind, u32), mark: Mark, and: impl FnOnce(&mut Clock)) {
        match self.clocks.iter_mut().find(|it| (it.kind, it.instance) == of) {
            Some(clock) => {
                clock.mark(mark);
                and(clock);
            }
            None => self.noted_ahead.push((of, mark)),
        }
    }

    /// One more instance begins, with what was noted of it before.
    pub(super) fn begin(&mut self, mut clock: Clock) {
        let of = (clock.kind, clock.instance);
        let noted = self.noted_ahead.iter().filter(|(it, _)| *it == of);
        noted.for_each(|(_, mark)| clock.mark(*mark));
        self.clocks.push(clock);
    }

    /// Carried clocks keep their targets: they were promised under another ticket's keys (rule 12).
    fn retarget(&mut self, at: Instant) {
        let Some(frozen) = self.frozen.clone() else { return };
        let (keys, times) = (self.keys(), self.priority.times.clone());
        let own = self.clocks.iter_mut().filter(|it| it.carried.is_none() && it.is_running());
        for clock in own {
            clock.retarget(at, frozen.target(clock.kind, &keys, times.as_ref()));
        }
    }

    /// What a clock of this kind has to reach, by what holds now.
    fn target(&self, kind: ClockKind) -> Option<Target> {
        self.frozen.as_ref()?.target(kind, &self.keys(), self.priority.times.as_ref())
    }

    /// What it is promised by now.
    pub(super) fn terms(&self) -> Option<&SlaTerms> {
        self.frozen.as_ref().map(|frozen| frozen.terms())
    }

    /// Its own clocks that run go on by this plan, and those to come begin by it (rule 11).
    pub(super) fn reapply(&mut self, at: Instant, frozen: Arc<FrozenPlan>) {
        let (keys, times) = (self.keys(), self.priority.times.clone());
        let own = self.clocks.iter_mut().filter(|it| it.carried.is_none() && it.is_running());
        for clock in own {
            let target = frozen.target(clock.kind, &keys, times.as_ref());
            clock.reapply(at, &frozen, target);
            let pause = Pause::of(&clock.frozen, clock.kind, &self.standing);
            clock.set_pause(at, pause.as_ref());
        }
        self.frozen = Some(frozen);
    }

    fn close(&mut self, at: Instant, outcome: Outcome) {
        self.closed_at = Some(at);
        self.stop_all(at, StoppedBy::Resolution(outcome), |_| true);
    }

    /// Ends the pause of a snooze that is over, at the instant at which it was, whoever comes first to touch
    /// the ticket: what happens next finds its clocks running.
    pub(super) fn end_snooze(&mut self, now: Instant) {
        if let Some((ended, standing)) = self.standing.over_by(now) {
            self.stand(ended, Some(standing), None);
        }
    }

    fn stand(&mut self, at: Instant, standing: Option<Standing>, alias_of: Option<TicketId>) {
        let Some(standing) = standing else { return };
        let from = self.stood.last().map_or(at, |last| last.from.max(at));
        self.stood.push(Stood { from, standing: standing.clone(), alias_of });
        self.standing = standing;
        for clock in self.clocks.iter_mut().filter(|it| it.is_running()) {
            let pause = Pause::of(&clock.frozen, clock.kind, &self.standing);
            clock.set_pause(at, pause.as_ref());
        }
    }

    fn stop_all(&mut self, at: Instant, by: StoppedBy, which: impl Fn(ClockKind) -> bool) {
        let running = self.clocks.iter_mut().filter(|it| it.is_running() && which(it.kind));
        running.for_each(|it| it.stop(at, by));
    }

    pub(super) fn runs(&self, which: impl Fn(ClockKind) -> bool) -> bool {
        self.clocks.iter().any(|it| it.is_running() && which(it.kind))
    }

    pub(super) fn next_instance(&self, kind: ClockKind) -> u32 {
        self.clocks.iter().filter(|it| it.kind == kind).map(|it| it.instance).max().unwrap_or(0) + 1
    }

    fn keys(&self) -> RowKeys {
        RowKeys {
            tier: self.tier.clone(),
            channel: Some(self.channel.to_owned()),
            ticket_type: Some(self.ticket_type.clone()),
            queue: Some(self.queue.clone()),
            priority: self.priority.key.clone(),
        }
    }
}
