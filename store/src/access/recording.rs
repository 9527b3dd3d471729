//! Recording without waiting: readings queue up and are written in batches, whatever keeps them.

use std::time::Duration;

use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;

use super::Access;
use crate::StoreError;

/// Readings that may wait to be written: some 15 MB. A disk that stays full fills it in the end.
const QUEUE: usize = 65_536;

/// Readings that one transaction takes.
const BATCH: usize = 1024;

/// How long readings gather before they are written: a transaction for each would take the writer's time.
const GATHER: Duration = Duration::from_millis(10);

/// How long the writer waits before it tries again what failed.
const RETRY: Duration = Duration::from_millis(500);

enum Task {
    Record(Access),
    Flush(oneshot::Sender<()>),
}

/// What an adapter does with readings.
pub(super) trait Keeper: Send + 'static {
    /// Writes them in one transaction; all or none.
    fn keep(&mut self, readings: &[Access]) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The queue, for those who read.
pub(super) struct Recording(mpsc::Sender<Task>);

impl Recording {
    /// Starts the task that writes; it ends when nobody is left to record any.
    pub fn start(keeper: impl Keeper) -> Self {
        let (tasks, queue) = mpsc::channel(QUEUE);
        tokio::spawn(keep_all(keeper, queue));
        Self(tasks)
    }

    pub fn record(&self, access: Access) -> Result<(), StoreError> {
        self.0.try_send(Task::Record(access)).map_err(|error| {
            StoreError::Unavailable(match error {
                TrySendError::Full(_) => "readings cannot be recorded at present".to_owned(),
                TrySendError::Closed(_) => "the access log is closed".to_owned(),
            })
        })
    }

    pub async fn flush(&self) -> Result<(), StoreError> {
        let closed = || StoreError::Unavailable("the access log is closed".to_owned());
        let (done, written) = oneshot::channel();
        self.0.send(Task::Flush(done)).await.map_err(|_| closed())?;
        written.await.map_err(|_| closed())
    }
}

async fn keep_all(mut keeper: impl Keeper, mut tasks: mpsc::Receiver<Task>) {
    let mut arrived = Vec::with_capacity(BATCH);
    while tasks.recv_many(&mut arrived, BATCH).await > 0 {
        gather(&mut tasks, &mut arrived).await;
        let mut readings = Vec::with_capacity(arrived.len());
        let mut flushed = Vec::new();
        for task in arrived.drain(..) {
            match task {
                Task::Record(access) => readings.push(access),
                Task::Flush(done) => flushed.push(done),
            }
        }
        while !readings.is_empty()
            && let Err(error) = keeper.keep(&readings).await
        {
            // They are kept until they can be written; meanwhile the queue takes in new ones.
            tracing::error!(%error, readings = readings.len(), "the access log cannot be written; trying again");
            tokio::time::sleep(RETRY).await;
        }
        for done in flushed {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }
}

/// Takes in what arrives within [`GATHER`], unless somebody waits for what is there.
async fn gather(tasks: &mut mpsc::Receiver<Task>, arrived: &mut Vec<Task>) {
    let asked = |arrived: &[Task]| arrived.iter().any(|task| matches!(task, Task::Flush(_)));
    let end = tokio::time::Instant::now() + GATHER;
    while arrived.len() < BATCH && !asked(arrived) {
        let room = BATCH - arrived.len();
        match tokio::time::timeout_at(end, tasks.recv_many(arrived, room)).await {
            Ok(received) if received > 0 => {}
            Ok(_) | Err(_) => return,
        }
    }
}
