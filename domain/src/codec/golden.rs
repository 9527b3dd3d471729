//! One pinned sample for every version of every event: what is in a log somewhere must be read for
//! ever. The samples lie in `golden/`, a file for each category of streams, an event on each line,
//! personal fields as markers. A new schema version adds its sample; none is ever changed.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;

const FILES: [(&str, &str); 5] = [
    ("ticket-1", include_str!("../../golden/ticket.ndjson")),
    ("customer-1", include_str!("../../golden/customer.ndjson")),
    ("agent-1", include_str!("../../golden/agent.ndjson")),
    ("definition-queue-inbox", include_str!("../../golden/definition.ndjson")),
    ("token-1", include_str!("../../golden/token.ndjson")),
];

#[derive(Deserialize)]
struct Sample {
    #[serde(rename = "type")]
    event_type: String,
    schema: u16,
    payload: Value,
}

#[test]
fn every_sample_is_read_and_todays_is_written_as_it_was() {
    for (stream, sample) in samples() {
        let Sample { event_type, schema, payload } = sample;
        let read = decode(stream, &event_type, schema, &opened(&payload).to_string()).unwrap();
        let written = encode(&read).unwrap();
        assert_eq!(written.event_type, event_type);
        if schema == written.schema {
            assert_eq!(written.payload, payload, "{event_type}");
        }
    }
}

#[test]
fn every_sample_is_read_when_all_that_is_personal_is_erased() {
    for (stream, sample) in samples() {
        let erased = erased(&sample.payload).to_string();
        let read = decode(stream, &sample.event_type, sample.schema, &erased).unwrap();
        assert_eq!(markers(&encode(&read).unwrap().payload), 0, "{}", sample.event_type);
    }
}

#[test]
fn every_version_of_every_event_has_a_sample() {
    let sampled: BTreeSet<(String, u16)> =
        samples().map(|(_, sample)| (sample.event_type, sample.schema)).collect();
    let names = [
        variants::<TicketEvent>(),
        variants::<CustomerEvent>(),
        variants::<AgentEvent>(),
        variants::<DefinitionEvent>(),
        variants::<TokenEvent>(),
    ];
    let versions = |name: String| {
        (1..=current_schema(UPCASTERS, &name)).map(move |schema| (name.clone(), schema))
    };
    let all: BTreeSet<(String, u16)> = names.into_iter().flatten().flat_map(versions).collect();
    assert_eq!(sampled, all);
    assert!(all.iter().all(|(name, _)| is_known(name)));
    assert!(!is_known("TicketClosd") && !is_known("TicketClosed,TicketReopened") && !is_known(""));
}

#[test]
fn an_event_that_nobody_knows_is_an_error_and_names_no_values() {
    let error = decode("ticket-1", "TicketPainted", 1, r#"{"colour":"secret"}"#).unwrap_err();
    insta::assert_snapshot!(error, @"cannot decode TicketPainted schema 1: Data error at column 16");
    let error = decode("ticket-1", "MessageOpened", 1, r#"{"message_id":"secret"}"#).unwrap_err();
    insta::assert_snapshot!(error, @"cannot decode MessageOpened schema 1: Data error at column 39");
    let error = decode("parcel-1", "MessageOpened", 1, "{}").unwrap_err();
    insta::assert_snapshot!(error, @"cannot decode MessageOpened schema 1: no such category of streams");
    let error = decode("ticket-1", "MessageOpened", 2, "{}").unwrap_err();
    insta::assert_snapshot!(error, @"cannot decode MessageOpened schema 2: written by a newer release");
}

/// `MessageOpened` once had a field `message`, and before that `msg`: a made-up past.
const PAST: &[Upcaster] = &[
    Upcaster { event_type: "MessageOpened", from: 1, step: |it| renamed(it, "msg", "message") },
    Upcaster {
        event_type: "MessageOpened",
        from: 2,
        step: |it| renamed(it, "message", "message_id"),
    },
];

fn renamed(mut payload: Value, from: &str, to: &str) -> Value {
    if let Some(value) = payload.as_object_mut().and_then(|fields| fields.remove(from)) {
        payload[to] = value;
    }
    payload
}

#[test]
fn an_old_version_is_brought_to_todays_shape_step_by_step() {
    let id = "00000000-0000-0000-0000-000000000066";
    let today = format!(r#"{{"message_id":"{id}"}}"#);
    for (schema, old) in [(1, "msg"), (2, "message"), (3, "message_id")] {
        let stored = format!(r#"{{"{old}":"{id}"}}"#);
        assert_eq!(upcast(PAST, "MessageOpened", schema, &stored).unwrap(), today);
    }
    let read: TicketEvent = join("MessageOpened", 3, &today).unwrap();
    assert!(
        matches!(read, TicketEvent::MessageOpened { message_id } if message_id.0.to_string() == id)
    );
    assert_eq!(current_schema(PAST, "MessageOpened"), 3);
    assert_eq!(current_schema(PAST, "MessageFiled"), 1);
}

#[test]
fn a_version_from_the_future_or_without_a_step_is_an_error() {
    let read = |upcasters, schema| upcast(upcasters, "MessageOpened", schema, "{}").unwrap_err();
    insta::assert_snapshot!(read(PAST, 4), @"cannot decode MessageOpened schema 4: written by a newer release");
    insta::assert_snapshot!(read(&PAST[1..], 1), @"cannot decode MessageOpened schema 1: no upcaster for this schema");
}

fn samples() -> impl Iterator<Item = (&'static str, Sample)> {
    FILES.into_iter().flat_map(|(stream, file)| {
        file.lines().map(move |line| (stream, serde_json::from_str(line).unwrap()))
    })
}

/// The names of all variants: serde lists them when it meets one that it does not know.
fn variants<E: DeserializeOwned>() -> Vec<String> {
    let error = serde_json::from_str::<E>(r#"{"?":{}}"#).err().unwrap().to_string();
    let listed = error.split_once("expected ").unwrap().1;
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The payload as the vault hands it out: each marker replaced by its value.
pub(crate) fn opened(payload: &Value) -> Value {
    without_markers(payload, &|value| opened(value))
}

fn erased(payload: &Value) -> Value {
    without_markers(payload, &|_| Value::Null)
}

fn without_markers(payload: &Value, open: &dyn Fn(&Value) -> Value) -> Value {
    match payload {
        Value::Object(fields) => match fields.get("$personal") {
            Some(value) => open(value),
            None => {
                let fields = fields.iter();
                fields.map(|(key, it)| (key.clone(), without_markers(it, open))).collect()
            }
        },
        Value::Array(items) => items.iter().map(|it| without_markers(it, open)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => payload.clone(),
    }
}

/// How many markers there are.
fn markers(payload: &Value) -> usize {
    payload.to_string().matches("$personal").count()
}
