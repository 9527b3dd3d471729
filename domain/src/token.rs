//! API tokens: who may call, as what. The secret itself is never here, only its SHA-256.

use serde::{Deserialize, Serialize};

use crate::ids::AgentId;

/// Something that happened to a token. These shapes are the storage format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TokenEvent {
    /// It was issued.
    TokenIssued {
        /// What people call it.
        name: String,
        /// What it may do.
        role: Role,
        /// The agent who acts with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<AgentId>,
        /// The SHA-256 of the secret, in hexadecimal.
        secret_sha256: String,
    },
    /// It is worth nothing any more.
    TokenRevoked {},
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works tickets.
    Agent,
    /// Works tickets and sees how the desk does.
    Supervisor,
    /// Reads everything, the access log included.
    Auditor,
    /// Reads everything but the access log.
    Analyst,
    /// May do everything.
    Admin,
}
