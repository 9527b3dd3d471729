//! What was complained of, whose it is, how it was decided and what was thought of that.

use docket_domain::party::AgentRef;
use docket_domain::ticket::event::TicketEvent;
use jiff::tz::TimeZone;

use super::parts;
use crate::timeline::words::{
    agent, agent_or_nobody, because, decision, found, granted, quote, severity,
};

/// The predicate of a complaint's event; none of another's.
pub(super) fn told(event: &TicketEvent, zone: &TimeZone) -> Option<String> {
    Some(match event {
        TicketEvent::ComplaintRaised { claim, severity: how, remedy, owner, .. } => format!(
            "raised a {} complaint: {}{}; its owner is {}",
            severity(*how),
            quote(claim),
            remedy.as_ref().map(|r| format!(", demanding {}", quote(r))).unwrap_or_default(),
            agent_or_nobody(owner.as_ref())
        ),
        TicketEvent::ComplaintReassigned { .. } => return reassigned(event),
        TicketEvent::ComplaintDecided { .. } => return decided(event, zone),
        TicketEvent::ComplaintReviewed { finding, note, .. } => {
            format!(
                "reviewed the complaint's decision and {}{}",
                found(*finding),
                because(note.as_ref())
            )
        }
        _ => return None,
    })
}

fn reassigned(event: &TicketEvent) -> Option<String> {
    let TicketEvent::ComplaintReassigned {
        severity_from,
        severity_to,
        from,
        to,
        in_place_of,
        reason,
        ..
    } = event
    else {
        return None;
    };
    let graver = if severity_from == severity_to { "" } else { " as a major one" };
    let before = from.as_ref().filter(|from| to.as_ref().is_none_or(|to| to.id != from.id));
    Some(format!(
        "gave the complaint{graver} to {}{}{}{}",
        agent_or_nobody(to.as_ref()),
        deputising(in_place_of.as_ref()),
        before.map(|from| format!("; {} owned it", agent(from))).unwrap_or_default(),
        because(reason.as_ref())
    ))
}

fn decided(event: &TicketEvent, zone: &TimeZone) -> Option<String> {
    let TicketEvent::ComplaintDecided {
        decision: what,
        reasoning,
        compensation,
        amount,
        solution,
        in_place_of,
        told_at,
        told_by,
        ..
    } = event
    else {
        return None;
    };
    Some(format!(
        "decided the complaint{}: {}{}{}, because {}{}",
        deputising(in_place_of.as_ref()),
        decision(*what),
        solution.as_ref().map(|it| format!(" as prepared by “{}”", it.name)).unwrap_or_default(),
        granted(amount.as_ref(), compensation.as_deref()),
        quote(reasoning),
        parts::told(*told_at, *told_by, zone)
    ))
}

/// In whose place.
fn deputising(whose: Option<&AgentRef>) -> String {
    whose.map(|it| format!(", in place of {}, who was away", agent(it))).unwrap_or_default()
}
