//! How a story is written down: short enough to be read, exact enough to be pinned.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::codec::{Event, encode};
use crate::ticket::command::TicketRefusal;
use crate::ticket::event::TicketEvent;
use crate::ticket::state::Ticket;

/// Given, when, then.
pub(super) fn transcript(
    given: &[TicketEvent],
    ticket: &Ticket,
    when: &str,
    then: &Result<Vec<TicketEvent>, TicketRefusal>,
) -> String {
    let given: Vec<String> = given.iter().map(name_and_status).collect();
    let given = if given.is_empty() { "nothing".into() } else { given.join(", ") };
    let names = names(ticket);
    let then = match then {
        Ok(events) if events.is_empty() => "nothing".into(),
        Ok(events) => {
            let lines: Vec<String> = events.iter().map(|event| line(event, &names)).collect();
            lines.join("\n      ")
        }
        Err(refusal) => match refusal.field() {
            Some(field) => format!("refused {} at {field:?}: {refusal}", refusal.code()),
            None => format!("refused {}: {refusal}", refusal.code()),
        },
    };
    format!("given {given}\nwhen  {when}\nthen  {then}")
}

/// The name of an event, and the status it leads to, if any.
fn name_and_status(event: &TicketEvent) -> String {
    let name = encode(&Event::Ticket(event.clone())).unwrap().event_type;
    let to = if let TicketEvent::TicketCreated(created) = event {
        Some(&created.status)
    } else {
        event.status_move().map(|(_, to)| to)
    };
    to.map_or(name.clone(), |to| format!("{name} → {}", to.key))
}

/// One event on one line: its name, then its fields, those that are empty left out.
fn line(event: &TicketEvent, names: &BTreeMap<String, String>) -> String {
    let encoded = encode(&Event::Ticket(event.clone())).unwrap();
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
    match (text("number"), fields.get("body"), fields.get("name")) {
        (Some(number), Some(body), _) => format!("{number} {}", show(body, names)),
        (Some(number), None, _) if fields.len() == 2 => format!("#{number}"),
        (None, None, Some(name)) => show(name, names).trim_matches('"').to_owned(),
        _ => format!("{{{}}}", show_fields(fields, names)),
    }
}

/// A text as it is; an id that the story does not know is a new one.
fn plain(text: &str) -> String {
    if uuid::Uuid::parse_str(text).is_ok() { "new".into() } else { text.into() }
}

/// What the ids of a ticket stand for.
fn names(ticket: &Ticket) -> BTreeMap<String, String> {
    let Some(state) = ticket.present() else { return BTreeMap::new() };
    let messages = state.messages.iter().map(|it| (it.id.0, it.number.clone()));
    let promises = (1..).zip(&state.commitments).map(|(n, it)| (it.id.0, format!("promise {n}")));
    let complaint = state.open_complaint.map(|it| (it.0, "the complaint".to_owned()));
    let merges = state.absorbed.iter().map(|it| it.merge_id);
    let merges = merges.chain(state.merged.iter().map(|it| it.merge_id));
    let merges = merges.map(|it| (it.0, "the merge".to_owned()));
    let all = messages.chain(promises).chain(complaint).chain(merges);
    all.map(|(id, name)| (id.to_string(), name)).collect()
}
