//! What can be wrong with a definition.

use crate::definition::{BaseStatus, DefinitionKind};
use crate::duration::NotADuration;
use crate::ids::AgentId;
use crate::limits::LimitError;

/// What is wrong at one place of a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {problem}")]
pub struct FieldError {
    /// Where: a JSON pointer into the document, empty for the whole.
    pub pointer: String,
    /// What.
    pub problem: Problem,
}

/// What is wrong with a field of a definition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Blank or too long.
    #[error("{0}")]
    Limit(#[from] LimitError),
    /// No key.
    #[error("a key has 1 to 64 characters of a-z, 0-9, _ and -, and does not begin with -")]
    Key,
    /// It names what does not exist.
    #[error("there is no {} named {key:?}", kind.word())]
    Unknown {
        /// The kind of what it names.
        kind: DefinitionKind,
        /// The key given.
        key: String,
    },
    /// A category without the one above it.
    #[error("there is no category {0:?}, under which it would lie")]
    NoParent(String),
    /// A level outside its scale.
    #[error("a level is from 1 (lowest) to 5 (highest)")]
    Level,
    /// No duration.
    #[error("{0}")]
    Duration(#[from] NotADuration),
    /// A duration outside its range.
    #[error("must last from {least} to {most}")]
    Range {
        /// The shortest allowed.
        least: &'static str,
        /// The longest allowed.
        most: &'static str,
    },
    /// A zone whose offsets nobody knows.
    #[error("there is no such time zone")]
    Zone,
    /// One of the six under another meaning.
    #[error("this status is one of the six and stays based on {0:?}")]
    Rebased(BaseStatus),
    /// A status that only a command of its own sets.
    #[error("a status that means snoozed, merged or closed is set by its own command only")]
    NeedsCommand,
    /// The settings move tickets to this status.
    #[error("the settings move tickets to this status, which needs one that people can set")]
    MovedTo,
    /// A rule that has but one place to come from.
    #[error("must be empty: a ticket wakes from a snooze and reopens from its end, nowhere else")]
    FromFixed,
    /// No opening hours.
    #[error("not opening hours such as 08:00-17:00")]
    Hours,
    /// Hours that are open already.
    #[error("overlaps with other hours of the day")]
    OverlappingHours,
    /// No date.
    #[error("not a date such as 2026-12-24, or --12-25 for every year")]
    Date,
    /// Said before, perhaps otherwise.
    #[error("is there already")]
    Repeated,
    /// A calendar without any opening (T8).
    #[error("never open: no day from 1990 to 2059 has hours")]
    NeverOpen,
    /// A calendar that ends.
    #[error("opens on {0} for the last time: what is due after that has no deadline")]
    LastOpening(String),
    /// Nobody who works here.
    #[error("there is no active agent {0}")]
    NoAgent(AgentId),
    /// No channel.
    #[error("there is no such channel")]
    Channel,
    /// No tier.
    #[error("there is no such tier: tiers are standard and premium")]
    Tier,
    /// A row of a plan that says nothing.
    #[error("sets no target")]
    NoTarget,
    /// Two rows of a plan with the same keys: which one holds?
    #[error("has the same keys as row {0}")]
    Contradiction(usize),
    /// A plan that leaves tickets without a deadline (S-94).
    #[error("needs a row for every other ticket, * in all columns, with a target for {0}")]
    NoFallback(&'static str),
    /// Tickets that a plan sets no target for, where it need not.
    #[error("no row sets {clock} for tier {tier}, channels {channels}, priority {priority}")]
    Gap {
        /// The clock.
        clock: &'static str,
        /// The tier.
        tier: &'static str,
        /// The channels; `*` for all.
        channels: String,
        /// The priority.
        priority: String,
    },
    /// Purging while a dispute may still come up.
    #[error("is shorter than the dispute retention")]
    WithinRetention,
    /// An alarm that is not shorter than what it warns of.
    #[error("warns when the clock begins: no target of the row is longer")]
    EarlyAlarm,
    /// A clock that never runs there.
    #[error("no such clock ever runs")]
    NeverRuns,
    /// A clock that pauses wherever a ticket is worked on.
    #[error("pauses wherever a ticket is worked on: what is promised so is hardly ever due")]
    StandsStill,
    /// A target that another, which should be longer, defeats.
    #[error("is later than {0}")]
    LaterThan(String),
    /// A step of the warning that no ticket sees before the breach.
    #[error("comes after the deadline: no alarm of this clock is as long")]
    AfterDeadline,
    /// A step that leads to a manager whom nobody is.
    #[error("leads to nobody from queues without a manager: {0}")]
    NoManager(String),
    /// More than there may be.
    #[error("at most {0}")]
    TooMany(usize),
    /// A level of attention outside its scale.
    #[error("a level of attention is from 1 to 9")]
    EscalationLevel,
    /// A size that nobody can read, or that leaves room for nothing else.
    #[error("a font's size is from 6 to 72 points")]
    FontSize,
    /// No colour.
    #[error("not a colour such as #1a2b3c")]
    Colour,
    /// No role.
    #[error("there is no such role: agent, supervisor, auditor, analyst, admin")]
    Role,
    /// A length that has no clear meaning in open time.
    #[error("weeks have no length in open time: say days")]
    Weeks,
}

impl FieldError {
    /// Something wrong at a place.
    pub fn at(pointer: &str, problem: Problem) -> Self {
        Self { pointer: pointer.into(), problem }
    }
}
