//! Replies that are kept until they are sent.

use docket_domain::ticket::event::{DraftEnd, TicketEvent};

use super::text;
use crate::story::{MONDAY, anna, piotr};

/// Two drafts of which one is sent and one thrown away.
pub fn drafts() -> Vec<TicketEvent> {
    let unsent_at = Some(MONDAY.plus_millis(5_000));
    vec![
        TicketEvent::ReplyDrafted { author: anna(), body: text("We are looking"), unsent_at },
        TicketEvent::ReplyDrafted { author: piotr(), body: text("Here it is"), unsent_at: None },
        TicketEvent::DraftEnded { author: anna(), end: DraftEnd::Sent },
        TicketEvent::DraftEnded { author: piotr(), end: DraftEnd::Discarded },
    ]
}
