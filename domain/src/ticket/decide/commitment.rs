//! What was promised, and what became of it (S-96).

use crate::context::Context;
use crate::ids::{CommitmentId, MessageId};
use crate::instant::Instant;
use crate::personal::Personal;
use crate::ticket::command::{NewDue, TicketRefusal};
use crate::ticket::decide::Decision;
use crate::ticket::event::{TicketEvent, TicketRef};
use crate::ticket::state::{Commitment, CommitmentState, TicketState};

/// A promise is shown by something that was said in this ticket, or in an alias of it.
pub(super) fn evidence_is_known(
    state: &TicketState,
    evidence: Option<MessageId>,
    alias: Option<&TicketRef>,
) -> Result<(), TicketRefusal> {
    let said = |id| alias.is_some() || state.message(id).is_some();
    if evidence.is_none_or(said) { Ok(()) } else { Err(TicketRefusal::UnknownMessage) }
}

/// Says that it takes longer (S-92): until when lies ahead of whoever says so. A promise may be recorded
/// late, for it is what was agreed (S-96), but an announcement is made now.
pub(super) fn announce_delay(
    text: String,
    expected: Option<Instant>,
    context: &Context<'_>,
) -> Decision {
    let now = context.now;
    if expected.is_some_and(|expected| expected < now) {
        return Err(TicketRefusal::Past { field: "/expected", now });
    }
    Ok(vec![TicketEvent::DelayAnnounced { text: text.into(), expected, clock: None }])
}

pub(super) fn new_id(context: &Context<'_>) -> CommitmentId {
    CommitmentId(context.derive_id("commitment"))
}

/// Says that a promise was kept; a closed ticket's too, for promises outlive the case. What was
/// broken stays broken.
pub(super) fn keep(state: &TicketState, id: CommitmentId, note: Option<String>) -> Decision {
    let Some(open) = unsettled(state, id, CommitmentState::Kept)? else { return Ok(Vec::new()) };
    let note = note.map(Into::into);
    Ok(vec![TicketEvent::CommitmentKept { commitment_id: open.id, note }])
}

/// Changes what is promised or by when.
pub(super) fn change(
    state: &TicketState,
    id: CommitmentId,
    text: String,
    due: NewDue,
    reason: String,
) -> Decision {
    let open = state.open_commitments().find(|it| it.id == id);
    let open = open.ok_or(TicketRefusal::UnknownCommitment)?;
    let due = match due {
        NewDue::Stays => open.due,
        NewDue::Is(due) => due,
    };
    let text = Personal::text(text);
    if open.text == text && open.due == due {
        return Ok(Vec::new());
    }
    Ok(vec![TicketEvent::CommitmentChanged {
        commitment_id: id,
        text,
        from_due: open.due,
        due,
        reason: reason.into(),
    }])
}

/// Says that a promise was broken; a closed ticket's too. What was kept stays kept.
pub(super) fn break_it(state: &TicketState, id: CommitmentId, reason: String) -> Decision {
    let Some(open) = unsettled(state, id, CommitmentState::Broken)? else { return Ok(Vec::new()) };
    Ok(vec![TicketEvent::CommitmentBroken { commitment_id: open.id, reason: reason.into() }])
}

/// The promise, if it is still to be settled; none if it was settled in this very way already.
fn unsettled(
    state: &TicketState,
    id: CommitmentId,
    way: CommitmentState,
) -> Result<Option<&Commitment>, TicketRefusal> {
    let promise = state.commitments.iter().find(|it| it.id == id);
    match promise {
        Some(promise) if promise.state == CommitmentState::Open => Ok(Some(promise)),
        Some(promise) if promise.state == way => Ok(None),
        Some(_) | None => Err(TicketRefusal::UnknownCommitment),
    }
}
