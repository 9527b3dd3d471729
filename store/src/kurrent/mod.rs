//! The store on KurrentDB (formerly EventStoreDB): the log lives there, and beside it, in a SQLite file
//! of this process or in a PostgreSQL database of several, what KurrentDB cannot keep: sealed texts,
//! data keys, claims, numbers, settings, and each event's position.
//!
//! Experimental: tested against a double of the protocol, never yet against a real server. One process
//! writes a log beside which there is a file; any number one beside which there is a database. The way of
//! an append is told in [`writer`], that of a position in [`sequencer`]. Deliberately absent: subscriptions
//! (who appends reads the log on by itself), and any use of KurrentDB's own deletion.

mod all;
mod beginning;
mod begun;
mod beside;
mod client;
mod connection;
mod cursor;
mod failure;
mod finishing;
mod judge;
mod metadata;
pub(crate) mod moved;
mod names;
mod opening;
mod reads;
mod send;
mod sequencer;
mod strangers;
mod whole;
mod writer;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use self::beside::Beside;
use self::connection::Connection;
use self::metadata::Place;
pub use self::names::{STREAMS, TESTS};
use self::writer::{Other, Unfinished};
use crate::appending::queue::Queue;
use crate::appending::tail::Tail;
use crate::postgres::PostgresStore;
use crate::{
    Append, EventStore, KeyState, Outcome, Position, Receipt, Sealed, StoreError, StoredEvent,
    Together, Version, Written,
};

/// How one process uses KurrentDB.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What stands before the names of its streams in KurrentDB, so that several logs lie in one: where the URL
    /// does not name it (`streamPrefix`). It ends with a dash.
    pub prefix: String,
    /// How the names of its streams begin behind that. Whatever is named otherwise is somebody else's.
    pub streams: Vec<String>,
    /// How long the server may take for one answer.
    pub deadline: Duration,
    /// How often an append is sent before it is said that its outcome is unknown.
    pub attempts: usize,
    /// How long to wait before the second try; longer before each that follows.
    pub pause: Duration,
    /// How often what was begun and not finished is tried again.
    pub finish_every: Duration,
    /// How often it is read on past what other programs have written, so that no append need wait for that.
    pub pass_over_every: Duration,
    /// After how long without a word what another process has begun is finished by this one, at the latest:
    /// of one whose connection to the database is gone it is at once. Too short costs work that is done
    /// twice, and nothing else.
    pub take_up_after: Duration,
    /// Whether to take over a log of which what stood beside it was lost. Events get the positions that they had;
    /// texts, data keys, claims and numbers are gone.
    pub take_over: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            streams: STREAMS.map(str::to_owned).into(),
            deadline: Duration::from_secs(5),
            attempts: 4,
            pause: Duration::from_millis(50),
            finish_every: Duration::from_secs(1),
            pass_over_every: Duration::from_secs(5),
            take_up_after: Duration::from_secs(5),
            take_over: false,
        }
    }
}

/// How often it is looked whether a command that was begun is finished.
const LOOKS: usize = 20;

/// How long to wait for another process between two such looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The event store in KurrentDB.
pub struct KurrentStore {
    kurrent: Connection,
    beside: Arc<Beside>,
    tail: Arc<Tail>,
    unfinished: Unfinished,
    /// `None` when opened for reading only.
    writer: Option<Arc<Queue<Other>>>,
}

impl KurrentStore {
    /// The database beside the log, where it is one, which other processes may share.
    pub fn database(&self) -> Option<&PostgresStore> {
        self.beside.database()
    }

    /// Finishes the appends that wait, and lets go of what stands beside the log.
    pub async fn close(&self) {
        match &self.writer {
            Some(writer) => writer.close().await,
            None => self.beside.close().await,
        }
    }

    /// How many writes wait for their turn.
    pub fn waiting(&self) -> usize {
        self.writer.as_ref().map_or(0, |writer| writer.waiting())
    }

