//! What a customer who wrote is told by itself.

use docket_domain::codec::Event;
use docket_domain::context::Context;
use docket_domain::party::{Actor, ActorKind};
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::decide::decide;
use docket_domain::ticket::event::{OpenedBy, TicketEvent};
use docket_domain::ticket::state::{Ticket, TicketState};

use crate::append::{Plan, Write};
use crate::desk::Desk;
use crate::error::CommandError;
use crate::load::Last;
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
    pub(crate) async fn after_hours(
        &self,
        request: &Request,
        before: &Ticket,
        write: &Write,
    ) -> Result<Option<Write>, CommandError> {
        let catalogue = self.catalogue();
        let queue = written_to(before, &write.events).and_then(|key| catalogue.queues.get(key));
        let tells = queue.is_some_and(|queue| queue.document.after_hours_notice.is_some());
        if !tells || matches!(request.occurred, Occurred::Imported(_)) {
            return Ok(None);
        }
        let ticket = after(before.clone(), &write.events);
        let command = TicketCommand::NoticeAfterHours {
            owner_calendar: self.calendar_of_owner(ticket.present()).await?,
            told_at: self.now(),
        };
        let actor = Actor::new(ActorKind::System, "notices");
        let context = Context {
            actor: actor.clone(),
            now: self.moment(request, Last::NONE)?,
            command_id: request.command_id,
            catalogue: &catalogue,
        };
        let events = decide(&ticket, command, &context)?;
        Ok((!events.is_empty()).then(|| Write {
            stream: write.stream.clone(),
            version: write.version + write.events.len() as u64,
            subjects: write.subjects.clone(),
            actor,
            channel: None,
            events: events.into_iter().map(Event::Ticket).collect(),
        }))
    }

    async fn calendar_of_owner(
        &self,
        ticket: Option<&TicketState>,
    ) -> Result<Option<String>, CommandError> {
        let Some(owner) = ticket.and_then(|ticket| ticket.assignee.as_ref()) else {
            return Ok(None);
        };
        let owner = self.agent(owner.id).await?;
        Ok(owner.state.as_ref().and_then(|owner| owner.profile.calendar.clone()))
    }
}

/// The queue of the ticket to which a customer wrote by these events, if one did.
fn written_to<'a>(before: &'a Ticket, events: &'a [Event]) -> Option<&'a str> {
    events.iter().find_map(|event| match event {
        Event::Ticket(TicketEvent::MessageReceived { .. }) => {
            Some(before.present()?.queue.key.as_str())
        }
        Event::Ticket(TicketEvent::TicketCreated(created)) => {
            let wrote = created.opened_by == OpenedBy::Customer && created.message.is_some();
            wrote.then_some(created.queue.key.as_str())
        }
        _ => None,
    })
}
