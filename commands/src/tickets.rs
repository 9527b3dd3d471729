//! Commands on one ticket that need more than the ticket: several as one, and who manages its queue.

use docket_domain::codec::Event;
use docket_domain::ids::{AgentId, TicketId};
use docket_domain::party::AgentRef;
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::state::{Ticket, evolve};

use crate::append::{Appended, Write};
use crate::desk::{Desk, TRIES};
use crate::error::CommandError;
use crate::request::{Done, Request};

impl Desk {
    /// Several commands on one ticket as one: each is decided on what those before it made of the
    /// ticket, and all of their events are written together, or none.
    pub async fn execute_all(
        &self,
        request: &Request,
        id: TicketId,
        commands: &[TicketCommand],
    ) -> Result<Done, CommandError> {
        match commands {
            [command] => self.execute(request, id, command).await,
            commands => Box::pin(self.execute_several(request, id, commands)).await,
        }
    }

    async fn execute_several(
        &self,
        request: &Request,
        id: TicketId,
        commands: &[TicketCommand],
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        for _ in 0..TRIES {
            let ticket = self.ticket(id).await?;
            let mut folded = (*ticket).clone();
            let mut writes: Vec<Write> = Vec::with_capacity(commands.len());
            for command in commands {
                let write = self.decide(request, id, &folded, command).await?;
                folded.state = after(folded.state, &write.events);
                writes.push(write);
            }
            let together = writes.into_iter().reduce(|mut all, next| {
                all.events.extend(next.events);
                all
            });
            let Some(together) = together.filter(|write| !write.events.is_empty()) else {
                return Ok(self.nothing_to_do(id.stream(), folded.version));
            };
            let plan = self.with_notice(request, &ticket.state, together).await?;
            if let Appended::Done(done) = self.append(request, plan).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    /// Who manages a queue (S-72), if anybody does who is still there.
    pub async fn manager_of(&self, queue: &str) -> Result<Option<AgentRef>, CommandError> {
        let manager = self.catalogue().queues.get(queue).and_then(|queue| queue.document.manager);
        match manager {
            Some(manager) => self.who_is_there(manager).await,
            None => Ok(None),
        }
    }

    pub(crate) async fn who_is_there(
        &self,
        agent: AgentId,
    ) -> Result<Option<AgentRef>, CommandError> {
        match self.agent_ref(agent).await {
            Err(CommandError::UnknownAgent { .. }) => Ok(None),
            found => found.map(Some),
        }
    }
}

/// A ticket after events of its stream.
pub(crate) fn after(ticket: Ticket, events: &[Event]) -> Ticket {
    events.iter().fold(ticket, |ticket, event| match event {
        Event::Ticket(event) => evolve(ticket, event),
        Event::Customer(_) | Event::Agent(_) | Event::Definition(_) | Event::Token(_) => ticket,
    })
}
