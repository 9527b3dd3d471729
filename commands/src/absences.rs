//! Absences of agents: recorded, ended early, and noted on the tickets that wait meanwhile (S-63, S-91).

use docket_domain::agent::presence::{Away, Change};
use docket_domain::agent::{Absence, Agent, AgentCommand};
use docket_domain::ids::{AbsenceId, AgentId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::party::AgentRef;
use docket_domain::ticket::command::{OwnerAway, TicketCommand};
use uuid::Uuid;

use crate::desk::Desk;
use crate::error::CommandError;
use crate::load::Folded;
use crate::request::{Done, Occurred, Request};

impl Desk {
    /// Records that an agent is away in a period, from its first instant to the first after it, and who
    /// stands in.
    pub async fn record_absence(
        &self,
        request: &Request,
        agent: AgentId,
        (from, until): (Instant, Instant),
        substitute: Option<AgentRef>,
    ) -> Result<Done, CommandError> {
        let absence = Absence { id: AbsenceId(self.mint()), from, until, substitute };
        let now = self.now();
        let command = |_: &_| AgentCommand::BeAbsent { agent, absence: absence.clone(), now };
        self.tell_agent(request, agent, command).await
    }

    /// Ends an absence now; one that has not begun does not take place.
    pub async fn end_absence(
        &self,
        request: &Request,
        agent: AgentId,
        absence: AbsenceId,
    ) -> Result<Done, CommandError> {
        let now = self.now();
        self.tell_agent(request, agent, |_| AgentCommand::EndAbsence { absence, now }).await
    }

    /// Those in whose place an agent decides the open complaint of a ticket now (S-63): its owner and the manager
    /// of the ticket's queue, where they are away and the agent stands in.
    pub async fn deputises_for(
        &self,
        agent: AgentId,
        id: TicketId,
    ) -> Result<Vec<AgentRef>, CommandError> {
        let ticket = self.ticket(id).await?;
        let Some(state) = ticket.state.present() else { return Ok(Vec::new()) };
        let owner = state.open_complaint.as_ref().and_then(|complaint| complaint.owner.as_ref());
        let owner = owner.map(|owner| owner.id);
        let catalogue = self.catalogue();
        let queue = catalogue.queues.get(&state.queue.key);
        let manager = queue.and_then(|queue| queue.document.manager);
        let mut away = Vec::new();
        for whose in owner.into_iter().chain(manager) {
            let other = self.agent(whose).await?;
            let absence = other.state.as_ref().and_then(|other| other.absence_at(self.now()));
            let substitute = absence.and_then(|absence| absence.substitute.as_ref());
            if substitute.is_some_and(|substitute| substitute.id == agent) {
                let name = other.state.as_ref().map(|other| other.profile.name.clone());
                away.extend(name.map(|name| AgentRef { id: whose, name }));
            }
        }
        Ok(away)
    }

    /// Notes on a ticket, as found in this version of it, that its owner is away from an instant on, or back
    /// (S-91). The command's id derives from the version, so each change is noted once, whoever comes to it
    /// first and however late; refused where the ticket has changed since.
    pub async fn note_owner(
        &self,
        id: TicketId,
        change: Change,
        found_in: u64,
    ) -> Result<Done, CommandError> {
        let name = format!("owner/{found_in}");
        let request = Request {
            occurred: Occurred::Due(change.at),
            ..Request::system("timer", Uuid::new_v5(&id.0, name.as_bytes()))
        };
        let away = match change.to {
            Some(away) => Some(Box::new(self.owner_away(away).await?)),
            None => None,
        };
        self.execute(&request, id, &TicketCommand::NoteOwner { away, found_in }).await
    }

    /// The same with the name of who stands in.
    async fn owner_away(&self, away: Away) -> Result<OwnerAway, CommandError> {
        let Away { absence_id, until, substitute } = away;
        let substitute = match substitute {
            Some(id) => {
                let agent = self.agent(id).await?;
                agent.state.as_ref().map(|it| AgentRef { id, name: it.profile.name.clone() })
            }
            None => None,
        };
        Ok(OwnerAway { absence_id, until, substitute })
    }

    /// An agent who may be given something now: active, and not away.
    pub(crate) async fn present_agent(&self, id: AgentId) -> Result<AgentRef, CommandError> {
        let agent = self.agent_ref(id).await?;
        let until = |folded: &Folded<Option<Agent>>| {
            let absence = folded.state.as_ref().and_then(|agent| agent.absence_at(self.now()));
            absence.map(|absence| absence.until)
        };
        if until(&*self.at_hand(&self.kept.agents, &id.stream()).await?).is_none() {
            return Ok(agent);
        }
        match until(&*self.agent(id).await?) {
            Some(until) => Err(CommandError::AgentAbsent { until }),
            None => Ok(agent),
        }
    }
}
