//! How the settings move the status (S-52), and how a key becomes what an event freezes.

use crate::context::Context;
use crate::definition::{DefinitionKind, PriorityTerm, StatusRule, StatusTerm, Term};
use crate::ticket::command::TicketRefusal;
use crate::ticket::event::StatusChange;
use crate::ticket::state::TicketState;

/// The move that a rule asks for: none where the rule is off, where it does not name the present
/// status, and where the ticket has the rule's status already, whose substatus then stays.
pub(super) fn by_rule(
    state: &TicketState,
    rule: Option<&StatusRule>,
    context: &Context<'_>,
) -> Result<Option<StatusChange>, TicketRefusal> {
    let Some(rule) = rule else { return Ok(None) };
    let applies = rule.from.is_empty() || rule.from.contains(&state.status.key);
    if !applies || rule.to == state.status.key {
        return Ok(None);
    }
    change(state, &rule.to, context).map(Some)
}

/// The move to that status, from whichever it is.
pub(super) fn change(
    state: &TicketState,
    key: &str,
    context: &Context<'_>,
) -> Result<StatusChange, TicketRefusal> {
    Ok(StatusChange { from: state.status.clone(), to: status(key, context)? })
}

pub(super) fn status(key: &str, context: &Context<'_>) -> Result<StatusTerm, TicketRefusal> {
    context.catalogue.status(key).ok_or_else(|| unknown(DefinitionKind::Status, key))
}

pub(super) fn priority(key: &str, context: &Context<'_>) -> Result<PriorityTerm, TicketRefusal> {
    context.catalogue.priority(key).ok_or_else(|| unknown(DefinitionKind::Priority, key))
}

pub(super) fn queue(key: &str, context: &Context<'_>) -> Result<Term, TicketRefusal> {
    context.catalogue.queue(key).ok_or_else(|| unknown(DefinitionKind::Queue, key))
}

pub(super) fn category(path: &str, context: &Context<'_>) -> Result<Term, TicketRefusal> {
    context.catalogue.category(path).ok_or_else(|| unknown(DefinitionKind::Category, path))
}

pub(super) fn ticket_type(key: &str, context: &Context<'_>) -> Result<Term, TicketRefusal> {
    context.catalogue.ticket_type(key).ok_or_else(|| unknown(DefinitionKind::Type, key))
}

/// Refuses a category that the queue does not take (S-39).
pub(super) fn queue_takes(
    queue: &Term,
    category: Option<&Term>,
    context: &Context<'_>,
) -> Result<(), TicketRefusal> {
    match category {
        Some(category) if !context.catalogue.queue_takes(&queue.key, &category.key) => {
            Err(TicketRefusal::CategoryNotAllowed {
                queue: queue.key.clone(),
                category: category.key.clone(),
            })
        }
        Some(_) | None => Ok(()),
    }
}

fn unknown(kind: DefinitionKind, key: &str) -> TicketRefusal {
    TicketRefusal::Unknown { kind, key: key.into() }
}
