//! A ticket's clocks, as part of a view's state.
//!
//! A view that asks for them keeps this beside whatever else it folds, and says `FOLLOWS_MERGES`:
//! clocks that a merge brought come from another ticket's events.

use std::sync::Arc;

use docket_domain::ids::TicketId;
use docket_domain::sla::clock::fact::Fact;
use docket_domain::sla::clock::{Clock, Family};

use crate::plans::Plans;
use crate::recorded::{Recorded, id_of};

/// The clocks of a ticket, and of those that merges tie to it.
#[derive(Default)]
pub struct Clocks {
    plans: Arc<Plans>,
    ticket: Option<TicketId>,
    family: Family,
}

impl Clocks {
    /// Those of a ticket without events.
    pub fn new(plans: &Arc<Plans>) -> Self {
        Self { plans: plans.clone(), ..Self::default() }
    }

    /// Takes in one of its own events.
    pub fn evolve(&mut self, event: &Recorded) {
        self.ticket.get_or_insert_with(|| TicketId(id_of(&event.stream)));
        self.evolve_tied(event);
    }

    /// Takes in an event of a ticket that merges tie to it.
    pub fn evolve_tied(&mut self, event: &Recorded) {
        let Some(fact) = Fact::of(event) else { return };
        // What was noted under the plan that held says nothing of what another would have come to.
        if fact.is_note() && self.plans.is_draft() {
            return;
        }
        let id = TicketId(id_of(&event.stream));
        self.family.take(id, &fact, &|terms| self.plans.get(terms));
    }

    /// All that the ticket has or had.
    pub fn all(&self) -> &[Clock] {
        self.ticket.map_or(&[], |ticket| self.family.clocks(ticket))
    }
}
