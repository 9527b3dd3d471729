//! An event as it leaves Docket: the one envelope of histories, `/v1/events`, NDJSON and SSE.
//!
//! Nothing is left out and nothing is parsed twice: the payload and the parts of the envelope go
//! from the log to the answer as the text they are.

use std::fmt::Write;

use docket_domain::instant::Instant;
use docket_domain::party::{Actor, ActorKind};
use docket_store::vault::Opened;
use docket_store::{Sealed, StoredEvent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::names::{Known, Names, name_of, stream_of};
use crate::recorded::{Moment, ReadError, Reader};

/// The events of a stream up to a moment, oldest first, each as the JSON text of `api.md`.
pub async fn of_stream(
    reader: &Reader,
    names: &Names,
    stream: &str,
    until: Moment,
) -> Result<Vec<String>, ReadError> {
    let stored = reader.stored(stream, until, Sealed::With).await?;
    render(reader, names, &stored).await
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
    if let Some(source) = envelope.source {
        let _ = write!(out, r#","source":{}"#, source.get());
    }
    let _ = write!(out, r#","data":{}"#, opened.payload);
    if !opened.erased.is_empty() {
        let pointers: Vec<String> =
            opened.erased.iter().map(|pointer| format!("/data{pointer}")).collect();
        let _ = write!(out, r#","erased":{}"#, json(&pointers));
    }
    out.push('}');
    out
}

/// Plain data of strings and numbers always has a JSON text.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