    /// Reads one page on past what other programs have written, and answers whether there is more. The store does
    /// it by itself now and then ([`Settings::pass_over_every`]).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when KurrentDB does not answer; [`StoreError::Integrity`] when another store
    /// has written to a stream of this one.
    pub async fn pass_over(&self) -> Result<bool, StoreError> {
        self.queue()?.ask(Other::PassOver).await
    }

    fn queue(&self) -> Result<&Queue<Other>, StoreError> {
        self.writer.as_deref().ok_or_else(|| {
            StoreError::Refused(
                "the log is open for reading only, so nothing is written".to_owned(),
            )
        })
    }

    /// Whether a command was begun that may yet land, by this process or another.
    async fn is_under_way(&self, command: Uuid) -> Result<bool, StoreError> {
        let begun = || self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.writer.is_some()
            && (begun().contains(&command) || self.beside.has_begun(command).await?))
    }
}

#[async_trait]
impl EventStore for KurrentStore {
    fn together(&self) -> Together {
        Together::InTurn
    }

    async fn append(&self, append: Append) -> Result<Outcome, StoreError> {
        self.queue()?.append(append).await
    }

    async fn read_stream(
        &self,
        stream: &str,
        after: Version,
        limit: usize,
        sealed: Sealed,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = self.beside.store().read_stream(stream, after, limit, sealed).await?;
        reads::of_stream(&self.kurrent, rows).await
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
        sealed: Sealed,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        if let Some(events) = self.tail.after(after, limit, sealed) {
            return Ok(events);
        }
        let rows = self.beside.store().read_all(after, limit, sealed).await?;
        reads::of_all(&self.kurrent, rows).await
    }

    async fn written(&self, after: Position, limit: usize) -> Result<Vec<Written>, StoreError> {
        self.beside.store().written(after, limit).await
    }

    async fn read_category(
        &self,
        category: &str,
        after: Option<(&str, Version)>,
        limit: usize,
        sealed: Sealed,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = self.beside.store().read_category(category, after, limit, sealed).await?;
        reads::of_streams(&self.kurrent, rows).await
    }

    async fn payload_hashes(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        let rows = self.beside.store().read_all(after, limit, Sealed::Without).await?;
        rows.iter().map(|row| Place::read(&row.envelope)?.hash()).collect()
    }

    fn head(&self) -> Position {
        self.beside.store().head()
    }

    async fn wait_beyond(&self, position: Position) {
        self.beside.store().wait_beyond(position).await;
    }

    async fn find_command(
        &self,
        command_id: Uuid,
    ) -> Result<Option<(Receipt, [u8; 32])>, StoreError> {
        for look in 1..=LOOKS {
            if !self.is_under_way(command_id).await? {
                break;
            }
            if look == LOOKS {
                return Err(StoreError::Unknown("the command is not finished".to_owned()));
            }
            self.queue()?.ask(Other::Finish).await?;
            if self.beside.database().is_some() && look > 1 {
                // Another process may be about to finish it.
                tokio::time::sleep(PAUSE).await;
            }
        }
        judge::landed(self.beside.store(), command_id).await
    }

    async fn claim_owner(&self, space: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.beside.store().claim_owner(space, key).await
    }

    async fn reserve_numbers(&self, counter: &str, count: u64) -> Result<u64, StoreError> {
        self.beside.store().reserve_numbers(counter, count).await
    }

    async fn keys(&self, subjects: &[String]) -> Result<Vec<KeyState>, StoreError> {
        self.beside.store().keys(subjects).await
    }

    async fn erase_key(&self, subject: &str) -> Result<(), StoreError> {
        let subject = subject.to_owned();
        self.queue()?.ask(|reply| Other::EraseKey { subject, reply }).await
    }

    async fn scrub(&self) -> Result<bool, StoreError> {
        self.beside.store().scrub().await
    }

    async fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.beside.store().meta(name).await
    }

    async fn init_meta(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.beside.store().init_meta(name, value).await
    }
}
