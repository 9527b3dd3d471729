//! Reading the log.
//!
//! What a read costs is the driver's work per row and per column, several times SQLite's own. So a
//! whole batch travels as one row with one column: the fields of an event joined by U+001F, the
//! events by U+001E. Neither can occur within: appends refuse them, and JSON escapes them.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, SqlitePool};
use uuid::Uuid;

use super::failure::{failed, too_big};
use super::known::json;
use crate::appending::checked::{EVENT, FIELD};
use crate::appending::known::from_hex;
use crate::{KeyState, Position, Sealed, StoreError, StoredEvent, Version};

/// Events fetched at once: enough for the fixed costs to vanish, and a bound on memory.
const BATCH: usize = 512;

/// Which events a read wants, and behind which one it goes on.
pub(super) enum Wanted {
    All { after: Position },
    Stream { stream: String, after: Version },
    Category { prefix: String, stream: String, after: Version },
}

impl Wanted {
    pub fn category(category: &str, after: Option<(&str, Version)>) -> Self {
        let first = format!("{category}-");
        let (stream, after) = after.unwrap_or((&first, 0));
        Self::Category { prefix: category.to_owned(), stream: stream.to_owned(), after }
    }

    fn condition(&self) -> (&'static str, &'static str) {
        match self {
            Self::All { .. } => ("position > ?2", "position"),
            Self::Stream { .. } => ("stream = ?2 AND version > ?3", "version"),
            Self::Category { .. } => {
                ("(stream, version) > (?2, ?3) AND stream < ?4", "stream, version")
            }
        }
    }

    /// One statement that answers the next events as one text. The subquery chooses them, and
    /// SQLite aggregates them in its order; as it does not promise that, [`read`] sorts what comes.
    /// An order within the aggregate would be a promise, at the price of a second copy of all text.
    fn sql(&self, sealed: Sealed) -> String {
        let (chosen, order) = self.condition();
        // Where it is NULL, `concat_ws` leaves the field out.
        let sealed = match sealed {
            Sealed::With => ", sealed",
            Sealed::Without => "",
        };
        format!(
            "SELECT group_concat(packed, char(30)) FROM (
               SELECT concat_ws(char(31), position, stream, version, hex(event_id), event_type,
                 schema, occurred_at, recorded_at, envelope, payload{sealed}) AS packed
               FROM events WHERE {chosen} ORDER BY {order} LIMIT ?1)"
        )
    }

    async fn fetch(&self, pool: &SqlitePool, sql: &str, limit: usize) -> sqlx::Result<SqliteRow> {
        let query = sqlx::query(AssertSqlSafe(sql)).bind(integer(limit as u64));
        match self {
            Self::All { after } => query.bind(integer(*after)),
            Self::Stream { stream, after } => query.bind(stream.as_str()).bind(integer(*after)),
            Self::Category { prefix, stream, after } => {
                // `.` follows `-`, so this is the first name that is not in the category.
                query.bind(stream.as_str()).bind(integer(*after)).bind(format!("{prefix}."))
            }
        }
        .fetch_one(pool)
        .await
    }

    /// Nearly always only a look: they are in order already.
    fn sort(&self, events: &mut [StoredEvent]) {
        match self {
            Self::All { .. } => events.sort_by_key(|event| event.position),
            Self::Stream { .. } => events.sort_by_key(|event| event.version),
            Self::Category { .. } => {
                events.sort_by(|a, b| (&a.stream, a.version).cmp(&(&b.stream, b.version)));
            }
        }
    }

    fn continue_behind(&mut self, last: &StoredEvent) {
        match self {
            Self::All { after } => *after = last.position,
            Self::Stream { after, .. } => *after = last.version,
            Self::Category { stream, after, .. } => {
                stream.clone_from(&last.stream);
                *after = last.version;
            }
        }
    }
}

