//! Who owns a ticket, since when, and whether that is somebody who is there (S-91).

use docket_domain::instant::Instant;
use docket_domain::party::AgentRef;
use docket_domain::ticket::event::{MergeSide, TicketEvent};

use super::{AgentSummary, OwnerAway, TicketDocument};

/// What an event that occurred then makes of it.
pub(super) fn apply(document: &mut TicketDocument, event: &TicketEvent, at: Instant) {
    match event {
        TicketEvent::TicketAssigned { to, .. } | TicketEvent::TicketHandedOver { to, .. } => {
            document.assignee = Some(summary(to));
            (document.owner_since, document.owner_away) = (Some(at), None);
        }
        TicketEvent::TicketUnassigned { .. } => {
            document.assignee = None;
            (document.owner_since, document.owner_away) = (None, None);
        }
        TicketEvent::OwnerAbsent { absence_id, until, substitute, .. } => {
            document.owner_away = Some(OwnerAway {
                since: at,
                absence: absence_id.map(|it| it.0),
                until: *until,
                substitute: substitute.as_ref().map(summary),
            });
        }
        TicketEvent::OwnerReturned { .. } => {
            (document.owner_since, document.owner_away) = (Some(at), None);
        }
        // What the owner missed while nothing was to be done needs no note.
        TicketEvent::TicketReopened { .. }
        | TicketEvent::TicketUnmerged { side: MergeSide::Source, .. }
            if document.assignee.is_some() =>
        {
            document.owner_since = Some(at);
        }
        _ => {}
    }
}

fn summary(agent: &AgentRef) -> AgentSummary {
    AgentSummary { id: agent.id.0, name: agent.name.known().cloned() }
}
