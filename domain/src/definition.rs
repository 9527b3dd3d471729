//! Configuration as facts: queues, categories, statuses, priorities, types, settings.
//!
//! Each definition is a stream of whole immutable versions. [`Catalogue`] is the fold over all of
//! them: what is in force now. A ticket that uses one freezes its key, name and version as a
//! [`Term`], so a later version never rewrites an earlier event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::instant::Instant;

/// What kind of definition it is; the plural is its path in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefinitionKind {
    /// Where tickets arrive (S-27).
    Queue,
    /// What a ticket is about: a tree, whose keys are paths such as `complaint/new` (S-25, S-26).
    Category,
    /// A status, based on one of the six (S-41, S-43).
    Status,
    /// How urgent (S-44, S-49).
    Priority,
    /// A ticket type (S-11).
    Type,
    /// The one settings document (S-58); its key is `settings`.
    Settings,
}

impl DefinitionKind {
    /// All kinds, in the order in which the defaults can be published.
    pub const ALL: [Self; 6] =
        [Self::Priority, Self::Category, Self::Queue, Self::Status, Self::Type, Self::Settings];

    /// The word that streams and events use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Category => "category",
            Self::Status => "status",
            Self::Priority => "priority",
            Self::Type => "type",
            Self::Settings => "settings",
        }
    }

    /// The stream of one definition.
    pub fn stream(self, key: &str) -> String {
        format!("definition-{}-{key}", self.word())
    }
}

/// A definition's own event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DefinitionEvent {
    /// A whole new version holds from now on.
    DefinitionPublished {
        /// The key within its kind.
        key: String,
        /// The whole document.
        document: Document,
        /// The time zone that the document names, resolved once; see [`ZoneOffsets`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone_offsets: Option<ZoneOffsets>,
    },
    /// It is not to be used any more; what used it keeps it.
    DefinitionRetired {
        /// Its kind.
        kind: DefinitionKind,
        /// The key within its kind.
        key: String,
    },
}

/// The document of a definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// A queue.
    Queue(Queue),
    /// A category.
    Category(Category),
    /// A status.
    Status(Status),
    /// A priority.
    Priority(Priority),
    /// A ticket type.
    Type(TicketType),
    /// The settings.
    Settings(Settings),
}

impl Document {
    /// What kind of definition this is.
    pub fn kind(&self) -> DefinitionKind {
        match self {
            Self::Queue(_) => DefinitionKind::Queue,
            Self::Category(_) => DefinitionKind::Category,
            Self::Status(_) => DefinitionKind::Status,
            Self::Priority(_) => DefinitionKind::Priority,
            Self::Type(_) => DefinitionKind::Type,
            Self::Settings(_) => DefinitionKind::Settings,
        }
    }
}

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
    /// Whether a customer who is not registered yet is registered on first contact (S-37).
    #[serde(default = "yes")]
    pub register_customers: bool,
}

/// What a ticket is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// The name people see.
    pub name: String,
    /// The queue that tickets of this category go to when they name none (S-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// A status, as administrators define one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// The name people see.
    pub name: String,
    /// Which of the six it behaves as.
    pub based_on: BaseStatus,
    /// Its substatuses (S-43), by key.
    #[serde(default)]
    pub substatuses: BTreeMap<String, String>,
}

/// The six statuses that Docket knows the meaning of (S-41).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseStatus {
    /// The customer wrote last.
    New,
    /// Somebody works on it.
    InProgress,
    /// The customer's turn.
    AwaitingCustomer,
    /// Put aside until a time.
    Snoozed,
    /// Merged into another ticket; takes no writes.
    Merged,
    /// Done.
    Closed,
}

impl BaseStatus {
    /// The key of the status of the same name that is always there.
    pub fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InProgress => "in_progress",
            Self::AwaitingCustomer => "awaiting_customer",
            Self::Snoozed => "snoozed",
            Self::Merged => "merged",
            Self::Closed => "closed",
        }
    }
}

/// How urgent a ticket is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Priority {
    /// The name people see.
    pub name: String,
    /// 1 lowest … 5 highest (S-49).
    pub level: u8,
}

/// What kind of request it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketType {
    /// The name people see.
    pub name: String,
}

