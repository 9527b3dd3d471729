//! Which tickets have a tag? One row for each tag of a ticket, so that a tag can be looked up.

use std::collections::BTreeSet;

use docket_domain::codec::Event;
use docket_domain::ticket::event::TicketEvent;
use serde::{Deserialize, Serialize};

use crate::recorded::Recorded;
use crate::view::{Key, Schema, View};

/// The view.
pub struct TicketTags;

/// A tag of a ticket: the key says it all.
#[derive(Debug, Serialize, Deserialize)]
pub struct Tagged {}

impl View for TicketTags {
    const NAME: &'static str = "ticket_tags";
    const VERSION: u32 = 1;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = false;
    const SCHEMA: Schema = Schema {
        sqlite: include_str!("../../migrations/views/sqlite/0003_ticket_tags.sql"),
        postgres: include_str!("../../migrations/views/postgres/0003_ticket_tags.sql"),
    };
    type State = BTreeSet<String>;
    type Row = Tagged;

    fn evolve(tags: &mut BTreeSet<String>, event: &Recorded) {
        match &event.event {
            Event::Ticket(TicketEvent::TicketCreated(created)) => {
                tags.extend(created.tags.iter().cloned());
            }
            Event::Ticket(TicketEvent::TicketTagged { added, removed }) => {
                tags.retain(|tag| !removed.contains(tag));
                tags.extend(added.iter().cloned());
            }
            _ => {}
        }
    }

    fn rows(tags: &BTreeSet<String>) -> Vec<(Key, Tagged)> {
        tags.iter().map(|tag| (tag.clone(), Tagged {})).collect()
    }
}
