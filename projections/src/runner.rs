//! The one task that keeps all views up to date.
//!
//! It wakes when the log grows, reads what is new in batches, folds it and writes what changed with
//! its cursor in one transaction: exactly once, whatever dies when. It never blocks an append. A
//! stream that cannot be folded is parked and the others go on; a table can be built anew beside the
//! one in use. Of several nodes on one database one projects at a time. Deliberately absent: side effects of any kind, which a rebuild would repeat.

pub(crate) mod build;
mod comparing;
mod placing;
mod status;
mod turns;
mod wishes;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use docket_store::{Clock, Position, STORE_ID, Sealed, StoreError};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

pub use self::status::{BuildStatus, KeptStatus, Lag, State, ViewStatus};
use self::status::{Progress, Told};
use self::work::{Command, Work};
use crate::documents::{Differences, Documents, DocumentsError, Parked, Views};
use crate::names::Names;
use crate::recorded::{ReadError, Reader};
use crate::view::Registered;

/// Commands that may wait.
const COMMANDS: usize = 64;

/// How long the task rests after it panicked.
const AFTER_PANIC: Duration = Duration::from_millis(200);

/// Why the views could not be started, asked or changed.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// Their file.
    #[error(transparent)]
    Documents(#[from] DocumentsError),
    /// The log they are made from.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// There is no view of that name.
    #[error("there is no view named {0:?}")]
    UnknownView(String),
    /// No table of the view, in this version, is kept.
    #[error("no earlier table of {0} is kept")]
    NothingKept(String),
    /// The node that projects would not do it; says why.
    #[error("{0}")]
    Refused(String),
    /// The runner is stopped.
    #[error("the views are stopped")]
    Stopped,
}

impl ProjectionError {
    /// Whether what was to be written may have been: the tables did not answer.
    fn leaves_in_doubt(&self) -> bool {
        matches!(self, Self::Documents(_))
    }
}

impl From<StoreError> for ProjectionError {
    fn from(error: StoreError) -> Self {
        Self::Read(error.into())
    }
}

