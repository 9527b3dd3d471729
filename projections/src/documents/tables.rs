//! Making tables, and putting one in another's place.

use std::cmp::Ordering;
use std::sync::{Arc, PoisonError};

use super::database::{Database, Readers};
use super::kept::put_aside;
use super::lease::Move;
use super::writing::{Parked, park};
use super::{Documents, DocumentsError, Query};
use crate::view::{Registered, Schema};

/// The line of a migration after which stands what is only done once the table is loaded.
const AFTER_LOAD: &str = "-- after load";

/// The books: whose views these are, how far they are, which tables hold them, and what is parked.
const BOOKS: Schema = Schema {
    sqlite: include_str!("../../../migrations/views/sqlite/0001_books.sql"),
    postgres: include_str!("../../../migrations/views/postgres/0001_books.sql"),
};

/// The sums of a view.
const COUNTS: Schema = Schema {
    sqlite: "CREATE TABLE {table}_counts (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    postgres: "CREATE TABLE {table}_counts (key text COLLATE \"C\" PRIMARY KEY, value bigint NOT NULL)",
};

/// What the books look like; books of another form are thrown away with the views.
const FORM: i64 = 5;

/// A table of documents, and its sums, in one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The view's name.
    pub view: &'static str,
    /// The table's name.
    pub name: Arc<str>,
}

impl Documents {
    /// Makes the books where they are missing; answers whether they are those of this log.
    pub(super) async fn prepare(&self, store_id: &[u8]) -> Result<bool, DocumentsError> {
        let books = self.database.dialect().of(BOOKS);
        match &self.database {
            Database::Sqlite(file) => file.make(books).await?,
            Database::Postgres(server) => server.make(books).await?,
        }
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        let begin = Query::new("INSERT INTO books (one, form, store_id, cursor) VALUES (1, ")
            .bind(FORM)
            .sql(", ")
            .bind(store_id)
            .sql(", 0) ON CONFLICT DO NOTHING");
        transaction.execute(&begin).await?;
        let ours = Query::new("SELECT count(*) FROM books WHERE form = ").bind(FORM);
        let ours = ours.sql(" AND store_id = ").bind(store_id);
        let ours: Vec<(i64,)> = transaction.fetch(&ours).await?;
        transaction.commit().await?;
        Ok(ours == [(1,)])
    }

    /// Learns again which tables answer.
    pub async fn look_up_tables(&self) -> Result<(), DocumentsError> {
        let live = Query::new("SELECT view, name FROM generations WHERE live = 1");
        let rows: Vec<(String, String)> = self.try_fetch(Readers::Own, &live).await?;
        let live = rows.into_iter().map(|(view, table)| (view, Arc::from(table))).collect();
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
        Ok(())
    }

    /// The views that are being built, and whether all of `registry` have a table of their version.
    pub async fn building(
        &self,
        registry: &[Registered],
    ) -> Result<(Vec<String>, bool), DocumentsError> {
        let all = Query::new("SELECT view, version, live FROM generations");
        let rows: Vec<(String, i64, i64)> = self.fetch(&all).await?;
        let has = |view: &Registered| {
            rows.iter().any(|(name, version, live)| {
                name == view.name && *version == i64::from(view.version) && *live == 1
            })
        };
        let all_live = registry.iter().all(has);
        let building = rows.into_iter().filter(|(.., live)| *live == 0).map(|(view, ..)| view);
        Ok((building.collect(), all_live))
    }

    /// The views among `registry` that have no table of their version in use. Tables of other views and
    /// versions are put aside, and those dropped that were being built when the last task ended.
    pub async fn missing(
        &self,
        registry: &[Registered],
    ) -> Result<Vec<Registered>, DocumentsError> {
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        let all = Query::new("SELECT name, view, version, live FROM generations WHERE live < 2");
        let tables: Vec<(String, String, i64, i64)> = transaction.fetch(&all).await?;
        let is = |view: &Registered, (_, name, version, live): &(String, String, i64, i64)| {
            view.name == name && i64::from(view.version) == *version && *live == 1
        };
        for built in &tables {
            let (name, view, _, live) = built;
            if *live == 0 {
                transaction.drop_table(name).await?;
            } else if !registry.iter().any(|view| is(view, built)) {
                put_aside(&mut transaction, view, name).await?;
            }
        }
        self.commit(transaction, None).await?;
        self.look_up_tables().await?;
        let has = |view: &Registered| tables.iter().any(|built| is(view, built));
        Ok(registry.iter().filter(|view| !has(view)).copied().collect())
    }

