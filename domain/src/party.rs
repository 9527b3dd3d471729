//! Who takes part: the actor of an event, and the people that an event names with the label they
//! had then.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::ids::{AgentId, CustomerId};
use crate::personal::{Marked, Personal};

/// What kind of somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// Someone who asks for service. What a customer says is the customer's event, whoever
    /// carried it in; the carrier is the envelope's `client`.
    Customer,
    /// Someone who gives it. Human.
    Agent,
    /// An administrator. Human.
    Admin,
    /// A program acting in somebody's name.
    Bot,
    /// Docket itself: timers and rules.
    System,
    /// An actor of an imported log.
    External,
}

impl ActorKind {
    /// Whether an employee acts in person.
    pub fn is_human(self) -> bool {
        matches!(self, Self::Agent | Self::Admin)
    }
}

/// Who did it. Ids only: names are resolved on reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What kind of somebody.
    pub kind: ActorKind,
    /// Which one: the id of a customer, an agent or a token, or a name for the system's parts.
    pub id: String,
    /// In whose name, where that is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
}

impl Actor {
    /// An actor in its own name.
    pub fn new(kind: ActorKind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), on_behalf_of: None }
    }
}

/// By which way a contact came in or went out (S-05).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// E-mail.
    Email,
    /// A web form or portal.
    Web,
    /// A phone line.
    Phone,
    /// Live chat.
    Chat,
    /// A social network.
    Social,
    /// A messenger.
    Messenger,
    /// Face to face.
    InPerson,
    /// A program.
    Api,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Email,
        Self::Web,
        Self::Phone,
        Self::Chat,
        Self::Social,
        Self::Messenger,
        Self::InPerson,
        Self::Api,
    ];

    /// Its word in events, plans and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Web => "web",
            Self::Phone => "phone",
            Self::Chat => "chat",
            Self::Social => "social",
            Self::Messenger => "messenger",
            Self::InPerson => "in_person",
            Self::Api => "api",
        }
    }
}

/// An agent as an event names one: the id, and the name at that time, sealed under the agent's key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AgentRef {
    /// Which agent.
    pub id: AgentId,
    /// The agent's name then.
    pub name: Personal<String>,
}

impl Serialize for AgentRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut agent = serializer.serialize_struct("AgentRef", 2)?;
        agent.serialize_field("id", &self.id)?;
        agent.serialize_field("name", &Marked { value: &self.name, of: self.id.stream() })?;
        agent.end()
    }
}

/// A customer as an event names one: the id, and the labels at that time, sealed under the
/// customer's key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CustomerRef {
    /// Which customer.
    pub id: CustomerId,
    /// The name then, if one was known.
    #[serde(default, deserialize_with = "crate::personal::optional")]
    pub name: Option<Personal<String>>,
    /// The e-mail address then, if one was known.
    #[serde(default, deserialize_with = "crate::personal::optional")]
    pub email: Option<Personal<String>>,
    /// The phone number then, if one was known.
    #[serde(default, deserialize_with = "crate::personal::optional")]
    pub phone: Option<Personal<String>>,
    /// The name on a social network or messenger then, if one was known.
    #[serde(default, deserialize_with = "crate::personal::optional")]
    pub handle: Option<Personal<String>>,
}

impl Serialize for CustomerRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let marked = |value| Marked { value, of: self.id.stream() };
        let labels = [
            ("name", &self.name),
            ("email", &self.email),
            ("phone", &self.phone),
            ("handle", &self.handle),
        ];
        let mut customer = serializer.serialize_struct("CustomerRef", 1 + labels.len())?;
        customer.serialize_field("id", &self.id)?;
        for (name, label) in labels {
            if let Some(label) = label {
                customer.serialize_field(name, &marked(label))?;
            }
        }
        customer.end()
    }
}
