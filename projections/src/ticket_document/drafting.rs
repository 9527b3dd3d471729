//! Replies that are kept in a ticket and not sent yet (S-56).

use std::collections::HashMap;

use docket_domain::codec::Event;
use docket_domain::instant::Instant;
use docket_domain::ticket::event::TicketEvent;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AgentSummary;
use crate::recorded::Recorded;

/// A reply that somebody began and has not sent. What it says is read with the ticket's drafts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DraftSummary {
    /// Whose it is.
    pub author: AgentSummary,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    pub begun_at: Instant,
    /// When its author last went on with it.
    #[schema(value_type = String, format = DateTime)]
    pub saved_at: Instant,
    /// From when on it has been left unsent for too long; `null` where the settings never say so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub unsent_at: Option<Instant>,
}

/// A draft with what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    /// Whose it is, and since when.
    #[serde(flatten)]
    pub summary: DraftSummary,
    /// All that it says so far; `null` once erased.
    pub body: Option<String>,
}

/// What an event makes of the drafts of a ticket, the one that was begun first at the front.
pub(super) fn evolve(drafts: &mut Vec<DraftSummary>, event: &TicketEvent, at: Instant) {
    match event {
        TicketEvent::ReplyDrafted { author, unsent_at, .. } => {
            match drafts.iter_mut().find(|draft| draft.author.id == author.id.0) {
                Some(draft) => draft.saved_at = at,
                None => drafts.push(DraftSummary {
                    author: AgentSummary { id: author.id.0, name: author.name.known().cloned() },
                    begun_at: at,
                    saved_at: at,
                    unsent_at: *unsent_at,
                }),
            }
        }
        TicketEvent::DraftEnded { author, .. } => {
            drafts.retain(|draft| draft.author.id != author.id.0);
        }
        _ => {}
    }
}

/// From when on the first of them has been left unsent for too long.
pub(super) fn unsent_at(drafts: &[DraftSummary]) -> Option<Instant> {
    drafts.iter().filter_map(|draft| draft.unsent_at).min()
}

/// The drafts of a ticket with what they say, by its history.
pub fn drafts(history: &[Recorded]) -> Vec<Draft> {
    let (mut kept, mut bodies) = (Vec::new(), HashMap::new());
    for recorded in history {
        let Event::Ticket(event) = &recorded.event else { continue };
        evolve(&mut kept, event, recorded.occurred_at);
        if let TicketEvent::ReplyDrafted { author, body, .. } = event {
            bodies.insert(author.id.0, body.known().cloned());
        }
    }
    let with_body = |summary: DraftSummary| Draft {
        body: bodies.remove(&summary.author.id).flatten(),
        summary,
    };
    kept.into_iter().map(with_body).collect()
}
