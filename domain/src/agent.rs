//! Agents: who gives service.

use serde::{Deserialize, Serialize};

use crate::customer::{Address, AddressError, AddressKind};
use crate::limits::{self, LimitError};
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

impl AgentEvent {
    /// What is known of the agent after it.
    pub fn profile(&self) -> &AgentProfile {
        match self {
            Self::AgentAdded { profile } | Self::AgentChanged { to: profile, .. } => profile,
        }
    }
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

/// What an agent becomes by one more event.
pub fn evolve(_: Option<Agent>, event: &AgentEvent) -> Option<Agent> {
    match event {
        AgentEvent::AgentAdded { profile } | AgentEvent::AgentChanged { to: profile, .. } => {
            Some(Agent { profile: profile.clone() })
        }
    }
}

/// One thing asked of an agent.
#[derive(Clone, Debug, PartialEq)]
pub enum AgentCommand {
    /// Join the desk.
    Add {
        /// What is known.
        profile: AgentProfile,
    },
    /// Know something better, or leave the desk: agents are never removed, since the record names
    /// them.
    Change {
        /// What is known now: all of it.
        to: AgentProfile,
    },
}

/// Why a command on an agent is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentRefusal {
    /// There is no such agent.
    #[error("there is no such agent")]
    NoSuchAgent,
    /// The agent is there already.
    #[error("the agent was added already")]
    AlreadyAdded,
    /// A name that is blank or too long.
    #[error("the name {0}")]
    InvalidName(LimitError),
    /// No e-mail address.
    #[error("{0}")]
    InvalidEmail(AddressError),
}

impl AgentRefusal {
    /// The stable code that clients act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchAgent => "not_found",
            Self::AlreadyAdded => "already_added",
            Self::InvalidName(_) => "invalid_name",
            Self::InvalidEmail(_) => "invalid_address",
        }
    }

    /// The JSON pointer of the field it is about, unless it is about the state.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoSuchAgent | Self::AlreadyAdded => None,
            Self::InvalidName(_) => Some("/name"),
            Self::InvalidEmail(_) => Some("/email"),
        }
    }
}

/// Decides what follows from a command.
pub fn decide(
    agent: Option<&Agent>,
    command: AgentCommand,
) -> Result<Vec<AgentEvent>, AgentRefusal> {
    match (agent, command) {
        (None, AgentCommand::Add { profile }) => {
            Ok(vec![AgentEvent::AgentAdded { profile: checked(profile)? }])
        }
        (Some(_), AgentCommand::Add { .. }) => Err(AgentRefusal::AlreadyAdded),
        (None, AgentCommand::Change { .. }) => Err(AgentRefusal::NoSuchAgent),
        (Some(agent), AgentCommand::Change { to }) => {
            let (from, to) = (agent.profile.clone(), checked(to)?);
            let changed = from != to;
            Ok(changed.then_some(AgentEvent::AgentChanged { from, to }).into_iter().collect())
        }
    }
}

fn checked(mut profile: AgentProfile) -> Result<AgentProfile, AgentRefusal> {
    if let Personal::Known(name) = &profile.name {
        profile.name = limits::name(name).map_err(AgentRefusal::InvalidName)?.into();
    }
    if let Some(Personal::Known(email)) = &profile.email {
        let email =
            Address::parse(AddressKind::Email, email).map_err(AgentRefusal::InvalidEmail)?;
        profile.email = Some(email.value);
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use insta::assert_snapshot;

    use super::*;
    use crate::codec::Event;
    use crate::transcript::{happened, refused, transcript};

    fn spec(given: &[AgentEvent], when: AgentCommand) -> String {
        let agent = given.iter().fold(None, evolve);
        let phrase = match &when {
            AgentCommand::Add { .. } => "add",
            AgentCommand::Change { .. } => "change",
        };
        let then = match decide(agent.as_ref(), when) {
            Ok(events) => happened(events.into_iter().map(Event::Agent), &BTreeMap::new()),
            Err(refusal) => refused(refusal.code(), refusal.field(), &refusal),
        };
        transcript(given.iter().cloned().map(Event::Agent), phrase, &then)
    }

    fn named(name: &str) -> AgentProfile {
        AgentProfile { name: Personal::text(name), email: None, active: true }
    }

    fn added() -> Vec<AgentEvent> {
        vec![AgentEvent::AgentAdded { profile: named("Anna") }]
    }

    fn add(profile: AgentProfile) -> AgentCommand {
        AgentCommand::Add { profile }
    }

    fn change(to: AgentProfile) -> AgentCommand {
        AgentCommand::Change { to }
    }

    #[test]
    fn an_agent_joins_once() {
        assert_snapshot!(spec(&[], add(named(" Anna "))), @r#"
        given nothing
        when  add
        then  AgentAdded profile: {active: true, name: "Anna"}
        "#);
        assert_snapshot!(spec(&added(), add(named("Anna"))), @"
        given AgentAdded
        when  add
        then  refused already_added: the agent was added already
        ");
    }

    #[test]
    fn an_agent_has_a_name_and_an_address_that_is_one() {
        assert_snapshot!(spec(&[], add(named(" "))), @r#"
        given nothing
        when  add
        then  refused invalid_name at "/name": the name must not be blank
        "#);
        let email = Some(Personal::text("anna"));
        assert_snapshot!(spec(&[], add(AgentProfile { email, ..named("Anna") })), @r#"
        given nothing
        when  add
        then  refused invalid_address at "/email": not an e-mail address such as jan@example.com
        "#);
    }

    #[test]
    fn an_agent_leaves_by_being_inactive() {
        let gone = AgentProfile { active: false, ..named("Anna") };
        assert_snapshot!(spec(&added(), change(gone)), @r#"
        given AgentAdded
        when  change
        then  AgentChanged from: {active: true, name: "Anna"}, to: {active: false, name: "Anna"}
        "#);
        assert_snapshot!(spec(&added(), change(named("Anna"))), @"
        given AgentAdded
        when  change
        then  nothing
        ");
        assert_snapshot!(spec(&[], change(named("Anna"))), @"
        given nothing
        when  change
        then  refused not_found: there is no such agent
        ");
    }
}
