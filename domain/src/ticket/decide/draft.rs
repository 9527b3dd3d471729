//! Replies that are kept until they are sent (S-56).

use crate::context::Context;
use crate::ids::AgentId;
use crate::party::AgentRef;
use crate::personal::Personal;
use crate::ticket::event::{DraftEnd, TicketEvent};
use crate::ticket::state::TicketState;

/// Keeps what somebody has written so far of a reply; nothing where that is what is kept. Whoever goes on
/// writing does not begin anew: what was left for long is not new by a comma.
pub(super) fn keep(
    state: &TicketState,
    author: AgentRef,
    body: String,
    context: &Context<'_>,
) -> Vec<TicketEvent> {
    let kept = state.draft_of(author.id);
    if kept.is_some_and(|draft| draft.body.known() == Some(&body)) {
        return Vec::new();
    }
    let unsent_at = match kept {
        Some(draft) => draft.unsent_at,
        None => {
            let after = context.catalogue.settings().unsent_after_ms();
            after.map(|after| context.now.plus_millis(after))
        }
    };
    vec![TicketEvent::ReplyDrafted { author, body: Personal::text(body), unsent_at }]
}

/// Ends somebody's draft, where there is one.
pub(super) fn end(state: &TicketState, author: AgentId, end: DraftEnd) -> Vec<TicketEvent> {
    let draft = state.draft_of(author);
    let ended = draft.map(|draft| TicketEvent::DraftEnded { author: draft.author.clone(), end });
    ended.into_iter().collect()
}

/// Whoever replies has sent what they kept of it.
pub(super) fn sent(state: &TicketState, context: &Context<'_>) -> Vec<TicketEvent> {
    let replies = |author: AgentId| author.to_string() == context.actor.id;
    let author = state.drafts.iter().map(|draft| draft.author.id).find(|author| replies(*author));
    author.map(|author| end(state, author, DraftEnd::Sent)).unwrap_or_default()
}
