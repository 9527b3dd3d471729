//! Writing: what changed, with the cursor, in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use docket_store::Position;
use serde::Serialize;
use utoipa::ToSchema;

use super::database::{Row, Transaction};
use super::lease::Move;
use super::tables::Table;
use super::{Documents, DocumentsError, Query};
use crate::view::{Difference, Key, Registered};

/// Reads what is parked.
const PARKED: &str = "SELECT view, stream, position, reason FROM parked";

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

impl Documents {
    /// Writes what a batch of events changed, what was parked, and the cursor behind the batch:
    /// everything or nothing.
    pub async fn write(
        &self,
        changes: &[Change],
        parked: &[(Parked, Option<Arc<str>>)],
        cursor: Option<Move>,
    ) -> Result<(), DocumentsError> {
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        apply(&mut transaction, changes).await?;
        for (parked, table) in parked {
            park(&mut transaction, parked, table.as_deref()).await?;
        }
        self.commit(transaction, cursor).await
    }

    /// Writes what brings tables that are not in use forward, and how far that is.
    pub(crate) async fn bring_forward(
        &self,
        tables: &[(Registered, Table)],
        changes: &[Change],
        at: Position,
    ) -> Result<(), DocumentsError> {
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        apply(&mut transaction, changes).await?;
        let names: Vec<String> = tables.iter().map(|(_, table)| table.name.to_string()).collect();
        let note = Query::new("UPDATE generations SET cursor = ").bind(at as i64);
        transaction.execute(&note.sql(" WHERE name IN (").bind_all(&names).sql(")")).await?;
        self.commit(transaction, None).await
    }

    /// Appends rows to a table that is being built, and notes how many events it has behind it.
    pub(crate) async fn load(
        &self,
        table: &Table,
        rows: &[Row<'_>],
        counts: &BTreeMap<Key, i64>,
        done: Position,
    ) -> Result<(), DocumentsError> {
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        transaction.put(&table.name, rows).await?;
        transaction.add(&table.name, counts).await?;
        let note = Query::new("UPDATE generations SET cursor = ").bind(done as i64);
        transaction.execute(&note.sql(" WHERE name = ").bind(&*table.name)).await?;
        self.commit(transaction, None).await
    }

    /// Up to which position the views in use are written.
    pub async fn cursor(&self) -> Result<Position, DocumentsError> {
        let cursor: Option<i64> = self.fetch_one(&Query::new("SELECT cursor FROM books")).await?;
        Ok(cursor.unwrap_or_default().unsigned_abs())
    }

    /// All that is parked.
    pub async fn parked(&self) -> Result<Vec<Parked>, DocumentsError> {
        // What is parked in tables that are kept stands under their names.
        let of_views = " WHERE view NOT IN (SELECT name FROM generations)";
        self.parked_as(Query::new(PARKED).sql(of_views)).await
    }

    /// What is parked in a table that is kept.
    pub(super) async fn parked_in(&self, table: &str) -> Result<Vec<Parked>, DocumentsError> {
        self.parked_as(Query::new(PARKED).sql(" WHERE view = ").bind(table)).await
    }

    async fn parked_as(&self, query: Query) -> Result<Vec<Parked>, DocumentsError> {
        let rows: Vec<(String, String, i64, String)> =
            self.fetch(&query.sql(" ORDER BY view, stream")).await?;
        let parked = |(view, stream, position, reason)| Parked { view, stream, position, reason };
        Ok(rows.into_iter().map(parked).collect())
    }

    /// Writes what a parked stream comes to in a view, and takes it off the list of what is parked: both or
    /// neither.
    pub async fn unpark(&self, view: &str, change: Change) -> Result<(), DocumentsError> {
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        let unpark = Query::new("DELETE FROM parked WHERE view = ").bind(view);
        let unpark = unpark.sql(" AND stream = ").bind(&*change.stream);
        if transaction.execute(&unpark).await? > 0 {
            apply(&mut transaction, &[change]).await?;
        }
        self.commit(transaction, None).await
    }

    /// Every row and every sum of a view, in order: for comparing tables.
    pub async fn dump(&self, view: &str) -> Result<Vec<String>, DocumentsError> {
        if self.live_table(view).is_none() {
            return Ok(Vec::new());
        }
        let rows = format!(
            "SELECT stream || ' ' || key || ' ' || doc FROM {{{view}}} ORDER BY stream, key"
        );
        let sums = format!("SELECT key || ' ' || value FROM {{{view}}}_counts ORDER BY key");
        let mut dump: Vec<(String,)> = self.fetch(&Query::new(&rows)).await?;
        dump.extend(self.fetch::<(String,)>(&Query::new(&sums)).await?);
        Ok(dump.into_iter().map(|(line,)| line).collect())
    }
}

async fn apply(transaction: &mut Transaction<'_>, changes: &[Change]) -> Result<(), sqlx::Error> {
    let mut gone: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    let mut puts: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    let mut sums: BTreeMap<&str, BTreeMap<Key, i64>> = BTreeMap::new();
    for Change { table, stream, replace, difference } in changes {
        if *replace {
            let all = Query::new(&format!("DELETE FROM {table} WHERE stream = ")).bind(&**stream);
            transaction.execute(&all).await?;
        }
        let keys = difference.delete.iter().map(|key| (&**stream, key.as_str()));
        gone.entry(table).or_default().extend(keys);
        let rows = difference.put.iter().map(|(key, doc)| (&**stream, key.as_str(), doc.as_str()));
        puts.entry(table).or_default().extend(rows);
        for (key, change) in &difference.add {
            *sums.entry(table).or_default().entry(key.clone()).or_default() += change;
        }
    }
    for (table, rows) in gone {
        transaction.delete(table, &rows).await?;
    }
    for (table, rows) in puts {
        transaction.put(table, &rows).await?;
    }
    for (table, changes) in sums {
        transaction.add(table, &changes).await?;
    }
    Ok(())
}

/// Puts a stream on the list, and says so in each of its rows.
pub(super) async fn park(
    transaction: &mut Transaction<'_>,
    parked: &Parked,
    table: Option<&str>,
) -> Result<(), sqlx::Error> {
    let list = Query::new("INSERT INTO parked (view, stream, position, reason) VALUES (")
        .bind(parked.view.as_str())
        .sql(", ")
        .bind(parked.stream.as_str())
        .sql(", ")
        .bind(parked.position)
        .sql(", ")
        .bind(parked.reason.as_str())
        .sql(") ON CONFLICT DO NOTHING");
    transaction.execute(&list).await?;
    if let Some(table) = table {
        // A document is an object written by us, so its last character closes it.
        let stale =
            Query::new(&format!("UPDATE {table} SET doc = substr(doc, 1, length(doc) - 1)"))
                .sql(" || CASE doc WHEN ")
                .bind("{}")
                .sql(" THEN '' ELSE ',' END || ")
                .bind(r#""stale":true}"#)
                .sql(" WHERE doc NOT LIKE ")
                .bind(r#"%"stale":true}"#)
                .sql(" AND stream = ")
                .bind(parked.stream.as_str());
        transaction.execute(&stale).await?;
    }
    Ok(())
}
