//! Appending: the one connection of this process that does, and what becomes of it after a failure.
//!
//! Other processes append to the same log. All pass through one row, `log_end`, which each locks until
//! it has committed: so an append is decided on what nobody can change meanwhile, its positions follow
//! the last that was committed, and two that name the same streams cannot wait for each other.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::sync::watch;
use tokio::time::timeout;

use super::failure::{failed, failed_at_commit, gave_way, lost};
use super::hosts::{self, Hosts};
use super::{beside, inserts, known, settings};
use crate::appending::batch::Batch;
use crate::appending::checked::Checked;
use crate::appending::queue::{self, Answer, Reply};
use crate::appending::tail::Tail;
use crate::{Clock, Outcome, Position, StoreError};

/// How often a transaction is begun again after it gave way to another, or lost an old connection.
const ATTEMPTS: usize = 4;

/// How long a server may take for all of one transaction. One that was stopped closes no connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is written beside appends, in its turn.
pub(super) enum Other {
    EraseKey { subject: String, reply: Reply<()> },
}

pub(super) struct Writer {
    pub hosts: Hosts,
    pub clock: Clock,
    pub head: watch::Sender<Position>,
    pub tail: Arc<Tail>,
    /// Whether to tell other processes at once.
    pub notify: bool,
    /// `None` after a failure: nothing that the old connection believed is trusted.
    pub connection: Option<PgConnection>,
}

/// Why a transaction was not done.
enum Failure {
    /// Nothing was written, and beginning again may help at once.
    Again(StoreError),
    /// What the port says.
    Said(StoreError),
}

impl Failure {
    fn before_commit(error: &sqlx::Error) -> Self {
        let told = failed(error);
        if gave_way(error) || lost(error) { Self::Again(told) } else { Self::Said(told) }
    }
}

/// How often something was begun.
#[derive(Default)]
struct Attempts(usize);

impl Attempts {
    /// Whether to begin again: when PostgreSQL asked for that, or the connection was lost before there
    /// was a COMMIT, and not too often.
    fn another(&mut self, failure: Failure) -> Result<(), StoreError> {
        self.0 += 1;
        match failure {
            Failure::Again(error) if self.0 < ATTEMPTS => {
                tracing::warn!(%error, "a write to the log is begun again");
                Ok(())
            }
            Failure::Again(error) | Failure::Said(error) => {
                tracing::error!(%error, "a write to the log failed");
                Err(error)
            }
        }
    }
}

impl Writer {
    /// Does `work`, which begins a transaction, and commits it: it is durable when this answers.
    async fn durably<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut connection = self.connect().await.map_err(Failure::Said)?;
        // After a failure it is dropped, which closes it, and PostgreSQL rolls back.
        let done = transaction(&mut connection, work).await?;
        self.connection = Some(connection);
        Ok(done)
    }

    /// The connection, opened anew after a failure, to whichever host takes writes now.
    async fn connect(&mut self) -> Result<PgConnection, StoreError> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let (_, host) = self.hosts.primary().await?;
        let mut connection = hosts::for_the_log(host).connect().await.map_err(|e| failed(&e))?;
        // Another server may be set up otherwise.
        settings::check(&mut connection).await?;
        Ok(connection)
    }

    async fn erase_key(&mut self, subject: &str) -> Result<(), StoreError> {
        let now = (self.clock)();
        let mut attempts = Attempts::default();
        loop {
            let erased = self
                .durably(async |connection| {
                    let erased = beside::begin_and_erase_key(connection, subject, now).await;
                    erased.map_err(|error| Failure::before_commit(&error))
                })
                .await;
            match erased {
                Ok(()) => return Ok(()),
                Err(failure) => attempts.another(failure)?,
            }
        }
    }
}

impl queue::Writer for Writer {
    type Other = Other;

    async fn write(&mut self, appends: Vec<Checked>) -> Result<Vec<Answer>, StoreError> {
        // Not borrowed from the writer, whose connection the transaction takes.
        let (clock, head, notify) = (self.clock.clone(), *self.head.borrow(), self.notify);
        let mut attempts = Attempts::default();
        let (outcomes, batch) = loop {
            let written = self
                .durably(async |connection| {
                    decide_and_write(connection, &appends, &clock, head, notify).await
                })
                .await;
            match written {
                Ok(written) => break written,
                Err(failure) => attempts.another(failure)?,
            }
        };
        self.tail.extend(batch.events, batch.recorded_at);
        super::head::raise(&self.head, batch.head);
        Ok(outcomes.into_iter().map(Ok).collect())
    }

    async fn work(&mut self, other: Other) {
        match other {
            Other::EraseKey { subject, reply } => {
                // Whoever asked may have stopped waiting.
                let _ = reply.send(self.erase_key(&subject).await);
            }
        }
    }

    async fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            // Nothing is open in it.
            let _ = connection.close().await;
        }
    }
}

async fn transaction<T>(
    connection: &mut PgConnection,
    work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let too_long = || StoreError::Unavailable("PostgreSQL takes too long to answer".to_owned());
    let done = timeout(PATIENCE, work(&mut *connection));
    let done = done.await.map_err(|_| Failure::Said(too_long()))??;
    match timeout(PATIENCE, sqlx::raw_sql("COMMIT").execute(connection)).await {
        Ok(Ok(_)) => Ok(done),
        Ok(Err(error)) => Err(Failure::Said(failed_at_commit(&error))),
        Err(_) => Err(Failure::Said(StoreError::Unknown(
            "PostgreSQL takes too long to commit; a standby that it waits for may be down"
                .to_owned(),
        ))),
    }
}

/// Decides appends behind the end of the log, and writes what they amount to. `seen` is how far the
/// log has been known to reach.
async fn decide_and_write(
    connection: &mut PgConnection,
    appends: &[Checked],
    clock: &Clock,
    seen: Position,
    notify: bool,
) -> Result<(Vec<Outcome>, Batch), Failure> {
    let failed = |error: sqlx::Error| Failure::before_commit(&error);
    let end = known::begin_at_end(connection).await.map_err(failed)?;
    if end.position < seen {
        return Err(Failure::Said(StoreError::Integrity(format!(
            "the log ends at {}, but {seen} was committed before: a server took over without \
             all that was acknowledged; nothing is written until Docket is started anew",
            end.position
        ))));
    }
    let known = known::load(connection, appends).await.map_err(failed)?;
    let recorded_at = clock().max(end.recorded_at);
    let mut batch = Batch::new(known, end.position, recorded_at);
    // Taken as they are when all is to be done again.
    let outcomes = appends.iter().map(|append| batch.decide(append.clone())).collect();
    if !batch.events.is_empty() {
        inserts::write(connection, &batch, notify).await.map_err(failed)?;
    }
    Ok((outcomes, batch))
}
