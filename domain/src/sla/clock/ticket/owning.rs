//! Whether somebody acts on a ticket: the assignment clock, and its internal instances (rule 3, S-91).

use super::TicketClocks;
use crate::instant::Instant;
use crate::sla::clock::StoppedBy;
use crate::sla::clock::fact::Fact;
use crate::sla::plan::ClockKind;

impl TicketClocks {
    /// Whether somebody owns it in its queue, and is there.
    pub(in crate::sla::clock) fn is_attended(&self) -> bool {
        self.owned && !self.owner_is_away
    }

    /// An internal instance of the assignment clock, unless one runs (rule 3).
    pub(in crate::sla::clock) fn rearm(&mut self, fact: &Fact) {
        if !self.runs(|kind| kind == ClockKind::Assignment) {
            self.start(ClockKind::Assignment, fact, Vec::new());
        }
    }

    pub(super) fn owned(&mut self, at: Instant) {
        (self.owned, self.owner_is_away) = (true, false);
        self.stop_all(at, StoppedBy::Owner, |kind| kind == ClockKind::Assignment);
    }

    pub(super) fn disowned(&mut self, fact: &Fact) {
        (self.owned, self.owner_is_away) = (false, false);
        self.rearm(fact);
    }

    pub(super) fn owner_left(&mut self, fact: &Fact) {
        self.owner_is_away = true;
        self.rearm(fact);
    }

    /// Whoever came along from another queue has still to take it here.
    pub(super) fn owner_back(&mut self, at: Instant) {
        self.owner_is_away = false;
        if self.owned {
            self.stop_all(at, StoppedBy::Return, |kind| kind == ClockKind::Assignment);
        }
    }
}
