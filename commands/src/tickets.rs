//! Commands on one ticket that need more than the ticket: taking the next one, waking a snoozed one.

use docket_domain::codec::Event;
use docket_domain::ids::{AgentId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::party::AgentRef;
use docket_domain::sla::clock::Due;
use docket_domain::sla::plan::{Step, Whom};
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::event::{AssignMethod, WakeCause};
use docket_domain::ticket::state::{TicketState, evolve};
use uuid::Uuid;

use crate::append::{Appended, Plan, Write};
use crate::desk::{Desk, TRIES};
use crate::error::CommandError;
use crate::request::{Done, Occurred, Request};

impl Desk {
    /// Gives a free ticket of a queue to an agent who takes the next one (S-50, S-82); refused when
    /// somebody else was faster, or moved it elsewhere, and while the agent is away (S-91).
    pub async fn take(
        &self,
        request: &Request,
        id: TicketId,
        queue: &str,
        agent: AgentId,
    ) -> Result<Done, CommandError> {
        let to = self.present_agent(agent).await?;
        let command = TicketCommand::Assign { to, method: AssignMethod::Next };
        let free = |ticket: &TicketState| {
            let free = ticket.assignee.is_none() && ticket.queue.key == queue;
            if free { Ok(()) } else { Err(CommandError::NotFree) }
        };
        self.execute_if(request, id, &command, free).await
    }

    /// Several commands on one ticket as one: each is decided on what those before it made of the
    /// ticket, and all of their events are written together, or none.
    pub async fn execute_all(
        &self,
        request: &Request,
        id: TicketId,
        commands: &[TicketCommand],
    ) -> Result<Done, CommandError> {
        if let [command] = commands {
            return self.execute(request, id, command).await;
        }
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        for _ in 0..TRIES {
            let mut folded = (*self.ticket(id).await?).clone();
            let mut writes: Vec<Write> = Vec::with_capacity(commands.len());
            for command in commands {
                let write = self.decide(request, id, &folded, command).await?;
                folded.state =
                    write.events.iter().fold(folded.state, |ticket, event| match event {
                        Event::Ticket(event) => evolve(ticket, event),
                        Event::Customer(_)
                        | Event::Agent(_)
                        | Event::Definition(_)
                        | Event::Token(_) => ticket,
                    });
                writes.push(write);
            }
            let together = writes.into_iter().reduce(|mut all, next| {
                all.events.extend(next.events);
                all
            });
            let Some(together) = together.filter(|write| !write.events.is_empty()) else {
                return Ok(self.nothing_to_do(id.stream(), folded.version));
            };
            if let Appended::Done(done) = self.append(request, Plan::of(together)).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    /// Ends a snooze whose time has come. The command's id derives from the snooze, so however many
    /// nodes and restarts try, it happens once; a snooze that ended otherwise is left alone.
    pub async fn wake_due(&self, id: TicketId, snooze_version: u64) -> Result<Done, CommandError> {
        let name = format!("wake/{snooze_version}");
        let request = Request::system("timer", Uuid::new_v5(&id.0, name.as_bytes()));
        self.execute(&request, id, &TicketCommand::Wake { cause: WakeCause::Timer }).await
    }

    /// Notes that a ticket, closed by the event of this version, may be purged since an instant (S-55);
    /// nothing where it was reopened, or something is open still.
    pub async fn mark_purge(
        &self,
        id: TicketId,
        (closed_in, at): (u64, Instant),
    ) -> Result<Done, CommandError> {
        let name = format!("purge/{closed_in}");
        let request = Request {
            occurred: Occurred::Due(at),
            ..Request::system("timer", Uuid::new_v5(&id.0, name.as_bytes()))
        };
        self.execute(&request, id, &TicketCommand::MarkPurge).await
    }

    /// Notes that a clock of a ticket warns or is breached, or takes a step of its plan's chain, as found
    /// in a version of the ticket. The command's id derives from clock, instance and what is noted, so
    /// each is noted once, at the instant at which it was due; refused where the ticket has changed since,
    /// whose clocks are then to be read again.
    pub async fn mark_clock(
        &self,
        id: TicketId,
        mut due: Due,
        found_in: u64,
    ) -> Result<Done, CommandError> {
        let (clock, instance) = due.of();
        let name = format!("clock/{}/{instance}/{}", clock.word(), due.mark.word());
        let request = Request {
            occurred: Occurred::Due(due.at),
            ..Request::system("timer", Uuid::new_v5(&id.0, name.as_bytes()))
        };
        let detected_at = self.now().max(due.at);
        let to = match &mut due.step {
            Some(step) => {
                step.agents = self.named_in(&step.step).await?;
                self.raised_to(id, &step.step.to).await?
            }
            None => None,
        };
        let command = TicketCommand::MarkClock { due: Box::new(due), found_in, detected_at, to };
        self.execute(&request, id, &command).await
    }

    /// The agents whom a step names, with their names, also of somebody who has left.
    async fn named_in(&self, step: &Step) -> Result<Vec<AgentRef>, CommandError> {
        let mut named: Vec<AgentRef> = Vec::new();
        for id in step.agents() {
            let agent = self.agent(id).await?;
            let name = agent.state.as_ref().map(|agent| agent.profile.name.clone());
            named.extend(name.map(|name| AgentRef { id, name }));
        }
        Ok(named)
    }

    /// The one agent whom a step raises a ticket to; none for many, and for somebody who has left.
    async fn raised_to(&self, id: TicketId, whom: &Whom) -> Result<Option<AgentRef>, CommandError> {
        let ticket = self.ticket(id).await?;
        let Some(state) = ticket.state.present() else { return Ok(None) };
        match whom {
            Whom::Owner => Ok(state.assignee.clone()),
            Whom::Manager => self.manager_of(&state.queue.key).await,
            Whom::Agent(agent) => self.who_is_there(*agent).await,
            Whom::Team(_) | Whom::Role(_) => Ok(None),
        }
    }

    /// Who manages a queue (S-72), if anybody does who is still there.
    pub async fn manager_of(&self, queue: &str) -> Result<Option<AgentRef>, CommandError> {
        let manager = self.catalogue().queues.get(queue).and_then(|queue| queue.document.manager);
        match manager {
            Some(manager) => self.who_is_there(manager).await,
            None => Ok(None),
        }
    }

    async fn who_is_there(&self, agent: AgentId) -> Result<Option<AgentRef>, CommandError> {
        match self.agent_ref(agent).await {
            Err(CommandError::UnknownAgent { .. }) => Ok(None),
            found => found.map(Some),
        }
    }
}
