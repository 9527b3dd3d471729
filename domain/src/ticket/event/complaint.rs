//! How a complaint was decided, and what was thought of that (S-72).

use serde::{Deserialize, Serialize};

use crate::definition::Term;
use crate::money::Money;

/// By what right a complaint was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// Whoever decided manages the ticket's queue, or owns the major complaint; or stands in for one of these,
    /// while they are away: then the event says in whose place.
    Manager,
    /// Whoever decided is a supervisor or an administrator.
    Supervisor,
    /// A prepared solution was granted as it is: that is everybody's to grant.
    Solution,
    /// An agent's own discretion.
    Discretion {
        /// The most that the agent might grant then; unlimited where nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<Money>,
    },
}

/// A prepared solution as an event freezes it: the category's version says what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedSolution {
    /// Its key.
    pub key: String,
    /// Its name then.
    pub name: String,
    /// The category that prepared it.
    pub category: Term,
}

/// What a review found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It was decided well.
    Confirmed,
    /// It should have been decided otherwise.
    Faulted,
}
