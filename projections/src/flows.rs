//! How do tickets of a type usually go, and what do departments do with them (S-71)? Read from the log each
//! time, of the tickets that were opened in a period: nothing is kept for it.
//!
//! Times are those at which things happened, so an imported case counts as it was worked. A ticket is of the
//! type that it has in the end.

mod count;
mod path;

use std::collections::BTreeMap;
use std::sync::Arc;

use docket_domain::instant::Instant;
use docket_store::StoredEvent;
use futures::{StreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;

use self::count::Count;
use self::path::Path;
pub use self::path::Place;
use crate::documents::Documents;
use crate::opened::Reading;
use crate::projector::poison;
use crate::recorded::Reader;
use crate::runner::ProjectionError;

/// Pages counted at the same time.
const PARALLEL: usize = 2;

/// Queues of a way at most; longer ones are too rare to be told one by one.
const LONGEST_WAY: usize = 20;

/// Steps of a type that are told one by one.
const MOST_STEPS: usize = 100;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Of tickets that were opened at this instant or later.
    pub from: Instant,
    /// And before this one.
    pub to: Instant,
    /// Of these types only, by key; of all, and of tickets without one, where none is said.
    pub types: Vec<String>,
    /// How many ways of each type are told one by one.
    pub ways: usize,
}

/// How tickets went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Answer {
    /// How many tickets were counted, each in exactly one flow.
    pub tickets: u64,
    /// The flow of each type.
    pub data: Vec<Flow>,
    /// What became of them in each queue.
    pub queues: Vec<QueueFigures>,
}

/// How the tickets of a type went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Flow {
    /// The type's key; `null` for tickets that have none.
    #[serde(rename = "type")]
    pub ticket_type: Option<String>,
    /// How many there are.
    pub tickets: u64,
    /// The commonest ways through queues first.
    pub ways: Vec<Way>,
    /// How many tickets went other ways.
    pub other_ways: u64,
    /// From place to place, the commonest first; a hundred at most.
    pub steps: Vec<Step>,
    /// How often other steps were taken.
    pub other_steps: u64,
}

/// A way through queues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Way {
    /// The keys of the queues, one after the other.
    pub queues: Vec<String>,
    /// How many tickets went it.
    pub tickets: u64,
    /// Half of those that have ended took no longer from the opening, in milliseconds of wall time.
    pub p50_ms: Option<i64>,
    /// Nine in ten took no longer.
    pub p90_ms: Option<i64>,
}

/// A step from one place to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    /// From where; `null` when the ticket was opened.
    pub from: Option<Place>,
    /// To where.
    pub to: Place,
    /// How many tickets took it.
    pub tickets: u64,
    /// How often it was taken.
    pub times: u64,
    /// Half of the times the ticket had been no longer where it came from, in milliseconds of wall time.
    pub p50_ms: Option<i64>,
    /// Nine times in ten no longer.
    pub p90_ms: Option<i64>,
}

/// What became of tickets in a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct QueueFigures {
    /// The queue's key.
    pub queue: String,
    /// How many tickets were there.
    pub tickets: u64,
    /// How many of them were opened there.
    pub opened: u64,
    /// How often one came back.
    pub returned: u64,
    /// How often one was passed on, by the key of the queue that it was passed to.
    pub passed_on: BTreeMap<String, u64>,
    /// How many were closed or merged there, and stayed so.
    pub ended: u64,
    /// How many are there and have not ended.
    pub there: u64,
    /// Half of the stays that are over were no longer, in milliseconds of wall time.
    pub p50_ms: Option<i64>,
    /// Nine in ten were no longer.
    pub p90_ms: Option<i64>,
}

/// Answers it, two pages of tickets at a time.
///
/// Where `documents` are at hand, and show all that is asked about, they say which tickets were written down
/// long after they were opened; else the log is read to its end for those.
///
/// # Errors
/// When the store or the tables cannot be read. Tickets that are damaged are counted up to the damage.
pub async fn flows(
    reader: &Reader,
    documents: Option<&Arc<Documents>>,
    asked: &Question,
) -> Result<Answer, ProjectionError> {
    let (pages, mut read) = tokio::sync::mpsc::channel(PARALLEL);
    let reading = Reading { reader: reader.clone(), from: asked.from, to: asked.to };
    let reading = tokio::spawn(reading.send(documents.cloned(), pages));
    let counted = stream::poll_fn(move |context| read.poll_recv(context)).map(|page| {
        let asked = asked.clone();
        tokio::task::spawn_blocking(move || of_page(&asked, &page))
    });
    let mut counted = counted.buffered(PARALLEL);
    let mut all = Count::default();
    while let Some(page) = counted.next().await {
        all.add(page.map_err(|_| ProjectionError::Stopped)?);
    }
    reading.await.map_err(|_| ProjectionError::Stopped)??;
    Ok(all.told(asked.ways))
}

fn of_page(asked: &Question, page: &[StoredEvent]) -> Count {
    let mut count = Count::default();
    for stored in page.chunk_by(|one, next| one.stream == next.stream) {
        let opened_at = stored.first().map(|first| Instant(first.occurred_at));
        if !opened_at.is_some_and(|at| (asked.from..asked.to).contains(&at)) {
            continue;
        }
        for (_, events) in poison::close(stored).0 {
            let path = Path::of(&events);
            let is_asked = |key: &String| asked.types.contains(key);
            if asked.types.is_empty() || path.ticket_type.as_ref().is_some_and(is_asked) {
                count.take(&path);
            }
        }
    }
    count
}
