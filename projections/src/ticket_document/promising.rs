//! What was promised in a ticket and is still to be settled (S-96).

use docket_domain::instant::Instant;
use docket_domain::ticket::event::{Promiser, TicketEvent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A promise that is open. What was promised, in words, is in the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OpenCommitment {
    /// Its id, which settling it names.
    pub id: Uuid,
    /// Who promised: `desk` or `customer`.
    #[schema(value_type = String)]
    pub promiser: Promiser,
    /// By when; `null` for no date.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due: Option<Instant>,
}

/// What an event makes of the open ones, the oldest first.
pub(super) fn evolve(open: &mut Vec<OpenCommitment>, event: &TicketEvent) {
    match event {
        TicketEvent::CommitmentRecorded { commitment_id, promiser, due, .. } => {
            open.push(OpenCommitment { id: commitment_id.0, promiser: *promiser, due: *due });
        }
        TicketEvent::CommitmentChanged { commitment_id, due, .. } => {
            let changed = open.iter_mut().find(|it| it.id == commitment_id.0);
            changed.into_iter().for_each(|it| it.due = *due);
        }
        TicketEvent::CommitmentKept { commitment_id, .. }
        | TicketEvent::CommitmentBroken { commitment_id, .. } => {
            open.retain(|it| it.id != commitment_id.0);
        }
        _ => {}
    }
}
