//! Where a ticket lies and who has it: what several views follow, and no text.

use docket_domain::codec::Event;
use docket_domain::definition::{BaseStatus, StatusTerm};
use docket_domain::ticket::event::TicketEvent;
use uuid::Uuid;

use crate::recorded::Recorded;

/// A ticket's place on the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskState {
    pub number: String,
    pub queue: String,
    pub status: String,
    pub base: BaseStatus,
    pub priority: String,
    pub assignee: Option<Uuid>,
}

impl DeskState {
    /// Whether there is still something to do.
    pub fn is_open(&self) -> bool {
        !matches!(self.base, BaseStatus::Closed | BaseStatus::Merged)
    }

    /// The place after one more event.
    pub fn evolve(state: &mut Option<Self>, recorded: &Recorded) {
        let Event::Ticket(event) = &recorded.event else { return };
        if let TicketEvent::TicketCreated(created) = event {
            *state = Some(Self {
                number: created.number.clone(),
                queue: created.queue.key.clone(),
                status: created.status.key.clone(),
                base: created.status.base,
                priority: created.priority.key.clone(),
                assignee: None,
            });
        }
        let Some(state) = state else { return };
        if let Some((_, to)) = event.status_move() {
            state.move_to(to);
        }
        match event {
            TicketEvent::TicketAssigned { to, .. } | TicketEvent::TicketHandedOver { to, .. } => {
                state.assignee = Some(to.id.0);
            }
            TicketEvent::TicketUnassigned { .. } => state.assignee = None,
            TicketEvent::TicketPrioritized { to, .. } => state.priority = to.key.clone(),
            TicketEvent::TicketTransferred { to, .. } => state.queue = to.key.clone(),
            _ => {}
        }
    }

    fn move_to(&mut self, status: &StatusTerm) {
        self.status = status.key.clone();
        self.base = status.base;
    }
}
