//! What merges take from a ticket's clocks, bring to them, and give back (rule 12).

use super::fact::Fact;
use super::ticket::TicketClocks;
use super::{Carried, Clock, Pause, StoppedBy};
use crate::ids::{MergeId, TicketId};
use crate::instant::Instant;
use crate::sla::plan::ClockKind;

/// From an instant on, a clock stands still for a reason, or runs.
pub(super) type Turn = (Instant, Option<Pause>);

impl TicketClocks {
    /// What a merge takes to the survivor: everything that runs, which ends here (rule 12).
    pub(super) fn carry_out(&mut self, at: Instant, merge: MergeId) -> Vec<Clock> {
        let mut carried = Vec::new();
        for clock in self.clocks.iter_mut().filter(|it| it.is_running()) {
            carried.push(clock.clone());
            clock.stop(at, StoppedBy::Merge(merge));
        }
        carried
    }

    /// Takes in a clock of another ticket, as an instance of its own. What satisfies it may be here
    /// already.
    pub(super) fn carry_in(&mut self, at: Instant, clock: Clock, carried: Carried) {
        let (instance, from) = (self.next_instance(clock.kind), carried.ticket);
        let mut clock = Clock { instance, carried: Some(carried), ..clock };
        clock.homes.push((at, from));
        let pause = Pause::of(&clock.frozen, clock.kind, &self.standing);
        clock.set_pause(at, pause.as_ref());
        if clock.kind == ClockKind::Assignment && self.is_attended() {
            clock.stop(at, StoppedBy::Owner);
        }
        self.begin(clock);
    }

    /// Takes back a clock that a merge had carried away: it goes on as it stood there. What ended
    /// there stays ended; but this ticket still has to get an owner, and to be resolved. `holder` is the
    /// ticket that it comes back from, and `since` how that one fared since a resolution ended there.
    pub(super) fn take_back(
        &mut self,
        fact: &Fact,
        (merge, index): (MergeId, u32),
        (holder, there, since): (TicketId, &Clock, &[Turn]),
    ) {
        let ended = Some(StoppedBy::Merge(merge));
        let mut mine = self.clocks.iter_mut().filter(|it| it.kind == there.kind);
        let mine = mine.find(|it| it.instance == index && it.stop.map(|stop| stop.by) == ended);
        let Some(clock) = mine else { return };
        let pause = Pause::of(&clock.frozen, clock.kind, &self.standing);
        if there.stop.is_none() {
            clock.stop = None;
            clock.went_on_at = there.went_on_at;
            clock.spans.clone_from(&there.spans);
            clock.homes.clone_from(&there.homes);
            clock.homes.push((fact.at, holder));
            clock.breach = there.breach;
            clock.waiting.clone_from(&there.waiting);
            clock.marks.clone_from(&there.marks);
            return clock.set_pause(fact.at, pause.as_ref());
        }
        if there.kind == ClockKind::Resolution {
            let carried = clock.carried.clone();
            let mut resumed = there.resumed(since, fact, pause.as_ref());
            resumed.homes.push((fact.at, holder));
            let instance = self.next_instance(there.kind);
            self.begin(Clock { instance, carried, ..resumed });
        }
        if there.kind == ClockKind::Ola && !self.runs(|kind| kind == ClockKind::Ola) {
            self.enter_queue(fact, Pause::Elsewhere);
        }
        if there.kind == ClockKind::Assignment && !self.is_attended() {
            self.rearm(fact);
        }
    }
}
