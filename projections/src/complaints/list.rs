//! The complaints page by page: what is open first, what was raised first before what came later.

use docket_domain::instant::Instant;
use docket_domain::ticket::event::Severity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::ComplaintRow;
use crate::documents::{Documents, DocumentsError, Query};
use crate::page::{Cursor, LARGEST, Listed, PageInfo};
use crate::ticket_list::ListError;
use crate::ticket_list::filter::Assignee;

/// Which complaints. An empty list, and `None`, do not filter; several values of one field are
/// alternatives.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Filter {
    /// How grave.
    pub severity: Vec<Severity>,
    /// Whether they are decided.
    pub status: Option<Status>,
    /// Keys of queues.
    pub queue: Vec<String>,
    /// A category with all below it.
    pub category: Option<String>,
    /// Who owns the complaint.
    pub owner: Option<Assignee>,
    /// Owners who have left: what is open and theirs counts as nobody's. Who that is changes between two
    /// pages, and is no part of what was asked.
    #[serde(skip)]
    pub gone: Vec<Uuid>,
    /// Raised at this instant or later.
    pub raised_from: Option<Instant>,
    /// Raised before this instant.
    pub raised_until: Option<Instant>,
}

/// Whether a complaint is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is not.
    Open,
    /// It is.
    Decided,
}

/// A complaint as answers show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShownComplaint {
    /// The complaint.
    #[serde(flatten)]
    pub complaint: ComplaintRow,
    /// How long it waited for its decision, in milliseconds of wall time; while it is open, how long it has
    /// waited by now.
    pub waited_ms: i64,
}

/// A page of complaints.
#[derive(Debug, Serialize)]
pub struct Complaints {
    /// The complaints.
    pub data: Vec<ShownComplaint>,
    /// Where it goes on.
    pub page: PageInfo,
}

