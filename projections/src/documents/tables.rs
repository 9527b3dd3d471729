//! Making tables, and putting one in another's place.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use docket_store::Position;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use super::writing::{Parked, park, set_cursor};
use super::{Documents, DocumentsError};
use crate::view::Registered;

/// The line of a migration after which stands what is only done once the table is loaded.
const AFTER_LOAD: &str = "-- after load";

/// The book-keeping of the file: whose views these are, how far they are, which tables hold them,
/// and what is parked.
const BOOKS: &str = include_str!("../../../migrations/views/sqlite/0001_books.sql");

/// A table of documents, and its sums, in one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The view's name.
    pub view: &'static str,
    /// The table's name.
    pub name: Arc<str>,
}

/// Whether the file holds the views of this log, or nothing yet.
pub(super) async fn belongs_to(
    connection: &mut SqliteConnection,
    store_id: &[u8],
    head: Position,
) -> bool {
    let books = "SELECT count(*) FROM sqlite_schema WHERE name = 'books'";
    match sqlx::query_scalar::<_, i64>(books).fetch_one(&mut *connection).await {
        Ok(0) => return true,
        Ok(_) => {}
        Err(_) => return false,
    }
    let of: Result<(Vec<u8>, i64), _> =
        sqlx::query_as("SELECT store_id, cursor FROM books").fetch_one(connection).await;
    of.is_ok_and(|(of, cursor)| of == store_id && cursor as Position <= head)
}

pub(super) async fn prepare(
    connection: &mut SqliteConnection,
    store_id: &[u8],
) -> Result<(), DocumentsError> {
    sqlx::raw_sql(BOOKS).execute(&mut *connection).await?;
    sqlx::query(
        "INSERT INTO books (only, store_id, cursor) VALUES (1, $1, 0) ON CONFLICT DO NOTHING",
    )
    .bind(store_id)
    .execute(&mut *connection)
    .await?;
    drop_left_over(connection).await
}

/// Drops tables that were being built when the process ended.
async fn drop_left_over(connection: &mut SqliteConnection) -> Result<(), DocumentsError> {
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema AS s WHERE type = 'table' AND name LIKE '%\\_counts' ESCAPE '\\'
           AND NOT EXISTS (SELECT 1 FROM views WHERE table_name || '_counts' = s.name)",
    )
    .fetch_all(&mut *connection)
    .await?;
    for counts in left {
        let name = counts.trim_end_matches("_counts");
        drop_table(connection, name).await?;
    }
    Ok(())
}

/// The tables in use, by view; sums by the view's name and `_counts`.
pub(super) async fn live(
    connection: &mut SqliteConnection,
) -> Result<HashMap<String, Arc<str>>, DocumentsError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT name, table_name FROM views").fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(view, table)| (view, Arc::from(table))).collect())
}

