//! Appends that were begun: written down beside the log from before their first event is sent until
//! the last has its position.
//!
//! That one row makes everything else repeatable. Whatever happens in between, the same events are sent
//! again under the same ids, and either they are found or they are written; so an append to several
//! streams ends as a whole, and what it reserves is neither lost nor taken twice.

pub(super) mod elsewhere;
mod file;
mod reserving;
mod shared;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(super) use self::file::FileTable;
pub(super) use self::shared::SharedTable;
use crate::appending::checked::Checked;
use crate::{Append, Millis, StoreError};

/// An append that was begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    pub append: Append,
    /// When it was begun: what its events are recorded at, however often they are sent.
    pub recorded_at: Millis,
    /// Whether something of it may have been sent; always, once it was read from the table.
    #[serde(skip, default = "yes")]
    pub doubtful: bool,
}

fn yes() -> bool {
    true
}

impl Begun {
    /// What nobody else may touch until it is finished: streams, claimed or released keys, and subjects
    /// that get a data key.
    pub fn names(&self) -> Vec<(&'static str, &str, &str)> {
        names(&self.append)
    }
}

/// What an append touches, each with its kind.
pub(super) fn names(append: &Append) -> Vec<(&'static str, &str, &str)> {
    let streams = append.writes.iter().map(|write| ("stream", write.stream.as_str(), ""));
    let claims = append.claims.iter().chain(&append.releases);
    let keys = append.new_keys.iter().map(|key| ("key", key.subject.as_str(), ""));
    let claims = claims.map(|claim| ("claim", claim.space.as_str(), claim.key.as_str()));
    streams.chain(claims).chain(keys).collect()
}

/// Appends with their places in a batch.
pub(super) type Numbered = Vec<(usize, Checked)>;

/// Those that touch nothing that one before them touches, and the others.
pub(super) fn apart(waiting: Numbered) -> (Numbered, Numbered) {
    let mut touched: HashSet<(&'static str, String, String)> = HashSet::new();
    let mut commands = HashSet::new();
    waiting.into_iter().partition(|(_, Checked { append, .. })| {
        let mine: Vec<_> = names(append)
            .into_iter()
            .map(|(kind, name, more)| (kind, name.to_owned(), more.to_owned()))
            .collect();
        let free = !mine.iter().any(|name| touched.contains(name));
        touched.extend(mine);
        commands.insert(append.command_id) && free
    })
}

/// The table, where this process finds it.
pub(super) enum BegunTable {
    /// In the file beside the log, which nobody else writes.
    File(FileTable),
    /// In the database beside the log, with what other processes have begun.
    Shared(SharedTable),
}

impl BegunTable {
    /// What this process is to finish: all of a file; of a database what it has begun itself, and what
    /// others have begun and left.
    pub async fn take_up(&mut self) -> Result<Vec<Begun>, StoreError> {
        match self {
            Self::File(table) => table.all().await,
            Self::Shared(table) => table.take_up().await,
        }
    }

    /// Keeps others from what these touch, until [`begin`](Self::begin). Answers those that touch what
    /// others have begun.
    pub async fn reserve(&mut self, fresh: &[Begun]) -> Result<HashSet<Uuid>, StoreError> {
        match self {
            Self::File(_) => Ok(HashSet::new()),
            Self::Shared(table) => table.reserve(fresh).await,
        }
    }

    /// Writes down what is begun, and forgets what is finished, in one transaction. Whatever else was
    /// reserved is free again.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when it may be written down all the same; after any other it is not.
    pub async fn begin(&mut self, begun: &[&Begun], finished: &[Uuid]) -> Result<(), StoreError> {
        match self {
            Self::File(_) if begun.is_empty() => Ok(()),
            Self::File(table) => table.write(begun, finished).await,
            Self::Shared(table) => table.begin(begun).await,
        }
    }

    /// Forgets what is finished.
    pub async fn forget(&mut self, finished: &[Uuid]) -> Result<(), StoreError> {
        match self {
            Self::File(table) => table.write(&[], finished).await,
            Self::Shared(table) => table.forget(finished).await,
        }
    }

    /// Forgets what was certainly not written, on disk when this answers; false where another process has
    /// taken it up, so that it may be written yet.
    pub async fn give_up(&mut self, command: Uuid) -> Result<bool, StoreError> {
        match self {
            Self::File(table) => table.write(&[], &[command]).await.map(|()| true),
            Self::Shared(table) => table.give_up(command).await,
        }
    }

    /// Whether some process has begun what brings a data key.
    pub async fn brings_key(&mut self, subject: &str) -> Result<bool, StoreError> {
        match self {
            Self::File(_) => Ok(false),
            Self::Shared(table) => table.brings_key(subject).await,
        }
    }

    /// Gives the connection back.
    pub async fn close(self) {
        match self {
            Self::File(table) => table.close().await,
            Self::Shared(table) => table.close().await,
        }
    }
}

fn rows(begun: &[&Begun]) -> Result<Vec<String>, StoreError> {
    let rows = begun.iter().map(serde_json::to_string);
    rows.collect::<Result<_, _>>()
        .map_err(|error| StoreError::Refused(format!("an append cannot be written down: {error}")))
}

fn read(row: &str) -> Result<Begun, StoreError> {
    serde_json::from_str(row).map_err(|error| {
        StoreError::Integrity(format!("an append that was begun cannot be read: {error}"))
    })
}
