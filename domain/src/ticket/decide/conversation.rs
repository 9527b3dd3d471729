//! What customer and desk say to each other.

use crate::context::Context;
use crate::ids::MessageId;
use crate::party::{ActorKind, AgentRef, Channel};
use crate::ticket::command::{NewMessage, TicketRefusal};
use crate::ticket::decide::opening::message as said;
use crate::ticket::decide::{Decision, closing, draft, snooze, status};
use crate::ticket::event::{StatusChange, TicketEvent};
use crate::ticket::state::{MessageKind, TicketState};

/// Takes in a customer's message. A closed ticket is reopened by it within the reopen window
/// (S-53); a snoozed one wakes, unless its wake rule says otherwise, and then stays as it is; any
/// other moves as the settings say.
pub(super) fn receive(
    state: &TicketState,
    message: NewMessage,
    channel: Channel,
    context: &Context<'_>,
) -> Decision {
    let (status, and_then) = if state.is_closed() {
        (None, Some(closing::reopen_by_message(state, context)?))
    } else {
        stirred(state, context)?
    };
    let message = said(message, state.next_message_number(), context);
    let received = TicketEvent::MessageReceived { message, channel, status };
    Ok([received].into_iter().chain(and_then).collect())
}

/// What a customer who waits does to an open ticket: the status moves as the settings say; a snoozed
/// one wakes instead, unless its wake rule says otherwise, and then stays as it is.
pub(super) fn stirred(
    state: &TicketState,
    context: &Context<'_>,
) -> Result<(Option<StatusChange>, Option<TicketEvent>), TicketRefusal> {
    if state.snooze.is_some() {
        return Ok((None, snooze::wake_by_message(state, context)?));
    }
    let rule = context.catalogue.settings().status_on.message.as_ref();
    Ok((status::by_rule(state, rule, context)?, None))
}

/// Notes that an employee opened a customer's message, the latest when none is said: one of the
/// ticket's own, or one that an alias or a split brought. Only the first time is on record (S-33).
pub(super) fn open_message(state: &TicketState, message: Option<MessageId>) -> Decision {
    let mut of_customer =
        state.messages.iter().filter(|message| message.kind == MessageKind::Customer);
    let found = match message {
        Some(id) if state.message(id).is_none() && state.knows(id) => {
            let first = !state.opened_from_others.contains(&id);
            return Ok(first
                .then_some(TicketEvent::MessageOpened { message_id: id })
                .into_iter()
                .collect());
        }
        Some(id) => Some(of_customer.find(|it| it.id == id).ok_or(TicketRefusal::UnknownMessage)?),
        None => of_customer.next_back(),
    };
    let unopened = found.filter(|message| !message.opened);
    Ok(unopened.map(|it| TicketEvent::MessageOpened { message_id: it.id }).into_iter().collect())
}

/// Files a waiting message, all that wait when none is said, as needing no reply (S-76). A message
/// that does not wait any more needs no filing; to file all when none waits is a mistake.
pub(super) fn file(state: &TicketState, message: Option<MessageId>, reason: String) -> Decision {
    let message_ids: Vec<MessageId> = match message {
        Some(id) => {
            if !state.knows(id) {
                return Err(TicketRefusal::UnknownMessage);
            }
            state.all_waiting().filter(|waiting| *waiting == id).collect()
        }
        None => state.all_waiting().collect(),
    };
    match (message, message_ids.is_empty()) {
        (None, true) => Err(TicketRefusal::NothingWaits),
        (Some(_), true) => Ok(Vec::new()),
        (_, false) => Ok(vec![TicketEvent::MessageFiled { message_ids, reason: reason.into() }]),
    }
}

/// Answers in public: every customer's message that waits, an alias's too, is answered by it, and the status moves
/// as the settings say, out of a snooze too; what its author had kept of it is sent. A program's reply
/// answers nothing and moves nothing: the customer still waits for a person.
pub(super) fn reply(
    state: &TicketState,
    message: NewMessage,
    channel: Option<Channel>,
    seen_version: u64,
    context: &Context<'_>,
) -> Decision {
    let by_program = matches!(context.actor.kind, ActorKind::Bot | ActorKind::System);
    let (answers, status) = if by_program {
        (Vec::new(), None)
    } else {
        let rule = context.catalogue.settings().status_on.reply.as_ref();
        (state.all_waiting().collect(), status::by_rule(state, rule, context)?)
    };
    let replied = TicketEvent::TicketReplied {
        message: said(message, state.next_message_number(), context),
        answers,
        // Nobody can have seen what is not there yet.
        seen_version: seen_version.min(state.version),
        channel: channel.unwrap_or(state.channel),
        status,
    };
    Ok([replied].into_iter().chain(draft::sent(state, context)).collect())
}

/// Notes that a reply never arrived. What it answered stays answered, and says so (T22).
pub(super) fn bounce(
    state: &TicketState,
    id: MessageId,
    recipient: Option<String>,
    code: Option<String>,
    reason: Option<String>,
) -> Decision {
    if state.message(id).is_none_or(|message| message.kind != MessageKind::Reply) {
        return Err(TicketRefusal::UnknownMessage);
    }
    let [recipient, reason] = [recipient, reason].map(|text| text.map(Into::into));
    Ok(vec![TicketEvent::DeliveryFailed { message_id: id, recipient, code, reason }])
}

/// Writes an internal note. It is no answer, moves no status, and is taken after the end too: what
/// is learnt late belongs to the case.
pub(super) fn add_note(
    state: &TicketState,
    message: NewMessage,
    mentions: Vec<AgentRef>,
    context: &Context<'_>,
) -> Decision {
    let message = said(message, state.next_message_number(), context);
    Ok(vec![TicketEvent::NoteAdded { message, mentions }])
}
