//! What goes on where a ticket comes back: to a queue that had it before, or from its end (rules 8 and 10).

use super::TicketClocks;
use crate::instant::Instant;
use crate::sla::clock::fact::Fact;
use crate::sla::clock::{Clock, Pause, StoppedBy};
use crate::sla::plan::ClockKind;

impl TicketClocks {
    /// The queue before has had it, and whoever owned it did so there: here it is still to be taken.
    pub(super) fn transferred(&mut self, fact: &Fact, queue: &str) {
        self.stop_all(fact.at, StoppedBy::Transfer, |kind| kind == ClockKind::Ola);
        queue.clone_into(&mut self.queue);
        self.enter_queue(fact, Pause::Elsewhere);
        self.owned = false;
        self.rearm(fact);
    }

    /// The internal clock of the queue that it lies in, where the plan in force has one for such a
    /// ticket: it goes on where the ticket comes back, or is reopened, without the time between (rule 10).
    pub(in crate::sla::clock) fn enter_queue(&mut self, fact: &Fact, gap: Pause) {
        if self.target(ClockKind::Ola).is_none() {
            return;
        }
        let own = self.clocks.iter().filter(|it| it.carried.is_none());
        let mut of_queue = own.filter(|it| it.queue.as_deref() == Some(self.queue.as_str()));
        let before = of_queue.next_back().and_then(|last| Some((last.clone(), last.stop?.at)));
        match before {
            Some((last, gone)) => self.go_on(&last, (gone, gap), fact),
            None => self.start(ClockKind::Ola, fact, Vec::new()),
        }
    }

    /// Lets a clock that ended go on after a gap, by what holds now: a priority or a plan that was
    /// changed while it stood still counts from here (rules 9 and 11). What was late stays as it was.
    fn go_on(&mut self, last: &Clock, gap: (Instant, Pause), fact: &Fact) {
        let pause = Pause::of(&last.frozen, last.kind, &self.standing);
        let (gone, gap) = gap;
        let mut resumed = last.resumed(&[(gone, Some(gap))], fact, pause.as_ref());
        if let Some(frozen) = &self.frozen {
            resumed.reapply(fact.at, frozen, self.target(last.kind));
            let pause = Pause::of(&resumed.frozen, resumed.kind, &self.standing);
            resumed.set_pause(fact.at, pause.as_ref());
        }
        resumed.instance = self.next_instance(last.kind);
        self.begin(resumed);
    }

    /// The old verdict stands, and the resolution goes on counting; a first response never re-arms
    /// (rule 8). A ticket that nobody owns needs an owner again.
    pub(super) fn reopen(&mut self, fact: &Fact) {
        let closed_at = self.closed_at.take().unwrap_or(fact.at);
        let mut own = self.clocks.iter().filter(|it| it.carried.is_none());
        let last = own.rfind(|it| it.kind == ClockKind::Resolution).cloned();
        if let Some(last) = last {
            self.go_on(&last, (closed_at, Pause::Closed), fact);
        }
        self.enter_queue(fact, Pause::Closed);
        if !self.is_attended() {
            self.rearm(fact);
        }
    }
}