async fn drop_table(connection: &mut SqliteConnection, name: &str) -> Result<(), DocumentsError> {
    let sql = format!(
        "DROP TABLE IF EXISTS {name}_fts; DROP TABLE IF EXISTS {name}_counts; DROP TABLE IF EXISTS {name};"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

impl Documents {
    /// The views among `registry` that have no table of their version; tables of other views and
    /// other versions are dropped.
    pub async fn missing(
        &self,
        registry: &[Registered],
    ) -> Result<Vec<Registered>, DocumentsError> {
        let mut writer = self.writer.lock().await;
        let built: Vec<(String, i64, String)> =
            sqlx::query_as("SELECT name, version, table_name FROM views")
                .fetch_all(&mut *writer)
                .await?;
        let is = |view: &Registered, (name, version, _): &(String, i64, String)| {
            view.name == name && i64::from(view.version) == *version
        };
        for old in built.iter().filter(|built| !registry.iter().any(|view| is(view, built))) {
            let (name, _, table) = old;
            drop_table(&mut writer, table).await?;
            for sql in ["DELETE FROM views WHERE name = $1", "DELETE FROM parked WHERE view = $1"] {
                sqlx::query(sql).bind(name).execute(&mut *writer).await?;
            }
            self.live.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        }
        let has = |view: &Registered| built.iter().any(|built| is(view, built));
        Ok(registry.iter().filter(|view| !has(view)).copied().collect())
    }

    /// A new, empty table for a view, without its indexes.
    pub async fn create(&self, view: &Registered) -> Result<Table, DocumentsError> {
        let mut writer = self.writer.lock().await;
        let generation: i64 =
            sqlx::query_scalar("UPDATE books SET generation = generation + 1 RETURNING generation")
                .fetch_one(&mut *writer)
                .await?;
        let name = format!("{}_v{}_g{generation}", view.name, view.version);
        let (before, _) = parts(view, &name);
        let counts = format!(
            "CREATE TABLE {name}_counts (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        );
        let mut transaction = writer.begin().await?;
        sqlx::raw_sql(AssertSqlSafe(before)).execute(&mut *transaction).await?;
        sqlx::raw_sql(AssertSqlSafe(counts)).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Table { view: view.name, name: name.into() })
    }

    /// Builds the indexes of a loaded table, one statement at a time so that others may write
    /// between.
    pub async fn index(&self, view: &Registered, table: &Table) -> Result<(), DocumentsError> {
        let (_, after) = parts(view, &table.name);
        for statement in statements(&after) {
            let mut writer = self.writer.lock().await;
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *writer).await?;
        }
        Ok(())
    }

    /// Puts loaded tables in the place of those in use, and drops those, in one transaction, with
    /// what could not be folded into them. The tables must stand at the cursor, or there must be nothing in use yet: then `cursor` is it.
    pub async fn flip(
        &self,
        built: &[(Registered, Table)],
        parked: &[(Parked, Option<Arc<str>>)],
        cursor: Position,
    ) -> Result<(), DocumentsError> {
        let mut writer = self.writer.lock().await;
        let mut transaction = writer.begin().await?;
        for (view, table) in built {
            if let Some(old) = self.live_table(view.name) {
                drop_table(&mut transaction, &old).await?;
            }
            let put = "INSERT INTO views (name, version, table_name) VALUES ($1, $2, $3)
                       ON CONFLICT (name) DO UPDATE SET version = excluded.version,
                       table_name = excluded.table_name";
            sqlx::query(put)
                .bind(view.name)
                .bind(i64::from(view.version))
                .bind(&*table.name)
                .execute(&mut *transaction)
                .await?;
            sqlx::query("DELETE FROM parked WHERE view = $1")
                .bind(view.name)
                .execute(&mut *transaction)
                .await?;
        }
        for (parked, table) in parked {
            park(&mut transaction, parked, table.as_deref()).await?;
        }
        set_cursor(&mut transaction, cursor).await?;
        transaction.commit().await?;
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        for (view, table) in built {
            live.insert(view.name.to_owned(), table.name.clone());
        }
        Ok(())
    }

    /// Drops a table that will not be used after all.
    pub async fn discard(&self, table: &Table) -> Result<(), DocumentsError> {
        drop_table(&mut *self.writer.lock().await, &table.name).await
    }

    /// The tables in use for these views.
    pub fn in_use(&self, registry: &[Registered]) -> Vec<(Registered, Table)> {
        let table = |view: &Registered| {
            let name = self.live_table(view.name)?;
            Some((*view, Table { view: view.name, name }))
        };
        registry.iter().filter_map(table).collect()
    }
}

/// A migration with the table's name put in: what makes the table, and what follows its load.
fn parts(view: &Registered, table: &str) -> (String, String) {
    let schema = view.schema.replace("{table}", table);
    match schema.split_once(AFTER_LOAD) {
        Some((before, after)) => (before.to_owned(), after.to_owned()),
        None => (schema, String::new()),
    }
}

/// The statements of a migration's part; a trigger's body belongs to its statement.
fn statements(sql: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut current = String::new();
    for line in sql.lines().filter(|line| !line.trim_start().starts_with("--")) {
        current.push_str(line);
        current.push('\n');
        let in_body = current.contains("BEGIN") && !line.trim_end().ends_with("END;");
        if line.trim_end().ends_with(';') && !in_body {
            statements.push(std::mem::take(&mut current));
        }
    }
    statements
}
