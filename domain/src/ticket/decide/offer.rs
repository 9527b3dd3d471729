//! Giving and offering a ticket to whom the desk chose (S-14, S-15), and what becomes of an offer.

use crate::context::Context;
use crate::party::AgentRef;
use crate::ticket::command::TicketRefusal;
use crate::ticket::decide::{Decision, status};
use crate::ticket::event::{AssignMethod, Routed, TicketEvent};
use crate::ticket::state::TicketState;

/// Gives a ticket that waits for an owner to whom the desk chose, or offers it for so long: nothing where
/// somebody has it or is offered it, or it waits for somebody else.
pub(super) fn give(
    state: &TicketState,
    to: AgentRef,
    routed: Box<Routed>,
    offer_ms: Option<i64>,
    context: &Context<'_>,
) -> Decision {
    if !state.is_free() {
        return Ok(Vec::new());
    }
    if let Some(offer_ms) = offer_ms {
        let until = context.now.plus_millis(offer_ms);
        return Ok(vec![TicketEvent::TicketOffered { agent: to, until, routed }]);
    }
    let method = routed.method();
    Ok(vec![assigned(state, to, method, Some(routed), context)?])
}

/// Whom it is offered to takes it; who has it already is done. From the offer's end on it is too late, whether
/// somebody has noted that yet or not.
pub(super) fn accept(state: &TicketState, agent: AgentRef, context: &Context<'_>) -> Decision {
    if state.assignee.as_ref().is_some_and(|owner| owner.id == agent.id) {
        return Ok(Vec::new());
    }
    let open = state.offers.open.as_ref().filter(|offer| offer.agent.id == agent.id);
    let offer = open.ok_or(TicketRefusal::NotOffered)?;
    if offer.until <= context.now {
        return Err(TicketRefusal::OfferEnded { until: offer.until });
    }
    let accepted = TicketEvent::OfferAccepted { agent: agent.clone() };
    Ok(vec![accepted, assigned(state, agent, offer.method, None, context)?])
}

/// Whom it is offered to does not take it, and says why.
pub(super) fn decline(
    state: &TicketState,
    agent: AgentRef,
    reason: String,
    context: &Context<'_>,
) -> Decision {
    let open = state.offers.open.as_ref().filter(|offer| offer.agent.id == agent.id);
    let offer = open.ok_or(TicketRefusal::NotOffered)?;
    if offer.until <= context.now {
        return Err(TicketRefusal::OfferEnded { until: offer.until });
    }
    Ok(vec![TicketEvent::OfferDeclined { agent, reason: reason.into() }])
}

/// Notes that an offer ran out; one that ended otherwise is left alone.
pub(super) fn expire(state: &TicketState, offered_in: u64) -> Decision {
    let open = state.offers.open.as_ref().filter(|offer| offer.version == offered_in);
    let expired = open
        .map(|offer| TicketEvent::OfferExpired { agent: offer.agent.clone(), due: offer.until });
    Ok(expired.into_iter().collect())
}

fn assigned(
    state: &TicketState,
    to: AgentRef,
    method: AssignMethod,
    routed: Option<Box<Routed>>,
    context: &Context<'_>,
) -> Result<TicketEvent, TicketRefusal> {
    let rule = context.catalogue.settings().status_on.assign.as_ref();
    let status = status::by_rule(state, rule, context)?;
    Ok(TicketEvent::TicketAssigned { from: None, to, method, routed, status })
}
