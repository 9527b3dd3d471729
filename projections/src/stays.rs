//! What lay in a queue at a moment? One row for each stay of a ticket: from when to when it had one
//! queue, status and owner.
//!
//! Finding the intervals that hold a moment is what a plain index is bad at: either all that began
//! before, or all that ended after, must be read. So stays are sorted into classes of length, each
//! four times the one before: one of a class can only hold the moment if it began within the class's
//! length before it, and most that did, do. What is read is then about what is answered.

use docket_domain::instant::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::desk_state::DeskState;
use crate::documents::{Documents, Query};
use crate::page::{Cursor, LARGEST, Listed, Page};
use crate::recorded::{Recorded, id_of};
use crate::ticket_list::ListError;
use crate::view::{Key, Schema, View};

/// The class of a stay that has not ended.
const OPEN_ENDED: u32 = 99;

/// The longest classes there can be: 4^21 ms is 139 years.
const CLASSES: u32 = 21;

/// When a stay ends that has not ended: after everything.
const NOT_ENDED: &str = "9999-12-31T23:59:59.999Z";

/// The view.
pub struct Stays;

/// A ticket's stay in one place, by the store's clock: from inclusive, to exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stay {
    /// The ticket's id.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// The queue's key.
    pub queue: String,
    /// The status' key.
    pub status: String,
    /// Whether it was neither closed nor merged.
    pub open: bool,
    /// The owner's id.
    pub assignee: Option<Uuid>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub from: Instant,
    /// Until when; `null` in answers while it lasts, and far in the future in the table.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: String,
    /// The class of its length, by which it is found; no part of answers.
    #[schema(ignore)]
    pub class: u32,
}

/// A ticket's stays so far.
#[derive(Default)]
pub struct Path {
    place: Option<DeskState>,
    stays: Vec<(Key, Stay)>,
}

impl View for Stays {
    const NAME: &'static str = "stays";
    const VERSION: u32 = 4;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = false;
    const SCHEMA: Schema = Schema {
        sqlite: include_str!("../../migrations/views/sqlite/0006_stays.sql"),
        postgres: include_str!("../../migrations/views/postgres/0006_stays.sql"),
    };
    type State = Path;
    type Row = Stay;

    fn evolve(path: &mut Path, event: &Recorded) {
        DeskState::evolve(&mut path.place, event);
        let Some(place) = &path.place else { return };
        let at = event.recorded_at;
        if let Some((_, last)) = path.stays.last_mut() {
            if last.is_at(place) {
                return;
            }
            last.end(at);
            // What lasted no time was never seen.
            if last.from == at {
                path.stays.pop();
            }
        }
        // The version makes a key that stays as it is whatever is dropped before it.
        let stay = Stay::begin(id_of(&event.stream), place, at);
        path.stays.push((format!("{:06}", event.version), stay));
    }

    fn rows(path: &Path) -> Vec<(Key, Stay)> {
        path.stays.clone()
    }
}

impl Stay {
    fn begin(id: Uuid, place: &DeskState, from: Instant) -> Self {
        Self {
            id,
            number: place.number.clone(),
            queue: place.queue.clone(),
            status: place.status.clone(),
            open: place.is_open(),
            assignee: place.assignee,
            from,
            to: NOT_ENDED.to_owned(),
            class: OPEN_ENDED,
        }
    }

    fn is_at(&self, place: &DeskState) -> bool {
        (&self.queue, &self.status, self.open, self.assignee)
            == (&place.queue, &place.status, place.is_open(), place.assignee)
    }

    fn end(&mut self, at: Instant) {
        self.to = at.to_string();
        self.class = class(at.0 - self.from.0);
    }
}

/// The smallest class whose length holds so many milliseconds: 4^class ≥ length.
fn class(length: i64) -> u32 {
    (0..CLASSES).find(|class| 4_i64.pow(*class) >= length).unwrap_or(CLASSES)
}

/// A page of what lay in a queue at a moment by the store's clock, neither closed nor merged, the
/// longest there first.
///
/// # Errors
/// [`ListError::Cursor`] when the cursor comes from another queue or moment.
pub async fn as_of(
    documents: &Documents,
    queue: &str,
    at: Instant,
    size: usize,
    cursor: Option<&str>,
) -> Result<Page, ListError> {
    let question = (queue, at);
    let size = size.clamp(1, LARGEST);
    let after = cursor.map(|cursor| Cursor::decode(cursor, &question)).transpose()?;
    let rows: Vec<Listed> = documents.list(&query(queue, at, size, after.as_ref())).await?;
    let shown = rows.into_iter().map(|(doc, since, stream)| (shown(&doc), since, stream));
    Ok(Page::of(shown.collect(), size, &question))
}

/// A stay as answers show it. Documents are JSON of ours, so none is left as it was.
fn shown(doc: &str) -> String {
    let Ok(Value::Object(mut stay)) = serde_json::from_str(doc) else { return doc.to_owned() };
    stay.remove("class");
    if stay.get("to").is_some_and(|to| to == NOT_ENDED) {
        stay.insert("to".to_owned(), Value::Null);
    }
    Value::Object(stay).to_string()
}

/// Each class answers its own first rows in the index's order; the first of all are among them.
fn query(queue: &str, at: Instant, size: usize, after: Option<&Cursor>) -> Query {
    let mut query = Query::new("SELECT doc, since, stream FROM {stays} WHERE (stream, key) IN (");
    query = query.sql("SELECT stream, key FROM (");
    for class in (0..=CLASSES).chain([OPEN_ENDED]) {
        if class > 0 {
            query = query.sql(" UNION ALL ");
        }
        query = query
            .sql(
                "SELECT * FROM (SELECT since, stream, key FROM {stays} WHERE open = 1 AND queue = ",
            )
            .bind(queue)
            .sql(&format!(" AND class = {class} AND since <= "))
            .bind(at.to_string())
            .sql(" AND until > ")
            .bind(at.to_string());
        if class < CLASSES {
            let earliest = at.plus_millis(-(4_i64.pow(class)));
            query = query.sql(" AND since > ").bind(earliest.to_string());
        }
        if let Some(after) = after {
            query = query.sql(" AND (since, stream) > (").bind(after.sort.as_str());
            query = query.sql(", ").bind(after.stream.as_str()).sql(")");
        }
        query = query.sql(" ORDER BY since, stream LIMIT ").bind(size as i64 + 1).sql(") AS held");
    }
    query
        .sql(") AS first ORDER BY since, stream LIMIT ")
        .bind(size as i64 + 1)
        .sql(") ORDER BY since, stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stay_that_lasts_has_no_end() {
        let lasts = format!(r#"{{"number":"7","to":"{NOT_ENDED}","class":99}}"#);
        assert_eq!(shown(&lasts), r#"{"number":"7","to":null}"#);
        let ended = r#"{"number":"7","to":"2026-03-01T12:00:00.000Z","class":12}"#;
        assert_eq!(shown(ended), r#"{"number":"7","to":"2026-03-01T12:00:00.000Z"}"#);
    }

    #[test]
    fn a_class_holds_its_length() {
        assert_eq!([0, 1, 2, 4, 5, 16, 17].map(class), [0, 0, 1, 1, 2, 2, 3]);
        assert_eq!(class(i64::MAX), CLASSES);
    }
}
