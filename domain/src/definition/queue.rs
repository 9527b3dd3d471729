//! Where tickets arrive, and how it is found out who works on them.

use serde::{Deserialize, Serialize};

use crate::duration::parse_millis;
use crate::ids::AgentId;

/// Where tickets arrive before they are assigned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// The name people see (S-28).
    pub name: String,
    /// The priority of a ticket that names none (S-38).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_priority: Option<String>,
    /// The categories allowed here, each with all below it; empty means all (S-39).
    #[serde(default)]
    pub categories: Vec<String>,
    /// The id of its manager, whom major complaints belong to (S-72).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<AgentId>,
    /// Whether a customer who is not registered yet is registered on first contact (S-37).
    #[serde(default = "yes")]
    pub register_customers: bool,
    /// The calendar of its working hours: tickets that are opened here count by it in place of the plan's,
    /// unless the customer has one of their own (S-29, S-60).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// The template of what a customer is told who writes while nobody is there: when it will be read
    /// (S-34). Nobody is told anything where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_hours_notice: Option<String>,
    /// The skills that whoever takes one of its tickets needs, beside those of the ticket's category (S-14).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// Whether the newest ticket of a level comes first, rather than the oldest (S-78).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub newest_first: bool,
    /// How it gives its tickets to agents by itself, if it does (S-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing: Option<Box<Routing>>,
}

/// How a queue gives its tickets to agents by itself (S-15).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Routing {
    /// Whether it does.
    pub push: bool,
    /// To whom: the ids of agents. To everybody who is active where nobody is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<AgentId>,
    /// For how long a ticket is offered, ISO 8601: whoever it is offered to may decline it. It is simply given
    /// where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer_within: Option<String>,
    /// After how long those who did not take a ticket may be offered it again, ISO 8601, counted from when the
    /// last offer would have ended; half an hour unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again_after: Option<String>,
}

impl Routing {
    /// For how long a ticket is offered, in milliseconds; none where it is simply given.
    pub fn offer_ms(&self) -> Option<i64> {
        parse_millis(self.offer_within.as_deref()?).ok()
    }

    /// After how long a ticket that nobody took is offered again, in milliseconds.
    pub fn again_ms(&self) -> i64 {
        let said = self.again_after.as_deref().and_then(|text| parse_millis(text).ok());
        said.unwrap_or(AGAIN_MS)
    }
}

/// Half an hour.
const AGAIN_MS: i64 = 30 * 60 * 1_000;

/// The most agents that a queue names.
pub(super) const MOST_AGENTS: usize = 1_000;

impl Default for Queue {
    /// A queue without a name, of which nothing else is said.
    fn default() -> Self {
        Self {
            name: String::new(),
            default_priority: None,
            categories: Vec::new(),
            manager: None,
            register_customers: yes(),
            calendar: None,
            after_hours_notice: None,
            skills: Vec::new(),
            newest_first: false,
            routing: None,
        }
    }
}

fn yes() -> bool {
    true
}
