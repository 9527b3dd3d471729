//! The store on PostgreSQL: any number of processes append to one log and read it.
//!
//! Every acknowledged append is durable as the server promises it (settings that promise less are
//! refused), and the order of positions is the order of commits across all processes: see [`writer`].
//! Deliberately absent: caches of what other processes may change, and any trust in notifications.

pub(crate) mod alongside;
mod beside;
pub(crate) mod failure;
mod head;
mod hosts;
mod inserts;
mod known;
mod opening;
pub(crate) mod reads;
pub(crate) mod settings;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio::sync::watch;
use uuid::Uuid;

pub use self::hosts::Hosts;
use self::reads::{Wanted, storable};
use self::writer::Other;
use crate::appending::queue::Queue;
use crate::appending::tail::Tail;
use crate::{
    Append, EventStore, KeyState, Millis, Outcome, Position, Receipt, Sealed, StoreError,
    StoredEvent, Version, Written,
};

/// How one process uses the database.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Connections for reading, at most; appends have one more of their own.
    pub connections: u32,
    /// Whether to tell other processes of appends, and to listen for theirs. Only a hint.
    pub notify: bool,
    /// How often to look whether other processes have appended.
    pub poll: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { connections: 8, notify: true, poll: Duration::from_millis(25) }
    }
}

/// The event store in a PostgreSQL database.
pub struct PostgresStore {
    hosts: Hosts,
    readers: PgPool,
    head: watch::Receiver<Position>,
    tail: Arc<Tail>,
    /// `None` when opened for reading only.
    writer: Option<Queue<Other>>,
}

impl PostgresStore {
    /// Finishes the appends that wait, and closes all connections.
    pub async fn close(&self) {
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
        self.readers.close().await;
    }

    /// Where the database is.
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The subjects whose keys were destroyed at a time or later, by whichever process, and when, in that
    /// order. Erasing is no event, and what others remember of a subject must go all the same. Nothing is
    /// destroyed later that has an earlier time than what this answered.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn erased_since(&self, at: Millis) -> Result<Vec<(String, Millis)>, StoreError> {
        let query = "SELECT subject, erased_at FROM subject_keys WHERE erased_at >= $1
                     ORDER BY erased_at, subject";
        let rows = sqlx::query_as(query).bind(at).fetch_all(&self.readers).await;
        rows.map_err(|error| failure::failed(&error))
    }

    /// Its connections for reading, which follow the primary; for what is kept beside the log.
    pub fn pool(&self) -> PgPool {
        self.readers.clone()
    }

    /// Makes or migrates tables that somebody else keeps beside the log, whose steps are counted apart.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when a newer Docket wrote them.
    pub async fn migrate(&self, steps: Migrator) -> Result<(), StoreError> {
        settings::migrate(&self.hosts, steps).await
    }

    /// How many writes wait for their turn.
    pub fn waiting(&self) -> usize {
        self.writer.as_ref().map_or(0, Queue::waiting)
    }

    fn queue(&self) -> Result<&Queue<Other>, StoreError> {
        self.writer.as_ref().ok_or_else(|| {
            StoreError::Refused(
                "the log is open for reading only, so nothing is written".to_owned(),
            )
        })
    }
}

#[async_trait]
impl EventStore for PostgresStore {
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
        reads::read(&self.readers, Wanted::Stream { stream, after }, limit, sealed).await
    }

    async fn read_all(
        &self,
        after: Position,
        limit: usize,
        sealed: Sealed,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        match self.tail.after(after, limit, sealed) {
            Some(events) => Ok(events),
            None => reads::read(&self.readers, Wanted::All { after }, limit, sealed).await,
        }
    }

    async fn written(&self, after: Position, limit: usize) -> Result<Vec<Written>, StoreError> {
        match self.tail.after(after, limit, Sealed::Without) {
            Some(events) => Ok(events.into_iter().map(Written::from).collect()),
            None => reads::written(&self.readers, after, limit).await,
        }
    }

    async fn read_category(
        &self,
        category: &str,
        after: Option<(&str, Version)>,
        limit: usize,
        sealed: Sealed,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        reads::read(&self.readers, Wanted::Category { category, after }, limit, sealed).await
    }

    async fn payload_hashes(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        reads::payload_hashes(&self.readers, after, limit).await
    }

    fn head(&self) -> Position {
        *self.head.borrow()
    }

    async fn wait_beyond(&self, position: Position) {
        let mut head = self.head.clone();
        if head.wait_for(|head| *head > position).await.is_err() {
            // The store is closed: nobody follows the log any more.
            std::future::pending::<()>().await;
        }
    }

    async fn find_command(
        &self,
        command_id: Uuid,
    ) -> Result<Option<(Receipt, [u8; 32])>, StoreError> {
        known::command(&self.readers, command_id).await
    }

    async fn claim_owner(&self, space: &str, key: &str) -> Result<Option<String>, StoreError> {
        if !storable(space) || !storable(key) {
            return Ok(None);
        }
        let query = sqlx::query("SELECT owner FROM claims WHERE space = $1 AND key = $2");
        let owner = reads::fetch_column(&self.readers, query.bind(space).bind(key)).await?;
        Ok(owner.into_iter().next())
    }

    async fn reserve_numbers(&self, counter: &str, count: u64) -> Result<u64, StoreError> {
        self.queue()?;
        beside::reserve_numbers(&self.readers, counter, count).await
    }

    async fn keys(&self, subjects: &[String]) -> Result<Vec<KeyState>, StoreError> {
        reads::keys(&self.readers, subjects).await
    }

    async fn erase_key(&self, subject: &str) -> Result<(), StoreError> {
        let subject = subject.to_owned();
        self.queue()?.ask(|reply| Other::EraseKey { subject, reply }).await
    }

    async fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let query = sqlx::query("SELECT value FROM meta WHERE name = $1").bind(name);
        Ok(reads::fetch_column(&self.readers, query).await?.into_iter().next())
    }

    async fn init_meta(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.queue()?;
        beside::init_meta(&self.readers, name, value).await
    }
}
