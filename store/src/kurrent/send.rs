//! Sending what was begun.

use uuid::Uuid;

use super::begun::Begun;
use super::connection::{Connection, Sent};
use super::metadata;
use crate::StoreError;

/// Sends an append, one stream after the other.
pub(super) async fn send(kurrent: &Connection, store: Uuid, begun: Begun) -> Sent {
    let (mut doubtful, mut decided) = (begun.doubtful, false);
    for (index, write) in begun.append.writes.iter().enumerate() {
        if write.events.is_empty() {
            continue;
        }
        let events = || metadata::events(&begun.append, index, begun.recorded_at, store);
        match kurrent.append(&write.stream, write.expected, events).await {
            Sent::Written => (doubtful, decided) = (true, true),
            Sent::NotWritten(error) if doubtful => return Sent::Unknown(unknown(&error)),
            // Nobody but another program can have written there; a half is not given up for that.
            Sent::Elsewhere if decided => return Sent::Unknown(foreign()),
            other => return other,
        }
    }
    Sent::Written
}

/// What it means that a stream is elsewhere though nobody could write to it.
pub(super) fn foreign() -> StoreError {
    StoreError::Integrity("another program has written to a stream of Docket's".to_owned())
}

fn unknown(error: &StoreError) -> StoreError {
    StoreError::Unknown(error.to_string())
}
