//! What the task does: batches, and the commands between them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use docket_store::{Position, Sealed, batches::Batches};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::ProjectionError;
use super::build::{self, Built};
use super::comparing::Comparing;
use super::status::Progress;
use crate::documents::{Change, Dialect, Documents, DocumentsError, Move};
use crate::names::Names;
use crate::projector::Projector;
use crate::recorded::Reader;
use crate::subjects;
use crate::view::Registered;

/// Events, and bytes, in a batch: enough to share a transaction's cost, few enough to bound memory.
const BATCH: usize = 1024;
const BYTES: usize = 4 << 20;

/// While the views are behind by less than this, the task rests after a batch: up to as long as it
/// worked, the more events there were. Under load events gather meanwhile, a batch of many costs
/// little more than one of few, and commands have the machine.
const AT_LEISURE_MS: i64 = 500;
const MANY: usize = 256;

/// How long such a rest may be. What PostgreSQL writes it computes beside the commands, and a row
/// costs it much more than a batch does.
fn longest_pause(dialect: Dialect) -> Duration {
    match dialect {
        Dialect::Sqlite => Duration::from_millis(150),
        Dialect::Postgres => Duration::from_millis(20),
    }
}

/// How long the task rests when it cannot read or write, at first and at most.
pub(super) const REST: Duration = Duration::from_millis(50);
pub(super) const LONGEST_REST: Duration = Duration::from_secs(5);

/// How often the node that projects looks whether others ask it for something.
const LOOK: Duration = Duration::from_millis(100);

pub(super) type Reply = oneshot::Sender<Result<(), ProjectionError>>;

/// Resolves when the task is to stop; whoever could say so being gone means the same.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// What the task can be asked for.
pub(super) enum Command {
    /// Build views anew.
    Rebuild { views: Vec<Registered>, reply: Reply },
    /// Put the table that a view had before in use again.
    Back { view: Registered, reply: Reply },
    /// Drop what is kept of a view.
    Drop { view: Registered, reply: Reply },
    /// Fold anew what shows anything of a subject.
    Refold { subject: String, reply: Reply },
    /// Try a parked stream again.
    Unpark { stream: String, reply: Reply },
}

/// All that the task needs; cloned when it has to start again.
#[derive(Clone)]
pub(super) struct Work {
    pub documents: Arc<Documents>,
    pub reader: Reader,
    pub names: Arc<Names>,
    pub progress: Arc<Progress>,
    pub registry: Vec<Registered>,
    pub asked: Arc<Mutex<mpsc::Receiver<Command>>>,
    pub stopping: watch::Receiver<bool>,
}

/// What became of tables that were being built.
pub(super) struct Building {
    pub built: Result<Built, ProjectionError>,
    pub views: Vec<Registered>,
    pub reply: Reply,
}

/// What the task knows while it projects; who takes over reads it from the tables again. What it has
/// others do meanwhile ends with it.
pub(super) struct Running {
    pub work: Work,
    pub projector: Projector,
    pub cursor: Position,
    batches: Batches,
    /// Tables that were built and wait for the cursor to reach them.
    pub waiting: Vec<(Built, Vec<Registered>, Reply)>,
    /// Streams folded anew while tables are being built, which those may have read before.
    pub refolded: BTreeSet<String>,
    /// Whoever builds tables.
    pub builds: JoinSet<Building>,
    /// Who asked for a view that was being built already.
    pub joined: Vec<(&'static str, Reply)>,
    /// Tables that are held against the ones before.
    pub comparing: Vec<Comparing>,
    /// Wishes of other nodes that are being granted, and whoever answers them.
    pub granting: BTreeSet<i64>,
    pub answers: JoinSet<i64>,
    /// Whether a write beside the batches failed that may have been committed all the same: what is in use,
    /// and what is parked, is to be read from the books again.
    pub in_doubt: bool,
}

impl Running {
    /// Builds what has no table while nothing is in use; otherwise that is done beside.
    pub async fn start(work: Work) -> Result<Self, ProjectionError> {
        // Whatever was being built when the task ended before will not be heard of again.
        work.progress.built(&work.registry);
        let begun = work.documents.builds().await?;
        let missing = work.documents.missing(&work.registry).await?;
        let in_use = work.documents.in_use(&work.registry);
        let build_beside = !missing.is_empty() && !in_use.is_empty();
        if !missing.is_empty() && in_use.is_empty() {
            let built = build::tables(&work.reader, &work.documents, &missing).await?;
            let moves = Move { from: work.documents.cursor().await?, to: built.at };
            work.documents.flip(&built.tables, &built.parked, moves).await?;
        }
        let cursor = work.documents.cursor().await?;
        // Whatever brought the tables this far, a build or another node, told nobody here of names.
        work.names.forget_all();
        // Nor of keys that were destroyed: what was forgotten elsewhere must not be written again.
        work.reader.vault.forget_all();
        let parked = work.documents.parked().await?;
        let targets = work.documents.in_use(&work.registry);
        let projector = Projector::new(work.reader.clone(), targets, &parked);
        let mut running = Self {
            work,
            projector,
            cursor,
            batches: Batches::up_to(BATCH, BYTES),
            waiting: Vec::new(),
            refolded: BTreeSet::new(),
            builds: JoinSet::new(),
            joined: Vec::new(),
            comparing: Vec::new(),
            granting: BTreeSet::new(),
            answers: JoinSet::new(),
            in_doubt: false,
        };
        running.work.progress.arrived(cursor);
        if build_beside {
            running.complete(missing).await?;
        } else {
            running.work.progress.ready();
        }
        running.begin_again(&begun, &in_use);
        Ok(running)
    }

