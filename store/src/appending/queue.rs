//! The queue before the one task that writes.
//!
//! The task takes all appends that are waiting, lets the adapter write them in one transaction, and
//! answers after COMMIT: this *group commit* shares the wait for the disk among all who wait. Rarer
//! writes are transactions of their own between the batches.

use std::collections::VecDeque;
use std::time::Instant;

use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;

use super::checked::Checked;
use crate::{Append, Outcome, StoreError};

/// Writes that may wait; beyond this many the store says that it is unavailable.
const QUEUE: usize = 4096;

/// Appends that one transaction takes at most; more would make the first wait for the last.
const BATCH: usize = 256;

/// Where the answer to one who waits goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What became of one append.
pub(crate) type Answer = Result<Outcome, StoreError>;

enum Task<O> {
    Append(Checked, Reply<Outcome>),
    /// What else the adapter writes in its turn.
    Other(O),
    /// Finish what waits before, and stop.
    Close(oneshot::Sender<()>),
}

/// What an adapter does for the queue.
pub(crate) trait Writer: Send + 'static {
    /// What it writes beside appends.
    type Other: Send + 'static;

    /// Writes appends, durably when this answers, an outcome for each: in one transaction, so that
    /// all fail together, or each for itself.
    fn write(
        &mut self,
        appends: Vec<Checked>,
    ) -> impl Future<Output = Result<Vec<Answer>, StoreError>> + Send;

    /// Writes something else, and answers whoever asked.
    fn work(&mut self, other: Self::Other) -> impl Future<Output = ()> + Send;

    /// Gives everything back.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// The queue, for those who ask.
pub(crate) struct Queue<O>(mpsc::Sender<Task<O>>);

impl<O: Send + 'static> Queue<O> {
    /// Starts the task; it ends when it is told to, or when nobody is left who could ask.
    pub fn start(writer: impl Writer<Other = O>) -> Self {
        let (tasks, queue) = mpsc::channel(QUEUE);
        tokio::spawn(run(writer, queue));
        Self(tasks)
    }

    /// Checks an append, and waits until it is written or refused.
    pub async fn append(&self, append: Append) -> Result<Outcome, StoreError> {
        let checked = Checked::new(append)?;
        self.push(|reply| Task::Append(checked, reply)).await
    }

    /// Like [`append`](Self::append) for several, which are written in this order.
    #[cfg(feature = "kurrentdb")]
    pub async fn append_in_order(&self, appends: Vec<Append>) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(appends.len());
        for append in appends {
            let (reply, answer) = oneshot::channel();
            answers.push(match Checked::new(append) {
                Ok(checked) => self.0.send(Task::Append(checked, reply)).await.map(|()| answer),
                Err(refused) => {
                    // The channel was made a moment ago.
                    let _ = reply.send(Err(refused));
                    Ok(answer)
                }
            });
        }
        let mut outcomes = Vec::with_capacity(answers.len());
        for answer in answers {
            outcomes.push(match answer {
                Ok(answer) => answer.await.unwrap_or_else(|_| Err(stopped())),
                Err(_) => Err(StoreError::Unavailable("the store is closed".to_owned())),
            });
        }
        outcomes
    }

    /// Waits until something else is written.
    pub async fn ask<T>(&self, other: impl FnOnce(Reply<T>) -> O) -> Result<T, StoreError> {
        self.push(|reply| Task::Other(other(reply))).await
    }

    /// Waits until everything that waits is written, and ends the task.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.0.send(Task::Close(done)).await.is_ok() {
            // An error means that the writer is gone already, which is what we want.
            let _ = closed.await;
        }
    }

    /// How many writes wait for their turn.
    pub fn waiting(&self) -> usize {
        self.0.max_capacity() - self.0.capacity()
    }

    async fn push<T>(&self, task: impl FnOnce(Reply<T>) -> Task<O>) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(task(reply)).map_err(|error| {
            StoreError::Unavailable(match error {
                TrySendError::Full(_) => "too many writes are waiting".to_owned(),
                TrySendError::Closed(_) => "the store is closed".to_owned(),
            })
        })?;
        answer.await.map_err(|_| stopped())?
    }
}

fn stopped() -> StoreError {
    StoreError::Unknown("the writer stopped".to_owned())
}

async fn run<W: Writer>(mut writer: W, mut tasks: mpsc::Receiver<Task<W::Other>>) {
    let mut waiting = VecDeque::new();
    let mut arrived = Vec::with_capacity(BATCH);
    loop {
        if waiting.is_empty() && tasks.recv_many(&mut arrived, BATCH).await == 0 {
            break;
        }
        waiting.extend(arrived.drain(..));
        let appends = take_appends(&mut waiting);
        if !appends.is_empty() {
            append_all(&mut writer, appends).await;
        }
        match waiting.pop_front() {
            Some(Task::Close(done)) => {
                writer.close().await;
                // Whoever asked may have stopped waiting.
                let _ = done.send(());
                return;
            }
            Some(Task::Other(other)) => writer.work(other).await,
            // All that stood at the front was taken.
            Some(append @ Task::Append(..)) => waiting.push_front(append),
            None => {}
        }
    }
    writer.close().await;
}

async fn append_all<W: Writer>(writer: &mut W, appends: Vec<(Checked, Reply<Outcome>)>) {
    let (appends, replies): (Vec<_>, Vec<_>) = appends.into_iter().unzip();
    let (began, size) = (Instant::now(), appends.len());
    match writer.write(appends).await {
        Ok(answers) => {
            metrics::histogram!("docket_append_batch_size").record(size as f64);
            metrics::histogram!("docket_append_seconds").record(began.elapsed());
            for (reply, answer) in replies.into_iter().zip(answers) {
                // Whoever asked may have stopped waiting; the events are on disk all the same.
                let _ = reply.send(answer);
            }
        }
        Err(error) => {
            for reply in replies {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

/// The appends that wait at the front of the queue: other tasks keep their place among them.
fn take_appends<O>(waiting: &mut VecDeque<Task<O>>) -> Vec<(Checked, Reply<Outcome>)> {
    let mut appends = Vec::new();
    while let Some(task) = waiting.pop_front() {
        match task {
            Task::Append(append, reply) => appends.push((append, reply)),
            other => {
                waiting.push_front(other);
                break;
            }
        }
    }
    appends
}
