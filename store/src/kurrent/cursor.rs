//! How far `$all` was read: behind the event that was placed last, and past what others have written since.
//!
//! The second half is kept in memory only. It is not moved past anything that may be Docket's: only where
//! nothing is begun, up to where the log ended before it was read, and it is forgotten with the first doubt.

use std::collections::BTreeMap;

use eventstore::Position as Pair;
use uuid::Uuid;

use super::begun::Begun;
use super::connection::{Connection, Event, order};
use super::metadata::Place;
use super::sequencer::{PAGE, Sequencer};
use crate::StoreError;

impl Sequencer {
    /// Where to read on.
    pub(super) async fn read_to(&mut self) -> Result<Option<Pair>, StoreError> {
        let placed = self.end().await?.pair;
        Ok(match self.passed {
            Some(passed) if is_behind(passed, placed) => Some(passed),
            _ => placed,
        })
    }

    /// Forgets what was passed over, so that all of it is read again.
    pub fn doubt(&mut self) {
        self.passed = None;
    }

    /// Reads a page on while nothing is begun here, and answers whether there is more: so that who appends next
    /// need not wait for what others have written meanwhile.
    ///
    /// # Errors
    /// As [`catch_up`](Self::catch_up).
    pub async fn pass_over(
        &mut self,
        kurrent: &Connection,
        begun: &BTreeMap<Uuid, Begun>,
    ) -> Result<bool, StoreError> {
        let from = self.read_to().await?;
        let Some(end) = kurrent.end().await?.filter(|end| is_behind(*end, from)) else {
            return Ok(false);
        };
        let page = kurrent.look_through(from, PAGE).await?;
        let last = page.last.filter(|last| is_behind(*last, from));
        let placed = self.place(kurrent, begun, behind(page.events, from)).await;
        self.settle(placed)?;
        self.passed = last.or(Some(end));
        Ok(last.is_some())
    }
}

/// Refuses a log that does not have an event where what stands beside it says that it is.
pub(super) async fn check_place(
    kurrent: &Connection,
    place: &str,
    id: Uuid,
) -> Result<(), StoreError> {
    let there = kurrent.read_unfiltered(Some(Place::read(place)?.pair()), 1).await?;
    if there.events.first().is_some_and(|event| event.id == id) {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "KurrentDB does not have event {id} where what stands beside the log says that it is: they do \
         not belong together, one was restored without the other, or streamPrefix in the URL is not what \
         it was"
    )))
}

/// Whether a place comes behind another.
pub(super) fn is_behind(pair: Pair, from: Option<Pair>) -> bool {
    from.is_none_or(|from| order(pair) > order(from))
}

/// The events of a page that lie behind a place, in their order: the first may be where the page before ended,
/// and what is told twice counts once.
pub(super) fn behind(events: Vec<Event>, from: Option<Pair>) -> Vec<Event> {
    let fresh = events.into_iter().filter(|event| is_behind(event.pair, from));
    let fresh: BTreeMap<_, _> = fresh.map(|event| (order(event.pair), event)).collect();
    fresh.into_values().collect()
}

/// Whose log is in KurrentDB, if it is not this store's.
pub(super) async fn another_log(
    kurrent: &Connection,
    store: Uuid,
) -> Result<Option<Uuid>, StoreError> {
    let mut from = None;
    loop {
        let page = kurrent.read_on(from, PAGE).await?;
        let other = page.events.iter().find(|event| event.told.store != store);
        if other.is_some() || !page.events.is_empty() || page.last.is_none() || page.last == from {
            return Ok(other.map(|event| event.told.store));
        }
        from = page.last;
    }
}
