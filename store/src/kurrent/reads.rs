//! Reading: places from the file beside the log, and what the events say from KurrentDB.

use std::collections::HashMap;

use super::connection::{Connection, Event, order};
use super::metadata::Place;
use crate::{StoreError, StoredEvent};

/// Events that a page of `$all` has at least, if there are so many.
const LEAST: usize = 32;

/// The events of one stream, whose rows follow each other.
pub(super) async fn of_stream(
    kurrent: &Connection,
    rows: Vec<StoredEvent>,
) -> Result<Vec<StoredEvent>, StoreError> {
    let Some(first) = rows.first() else { return Ok(rows) };
    let told = kurrent.read_stream(&first.stream, first.version - 1, rows.len()).await?;
    joined(rows, told)
}

/// The events of several streams, whose rows are ordered by stream.
pub(super) async fn of_streams(
    kurrent: &Connection,
    rows: Vec<StoredEvent>,
) -> Result<Vec<StoredEvent>, StoreError> {
    let mut told = Vec::with_capacity(rows.len());
    for stream in rows.chunk_by(|one, next| one.stream == next.stream) {
        let Some(first) = stream.first() else { continue };
        told.extend(kurrent.read_stream(&first.stream, first.version - 1, stream.len()).await?);
    }
    joined(rows, told)
}

/// The events of all streams, whose rows follow each other by position. What one command wrote to
/// several streams may lie apart, and events of others between.
pub(super) async fn of_all(
    kurrent: &Connection,
    rows: Vec<StoredEvent>,
) -> Result<Vec<StoredEvent>, StoreError> {
    let mut pairs = Vec::with_capacity(rows.len());
    for row in &rows {
        pairs.push(Place::read(&row.envelope)?.pair());
    }
    let ends = pairs.iter().min_by_key(|pair| order(**pair)).copied();
    let ends = ends.zip(pairs.iter().max_by_key(|pair| order(**pair)).copied());
    let Some((mut from, to)) = ends else { return Ok(rows) };
    let mut told = Vec::with_capacity(rows.len());
    // One more, so that there is progress where a page begins with the end of the one before; and never few,
    // since what another command wrote to several streams may lie between.
    let limit = (rows.len() + 1).max(LEAST);
    loop {
        let page = kurrent.read_between(from, to, limit).await?;
        told.extend(page.events);
        match page.last {
            Some(last) if order(last) > order(from) && order(last) < order(to) => from = last,
            _ => return joined(rows, told),
        }
    }
}

/// Gives each row what KurrentDB tells of its event.
fn joined(rows: Vec<StoredEvent>, told: Vec<Event>) -> Result<Vec<StoredEvent>, StoreError> {
    let mut told: HashMap<_, _> = told.into_iter().map(|event| (event.id, event)).collect();
    let event = |row: StoredEvent| {
        let missing = || {
            StoreError::Integrity(format!(
                "KurrentDB does not have version {} of {}, which is position {}",
                row.version, row.stream, row.position
            ))
        };
        let event = told.remove(&row.event_id).ok_or_else(missing)?;
        let place = Place::read(&row.envelope)?;
        let envelope = event.told.envelope().ok_or_else(|| {
            StoreError::Integrity(format!("event {} has no envelope", row.event_id))
        })?;
        Ok(StoredEvent { recorded_at: place.recorded_at, envelope, payload: event.payload, ..row })
    };
    rows.into_iter().map(event).collect()
}
