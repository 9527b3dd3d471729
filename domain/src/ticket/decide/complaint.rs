//! What the customer complains of, and how it was decided (S-72). A case's end ends no complaint:
//! one can be raised, and is decided, on a closed ticket too.

use crate::context::Context;
use crate::definition::{Solution, Term};
use crate::ids::{AgentId, ComplaintId};
use crate::money::Money;
use crate::party::{ActorKind, AgentRef};
use crate::ticket::command::{ComplaintDecision, ComplaintReassignment, Ruling, TicketRefusal};
use crate::ticket::decide::Decision;
use crate::ticket::event::{self, Authority, Finding, PreparedSolution, Severity, TicketEvent};
use crate::ticket::state::{OpenComplaint, TicketState};

/// Raises a complaint, one at a time. Its owner is the ticket's, when none is said; but a major one
/// belongs to somebody who manages a queue, and so to somebody; not to whoever raises it with no more than
/// discretion, but for the manager of this queue. What was raised in another system is a
/// fact, whoever owned it there.
pub(super) fn raise(
    state: &TicketState,
    claim: String,
    severity: Severity,
    remedy: Option<String>,
    (owner, limited): (Option<AgentRef>, &[AgentId]),
    context: &Context<'_>,
) -> Decision {
    if state.open_complaint.is_some() {
        return Err(TicketRefusal::ComplaintOpen);
    }
    let owner = match severity {
        Severity::Major if context.actor.kind != ActorKind::External => {
            let owner = manager(state, owner, context)?;
            let is_theirs = manager_of(state, context) == Some(owner.id);
            if limited.contains(&owner.id) && !is_theirs {
                return Err(TicketRefusal::NotToOneself);
            }
            Some(owner)
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

/// Who manages the ticket's queue.
fn manager_of(state: &TicketState, context: &Context<'_>) -> Option<AgentId> {
    context.catalogue.queues.get(&state.queue.key)?.document.manager
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

/// Gives the open complaint to another owner, or makes it a major one, which belongs to a manager then. A major
/// one is given on by whoever may decide it. Who has only discretion makes none their own, whatever queue they
/// manage: they would decide without a limit what they may not decide now.
pub(super) fn reassign(
    state: &TicketState,
    asked: ComplaintReassignment,
    context: &Context<'_>,
) -> Decision {
    let complaint = state.open_complaint.as_ref().ok_or(TicketRefusal::NoComplaintOpen)?;
    let ComplaintReassignment { to, manager: of_queue, is_major, reason, .. } = asked;
    let (was, becomes) = (complaint.severity, is_major && complaint.severity == Severity::Minor);
    let severity_to = if is_major { Severity::Major } else { was };
    let to = to.or_else(|| if becomes { of_queue } else { complaint.owner.clone() });
    let id = |owner: &Option<AgentRef>| owner.as_ref().map(|owner| owner.id);
    if id(&to) == id(&complaint.owner) && severity_to == was {
        return Ok(Vec::new());
    }
    let who = (asked.asked_by.as_ref(), asked.in_place_of.as_slice());
    let right = match (was, by_right(state, complaint, asked.authority, who, context)) {
        (Severity::Major, right) => Some(right?),
        (Severity::Minor, right) => right.ok(),
    };
    let right = right.filter(|(authority, _)| !matches!(authority, Authority::Discretion { .. }));
    let to = match severity_to {
        Severity::Major => Some(manager(state, to, context)?),
        Severity::Minor => to,
    };
    let is_askers = |to: &AgentRef| who.0.into_iter().chain(who.1).any(|it| it.id == to.id);
    if becomes && right.is_none() && to.as_ref().is_some_and(is_askers) {
        return Err(TicketRefusal::NotToOneself);
    }
    let (authority, in_place_of) = right.filter(|_| was == Severity::Major).unzip();
    Ok(vec![TicketEvent::ComplaintReassigned {
        complaint_id: complaint.id,
        severity_from: was,
        severity_to,
        from: complaint.owner.clone(),
        to,
        authority,
        in_place_of: in_place_of.flatten(),
        reason: reason.map(Into::into),
    }])
}

/// What a ruling comes to, before the amount: as whoever decides finds, or as it was prepared.
struct Ruled<'c> {
    decision: event::Decision,
    reasoning: String,
    prepared: Option<(&'c Solution, Term)>,
}

/// Decides the open complaint. A major one is decided by who owns it, stands in for its owner, or is above.
/// A prepared solution that is granted as it is needs nobody's leave; whatever else an agent grants stays
/// within the discretion that the agent has.
pub(super) fn decide(
    state: &TicketState,
    asked: ComplaintDecision,
    context: &Context<'_>,
) -> Decision {
    let complaint = state.open_complaint.as_ref().ok_or(TicketRefusal::NoComplaintOpen)?;
    let ComplaintDecision { ruling, compensation, amount, told_at, told_by, .. } = asked;
    let who = (asked.decided_by.as_ref(), asked.in_place_of.as_slice());
    let right = by_right(state, complaint, asked.authority, who, context)?;
    let says_no_more = amount.is_none() && compensation.is_none();
    let as_prepared = matches!(&ruling, Ruling::Prepared { decision: None, .. }) && says_no_more;
    let Ruled { decision, reasoning, prepared } = ruled(state, complaint, ruling, context)?;
    let (authority, in_place_of) = if as_prepared { (Authority::Solution, None) } else { right };
    let granted = prepared.as_ref().filter(|_| decision != event::Decision::Rejected);
    let amount = amount.or_else(|| granted.and_then(|(found, _)| found.amount.clone()));
    allow(&authority, amount.as_ref(), compensation.is_some())?;
    Ok(vec![TicketEvent::ComplaintDecided {
        complaint_id: complaint.id,
        decision,
        reasoning: reasoning.into(),
        compensation,
        amount,
        solution: prepared.map(|(found, category)| PreparedSolution {
            key: found.key.clone(),
            name: found.name.clone(),
            category,
        }),
        decided_by: asked.decided_by,
        authority: Some(authority),
        in_place_of,
        told_at,
        told_by,
    }])
}

fn ruled<'c>(
    state: &TicketState,
    complaint: &OpenComplaint,
    ruling: Ruling,
    context: &Context<'c>,
) -> Result<Ruled<'c>, TicketRefusal> {
    match ruling {
        Ruling::Own { decision, reasoning } => Ok(Ruled { decision, reasoning, prepared: None }),
        Ruling::Prepared { solution, decision, reasoning } => {
            let (found, category) = prepared(state, complaint.severity, &solution, context)?;
            Ok(Ruled {
                decision: decision.unwrap_or(found.decision),
                reasoning: reasoning.unwrap_or_else(|| found.reasoning.clone()),
                prepared: Some((found, category)),
            })
        }
    }
}

/// By what right somebody decides, and in whose place: managing the ticket's queue, or owning the major
/// complaint, is more than an agent's discretion; and that is not enough for a major one. `who` is whoever
/// decides, and those who are away and in whose place that is.
fn by_right(
    state: &TicketState,
    complaint: &OpenComplaint,
    authority: Authority,
    (who, in_place_of): (Option<&AgentRef>, &[AgentRef]),
    context: &Context<'_>,
) -> Result<(Authority, Option<AgentRef>), TicketRefusal> {
    if !matches!(authority, Authority::Discretion { .. }) {
        return Ok((authority, None));
    }
    let is_major = complaint.severity == Severity::Major;
    let manager = manager_of(state, context);
    let owner = complaint.owner.as_ref().map(|owner| owner.id).filter(|_| is_major);
    let is_theirs = |agent: &&AgentRef| [manager, owner].contains(&Some(agent.id));
    if who.as_ref().is_some_and(is_theirs) {
        return Ok((Authority::Manager, None));
    }
    match in_place_of.iter().find(is_theirs) {
        Some(whose) => Ok((Authority::Manager, Some(whose.clone()))),
        None if is_major => Err(TicketRefusal::NotTheOwner),
        None => Ok((authority, None)),
    }
}

/// The prepared solution of this key, and the category that prepared it.
fn prepared<'c>(
    state: &TicketState,
    severity: Severity,
    key: &str,
    context: &Context<'c>,
) -> Result<(&'c Solution, Term), TicketRefusal> {
    if severity == Severity::Major {
        return Err(TicketRefusal::MajorComplaint);
    }
    let catalogue = context.catalogue;
    let category = state.category.as_ref().map(|category| category.key.as_str());
    let (category, solutions) = category
        .and_then(|path| catalogue.solutions_of_category(path))
        .ok_or_else(|| TicketRefusal::UnknownSolution { key: key.to_owned() })?;
    let found = solutions.iter().find(|solution| solution.key == key);
    let found = found.ok_or_else(|| TicketRefusal::UnknownSolution { key: key.to_owned() })?;
    Ok((found, category))
}

/// Whether this may be granted by such a right. What is said in words alone nobody can compare.
fn allow(
    authority: &Authority,
    amount: Option<&Money>,
    in_words: bool,
) -> Result<(), TicketRefusal> {
    let Authority::Discretion { limit: Some(limit) } = authority else { return Ok(()) };
    match amount {
        Some(amount) if amount.is_within(limit) => Ok(()),
        Some(_) => Err(TicketRefusal::BeyondDiscretion { limit: limit.clone() }),
        None if in_words => Err(TicketRefusal::AmountMissing),
        None => Ok(()),
    }
}

/// Says what is thought of how a complaint was decided. Nobody reviews what they decided themselves; the same
/// finding again is none.
pub(super) fn review(
    state: &TicketState,
    complaint: ComplaintId,
    finding: Finding,
    note: Option<String>,
    context: &Context<'_>,
) -> Decision {
    if state.open_complaint.as_ref().is_some_and(|open| open.id == complaint) {
        return Err(TicketRefusal::ComplaintOpen);
    }
    let decided = state.decided_complaints.iter().find(|decided| decided.id == complaint);
    let decided = decided.ok_or(TicketRefusal::UnknownComplaint)?;
    if decided.by.is_some_and(|by| context.actor.id == by.to_string()) {
        return Err(TicketRefusal::OwnDecision);
    }
    if decided.finding == Some(finding) {
        return Ok(Vec::new());
    }
    let note = note.map(Into::into);
    Ok(vec![TicketEvent::ComplaintReviewed { complaint_id: complaint, finding, note }])
}
