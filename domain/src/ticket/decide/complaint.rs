//! What the customer complains of, and how it was decided (S-72). A case's end ends no complaint:
//! one can be raised, and is decided, on a closed ticket too.

use crate::context::Context;
use crate::ids::ComplaintId;
use crate::instant::Instant;
use crate::party::{ActorKind, AgentRef, Channel};
use crate::ticket::command::TicketRefusal;
use crate::ticket::decide::Decision;
use crate::ticket::event::{self, Severity, TicketEvent};
use crate::ticket::state::TicketState;

/// Raises a complaint, one at a time. Its owner is the ticket's, when none is said; but a major one
/// belongs to somebody who manages a queue, and so to somebody. What was raised in another system is a
/// fact, whoever owned it there.
pub(super) fn raise(
    state: &TicketState,
    claim: String,
    severity: Severity,
    remedy: Option<String>,
    owner: Option<AgentRef>,
    context: &Context<'_>,
) -> Decision {
    if state.open_complaint.is_some() {
        return Err(TicketRefusal::ComplaintOpen);
    }
    let owner = match severity {
        Severity::Major if context.actor.kind != ActorKind::External => {
            Some(manager(state, owner, context)?)
        }
        Severity::Minor | Severity::Major => owner.or_else(|| state.assignee.clone()),
    };
    Ok(vec![TicketEvent::ComplaintRaised {
        complaint_id: ComplaintId(context.derive_id("complaint")),
        claim: claim.into(),
        severity,
        remedy: remedy.map(Into::into),
        owner,
    }])
}

/// The owner of a major complaint, who manages this queue or another.
fn manager(
    state: &TicketState,
    owner: Option<AgentRef>,
    context: &Context<'_>,
) -> Result<AgentRef, TicketRefusal> {
    let queue = || state.queue.key.clone();
    let owner = owner.ok_or_else(|| TicketRefusal::NoManager { queue: queue() })?;
    let manages = |id| context.catalogue.queues.values().any(|it| it.document.manager == Some(id));
    if manages(owner.id) { Ok(owner) } else { Err(TicketRefusal::NotAManager) }
}

/// Decides the open complaint; `told` is when and by which way the customer was told.
pub(super) fn decide(
    state: &TicketState,
    decision: event::Decision,
    reasoning: String,
    compensation: Option<String>,
    told: (Option<Instant>, Option<Channel>),
) -> Decision {
    let complaint_id = state.open_complaint.ok_or(TicketRefusal::NoComplaintOpen)?;
    Ok(vec![TicketEvent::ComplaintDecided {
        complaint_id,
        decision,
        reasoning: reasoning.into(),
        compensation,
        told_at: told.0,
        told_by: told.1,
    }])
}
