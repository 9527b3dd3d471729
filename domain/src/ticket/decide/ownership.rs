//! Whose ticket it is, and whose attention it needs.

use crate::context::Context;
use crate::ids::CommitmentId;
use crate::instant::Instant;
use crate::party::AgentRef;
use crate::sla::plan::HIGHEST_LEVEL;
use crate::ticket::command::{OwnerAway, TicketRefusal};
use crate::ticket::decide::{Decision, status};
use crate::ticket::event::{AssignMethod, TicketEvent};
use crate::ticket::state::TicketState;

/// Gives the ticket an owner, in place of the one it may have (S-91); a new ticket is then in
/// progress, unless the settings say otherwise. An owner who came along with it from another queue
/// takes it here by being named again.
pub(super) fn assign(
    state: &TicketState,
    to: AgentRef,
    method: AssignMethod,
    context: &Context<'_>,
) -> Decision {
    if is_owner(state, &to) && !state.untaken {
        return Ok(Vec::new());
    }
    let rule = context.catalogue.settings().status_on.assign.as_ref();
    Ok(vec![TicketEvent::TicketAssigned {
        from: state.assignee.clone(),
        to,
        method,
        routed: None,
        status: status::by_rule(state, rule, context)?,
    }])
}

/// Takes the owner away; a ticket without one is as it should be.
pub(super) fn unassign(state: &TicketState, reason: Option<String>) -> Decision {
    let unassigned = state
        .assignee
        .clone()
        .map(|from| TicketEvent::TicketUnassigned { from, reason: reason.map(Into::into) });
    Ok(unassigned.into_iter().collect())
}

/// Passes the ticket from its owner to the next, with the promises still open (S-93), its aliases'
/// after its own. Without an owner there is nobody to hand it over: it is to be assigned.
pub(super) fn hand_over(
    state: &TicketState,
    to: AgentRef,
    aliases_promise: Vec<CommitmentId>,
    until: Option<Instant>,
    note: Option<String>,
    context: &Context<'_>,
) -> Decision {
    let from = state.assignee.clone().ok_or(TicketRefusal::NotAssigned)?;
    if until.is_some_and(|until| until <= context.now) {
        return Err(TicketRefusal::Past { field: "/until", now: context.now });
    }
    if is_owner(state, &to) {
        return Ok(Vec::new());
    }
    let open = state.open_commitments().map(|it| it.id);
    Ok(vec![TicketEvent::TicketHandedOver {
        from,
        to,
        until,
        open_commitments: open.chain(aliases_promise).collect(),
        note: note.map(Into::into),
    }])
}

/// Notes that the owner is away, or back. What was found holds for the very version that it was found in:
/// whoever comes with an older one looks again.
pub(super) fn note(state: &TicketState, away: Option<Box<OwnerAway>>, found_in: u64) -> Decision {
    if state.version != found_in {
        return Err(TicketRefusal::ClocksChanged);
    }
    let Some(owner) = state.assignee.clone() else { return Ok(Vec::new()) };
    Ok(vec![match away {
        Some(away) => {
            let OwnerAway { absence_id, until, substitute } = *away;
            TicketEvent::OwnerAbsent { owner, absence_id, until, substitute }
        }
        None => TicketEvent::OwnerReturned { owner },
    }])
}

/// Raises the level of attention: by one when no level is said, never beyond 9. The owner stays the
/// owner, for somebody must be (S-91).
pub(super) fn escalate(
    state: &TicketState,
    level: Option<u8>,
    to: Option<AgentRef>,
    reason: String,
) -> Decision {
    let present = state.escalation_level;
    let level = level.unwrap_or(present.saturating_add(1));
    if level <= present || level > HIGHEST_LEVEL {
        return Err(TicketRefusal::EscalationLevel { present });
    }
    let reason = reason.into();
    Ok(vec![TicketEvent::TicketEscalated { from_level: present, level, to, reason, rule: None }])
}

/// Lowers the level of attention: to none when no level is said.
pub(super) fn deescalate(
    state: &TicketState,
    level: Option<u8>,
    reason: Option<String>,
) -> Decision {
    let present = state.escalation_level;
    let level = level.unwrap_or(0);
    if level > present {
        return Err(TicketRefusal::DeescalationLevel { present });
    }
    if level == present {
        return Ok(Vec::new());
    }
    let reason = reason.map(Into::into);
    Ok(vec![TicketEvent::TicketDeescalated { from_level: present, level, reason }])
}

fn is_owner(state: &TicketState, agent: &AgentRef) -> bool {
    state.assignee.as_ref().is_some_and(|owner| owner.id == agent.id)
}
