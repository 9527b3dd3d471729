//! Reading `$all`: Docket's events alone, as the server filters them by the names of their streams, so that
//! what other programs write is neither sent nor held in memory.

use std::time::Duration;

use eventstore::{Position as Pair, ReadAllOptions, StreamPosition};

use super::connection::{Connection, Event, Question, order};
use crate::StoreError;

/// Events that are asked for at a time where they are anybody's.
const UNFILTERED: usize = 512;

/// How much longer the server may take to look through what others have written, while appends wait.
const PATIENCE: u32 = 12;

/// The same, where nothing can go on without it: what others wrote since a desk was stopped, or ever.
const LONG_PATIENCE: u32 = 720;

/// A page of `$all`.
pub(super) struct Page {
    /// Docket's events.
    pub events: Vec<Event>,
    /// The place of the last event of all, whosever it is; `None` when there was none.
    pub last: Option<Pair>,
    /// How many events were told, whosever they are.
    pub told: usize,
}

impl Page {
    /// Whether it ends behind a place.
    fn moves_on(&self, from: Option<Pair>) -> bool {
        self.last.is_some_and(|last| from.is_none_or(|from| order(last) > order(from)))
    }
}

impl Connection {
    /// Docket's events in `$all` from a place on, that one included if it is one of them, at most `limit`. That
    /// nothing follows a page that is not full is likely, and not certain: see [`read_on`](Self::read_on).
    pub async fn read_all(&self, from: Option<Pair>, limit: usize) -> Result<Page, StoreError> {
        self.patiently(self.own(from, limit), None).await
    }

    /// As [`read_all`](Self::read_all), and given up after a while, since it can be done later.
    pub async fn look_through(&self, from: Option<Pair>, limit: usize) -> Result<Page, StoreError> {
        self.page(self.own(from, limit), self.deadline * PATIENCE, None).await
    }

    /// As [`read_all`](Self::read_all); and where such a page does not move on, the newest of Docket's events is
    /// asked for. If that lies behind the place all the same, the server has ended the page early, and it is
    /// read without a filter: so it does not move on where the log ends, and nowhere else, as long as `limit`
    /// is more than one.
    pub async fn read_on(&self, from: Option<Pair>, limit: usize) -> Result<Page, StoreError> {
        let page = self.read_all(from, limit).await?;
        if page.moves_on(from) {
            return Ok(page);
        }
        match self.newest().await? {
            Some(newest) if from.is_none_or(|from| order(newest) > order(from)) => {
                self.read_unfiltered(from, UNFILTERED).await
            }
            _ => Ok(page),
        }
    }

    /// Docket's events from a place of one of them to that of another, at most `limit` of them and others'
    /// perhaps between them. What lies behind is not waited for.
    pub async fn read_between(
        &self,
        from: Pair,
        to: Pair,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let page = self.patiently(self.own(Some(from), limit), Some(to)).await?;
        if page.moves_on(Some(from)) || order(from) >= order(to) {
            return Ok(page);
        }
        self.page(whosever(Some(from), UNFILTERED), self.deadline, Some(to)).await
    }

    /// The event at a place that is known, whosever it is, and those behind it.
    pub async fn read_unfiltered(
        &self,
        from: Option<Pair>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.page(whosever(from, limit), self.deadline, None).await
    }

    /// Where the log ends: the place of its last event, whosever it is.
    pub async fn end(&self) -> Result<Option<Pair>, StoreError> {
        Ok(self.page(backwards(), self.deadline, None).await?.last)
    }

    /// The place of the newest event in a stream of Docket's.
    async fn newest(&self) -> Result<Option<Pair>, StoreError> {
        let options = backwards().filter(self.names().filter());
        Ok(self.patiently(options, None).await?.last)
    }

    /// Asks a server for long if it answers something else soon: one that is gone is not waited for.
    async fn patiently(
        &self,
        options: ReadAllOptions,
        until: Option<Pair>,
    ) -> Result<Page, StoreError> {
        match self.page(options.clone(), self.deadline, until).await {
            Err(StoreError::Unavailable(_)) => {
                self.end().await?;
                self.page(options, self.deadline * LONG_PATIENCE, until).await
            }
            answered => answered,
        }
    }

    fn own(&self, from: Option<Pair>, limit: usize) -> ReadAllOptions {
        whosever(from, limit).filter(self.names().filter())
    }

    async fn page(
        &self,
        options: ReadAllOptions,
        deadline: Duration,
        until: Option<Pair>,
    ) -> Result<Page, StoreError> {
        let options = options.deadline(deadline);
        let read = self.ask(&Question::All { options, deadline, until }).await?;
        let last = read.last().map(|event| event.position);
        let told = read.len();
        Ok(Page { events: self.events_of(read)?, last, told })
    }
}

fn whosever(from: Option<Pair>, limit: usize) -> ReadAllOptions {
    let from = from.map_or(StreamPosition::Start, StreamPosition::Position);
    ReadAllOptions::default().forwards().position(from).max_count(limit)
}

/// The last one that the log has.
fn backwards() -> ReadAllOptions {
    ReadAllOptions::default().position(StreamPosition::End).backwards().max_count(1)
}
