//! The clocks themselves, page by page, in the order in which they were decided.

use docket_domain::ids::TicketId;
use serde::Serialize;

use super::ClockRow;
use super::report::Question;
use crate::documents::{Documents, DocumentsError, Query};
use crate::page::{Cursor, LARGEST, Listed, Page, PageInfo};
use crate::ticket_list::ListError;

const ROWS: &str = "SELECT doc, decided, stream || ' ' || key FROM {sla_clocks} WHERE";

/// A page of the clocks that a question is about.
#[derive(Debug, Serialize)]
pub struct Rows {
    /// The clocks.
    pub data: Vec<ClockRow>,
    /// Where it goes on.
    pub page: PageInfo,
}

/// A page of the clocks of a period, those that were decided first first. Those that a question's
/// filters leave out are left out of the page, which may so be shorter than asked for.
///
/// # Errors
/// [`ListError::Cursor`] when the cursor comes from another question.
pub async fn page(
    documents: &Documents,
    question: &Question,
    size: usize,
    cursor: Option<&str>,
) -> Result<Rows, ListError> {
    let asked = (question.from, question.to, &question.filters);
    let query = Query::new(ROWS).sql(" decided >= ").bind(question.from.to_string());
    let query = query.sql(" AND decided < ").bind(question.to.to_string());
    let mut rows = rows(documents, query, &asked, size, cursor).await?;
    rows.data.retain(|row| question.lets_through(&row.cell));
    Ok(rows.without_cells())
}

/// A page of the clocks that run and are due some time, those that are due first first.
///
/// # Errors
/// [`ListError::Cursor`] when the cursor comes from another question.
pub async fn due_next(
    documents: &Documents,
    size: usize,
    cursor: Option<&str>,
) -> Result<Rows, ListError> {
    let query = Query::new(ROWS).sql(" runs = 1 AND decided < ").bind("9999");
    Ok(rows(documents, query, &"due next", size, cursor).await?.without_cells())
}

/// The tickets of which something runs, in the order of their streams: so many, after this one.
pub async fn running(
    documents: &Documents,
    after: Option<TicketId>,
    limit: usize,
) -> Result<Vec<TicketId>, DocumentsError> {
    let after = after.map(|ticket| ticket.stream()).unwrap_or_default();
    let query = Query::new("SELECT DISTINCT stream FROM {sla_clocks} WHERE runs = 1 AND stream > ");
    let query = query.bind(after).sql(" ORDER BY stream LIMIT ").bind(limit as i64);
    let streams: Vec<(String,)> = documents.list(&query).await?;
    Ok(streams.iter().filter_map(|(stream,)| TicketId::of_stream(stream)).collect())
}

async fn rows(
    documents: &Documents,
    mut query: Query,
    asked: &impl Serialize,
    size: usize,
    cursor: Option<&str>,
) -> Result<Rows, ListError> {
    let size = size.clamp(1, LARGEST);
    let after = cursor.map(|cursor| Cursor::decode(cursor, asked)).transpose()?;
    if let Some(Cursor { sort, stream, .. }) = &after {
        let (stream, key) = stream.split_once(' ').unwrap_or_default();
        query = query.sql(" AND (decided, stream, key) > (").bind(sort.as_str());
        query = query.sql(", ").bind(stream).sql(", ").bind(key).sql(")");
    }
    let query = query.sql(" ORDER BY decided, stream, key LIMIT ").bind(size as i64 + 1);
    let listed: Vec<Listed> = documents.list(&query).await?;
    let Page { data, page } = Page::of(listed, size, asked);
    // Documents are written from the same type, so none is left out here.
    let data = data.iter().filter_map(|row| serde_json::from_str(row.get()).ok()).collect();
    Ok(Rows { data, page })
}

impl Rows {
    /// As answers show them.
    fn without_cells(mut self) -> Self {
        self.data.iter_mut().for_each(|row| row.cell.clear());
        self
    }
}