impl Filter {
    /// Whether it lets a complaint through: what the list asks in SQL.
    pub fn passes(&self, complaint: &ComplaintRow) -> bool {
        let is_below = |path: &String| {
            let rest = complaint.category.as_ref().and_then(|own| own.strip_prefix(path.as_str()));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let status = match complaint.decided_at {
            None => Status::Open,
            Some(_) => Status::Decided,
        };
        let has_left = |owner: &Uuid| status == Status::Open && self.gone.contains(owner);
        let owners = match complaint.owner {
            None => vec![Assignee::Nobody],
            Some(owner) if has_left(&owner) => vec![Assignee::Nobody, Assignee::Agent(owner)],
            Some(owner) => vec![Assignee::Agent(owner)],
        };
        (self.severity.is_empty() || self.severity.contains(&complaint.severity))
            && self.status.is_none_or(|it| it == status)
            && (self.queue.is_empty() || self.queue.contains(&complaint.queue))
            && self.category.as_ref().is_none_or(is_below)
            && self.owner.is_none_or(|it| owners.contains(&it))
            && self.raised_from.is_none_or(|it| complaint.raised_at >= it)
            && self.raised_until.is_none_or(|it| complaint.raised_at < it)
    }
}

/// A page of the complaints that a filter lets through, those that are open first, those that were raised
/// first first; what is open has waited until `now`.
///
/// # Errors
/// [`ListError::Cursor`] when the cursor comes from another filter.
pub async fn page(
    documents: &Documents,
    filter: &Filter,
    size: usize,
    cursor: Option<&str>,
    now: Instant,
) -> Result<Complaints, ListError> {
    let size = size.clamp(1, LARGEST);
    let after = cursor.map(|cursor| Cursor::decode(cursor, filter)).transpose()?;
    let query = Query::new("SELECT doc, place, stream || ' ' || key FROM {complaints} WHERE TRUE");
    let query = raised(status(traits(query, filter), filter), filter);
    let mut rows: Vec<Listed> = documents.list(&behind(query, after.as_ref(), size)).await?;
    let has_more = rows.len() > size;
    rows.truncate(size);
    let last = rows.last().filter(|_| has_more);
    let behind = |(_, place, id): &Listed| Cursor::behind(filter, place.clone(), id.clone());
    let next = last.map(|last| behind(last).encode());
    // Documents are written from the same type, so none is left out here.
    let complaints = rows.iter().filter_map(|(doc, ..)| serde_json::from_str(doc).ok());
    let data = complaints
        .map(|it: ComplaintRow| ShownComplaint { waited_ms: it.waited_ms(now), complaint: it });
    Ok(Complaints { data: data.collect(), page: PageInfo { next, has_more } })
}

/// Whoever owns a complaint that is open.
///
/// # Errors
/// When the views cannot be read.
pub async fn owners(documents: &Documents) -> Result<Vec<Uuid>, DocumentsError> {
    let query = "SELECT DISTINCT owner FROM {complaints} WHERE place < '1' AND owner <> ''";
    let owners: Vec<(String,)> = documents.list(&Query::new(query)).await?;
    Ok(owners.iter().filter_map(|(owner,)| Uuid::try_parse(owner).ok()).collect())
}

/// One queue is found by an index; the rest is compared row by row on a walk in the list's order.
fn traits(mut query: Query, filter: &Filter) -> Query {
    match filter.queue.as_slice() {
        [] => {}
        [queue] => query = query.sql(" AND queue = ").bind(queue.as_str()),
        queues => {
            query = query.sql(" AND ").unindexed("queue").sql(" IN (").bind_all(queues).sql(")");
        }
    }
    if !filter.severity.is_empty() {
        let words: Vec<String> = filter.severity.iter().map(|it| word(*it).to_owned()).collect();
        query = query.sql(" AND severity IN (").bind_all(&words).sql(")");
    }
    if let Some(path) = &filter.category {
        // `0` is the letter behind `/`: all that begins with the path and a slash.
        query = query.sql(" AND (category = ").bind(path.as_str());
        query = query.sql(" OR (category > ").bind(format!("{path}/"));
        query = query.sql(" AND category < ").bind(format!("{path}0")).sql("))");
    }
    match filter.owner {
        None => query,
        Some(Assignee::Nobody) if filter.gone.is_empty() => query.sql(" AND owner = ''"),
        Some(Assignee::Nobody) => {
            let gone: Vec<String> = filter.gone.iter().map(Uuid::to_string).collect();
            let query = query.sql(" AND (owner = '' OR (place < '1' AND owner IN (");
            query.bind_all(&gone).sql(")))")
        }
        Some(Assignee::Agent(id)) => query.sql(" AND owner = ").bind(id.to_string()),
    }
}

fn status(query: Query, filter: &Filter) -> Query {
    match filter.status {
        None => query,
        Some(Status::Open) => query.sql(" AND place < '1'"),
        Some(Status::Decided) => query.sql(" AND place > '1'"),
    }
}

fn raised(mut query: Query, filter: &Filter) -> Query {
    if let Some(from) = filter.raised_from {
        query = query.sql(" AND ").unindexed("raised").sql(" >= ").bind(from.to_string());
    }
    match filter.raised_until {
        None => query,
        Some(until) => query.sql(" AND ").unindexed("raised").sql(" < ").bind(until.to_string()),
    }
}

/// The next rows behind a place, and one more.
fn behind(mut query: Query, after: Option<&Cursor>, size: usize) -> Query {
    if let Some(Cursor { sort, stream, .. }) = after {
        let (stream, key) = stream.split_once(' ').unwrap_or_default();
        query = query.sql(" AND (place, stream, key) > (").bind(sort.as_str());
        query = query.sql(", ").bind(stream).sql(", ").bind(key).sql(")");
    }
    query.sql(" ORDER BY place, stream, key LIMIT ").bind(size as i64 + 1)
}

/// The word of a severity.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Minor => "minor",
        Severity::Major => "major",
    }
}
