//! Contacts that leave no text of their own: calls, meetings, chats. None moves the status; two
//! people who spoke have answered what waited.

use crate::context::Context;
use crate::ids::MessageId;
use crate::instant::Instant;
use crate::party::AgentRef;
use crate::ticket::command::{NewCall, TicketRefusal};
use crate::ticket::decide::Decision;
use crate::ticket::event::{Call, Chat, Meeting, TicketEvent};
use crate::ticket::state::TicketState;

type Period = (Option<Instant>, Option<Instant>);

/// How far ahead the clock of whoever logs a contact may be, in milliseconds.
const CLOCK_SKEW_MS: i64 = 60_000;

/// Logs a phone call, a missed one too (S-64).
pub(super) fn log_call(state: &TicketState, call: NewCall, context: &Context<'_>) -> Decision {
    took_place((call.started_at, call.ended_at), context)?;
    Ok(vec![TicketEvent::CallLogged(Box::new(Call {
        id: MessageId(context.derive_id("message")),
        number: state.next_message_number(),
        agent: call.agent,
        direction: call.direction,
        outcome: call.outcome,
        line: call.line,
        phone: call.phone.map(Into::into),
        ivr_path: call.ivr_path,
        wait_ms: call.wait_ms,
        started_at: call.started_at,
        ended_at: call.ended_at,
        summary: call.summary.map(Into::into),
        attachments: call.attachments,
    }))])
}

/// Logs a meeting face to face (S-67).
pub(super) fn log_meeting(
    state: &TicketState,
    agent: Option<AgentRef>,
    period: Period,
    summary: String,
    context: &Context<'_>,
) -> Decision {
    took_place(period, context)?;
    Ok(vec![TicketEvent::ContactLogged(Box::new(Meeting {
        id: MessageId(context.derive_id("message")),
        number: state.next_message_number(),
        agent,
        started_at: period.0,
        ended_at: period.1,
        summary: summary.into(),
    }))])
}

/// Logs a chat, an abandoned one too (S-66).
pub(super) fn log_chat(
    state: &TicketState,
    agent: Option<AgentRef>,
    period: Period,
    abandoned: bool,
    transcript: String,
    context: &Context<'_>,
) -> Decision {
    took_place(period, context)?;
    Ok(vec![TicketEvent::ChatLogged(Box::new(Chat {
        id: MessageId(context.derive_id("message")),
        number: state.next_message_number(),
        agent,
        started_at: period.0,
        ended_at: period.1,
        abandoned,
        transcript: transcript.into(),
    }))])
}

/// A contact that was logged had begun, by a clock that may be a little ahead, and ended after that.
fn took_place(period: Period, context: &Context<'_>) -> Result<(), TicketRefusal> {
    match period {
        (Some(start), _) if start > context.now.plus_millis(CLOCK_SKEW_MS) => {
            Err(TicketRefusal::StartsLater)
        }
        (Some(start), Some(end)) if end < start => Err(TicketRefusal::EndsBeforeStart),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}