    /// Whether the tables in use are those of an older release: of none a later version is in use, and
    /// of one an earlier.
    pub async fn is_older(&self, registry: &[Registered]) -> Result<bool, DocumentsError> {
        let live = Query::new("SELECT view, version FROM generations WHERE live = 1");
        let rows: Vec<(String, i64)> = self.fetch(&live).await?;
        let versions = |view: &Registered| {
            let live = rows.iter().filter(|(name, _)| name == view.name);
            live.map(|(_, live)| live.cmp(&i64::from(view.version))).collect::<Vec<_>>()
        };
        let compared: Vec<_> = registry.iter().flat_map(versions).collect();
        Ok(compared.contains(&Ordering::Less) && !compared.contains(&Ordering::Greater))
    }

    /// A new, empty table for a view, without its indexes.
    pub async fn create(&self, view: &Registered) -> Result<Table, DocumentsError> {
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        let next = Query::new("UPDATE books SET generation = generation + 1 RETURNING generation");
        let generations: Vec<(i64,)> = transaction.fetch(&next).await?;
        let generation = generations.first().map_or(0, |(generation,)| *generation);
        let name = format!("{}_v{}_g{generation}", view.name, view.version);
        let dialect = self.database.dialect();
        let (before, _) = parts(dialect.of(view.schema), &name);
        transaction.script(&before).await?;
        transaction.script(&parts(dialect.of(COUNTS), &name).0).await?;
        let note =
            Query::new("INSERT INTO generations (name, view, version, live, began) VALUES (")
                .bind(name.as_str())
                .sql(", ")
                .bind(view.name)
                .sql(", ")
                .bind(i64::from(view.version))
                .sql(&format!(", 0, {})", dialect.now()));
        transaction.execute(&note).await?;
        self.commit(transaction, None).await?;
        Ok(Table { view: view.name, name: name.into() })
    }

    /// Builds the indexes of a loaded table, one statement at a time so that others may write
    /// between.
    pub async fn index(&self, view: &Registered, table: &Table) -> Result<(), DocumentsError> {
        let (_, after) = parts(self.database.dialect().of(view.schema), &table.name);
        for statement in statements(&after) {
            let mut writer = self.database.writer().await?;
            let mut transaction = writer.begin().await?;
            transaction.script(&statement).await?;
            self.commit(transaction, None).await?;
        }
        Ok(())
    }

    /// Puts loaded tables in the place of those in use, which are put aside, in one transaction, with
    /// what could not be folded into them. The tables must stand where the cursor is to stand then: it
    /// moves only where nothing was in use yet.
    pub async fn flip(
        &self,
        built: &[(Registered, Table)],
        parked: &[(Parked, Option<Arc<str>>)],
        moves: Move,
    ) -> Result<(), DocumentsError> {
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        for (view, table) in built {
            // First, since what is not in use is dropped for what is put aside.
            let live = Query::new("UPDATE generations SET live = 1 WHERE name = ");
            transaction.execute(&live.bind(&*table.name)).await?;
            if let Some(old) = self.live_table(view.name) {
                put_aside(&mut transaction, view.name, &old).await?;
            }
            for of in [view.name, &*table.name] {
                let parked = Query::new("DELETE FROM parked WHERE view = ").bind(of);
                transaction.execute(&parked).await?;
            }
        }
        for (parked, table) in parked {
            park(&mut transaction, parked, table.as_deref()).await?;
        }
        self.commit(transaction, Some(moves)).await?;
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        for (view, table) in built {
            live.insert(view.name.to_owned(), table.name.clone());
        }
        Ok(())
    }

    /// Drops a table that was being built and will not be used after all. One that is in use, or is kept,
    /// stays.
    pub async fn discard(&self, table: &Table) -> Result<(), DocumentsError> {
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        let built = Query::new("SELECT name FROM generations WHERE live = 0 AND name = ");
        let built: Vec<(String,)> = transaction.fetch(&built.bind(&*table.name)).await?;
        for (name,) in built {
            transaction.drop_table(&name).await?;
        }
        self.commit(transaction, None).await
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
fn parts(schema: &str, table: &str) -> (String, String) {
    let schema = schema.replace("{table}", table);
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
