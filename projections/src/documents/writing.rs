//! Writing: what changed, with the cursor, in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use docket_store::Position;
use serde::Serialize;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use utoipa::ToSchema;

use super::tables::Table;
use super::{Documents, DocumentsError, query};
use crate::view::{Difference, Key};

/// Rows in one statement, largest first. Each statement crosses to SQLite's thread and back, which
/// costs as much as several rows: so any number of rows takes few, of sizes that are prepared once.
const SIZES: [usize; 9] = [256, 128, 64, 32, 16, 8, 4, 2, 1];

/// How often a checkpoint is tried while readers hold it up.
const CHECKPOINTS: usize = 50;

/// What one stream changes in one table.
#[derive(Clone, Debug)]
pub struct Change {
    /// The table's name.
    pub table: Arc<str>,
    /// The stream.
    pub stream: Arc<str>,
    /// Whether all that the stream had in the table goes first, whatever it was.
    pub replace: bool,
    /// What changes.
    pub difference: Difference,
}

/// A stream for which a view stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Parked {
    /// The view.
    pub view: String,
    /// The stream.
    pub stream: String,
    /// The position of the event that could not be folded.
    pub position: i64,
    /// Why; holds no values.
    pub reason: String,
}

/// A row on its way into a table.
pub(crate) type Row<'a> = (&'a str, &'a str, &'a str);

