//! Opening the log, with a file or a database beside it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use uuid::Uuid;

use super::begun::{BegunTable, FileTable, SharedTable};
use super::beside::Beside;
use super::connection::Connection;
use super::sequencer::Sequencer;
use super::writer::{Other, Unfinished, Writer};
use super::{KurrentStore, Settings};
use crate::appending::queue::{Queue, Writer as _};
use crate::appending::tail::Tail;
use crate::postgres::alongside::Keeps;
use crate::postgres::{self, PostgresStore};
use crate::sqlite::SqliteStore;
use crate::{Clock, EventStore, StoreError};

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
        let store = SqliteStore::open(beside.as_ref(), clock.clone()).await?;
        let table = BegunTable::File(FileTable::open(beside.as_ref()).await?);
        Self::start(kurrent, Beside::File(store), table, clock, settings).await
    }

    /// Opens the log with a PostgreSQL database beside it, which any number of processes share. All that is
    /// in the log has its position when this answers, and what others had begun that are gone has been tried
    /// again.
    ///
    /// # Errors
    /// As [`open`](Self::open), and as [`PostgresStore::open`]; [`StoreError::Refused`] when the database
    /// holds a log of its own, or what stands beside another.
    pub async fn open_shared(
        url: &str,
        database: &str,
        clock: Clock,
        settings: Settings,
    ) -> Result<Self, StoreError> {
        let kurrent = Connection::new(url, &settings)?;
        let (keeps, connections) = (Keeps::BesideKurrent, postgres::Settings::default());
        let store = PostgresStore::open_as(keeps, database, clock.clone(), connections).await?;
        let table = BegunTable::Shared(SharedTable::open(&store, settings.take_up_after).await?);
        Self::start(kurrent, Beside::Database(store), table, clock, settings).await
    }

    async fn start(
        kurrent: Connection,
        beside: Beside,
        table: BegunTable,
        clock: Clock,
        settings: Settings,
    ) -> Result<Self, StoreError> {
        let beside = Arc::new(beside);
        let (tail, unfinished) = (Arc::new(Tail::default()), Unfinished::default());
        let id = store_id(beside.store()).await?;
        let expected = (!settings.take_over).then_some(id);
        let mut writer = Writer {
            kurrent: kurrent.clone(),
            beside: Arc::clone(&beside),
            table,
            sequencer: Sequencer::new(Arc::clone(&beside), Arc::clone(&tail), expected),
            clock,
            unfinished: Arc::clone(&unfinished),
            begun: BTreeMap::new(),
            finished: Vec::new(),
            unsure: Vec::new(),
            pause: settings.pause,
            take_up_after: settings.take_up_after,
            held_up: false,
            store: id,
        };
        if let Err(error) = writer.recover().await {
            // Whoever tries again finds the file free.
            writer.close().await;
            return Err(error);
        }
        let shared = beside.database().is_some();
        let writer = Arc::new(Queue::start(writer));
        let every = settings.finish_every;
        tokio::spawn(finish(Arc::downgrade(&writer), Arc::clone(&unfinished), shared, every));
        tokio::spawn(pass_over(Arc::downgrade(&writer), settings.pass_over_every));
        Ok(Self { kurrent, beside, tail, unfinished, writer: Some(writer) })
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
        let beside = Beside::File(SqliteStore::open_read_only(beside).await?);
        Self::reading(url, beside, settings)
    }

    /// Opens the log for reading, with a PostgreSQL database beside it. Appends are refused.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the database does not hold what stands beside such a log.
    pub async fn open_shared_read_only(
        url: &str,
        database: &str,
        settings: &Settings,
    ) -> Result<Self, StoreError> {
        let (keeps, connections) = (Keeps::BesideKurrent, postgres::Settings::default());
        let store = PostgresStore::open_read_only_as(keeps, database, connections).await?;
        Self::reading(url, Beside::Database(store), settings)
    }

    fn reading(url: &str, beside: Beside, settings: &Settings) -> Result<Self, StoreError> {
        Ok(Self {
            kurrent: Connection::new(url, settings)?,
            beside: Arc::new(beside),
            tail: Arc::default(),
            unfinished: Unfinished::default(),
            writer: None,
        })
    }
}

async fn store_id(beside: &dyn EventStore) -> Result<Uuid, StoreError> {
    let id = beside.meta(crate::STORE_ID).await?.unwrap_or_default();
    Uuid::from_slice(&id).map_err(|_| StoreError::Integrity("the store has no id".to_owned()))
}

/// Tries what is unfinished again, now and then, as long as the store is there; also what other processes
/// have left.
async fn finish(writer: Weak<Queue<Other>>, unfinished: Unfinished, shared: bool, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(writer) = writer.upgrade() else { return };
        let open = !unfinished.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        if (open || shared)
            && let Err(error) = writer.ask(Other::Finish).await
        {
            tracing::warn!(%error, "what was begun is not finished yet");
        }
    }
}

/// Reads on past what others have written, page by page, so that appends have their turn between.
async fn pass_over(writer: Weak<Queue<Other>>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let mut more = true;
        while more {
            let Some(writer) = writer.upgrade() else { return };
            more = writer.ask(Other::PassOver).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "what others have written is read later");
                false
            });
        }
    }
}
