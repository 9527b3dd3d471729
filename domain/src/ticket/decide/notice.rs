//! What a customer is to be told by itself.

use crate::context::Context;
use crate::definition::Term;
use crate::instant::Instant;
use crate::ticket::decide::Decision;
use crate::ticket::event::TicketEvent;
use crate::ticket::state::{MessageKind, TicketState};

/// Notes that the customer, who wrote while nobody is there, is to be told when the message will be read
/// (S-34): where the queue names a template for it. What counts is when the owner works, else the queue, else
/// the desk, which is the calendar of its plan. Once for each opening, so that many messages of one night make
/// one notice; and nothing where the opening has come before anybody could be told.
pub(super) fn after_hours(
    state: &TicketState,
    owner_calendar: Option<&str>,
    told_at: Instant,
    context: &Context<'_>,
) -> Decision {
    let found = opening(state, owner_calendar, context);
    let Some((template, calendar, opens_at)) = found else { return Ok(Vec::new()) };
    let written = state.messages.iter().rfind(|it| it.kind == MessageKind::Customer);
    let ahead = opens_at > told_at && state.told_to_open_at != Some(opens_at);
    let noticed = written.filter(|_| ahead).map(|message| TicketEvent::AfterHoursNoticed {
        message_id: message.id,
        template,
        calendar,
        opens_at,
    });
    Ok(noticed.into_iter().collect())
}

/// By which template is told when which calendar opens; none while it is open.
fn opening(
    state: &TicketState,
    owner_calendar: Option<&str>,
    context: &Context<'_>,
) -> Option<(Term, Term, Instant)> {
    let catalogue = context.catalogue;
    let queue = &catalogue.queues.get(&state.queue.key)?.document;
    let template = catalogue.template(queue.after_hours_notice.as_deref()?)?;
    // An owner's calendar may have been retired since: then the queue's counts.
    let of_owner = owner_calendar.filter(|key| catalogue.calendars.contains_key(*key));
    let of_plan = || Some(&*catalogue.plans.get(&catalogue.settings().plan)?.document.calendar);
    let key = of_owner.or(queue.calendar.as_deref()).or_else(of_plan)?;
    let calendar = &catalogue.calendars.get(key)?.document;
    let opens_at = calendar.next_opening(catalogue.calendar_zones.get(key)?, context.now)?;
    Some((template, catalogue.calendar(key)?, opens_at))
}