/// A number as SQLite has it. One that is larger than all of SQLite's lies behind every event, as
/// the largest does; wrapped around it would lie before the first.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) async fn read(
    pool: &SqlitePool,
    mut wanted: Wanted,
    limit: usize,
    sealed: Sealed,
) -> Result<Vec<StoredEvent>, StoreError> {
    let sql = wanted.sql(sealed);
    let mut events = Vec::with_capacity(limit.min(BATCH));
    let mut batch = BATCH;
    while events.len() < limit {
        let size = batch.min(limit - events.len());
        let row = match wanted.fetch(pool, &sql, size).await {
            Ok(row) => row,
            // The text would be longer than SQLite allows: very large events come in fewer.
            Err(error) if too_big(&error) && size > 1 => {
                batch = size / 2;
                continue;
            }
            Err(error) => return Err(failed(&error)),
        };
        let text: Option<&str> = row.try_get(0).map_err(|error| failed(&error))?;
        let before = events.len();
        unpack(text.unwrap_or_default(), &mut events)?;
        wanted.sort(&mut events[before..]);
        if events.len() - before < size {
            break;
        }
        if let Some(last) = events.last() {
            wanted.continue_behind(last);
        }
    }
    Ok(events)
}

fn unpack(text: &str, events: &mut Vec<StoredEvent>) -> Result<(), StoreError> {
    if text.is_empty() {
        return Ok(());
    }
    for packed in parts(text, EVENT) {
        let event = event(parts(packed, FIELD)).ok_or_else(|| {
            let start: String = packed.chars().take(80).collect();
            StoreError::Integrity(format!("an event cannot be read: {start:?}"))
        })?;
        events.push(event);
    }
    Ok(())
}

/// What stands between separators.
fn parts(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(separator, text.as_bytes()).chain([text.len()]);
    ends.scan(0, move |start, end| {
        let part = text.get(*start..end)?;
        *start = end + 1;
        Some(part)
    })
}

fn event<'t>(mut fields: impl Iterator<Item = &'t str>) -> Option<StoredEvent> {
    let event = StoredEvent {
        position: fields.next()?.parse().ok()?,
        stream: fields.next()?.to_owned(),
        version: fields.next()?.parse().ok()?,
        event_id: Uuid::try_parse_ascii(fields.next()?.as_bytes()).ok()?,
        event_type: fields.next()?.to_owned(),
        schema: fields.next()?.parse().ok()?,
        occurred_at: fields.next()?.parse().ok()?,
        recorded_at: fields.next()?.parse().ok()?,
        envelope: fields.next()?.to_owned(),
        payload: fields.next()?.to_owned(),
        sealed: fields.next().map(str::to_owned),
    };
    fields.next().is_none().then_some(event)
}

/// The data keys of subjects, in the order asked.
pub(super) async fn keys(
    pool: &SqlitePool,
    subjects: &[String],
) -> Result<Vec<KeyState>, StoreError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let packed: String = sqlx::query_scalar(
        "SELECT group_concat(coalesce('!' || erased_at, hex(wrapped), ''), ' ' ORDER BY wanted.key)
         FROM json_each(?1) wanted LEFT JOIN subject_keys ON subject = wanted.value",
    )
    .bind(json(subjects))
    .fetch_one(pool)
    .await
    .map_err(|error| failed(&error))?;
    let states = packed.split(' ').map(key_state).collect::<Option<Vec<_>>>();
    states.ok_or_else(|| StoreError::Integrity("a data key cannot be read".to_owned()))
}

fn key_state(packed: &str) -> Option<KeyState> {
    if packed.is_empty() {
        return Some(KeyState::Missing);
    }
    match packed.strip_prefix('!') {
        Some(erased_at) => erased_at.parse().ok().map(KeyState::Erased),
        None => from_hex(packed).map(KeyState::Wrapped),
    }
}

/// The payload hashes of the events behind `after`, as they were computed at append.
pub(super) async fn payload_hashes(
    pool: &SqlitePool,
    after: Position,
    limit: usize,
) -> Result<Vec<[u8; 32]>, StoreError> {
    let packed: Option<String> = sqlx::query_scalar(
        "SELECT group_concat(hex(payload_hash), ' ' ORDER BY position) FROM
           (SELECT position, payload_hash FROM events WHERE position > ?1 ORDER BY position LIMIT ?2)",
    )
    .bind(integer(after))
    .bind(integer(limit as u64))
    .fetch_one(pool)
    .await
    .map_err(|error| failed(&error))?;
    let hashes = packed.as_deref().unwrap_or_default().split_ascii_whitespace();
    let hashes = hashes.map(|hash| from_hex(hash)?.try_into().ok()).collect::<Option<Vec<_>>>();
    hashes.ok_or_else(|| StoreError::Integrity("a payload hash cannot be read".to_owned()))
}
