//! What stands beside an event: in KurrentDB its metadata, which say all that Docket must know of it
//! to give it its place again; and in the file beside the log its place.

use eventstore::{EventData, Position as Pair};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::appending::known::from_hex;
use crate::{Append, Millis, NewEvent, StoreError, Version, event_id};

/// An event's metadata. Its own tools know the first two names.
#[derive(Serialize, Deserialize)]
struct Metadata {
    #[serde(rename = "$correlationId", default, skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    #[serde(rename = "$causationId", default, skip_serializing_if = "Option::is_none")]
    causation_id: Option<String>,
    docket: Told,
}

/// What Docket says of its event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Told {
    /// The id of the store that wrote it.
    pub store: Uuid,
    /// The command that wrote it.
    pub command: Uuid,
    /// The command's fingerprint, in hexadecimal.
    fingerprint: String,
    /// Which of the command's events it is, from 0.
    pub index: usize,
    /// All of the command's events: stream, version before them, how many. The order is theirs.
    pub streams: Vec<(String, Version, usize)>,
    pub schema: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Millis>,
    pub recorded_at: Millis,
    /// SHA-256 of the payload, in hexadecimal.
    pub payload_hash: String,
    envelope: Box<RawValue>,
}

impl Told {
    /// Reads an event's metadata; `None` where the event is not Docket's.
    pub fn read(metadata: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Metadata>(metadata).ok().map(|metadata| metadata.docket)
    }

    pub fn fingerprint(&self) -> Option<[u8; 32]> {
        from_hex(&self.fingerprint)?.try_into().ok()
    }

    /// How many events the command has in all.
    pub fn count(&self) -> usize {
        self.streams.iter().map(|(_, _, count)| count).sum()
    }

    /// Whether both say the same, in every field.
    pub fn is(&self, other: &Self) -> bool {
        matches!(
            (serde_json::to_string(self), serde_json::to_string(other)),
            (Ok(own), Ok(others)) if own == others
        )
    }

    /// The envelope, byte for byte as it was given.
    pub fn envelope(&self) -> Option<String> {
        match self.envelope.get() {
            object if object.starts_with('{') => Some(object.to_owned()),
            string => serde_json::from_str(string).ok(),
        }
    }
}

/// Only an object is kept as it is; another text, of which there is none but in tests, as a string.
fn kept(envelope: &str) -> Result<Box<RawValue>, serde_json::Error> {
    if let Ok(raw) = RawValue::from_string(envelope.to_owned())
        && envelope.starts_with('{')
        && raw.get() == envelope
    {
        return Ok(raw);
    }
    serde_json::value::to_raw_value(envelope)
}

/// What KurrentDB's own tools follow, as the envelope has it.
#[derive(Default, Deserialize)]
struct Ties {
    correlation_id: Option<String>,
    causation_id: Option<String>,
}

/// The events of one of an append's writes as KurrentDB gets them: the same bytes whenever asked.
pub(super) fn events(
    append: &Append,
    write: usize,
    recorded_at: Millis,
    store: Uuid,
) -> Result<Vec<EventData>, StoreError> {
    let told = told(append, write, recorded_at, store)?;
    let events = append.writes[write].events.iter().zip(told);
    let data = events.map(|(event, told)| data(event, told));
    data.collect::<Result<_, _>>().map_err(not_json)
}

/// What Docket says of each event of one of an append's writes.
pub(super) fn told(
    append: &Append,
    write: usize,
    recorded_at: Millis,
    store: Uuid,
) -> Result<Vec<Told>, StoreError> {
    let streams: Vec<_> = append
        .writes
        .iter()
        .map(|write| (write.stream.clone(), write.expected.version(), write.events.len()))
        .filter(|(_, _, events)| *events > 0)
        .collect();
    let before = append.writes[..write].iter().map(|write| write.events.len()).sum::<usize>();
    let events = append.writes[write].events.iter().enumerate();
    let told = events.map(|(offset, event)| {
        Ok(Told {
            store,
            command: append.command_id,
            fingerprint: hex(&append.fingerprint),
            index: before + offset,
            streams: streams.clone(),
            schema: event.schema,
            occurred_at: event.occurred_at,
            recorded_at,
            payload_hash: hex(&Sha256::digest(event.payload.as_bytes())),
            envelope: kept(&event.envelope)?,
        })
    });
    told.collect::<Result<_, _>>().map_err(not_json)
}

fn not_json(error: serde_json::Error) -> StoreError {
    StoreError::Refused(format!("an event cannot be written as JSON: {error}"))
}

fn data(event: &NewEvent, told: Told) -> Result<EventData, serde_json::Error> {
    let id = event_id(told.command, told.index);
    let ties: Ties = serde_json::from_str(&event.envelope).unwrap_or_default();
    let metadata = Metadata {
        correlation_id: ties.correlation_id,
        causation_id: ties.causation_id,
        docket: told,
    };
    let payload = match RawValue::from_string(event.payload.clone()) {
        Ok(raw) if raw.get() == event.payload => EventData::json(&event.event_type, &raw)?,
        // What is no JSON, which Docket never writes, is kept all the same.
        _ => EventData::binary(&event.event_type, event.payload.clone().into()),
    };
    payload.id(id).metadata_as_json(&metadata)
}

/// Where an event lies in KurrentDB, and what else is not to be asked there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Its place in `$all`; neither half says where without the other.
    pub commit: u64,
    pub prepare: u64,
    /// Never less than that of the event before it.
    pub recorded_at: Millis,
    pub payload_hash: String,
}

impl Place {
    pub fn pair(&self) -> Pair {
        Pair { commit: self.commit, prepare: self.prepare }
    }

    pub fn text(&self) -> Result<String, StoreError> {
        serde_json::to_string(self)
            .map_err(|error| StoreError::Refused(format!("a place cannot be written: {error}")))
    }

    pub fn read(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(|error| {
            StoreError::Integrity(format!("an event's place is unreadable: {error}"))
        })
    }

    pub fn hash(&self) -> Result<[u8; 32], StoreError> {
        from_hex(&self.payload_hash)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| StoreError::Integrity("a payload hash cannot be read".to_owned()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
