//! Agents: who gives service.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::absence::Absence;
use crate::customer::{Address, AddressError, AddressKind};
use crate::ids::{AbsenceId, AgentId};
use crate::instant::Instant;
use crate::limits::{self, LimitError};
use crate::money::Money;
use crate::personal::Personal;

/// The most open tickets that an agent's capacity may allow.
pub const MOST_CAPACITY: u32 = 1_000;

mod absence;
pub mod presence;

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
    /// The agent is, or will be, away for a while (S-63, S-91).
    AbsenceRecorded {
        /// From when until when, and who stands in.
        absence: Absence,
    },
    /// An absence ends earlier than was recorded, or does not take place.
    AbsenceEnded {
        /// Which absence.
        absence_id: AbsenceId,
        /// Until when it would have been.
        was_until: Instant,
        /// Until when it is: its beginning, where it does not take place.
        until: Instant,
    },
}

impl AgentEvent {
    /// What is known of the agent after it, where it says so.
    pub fn profile(&self) -> Option<&AgentProfile> {
        match self {
            Self::AgentAdded { profile } | Self::AgentChanged { to: profile, .. } => Some(profile),
            Self::AbsenceRecorded { .. } | Self::AbsenceEnded { .. } => None,
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
    /// The most that the agent may grant who decides a complaint (S-72); unlimited where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discretion: Option<Money>,
    /// The key of the calendar that says when the agent works, where that is not when the queue does: customers
    /// who write to the agent after hours are told by it when they will be read (S-34).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// What the agent can that not everybody can, as queues and categories name it (S-14).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// How many open tickets the agent is given by push and by taking the next (S-17), 1 to 1,000; as many as
    /// there are where nothing is said. What somebody hands over or assigns is not counted against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
}

impl AgentProfile {
    /// Whether the agent can all that is needed.
    pub fn can(&self, needed: &BTreeSet<String>) -> bool {
        needed.iter().all(|skill| self.skills.contains(skill))
    }
}

/// An agent, as events made one.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// What is known.
    pub profile: AgentProfile,
    /// Every absence that takes place, past ones too, in the order in which they were recorded. No two
    /// overlap.
    pub absences: Vec<Absence>,
}

impl Agent {
    /// The absence that lasts at an instant, if one does.
    pub fn absence_at(&self, at: Instant) -> Option<&Absence> {
        self.absences.iter().find(|absence| absence.lasts_at(at))
    }
}

/// What an agent becomes by one more event.
pub fn evolve(agent: Option<Agent>, event: &AgentEvent) -> Option<Agent> {
    if let AgentEvent::AgentAdded { profile } = event {
        return Some(Agent { profile: profile.clone(), absences: Vec::new() });
    }
    let mut agent = agent?;
    match event {
        AgentEvent::AgentAdded { .. } => {}
        AgentEvent::AgentChanged { to, .. } => agent.profile.clone_from(to),
        AgentEvent::AbsenceRecorded { absence } => agent.absences.push(absence.clone()),
        AgentEvent::AbsenceEnded { absence_id, until, .. } => {
            absence::shorten(&mut agent.absences, *absence_id, *until);
        }
    }
    Some(agent)
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
    /// Be away for a while (S-63).
    BeAbsent {
        /// Whose absence it is.
        agent: AgentId,
        /// From when until when, and who stands in.
        absence: Absence,
        /// The time now: an absence that is over already is none.
        now: Instant,
    },
    /// Be back earlier, or not go at all.
    EndAbsence {
        /// Which absence.
        absence: AbsenceId,
        /// The time now, when it ends.
        now: Instant,
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
    /// A skill that is blank or too long, or too many of them.
    #[error("a skill {0}")]
    InvalidSkill(LimitError),
    /// A capacity outside its range.
    #[error("a capacity is from 1 to {MOST_CAPACITY} open tickets")]
    InvalidCapacity,
    /// An absence that ends before it begins, or is over.
    #[error("an absence must end after it begins, and in the future")]
    AbsenceOver,
    /// Somebody cannot stand in for oneself.
    #[error("the substitute must be somebody else")]
    OwnSubstitute,
    /// Another absence lasts at some of the time.
    #[error("the agent is absent from {from} until {until} already")]
    AbsenceOverlaps {
        /// When the other begins.
        from: Instant,
        /// When the other ends.
        until: Instant,
    },
    /// There is no such absence, or it was withdrawn.
    #[error("the agent has no such absence")]
    NoSuchAbsence,
    /// The absence is over.
    #[error("the absence was over at {until}")]
    AbsenceEnded {
        /// When it ended.
        until: Instant,
    },
}

impl AgentRefusal {
    /// The stable code that clients act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchAgent | Self::NoSuchAbsence => "not_found",
            Self::AlreadyAdded => "already_added",
            Self::InvalidName(_) => "invalid_name",
            Self::InvalidEmail(_) => "invalid_address",
            Self::InvalidSkill(_) => "invalid_skill",
            Self::InvalidCapacity => "invalid_capacity",
            Self::AbsenceOver => "absence_over",
            Self::OwnSubstitute => "own_substitute",
            Self::AbsenceOverlaps { .. } => "absence_overlaps",
            Self::AbsenceEnded { .. } => "absence_ended",
        }
    }

    /// The JSON pointer of the field it is about, unless it is about the state.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoSuchAgent
            | Self::AlreadyAdded
            | Self::AbsenceOverlaps { .. }
            | Self::NoSuchAbsence
            | Self::AbsenceEnded { .. } => None,
            Self::AbsenceOver => Some("/until"),
            Self::OwnSubstitute => Some("/substitute"),
            Self::InvalidName(_) => Some("/name"),
            Self::InvalidEmail(_) => Some("/email"),
            Self::InvalidSkill(_) => Some("/skills"),
            Self::InvalidCapacity => Some("/capacity"),
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
        (None, _) => Err(AgentRefusal::NoSuchAgent),
        (Some(agent), AgentCommand::BeAbsent { agent: id, absence, now }) => {
            absence::begin(agent, id, absence, now)
        }
        (Some(agent), AgentCommand::EndAbsence { absence, now }) => {
            absence::end(agent, absence, now)
        }
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
    profile.skills =
        limits::skills(&profile.skills).map_err(|(_, error)| AgentRefusal::InvalidSkill(error))?;
    if profile.capacity.is_some_and(|it| !(1..=MOST_CAPACITY).contains(&it)) {
        return Err(AgentRefusal::InvalidCapacity);
    }
    Ok(profile)
}

#[cfg(test)]
mod spec;
