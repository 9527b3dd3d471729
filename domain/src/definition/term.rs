//! What an event keeps of a definition that it uses: enough to be read alone for ever.

use serde::{Deserialize, Serialize};

use crate::definition::{BaseStatus, PriorityTimes};

/// A definition as an event freezes it: which one, in which version, called what then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Its key.
    pub key: String,
    /// Its name then.
    pub name: String,
    /// The version in force then.
    pub version: u64,
}

/// A priority as an event freezes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorityTerm {
    /// Its key.
    pub key: String,
    /// Its name then.
    pub name: String,
    /// Its level then, 1 lowest … 5 highest.
    pub level: u8,
    /// The version in force then.
    pub version: u64,
    /// Its own times then, if it has any (S-49).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<PriorityTimes>,
}

/// What a ticket is promised by, as an event freezes it: versions are immutable, so that key and
/// version stand for the whole documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaTerms {
    /// The service plan.
    pub plan: Term,
    /// The calendar that it counts by.
    pub calendar: Term,
    /// Whether that is the customer's own, in place of the plan's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own_calendar: bool,
    /// Whether that is the calendar of the queue in which the ticket lay then, in place of the plan's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub queue_calendar: bool,
    /// The time-zone database release that the calendar's offsets come from.
    pub tzdb: String,
}

impl SlaTerms {
    /// Whether the calendar is not the plan's: no draft of the plan and its calendar changes it.
    pub fn is_calendar_apart(&self) -> bool {
        self.own_calendar || self.queue_calendar
    }
}

/// A status as an event freezes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusTerm {
    /// Its key.
    pub key: String,
    /// Its name then.
    pub name: String,
    /// Which of the six it behaves as.
    pub base: BaseStatus,
    /// The substatus' key, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substatus: Option<String>,
    /// The version in force then.
    pub version: u64,
}
