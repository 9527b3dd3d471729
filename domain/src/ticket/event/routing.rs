//! Why a ticket went to whom, where the desk chose. These shapes are the storage format, like the events.

use serde::{Deserialize, Serialize};

use crate::definition::Term;
use crate::ids::AgentId;
use crate::instant::Instant;
use crate::ticket::event::AssignMethod;

/// How somebody was chosen for a ticket (S-14, S-15).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Routed {
    /// The queue whose rules these were, in the version of then.
    pub queue: Term,
    /// The skills that the ticket needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// Who could have been given it, in the order of choice, the chosen one first: at most
    /// [`MOST_CANDIDATES`] of them.
    pub candidates: Vec<Candidate>,
    /// How many there were.
    pub of: u32,
}

impl Routed {
    /// The word for it: by skill, where one was needed, else in turn.
    pub fn method(&self) -> AssignMethod {
        if self.skills.is_empty() { AssignMethod::RoundRobin } else { AssignMethod::Skill }
    }
}

/// The most candidates that an event names.
pub const MOST_CANDIDATES: usize = 10;

/// Somebody who could have been given a ticket. Nothing of theirs but the id: those who were not chosen have
/// nothing to do with the ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    pub agent: AgentId,
    /// How many tickets they had at hand then.
    pub load: u32,
    /// When they were last given one by the desk, if they ever were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_at: Option<Instant>,
}
