//! What happened to a ticket, for a person: one plain sentence for each event.
//!
//! Tickets merged into this one are interleaved, each entry with the ticket it comes from, for as
//! long as they are merged. What an event means in words is in [`sentence`].

pub mod sentence;
pub(crate) mod words;

use std::collections::BTreeMap;

use docket_domain::codec::Event;
use docket_domain::ids::{MergeId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::party::ActorKind;
use docket_domain::ticket::event::{MergeSide, TicketEvent, TicketRef};
use docket_store::batches::Batches;
use docket_store::{Sealed, StoredEvent};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::names::{Known, Names, name_of, stream_of};
use crate::recorded::{ReadError, Reader, Recorded, id_of};

/// One line of a ticket's story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// When it happened, in the real world.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// Whose history it is in: this ticket's, or that of one merged into it.
    pub ticket: EntryTicket,
    /// Its place in the log.
    pub position: u64,
    /// Its place in that ticket's history.
    pub version: u64,
    /// The stored name of the event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Who did it.
    pub actor: EntryActor,
    /// What happened, in one sentence.
    pub text: String,
}

/// The ticket an entry comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EntryTicket {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// Whether it is another ticket, merged into the one that was asked for.
    pub merged: bool,
}

/// Who did what an entry says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EntryActor {
    /// What kind of somebody.
    #[schema(value_type = String)]
    pub kind: ActorKind,
    /// Which one.
    pub id: String,
    /// What they are called now; `null` when unknown or erased.
    pub name: Option<String>,
}

/// A ticket's story up to now with those of the tickets merged into it, in the order in which things
/// happened; empty when there is no such ticket. Moments that a sentence names are those of `zone`.
pub async fn of_ticket(
    reader: &Reader,
    names: &Names,
    ticket: TicketId,
    zone: &TimeZone,
) -> Result<Vec<Entry>, ReadError> {
    let mut entries = Vec::new();
    let mut seen = vec![ticket];
    let mut next = 0;
    while let Some(id) = seen.get(next).copied() {
        next += 1;
        let mut story = Story::of(id != ticket, zone);
        story.read(reader, names, id).await?;
        entries.append(&mut story.entries);
        for alias in story.aliases.into_values() {
            if !seen.contains(&alias.id) {
                seen.push(alias.id);
            }
        }
    }
    entries.sort_by_key(|entry| (entry.at, entry.position));
    Ok(entries)
}

/// The story of one ticket alone.
struct Story<'a> {
    merged: bool,
    zone: &'a TimeZone,
    number: String,
    entries: Vec<Entry>,
    /// The tickets that are aliases of this one after its last event.
    aliases: BTreeMap<MergeId, TicketRef>,
}

impl<'a> Story<'a> {
    fn of(merged: bool, zone: &'a TimeZone) -> Self {
        let (number, entries, aliases) = Default::default();
        Self { merged, zone, number, entries, aliases }
    }

    /// Reads a ticket's history piece by piece: of its texts only their beginnings stay.
    async fn read(
        &mut self,
        reader: &Reader,
        names: &Names,
        ticket: TicketId,
    ) -> Result<(), ReadError> {
        let (stream, mut after, mut batches) = (ticket.stream(), 0, Batches::default());
        loop {
            let asked = batches.next();
            let stored = reader.store.read_stream(&stream, after, asked, Sealed::With).await?;
            batches.learn(&stored);
            let events = reader.open(&stored).await?;
            let actors: Vec<String> =
                events.iter().filter_map(|event| stream_of(&event.envelope.actor)).collect();
            let known = names.of(actors).await?;
            for (stored, event) in stored.iter().zip(&events) {
                self.take(event);
                let entry = self.entry(stored, event, &known);
                self.entries.push(entry);
            }
            if stored.len() < asked {
                return Ok(());
            }
            after = stored.last().map_or(after, |event| event.version);
        }
    }

    /// What an event says of the ticket itself.
    fn take(&mut self, event: &Recorded) {
        match &event.event {
            Event::Ticket(TicketEvent::TicketCreated(created)) => {
                self.number.clone_from(&created.number);
            }
            Event::Ticket(TicketEvent::TicketAbsorbed { merge_id, source, .. }) => {
                self.aliases.insert(*merge_id, source.clone());
            }
            Event::Ticket(TicketEvent::TicketUnmerged {
                merge_id,
                side: MergeSide::Survivor,
                ..
            }) => {
                self.aliases.remove(merge_id);
            }
            _ => {}
        }
    }

    fn entry(&self, stored: &StoredEvent, event: &Recorded, known: &Known) -> Entry {
        let actor = &event.envelope.actor;
        let name = name_of(actor, known);
        let (id, number) = (id_of(&event.stream), self.number.clone());
        Entry {
            at: event.occurred_at,
            ticket: EntryTicket { id, number, merged: self.merged },
            position: event.position,
            version: event.version,
            event_type: stored.event_type.clone(),
            actor: EntryActor {
                kind: actor.kind,
                id: actor.id.clone(),
                name: name.map(str::to_owned),
            },
            text: match &event.event {
                Event::Ticket(what) => {
                    sentence::of(what, &words::actor(actor.kind, name), self.zone)
                }
                Event::Customer(_) | Event::Agent(_) | Event::Definition(_) | Event::Token(_) => {
                    String::new()
                }
            },
        }
    }
}