    /// Projects until the task is to stop, or another node projects.
    pub async fn follow(mut self) {
        let mut rest = REST;
        let mut stopping = self.work.stopping.clone();
        let asked = self.work.asked.clone();
        let mut asked = asked.lock().await;
        let is_shared = self.work.documents.dialect() == Dialect::Postgres;
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let store = self.work.reader.store.clone();
            tokio::select! {
                biased;
                () = stopped(&mut stopping) => return,
                Some(command) = asked.recv() => self.obey(command).await,
                Some(Ok(building)) = self.builds.join_next() => self.place(building).await,
                _ = look.tick(), if is_shared => self.grant().await,
                () = store.wait_beyond(self.cursor) => match self.batch().await {
                    Ok(pause) => {
                        rest = REST;
                        tokio::time::sleep(pause).await;
                    }
                    Err(ProjectionError::Documents(DocumentsError::Fenced)) => return,
                    Err(error) => {
                        tracing::warn!(%error, "the views cannot be written; trying again");
                        self.work.progress.failed(error.to_string());
                        tokio::time::sleep(rest).await;
                        rest = (rest * 2).min(LONGEST_REST);
                        self.work.find_again().await;
                    }
                },
            }
            if self.in_doubt {
                return;
            }
        }
    }

    /// One batch: read, folded and written. Answers how long to rest after it.
    async fn batch(&mut self) -> Result<Duration, ProjectionError> {
        let began = Instant::now();
        let asked = self.batches.next();
        let batch = self.work.reader.store.read_all(self.cursor, asked, Sealed::With).await?;
        self.batches.learn(&batch);
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else {
            return Ok(Duration::ZERO);
        };
        let (cursor, events) = (last.position, batch.len());
        self.work.progress.begins(first.recorded_at);
        for event in &batch {
            self.work.names.forget(&event.stream);
        }
        let projected = self.projector.project(batch).await?;
        let moves = Move { from: self.cursor, to: cursor };
        self.work.documents.write(&projected.changes, &projected.parked, Some(moves)).await?;
        self.projector.keep(projected);
        self.cursor = cursor;
        self.work.progress.arrived(cursor);
        self.put_in_place().await;
        let at_leisure = self.work.progress.lag().last_delay_ms < AT_LEISURE_MS;
        let share = if at_leisure { events.min(MANY) as f64 / MANY as f64 } else { 0.0 };
        let longest = longest_pause(self.work.documents.dialect());
        Ok(began.elapsed().mul_f64(share).min(longest))
    }

    pub async fn obey(&mut self, command: Command) {
        // Whoever asked may have gone; then nobody needs the answer.
        match command {
            Command::Rebuild { views, reply } => self.build(views, reply),
            Command::Back { view, reply } => self.take_back(view, reply).await,
            Command::Drop { view, reply } => {
                self.compare_no_more(Some(view.name)).await;
                let dropped = self.work.documents.drop_kept(Some(view.name)).await;
                let _ = reply.send(dropped.map(drop).map_err(Into::into));
            }
            // Whoever does not wait for it any more asks again.
            Command::Refold { reply, .. } if reply.is_closed() => {}
            Command::Refold { subject, reply } => {
                let _ = reply.send(self.refold(&subject).await);
            }
            Command::Unpark { stream, reply } => {
                let unparked = self.unpark(&stream).await;
                self.in_doubt |= unparked.as_ref().is_err_and(ProjectionError::leaves_in_doubt);
                let _ = reply.send(unparked);
            }
        }
    }

    async fn refold(&mut self, subject: &str) -> Result<(), ProjectionError> {
        self.work.names.forget(subject);
        // Another node may have destroyed the key, and this one still have it in memory.
        self.work.reader.vault.forget(subject);
        self.compare_no_more(None).await;
        // What is kept may be of another version, which this release cannot fold anew.
        self.work.documents.drop_kept(None).await?;
        let Work { documents, reader, .. } = &self.work;
        let streams = subjects::streams_of(documents, reader, subject).await?;
        for some in streams.chunks(BATCH) {
            let mut changes: Vec<Change> = Vec::new();
            for stream in some {
                changes.extend(self.projector.refold(stream, self.cursor).await?);
            }
            self.work.documents.write(&changes, &[], None).await?;
        }
        if !self.builds.is_empty() || !self.waiting.is_empty() {
            self.refolded.extend(streams);
        }
        self.work.documents.scrub().await?;
        Ok(self.work.documents.note_forgotten(subject).await?)
    }

    async fn unpark(&mut self, stream: &str) -> Result<(), ProjectionError> {
        let parked = self.work.documents.parked().await?;
        for parked in parked.iter().filter(|parked| parked.stream == stream) {
            let retried = self.projector.retry(&parked.view, parked, self.cursor).await?;
            let Some(change) = retried else { continue };
            self.work.documents.unpark(&parked.view, change).await?;
            self.projector.unpark(&parked.view, stream);
        }
        Ok(())
    }
}
