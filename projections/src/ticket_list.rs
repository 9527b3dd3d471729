//! Which tickets are there? The list that a desk works from, with every filter of S-22.
//!
//! One row for each ticket: its document, as `GET /v1/tickets/{id}` answers it, but for the colours of
//! its indicator, which are told when it is read.

pub mod filter;
pub mod free;
mod select;
mod shown;

use std::sync::Arc;

use docket_domain::instant::Instant;
use docket_domain::sla::clock::EDITION;
use uuid::Uuid;

use self::filter::{Filter, Sort};
use self::select::Found;
use crate::clocks::Clocks;
use crate::documents::{Documents, DocumentsError, Query};
use crate::page::{Cursor, ForeignCursor, LARGEST, Listed, Page};
use crate::plans::Plans;
use crate::recorded::Recorded;
use crate::ticket_document::{TicketDocument, TicketFold};
use crate::view::{Key, Schema, View};

/// A word or tag that leads to fewer rows than this is where a list starts; by one that leads to more,
/// the list is walked in its order.
const FEW: usize = 2_000;

/// The view.
pub struct TicketList;

/// A ticket, and what it was promised.
#[derive(Default)]
pub struct Entry {
    ticket: TicketFold,
    clocks: Clocks,
}

impl View for TicketList {
    const NAME: &'static str = "ticket_list";
    const VERSION: u32 = 13 + EDITION;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = true;
    const FOLLOWS_MERGES: bool = true;
    const SCHEMA: Schema = Schema {
        sqlite: include_str!("../../migrations/views/sqlite/0002_ticket_list.sql"),
        postgres: include_str!("../../migrations/views/postgres/0002_ticket_list.sql"),
    };
    type State = Entry;
    type Row = TicketDocument;

    fn start(plans: &Arc<Plans>) -> Entry {
        Entry { clocks: Clocks::new(plans), ..Entry::default() }
    }

    fn evolve(entry: &mut Entry, event: &Recorded) {
        entry.ticket.evolve(event);
        entry.clocks.evolve(event);
    }

    fn evolve_tied(entry: &mut Entry, event: &Recorded) {
        entry.clocks.evolve_tied(event);
    }

    fn rows(entry: &Entry) -> Vec<(Key, TicketDocument)> {
        let mut document = entry.ticket.document.clone();
        if let Some(document) = &mut document {
            document.show(entry.clocks.all());
            document.indicator = document.indicator.untold();
        }
        document.map(|document| (Key::new(), document)).into_iter().collect()
    }
}

/// Why a list could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The cursor.
    #[error(transparent)]
    Cursor(#[from] ForeignCursor),
    /// The tables.
    #[error(transparent)]
    Documents(#[from] DocumentsError),
}

/// A page of the tickets that a filter lets through, their colours as of `now`.
///
/// # Errors
/// [`ListError::Cursor`] when the cursor comes from another filter or order.
pub async fn page(
    documents: &Documents,
    filter: &Filter,
    sort: Sort,
    size: usize,
    cursor: Option<&str>,
    now: Instant,
) -> Result<Page, ListError> {
    let question = (filter, sort);
    let size = size.clamp(1, LARGEST);
    let after = cursor.map(|cursor| Cursor::decode(cursor, &question)).transpose()?;
    if filter.has_no_words() || filter.within.as_deref().is_some_and(Filter::has_no_words) {
        return Ok(Page::of(Vec::new(), size, &question));
    }
    let query = plan(documents, filter, sort, (after.as_ref(), size), now).await?;
    let mut rows: Vec<Listed> = documents.list(&query).await?;
    for (document, ..) in &mut rows {
        shown::tell(document, now);
    }
    Ok(Page::of(rows, size, &question))
}

/// The query that answers a page, as chosen by how many tickets there are to choose from.
async fn plan(
    documents: &Documents,
    filter: &Filter,
    sort: Sort,
    (after, size): (Option<&Cursor>, usize),
    now: Instant,
) -> Result<Query, DocumentsError> {
    let mut terms = Vec::new();
    for term in select::terms(filter) {
        let count: Vec<(i64,)> = documents.list(&select::count(&term, FEW)).await?;
        let few = count.iter().all(|(count,)| *count < FEW as i64);
        terms.push((term, if few { Found::Few } else { Found::Many }));
    }
    Ok(select::page(filter, sort, (after, size), &terms, now))
}

/// How a page would be found, line by line: so that a test can show what it costs.
pub async fn explain(
    documents: &Documents,
    filter: &Filter,
    sort: Sort,
) -> Result<Vec<String>, DocumentsError> {
    documents.plan(&plan(documents, filter, sort, (None, 50), Instant(0)).await?).await
}

/// A ticket, and when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    stream: String,
    created: String,
}

impl Opened {
    /// The ticket's stream.
    pub fn stream(&self) -> &str {
        &self.stream
    }
}

/// The tickets that were opened at `from` or later and before `to`, the oldest first. `after` is where the
/// last page ended.
pub async fn opened(
    documents: &Documents,
    (from, to): (Instant, Instant),
    after: Option<&Opened>,
    limit: usize,
) -> Result<Vec<Opened>, DocumentsError> {
    let query = Query::new("SELECT stream, created FROM {ticket_list} WHERE created >= ");
    let query = query.bind(from.to_string()).sql(" AND created < ").bind(to.to_string());
    let query = match after {
        Some(Opened { stream, created }) => {
            let query = query.sql(" AND (created, stream) > (").bind(created.as_str());
            query.sql(", ").bind(stream.as_str()).sql(")")
        }
        None => query,
    };
    let query = query.sql(" ORDER BY created, stream LIMIT ").bind(limit as i64);
    let rows: Vec<(String, String)> = documents.fetch(&query).await?;
    Ok(rows.into_iter().map(|(stream, created)| Opened { stream, created }).collect())
}

/// The open tickets of an owner that may have to be told that the owner is away or back: those that know
/// the owner away, and those that have had the owner since before `until`, as the list has them. `after` is
/// the last of the page before.
pub async fn to_be_noted(
    documents: &Documents,
    owner: Uuid,
    until: Instant,
    after: Option<Uuid>,
    limit: usize,
) -> Result<Vec<TicketDocument>, DocumentsError> {
    let query = Query::new("SELECT doc FROM {ticket_list} WHERE is_open = 1 AND assignee = ");
    let query = query.bind(owner.to_string()).sql(" AND (away = 1 OR owned < ");
    let mut query = query.bind(until.to_string()).sql(")");
    if let Some(after) = after {
        query = query.sql(" AND stream > ").bind(format!("ticket-{after}"));
    }
    let query = query.sql(" ORDER BY stream LIMIT ").bind(limit as i64);
    let rows: Vec<(String,)> = documents.fetch(&query).await?;
    // Documents are written by us, so none is left out here.
    Ok(rows.iter().filter_map(|(doc,)| serde_json::from_str(doc).ok()).collect())
}
