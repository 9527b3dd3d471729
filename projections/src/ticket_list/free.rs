//! Which tickets may be taken next?

use std::collections::BTreeSet;

use docket_domain::ids::AgentId;
use docket_domain::instant::Instant;
use uuid::Uuid;

use crate::documents::{Documents, DocumentsError, Query};
use crate::recorded::id_of;
use crate::ticket_document::PassedOffers;

/// A ticket that may be taken next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Free {
    stream: String,
    urgency: String,
    category: Option<String>,
    passed: Option<PassedOffers>,
}

impl Free {
    /// Which ticket.
    pub fn ticket(&self) -> Uuid {
        id_of(&self.stream)
    }

    /// What it is about, as the list has it.
    pub fn category(&self) -> Option<&str> {
        self.category.as_deref()
    }

    /// Who is not to be offered it at an instant: those who did not take it, until so long after the last of
    /// their offers would have ended.
    pub fn passed(&self, again_ms: i64, at: Instant) -> BTreeSet<AgentId> {
        let rests = |passed: &&PassedOffers| at < passed.until.plus_millis(again_ms);
        let passed = self.passed.iter().filter(rests).flat_map(|passed| &passed.by);
        passed.map(|agent| AgentId(*agent)).collect()
    }

    /// Its level, as the list has it: 1 lowest … 5 highest.
    pub fn level(&self) -> u8 {
        // An urgency begins with nine less the level; it is written by us.
        let inverse = self.urgency.bytes().next().unwrap_or(b'9').saturating_sub(b'0');
        9_u8.saturating_sub(inverse)
    }
}

/// The tickets of a queue that nobody owns or is offered and somebody should own, the most urgent first (S-50), within
/// a level the oldest, or the newest where the queue says so (S-78): new ones, and those in progress whose
/// owner was taken away. The others wait for somebody else. `after` is where the last page ended.
pub async fn unowned(
    documents: &Documents,
    queue: &str,
    newest_first: bool,
    after: Option<&Free>,
    limit: usize,
) -> Result<Vec<Free>, DocumentsError> {
    let query = Query::new(
        "SELECT stream, urgency, category, passed FROM {ticket_list} WHERE is_open = 1 AND assignee = '' \
         AND offered = '' AND base IN ('new', 'in_progress') AND queue = ",
    );
    let query = query.bind(queue);
    let query = match (after, newest_first) {
        (None, _) => query,
        (Some(after), false) => query
            .sql(" AND (urgency, stream) > (")
            .bind(after.urgency.as_str())
            .sql(", ")
            .bind(after.stream.as_str())
            .sql(")"),
        (Some(after), true) => later_level_or_older(query, after),
    };
    // An urgency is a level's digit, the highest level's being the lowest, and when the ticket was created.
    let order = match newest_first {
        false => " ORDER BY urgency, stream LIMIT ",
        true => " ORDER BY substr(urgency, 1, 1), urgency DESC, stream DESC LIMIT ",
    };
    let rows: Vec<Row> = documents.fetch(&query.sql(order).bind(limit as i64)).await?;
    Ok(rows.into_iter().map(free).collect())
}

/// Stream, urgency, category, and who did not take it.
type Row = (String, String, Option<String>, Option<String>);

fn free((stream, urgency, category, passed): Row) -> Free {
    // Written by us, so it is understood.
    let passed = passed.and_then(|passed| serde_json::from_str(&passed).ok());
    Free { stream, urgency, category, passed }
}

fn later_level_or_older(query: Query, after: &Free) -> Query {
    let level = after.urgency.get(..1).unwrap_or_default();
    let query = query.sql(" AND (substr(urgency, 1, 1) > ").bind(level);
    let query = query.sql(" OR (substr(urgency, 1, 1) = ").bind(level);
    let query = query.sql(" AND (urgency, stream) < (").bind(after.urgency.as_str());
    query.sql(", ").bind(after.stream.as_str()).sql(")))")
}