impl Documents {
    /// Writes what a batch of events changed, what was parked, and the cursor behind the batch:
    /// everything or nothing.
    pub async fn write(
        &self,
        changes: &[Change],
        parked: &[(Parked, Option<Arc<str>>)],
        cursor: Option<Position>,
    ) -> Result<(), DocumentsError> {
        let mut writer = self.writer.lock().await;
        let mut transaction = writer.begin().await?;
        apply(&mut transaction, changes).await?;
        for (parked, table) in parked {
            park(&mut transaction, parked, table.as_deref()).await?;
        }
        if let Some(cursor) = cursor {
            set_cursor(&mut transaction, cursor).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Appends rows to a table that is being built.
    pub(crate) async fn load(
        &self,
        table: &Table,
        rows: &[Row<'_>],
        counts: &BTreeMap<Key, i64>,
    ) -> Result<(), DocumentsError> {
        let mut writer = self.writer.lock().await;
        let mut transaction = writer.begin().await?;
        put(&mut transaction, &table.name, rows).await?;
        add(&mut transaction, &table.name, counts).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Up to which position the views in use are written.
    pub async fn cursor(&self) -> Result<Position, DocumentsError> {
        let mut writer = self.writer.lock().await;
        let cursor: i64 =
            sqlx::query_scalar("SELECT cursor FROM books").fetch_one(&mut *writer).await?;
        Ok(cursor as Position)
    }

    /// All that is parked.
    pub async fn parked(&self) -> Result<Vec<Parked>, DocumentsError> {
        let parked = "SELECT view, stream, position, reason FROM parked ORDER BY view, stream";
        let rows: Vec<(String, String, i64, String)> =
            sqlx::query_as(parked).fetch_all(&self.readers).await?;
        let parked = |(view, stream, position, reason)| Parked { view, stream, position, reason };
        Ok(rows.into_iter().map(parked).collect())
    }

    /// Takes streams off the list of what is parked.
    pub async fn unpark(&self, view: &str, stream: &str) -> Result<(), DocumentsError> {
        let mut writer = self.writer.lock().await;
        sqlx::query("DELETE FROM parked WHERE view = $1 AND stream = $2")
            .bind(view)
            .bind(stream)
            .execute(&mut *writer)
            .await?;
        Ok(())
    }

    /// Folds the write-ahead log into the file and empties it, so that nothing of what was deleted
    /// is left on disk.
    pub async fn scrub(&self) -> Result<(), DocumentsError> {
        for _ in 0..CHECKPOINTS {
            let mut writer = self.writer.lock().await;
            let (busy, _, _): (i64, i64, i64) =
                sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *writer).await?;
            if busy == 0 {
                return Ok(());
            }
            drop(writer);
            tokio::task::yield_now().await;
        }
        Err(DocumentsError(sqlx::Error::Protocol(
            "readers kept the write-ahead log of the views from being emptied".into(),
        )))
    }

    /// Every row and every sum of a view, in order: for comparing tables.
    pub async fn dump(&self, view: &str) -> Result<Vec<String>, DocumentsError> {
        let Some(table) = self.live_table(view) else { return Ok(Vec::new()) };
        let rows =
            format!("SELECT stream || ' ' || key || ' ' || doc FROM {table} ORDER BY stream, key");
        let sums = format!("SELECT key || ' ' || value FROM {table}_counts ORDER BY key");
        let mut dump = query::once(rows).fetch_all(&self.readers).await?;
        dump.extend(query::once(sums).fetch_all(&self.readers).await?);
        Ok(dump)
    }
}

pub(super) async fn set_cursor(
    connection: &mut SqliteConnection,
    cursor: Position,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE books SET cursor = $1")
        .bind(cursor as i64)
        .execute(connection)
        .await
        .map(drop)
}

async fn apply(connection: &mut SqliteConnection, changes: &[Change]) -> Result<(), sqlx::Error> {
    let mut puts: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    let mut sums: BTreeMap<&str, BTreeMap<Key, i64>> = BTreeMap::new();
    for Change { table, stream, replace, difference } in changes {
        if *replace {
            let sql = format!("DELETE FROM {table} WHERE stream = $1");
            let delete = sqlx::query(AssertSqlSafe(sql)).bind(&**stream);
            delete.execute(&mut *connection).await?;
        }
        for key in &difference.delete {
            let sql = format!("DELETE FROM {table} WHERE stream = $1 AND key = $2");
            let delete = sqlx::query(AssertSqlSafe(sql)).bind(&**stream).bind(key.as_str());
            delete.execute(&mut *connection).await?;
        }
        let rows = difference.put.iter().map(|(key, doc)| (&**stream, key.as_str(), doc.as_str()));
        puts.entry(table).or_default().extend(rows);
        for (key, change) in &difference.add {
            *sums.entry(table).or_default().entry(key.clone()).or_default() += change;
        }
    }
    for (table, rows) in puts {
        put(connection, table, &rows).await?;
    }
    for (table, changes) in sums {
        add(connection, table, &changes).await?;
    }
    Ok(())
}

async fn put(
    connection: &mut SqliteConnection,
    table: &str,
    mut rows: &[Row<'_>],
) -> Result<(), sqlx::Error> {
    while !rows.is_empty() {
        let size = statement_size(rows.len());
        let (now, later) = rows.split_at(size);
        let mut sql = format!("INSERT INTO {table} (stream, key, doc) VALUES (?, ?, ?)");
        sql.push_str(&", (?, ?, ?)".repeat(size - 1));
        sql.push_str(" ON CONFLICT (stream, key) DO UPDATE SET doc = excluded.doc");
        let mut statement = sqlx::query(AssertSqlSafe(sql));
        for (stream, key, doc) in now {
            statement = statement.bind(*stream).bind(*key).bind(*doc);
        }
        statement.execute(&mut *connection).await?;
        rows = later;
    }
    Ok(())
}

async fn add(
    connection: &mut SqliteConnection,
    table: &str,
    sums: &BTreeMap<Key, i64>,
) -> Result<(), sqlx::Error> {
    let changes: Vec<_> = sums.iter().filter(|(_, change)| **change != 0).collect();
    let mut rest = changes.as_slice();
    while !rest.is_empty() {
        let size = statement_size(rest.len());
        let (now, later) = rest.split_at(size);
        let sql = format!(
            "INSERT INTO {table}_counts (key, value) VALUES (?, ?){}
             ON CONFLICT (key) DO UPDATE SET value = value + excluded.value",
            ", (?, ?)".repeat(size - 1)
        );
        let statement = sqlx::query(AssertSqlSafe(sql));
        let bound = now.iter().fold(statement, |row, (key, by)| row.bind(key.as_str()).bind(**by));
        bound.execute(&mut *connection).await?;
        rest = later;
    }
    let fallen: Vec<_> = changes.iter().filter(|(_, by)| **by < 0).map(|(key, _)| key).collect();
    if !fallen.is_empty() {
        let clear = format!(
            "DELETE FROM {table}_counts
             WHERE value = 0 AND key IN (SELECT value FROM json_each($1))"
        );
        // Texts always serialise.
        let fallen = serde_json::to_string(&fallen).unwrap_or_default();
        sqlx::query(AssertSqlSafe(clear)).bind(fallen).execute(&mut *connection).await?;
    }
    Ok(())
}

fn statement_size(rows: usize) -> usize {
    SIZES.into_iter().find(|size| *size <= rows).unwrap_or(1)
}

/// Puts a stream on the list, and says so in each of its rows.
pub(super) async fn park(
    connection: &mut SqliteConnection,
    parked: &Parked,
    table: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO parked (view, stream, position, reason) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
    )
    .bind(parked.view.as_str())
    .bind(parked.stream.as_str())
    .bind(parked.position)
    .bind(parked.reason.as_str())
    .execute(&mut *connection)
    .await?;
    if let Some(table) = table {
        let sql = format!(
            "UPDATE {table} SET doc = json_set(doc, '$.stale', json('true')) WHERE stream = $1"
        );
        let stale = sqlx::query(AssertSqlSafe(sql)).bind(parked.stream.as_str());
        stale.execute(&mut *connection).await?;
    }
    Ok(())
}
