//! What is noted of a ticket's clocks when its time comes.

use crate::instant::Instant;
use crate::sla::clock::{Due, Mark};
use crate::ticket::command::TicketRefusal;
use crate::ticket::decide::Decision;
use crate::ticket::event::{ClockMark, TicketEvent};
use crate::ticket::state::TicketState;

/// Notes a warning or a breach, once. Clocks are no part of a ticket's state, since they follow from
/// plans too; so what is due holds for the very version that it was found in, and whoever comes with an
/// older one looks again.
pub(super) fn mark(state: &TicketState, due: Due, found_in: u64, detected_at: Instant) -> Decision {
    if state.marks.contains(&(due.of(), due.mark)) {
        return Ok(Vec::new());
    }
    if state.version != found_in {
        return Err(TicketRefusal::ClocksChanged);
    }
    let alerted = state.assignee.clone();
    let noted = Box::new(ClockMark { detected_at, alerted, ..due.clock });
    Ok(vec![match due.mark {
        Mark::Warned => TicketEvent::SlaWarned(noted),
        Mark::Breached => TicketEvent::SlaBreached(noted),
    }])
}
