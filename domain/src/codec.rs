//! The one place where events become stored JSON and stored JSON becomes events.
//!
//! An event is written as its variant's name and its fields. A stored payload of an older schema
//! passes through pure JSON → JSON steps first ([`UPCASTERS`]), so that everything behind this
//! module knows only today's shapes.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned};
use serde_json::Value;

pub use self::upcasters::UPCASTERS;
use crate::agent::AgentEvent;
use crate::customer::CustomerEvent;
use crate::definition::DefinitionEvent;
use crate::envelope::Said;
use crate::personal::Personal;
use crate::ticket::event::TicketEvent;
use crate::token::TokenEvent;

/// Any event of the log.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Of a ticket.
    Ticket(TicketEvent),
    /// Of a customer.
    Customer(CustomerEvent),
    /// Of an agent.
    Agent(AgentEvent),
    /// Of a definition.
    Definition(DefinitionEvent),
    /// Of a token.
    Token(TokenEvent),
}

/// One step from a schema version to the next: pure JSON → JSON.
#[derive(Clone, Copy)]
pub struct Upcaster {
    /// The stored name of the event.
    pub event_type: &'static str,
    /// The schema version it reads; it writes the next.
    pub from: u16,
    /// The step.
    pub step: fn(Value) -> Value,
}

/// From how many bytes on a text is too long to be kept twice.
const LONG: usize = 256;

/// Why a stored event cannot be understood: its reader must stop or park the stream, never skip.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot decode {event_type} schema {schema}: {reason}")]
pub struct DecodeError {
    /// The stored name.
    pub event_type: String,
    /// The stored schema version.
    pub schema: u16,
    /// What is wrong; holds no values of the payload.
    pub reason: String,
}

/// An event ready to be sealed and stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// The name it is stored under.
    pub event_type: String,
    /// The version of its shape.
    pub schema: u16,
    /// Its fields; personal ones are markers, see [`personal`](crate::personal).
    pub payload: Value,
}

/// The category of the streams that tell of plans laid under running clocks: one event each, beside the
/// definitions, so that who reads what is in force need not read them.
pub const REAPPLICATION: &str = "reapplication";

/// The categories of streams: what stands before the first dash of a name. Events of no other are read.
pub const CATEGORIES: [&str; 6] =
    ["ticket", "customer", "agent", "token", "definition", REAPPLICATION];

/// Writes an event down; personal fields become markers for the vault.
pub fn encode(event: &Event) -> Result<Encoded, DecodeError> {
    match event {
        Event::Ticket(event) => split(event),
        Event::Customer(event) => split(event),
        Event::Agent(event) => split(event),
        Event::Definition(event) => split(event),
        Event::Token(event) => split(event),
    }
}

/// The member of a payload that holds what else was said of an imported event in the system it comes
/// from. No event has it among its own fields, and readers of events pass over it.
pub const SAID: &str = "$source";

impl Encoded {
    /// Adds what else was said of the event there; it stands first in the payload. What the event
    /// says itself, word for word, is not kept twice where it is long.
    pub fn with_said(mut self, said: &Said) -> Result<Self, DecodeError> {
        let mut said = said.clone();
        for attributes in [&mut said.attributes, &mut said.case_attributes] {
            if let Some(Personal::Known(attributes)) = attributes {
                attributes.retain(|_, value| value.len() < LONG || !says(&self.payload, value));
            }
        }
        let said = serde_json::to_value(said).map_err(|e| error("$source", 0, &reason(&e)))?;
        if let Value::Object(fields) = &mut self.payload {
            let own = std::mem::take(fields);
            fields.insert(SAID.to_owned(), said);
            fields.extend(own);
        }
        Ok(self)
    }
}

