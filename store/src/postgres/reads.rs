//! Reading the log.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Execute, PgPool, Postgres, Row};
use tokio::time::timeout;
use uuid::Uuid;

use super::failure::{failed, lost};
use crate::{KeyState, Position, Sealed, StoreError, StoredEvent, Version, Written};

/// How long a read may take; a server that was stopped closes no connection.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// The rows of a statement that may be run again: on one of the readers' connections, and on another
/// where that one has been lost since it was last used.
pub(super) async fn fetch(
    readers: &PgPool,
    mut statement: Statement<'_>,
) -> Result<Vec<PgRow>, StoreError> {
    let arguments = statement.take_arguments().map_err(sqlx::Error::Encode);
    let arguments = arguments.map_err(|error| failed(&error))?.unwrap_or_default();
    let sql: Arc<str> = statement.sql().as_str().into();
    let most = readers.options().get_max_connections();
    let mut replaced = 0;
    loop {
        let mut connection = readers.acquire().await.map_err(|error| failed(&error))?;
        let query = sqlx::query_with(AssertSqlSafe(Arc::clone(&sql)), arguments.clone());
        match timeout(PATIENCE, query.fetch_all(&mut *connection)).await {
            Ok(Ok(rows)) => return Ok(rows),
            Ok(Err(error)) if lost(&error) && replaced <= most => {
                connection.close_on_drop();
                replaced += 1;
            }
            Ok(Err(error)) => return Err(failed(&error)),
            Err(_) => {
                // Its answer would be taken for that of the next read.
                connection.close_on_drop();
                return Err(StoreError::Unavailable("PostgreSQL takes too long".to_owned()));
            }
        }
    }
}

/// The first column of each row.
pub(super) async fn fetch_column<T>(
    readers: &PgPool,
    statement: Statement<'_>,
) -> Result<Vec<T>, StoreError>
where
    T: for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
{
    let rows = fetch(readers, statement).await?;
    let column: Result<_, _> = rows.iter().map(|row| row.try_get(0)).collect();
    column.map_err(|error| failed(&error))
}

/// Which events a read wants.
pub(super) enum Wanted<'a> {
    All { after: Position },
    Stream { stream: &'a str, after: Version },
    Category { category: &'a str, after: Option<(&'a str, Version)> },
}

impl Wanted<'_> {
    fn condition(&self) -> (&'static str, &'static str) {
        match self {
            Self::All { .. } => ("position > $2", "position"),
            Self::Stream { .. } => ("stream = $2 AND version > $3", "version"),
            Self::Category { .. } => {
                ("(stream, version) > ($2, $3) AND stream < $4", "stream, version")
            }
        }
    }

    fn sql(&self, sealed: Sealed) -> String {
        let (chosen, order) = self.condition();
        let sealed = match sealed {
            Sealed::With => "sealed",
            Sealed::Without => "NULL::text",
        };
        format!(
            "SELECT position, stream, version, event_id, event_type, schema, occurred_at,
               recorded_at, envelope, payload, {sealed}
             FROM events WHERE {chosen} ORDER BY {order} LIMIT $1"
        )
    }

    /// Whether anything can match: PostgreSQL refuses texts with U+0000, and none is in the log.
    fn can_be(&self) -> bool {
        match self {
            Self::All { .. } => true,
            Self::Stream { stream, .. } => storable(stream),
            Self::Category { category, after } => {
                storable(category) && after.is_none_or(|(stream, _)| storable(stream))
            }
        }
    }
}

pub(super) fn storable(text: &str) -> bool {
    !text.contains('\0')
}

/// A number as PostgreSQL has it. One that is larger lies behind every event, as the largest does.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn event(row: &PgRow) -> Result<StoredEvent, sqlx::Error> {
    let odd = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
    Ok(StoredEvent {
        position: row.try_get::<i64, _>(0)? as Position,
        stream: row.try_get(1)?,
        version: row.try_get::<i64, _>(2)? as Version,
        event_id: Uuid::from_slice(row.try_get(3)?).map_err(|error| odd(error.into()))?,
        event_type: row.try_get(4)?,
        schema: u16::try_from(row.try_get::<i32, _>(5)?).map_err(|error| odd(error.into()))?,
        occurred_at: row.try_get(6)?,
        recorded_at: row.try_get(7)?,
        envelope: row.try_get(8)?,
        payload: row.try_get(9)?,
        sealed: row.try_get(10)?,
    })
}

