//! What one command writes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Millis, Version};

/// What a writer believes about a stream when it appends to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expected {
    /// The stream does not exist yet.
    NoStream,
    /// The stream's last event has this version.
    Exact(Version),
}

impl Expected {
    /// The version that the stream must have.
    pub fn version(self) -> Version {
        match self {
            Self::NoStream => 0,
            Self::Exact(version) => version,
        }
    }
}

/// One event on its way to the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// The name the event is stored under, such as `TicketAssigned`.
    pub event_type: String,
    /// The version of the payload's shape.
    pub schema: u16,
    /// When it happened in the real world; `None` means when the store records it.
    pub occurred_at: Option<Millis>,
    /// Actor, channel, correlation and the rest: JSON, opaque here.
    pub envelope: String,
    /// The event itself: JSON, kept and returned byte for byte. Personal fields are commitments.
    pub payload: String,
    /// The sealed personal fields of the payload, as [`vault`](crate::vault) wrote them.
    pub sealed: Option<String>,
}

/// Events for one stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StreamWrite {
    /// The stream, such as `ticket-0192…`; what stands before the first `-` is its category.
    pub stream: String,
    /// What must be true of the stream for the append to happen.
    pub expected: Expected,
    /// The events, in order; with none, the write only insists on what it expects.
    pub events: Vec<NewEvent>,
}

/// Uniqueness that the log itself enforces: within a space, a key has one owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What kind of key it is, such as `ticket-number`.
    pub space: String,
    /// The key, never personal in clear.
    pub key: String,
    /// Who holds it: a stream name.
    pub owner: String,
}

/// A data key of a subject that the append brings along, wrapped with the key-encryption key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKey {
    /// Whose key it is: a stream name.
    pub subject: String,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
}

/// All that one command writes: everything or nothing. It brings at least one event: a command with
/// nothing to do is not remembered, and an append without events is refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Append {
    /// Who asks: the same id again means the same command again.
    pub command_id: Uuid,
    /// A keyed hash of the request, to tell a repetition from another command under the same id.
    pub fingerprint: [u8; 32],
    /// The events by stream; a stream appears once.
    pub writes: Vec<StreamWrite>,
    /// Keys to take for an owner; a key that the same owner holds already is no conflict.
    pub claims: Vec<Claim>,
    /// Keys to give back; a key that another owner holds is left alone.
    pub releases: Vec<Claim>,
    /// Data keys of subjects seen for the first time.
    pub new_keys: Vec<NewKey>,
}
