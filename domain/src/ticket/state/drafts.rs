//! Replies that somebody began and has not sent yet (S-56).

use crate::ids::AgentId;
use crate::instant::Instant;
use crate::party::AgentRef;
use crate::personal::Personal;
use crate::ticket::event::TicketEvent;
use crate::ticket::state::TicketState;

/// A reply that is not sent yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Whose it is.
    pub author: AgentRef,
    /// All that it says so far.
    pub body: Personal<String>,
    /// From when on it has been left for too long, if it ever is.
    pub unsent_at: Option<Instant>,
}

impl TicketState {
    /// Somebody's draft.
    pub fn draft_of(&self, author: AgentId) -> Option<&Draft> {
        self.drafts.iter().find(|draft| draft.author.id == author)
    }

    pub(super) fn drafted(&mut self, event: &TicketEvent) {
        if let TicketEvent::ReplyDrafted { author, .. } | TicketEvent::DraftEnded { author, .. } =
            event
        {
            self.drafts.retain(|draft| draft.author.id != author.id);
        }
        if let TicketEvent::ReplyDrafted { author, body, unsent_at } = event {
            let (author, body) = (author.clone(), body.clone());
            self.drafts.push(Draft { author, body, unsent_at: *unsent_at });
        }
    }
}
