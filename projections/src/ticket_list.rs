//! Which tickets are there? The list that a desk works from, with every filter of S-22.
//!
//! One row for each ticket: its document, as `GET /v1/tickets/{id}` answers it.

use crate::recorded::Recorded;
use crate::ticket_document::{TicketDocument, TicketFold};
use crate::view::{Key, View};

/// The view.
pub struct TicketList;

impl View for TicketList {
    const NAME: &'static str = "ticket_list";
    const VERSION: u32 = 1;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = true;
    const SCHEMA: &'static str = include_str!("../../migrations/views/sqlite/0002_ticket_list.sql");
    type State = TicketFold;
    type Row = TicketDocument;

    fn evolve(state: &mut TicketFold, event: &Recorded) {
        state.evolve(event);
    }

    fn rows(state: &TicketFold) -> Vec<(Key, TicketDocument)> {
        state.document.iter().map(|document| (Key::new(), document.clone())).collect()
    }
}