/// The views of a log, kept up to date.
pub struct Projections {
    documents: Arc<Documents>,
    names: Arc<Names>,
    progress: Arc<Progress>,
    registry: Vec<Registered>,
    commands: mpsc::Sender<Command>,
    stop: watch::Sender<bool>,
    stopped: Arc<AtomicBool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Projections {
    /// Opens the views, makes them anew where they are missing or another log's, and starts to follow
    /// the log. Views that have no table yet are built by the task; until then
    /// [`lag`](Self::lag) says that they are not ready.
    pub async fn start(
        views: &Views,
        reader: Reader,
        names: Arc<Names>,
        clock: Clock,
        registry: &[Registered],
    ) -> Result<Self, ProjectionError> {
        let store_id = reader.store.meta(STORE_ID).await?.unwrap_or_default();
        let mut documents = Documents::open(views, &store_id).await?;
        let mut cursor = documents.cursor().await?;
        if !is_written(&reader, cursor).await? {
            documents = documents.emptied(&store_id).await?;
            cursor = 0;
        }
        let documents = Arc::new(documents);
        let progress = Arc::new(Progress::new(reader.store.clone(), clock, cursor));
        let (commands, asked) = mpsc::channel(COMMANDS);
        let (stop, stopping) = watch::channel(false);
        let stopped = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(Mutex::new(asked));
        let work = || Work {
            documents: documents.clone(),
            reader: reader.clone(),
            names: names.clone(),
            progress: progress.clone(),
            registry: registry.to_vec(),
            asked: asked.clone(),
            stopping: stopping.clone(),
        };
        let task = tokio::spawn(supervise(work(), stopped.clone()));
        Ok(Self {
            documents: documents.clone(),
            names: names.clone(),
            progress: progress.clone(),
            registry: registry.to_vec(),
            commands,
            stop,
            stopped,
            task: Mutex::new(Some(task)),
        })
    }

    /// The tables, to be asked.
    pub fn documents(&self) -> &Arc<Documents> {
        &self.documents
    }

    /// The directory of names, which forgets what the log says is changed.
    pub fn names(&self) -> &Arc<Names> {
        &self.names
    }

    /// How far the views are behind the log, now. Cheap.
    pub fn lag(&self) -> Lag {
        self.progress.lag()
    }

    /// Whether this node projects, of those that share the views.
    pub fn projects(&self) -> bool {
        self.progress.is_leading()
    }

    /// What `GET /v1/projections` answers.
    pub async fn status(&self) -> Result<Vec<ViewStatus>, ProjectionError> {
        let told = Told {
            parked: self.documents.parked().await?,
            builds: self.documents.builds().await?,
            in_use: self.documents.in_use(&self.registry),
            kept: self.documents.all_kept(&self.registry).await?,
        };
        let status = |view| self.progress.of_view(view, &told);
        Ok(self.registry.iter().map(status).collect())
    }

    /// The streams for which views stand still.
    pub async fn parked(&self) -> Result<Vec<Parked>, ProjectionError> {
        Ok(self.documents.parked().await?)
    }

    /// Waits until the views hold the event at `position`; answers whether they do, which they may
    /// not after `patience`.
    pub async fn wait_for(&self, position: Position, patience: Duration) -> bool {
        let reached = self.progress.reached(position);
        tokio::time::timeout(patience, reached).await.is_ok()
    }

    /// Begins to build a view anew beside the table in use; the answer comes when the new one has
    /// taken its place. Where it is being built already, that is the one that is waited for.
    pub async fn rebuild(
        &self,
        view: &str,
    ) -> Result<oneshot::Receiver<Result<(), ProjectionError>>, ProjectionError> {
        let view = self.registered(view)?;
        let (reply, done) = oneshot::channel();
        self.send(Command::Rebuild { views: vec![view], reply }).await?;
        Ok(done)
    }

    /// Begins to put the table that a view had before the last rebuild in use again, brought forward to
    /// now; the one in use is kept in its stead. The answer comes when that is done.
    pub async fn take_back(
        &self,
        view: &str,
    ) -> Result<oneshot::Receiver<Result<(), ProjectionError>>, ProjectionError> {
        let view = self.registered(view)?;
        if self.documents.kept(&view).await?.is_none() {
            return Err(ProjectionError::NothingKept(view.name.to_owned()));
        }
        let (reply, done) = oneshot::channel();
        self.send(Command::Back { view, reply }).await?;
        Ok(done)
    }

    /// Drops the tables of a view that are kept, of whatever version.
    pub async fn drop_kept(&self, view: &str) -> Result<(), ProjectionError> {
        let view = self.registered(view)?;
        let (reply, done) = oneshot::channel();
        self.send(Command::Drop { view, reply }).await?;
        done.await.map_err(|_| ProjectionError::Stopped)?
    }

    /// In how much a view's table differed from the one before when it took its place, if this node
    /// put it there.
    pub fn compared(&self, view: &str) -> Option<Differences> {
        self.progress.compared_of(view)
    }

    /// Folds every stream anew that shows anything of a subject whose key was destroyed, and leaves
    /// nothing of it in the file. Answers when that is done.
    pub async fn refold_subject(&self, subject: &str) -> Result<(), ProjectionError> {
        let (reply, done) = oneshot::channel();
        self.send(Command::Refold { subject: subject.to_owned(), reply }).await?;
        done.await.map_err(|_| ProjectionError::Stopped)?
    }

    /// Whether the views have forgotten a subject since its key was destroyed, as far as those who share
    /// them have noted it.
    pub async fn has_forgotten(&self, subject: &str) -> Result<bool, ProjectionError> {
        Ok(self.documents.has_forgotten(subject).await?)
    }

    /// Tries a parked stream again, for every view that stands still for it.
    pub async fn unpark(&self, stream: &str) -> Result<(), ProjectionError> {
        let (reply, done) = oneshot::channel();
        self.send(Command::Unpark { stream: stream.to_owned(), reply }).await?;
        done.await.map_err(|_| ProjectionError::Stopped)?
    }

    /// Stops after the batch at hand.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.lock().await.take() {
            // The supervisor cannot panic; what it watches over is joined inside.
            let _ = task.await;
        }
    }

    /// Whether the task is still there.
    pub fn is_running(&self) -> bool {
        !self.stopped.load(Ordering::SeqCst)
    }

    fn registered(&self, view: &str) -> Result<Registered, ProjectionError> {
        let found = self.registry.iter().find(|registered| registered.name == view);
        found.copied().ok_or_else(|| ProjectionError::UnknownView(view.to_owned()))
    }

    async fn send(&self, command: Command) -> Result<(), ProjectionError> {
        self.commands.send(command).await.map_err(|_| ProjectionError::Stopped)
    }
}

/// Whether the log holds the event at a position. Its head, as this node knows it, may be older than
/// what another node wrote and projected.
async fn is_written(reader: &Reader, position: Position) -> Result<bool, ProjectionError> {
    if position <= reader.store.head() {
        return Ok(true);
    }
    let at = reader.store.read_all(position - 1, 1, Sealed::Without).await?;
    Ok(!at.is_empty())
}

/// Runs the task, and runs it again should it ever panic: silence is the one thing it may not do.
async fn supervise(work: Work, stopped: Arc<AtomicBool>) {
    loop {
        match tokio::spawn(work.clone().run()).await {
            Ok(()) => break,
            Err(error) => {
                tracing::error!(%error, "the views' task panicked and is started again");
                work.progress.failed("the views' task panicked");
                tokio::time::sleep(AFTER_PANIC).await;
            }
        }
    }
    stopped.store(true, Ordering::SeqCst);
}