pub(super) async fn read(
    readers: &PgPool,
    wanted: Wanted<'_>,
    limit: usize,
    sealed: Sealed,
) -> Result<Vec<StoredEvent>, StoreError> {
    if !wanted.can_be() {
        return Ok(Vec::new());
    }
    let sql = wanted.sql(sealed);
    let query = sqlx::query(AssertSqlSafe(sql)).bind(integer(limit as u64));
    let query = match wanted {
        Wanted::All { after } => query.bind(integer(after)),
        Wanted::Stream { stream, after } => query.bind(stream).bind(integer(after)),
        Wanted::Category { category, after } => {
            let first = format!("{category}-");
            let (stream, version) = after.unwrap_or((&first, 0));
            // `.` follows `-`, so this is the first name that is not in the category.
            query.bind(stream.to_owned()).bind(integer(version)).bind(format!("{category}."))
        }
    };
    let rows = fetch(readers, query).await?;
    rows.iter().map(event).collect::<Result<_, _>>().map_err(|error| failed(&error))
}

/// Which events lie behind a position.
pub(super) async fn written(
    readers: &PgPool,
    after: Position,
    limit: usize,
) -> Result<Vec<Written>, StoreError> {
    let query = sqlx::query(
        "SELECT position, stream, version FROM events WHERE position > $1 ORDER BY position LIMIT $2",
    );
    let rows = fetch(readers, query.bind(integer(after)).bind(integer(limit as u64))).await?;
    let written = |row: &PgRow| {
        Ok(Written {
            position: row.try_get::<i64, _>(0)? as Position,
            stream: row.try_get(1)?,
            version: row.try_get::<i64, _>(2)? as Version,
        })
    };
    rows.iter().map(written).collect::<Result<_, _>>().map_err(|error| failed(&error))
}

/// The data keys of subjects, in the order asked.
pub(super) async fn keys(
    readers: &PgPool,
    subjects: &[String],
) -> Result<Vec<KeyState>, StoreError> {
    if subjects.is_empty() || !subjects.iter().all(|subject| storable(subject)) {
        return Ok(vec![KeyState::Missing; subjects.len()]);
    }
    let query = sqlx::query(
        "SELECT k.wrapped, k.erased_at FROM unnest($1::text[]) WITH ORDINALITY wanted (name, n)
         LEFT JOIN subject_keys k ON k.subject = wanted.name ORDER BY wanted.n",
    );
    let rows = fetch(readers, query.bind(subjects)).await?;
    let state = |row: &PgRow| {
        Ok(match (row.try_get(0)?, row.try_get(1)?) {
            (Some(wrapped), _) => KeyState::Wrapped(wrapped),
            (None, Some(erased_at)) => KeyState::Erased(erased_at),
            (None, None) => KeyState::Missing,
        })
    };
    rows.iter().map(state).collect::<Result<_, _>>().map_err(|error| failed(&error))
}

/// The payload hashes of the events behind `after`, as they were computed at append.
pub(super) async fn payload_hashes(
    readers: &PgPool,
    after: Position,
    limit: usize,
) -> Result<Vec<[u8; 32]>, StoreError> {
    let query = sqlx::query(
        "SELECT payload_hash FROM events WHERE position > $1 ORDER BY position LIMIT $2",
    );
    let query = query.bind(integer(after)).bind(integer(limit as u64));
    let hashes: Vec<Vec<u8>> = fetch_column(readers, query).await?;
    let hashes: Result<_, _> = hashes.into_iter().map(TryInto::try_into).collect();
    hashes.map_err(|_| StoreError::Integrity("a payload hash has another length".to_owned()))
}
