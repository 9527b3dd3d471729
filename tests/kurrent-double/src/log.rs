//! The double's log: what an append may do, and where events lie.

use std::collections::HashMap;

use uuid::Uuid;

/// An event on its way into the log.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// The client's id for it.
    pub id: Uuid,
    /// `type` and `content-type`.
    pub metadata: HashMap<String, String>,
    /// The client's own metadata.
    pub custom_metadata: Vec<u8>,
    /// What it says.
    pub data: Vec<u8>,
}

/// An event in the log.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The event as it was proposed.
    pub event: Proposed,
    /// Its stream.
    pub stream: String,
    /// Its place in the stream, from 0.
    pub revision: u64,
    /// Its place in `$all`: with the same commit for all events of one append, as in older releases.
    pub commit: u64,
    /// The other half of that place.
    pub prepare: u64,
}

/// What an append expects of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Its last event has this revision.
    Revision(u64),
    /// It does not exist.
    NoStream,
    /// Nothing.
    Any,
    /// It exists.
    Exists,
}

/// What became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is in the log, and the last of its events lies here: now, or since an earlier append with
    /// the same ids.
    Written {
        /// Its revision.
        revision: u64,
        /// Its place in `$all`.
        commit: u64,
        /// The other half.
        prepare: u64,
    },
    /// The stream is elsewhere: its last revision, if there is one.
    Wrong(Option<u64>),
}

/// All events, oldest first.
#[derive(Debug, Default)]
pub struct Log {
    events: Vec<Kept>,
    /// Where the events of a stream lie in the list.
    streams: HashMap<String, Vec<usize>>,
    end: u64,
    appends: u64,
}

impl Log {
    /// All events, those of the system among them.
    pub fn events(&self) -> &[Kept] {
        &self.events
    }

    /// The events of a stream.
    pub fn stream(&self, name: &str) -> impl DoubleEndedIterator<Item = &Kept> {
        let places = self.streams.get(name).map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|place| &self.events[*place])
    }

    /// Appends events to a stream if it is where the client expects it, or if these very events
    /// follow that place already.
    pub fn append(&mut self, stream: &str, expected: Expected, events: Vec<Proposed>) -> Answer {
        let next = self.stream(stream).count() as u64;
        let at = match expected {
            Expected::Revision(revision) => revision + 1,
            Expected::NoStream => 0,
            Expected::Any => next,
            Expected::Exists if next > 0 => next,
            Expected::Exists => return Answer::Wrong(None),
        };
        if at < next && !events.is_empty() {
            let there: Vec<_> = self.stream(stream).skip(at as usize).take(events.len()).collect();
            let ids = there.iter().map(|kept| kept.event.id);
            if ids.eq(events.iter().map(|event| event.id)) {
                return written(there.last().copied());
            }
        }
        if at != next {
            return Answer::Wrong(next.checked_sub(1));
        }
        self.appends += 1;
        if self.appends.is_multiple_of(3) {
            // A server writes events of its own between those of its clients.
            self.write("$stats-double", vec![of_the_system()]);
        }
        self.write(stream, events);
        written(self.stream(stream).next_back())
    }

    /// Changes what the first event of a stream says, as no server lets a client do.
    pub fn alter(&mut self, stream: &str, data: &[u8]) {
        if let Some(kept) = self.first_of(stream) {
            kept.event.data = data.to_vec();
        }
    }

    /// Changes what a client said beside the first event of a stream, as no server lets one do.
    pub fn alter_metadata(&mut self, stream: &str, change: impl FnOnce(&str) -> String) {
        if let Some(kept) = self.first_of(stream) {
            let said = String::from_utf8_lossy(&kept.event.custom_metadata).into_owned();
            kept.event.custom_metadata = change(&said).into_bytes();
        }
    }

    fn first_of(&mut self, stream: &str) -> Option<&mut Kept> {
        let first = self.streams.get(stream)?.first().copied()?;
        self.events.get_mut(first)
    }

    fn write(&mut self, stream: &str, events: Vec<Proposed>) {
        let first = self.end + 1;
        // Places are offsets in a file: they rise, and leave gaps.
        let prepares: Vec<u64> = events
            .iter()
            .scan(first, |at, event| {
                let prepare = *at;
                *at += 64 + (event.data.len() + event.custom_metadata.len()) as u64;
                Some(prepare)
            })
            .collect();
        let Some(commit) = prepares.last().copied() else { return };
        let places = self.streams.entry(stream.to_owned()).or_default();
        for (event, prepare) in events.into_iter().zip(prepares) {
            let revision = places.len() as u64;
            places.push(self.events.len());
            self.end = prepare + 64 + event.data.len() as u64;
            self.events.push(Kept { event, stream: stream.to_owned(), revision, commit, prepare });
        }
    }
}

fn written(last: Option<&Kept>) -> Answer {
    last.map_or(Answer::Wrong(None), |kept| Answer::Written {
        revision: kept.revision,
        commit: kept.commit,
        prepare: kept.prepare,
    })
}

fn of_the_system() -> Proposed {
    let metadata = [("type", "$statsCollected"), ("content-type", "application/json")];
    Proposed {
        id: Uuid::from_u128(1),
        metadata: metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        custom_metadata: Vec::new(),
        data: b"{}".to_vec(),
    }
}