fn says(payload: &Value, text: &str) -> bool {
    match payload {
        Value::String(said) => said == text,
        Value::Array(items) => items.iter().any(|item| says(item, text)),
        Value::Object(fields) => fields.values().any(|field| says(field, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Reads a stored event back; the stream's category says whose event it is, and older schemas pass
/// through their upcasters. Personal fields must be opened, or closed as `null`, before.
pub fn decode(
    stream: &str,
    event_type: &str,
    schema: u16,
    payload: &str,
) -> Result<Event, DecodeError> {
    let payload = upcast(UPCASTERS, event_type, schema, payload)?;
    let category = stream.split_once('-').map_or(stream, |(category, _)| category);
    match category {
        unknown if !CATEGORIES.contains(&unknown) => {
            Err(error(event_type, schema, "no such category of streams"))
        }
        "ticket" => join(event_type, schema, &payload).map(Event::Ticket),
        "customer" => join(event_type, schema, &payload).map(Event::Customer),
        "agent" => join(event_type, schema, &payload).map(Event::Agent),
        "definition" | REAPPLICATION => join(event_type, schema, &payload).map(Event::Definition),
        "token" => join(event_type, schema, &payload).map(Event::Token),
        _ => Err(error(event_type, schema, "a category that nobody reads")),
    }
}

/// Whether any event is stored under this name.
pub fn is_known(event_type: &str) -> bool {
    fn names<E: DeserializeOwned>(event_type: &str) -> bool {
        let name = StrDeserializer::<Misread>::new(event_type);
        !matches!(E::deserialize(name), Err(Misread::UnknownName))
    }
    names::<TicketEvent>(event_type)
        || names::<CustomerEvent>(event_type)
        || names::<AgentEvent>(event_type)
        || names::<DefinitionEvent>(event_type)
        || names::<TokenEvent>(event_type)
}

/// Why a name alone is no event: nothing has that name, or, as always otherwise, its fields are missing.
#[derive(Debug, thiserror::Error)]
enum Misread {
    #[error("no event has that name")]
    UnknownName,
    #[error("a name is no whole event")]
    NoFields,
}

impl de::Error for Misread {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::NoFields
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::UnknownName
    }
}

/// The schema version that events of this type are written with today.
pub fn current_schema(upcasters: &[Upcaster], event_type: &str) -> u16 {
    let steps = upcasters.iter().filter(|step| step.event_type == event_type);
    steps.map(|step| step.from + 1).max().unwrap_or(1)
}

/// Brings a payload of `schema` to today's shape, step by step.
pub fn upcast<'a>(
    upcasters: &[Upcaster],
    event_type: &str,
    schema: u16,
    payload: &'a str,
) -> Result<Cow<'a, str>, DecodeError> {
    let current = current_schema(upcasters, event_type);
    if schema == current {
        return Ok(Cow::Borrowed(payload));
    }
    if schema > current {
        return Err(error(event_type, schema, "written by a newer release"));
    }
    let mut value: Value =
        serde_json::from_str(payload).map_err(|e| error(event_type, schema, &reason(&e)))?;
    for from in schema..current {
        let step = upcasters.iter().find(|s| s.event_type == event_type && s.from == from);
        let step = step.ok_or_else(|| error(event_type, from, "no upcaster for this schema"))?;
        value = (step.step)(value);
    }
    Ok(Cow::Owned(value.to_string()))
}

fn split(event: &impl Serialize) -> Result<Encoded, DecodeError> {
    let tagged = serde_json::to_value(event).map_err(|e| error("event", 0, &reason(&e)))?;
    let Value::Object(tagged) = tagged else {
        return Err(error("event", 0, "an event is written as its name and its fields"));
    };
    let (event_type, payload) =
        tagged.into_iter().next().ok_or_else(|| error("event", 0, "an event has a name"))?;
    let schema = current_schema(UPCASTERS, &event_type);
    Ok(Encoded { event_type, schema, payload })
}

fn join<E: DeserializeOwned>(
    event_type: &str,
    schema: u16,
    payload: &str,
) -> Result<E, DecodeError> {
    // Serde's externally tagged form needs no buffering, and the tag is ours, so the text is put
    // together rather than parsed twice.
    let tagged = format!("{{\"{event_type}\":{payload}}}");
    serde_json::from_str(&tagged).map_err(|e| error(event_type, schema, &reason(&e)))
}

fn error(event_type: &str, schema: u16, reason: &str) -> DecodeError {
    DecodeError { event_type: event_type.into(), schema, reason: reason.into() }
}

/// Where a parser stopped, without the text it stopped at: that may be personal.
fn reason(error: &serde_json::Error) -> String {
    format!("{:?} error at column {}", error.classify(), error.column())
}

#[cfg(test)]
pub(crate) mod golden;
mod upcasters;
