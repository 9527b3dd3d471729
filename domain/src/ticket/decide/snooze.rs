//! Putting a ticket aside until a time, and taking it up again (S-42).

use crate::context::Context;
use crate::definition::BaseStatus;
use crate::instant::Instant;
use crate::personal::Personal;
use crate::ticket::command::TicketRefusal;
use crate::ticket::decide::{Decision, status};
use crate::ticket::event::{SnoozeReason, TicketEvent, WakeCause};
use crate::ticket::state::{Snooze, TicketState};

/// Ten years, two or three of them leap years: the farthest that a snooze may end.
const FARTHEST_MS: i64 = 3653 * 24 * 60 * 60 * 1000;

/// Puts the ticket aside until a time to come, at most ten years from now, rounded as the settings say. A snoozed ticket can be
/// snoozed anew; asked for the same again, it stays as it is.
pub(super) fn snooze(
    state: &TicketState,
    until: Instant,
    reason: SnoozeReason,
    note: Option<String>,
    wakes_on_message: bool,
    context: &Context<'_>,
) -> Decision {
    if until <= context.now {
        return Err(TicketRefusal::SnoozeInPast);
    }
    let settings = context.catalogue.settings();
    let wakes_at = settings.snooze_end(until, context.catalogue.zone_offsets.as_ref());
    // Rounding moves the end on, so that it can pass what the calendar can write.
    if until.max(wakes_at) > context.now.plus_millis(FARTHEST_MS).min(Instant::LATEST) {
        return Err(TicketRefusal::SnoozeTooFar);
    }
    let asked = Snooze {
        until,
        wakes_at,
        reason,
        note: note.map(Personal::text),
        wakes_on_message,
        rested: state.snooze.as_ref().is_some_and(|snooze| snooze.rested),
    };
    if state.snooze.as_ref() == Some(&asked) {
        return Ok(Vec::new());
    }
    Ok(vec![TicketEvent::TicketSnoozed {
        until,
        wakes_at,
        block_ms: settings.rounding_block_ms(),
        reason,
        note: asked.note,
        wakes_on_message,
        status: status::change(state, BaseStatus::Snoozed.key(), context)?,
    }])
}

/// Ends a snooze. The timer does so only when it is due, and finds nothing to do in a ticket that
/// woke, was closed or was merged before; a person can do so at any time.
pub(super) fn wake(state: &TicketState, cause: WakeCause, context: &Context<'_>) -> Decision {
    let Some(snooze) = &state.snooze else {
        return match cause {
            WakeCause::Timer => Ok(Vec::new()),
            WakeCause::Manual | WakeCause::Message => Err(TicketRefusal::NotSnoozed),
        };
    };
    if cause == WakeCause::Timer && context.now < snooze.wakes_at {
        return Ok(Vec::new());
    }
    Ok(vec![woken(state, snooze, cause, context)?])
}

/// What a customer's message does to a snooze: it ends it, unless the wake rule says otherwise.
pub(super) fn wake_by_message(
    state: &TicketState,
    context: &Context<'_>,
) -> Result<Option<TicketEvent>, TicketRefusal> {
    let snooze = state.snooze.as_ref().filter(|snooze| snooze.wakes_on_message);
    snooze.map(|snooze| woken(state, snooze, WakeCause::Message, context)).transpose()
}

fn woken(
    state: &TicketState,
    snooze: &Snooze,
    cause: WakeCause,
    context: &Context<'_>,
) -> Result<TicketEvent, TicketRefusal> {
    let to = &context.catalogue.settings().status_on.wake.to;
    let status = status::change(state, to, context)?;
    Ok(TicketEvent::TicketWoken { cause, due: snooze.wakes_at, status })
}
