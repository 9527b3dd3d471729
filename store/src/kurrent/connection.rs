//! The connection to KurrentDB: made anew when it died, asked again where that is safe.

use std::sync::Arc;
use std::time::Duration;

use eventstore::{
    AppendToStreamOptions, Client, ClientSettings, Error, NodePreference, Position as Pair,
    ReadAllOptions, ReadStream, ReadStreamOptions, RecordedEvent, StreamPosition, StreamState,
};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::Settings;
use super::client::Renewable;
use super::failure::{Verdict, failed, refused, verdict};
use super::metadata::Told;
use super::names::Names;
use crate::{Expected, StoreError, Version};

/// What the client's own deadline is given on top: it is the server that keeps it.
const GRACE: Duration = Duration::from_secs(1);

/// How often a read is asked again where the connection was lost.
const READS: usize = 5;

/// An event of Docket's as KurrentDB tells it.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub id: Uuid,
    pub stream: String,
    pub version: Version,
    pub event_type: String,
    pub pair: Pair,
    pub told: Told,
    pub payload: String,
}

/// Which of two places comes first.
pub(super) fn order(pair: Pair) -> (u64, u64) {
    (pair.commit, pair.prepare)
}

/// What became of an append.
#[derive(Debug)]
pub(super) enum Sent {
    /// It is in the stream: now, or since an earlier try.
    Written,
    /// It is certain that it is not.
    NotWritten(StoreError),
    /// The stream is elsewhere, and these events are not in it.
    Elsewhere,
    /// It may be, or may yet come to be.
    Unknown(StoreError),
}

/// A connection, shared.
#[derive(Clone)]
pub(super) struct Connection {
    client: Arc<Renewable>,
    names: Names,
    pub(super) deadline: Duration,
    attempts: usize,
    pause: Duration,
}

impl Connection {
    /// Prepares to connect; the first question does.
    pub fn new(url: &str, settings: &Settings) -> Result<Self, StoreError> {
        let (names, url) = Names::read(url, settings)?;
        // What the parser says would repeat the URL, and the password in it.
        let refused = |_| StoreError::Refused("the URL of KurrentDB cannot be read".to_owned());
        let parsed: ClientSettings = url.parse().map_err(refused)?;
        // Others may not show yet what was acknowledged, which would be taken for a log that lost it.
        if !matches!(parsed.node_preference(), NodePreference::Leader) {
            return Err(StoreError::Refused(
                "Docket reads from the node of KurrentDB that leads: leave nodePreference out of the \
                 URL, or set it to leader"
                    .to_owned(),
            ));
        }
        let client = Arc::new(Renewable::new(parsed)?);
        let Settings { deadline, attempts, pause, .. } = *settings;
        Ok(Self { client, names, deadline, attempts, pause })
    }

