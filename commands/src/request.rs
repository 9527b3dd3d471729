//! What surrounds a command: who asks, when, under which id; and what became of it.

use docket_domain::codec::Event;
use docket_domain::envelope::{Recorded, Source};
use docket_domain::instant::Instant;
use docket_domain::party::{Actor, ActorKind, Channel};
use uuid::Uuid;

/// Who asks, when, under which id.
#[derive(Clone, Debug)]
pub struct Request {
    /// The command's id: the same again means the same command again.
    pub command_id: Uuid,
    /// A keyed hash of what was asked, to tell a repetition from a reused id.
    pub fingerprint: [u8; 32],
    /// Whether the id may have been used before: then the log is asked first.
    pub repeatable: bool,
    /// Who acts. What a customer says becomes the customer's event nevertheless.
    pub actor: Actor,
    /// By which way the command came in.
    pub channel: Option<Channel>,
    /// Which client carried it in.
    pub client: Option<String>,
    /// When it happened.
    pub occurred: Occurred,
    /// The version that the asker saw and insists on.
    pub if_match: Option<u64>,
    /// What led to it.
    pub causation_id: Option<Uuid>,
    /// What ties it together with other commands; its own id when not said.
    pub correlation_id: Option<Uuid>,
    /// Where an imported event comes from.
    pub source: Option<Source>,
}

/// When a command happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurred {
    /// When the store records it.
    Now,
    /// At a time that its asker knows better: never in the future, nor before the stream's last
    /// event.
    At(Instant),
    /// When it was due, however late somebody came to do it: perhaps before the stream's last event.
    Due(Instant),
    /// At the time an imported log says, in whatever order it says so.
    Imported(Instant),
}

impl Request {
    /// A command of Docket's own parts, under an id derived from what it is about, so that it can
    /// be issued any number of times and takes effect once.
    pub fn system(part: &str, command_id: Uuid) -> Self {
        Self {
            command_id,
            fingerprint: [0; 32],
            repeatable: true,
            actor: Actor::new(ActorKind::System, part),
            channel: None,
            client: None,
            occurred: Occurred::Now,
            if_match: None,
            causation_id: None,
            correlation_id: None,
            source: None,
        }
    }
}

/// What became of a command.
#[derive(Clone, Debug)]
pub struct Done {
    /// The stream that the answer is about: where a command writes several, the last one written.
    pub stream: String,
    /// That stream's version after the command.
    pub version: u64,
    /// The position of the last event written; the log's head when nothing was.
    pub position: u64,
    /// The events written, in order; none when there was nothing to do.
    pub events: Vec<Recorded<Event>>,
    /// Whether this answers a repetition: the command took effect earlier.
    pub repeated: bool,
}
