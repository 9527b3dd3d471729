//! What a customer is to be told by itself.

use crate::context::Context;
use crate::ids::MessageId;
use crate::instant::Instant;
use crate::party::Channel;
use crate::ticket::decide::Decision;
use crate::ticket::event::{HoursOf, Notice, TicketEvent};
use crate::ticket::state::TicketState;

/// A customer's message of which it is asked whether somebody is there to read it.
pub(super) struct Written<'m> {
    pub message: MessageId,
    pub channel: Channel,
    /// The key of the calendar by which the ticket's owner works, who is there to work.
    pub owner_calendar: Option<&'m str>,
    /// When the customer can be told.
    pub told_at: Instant,
}

/// Notes that the customer, who wrote while nobody is there, is to be told when it will be read (S-34): where
/// the queue in force names a template for it. What counts is when the owner works, else the queue, else the
/// desk, which is the calendar of its plan. Once for each opening, so that many messages of one night make one
/// notice; and nothing where the opening has come before anybody could be told, nor of what was said to
/// somebody's face or ear.
pub(super) fn after_hours(
    state: &TicketState,
    written: &Written<'_>,
    context: &Context<'_>,
) -> Decision {
    let heard = matches!(written.channel, Channel::Phone | Channel::InPerson);
    let due = if heard { None } else { due(state, written, context) };
    Ok(due.into_iter().collect())
}

fn due(state: &TicketState, written: &Written<'_>, context: &Context<'_>) -> Option<TicketEvent> {
    let catalogue = context.catalogue;
    let queue = &catalogue.queues.get(&state.queue.key)?.document;
    let template = catalogue.template(queue.after_hours_notice.as_deref()?)?;
    let (key, hours_of) = hours(state, written, context)?;
    let calendar = &catalogue.calendars.get(key)?.document;
    let opens_at = calendar.next_opening(catalogue.calendar_zones.get(key)?, context.now)?;
    let news = opens_at > written.told_at && state.noticed_opening != Some(opens_at);
    let calendar = catalogue.calendar(key)?;
    news.then(|| TicketEvent::NoticeDue {
        message_id: written.message,
        queue: state.queue.clone(),
        template,
        notice: Notice::AfterHours { calendar, hours_of, opens_at },
    })
}

/// Which calendar counts, and whose it is. An owner's may have been retired since; then it counts no more.
fn hours<'c>(
    state: &TicketState,
    written: &Written<'_>,
    context: &Context<'c>,
) -> Option<(&'c str, HoursOf)> {
    let catalogue = context.catalogue;
    let of_owner = || {
        let (key, _) = catalogue.calendars.get_key_value(written.owner_calendar?)?;
        Some((key.as_str(), HoursOf::Owner(state.assignee.clone()?)))
    };
    let of_queue = || {
        let queue = &catalogue.queues.get(&state.queue.key)?.document;
        Some((queue.calendar.as_deref()?, HoursOf::Queue))
    };
    let of_desk = || {
        let plan = &catalogue.plans.get(&catalogue.settings().plan)?.document;
        Some((plan.calendar.as_str(), HoursOf::Desk))
    };
    of_owner().or_else(of_queue).or_else(of_desk)
}
