//! Configuration as facts: queues, categories, statuses, priorities, types, calendars, plans, templates,
//! settings.
//! Each definition is a stream of whole immutable versions. [`Catalogue`] is the fold over all of
//! them: what is in force now. A ticket that uses one freezes its key, name and version as a
//! [`Term`], so a later version never rewrites an earlier event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::base_status::BaseStatus;
pub use self::catalogue::{Catalogue, InForce};
pub use self::category::{Category, Solution};
pub use self::defaults::defaults;
pub use self::editor::Editor;
pub use self::problem::{FieldError, Problem};
pub use self::publish::{DefinitionRefusal, publish, retire};
pub use self::queue::{Queue, Routing};
pub use self::settings::{Rounding, Settings, StatusOn, StatusRule};
pub use self::term::{PriorityTerm, SlaTerms, StatusTerm, Term};
pub use self::zone::ZoneOffsets;
use crate::ids::TicketId;
use crate::sla::calendar::Calendar;
use crate::sla::plan::Plan;

mod base_status;
mod catalogue;
mod category;
mod check;
mod defaults;
mod editor;
mod outside;
mod problem;
mod publish;
mod queue;
mod rounding;
mod settings;
mod skills;
#[cfg(test)]
mod spec;
mod term;
mod zone;

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
    /// When a desk is open (S-29).
    Calendar,
    /// How soon what is to be done (S-06, S-09, S-10).
    Plan,
    /// What a message begins as (S-35).
    Template,
    /// The one settings document (S-58); its key is `settings`.
    Settings,
}

impl DefinitionKind {
    /// All kinds, in the order in which [`defaults`] are published: what is named comes first.
    pub const ALL: [Self; 9] = [
        Self::Priority,
        Self::Queue,
        Self::Category,
        Self::Status,
        Self::Type,
        Self::Calendar,
        Self::Plan,
        Self::Template,
        Self::Settings,
    ];

    /// The word that streams and events use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Category => "category",
            Self::Status => "status",
            Self::Priority => "priority",
            Self::Type => "type",
            Self::Calendar => "calendar",
            Self::Plan => "plan",
            Self::Template => "template",
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
    /// A plan was laid under the clocks of tickets that ran by an older version of it, a page of them at a
    /// time (rule 11). What became of each ticket's clocks is the ticket's own event; this one says which
    /// tickets were meant, so that a repetition means the same. It stands in a stream of its own.
    PlanReapplied {
        /// The plan, in the version that was laid under them.
        plan: Term,
        /// The tickets whose clocks it was to change.
        tickets: Vec<TicketId>,
        /// The last ticket that was looked at, where there are more behind it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<TicketId>,
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
    /// A calendar.
    Calendar(Calendar),
    /// A service plan.
    Plan(Box<Plan>),
    /// A template.
    Template(Template),
    /// The settings.
    Settings(Box<Settings>),
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
            Self::Calendar(_) => DefinitionKind::Calendar,
            Self::Plan(_) => DefinitionKind::Plan,
            Self::Template(_) => DefinitionKind::Template,
            Self::Settings(_) => DefinitionKind::Settings,
        }
    }

    /// The time zone that it names, if it is a document that does; see [`ZoneOffsets`].
    pub fn zone(&self) -> Option<&str> {
        match self {
            Self::Calendar(calendar) => Some(&calendar.zone),
            Self::Settings(settings) => Some(&settings.zone),
            Self::Queue(_)
            | Self::Category(_)
            | Self::Status(_)
            | Self::Priority(_)
            | Self::Type(_)
            | Self::Plan(_)
            | Self::Template(_) => None,
        }
    }
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

/// How urgent a ticket is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Priority {
    /// The name people see.
    pub name: String,
    /// 1 lowest … 5 highest (S-49).
    pub level: u8,
    /// Its own times, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<PriorityTimes>,
}

/// A priority's own times, ISO 8601 as in a plan: they hold where no row of the plan names anything
/// about the ticket, before its fallback row (S-49).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriorityTimes {
    /// Until each answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction: Option<String>,
    /// How long before the end of execution the warning comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
    /// Until the ticket is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
}

/// What kind of request it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketType {
    /// The name people see.
    pub name: String,
}

/// A text that messages begin as: a confirmation, a summary, a footer (S-35). Docket keeps its versions
/// and gives it out; filling it in is for whoever writes the message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The name people see.
    pub name: String,
    /// The subject, where a message has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The text.
    pub body: String,
}
