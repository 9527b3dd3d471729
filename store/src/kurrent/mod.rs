//! The store on KurrentDB (formerly EventStoreDB): the log lives there, and beside it, in a SQLite file
//! of this process, what KurrentDB cannot keep: sealed texts, data keys, claims, numbers, settings, and
//! each event's position.
//!
//! Experimental: tested against a double of the protocol, never yet against a real server. One process
//! writes a log. The way of an append is told in [`writer`], that of a position in [`sequencer`].
//! Deliberately absent: subscriptions (who appends reads the log on by itself), several processes on
//! one log, and any use of KurrentDB's own deletion.

mod beginning;
mod begun;
mod connection;
mod failure;
mod judge;
pub(crate) mod leaving;
mod metadata;
mod reads;
mod send;
mod sequencer;
mod whole;
mod writer;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use self::begun::BegunTable;
use self::connection::Connection;
use self::metadata::Place;
use self::sequencer::Sequencer;
use self::writer::{Other, Unfinished, Writer};
use crate::appending::queue::{Queue, Writer as _};
use crate::appending::tail::Tail;
use crate::sqlite::SqliteStore;
use crate::{
    Append, Clock, EventStore, KeyState, Outcome, Position, Receipt, Sealed, StoreError,
    StoredEvent, Together, Version,
};

/// How one process uses KurrentDB.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What stands before the names of its streams in KurrentDB: so that several logs lie in one.
    pub prefix: String,
    /// How long the server may take for one answer.
    pub deadline: Duration,
    /// How often an append is sent before it is said that its outcome is unknown.
    pub attempts: usize,
    /// How long to wait before the second try; longer before each that follows.
    pub pause: Duration,
    /// How often what was begun and not finished is tried again.
    pub finish_every: Duration,
    /// Whether to take over a log whose file beside it was lost. Events get the positions that they had;
    /// texts, data keys, claims and numbers are gone.
    pub take_over: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            deadline: Duration::from_secs(5),
            attempts: 4,
            pause: Duration::from_millis(50),
            finish_every: Duration::from_secs(1),
            take_over: false,
        }
    }
}

/// The event store in KurrentDB.
pub struct KurrentStore {
    kurrent: Connection,
    beside: Arc<SqliteStore>,
    tail: Arc<Tail>,
    unfinished: Unfinished,
    /// `None` when opened for reading only.
    writer: Option<Arc<Queue<Other>>>,
}

impl KurrentStore {
    /// Opens the log at `url` (`esdb://…`) with the file `beside` it, which is created where needed. What
    /// was begun before has been tried again, and all that is in the log has its position, when this answers.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when another process uses the file, or it does not belong to this log;
    /// [`StoreError::Unavailable`] when KurrentDB does not answer.
    pub async fn open(
        url: &str,
        beside: impl AsRef<Path>,
        clock: Clock,
        settings: Settings,
    ) -> Result<Self, StoreError> {
        let kurrent = Connection::new(url, &settings)?;
        let store = Arc::new(SqliteStore::open(beside.as_ref(), clock.clone()).await?);
        let (tail, unfinished) = (Arc::new(Tail::default()), Unfinished::default());
        let id = store_id(&store).await?;
        let expected = (!settings.take_over).then_some(id);
        let mut writer = Writer {
            kurrent: kurrent.clone(),
            beside: Arc::clone(&store),
            table: BegunTable::open(beside.as_ref()).await?,
            sequencer: Sequencer::new(Arc::clone(&store), Arc::clone(&tail), expected),
            clock,
            unfinished: Arc::clone(&unfinished),
            begun: BTreeMap::new(),
            finished: Vec::new(),
            unsure: Vec::new(),
            pause: settings.pause,
            store: id,
        };
        if let Err(error) = writer.recover().await {
            // Whoever tries again finds the file free.
            writer.close().await;
            return Err(error);
        }
        let writer = Arc::new(Queue::start(writer));
        let every = settings.finish_every;
        tokio::spawn(finish(Arc::downgrade(&writer), Arc::clone(&unfinished), every));
        Ok(Self { kurrent, beside: store, tail, unfinished, writer: Some(writer) })
    }

