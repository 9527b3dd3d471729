//! Taking the end of the log, and asking what the database holds of all that a batch names: a statement
//! each, since each crossing to the server is time in which nobody else can append.

use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row};
use uuid::Uuid;

use super::failure::failed;
use super::reads::{self, Statement};
use crate::appending::checked::Checked;
use crate::appending::known::{Known, Landed, Lists, Named, landed};
use crate::{Millis, Position, StoreError};

/// The end of the log, locked by this transaction.
pub(super) struct LogEnd {
    pub position: Position,
    pub recorded_at: Millis,
}

/// Where the commands of a list of ids landed, as far as they are known.
const COMMANDS: &str = "
    SELECT coalesce(json_agg(json_build_array(
             encode(c.command_id, 'hex'), encode(c.fingerprint, 'hex'), c.first, c.last, e.recorded_at)), '[]')::text
    FROM unnest($1::bytea[]) wanted (id)
    JOIN commands c ON c.command_id = wanted.id
    JOIN events e ON e.position = c.first";

/// The versions of streams, 0 for those that do not exist, in the order asked.
const VERSIONS: &str = "
    SELECT coalesce(json_agg(coalesce((SELECT version FROM events WHERE stream = wanted.name
             ORDER BY version DESC LIMIT 1), 0) ORDER BY wanted.n), '[]')::text
    FROM unnest($2::text[]) WITH ORDINALITY wanted (name, n)";

const OWNERS: &str = "
    SELECT coalesce(json_agg(json_build_array(c.space, c.key, c.owner)), '[]')::text
    FROM unnest($3::text[], $4::text[]) wanted (space, key)
    JOIN claims c ON c.space = wanted.space AND c.key = wanted.key";

const KEYS: &str = "
    SELECT coalesce(json_agg(k.subject), '[]')::text
    FROM unnest($5::text[]) wanted (subject) JOIN subject_keys k ON k.subject = wanted.subject";

/// Begins a transaction and locks the end of the log until it ends, in one crossing: nobody else appends,
/// or brings or erases a key, before it has.
pub(super) async fn begin_at_end(connection: &mut PgConnection) -> Result<LogEnd, sqlx::Error> {
    let locking = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
                   SELECT position, recorded_at FROM log_end FOR UPDATE";
    let rows = sqlx::raw_sql(locking).fetch_all(connection).await?;
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(LogEnd { position: row.try_get::<i64, _>(0)? as Position, recorded_at: row.try_get(1)? })
}

/// Loads all that the appends need to be decided.
///
/// A statement reads the database as it was when it began. This one begins when the lock is held, so
/// nobody can change what it read.
pub(super) async fn load(
    connection: &mut PgConnection,
    appends: &[Checked],
) -> Result<Known, sqlx::Error> {
    let named = Named::by(appends);
    let loading = format!("SELECT ({COMMANDS}), ({VERSIONS}), ({OWNERS}), ({KEYS})");
    let row = bound(&loading, &named).fetch_one(connection).await?;
    let answer: Lists = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    named.known(&answer)
}

fn bound<'q>(sql: &str, named: &Named<'q>) -> Statement<'q> {
    let (spaces, keys): (Vec<_>, Vec<_>) = named.places.iter().copied().unzip();
    sqlx::query(AssertSqlSafe(sql))
        .bind(named.commands.iter().map(|id| id.as_bytes().to_vec()).collect::<Vec<_>>())
        .bind(named.streams.clone())
        .bind(spaces)
        .bind(keys)
        .bind(named.subjects.clone())
}

/// Where one command landed, if it is known.
pub(super) async fn command(readers: &PgPool, id: Uuid) -> Result<Option<Landed>, StoreError> {
    let query = sqlx::query(COMMANDS).bind(vec![id.as_bytes().to_vec()]);
    let found: Vec<String> = reads::fetch_column(readers, query).await?;
    let found = found.first().map_or("[]", String::as_str);
    let found = landed(found).map_err(|error| failed(&error))?;
    Ok(found.into_iter().next().map(|(_, landed)| landed))
}
