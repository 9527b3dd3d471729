//! The words that events choose from. They are the storage format, like the events: a word may be
//! added, and none is ever renamed.

use serde::{Deserialize, Serialize};

/// Who opened a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenedBy {
    /// The customer, by a first contact.
    Customer,
    /// An agent, of the desk's own accord.
    Agent,
}

/// How a ticket grew out of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// It was split off.
    Split,
    /// The customer wrote to a ticket closed too long ago to be reopened (S-53).
    FollowUp,
}

impl OriginKind {
    /// The link that a ticket with such an origin has with where it came from.
    pub fn link(self) -> LinkKind {
        match self {
            Self::Split => LinkKind::SplitFrom,
            Self::FollowUp => LinkKind::FollowsUp,
        }
    }
}

/// How an owner was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignMethod {
    /// Somebody chose.
    Manual,
    /// The agent took the next ticket of the queue (S-50).
    Next,
    /// The desk chose, of those who have the skills that it needs (S-14).
    Skill,
    /// The desk chose, and no skill was needed: who has least, in turn (S-15).
    RoundRobin,
    /// The importer's map said so.
    Import,
}

/// Who called whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The customer called us.
    Inbound,
    /// We called the customer.
    Outbound,
}

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftEnd {
    /// Its author replied.
    Sent,
    /// Somebody threw it away.
    Discarded,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// Two people spoke.
    Answered,
    /// Nobody answered.
    Missed,
    /// The caller reached a mailbox.
    Voicemail,
}

/// Who promised something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promiser {
    /// We did, to the customer.
    Desk,
    /// The customer did, to us.
    Customer,
}

/// Why a ticket is put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnoozeReason {
    /// The customer asked for it: the only reason that pauses clocks.
    CustomerAsked,
    /// Something outside is awaited.
    Waiting,
    /// Anything else.
    Other,
}

/// Why a snooze ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WakeCause {
    /// Its time came.
    Timer,
    /// Somebody woke it.
    Manual,
    /// The customer wrote.
    Message,
}

/// Which side of a merge a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeSide {
    /// The ticket that was an alias.
    Source,
    /// The ticket that survived.
    Survivor,
}

/// How two tickets are linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// They have to do with each other.
    Related,
    /// This one repeats the other.
    Duplicate,
    /// The other repeats this one.
    DuplicatedBy,
    /// This one is caused by the other.
    CausedBy,
    /// This one causes the other.
    Causes,
    /// This one follows the other up.
    FollowsUp,
    /// This one is followed up by the other.
    FollowedUpBy,
    /// This one was split off the other.
    SplitFrom,
    /// The other was split off this one.
    SplitInto,
}

impl LinkKind {
    /// The same link in the other ticket's words.
    pub fn inverse(self) -> Self {
        match self {
            Self::Related => Self::Related,
            Self::Duplicate => Self::DuplicatedBy,
            Self::DuplicatedBy => Self::Duplicate,
            Self::CausedBy => Self::Causes,
            Self::Causes => Self::CausedBy,
            Self::FollowsUp => Self::FollowedUpBy,
            Self::FollowedUpBy => Self::FollowsUp,
            Self::SplitFrom => Self::SplitInto,
            Self::SplitInto => Self::SplitFrom,
        }
    }
}

/// How grave a complaint is (S-72).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Prepared solutions and the agent's discretion suffice.
    Minor,
    /// A manager owns it.
    Major,
}

/// What became of a complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The customer is right.
    Accepted,
    /// The customer is right in part.
    PartlyAccepted,
    /// The customer is not right.
    Rejected,
}

/// How a ticket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The request was met.
    Solved,
    /// It was not.
    Unsolved,
    /// There was nothing to answer.
    NoReplyNeeded,
    /// It repeats another ticket.
    Duplicate,
    /// It was no request at all.
    Spam,
}

/// What reopened a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReopenCause {
    /// Somebody decided so.
    Manual,
    /// The customer wrote within the reopen window (S-53).
    Message,
}