    /// Opens the log for reading, also while another process writes it. Appends are refused.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when there is no file of this release's schema beside it.
    pub async fn open_read_only(
        url: &str,
        beside: impl AsRef<Path>,
        settings: &Settings,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            kurrent: Connection::new(url, settings)?,
            beside: Arc::new(SqliteStore::open_read_only(beside).await?),
            tail: Arc::default(),
            unfinished: Unfinished::default(),
            writer: None,
        })
    }

    /// Finishes the appends that wait, and lets go of the file.
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

    fn queue(&self) -> Result<&Queue<Other>, StoreError> {
        self.writer.as_deref().ok_or_else(|| {
            StoreError::Refused(
                "the log is open for reading only, so nothing is written".to_owned(),
            )
        })
    }

    fn is_unfinished(&self, command: Uuid) -> bool {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner).contains(&command)
    }
}

async fn store_id(beside: &SqliteStore) -> Result<Uuid, StoreError> {
    let id = beside.meta(crate::STORE_ID).await?.unwrap_or_default();
    Uuid::from_slice(&id).map_err(|_| StoreError::Integrity("the store has no id".to_owned()))
}

/// Tries what is unfinished again, now and then, as long as the store is there.
async fn finish(writer: Weak<Queue<Other>>, unfinished: Unfinished, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(writer) = writer.upgrade() else { return };
        let open = !unfinished.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        if open && let Err(error) = writer.ask(Other::Finish).await {
            tracing::warn!(%error, "what was begun is not finished yet");
        }
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
        let rows = self.beside.read_stream(stream, after, limit, sealed).await?;
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
        let rows = self.beside.read_all(after, limit, sealed).await?;
        reads::of_all(&self.kurrent, rows).await
    }

    async fn read_category(
        &self,
        category: &str,
        after: Option<(&str, Version)>,
        limit: usize,
        sealed: Sealed,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = self.beside.read_category(category, after, limit, sealed).await?;
        reads::of_streams(&self.kurrent, rows).await
    }

    async fn payload_hashes(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        let rows = self.beside.read_all(after, limit, Sealed::Without).await?;
        rows.iter().map(|row| Place::read(&row.envelope)?.hash()).collect()
    }

    fn head(&self) -> Position {
        self.beside.head()
    }

    async fn wait_beyond(&self, position: Position) {
        self.beside.wait_beyond(position).await;
    }

    async fn find_command(
        &self,
        command_id: Uuid,
    ) -> Result<Option<(Receipt, [u8; 32])>, StoreError> {
        if self.is_unfinished(command_id) {
            self.queue()?.ask(Other::Finish).await?;
        }
        if self.is_unfinished(command_id) {
            return Err(StoreError::Unknown("the command is not finished".to_owned()));
        }
        judge::landed(&self.beside, command_id).await
    }

    async fn claim_owner(&self, space: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.beside.claim_owner(space, key).await
    }

    async fn reserve_numbers(&self, counter: &str, count: u64) -> Result<u64, StoreError> {
        self.beside.reserve_numbers(counter, count).await
    }

    async fn keys(&self, subjects: &[String]) -> Result<Vec<KeyState>, StoreError> {
        self.beside.keys(subjects).await
    }

    async fn erase_key(&self, subject: &str) -> Result<(), StoreError> {
        let subject = subject.to_owned();
        self.queue()?.ask(|reply| Other::EraseKey { subject, reply }).await
    }

    async fn scrub(&self) -> Result<bool, StoreError> {
        self.beside.scrub().await
    }

    async fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.beside.meta(name).await
    }

    async fn init_meta(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.beside.init_meta(name, value).await
    }
}
