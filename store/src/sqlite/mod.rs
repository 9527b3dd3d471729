//! The store on embedded SQLite: one file, one process that writes it, any number that read.
//!
//! Every acknowledged append is on disk (write-ahead log, `synchronous=FULL`). There is one writing
//! connection, owned by the task in [`writer`]; reads have connections of their own and never wait
//! for it. Deliberately absent: any other writer, and any update or deletion of an event.

mod backup;
mod beside;
mod checkpoint;
pub(crate) mod failure;
mod inserts;
mod known;
pub(crate) mod open;
pub(crate) mod reads;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::SqlitePool;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use self::failure::failed;
use self::reads::Wanted;
use self::writer::{Other, Shared, Writer};
#[cfg(feature = "kurrentdb")]
use crate::appending::queue::Answer;
use crate::appending::queue::Queue;
use crate::appending::tail::Tail;
use crate::{
    Append, Clock, EventStore, KeyState, Outcome, Position, Receipt, Sealed, StoreError,
    StoredEvent, Version,
};

/// How often a reader beside another process looks whether the log has grown.
const POLL: Duration = Duration::from_millis(100);

/// The event store in a SQLite file.
pub struct SqliteStore {
    path: PathBuf,
    readers: SqlitePool,
    head: watch::Receiver<Position>,
    /// Empty when another process writes.
    tail: Arc<Tail>,
    /// `None` when opened for reading only.
    writer: Option<Queue<Other>>,
    /// What folds the write-ahead log beside the writer, until the store is closed.
    folding: Mutex<Option<JoinHandle<()>>>,
}

impl SqliteStore {
    /// Opens the log at `path` for writing, and creates or migrates it where needed.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when another process writes it, when a newer Docket wrote it, or
    /// when this program carries an SQLite that can lose data.
    pub async fn open(path: impl AsRef<Path>, clock: Clock) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let lock = open::lock(&path)?;
        open::prepare(&path).await?;
        let (sender, head) = watch::channel(0);
        let tail = Arc::new(Tail::default());
        let turn = checkpoint::Turn::default();
        let shared = Shared { head: sender, tail: tail.clone(), turn: turn.clone() };
        let writer = Writer::open(path.clone(), clock, shared, lock).await?;
        let folding = Mutex::new(Some(checkpoint::start(&path, head.clone(), turn).await?));
        let readers = open::readers(&path).await?;
        let writer = Some(Queue::start(writer));
        let store = Self { path, readers, head, tail, writer, folding };
        if let Err(refused) = crate::moving::refuse_if_moving(&store).await {
            store.close().await;
            return Err(refused);
        }
        store.init_meta(crate::STORE_ID, Uuid::now_v7().as_bytes()).await?;
        Ok(store)
    }

    /// Opens the log for reading, also while another process writes it. Appends are refused, and
    /// [`head`](EventStore::head) follows the writer by at most a tenth of a second.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when there is no log of this release's schema at `path`.
    pub async fn open_read_only(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        open::check_schema(&path).await?;
        let readers = open::readers(&path).await?;
        let (sender, head) = watch::channel(last_position(&readers).await?);
        tokio::spawn(follow(readers.clone(), sender));
        let (tail, folding) = (Arc::default(), Mutex::default());
        Ok(Self { path, readers, head, tail, writer: None, folding })
    }

    /// Finishes the appends that wait, closes the file and gives its lock back. Nobody has it open
    /// after that.
    pub async fn close(&self) {
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
        if let Some(folding) = self.folding.lock().await.take() {
            // It cannot panic, and is never aborted.
            let _ = folding.await;
        }
        self.readers.close().await;
    }

    /// How many writes wait for their turn.
    pub fn waiting(&self) -> usize {
        self.writer.as_ref().map_or(0, Queue::waiting)
    }

    /// Like [`append`](EventStore::append) for several, which are written in this order.
    #[cfg(feature = "kurrentdb")]
    pub(crate) async fn append_in_order(&self, appends: Vec<Append>) -> Vec<Answer> {
        match self.queue() {
            Ok(queue) => queue.append_in_order(appends).await,
            Err(refused) => appends.iter().map(|_| Err(refused.clone())).collect(),
        }
    }

    /// Writes a consistent copy of the log to `target`, which must not exist, while appends go on.
    /// The copy is on disk when this answers. It never contains the key-encryption key.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when `target` exists; [`StoreError::Full`] when its disk is full.
    pub async fn backup_to(&self, target: impl AsRef<Path>) -> Result<(), StoreError> {
        backup::write(&self.path, target.as_ref()).await
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
impl EventStore for SqliteStore {
    fn is_alone(&self) -> bool {
        self.writer.is_some()
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
        let wanted = Wanted::Stream { stream: stream.to_owned(), after };
        reads::read(&self.readers, wanted, limit, sealed).await
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

    async fn read_category(
        &self,
        category: &str,
        after: Option<(&str, Version)>,
        limit: usize,
        sealed: Sealed,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let wanted = Wanted::category(category, after);
        reads::read(&self.readers, wanted, limit, sealed).await
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
            // The store is closed: the log will not grow any more.
            std::future::pending::<()>().await;
        }
    }

    async fn find_command(
        &self,
        command_id: Uuid,
    ) -> Result<Option<(Receipt, [u8; 32])>, StoreError> {
        known::command(&self.readers, command_id).await.map_err(|error| failed(&error))
    }

    async fn claim_owner(&self, space: &str, key: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT owner FROM claims WHERE space = ?1 AND key = ?2")
            .bind(space)
            .bind(key)
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| failed(&error))
    }

    async fn reserve_numbers(&self, counter: &str, count: u64) -> Result<u64, StoreError> {
        let counter = counter.to_owned();
        self.queue()?.ask(|reply| Other::ReserveNumbers { counter, count, reply }).await
    }

    async fn keys(&self, subjects: &[String]) -> Result<Vec<KeyState>, StoreError> {
        reads::keys(&self.readers, subjects).await
    }

    async fn erase_key(&self, subject: &str) -> Result<(), StoreError> {
        let subject = subject.to_owned();
        self.queue()?.ask(|reply| Other::EraseKey { subject, reply }).await
    }

    async fn scrub(&self) -> Result<bool, StoreError> {
        self.queue()?.ask(Other::Scrub).await
    }

    async fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar("SELECT value FROM meta WHERE name = ?1")
            .bind(name)
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| failed(&error))
    }

    async fn init_meta(&self, name: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.queue()?.ask(|reply| Other::InitMeta { name, value, reply }).await
    }
}

async fn last_position(readers: &SqlitePool) -> Result<Position, StoreError> {
    sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM events")
        .fetch_one(readers)
        .await
        .map(|position: i64| position as Position)
        .map_err(|error| failed(&error))
}

/// Tells those who wait how far another process has written, until nobody is left who could wait.
async fn follow(readers: SqlitePool, head: watch::Sender<Position>) {
    loop {
        tokio::select! {
            () = head.closed() => return,
            () = tokio::time::sleep(POLL) => {}
        }
        match last_position(&readers).await {
            Ok(position) => {
                head.send_if_modified(|known| std::mem::replace(known, position) != position);
            }
            Err(_) if readers.is_closed() => return,
            Err(error) => tracing::warn!(%error, "the log's head could not be read"),
        }
    }
}
