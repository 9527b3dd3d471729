//! What stands around every event: who, by which way, caused by what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::instant::Instant;
use crate::party::{Actor, Channel};
use crate::personal::Personal;

/// The part of an event's envelope that the domain's callers decide; the store adds position,
/// stream, version and times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Who did it.
    pub actor: Actor,
    /// By which way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Which client carried it in: the id of a token, or the name of a part of Docket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The command that wrote it.
    pub command_id: Uuid,
    /// The event or command that led to that command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<Uuid>,
    /// What ties together all that one cause led to.
    pub correlation_id: Uuid,
    /// Where an imported event comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// The origin of an imported event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The foreign system, as the map names it.
    pub system: String,
    /// The case there.
    pub case: String,
    /// The activity there.
    pub activity: String,
    /// What else was said of it there. It is no part of the envelope as stored, which is in the
    /// clear: it travels in the payload, see [`codec`](crate::codec).
    #[serde(skip)]
    pub said: Option<Box<Said>>,
}

/// The attributes of a foreign event that became one of ours, so that nothing said there is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Those that may be about somebody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Personal<BTreeMap<String, String>>>,
    /// Those that the map says are about nobody.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub public: BTreeMap<String, String>,
    /// Those of the case there, once a case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_attributes: Option<Personal<BTreeMap<String, String>>>,
    /// Those of the case that are about nobody.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub case_public: BTreeMap<String, String>,
}

/// One event of the log, decoded: what every reader folds.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded<E> {
    /// Its place in the global order, dense from 1.
    pub position: u64,
    /// Its stream.
    pub stream: String,
    /// Its place in the stream, dense from 1.
    pub version: u64,
    /// Its id.
    pub event_id: Uuid,
    /// When it happened in the real world.
    pub occurred_at: Instant,
    /// When the store recorded it.
    pub recorded_at: Instant,
    /// Who, by which way, caused by what.
    pub envelope: Envelope,
    /// What happened.
    pub event: E,
}
