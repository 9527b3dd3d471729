//! The clocks themselves, page by page, in the order in which they were decided.

use docket_domain::ids::TicketId;
use serde::Serialize;

use super::ClockRow;
use super::cell::BETWEEN;
use super::report::Question;
use crate::documents::{Documents, DocumentsError, Query};
use crate::page::{Cursor, LARGEST, Listed, PageInfo};
use crate::ticket_list::ListError;

const ROWS: &str = "SELECT doc, decided, stream || ' ' || key FROM {sla_clocks} WHERE";

/// How many clocks are read at once where not all of them are shown.
const AT_ONCE: usize = 1_000;

/// How many are read for one page at most.
const MOST_READ: usize = 20_000;

/// A page of the clocks that a question is about.
#[derive(Debug, Serialize)]
pub struct Rows {
    /// The clocks.
    pub data: Vec<ClockRow>,
    /// Where it goes on.
    pub page: PageInfo,
}

/// A page of the clocks of a period that a question's filters let through, those that were decided first
/// first.
///
/// # Errors
/// [`ListError::Cursor`] when the cursor comes from another question.
pub async fn page(
    documents: &Documents,
    question: &Question,
    size: usize,
    cursor: Option<&str>,
) -> Result<Rows, ListError> {
    let asked = (question.said, &question.filters);
    let query = Query::new(ROWS).sql(" decided >= ").bind(question.from.to_string());
    let query = query.sql(" AND decided < ").bind(question.to.to_string());
    let passes = |row: &ClockRow| question.lets_through(&row.cell);
    let passes = (!question.filters.is_empty()).then_some(passes);
    rows(documents, &query, passes, &asked, size, cursor).await
}

/// A page of the clocks that run and are due some time, of these queues or of all, those that are due
/// first first.
///
/// # Errors
/// [`ListError::Cursor`] when the cursor comes from another question.
pub async fn due_next(
    documents: &Documents,
    queues: &[String],
    size: usize,
    cursor: Option<&str>,
) -> Result<Rows, ListError> {
    let query = Query::new(ROWS).sql(" runs = 1 AND decided < ").bind("9999");
    let passes = |row: &ClockRow| queues.contains(&row.queue);
    let passes = (!queues.is_empty()).then_some(passes);
    rows(documents, &query, passes, &("due next", queues), size, cursor).await
}

/// The tickets of which something runs by a plan, whatever its version, in the order of their streams: so
/// many, after this one.
pub async fn running(
    documents: &Documents,
    plan: &str,
    after: Option<TicketId>,
    limit: usize,
) -> Result<Vec<TicketId>, DocumentsError> {
    let after = after.map(|ticket| ticket.stream()).unwrap_or_default();
    let query = Query::new("SELECT DISTINCT stream FROM {sla_clocks} WHERE runs = 1 AND stream > ");
    let query = query.bind(after).sql(" AND cell LIKE ").bind(format!("%{BETWEEN}{plan}@%"));
    let query = query.sql(" ORDER BY stream LIMIT ").bind(limit as i64);
    let streams: Vec<(String,)> = documents.list(&query).await?;
    Ok(streams.iter().filter_map(|(stream,)| TicketId::of_stream(stream)).collect())
}

/// Reads on until a page is full: filters are no columns. One that so few pass that it is not full after
/// [`MOST_READ`] clocks ends there, and says that there is more.
async fn rows(
    documents: &Documents,
    query: &Query,
    passes: Option<impl Fn(&ClockRow) -> bool>,
    asked: &impl Serialize,
    size: usize,
    cursor: Option<&str>,
) -> Result<Rows, ListError> {
    let size = size.clamp(1, LARGEST);
    let at_once = if passes.is_some() { AT_ONCE } else { size + 1 };
    let mut place = cursor.map(|cursor| Cursor::decode(cursor, asked)).transpose()?;
    let (mut data, mut read): (Vec<ClockRow>, usize) = (Vec::with_capacity(size), 0);
    // Where the page ends, once it is known that there is more.
    let mut end = None;
    loop {
        let query = behind(query.clone(), place.as_ref(), at_once);
        let listed: Vec<Listed> = documents.list(&query).await?;
        read += listed.len();
        let last = listed.len() < at_once;
        for (doc, decided, stream) in listed {
            let here = Cursor::behind(asked, decided, stream);
            // Documents are written from the same type, so none is left out here.
            let row: Option<ClockRow> = serde_json::from_str(&doc).ok();
            for row in row.into_iter().filter(|row| passes.as_ref().is_none_or(|it| it(row))) {
                if data.len() == size {
                    return Ok(Rows::of(data, end));
                }
                data.push(row);
                end = Some(here.clone());
            }
            place = Some(here);
        }
        if last || read >= MOST_READ {
            return Ok(Rows::of(data, place.filter(|_| !last)));
        }
    }
}

/// The next rows behind a place.
fn behind(query: Query, place: Option<&Cursor>, limit: usize) -> Query {
    let query = match place {
        Some(Cursor { sort, stream, .. }) => {
            let (stream, key) = stream.split_once(' ').unwrap_or_default();
            let query = query.sql(" AND (decided, stream, key) > (").bind(sort.as_str());
            query.sql(", ").bind(stream).sql(", ").bind(key).sql(")")
        }
        None => query,
    };
    query.sql(" ORDER BY decided, stream, key LIMIT ").bind(limit as i64)
}

impl Rows {
    /// As answers show them: cells are nobody's business.
    fn of(mut data: Vec<ClockRow>, end: Option<Cursor>) -> Self {
        data.iter_mut().for_each(|row| row.cell.clear());
        let page = PageInfo { has_more: end.is_some(), next: end.map(|end| end.encode()) };
        Self { data, page }
    }
}
