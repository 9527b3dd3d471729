//! How the story of a ticket is written down.

use std::collections::BTreeMap;

use crate::codec::{Event, encode};
use crate::ticket::command::TicketRefusal;
use crate::ticket::event::TicketEvent;
use crate::ticket::state::Ticket;
use crate::transcript::{happened, refused};

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
        Ok(events) => happened(events.iter().cloned().map(Event::Ticket), &names),
        Err(refusal) => refused(refusal.code(), refusal.field(), refusal),
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

/// What the ids of a ticket stand for.
fn names(ticket: &Ticket) -> BTreeMap<String, String> {
    let Some(state) = ticket.present() else { return BTreeMap::new() };
    let messages = state.messages.iter().map(|it| (it.id.0, it.number.clone()));
    let promises = (1..).zip(&state.commitments).map(|(n, it)| (it.id.0, format!("promise {n}")));
    let complaint = state.open_complaint.as_ref().map(|it| (it.id.0, "the complaint".to_owned()));
    let merges = state.absorbed.iter().map(|it| it.merge_id);
    let merges = merges.chain(state.merged.iter().map(|it| it.merge_id));
    let merges = merges.map(|it| (it.0, "the merge".to_owned()));
    let from_others = state.waiting_from_others.iter().map(|it| (it.id.0, it.number.clone()));
    let all = messages.chain(from_others).chain(promises).chain(complaint).chain(merges);
    all.map(|(id, name)| (id.to_string(), name)).collect()
}
