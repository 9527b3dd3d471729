//! What a list of tickets can be asked for (S-22, S-24).

use std::str::FromStr;

use docket_domain::definition::BaseStatus;
use docket_domain::instant::Instant;
use serde::Serialize;
use uuid::Uuid;

use crate::ticket_text::Words;

/// Which tickets. An empty list, and `None`, do not filter; several values of one field are
/// alternatives, tags excepted, which a ticket must all have.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Filter {
    /// Keys of queues.
    pub queue: Vec<String>,
    /// Keys of statuses.
    pub status: Vec<String>,
    /// Any status that is based on one of these, beside those of `status` (S-41).
    pub base: Vec<BaseStatus>,
    /// Keys of substatuses.
    pub substatus: Vec<String>,
    /// Keys of priorities.
    pub priority: Vec<String>,
    /// The lowest level.
    pub level_min: Option<u8>,
    /// The owner.
    pub assignee: Option<Assignee>,
    /// To whom it is offered; nobody for what is not offered.
    pub offered_to: Option<Assignee>,
    /// The customer.
    pub customer: Option<Uuid>,
    /// A category with all below it.
    pub category: Option<String>,
    /// Keys of types.
    pub ticket_type: Vec<String>,
    /// Channels by their words.
    pub channel: Vec<String>,
    /// Tags, all of which it has.
    pub tag: Vec<String>,
    /// The number, exactly.
    pub number: Option<String>,
    /// Words of subject and messages, see [`ticket_text`](crate::ticket_text).
    pub q: Option<String>,
    /// Created at this instant or later.
    pub created_from: Option<Instant>,
    /// Created at this instant or before.
    pub created_to: Option<Instant>,
    /// Last changed at this instant or later.
    pub updated_from: Option<Instant>,
    /// Last changed at this instant or before.
    pub updated_to: Option<Instant>,
    /// Due at this instant or later.
    pub due_from: Option<Instant>,
    /// Due at this instant or before.
    pub due_to: Option<Instant>,
    /// What a desk shows beside it, one of these at least.
    pub indicator: Vec<Shade>,
    /// Whether the customer's latest message is newer than the last thing an employee did.
    pub unread: Option<bool>,
    /// Whether a draft in it has been left unsent for too long (S-56).
    pub unsent: Option<bool>,
    /// A predefined view (S-24).
    pub view: Option<Predefined>,
    /// What it must also pass: what a saved view says of something that is said again beside it.
    pub within: Option<Box<Filter>>,
}

impl Filter {
    /// Whether it asks for words and says none: that finds nothing.
    pub(super) fn has_no_words(&self) -> bool {
        self.q.as_deref().is_some_and(|q| Words::of(q).is_empty())
    }
}

/// An owner to filter by; `me` is resolved by who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Assignee {
    /// Nobody.
    Nobody,
    /// This agent.
    Agent(Uuid),
}

impl Assignee {
    /// As columns have it.
    pub(super) fn column(self) -> String {
        match self {
            Self::Nobody => String::new(),
            Self::Agent(id) => id.to_string(),
        }
    }
}

/// A colour that a desk shows beside a ticket (S-45 to S-48).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shade {
    /// An answer is awaited, in time.
    Blue,
    /// An answer is awaited, late.
    Green,
    /// The alarm before the end of execution time has gone.
    Orange,
    /// Execution time is over.
    Red,
    /// None of these.
    None,
}

impl FromStr for Shade {
    type Err = UnknownShade;

    fn from_str(text: &str) -> Result<Self, UnknownShade> {
        Ok(match text {
            "blue" => Self::Blue,
            "green" => Self::Green,
            "orange" => Self::Orange,
            "red" => Self::Red,
            "none" => Self::None,
            _ => return Err(UnknownShade),
        })
    }
}

/// There is no such colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("indicator is blue, green, orange, red or none")]
pub struct UnknownShade;

/// The predefined views (S-24). What they need to know of today comes with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Predefined {
    /// Neither closed nor merged.
    Current,
    /// Current, and this agent's or nobody's, or somebody's for whom this agent stands in.
    MineAndUnassigned(Uuid),
    /// Waiting for us: the customer wrote last.
    New,
    /// Changed since this instant: the beginning of today in the desk's zone.
    TouchedToday(Instant),
    /// All.
    All,
    /// Created since this instant: a month ago.
    LastMonth(Instant),
    /// Open, and without an owner who is there, or without anything that is due next (S-70, S-91).
    Stuck,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Sort {
    /// Oldest first.
    #[serde(rename = "created")]
    Created,
    /// Newest first.
    #[serde(rename = "-created")]
    CreatedLast,
    /// Longest untouched first.
    #[serde(rename = "updated")]
    Updated,
    /// Last touched first.
    #[default]
    #[serde(rename = "-updated")]
    UpdatedLast,
    /// Due first; what is due at no time comes last.
    #[serde(rename = "due")]
    Due,
    /// Highest level first, within a level the oldest.
    #[serde(rename = "-priority")]
    Priority,
}

impl Sort {
    /// The column it sorts by.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Created | Self::CreatedLast => "created",
            Self::Updated | Self::UpdatedLast => "updated",
            Self::Due => "due",
            Self::Priority => "urgency",
        }
    }

    /// Whether the column falls.
    pub(super) fn falls(self) -> bool {
        matches!(self, Self::CreatedLast | Self::UpdatedLast)
    }
}

/// There is no such order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sort is one of created, -created, updated, -updated, due, -priority")]
pub struct UnknownSort;

impl FromStr for Sort {
    type Err = UnknownSort;

    fn from_str(text: &str) -> Result<Self, UnknownSort> {
        Ok(match text {
            "created" => Self::Created,
            "-created" => Self::CreatedLast,
            "updated" => Self::Updated,
            "-updated" => Self::UpdatedLast,
            "due" => Self::Due,
            "-priority" => Self::Priority,
            _ => return Err(UnknownSort),
        })
    }
}
