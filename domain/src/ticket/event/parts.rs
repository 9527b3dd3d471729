//! What the larger events are made of. These shapes are the storage format, like the events.

use serde::{Deserialize, Serialize};

use crate::customer::Address;
use crate::definition::{PriorityTerm, SlaTerms, StatusTerm, Term};
use crate::ids::{AttachmentId, MessageId, TicketId};
use crate::instant::Instant;
use crate::party::{AgentRef, Channel, CustomerRef};
use crate::personal::Personal;
use crate::ticket::event::{CallOutcome, Direction, OpenedBy, OriginKind};

/// How a ticket came into being.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketCreated {
    /// Its number, unique and rising.
    pub number: String,
    /// Who asks.
    pub customer: CustomerRef,
    /// What the customer gave of themselves this time that the register does not have: a name other
    /// than the known one, an address that leads to another customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<GivenContact>,
    /// The customer's tier then (S-07).
    pub tier: String,
    /// The contract that the tier comes from, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// Who opened it.
    pub opened_by: OpenedBy,
    /// By which way it came.
    pub channel: Channel,
    /// Our endpoint it came to: a mailbox, a line, a profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Where it lies.
    pub queue: Term,
    /// What it is about.
    pub category: Option<Term>,
    /// What kind of request it is.
    #[serde(rename = "type")]
    pub ticket_type: Option<Term>,
    /// How urgent.
    pub priority: PriorityTerm,
    /// Its initial status.
    pub status: StatusTerm,
    /// Its subject.
    pub subject: Personal<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The first message; none when it was split off or imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// The ticket it grew out of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What it is promised by; none before there were plans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<SlaTerms>,
}

/// What a customer gave of themselves and the register does not have. Known things are never
/// overwritten by a contact, and what was said is never lost: it stays with the ticket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GivenContact {
    /// The name, where it is not the known one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::personal::optional"
    )]
    pub name: Option<Personal<String>>,
    /// The addresses that are not the customer's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
}

/// The ticket that another one grew out of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// How.
    pub kind: OriginKind,
    /// Which ticket.
    pub ticket: TicketRef,
    /// The messages there that this one refers to.
    pub messages: Vec<MessageId>,
    /// Those of them that waited for an answer there and wait here from now on, since when (rule 4);
    /// empty also where it was split off before that was taken along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WaitingMessage>,
}

/// Another ticket, as an event names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRef {
    /// Which ticket.
    pub id: TicketId,
    /// Its number.
    pub number: String,
}

/// Something said in or around a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its number: the ticket's, a dash, and its place in the ticket, such as `1042-3` (S-20).
    pub number: String,
    /// Its text.
    pub body: Personal<String>,
    /// The files that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentRef>,
}

/// A stored file, as an event names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttachmentRef {
    /// Which file.
    pub id: AttachmentId,
    /// Its name.
    pub name: Personal<String>,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// What opens the file, boxed under a secret of the store, so that it says nothing to a reader
    /// of the event. Losing this field ends the file.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::personal::optional"
    )]
    pub key: Option<Personal<String>>,
}

/// A customer's message that waits for an answer in another ticket than its own: it keeps its home
/// and its number there (S-81).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingMessage {
    /// Which message.
    pub id: MessageId,
    /// Its number, which its home ticket gave it.
    pub number: String,
    /// Since when it waits: when it was received.
    pub since: Instant,
}

/// A move of the status that another event caused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    /// Before.
    pub from: StatusTerm,
    /// Now.
    pub to: StatusTerm,
}

/// A phone call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Its id.
    pub id: MessageId,
    /// Its number, such as `1042-4`.
    pub number: String,
    /// The agent who took or made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentRef>,
    /// Who called whom.
    pub direction: Direction,
    /// How it ended.
    pub outcome: CallOutcome,
    /// Our line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The customer's phone number.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::personal::optional"
    )]
    pub phone: Option<Personal<String>>,
    /// The path through the voice menu.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ivr_path: Vec<String>,
    /// How long the caller waited, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<i64>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Instant>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// What was said, in short.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::personal::optional"
    )]
    pub summary: Option<Personal<String>>,
    /// Files that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentRef>,
}

/// A meeting face to face.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meeting {
    /// Its id.
    pub id: MessageId,
    /// Its number.
    pub number: String,
    /// The agent who held it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentRef>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Instant>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// What was said, in short.
    pub summary: Personal<String>,
}

/// A chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    /// Its id.
    pub id: MessageId,
    /// Its number.
    pub number: String,
    /// The agent who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentRef>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Instant>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// Whether the customer left before an answer.
    pub abandoned: bool,
    /// What was said.
    pub transcript: Personal<String>,
}
