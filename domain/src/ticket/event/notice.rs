//! What customers are told by itself. These shapes are the storage format, like the events.

use serde::{Deserialize, Serialize};

use crate::definition::Term;
use crate::instant::Instant;
use crate::party::AgentRef;

/// What a customer who wrote is told by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// That nobody is there, and when somebody will read it (S-34).
    AfterHours {
        /// The calendar by which nobody is there.
        calendar: Term,
        /// Whose hours these are.
        hours_of: HoursOf,
        /// When they begin next: by then it will be read.
        opens_at: Instant,
    },
}

/// Whose working hours count for whoever wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoursOf {
    /// The ticket's owner's.
    Owner(AgentRef),
    /// The queue's.
    Queue,
    /// The desk's: those of the plan that its settings name.
    Desk,
}
