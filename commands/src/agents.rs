//! Agents: added, changed, found again.

use docket_domain::agent::{self, Agent, AgentCommand, AgentProfile};
use docket_domain::codec::Event;
use docket_domain::ids::AgentId;
use docket_domain::money::Money;
use docket_domain::party::AgentRef;
use docket_domain::personal::Personal;

use crate::append::{Appended, Plan};
use crate::desk::{Desk, TRIES};
use crate::error::CommandError;
use crate::load::Folded;
use crate::people::{NEW, stand};
use crate::request::{Done, Request};

/// An agent as an administrator describes one.
#[derive(Clone, Debug, Default)]
pub struct AgentInput {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The most that the agent may grant; unlimited where nothing is said.
    pub discretion: Option<Money>,
    /// The key of the calendar that says when the agent works; the queue's where none is said.
    pub calendar: Option<String>,
    /// What the agent can that not everybody can.
    pub skills: Vec<String>,
    /// How many open tickets the agent is given by push and by taking the next; unlimited where nothing is said.
    pub capacity: Option<u32>,
}

impl Desk {
    /// An active agent with the name that events will keep.
    pub async fn agent_ref(&self, id: AgentId) -> Result<AgentRef, CommandError> {
        let active = |agent: &Folded<Option<Agent>>| {
            let profile = agent.state.as_ref().map(|agent| &agent.profile);
            let name = profile.filter(|profile| profile.active)?.name.clone();
            Some(AgentRef { id, name })
        };
        let at_hand = self.at_hand(&self.kept.agents, &id.stream()).await?;
        if let Some(agent) = active(&at_hand) {
            return Ok(agent);
        }
        let unknown = || CommandError::UnknownAgent { agent: id.to_string() };
        active(&*self.agent(id).await?).ok_or_else(unknown)
    }

    /// Adds an agent to the desk. `id` is fresh unless an importer derives it.
    pub async fn add_agent(
        &self,
        request: &Request,
        id: Option<AgentId>,
        input: &AgentInput,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        let id = id.unwrap_or_else(|| AgentId(self.mint()));
        let profile = AgentProfile {
            name: Personal::text(&input.name),
            email: input.email.as_ref().map(Personal::text),
            active: true,
            discretion: input.discretion.clone(),
            calendar: input.calendar.clone(),
            skills: input.skills.clone(),
            capacity: input.capacity,
        };
        let events = agent::decide(None, AgentCommand::Add { profile })?;
        let plan = Plan::of(self.person(request, id.stream(), NEW, agent_events(events))?);
        match self.append(request, plan).await? {
            Appended::Done(done) => Ok(done),
            Appended::Outrun => Err(CommandError::Contended),
        }
    }

    /// Changes an agent.
    pub async fn change_agent(
        &self,
        request: &Request,
        id: AgentId,
        change: impl Fn(&AgentProfile) -> AgentProfile,
    ) -> Result<Done, CommandError> {
        let changed = |agent: &Agent| AgentCommand::Change { to: change(&agent.profile) };
        self.tell_agent(request, id, changed).await
    }

    /// One command on one agent, as the agent is known: load, decide, append; again if others were
    /// faster.
    pub(crate) async fn tell_agent(
        &self,
        request: &Request,
        id: AgentId,
        command: impl Fn(&Agent) -> AgentCommand,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        for _ in 0..TRIES {
            let folded = self.agent(id).await?;
            let unknown = || CommandError::UnknownAgent { agent: id.to_string() };
            let before = folded.state.as_ref().ok_or_else(unknown)?;
            self.check_version(request, &id.stream(), folded.version).await?;
            let events = agent::decide(folded.state.as_ref(), command(before))?;
            if events.is_empty() {
                return Ok(self.nothing_to_do(id.stream(), folded.version));
            }
            let write = self.person(request, id.stream(), stand(&folded), agent_events(events))?;
            if let Appended::Done(done) = self.append(request, Plan::of(write)).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }
}

fn agent_events(events: Vec<agent::AgentEvent>) -> Vec<Event> {
    events.into_iter().map(Event::Agent).collect()
}