/// How the desk behaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The IANA zone of the desk.
    pub zone: String,
    /// How long after closing a customer's message reopens the ticket (S-53): ISO 8601, days are
    /// 24 hours.
    pub reopen_within: String,
    /// How long a snooze block is (S-42): ISO 8601, at least a minute, at most a day.
    pub snooze_block: String,
    /// How a snooze's end is rounded (S-42).
    pub snooze_rounding: Rounding,
    /// The priority of a ticket when neither it nor its queue names one.
    pub default_priority: String,
    /// The queue of a ticket when neither it nor its category names one.
    pub default_queue: String,
    /// Which commands move the status, and whereto (S-52, S-54).
    pub status_on: StatusOn,
}

/// How the end of a snooze is rounded to blocks, which count from local midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the end of the block that holds it: 15:00 → 15:15, 14:50 → 15:00.
    EndOfBlock,
    /// To the nearest block boundary that is not before it was asked.
    Nearest,
    /// Not at all.
    Exact,
}

/// Which commands move the status, and whereto.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatusOn {
    /// The initial status of a ticket that a customer opened.
    pub created_by_customer: String,
    /// The initial status of a ticket that an agent opened.
    pub created_by_agent: String,
    /// On assignment; `null` is off.
    pub assign: Option<StatusRule>,
    /// On a public reply.
    pub reply: Option<StatusRule>,
    /// On a customer's message.
    pub message: Option<StatusRule>,
    /// When a snooze ends.
    pub wake: StatusRule,
    /// On reopening.
    pub reopen: StatusRule,
}

/// From which statuses to which one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusRule {
    /// The keys of the statuses it applies to; empty means every one.
    #[serde(default)]
    pub from: Vec<String>,
    /// The key of the status to move to.
    pub to: String,
}

/// A zone's offsets from UTC, frozen when the document that names it was published, so that what
/// was computed stays recomputable whatever a later time-zone release says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneOffsets {
    /// The time-zone database release they come from, such as `2026b`.
    pub tzdb: String,
    /// From which millisecond (UTC) on, which offset in seconds east of UTC holds; ascending, the
    /// first from the beginning of 1990.
    pub offsets: Vec<(i64, i32)>,
}

impl ZoneOffsets {
    /// The offset, in seconds east of UTC, that holds at `at`.
    pub fn at(&self, at: Instant) -> i32 {
        let after = self.offsets.partition_point(|(from, _)| *from <= at.0);
        self.offsets.get(after.saturating_sub(1)).map_or(0, |(_, offset)| *offset)
    }
}

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

/// One definition in force.
#[derive(Clone, Debug, PartialEq)]
pub struct InForce<T> {
    /// Its version: the stream's.
    pub version: u64,
    /// Since when.
    pub effective_from: Instant,
    /// The document.
    pub document: T,
}

/// All definitions in force: a pure fold over their streams.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// Queues by key.
    pub queues: BTreeMap<String, InForce<Queue>>,
    /// Categories by path.
    pub categories: BTreeMap<String, InForce<Category>>,
    /// Statuses by key.
    pub statuses: BTreeMap<String, InForce<Status>>,
    /// Priorities by key.
    pub priorities: BTreeMap<String, InForce<Priority>>,
    /// Ticket types by key.
    pub types: BTreeMap<String, InForce<TicketType>>,
    /// The settings.
    pub settings: Option<InForce<Settings>>,
    /// The offsets of the settings' zone.
    pub zone_offsets: Option<ZoneOffsets>,
}

fn yes() -> bool {
    true
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone: "UTC".into(),
            reopen_within: "P14D".into(),
            snooze_block: "PT15M".into(),
            snooze_rounding: Rounding::EndOfBlock,
            default_priority: "medium".into(),
            default_queue: "inbox".into(),
            status_on: StatusOn::default(),
        }
    }
}

impl Default for StatusOn {
    fn default() -> Self {
        let to = |key: &str| StatusRule { from: Vec::new(), to: key.into() };
        Self {
            created_by_customer: "new".into(),
            created_by_agent: "awaiting_customer".into(),
            assign: Some(StatusRule { from: vec!["new".into()], to: "in_progress".into() }),
            reply: Some(to("awaiting_customer")),
            message: Some(to("new")),
            wake: to("new"),
            reopen: to("new"),
        }
    }
}
