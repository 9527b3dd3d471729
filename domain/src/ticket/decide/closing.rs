//! The end of a case, and its return.

use crate::context::Context;
use crate::definition::BaseStatus;
use crate::personal::Personal;
use crate::ticket::command::TicketRefusal;
use crate::ticket::decide::{Decision, status};
use crate::ticket::event::{Outcome, ReopenCause, TicketEvent};
use crate::ticket::state::TicketState;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Closes the ticket: a snooze ends, and nothing waits for an answer any more. An open complaint is
/// decided first, or it would be forgotten (S-72); promises may stay open, for they outlive the
/// case.
pub(super) fn close(
    state: &TicketState,
    outcome: Outcome,
    resolution: Option<String>,
    reason: Option<String>,
    context: &Context<'_>,
) -> Decision {
    if state.open_complaint.is_some() {
        return Err(TicketRefusal::ComplaintOpen);
    }
    let purge_after = context.catalogue.settings().purge_after_ms();
    Ok(vec![TicketEvent::TicketClosed {
        outcome,
        resolution: resolution.map(Into::into),
        reason: reason.map(Into::into),
        owner: state.assignee.clone(),
        closed_at: context.now,
        purge_at: purge_after.map(|kept| context.now.plus_millis(kept)),
        status: status::change(state, BaseStatus::Closed.key(), context)?,
    }])
}

/// Notes that a closed ticket was kept as long as it must be, while nothing of it is open: neither a
/// complaint nor a promise, and no merge that may be undone (S-55). A timer of an earlier closing, which comes
/// before this one's time, finds nothing to do.
pub(super) fn mark_purge(state: &TicketState, context: &Context<'_>) -> Vec<TicketEvent> {
    let promised = state.open_commitments().next().is_some();
    let held = promised || state.open_complaint.is_some() || state.merged.is_some();
    let due = state.purge_at.filter(|due| !held && *due <= context.now);
    due.map(|due| TicketEvent::PurgeMarked { due }).into_iter().collect()
}

/// Reopens a closed ticket by hand, however long it was closed.
pub(super) fn reopen(state: &TicketState, reason: String, context: &Context<'_>) -> Decision {
    if !state.is_closed() {
        return Err(TicketRefusal::TicketNotClosed);
    }
    let reason = Some(Personal::text(reason));
    Ok(vec![reopened(state, ReopenCause::Manual, reason, context)?])
}

/// Reopens a closed ticket by a customer's message, until the reopen window has passed (S-53); a
/// message in its very last millisecond still reopens.
pub(super) fn reopen_by_message(
    state: &TicketState,
    context: &Context<'_>,
) -> Result<TicketEvent, TicketRefusal> {
    if closed_for_ms(state, context) > context.catalogue.settings().reopen_within_ms() {
        return Err(TicketRefusal::ReopenWindowPassed);
    }
    reopened(state, ReopenCause::Message, None, context)
}

fn reopened(
    state: &TicketState,
    cause: ReopenCause,
    reason: Option<Personal<String>>,
    context: &Context<'_>,
) -> Result<TicketEvent, TicketRefusal> {
    let days_closed = u32::try_from(closed_for_ms(state, context) / DAY_MS).unwrap_or(u32::MAX);
    let to = &context.catalogue.settings().status_on.reopen.to;
    let status = status::change(state, to, context)?;
    Ok(TicketEvent::TicketReopened { cause, reason, days_closed, status })
}

fn closed_for_ms(state: &TicketState, context: &Context<'_>) -> i64 {
    let closed_at = state.closed_at.unwrap_or(context.now);
    context.now.millis().saturating_sub(closed_at.millis()).max(0)
}
