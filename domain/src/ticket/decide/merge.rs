//! How tickets become one, come apart, and hang together. A merge moves nothing: the source becomes
//! an alias of the survivor, and each message keeps its home.

use crate::context::Context;
use crate::definition::BaseStatus;
use crate::ids::{MergeId, MessageId, TicketId};
use crate::ticket::command::TicketRefusal;
use crate::ticket::decide::{Decision, conversation, status};
use crate::ticket::event::{
    LinkKind, MergeSide, StatusChange, TicketEvent, TicketRef, WaitingMessage,
};
use crate::ticket::state::{Absorbed, TicketState};

/// Makes this ticket an alias of `into`, which its handler has followed to the root. Closed tickets
/// can be merged, but not into a closed one, where nobody would look. An open complaint is decided
/// first, since an alias takes no decision (S-72). A snooze rests until the merge is undone.
pub(super) fn merge(
    state: &TicketState,
    into: TicketRef,
    survivor_status: BaseStatus,
    context: &Context<'_>,
) -> Decision {
    let leads_here = state.absorbed.iter().any(|alias| alias.source.id == into.id);
    if is_this(state, &into) || leads_here {
        return Err(TicketRefusal::MergeCycle);
    }
    if matches!(survivor_status, BaseStatus::Closed | BaseStatus::Merged) {
        return Err(TicketRefusal::SurvivorClosed);
    }
    if state.open_complaint.is_some() {
        return Err(TicketRefusal::ComplaintOpen);
    }
    Ok(vec![TicketEvent::TicketMerged {
        merge_id: MergeId(context.derive_id("merge")),
        into,
        status: status::change(state, BaseStatus::Merged.key(), context)?,
    }])
}

/// Takes another ticket as an alias. The merge was decided at the source, so this follows from it
/// whatever has become of the survivor since; said twice, or after it was undone, it does nothing.
///
/// What waits for an answer there waits here from now on, so that no message is forgotten (S-81):
/// the customer of the survivor waits, and its status says so as if the message had come here.
pub(super) fn absorb(
    state: &TicketState,
    merge_id: MergeId,
    source: TicketRef,
    waiting: Vec<WaitingMessage>,
    context: &Context<'_>,
) -> Decision {
    if is_this(state, &source) {
        return Err(TicketRefusal::MergeCycle);
    }
    let known = state.absorbed.iter().any(|alias| alias.merge_id == merge_id);
    if known || state.undone_merges.contains(&merge_id) {
        return Ok(Vec::new());
    }
    let at_rest = state.is_closed() || state.merged.is_some();
    let (status, and_then) = if waiting.is_empty() || at_rest {
        (None, None)
    } else {
        conversation::stirred(state, context)?
    };
    let absorbed = TicketEvent::TicketAbsorbed { merge_id, source, waiting, status };
    Ok([absorbed].into_iter().chain(and_then).collect())
}

/// Undoes a merge: the source is again what it was before, with its status and its snooze. The
/// survivor's later messages stay with it, but for those listed. What waits for an answer still,
/// of what the source brought and of those listed, waits at the source again; what was answered
/// meanwhile stays answered. Both sides can be merged themselves by then: this is bookkeeping of
/// aliases.
pub(super) fn unmerge(
    state: &TicketState,
    merge_id: MergeId,
    side: MergeSide,
    messages: Vec<MessageId>,
    waiting: Vec<WaitingMessage>,
    answered: Vec<MessageId>,
) -> Decision {
    if state.undone_merges.contains(&merge_id) {
        return Ok(Vec::new());
    }
    let (other, status) = match side {
        MergeSide::Source => undone_at_source(state, merge_id)?,
        MergeSide::Survivor => {
            let alias = alias(state, merge_id).ok_or(TicketRefusal::NoSuchMerge)?;
            all_said_here(state, &messages)?;
            (alias.source.clone(), None)
        }
    };
    Ok(vec![TicketEvent::TicketUnmerged {
        merge_id,
        other,
        side,
        messages,
        waiting,
        answered,
        status,
    }])
}

/// Gives back what waits here for an alias of an alias: a ticket further down the chain is its own
/// again. Where none of it waits here, there is nothing to do.
pub(super) fn give_back(
    state: &TicketState,
    merge_id: MergeId,
    source: TicketRef,
    mut waiting: Vec<WaitingMessage>,
) -> Decision {
    waiting.retain(|message| state.all_waiting().any(|id| id == message.id));
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![TicketEvent::TicketUnmerged {
        merge_id,
        other: source,
        side: MergeSide::Survivor,
        messages: Vec::new(),
        waiting,
        answered: Vec::new(),
        status: None,
    }])
}

fn undone_at_source(
    state: &TicketState,
    merge_id: MergeId,
) -> Result<(TicketRef, Option<StatusChange>), TicketRefusal> {
    let merged = state.merged.as_ref().filter(|merged| merged.merge_id == merge_id);
    let merged = merged.ok_or(TicketRefusal::NoSuchMerge)?;
    let status = StatusChange { from: state.status.clone(), to: merged.status_before.clone() };
    Ok((merged.into.clone(), Some(status)))
}

/// Notes which messages a new ticket was made of, by reference; they stay here too. What waits for an
/// answer of them waits there from now on: nobody waits twice for one answer.
pub(super) fn split(
    state: &TicketState,
    into: TicketRef,
    messages: Vec<MessageId>,
    mut waiting: Vec<WaitingMessage>,
) -> Decision {
    if is_this(state, &into) {
        return Err(TicketRefusal::SelfLink);
    }
    if messages.is_empty() {
        return Err(TicketRefusal::UnknownMessage);
    }
    all_said_here(state, &messages)?;
    if state.is_linked(into.id, LinkKind::SplitInto) {
        return Ok(Vec::new());
    }
    waiting.retain(|it| messages.contains(&it.id) && state.waiting().any(|own| own.id == it.id));
    Ok(vec![TicketEvent::TicketSplit { into, messages, waiting }])
}

/// Links this ticket with another.
pub(super) fn link(state: &TicketState, other: TicketRef, kind: LinkKind) -> Decision {
    if is_this(state, &other) {
        return Err(TicketRefusal::SelfLink);
    }
    if state.is_linked(other.id, kind) {
        return Ok(Vec::new());
    }
    Ok(vec![TicketEvent::TicketLinked { other, kind }])
}

/// Removes the links with another ticket: all, or those of one kind.
pub(super) fn unlink(state: &TicketState, other: TicketId, kind: Option<LinkKind>) -> Decision {
    let links = state
        .links
        .iter()
        .filter(|link| link.other.id == other && kind.is_none_or(|kind| kind == link.kind));
    let unlinked: Vec<TicketEvent> = links
        .map(|link| TicketEvent::TicketUnlinked { other: link.other.clone(), kind: link.kind })
        .collect();
    if unlinked.is_empty() { Err(TicketRefusal::UnknownLink) } else { Ok(unlinked) }
}

/// Numbers are unique in a store, and a ticket knows its own.
fn is_this(state: &TicketState, other: &TicketRef) -> bool {
    state.number == other.number
}

fn alias(state: &TicketState, merge_id: MergeId) -> Option<&Absorbed> {
    state.absorbed.iter().find(|alias| alias.merge_id == merge_id)
}

fn all_said_here(state: &TicketState, messages: &[MessageId]) -> Result<(), TicketRefusal> {
    let known = messages.iter().all(|id| state.message(*id).is_some());
    if known { Ok(()) } else { Err(TicketRefusal::UnknownMessage) }
}
