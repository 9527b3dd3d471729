//! What a customer who wrote is told by itself.

use docket_domain::codec::Event;
use docket_domain::context::Context;
use docket_domain::ids::MessageId;
use docket_domain::instant::Instant;
use docket_domain::party::{Actor, ActorKind, Channel};
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::decide::decide;
use docket_domain::ticket::event::{OpenedBy, TicketEvent};
use docket_domain::ticket::state::{Ticket, TicketState};

use crate::append::{Plan, Write};
use crate::desk::Desk;
use crate::error::CommandError;
use crate::request::{Occurred, Request};
use crate::tickets::after;

impl Desk {
    /// What a command writes to a ticket, with what the customer is to be told of it (S-34). Both are written
    /// together, the second by Docket itself: no message stays without its notice, and none has two.
    pub(crate) async fn with_notice(
        &self,
        request: &Request,
        before: &Ticket,
        write: Write,
    ) -> Result<Plan, CommandError> {
        let notice = self.after_hours(request, before, &write).await?;
        let mut plan = Plan::of(write);
        plan.writes.extend(notice);
        Ok(plan)
    }

    /// What is to be written after a write by which a customer said something, where nobody is there to read
    /// it. Nobody is told anything of what was said in an imported log.
    async fn after_hours(
        &self,
        request: &Request,
        before: &Ticket,
        write: &Write,
    ) -> Result<Option<Write>, CommandError> {
        let catalogue = self.catalogue();
        let Some(written) = written(before, &write.events) else { return Ok(None) };
        let queue = catalogue.queues.get(written.queue);
        let tells = queue.is_some_and(|queue| queue.document.after_hours_notice.is_some());
        let told_at = self.now();
        let now = match request.occurred {
            Occurred::Imported(_) => return Ok(None),
            Occurred::Now => told_at,
            Occurred::At(at) | Occurred::Due(at) => at,
        };
        if !tells {
            return Ok(None);
        }
        let command = TicketCommand::NoteAfterHours {
            message: written.message,
            channel: written.channel,
            owner_calendar: self.calendar_of_owner(before.present(), told_at).await?,
            told_at,
        };
        let actor = Actor::new(ActorKind::System, "notices");
        let command_id = request.command_id;
        let context = Context { actor: actor.clone(), now, command_id, catalogue: &catalogue };
        let events = decide(&after(before.clone(), &write.events), command, &context)?;
        Ok((!events.is_empty()).then(|| Write {
            stream: write.stream.clone(),
            version: write.version + write.events.len() as u64,
            subjects: write.subjects.clone(),
            actor,
            channel: None,
            events: events.into_iter().map(Event::Ticket).collect(),
        }))
    }

    /// By which calendar the owner of a ticket works, if there is an owner who has one, and who is neither
    /// away nor gone.
    async fn calendar_of_owner(
        &self,
        ticket: Option<&TicketState>,
        now: Instant,
    ) -> Result<Option<String>, CommandError> {
        let Some(owner) = ticket.and_then(|ticket| ticket.assignee.as_ref()) else {
            return Ok(None);
        };
        let owner = self.known_agent(owner.id).await?;
        let owner = owner.state.as_ref().filter(|it| it.profile.active);
        let there = owner.filter(|owner| owner.absence_at(now).is_none());
        Ok(there.and_then(|owner| owner.profile.calendar.clone()))
    }
}

/// What a customer wrote: to a ticket of which queue, and by which way.
struct Written<'a> {
    queue: &'a str,
    message: MessageId,
    channel: Channel,
}

fn written<'a>(before: &'a Ticket, events: &'a [Event]) -> Option<Written<'a>> {
    events.iter().find_map(|event| match event {
        Event::Ticket(TicketEvent::MessageReceived { message, channel, .. }) => {
            let queue = before.present()?.queue.key.as_str();
            Some(Written { queue, message: message.id, channel: *channel })
        }
        Event::Ticket(TicketEvent::TicketCreated(created)) => {
            let message = created.message.as_ref();
            let message = message.filter(|_| created.opened_by == OpenedBy::Customer)?;
            let (queue, channel) = (created.queue.key.as_str(), created.channel);
            Some(Written { queue, message: message.id, channel })
        }
        _ => None,
    })
}
