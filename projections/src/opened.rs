//! Which tickets of the log were opened in a period, and their events.

use std::sync::Arc;

use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_store::{Position, Sealed, StoredEvent};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc::Sender;

use crate::documents::Documents;
use crate::recorded::{Moment, ReadError, Reader};
use crate::runner::ProjectionError;
use crate::runner::build::Pages;
use crate::ticket_list::{self, Opened};

/// Clocks that differ are given a day, in milliseconds.
const DAY: i64 = 86_400_000;

/// How many tickets are asked of the list at once, and make a page.
const LISTED: usize = 500;

/// How many tickets are read at the same time.
const AT_ONCE: usize = 8;

/// Reads the tickets that were opened in a period.
pub(crate) struct Reading {
    pub reader: Reader,
    /// Opened at this instant or later.
    pub from: Instant,
    /// And before this one.
    pub to: Instant,
}

impl Reading {
    /// Sends their events in pages of whole streams, with others among them, until all are sent or nobody
    /// listens.
    ///
    /// Ids begin with the time at which they were minted, and nothing is opened before it happens: so
    /// whatever was opened in the period stands behind its beginning, and what was written down when it
    /// happened before its end. The list knows the others.
    pub async fn send(
        self,
        documents: Option<Arc<Documents>>,
        pages: Sender<Vec<StoredEvent>>,
    ) -> Result<(), ProjectionError> {
        let at = self.reader.store.head();
        let end = minted_at(self.to.plus_millis(DAY));
        let sequence = Pages {
            reader: self.reader.clone(),
            category: "ticket",
            sealed: Sealed::Without,
            after: Some(minted_at(self.from.plus_millis(-DAY))),
            before: documents.is_some().then(|| end.clone()),
            at,
        };
        sequence.send(&pages).await?;
        match documents {
            Some(documents) => self.send_listed(&documents, &end, at, &pages).await,
            None => Ok(()),
        }
    }

    /// Sends those that were minted at the end of the period or later, one stream after the other.
    async fn send_listed(
        &self,
        documents: &Documents,
        end: &str,
        at: Position,
        pages: &Sender<Vec<StoredEvent>>,
    ) -> Result<(), ProjectionError> {
        let mut after: Option<Opened> = None;
        loop {
            let period = (self.from, self.to);
            let listed = ticket_list::opened(documents, period, after.as_ref(), LISTED).await?;
            let mut page = self.whole(later(&listed, end)).await?;
            page.retain(|event| event.position <= at);
            if !page.is_empty() && pages.send(page).await.is_err() {
                return Ok(());
            }
            let done = listed.len() < LISTED;
            after = listed.into_iter().last();
            if done {
                return Ok(());
            }
        }
    }

    /// The events of streams, one stream after the other.
    async fn whole(&self, streams: Vec<String>) -> Result<Vec<StoredEvent>, ReadError> {
        let read = streams.into_iter().map(|stream| {
            let reader = self.reader.clone();
            async move { reader.stored(&stream, Moment::Now, Sealed::Without).await }
        });
        let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
        Ok(read.concat())
    }
}

/// The streams of those that sort at `end` or behind it.
fn later(listed: &[Opened], end: &str) -> Vec<String> {
    listed.iter().map(Opened::stream).filter(|it| *it >= end).map(str::to_owned).collect()
}

/// The name of a stream that sorts before those of all tickets whose ids were minted at an instant or later.
fn minted_at(instant: Instant) -> String {
    let millis = u64::try_from(instant.0).unwrap_or(0);
    TicketId(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()).stream()
}
