//! Driving a log through the desk: one reader, many cases at once, each case in the file's order.
//!
//! Every foreign event has a command id derived from system, case and its place in the case, so a
//! second run finds what the first one wrote and adds nothing, wherever the first one was killed.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use docket_commands::{CommandError, Desk};
use docket_domain::instant::Instant;
use docket_store::EventStore;
use tokio::sync::mpsc::{self, Receiver, Sender};
use uuid::Uuid;

use crate::import::case::{Case, Importer};
use crate::import::columns;
use crate::import::map::{Activity, Map};
use crate::import::report::{Fate, Report};
use crate::import::row::{Found, Reject, Unreadable};
use crate::import::source::{self, Progress};
use crate::import::table::TableReader;
use crate::import::xes::XesReader;

/// How many cases are worked on at once: what the store can gather into one commit.
const AT_ONCE: usize = 96;

/// How many rows may wait for a case that is being worked on.
const WAITING: usize = 128;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// XES.
    Xes,
    /// A table with a header line.
    Csv,
}

/// A log to be imported.
pub struct Job {
    /// The file.
    pub path: PathBuf,
    /// How it is written.
    pub format: Format,
    /// What its columns mean.
    pub map: Arc<Map>,
    /// In a dry run, the store that is only looked at.
    pub untouched: Option<Arc<dyn EventStore>>,
    /// Is told how many bytes of the file were read.
    pub progress: Progress,
    /// Is told of every row that cannot be imported.
    pub rejected: Arc<dyn Fn(&Reject) + Send + Sync>,
}

/// Why an import stopped before the end of the file. What was imported stays; the same import again
/// goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The file cannot be read on.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The store could not.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A part of the program failed.
    #[error("the import broke off: {0}")]
    Broken(#[from] tokio::task::JoinError),
}

/// What a worker is told of a case.
enum Work {
    Row(Activity),
    /// A row of the case was rejected; those after it keep their places.
    Skip,
}

/// Imports a log to its end.
pub async fn run(desk: Arc<Desk>, job: Job) -> Result<Report, Stopped> {
    let importer =
        Arc::new(Importer::new(Arc::clone(&desk), Arc::clone(&job.map), job.untouched.clone()));
    let mut workers = Vec::with_capacity(AT_ONCE);
    let mut queues = Vec::with_capacity(AT_ONCE);
    for _ in 0..AT_ONCE {
        let (queue, work) = mpsc::channel(WAITING);
        let (importer, rejected) = (Arc::clone(&importer), Arc::clone(&job.rejected));
        workers.push(tokio::spawn(work_off(importer, work, rejected)));
        queues.push(queue);
    }
    let now = desk.now();
    let reader = tokio::task::spawn_blocking(move || read(job, now, &importer, &queues));
    let mut report = Report::default();
    let read = reader.await?;
    let mut stopped = None;
    for worker in workers {
        match worker.await? {
            Ok(part) => report.add(part),
            Err(error) => stopped = stopped.or(Some(error)),
        }
    }
    if let Some(error) = stopped {
        return Err(error.into());
    }
    report.add(read?);
    Ok(report)
}

/// Reads the file to its end and hands each row to the worker that has its case.
fn read(
    job: Job,
    now: Instant,
    importer: &Importer,
    queues: &[Sender<(Uuid, Work)>],
) -> Result<Report, Unreadable> {
    let mut report = Report::default();
    let mut next = opened(&job)?;
    while let Some(found) = next()? {
        let (case, work) = match found.and_then(|row| job.map.read(row, now)) {
            Ok(activity) => (activity.case.clone(), Work::Row(activity)),
            Err(reject) => {
                (job.rejected)(&reject);
                report.count(Fate::Rejected);
                match reject.case {
                    Some(case) => (case, Work::Skip),
                    None => continue,
                }
            }
        };
        let case = importer.case_id(&case);
        let queue = &queues[(case.as_u128() % queues.len() as u128) as usize];
        if queue.blocking_send((case, work)).is_err() {
            // The worker stopped and says itself why.
            break;
        }
    }
    Ok(report)
}

type Next = Box<dyn FnMut() -> Result<Option<Found>, Unreadable>>;

fn opened(job: &Job) -> Result<Next, Unreadable> {
    let unreadable = |reason: std::io::Error| Unreadable {
        line: 1,
        reason: format!("{}: {reason}", job.path.display()),
    };
    let (bytes, place) = source::open(&job.path, Arc::clone(&job.progress)).map_err(unreadable)?;
    Ok(match job.format {
        Format::Xes => {
            let mut reader = XesReader::new((bytes, place));
            Box::new(move || reader.next_row())
        }
        Format::Csv => {
            let mut reader = TableReader::new((bytes, place), job.map.csv.delimiter)?;
            if let Some(name) = columns::missing(&job.map, &reader.columns()) {
                let reason =
                    format!("the map reads {name:?}, but no column of the table has that name");
                return Err(Unreadable { line: 1, reason });
            }
            Box::new(move || reader.next_row())
        }
    })
}

/// Brings in the rows of some cases, one after another.
async fn work_off(
    importer: Arc<Importer>,
    mut work: Receiver<(Uuid, Work)>,
    rejected: Arc<dyn Fn(&Reject) + Send + Sync>,
) -> Result<Report, CommandError> {
    let mut cases: HashMap<Uuid, Case> = HashMap::new();
    let mut report = Report::default();
    while let Some((id, work)) = work.recv().await {
        let case = cases.entry(id).or_default();
        let Work::Row(activity) = work else {
            case.skip();
            continue;
        };
        let fate = match importer.take(id, case, &activity, &mut report).await {
            Ok(fate) => fate,
            Err(error) => {
                let reason = row_alone(error)?;
                rejected(&Reject { line: activity.row.line, reason, case: Some(activity.case) });
                Fate::Rejected
            }
        };
        report.count(fate);
    }
    Ok(report)
}

/// Whether an error is about one row; others stop the import.
fn row_alone(error: CommandError) -> Result<String, CommandError> {
    match error {
        CommandError::Store(_) | CommandError::Decode(_) | CommandError::Contended => Err(error),
        CommandError::KeyReused => {
            Ok("another event was imported from this place of the case before".into())
        }
        other => Ok(other.to_string()),
    }
}
