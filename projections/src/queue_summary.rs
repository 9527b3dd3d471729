//! How much lies in each queue? Counts by status and priority, and since when the oldest waits.
//!
//! Counts are sums over streams. The oldest is no sum: the ticket list's index knows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::desk_state::DeskState;
use crate::documents::{Documents, DocumentsError, Query};
use crate::recorded::Recorded;
use crate::view::{Key, Schema, View};

/// The view.
pub struct QueueSummary;

/// It has no rows: only sums.
#[derive(Debug, Serialize, Deserialize)]
pub struct NoRow {}

impl View for QueueSummary {
    const NAME: &'static str = "queue_summary";
    const VERSION: u32 = 1;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = false;
    const SCHEMA: Schema = Schema {
        sqlite: include_str!("../../migrations/views/sqlite/0005_queue_summary.sql"),
        postgres: include_str!("../../migrations/views/postgres/0005_queue_summary.sql"),
    };
    type State = Option<DeskState>;
    type Row = NoRow;

    fn evolve(state: &mut Self::State, event: &Recorded) {
        DeskState::evolve(state, event);
    }

    fn rows(_: &Self::State) -> Vec<(Key, NoRow)> {
        Vec::new()
    }

    fn counts(state: &Self::State) -> Vec<(Key, i64)> {
        let cell = |state: &DeskState| Cell {
            queue: state.queue.clone(),
            status: state.status.clone(),
            priority: state.priority.clone(),
            open: state.is_open(),
        };
        state
            .iter()
            .filter_map(|s| serde_json::to_string(&cell(s)).ok())
            .map(|key| (key, 1))
            .collect()
    }
}

/// What tickets are counted by; as JSON the key of a sum.
#[derive(Debug, Serialize, Deserialize)]
struct Cell {
    queue: String,
    status: String,
    priority: String,
    open: bool,
}

/// What lies in a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Summary {
    /// The queue's key.
    pub queue: String,
    /// How many tickets were ever left there.
    pub total: i64,
    /// How many of them are neither closed nor merged.
    pub open: i64,
    /// How many, by status.
    pub by_status: BTreeMap<String, i64>,
    /// How many of the open ones, by priority.
    pub open_by_priority: BTreeMap<String, i64>,
    /// How many, by status and priority.
    pub by_status_and_priority: BTreeMap<String, BTreeMap<String, i64>>,
    /// When the oldest open one was created.
    pub oldest_open: Option<String>,
}

/// What lies in each queue that holds or held anything, by key.
pub async fn of_all(documents: &Documents) -> Result<BTreeMap<String, Summary>, DocumentsError> {
    let sums: Vec<(String, i64)> =
        documents.fetch(&Query::new("SELECT key, value FROM {queue_summary}_counts")).await?;
    let mut summaries: BTreeMap<String, Summary> = BTreeMap::new();
    for (key, count) in sums {
        // Keys are written by `counts` above and no other.
        let Ok(cell) = serde_json::from_str::<Cell>(&key) else { continue };
        let summary = summaries.entry(cell.queue.clone()).or_default();
        summary.queue = cell.queue;
        summary.total += count;
        *summary.by_status.entry(cell.status.clone()).or_default() += count;
        if cell.open {
            summary.open += count;
            *summary.open_by_priority.entry(cell.priority.clone()).or_default() += count;
        }
        let by_priority = summary.by_status_and_priority.entry(cell.status).or_default();
        *by_priority.entry(cell.priority).or_default() += count;
    }
    for summary in summaries.values_mut().filter(|summary| summary.open > 0) {
        let query = Query::new("SELECT created FROM {ticket_list} WHERE is_open = 1 AND queue = ")
            .bind(summary.queue.as_str())
            .sql(" ORDER BY created LIMIT 1");
        summary.oldest_open = documents.fetch_one(&query).await?;
    }
    Ok(summaries)
}
