//! Agents: who gives service.

use serde::{Deserialize, Serialize};

use crate::personal::Personal;

/// Something that happened to an agent. These shapes are the storage format; everything personal is
/// sealed under the agent's own key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AgentEvent {
    /// The agent joined the desk.
    AgentAdded {
        /// What is known.
        profile: AgentProfile,
    },
    /// Something changed.
    AgentChanged {
        /// What was known.
        from: AgentProfile,
        /// What is known now.
        to: AgentProfile,
    },
}

/// What is known of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentProfile {
    /// The name.
    pub name: Personal<String>,
    /// The e-mail address.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::personal::optional"
    )]
    pub email: Option<Personal<String>>,
    /// Whether the agent may be given tickets.
    pub active: bool,
}
