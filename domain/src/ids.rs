//! Identifiers: a newtype each, so that none is taken for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of a ticket; its stream is `ticket-<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketId(pub Uuid);

/// The id of a customer; the stream is `customer-<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomerId(pub Uuid);

/// The id of an agent; the stream is `agent-<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentId(pub Uuid);

/// The id of an API token; the stream is `token-<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(pub Uuid);

/// The id of something said in or around a ticket: a message, a reply, a note, a call, a meeting,
/// a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub Uuid);

/// The id of stored bytes that an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttachmentId(pub Uuid);

/// The id of a merge, in the streams of both tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MergeId(pub Uuid);

/// The id of a promise made in a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommitmentId(pub Uuid);

/// The id of a complaint raised in a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ComplaintId(pub Uuid);

/// The id of an absence of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AbsenceId(pub Uuid);

impl TicketId {
    /// The stream that is this ticket.
    pub fn stream(self) -> String {
        format!("ticket-{}", self.0)
    }

    /// The ticket that a stream is, if it is one.
    pub fn of_stream(stream: &str) -> Option<Self> {
        Uuid::from_str(stream.strip_prefix("ticket-")?).ok().map(Self)
    }
}

impl CustomerId {
    /// The stream that is this customer.
    pub fn stream(self) -> String {
        format!("customer-{}", self.0)
    }

    /// The customer that a stream is, if it is one.
    pub fn of_stream(stream: &str) -> Option<Self> {
        Uuid::from_str(stream.strip_prefix("customer-")?).ok().map(Self)
    }
}

impl AgentId {
    /// The stream that is this agent.
    pub fn stream(self) -> String {
        format!("agent-{}", self.0)
    }

    /// The agent that a stream is, if it is one.
    pub fn of_stream(stream: &str) -> Option<Self> {
        Uuid::from_str(stream.strip_prefix("agent-")?).ok().map(Self)
    }
}

impl TokenId {
    /// The stream that is this token.
    pub fn stream(self) -> String {
        format!("token-{}", self.0)
    }

    /// The token that a stream is, if it is one.
    pub fn of_stream(stream: &str) -> Option<Self> {
        Uuid::from_str(stream.strip_prefix("token-")?).ok().map(Self)
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
