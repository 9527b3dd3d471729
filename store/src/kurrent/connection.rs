//! The connection to KurrentDB: made anew when it died, asked again where that is safe.

use std::sync::Arc;
use std::time::Duration;

use eventstore::{
    AppendToStreamOptions, Client, ClientSettings, Error, NodePreference, Position as Pair,
    ReadAllOptions, ReadStream, ReadStreamOptions, RecordedEvent, StreamPosition, StreamState,
    SubscriptionFilter,
};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::Settings;
use super::client::Renewable;
use super::failure::{Verdict, failed, refused, verdict};
use super::metadata::Told;
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

/// A page of `$all`.
pub(super) struct Page {
    /// Docket's events.
    pub events: Vec<Event>,
    /// The place of the last event of all, whosever it is; `None` when there was none.
    pub last: Option<Pair>,
    /// Whether there may be more behind it.
    pub full: bool,
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
    prefix: Arc<str>,
    deadline: Duration,
    attempts: usize,
    pause: Duration,
}

impl Connection {
    /// Prepares to connect; the first question does.
    pub fn new(url: &str, settings: &Settings) -> Result<Self, StoreError> {
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
        let prefix = settings.prefix.as_str().into();
        Ok(Self { client, prefix, deadline, attempts, pause })
    }

    /// What a stream is called in KurrentDB.
    fn name(&self, stream: &str) -> String {
        format!("{}{stream}", self.prefix)
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
        let appending = client.append_to_stream(self.name(stream), options, events);
        let appended = timeout(self.deadline + GRACE, appending).await;
        appended.map_err(|_| Error::DeadlineExceeded)?.map(|_| ())
    }

    /// The events of `$all` from a place on, that one included, at most `limit`; those of the system
    /// are left out. A server may end such a page before the log ends, though it is not full.
    pub async fn read_all(&self, from: Option<Pair>, limit: usize) -> Result<Page, StoreError> {
        let filter = match &*self.prefix {
            "" => SubscriptionFilter::on_event_type().exclude_system_events(),
            prefix => SubscriptionFilter::on_stream_name().add_prefix(prefix),
        };
        self.page(from, limit, |options| options.filter(filter)).await
    }

    /// As [`read_all`](Self::read_all); and where such a page does not move on, which may be the end of
    /// the log or of what the server looked through, it is read without a filter. A page of that kind
    /// does not move on where the log ends, and nowhere else, as long as `limit` is more than one.
    pub async fn read_on(&self, from: Option<Pair>, limit: usize) -> Result<Page, StoreError> {
        let page = self.read_all(from, limit).await?;
        if page.last.is_some_and(|last| from.is_none_or(|from| order(last) > order(from))) {
            return Ok(page);
        }
        self.page(from, limit, |options| options).await
    }

    async fn page(
        &self,
        from: Option<Pair>,
        limit: usize,
        filtered: impl FnOnce(ReadAllOptions) -> ReadAllOptions,
    ) -> Result<Page, StoreError> {
        let from = from.map_or(StreamPosition::Start, StreamPosition::Position);
        let options = ReadAllOptions::default()
            .forwards()
            .position(from)
            .max_count(limit)
            .deadline(self.deadline);
        let read = self.ask(&Question::All(filtered(options))).await?;
        let last = read.last().map(|event| event.position);
        let full = read.len() >= limit;
        Ok(Page { events: self.events_of(read)?, last, full })
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
        let read = self.ask(&Question::Stream(self.name(stream), options)).await?;
        self.events_of(read)
    }

    /// Docket's own among the events that were read.
    fn events_of(&self, read: Vec<RecordedEvent>) -> Result<Vec<Event>, StoreError> {
        read.into_iter().filter_map(|event| event_of(event, &self.prefix).transpose()).collect()
    }

    /// Asks, and asks again where the connection was lost: reading changes nothing.
    async fn ask(&self, question: &Question) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut attempt = 1;
        loop {
            let (generation, client) = self.client.current();
            let answer = timeout(self.deadline + GRACE, question.ask(client)).await;
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
enum Question {
    All(ReadAllOptions),
    Stream(String, ReadStreamOptions),
}

impl Question {
    async fn ask(&self, client: Client) -> Result<Vec<RecordedEvent>, Error> {
        let told = match self {
            Self::All(options) => client.read_all(options).await,
            Self::Stream(stream, options) => client.read_stream(stream.as_str(), options).await,
        };
        match all_of(told).await {
            // A stream that does not exist has no events.
            Err(Error::ResourceNotFound) => Ok(Vec::new()),
            other => other,
        }
    }
}

async fn all_of(told: Result<ReadStream, Error>) -> Result<Vec<RecordedEvent>, Error> {
    let mut told = told?;
    let mut events = Vec::new();
    while let Some(event) = told.next().await? {
        events.extend(event.event);
    }
    Ok(events)
}

/// An event as Docket reads it; `None` where it is somebody else's.
fn event_of(event: RecordedEvent, prefix: &str) -> Result<Option<Event>, StoreError> {
    let stream = event.stream_id().strip_prefix(prefix).map(str::to_owned);
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
