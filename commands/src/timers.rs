//! What the time that passes makes of tickets: snoozes that end, closed tickets that were kept long enough,
//! clocks that warn or run out.

use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::party::AgentRef;
use docket_domain::sla::clock::Due;
use docket_domain::sla::plan::{Step, Whom};
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::event::WakeCause;
use uuid::Uuid;

use crate::desk::Desk;
use crate::error::CommandError;
use crate::request::{Done, Occurred, Request};

impl Desk {
    /// Ends a snooze whose time has come, at the instant at which it had come, however late somebody looks;
    /// where a merge held it back, which may have been undone only since, not before what was last done. The command's id derives from the snooze, so however
    /// many nodes and restarts try, it happens once; a snooze that ended otherwise is left alone.
    pub async fn wake_due(&self, id: TicketId, snooze_version: u64) -> Result<Done, CommandError> {
        let ticket = self.ticket(id).await?;
        let snooze = ticket.state.present().and_then(|ticket| ticket.snooze.as_ref());
        let ended = snooze.map(|snooze| match snooze.rested {
            true => snooze.wakes_at.max(ticket.last.caused_at),
            false => snooze.wakes_at,
        });
        let ended = ended.filter(|at| *at <= self.now());
        let name = format!("wake/{snooze_version}");
        let request = Request {
            occurred: ended.map_or(Occurred::Now, Occurred::Due),
            ..Request::system("timer", Uuid::new_v5(&id.0, name.as_bytes()))
        };
        self.execute(&request, id, &TicketCommand::Wake { cause: WakeCause::Timer }).await
    }

    /// Notes that a ticket, closed by the event of this version, may be purged since an instant (S-55);
    /// nothing where it was reopened, or something is open still, be it a promise of an alias, which only
    /// this ticket can settle.
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
        if !self.promised_by_aliases(id).await?.is_empty() {
            return Ok(self.nothing_to_do(id.stream(), self.ticket(id).await?.version));
        }
        self.execute(&request, id, &TicketCommand::MarkPurge).await
    }

    /// Notes that an offer, made by the event of this version, ran out at an instant (S-15), however late
    /// somebody looks; nothing where it ended otherwise.
    pub async fn expire_offer(
        &self,
        id: TicketId,
        (offered_in, at): (u64, Instant),
    ) -> Result<Done, CommandError> {
        let name = format!("offer/{offered_in}");
        let request = Request {
            occurred: Occurred::Due(at),
            ..Request::system("timer", Uuid::new_v5(&id.0, name.as_bytes()))
        };
        self.execute(&request, id, &TicketCommand::ExpireOffer { offered_in }).await
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
}
