//! Writing a decided batch: as few statements as possible, each for many rows.

use std::sync::{Arc, LazyLock};

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection};

use crate::appending::batch::{Batch, EventRow};

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// One INSERT in sizes that double: each statement crosses to SQLite's thread and back, which costs
/// as much as several rows, so any number of rows shall take few; and all are prepared only once.
struct Insert([(usize, Arc<str>); 8]);

impl Insert {
    fn new(into: &str, columns: usize) -> Self {
        let row = format!("(?{})", ",?".repeat(columns - 1));
        Self([128, 64, 32, 16, 8, 4, 2, 1].map(|rows| {
            let values = vec![row.as_str(); rows].join(",");
            (rows, format!("{into} VALUES {values}").into())
        }))
    }

    async fn run<'r, R>(
        &self,
        connection: &mut SqliteConnection,
        mut rows: &'r [R],
        bind: impl Fn(Statement<'r>, &'r R) -> Statement<'r>,
    ) -> Result<(), sqlx::Error> {
        for (size, sql) in &self.0 {
            while let Some((now, rest)) = rows.split_at_checked(*size) {
                let statement = sqlx::query(AssertSqlSafe(Arc::clone(sql)));
                now.iter().fold(statement, &bind).execute(&mut *connection).await?;
                rows = rest;
            }
        }
        Ok(())
    }
}

static EVENTS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "INSERT INTO events (position, stream, version, event_id, event_type, schema, occurred_at, \
         recorded_at, payload_hash, envelope, payload, sealed)",
        12,
    )
});
static COMMANDS: LazyLock<Insert> =
    LazyLock::new(|| Insert::new("INSERT INTO commands (command_id, fingerprint, first, last)", 4));
static CLAIMS: LazyLock<Insert> =
    LazyLock::new(|| Insert::new("INSERT OR REPLACE INTO claims (space, key, owner)", 3));
static KEYS: LazyLock<Insert> =
    LazyLock::new(|| Insert::new("INSERT INTO subject_keys (subject, wrapped)", 2));

/// Writes all that the batch decided, within the transaction that the caller began.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    batch: &Batch,
) -> Result<(), sqlx::Error> {
    let recorded_at = batch.recorded_at;
    EVENTS.run(connection, &batch.events, |row, event| bind_event(row, event, recorded_at)).await?;
    COMMANDS
        .run(connection, &batch.commands, |row, (id, (receipt, fingerprint))| {
            row.bind(&id.as_bytes()[..])
                .bind(&fingerprint[..])
                .bind(receipt.first as i64)
                .bind(receipt.last as i64)
        })
        .await?;
    KEYS.run(connection, &batch.keys, |row, key| row.bind(&key.subject).bind(&key.wrapped)).await?;
    write_claims(connection, batch).await
}

fn bind_event<'r>(row: Statement<'r>, event: &'r EventRow, recorded_at: i64) -> Statement<'r> {
    row.bind(event.position as i64)
        .bind(&*event.stream)
        .bind(event.version as i64)
        .bind(&event.event_id.as_bytes()[..])
        .bind(&event.event.event_type)
        .bind(i64::from(event.event.schema))
        .bind(event.event.occurred_at.unwrap_or(recorded_at))
        .bind(recorded_at)
        .bind(&event.payload_hash[..])
        .bind(&event.event.envelope)
        .bind(&event.event.payload)
        .bind(event.event.sealed.as_deref())
}

async fn write_claims(connection: &mut SqliteConnection, batch: &Batch) -> Result<(), sqlx::Error> {
    let (taken, given_back): (Vec<_>, Vec<_>) =
        batch.claims.iter().partition(|(_, owner)| owner.is_some());
    CLAIMS
        .run(connection, &taken, |row, ((space, key), owner)| {
            row.bind(space).bind(key).bind(owner.as_deref())
        })
        .await?;
    for ((space, key), _) in given_back {
        sqlx::query("DELETE FROM claims WHERE space = ?1 AND key = ?2")
            .bind(space)
            .bind(key)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
