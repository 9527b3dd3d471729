//! Absences of agents: recorded, and ended early (S-63, S-91).

use docket_domain::agent::{Absence, AgentCommand};
use docket_domain::ids::{AbsenceId, AgentId};
use docket_domain::instant::Instant;
use docket_domain::party::AgentRef;

use crate::desk::Desk;
use crate::error::CommandError;
use crate::request::{Done, Request};

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

    /// An agent who may be given something now: active, and not away.
    pub(crate) async fn present_agent(&self, id: AgentId) -> Result<AgentRef, CommandError> {
        let agent = self.agent_ref(id).await?;
        let folded = self.at_hand(&self.kept.agents, &id.stream()).await?;
        match folded.state.as_ref().and_then(|agent| agent.absence_at(self.now())) {
            Some(absence) => Err(CommandError::AgentAbsent { until: absence.until }),
            None => Ok(agent),
        }
    }
}
