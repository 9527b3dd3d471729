//! How what follows is written down in tests: short enough to be read, exact enough to be pinned.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde_json::{Map, Value};

use crate::codec::{Event, encode};

/// Given, when, then; what is given is told by the names of its events.
pub(crate) fn transcript(given: impl IntoIterator<Item = Event>, when: &str, then: &str) -> String {
    let given: Vec<String> =
        given.into_iter().map(|event| encode(&event).unwrap().event_type).collect();
    let given = if given.is_empty() { "nothing".into() } else { given.join(", ") };
    format!("given {given}\nwhen  {when}\nthen  {then}")
}

/// What happened: an event on each line. `names` says what the ids of the story stand for.
pub(crate) fn happened(
    events: impl IntoIterator<Item = Event>,
    names: &BTreeMap<String, String>,
) -> String {
    let lines: Vec<String> = events.into_iter().map(|event| line(&event, names)).collect();
    if lines.is_empty() { "nothing".into() } else { lines.join("\n      ") }
}

/// Why it did not: the code that clients act on, the field, and the sentence that people read.
pub(crate) fn refused(code: &str, field: Option<&str>, sentence: &dyn Display) -> String {
    let field = field.map(|field| format!(" at {field:?}")).unwrap_or_default();
    format!("refused {code}{field}: {sentence}")
}

/// One event on one line: its name, then its fields, those that are empty left out.
fn line(event: &Event, names: &BTreeMap<String, String>) -> String {
    let encoded = encode(event).unwrap();
    let Value::Object(fields) = &encoded.payload else { return encoded.event_type };
    format!("{} {}", encoded.event_type, show_fields(fields, names))
}

fn show_fields(fields: &Map<String, Value>, names: &BTreeMap<String, String>) -> String {
    let told = fields.iter().filter(|(_, value)| !is_empty(value));
    let told: Vec<String> = told.map(|(key, it)| format!("{key}: {}", show(it, names))).collect();
    told.join(", ")
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// A value as a person would say it: a term by its key, a person by name, a ticket by number, a
/// message by number and text, a move as from → to, an id by what it is the id of.
fn show(value: &Value, names: &BTreeMap<String, String>) -> String {
    match value {
        Value::Null => "-".into(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::String(it) => names.get(it).cloned().unwrap_or_else(|| plain(it)),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| show(item, names)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => show_object(fields, names),
    }
}

fn show_object(fields: &Map<String, Value>, names: &BTreeMap<String, String>) -> String {
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    if let Some(personal) = fields.get("$personal") {
        return personal.as_str().map_or_else(|| show(personal, names), |it| format!("{it:?}"));
    }
    if let (Some(from), Some(to)) = (fields.get("from"), fields.get("to")) {
        return format!("{} → {}", show(from, names), show(to, names));
    }
    if let Some(key) = text("key") {
        let substatus = text("substatus").map(|it| format!("/{it}")).unwrap_or_default();
        return format!("{key}{substatus}");
    }
    if !fields.contains_key("id") {
        return format!("{{{}}}", show_fields(fields, names));
    }
    match (text("number"), fields.get("body"), fields.get("name")) {
        (Some(number), Some(body), _) => format!("{number} {}", show(body, names)),
        (Some(number), None, _) => format!("#{number}"),
        (None, None, Some(name)) => show(name, names).trim_matches('"').to_owned(),
        (None, _, _) => format!("{{{}}}", show_fields(fields, names)),
    }
}

/// A text as it is; an id that the story does not know is a new one.
fn plain(text: &str) -> String {
    if uuid::Uuid::parse_str(text).is_ok() { "new".into() } else { text.into() }
}