    /// What Docket's streams are called in KurrentDB.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Appends to one stream at exactly the version expected, and tries again as long as that is of
    /// use: the ids make sure that nothing is written twice.
    pub async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: impl Fn() -> Result<Vec<eventstore::EventData>, StoreError>,
    ) -> Sent {
        let state = match expected {
            Expected::NoStream | Expected::Exact(0) => StreamState::NoStream,
            Expected::Exact(version) => StreamState::StreamRevision(version - 1),
        };
        let options = AppendToStreamOptions::default().stream_state(state).deadline(self.deadline);
        let mut doubt = None;
        let mut attempt = 1;
        loop {
            let events = match events() {
                Ok(events) => events,
                Err(error) => return Sent::NotWritten(error),
            };
            let (generation, client) = self.client.current();
            let error = match self.append_once(client, stream, &options, events).await {
                Ok(()) => return Sent::Written,
                Err(error) => error,
            };
            tracing::warn!(stream, attempt, %error, "an append to KurrentDB failed");
            match verdict(&error) {
                Verdict::Elsewhere => return Sent::Elsewhere,
                Verdict::Refused if doubt.is_none() => return Sent::NotWritten(refused(&error)),
                Verdict::Unknown => doubt = Some(failed(&error)),
                Verdict::NotSent | Verdict::Refused => {}
            }
            self.client.renew_after(generation, &error);
            if attempt == self.attempts {
                return match doubt {
                    Some(_) => Sent::Unknown(StoreError::Unknown(error.to_string())),
                    None => Sent::NotWritten(failed(&error)),
                };
            }
            sleep(self.pause * attempt as u32).await;
            attempt += 1;
        }
    }

    async fn append_once(
        &self,
        client: Client,
        stream: &str,
        options: &AppendToStreamOptions,
        events: Vec<eventstore::EventData>,
    ) -> Result<(), Error> {
        let appending = client.append_to_stream(self.names.of(stream), options, events);
        let appended = timeout(self.deadline + GRACE, appending).await;
        appended.map_err(|_| Error::DeadlineExceeded)?.map(|_| ())
    }

    /// The events of a stream behind a version, at most `limit`.
    pub async fn read_stream(
        &self,
        stream: &str,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let options = ReadStreamOptions::default()
            .forwards()
            .position(StreamPosition::Position(after))
            .max_count(limit)
            .deadline(self.deadline);
        let read = self.ask(&Question::Stream(self.names.of(stream), options)).await?;
        self.events_of(read)
    }

    /// Docket's own among the events that were read.
    pub(super) fn events_of(&self, read: Vec<RecordedEvent>) -> Result<Vec<Event>, StoreError> {
        read.into_iter().filter_map(|event| event_of(event, &self.names).transpose()).collect()
    }

    /// Asks, and asks again where the connection was lost: reading changes nothing.
    pub(super) async fn ask(&self, question: &Question) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut attempt = 1;
        loop {
            let (generation, client) = self.client.current();
            let patience = question.deadline().unwrap_or(self.deadline) + GRACE;
            let answer = timeout(patience, question.ask(client)).await;
            let error = match answer.unwrap_or(Err(Error::DeadlineExceeded)) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            self.client.renew_after(generation, &error);
            let told = failed(&error);
            if attempt == READS || !matches!(told, StoreError::Unavailable(_)) {
                return Err(told);
            }
            sleep(self.pause * attempt as u32).await;
            attempt += 1;
        }
    }
}

/// What is read.
pub(super) enum Question {
    All {
        options: ReadAllOptions,
        /// The options do not tell theirs.
        deadline: Duration,
        /// What lies behind this place need not be told.
        until: Option<Pair>,
    },
    Stream(String, ReadStreamOptions),
}

impl Question {
    fn deadline(&self) -> Option<Duration> {
        match self {
            Self::All { deadline, .. } => Some(*deadline),
            Self::Stream(..) => None,
        }
    }

    async fn ask(&self, client: Client) -> Result<Vec<RecordedEvent>, Error> {
        let (told, until) = match self {
            Self::All { options, until, .. } => (client.read_all(options).await, *until),
            Self::Stream(stream, options) => {
                (client.read_stream(stream.as_str(), options).await, None)
            }
        };
        match all_of(told, until).await {
            // A stream that does not exist has no events.
            Err(Error::ResourceNotFound) => Ok(Vec::new()),
            other => other,
        }
    }
}

/// What is told, up to a place. A server that filters would look for more behind it, and perhaps for long.
async fn all_of(
    told: Result<ReadStream, Error>,
    until: Option<Pair>,
) -> Result<Vec<RecordedEvent>, Error> {
    let mut told = told?;
    let mut events: Vec<RecordedEvent> = Vec::new();
    let enough = |event: &RecordedEvent| until.is_some_and(|at| order(event.position) >= order(at));
    while !events.last().is_some_and(enough)
        && let Some(event) = told.next().await?
    {
        events.extend(event.event);
    }
    Ok(events)
}

/// An event as Docket reads it; `None` where it is somebody else's.
fn event_of(event: RecordedEvent, names: &Names) -> Result<Option<Event>, StoreError> {
    let stream = names.own(event.stream_id()).map(str::to_owned);
    let told = Told::read(&event.custom_metadata);
    let (Some(stream), Some(told)) = (stream, told) else { return Ok(None) };
    let payload = String::from_utf8(event.data.into()).map_err(|_| {
        StoreError::Integrity(format!("an event of {stream} is not text in KurrentDB"))
    })?;
    Ok(Some(Event {
        id: event.id,
        stream,
        version: event.revision + 1,
        event_type: event.event_type,
        pair: event.position,
        told,
        payload,
    }))
}
