//! Plans laid under clocks that run: a page of tickets at a time, each ticket a command of its own.

use docket_domain::codec::{Event, REAPPLICATION};
use docket_domain::definition::{DefinitionEvent, Term};
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::event::SlaReapplied;
use uuid::Uuid;

use crate::append::{Appended, Plan, Write};
use crate::desk::Desk;
use crate::error::CommandError;
use crate::request::{Done, Occurred, Request};

/// Under which tickets' clocks a plan is laid by one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reapplication {
    /// The plan, in the version that is laid under them.
    pub plan: Term,
    /// The tickets.
    pub tickets: Vec<TicketId>,
    /// The last ticket that was looked at, where there are more behind it.
    pub next: Option<TicketId>,
}

impl Desk {
    /// What the same request meant when it was made before, if it was and changed anything.
    ///
    /// # Errors
    /// When its id was used for something else, or the log cannot be read.
    pub async fn reapplied_before(
        &self,
        request: &Request,
    ) -> Result<Option<Reapplication>, CommandError> {
        Ok(self.earlier(request).await?.and_then(meant))
    }

    /// Notes under which tickets' clocks a plan is to be laid: first of all, so that a repetition means
    /// the same ones, whatever runs by then. What the request means is answered: what was noted, where
    /// somebody was faster with the same one.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn begin_reapplying(
        &self,
        request: &Request,
        found: Reapplication,
    ) -> Result<Reapplication, CommandError> {
        let Reapplication { plan, tickets, next } = found;
        let event = Event::Definition(DefinitionEvent::PlanReapplied { plan, tickets, next });
        let write = Write {
            stream: format!("{REAPPLICATION}-{}", request.command_id),
            version: 0,
            subjects: Vec::new(),
            actor: request.actor.clone(),
            channel: None,
            events: vec![event],
        };
        match self.append(request, Plan::of(write)).await? {
            Appended::Done(done) => meant(done).ok_or(CommandError::Contended),
            Appended::Outrun => Err(CommandError::Contended),
        }
    }

    /// Lets another version of a plan hold for a ticket's clocks, as that was found in a version of the
    /// ticket and as of an instant; refused where the ticket has changed since. One request may be about
    /// many tickets: each command's id derives from the request's and the ticket.
    pub async fn reapply(
        &self,
        request: &Request,
        id: TicketId,
        reapplied: SlaReapplied,
        (found_in, at): (u64, Instant),
    ) -> Result<Option<Done>, CommandError> {
        let request = Request { occurred: Occurred::Due(at), ..of_ticket(request, id) };
        let command = TicketCommand::ReapplySla { reapplied: Box::new(reapplied), found_in };
        self.execute(&request, id, &command).await.map(Some)
    }

    /// What [`reapply`](Self::reapply) did for the same request before, if it did anything.
    pub async fn reapplied_earlier(
        &self,
        request: &Request,
        id: TicketId,
    ) -> Result<Option<Done>, CommandError> {
        self.earlier(&of_ticket(request, id)).await
    }
}

fn meant(done: Done) -> Option<Reapplication> {
    let event = done.events.into_iter().next()?.event;
    let Event::Definition(DefinitionEvent::PlanReapplied { plan, tickets, next }) = event else {
        return None;
    };
    Some(Reapplication { plan, tickets, next })
}

/// One ticket's part of a request that is about many.
fn of_ticket(request: &Request, id: TicketId) -> Request {
    Request {
        command_id: Uuid::new_v5(&request.command_id, id.0.as_bytes()),
        correlation_id: Some(request.command_id),
        ..request.clone()
    }
}
