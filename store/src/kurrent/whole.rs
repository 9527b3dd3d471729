//! A command whose events are all in the log, as the store beside appends it.

use eventstore::Position as Pair;

use super::begun::Begun;
use super::connection::{Connection, Event};
use super::metadata::Place;
use crate::{
    Append, Claim, DATA_KEYS, Expected, LOG_END, Millis, NewEvent, StoreError, StreamWrite,
    event_id,
};

/// All of a command's events, in their order, with their places.
pub(super) struct Whole {
    pub events: Vec<(Event, Place)>,
    pub append: Append,
}

/// Where what is placed ends.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub pair: Option<Pair>,
    pub recorded_at: Millis,
}

impl End {
    /// Moves behind a command that was placed by another process.
    pub fn pass(&mut self, last: &Event) {
        // As whoever placed it had it: all before it was the same there.
        let recorded_at = self.recorded_at.max(last.told.recorded_at);
        *self = Self { pair: Some(last.pair), recorded_at };
    }
}

/// All events of a command whose last one is there; those on earlier pages are read from their streams.
pub(super) async fn complete(
    kurrent: &Connection,
    events: Vec<Event>,
) -> Result<Vec<Event>, StoreError> {
    let Some(last) = events.last() else { return Ok(events) };
    if events.len() == last.told.count() {
        return Ok(events);
    }
    let mut all = Vec::with_capacity(last.told.count());
    for (stream, after, count) in &last.told.streams {
        all.extend(kurrent.read_stream(stream, *after, *count).await?);
    }
    let expected = (0..last.told.count()).map(|index| event_id(last.told.command, index));
    if all.iter().map(|event| event.id).eq(expected) {
        return Ok(all);
    }
    Err(StoreError::Integrity(format!(
        "KurrentDB does not have all events of command {}",
        last.told.command
    )))
}

/// What the store beside is to append for a command.
pub(super) fn gather(
    events: Vec<Event>,
    begun: Option<&Begun>,
    end: &mut End,
) -> Result<Whole, StoreError> {
    let told = events.first().map(|event| event.told.clone()).ok_or_else(nothing)?;
    if begun.is_none() {
        tracing::warn!(
            command = %told.command,
            "an append is in KurrentDB that was not begun here: its claims, its keys and its sealed \
             texts are missing"
        );
    }
    let sealed = begun.into_iter().flat_map(|begun| &begun.append.writes).flat_map(|w| &w.events);
    let mut sealed = sealed.map(|event| event.sealed.clone());
    let mut writes: Vec<StreamWrite> = Vec::new();
    let mut placed = Vec::with_capacity(events.len());
    // All of a command is recorded at one time, never before what was placed before it.
    let recorded_at = end.recorded_at.max(told.recorded_at);
    for event in events {
        let place = Place {
            commit: event.pair.commit,
            prepare: event.pair.prepare,
            recorded_at,
            payload_hash: event.told.payload_hash.clone(),
        };
        let new = row(&event, &place, sealed.next().flatten())?;
        match writes.last_mut().filter(|write| write.stream == event.stream) {
            Some(write) => write.events.push(new),
            None => writes.push(StreamWrite {
                stream: event.stream.clone(),
                expected: match event.version - 1 {
                    0 => Expected::NoStream,
                    version => Expected::Exact(version),
                },
                events: vec![new],
            }),
        }
        placed.push((event, place));
    }
    let append = Append {
        command_id: told.command,
        fingerprint: told.fingerprint().ok_or_else(nothing)?,
        writes,
        claims: begun.map(|begun| begun.append.claims.clone()).unwrap_or_default(),
        releases: begun.map(|begun| begun.append.releases.clone()).unwrap_or_default(),
        new_keys: begun.map(|begun| begun.append.new_keys.clone()).unwrap_or_default(),
    };
    let last = placed.last().map(|(_, place)| place.pair());
    let append = behind(append, end.pair, last);
    *end = End { pair: last, recorded_at };
    Ok(Whole { events: placed, append })
}

/// An event as it is kept beside the log: its place instead of what it says.
fn row(event: &Event, place: &Place, sealed: Option<String>) -> Result<NewEvent, StoreError> {
    Ok(NewEvent {
        event_type: event.event_type.clone(),
        schema: event.told.schema,
        occurred_at: Some(event.told.occurred_at.unwrap_or(place.recorded_at)),
        envelope: place.text()?,
        payload: String::new(),
        sealed,
    })
}

/// Takes the end of the log over from the command before.
fn behind(mut append: Append, before: Option<Pair>, last: Option<Pair>) -> Append {
    let claim = |pair: Pair| Claim {
        space: LOG_END.to_owned(),
        key: String::new(),
        owner: format!("{}/{}", pair.commit, pair.prepare),
    };
    append.releases.extend(before.map(claim));
    append.claims.extend(last.map(claim));
    append
}

/// What cannot be had any more is left out: the event is in the log, and stays there.
pub(super) fn without(mut whole: Whole, held: &Claim) -> Whole {
    let append = &mut whole.append;
    if held.space == DATA_KEYS {
        tracing::info!(subject = held.key, "erased while an append with its key was under way");
        append.new_keys.retain(|key| key.subject != held.key);
    } else {
        tracing::error!(space = held.space, owner = held.owner, "a key has another owner already");
        append.claims.retain(|claim| (&claim.space, &claim.key) != (&held.space, &held.key));
    }
    whole
}

fn nothing() -> StoreError {
    StoreError::Integrity("an event in KurrentDB says too little of itself".to_owned())
}
