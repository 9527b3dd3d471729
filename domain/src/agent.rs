//! Agents: who gives service.

use serde::{Deserialize, Serialize};

use crate::personal::Personal;

/// Something that happened to an agent. These shapes are the storage format; everything personal is
/// sealed under the agent's own key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AgentEvent {
    /// The agent joined the desk.
    AgentAdded {
        /// What is known.
        profile: AgentProfile,
    },
    /// Something changed.
    AgentChanged {
        /// What was known.
        from: AgentProfile,
        /// What is known now.
        to: AgentProfile,
    },
}

/// What is known of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentProfile {
    /// The name.
    pub name: Personal<String>,
    /// The e-mail address.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::personal::optional"
    )]
    pub email: Option<Personal<String>>,
    /// Whether the agent may be given tickets.
    pub active: bool,
}

/// An agent, as events made one.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// What is known.
    pub profile: AgentProfile,
}

/// What can be asked of an agent.
#[derive(Clone, Debug, PartialEq)]
pub enum AgentCommand {
    /// Join the desk.
    Add {
        /// What is known.
        profile: AgentProfile,
    },
    /// Change.
    Change {
        /// All that is known now.
        to: AgentProfile,
    },
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentRefusal {
    /// There is no such agent.
    #[error("there is no such agent")]
    NoSuchAgent,
    /// The agent is there already.
    #[error("the agent is there already")]
    AlreadyAdded,
    /// Nobody can be called nothing.
    #[error("an agent needs a name")]
    NoName,
}

impl AgentRefusal {
    /// The stable code that clients act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchAgent => "not_found",
            Self::AlreadyAdded => "already_added",
            Self::NoName => "agent_without_name",
        }
    }

    /// The JSON pointer of the field it is about, if it is about the request.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoSuchAgent | Self::AlreadyAdded => None,
            Self::NoName => Some("/name"),
        }
    }
}

/// Decides what a command does; nothing new is no event.
pub fn decide(
    agent: Option<&Agent>,
    command: AgentCommand,
) -> Result<Vec<AgentEvent>, AgentRefusal> {
    match command {
        AgentCommand::Add { profile } => {
            if agent.is_some() {
                return Err(AgentRefusal::AlreadyAdded);
            }
            check(&profile)?;
            Ok(vec![AgentEvent::AgentAdded { profile }])
        }
        AgentCommand::Change { to } => {
            let from = agent.ok_or(AgentRefusal::NoSuchAgent)?.profile.clone();
            check(&to)?;
            if from == to {
                return Ok(Vec::new());
            }
            Ok(vec![AgentEvent::AgentChanged { from, to }])
        }
    }
}

/// The agent after an event.
pub fn evolve(_: Option<Agent>, event: &AgentEvent) -> Option<Agent> {
    match event {
        AgentEvent::AgentAdded { profile } | AgentEvent::AgentChanged { to: profile, .. } => {
            Some(Agent { profile: profile.clone() })
        }
    }
}

fn check(profile: &AgentProfile) -> Result<(), AgentRefusal> {
    match profile.name.known() {
        Some(name) if name.trim().is_empty() => Err(AgentRefusal::NoName),
        Some(_) | None => Ok(()),
    }
}
