//! An event as it leaves Docket: the one envelope of histories, `/v1/events`, NDJSON and SSE.
//!
//! Nothing is left out and nothing is parsed twice: the payload and the parts of the envelope go
//! from the log to the answer as the text they are.

use std::borrow::Cow;
use std::fmt::Write;

use docket_domain::instant::Instant;
use docket_domain::party::{Actor, ActorKind};
use docket_store::batches::{Batches, PAGE_BYTES, bytes};
use docket_store::vault::Opened;
use docket_store::{Sealed, StoredEvent, Version};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::names::{Known, Names, name_of, stream_of};
use crate::recorded::{Moment, ReadError, Reader};

/// How the payload of an imported event begins that carries what else was said of it there.
const BEGIN: &str = r#"{"$source":"#;

/// A page of a history: whole events, as many as fit.
#[derive(Debug, Default)]
pub struct Stretch {
    /// The events, oldest first, each as the JSON text of `api.md`.
    pub events: Vec<String>,
    /// The version behind which it goes on, if it does.
    pub next: Option<Version>,
}

/// The events of a stream behind a version and up to a moment, oldest first: those that fit in
/// [`PAGE_BYTES`], and at least one; no more than `most`.
pub async fn of_stream(
    reader: &Reader,
    names: &Names,
    stream: &str,
    (after, most): (Version, usize),
    until: Moment,
) -> Result<Stretch, ReadError> {
    let (mut stored, mut next) = (Vec::new(), None);
    let (mut looked, mut size, mut batches) = (after, 0, Batches::default());
    loop {
        let batch = reader.store.read_stream(stream, looked, batches.next(), Sealed::With).await?;
        let last_batch = batch.len() < batches.next();
        batches.learn(&batch);
        let end = batch.last().map_or(looked, |event| event.version);
        for event in batch.into_iter().filter(|event| until.includes(event)) {
            if size < PAGE_BYTES && stored.len() < most.max(1) {
                size += bytes(&event);
                stored.push(event);
            } else if next.is_none() {
                next = stored.last().map(|event: &StoredEvent| event.version);
            }
        }
        looked = end;
        if last_batch || next.is_some() {
            let events = render(reader, names, &stored).await?;
            return Ok(Stretch { events, next });
        }
    }
}

/// The JSON text of events read with their sealed fields, in the order given.
pub async fn render(
    reader: &Reader,
    names: &Names,
    stored: &[StoredEvent],
) -> Result<Vec<String>, ReadError> {
    let envelopes: Vec<EnvelopeText> = stored.iter().map(envelope).collect::<Result<_, _>>()?;
    let actors: Vec<String> =
        envelopes.iter().filter_map(|envelope| stream_of(&envelope.actor)).collect();
    let (opened, known) = futures::try_join!(
        async { Ok::<_, ReadError>(reader.vault.open_all(stored).await?) },
        names.of(actors),
    )?;
    let events = stored.iter().zip(&opened).zip(&envelopes);
    Ok(events.map(|((stored, opened), envelope)| text(stored, opened, envelope, &known)).collect())
}

/// The stored envelope, of which only the actor is understood: the rest passes through.
#[derive(Deserialize)]
struct EnvelopeText<'a> {
    actor: Actor,
    #[serde(borrow, default)]
    channel: Option<&'a RawValue>,
    #[serde(borrow, default)]
    client: Option<&'a RawValue>,
    #[serde(borrow)]
    command_id: &'a RawValue,
    #[serde(borrow, default)]
    causation_id: Option<&'a RawValue>,
    #[serde(borrow)]
    correlation_id: &'a RawValue,
    #[serde(borrow, default)]
    source: Option<&'a RawValue>,
}

/// The actor as it leaves.
#[derive(Serialize)]
struct NamedActor<'a> {
    kind: ActorKind,
    id: &'a str,
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<&'a str>,
}

fn envelope(stored: &StoredEvent) -> Result<EnvelopeText<'_>, ReadError> {
    serde_json::from_str(&stored.envelope).map_err(|error| ReadError::bad_envelope(stored, &error))
}

fn text(
    stored: &StoredEvent,
    opened: &Opened<'_>,
    envelope: &EnvelopeText<'_>,
    known: &Known,
) -> String {
    let mut out = String::with_capacity(512 + opened.payload.len());
    let actor = NamedActor {
        kind: envelope.actor.kind,
        id: &envelope.actor.id,
        name: name_of(&envelope.actor, known),
        on_behalf_of: envelope.actor.on_behalf_of.as_deref(),
    };
    let or_null = |raw: Option<&RawValue>| raw.map_or("null", RawValue::get).to_owned();
    // Writing to a String cannot fail; ids, types and instants need no escaping.
    let _ = write!(
        out,
        r#"{{"position":{},"stream":{},"version":{},"id":"{}","type":{},"schema":{},"occurred_at":"{}","recorded_at":"{}","actor":{},"channel":{},"client":{},"command_id":{},"correlation_id":{},"causation_id":{}"#,
        stored.position,
        json(&stored.stream),
        stored.version,
        stored.event_id,
        json(&stored.event_type),
        stored.schema,
        Instant(stored.occurred_at),
        Instant(stored.recorded_at),
        json(&actor),
        or_null(envelope.channel),
        or_null(envelope.client),
        envelope.command_id.get(),
        envelope.correlation_id.get(),
        or_null(envelope.causation_id),
    );
    let (said, data) = said_there(&opened.payload);
    if let Some(source) = envelope.source {
        let source = source.get();
        let _ = match said.and_then(|said| said.strip_prefix('{')) {
            Some(said) => {
                write!(out, r#","source":{},{said}"#, source.strip_suffix('}').unwrap_or(source))
            }
            None => write!(out, r#","source":{source}"#),
        };
    }
    let _ = write!(out, r#","data":{data}"#);
    if !opened.erased.is_empty() {
        let pointers: Vec<String> = opened.erased.iter().map(|pointer| outside(pointer)).collect();
        let _ = write!(out, r#","erased":{}"#, json(&pointers));
    }
    out.push('}');
    out
}

/// Takes apart what was said of an imported event in the system it comes from, which its payload
/// carries so that it can be sealed, and the event's own data.
fn said_there(payload: &str) -> (Option<&str>, Cow<'_, str>) {
    let whole = (None, Cow::Borrowed(payload));
    let Some(behind) = payload.strip_prefix(BEGIN) else { return whole };
    let mut values = serde_json::Deserializer::from_str(behind).into_iter::<&RawValue>();
    let Some(Ok(said)) = values.next() else { return whole };
    let rest = behind.get(values.byte_offset()..).unwrap_or_default();
    (Some(said.get()), Cow::Owned(format!("{{{}", rest.strip_prefix(',').unwrap_or(rest))))
}

/// Where a field of a payload stands in the event as it leaves.
fn outside(pointer: &str) -> String {
    match pointer.strip_prefix("/$source") {
        Some(said) => format!("/source{said}"),
        None => format!("/data{pointer}"),
    }
}

/// Plain data of strings and numbers always has a JSON text.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
