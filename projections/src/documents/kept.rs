//! Tables that were in use and are kept: so that a new table can be compared with the one before, and
//! the one before taken back, until it is dropped.

use std::sync::Arc;

use docket_store::Position;

use super::database::Transaction;
use super::{Documents, DocumentsError, Parked, Query, Table};
use crate::view::Registered;

/// A table that was put aside, as it stands.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The table.
    pub table: Table,
    /// Up to which position it is written.
    pub at: Position,
    /// The streams for which it stands still.
    pub parked: Vec<Parked>,
}

/// In how much two tables of a view differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Rows that only one has, or that say something else.
    pub rows: u64,
    /// Sums that only one has, or that come to something else.
    pub sums: u64,
}

impl Documents {
    /// The table that was put aside last for this view in its version, if it was not dropped.
    pub async fn kept(&self, view: &Registered) -> Result<Option<Kept>, DocumentsError> {
        let query = Query::new("SELECT name, cursor FROM generations WHERE live = 2 AND view = ")
            .bind(view.name)
            .sql(" AND version = ")
            .bind(i64::from(view.version));
        let rows: Vec<(String, i64)> = self.fetch(&query).await?;
        let Some((name, at)) = rows.into_iter().next() else { return Ok(None) };
        let parked = self.parked_in(&name).await?.into_iter();
        let parked = parked.map(|parked| Parked { view: view.name.to_owned(), ..parked }).collect();
        let table = Table { view: view.name, name: name.into() };
        Ok(Some(Kept { table, at: at.unsigned_abs(), parked }))
    }

    /// The tables that are kept of these views, each in its version, and up to where they are written.
    pub async fn all_kept(
        &self,
        registry: &[Registered],
    ) -> Result<Vec<(Table, Position)>, DocumentsError> {
        let query =
            Query::new("SELECT view, version, name, cursor FROM generations WHERE live = 2");
        let rows: Vec<(String, i64, String, i64)> = self.fetch(&query).await?;
        let kept = rows.into_iter().filter_map(|(view, version, name, at)| {
            let is = |it: &&Registered| it.name == view && i64::from(it.version) == version;
            let view = registry.iter().find(is)?.name;
            Some((Table { view, name: name.into() }, at.unsigned_abs()))
        });
        Ok(kept.collect())
    }

    /// Drops what is kept of a view, or of all views; answers how many tables that were.
    pub async fn drop_kept(&self, view: Option<&str>) -> Result<usize, DocumentsError> {
        let mut writer = self.database.writer().await?;
        let mut transaction = writer.begin().await?;
        let query = Query::new("SELECT name FROM generations WHERE live = 2");
        let query = match view {
            Some(view) => query.sql(" AND view = ").bind(view),
            None => query,
        };
        let tables: Vec<(String,)> = transaction.fetch(&query).await?;
        for (table,) in &tables {
            transaction.drop_table(table).await?;
        }
        self.commit(transaction, None).await?;
        Ok(tables.len())
    }
}

/// Puts the table in use aside, as it stands; what was kept of its view and version before goes.
pub(super) async fn put_aside(
    transaction: &mut Transaction<'_>,
    view: &str,
    table: &str,
) -> Result<(), sqlx::Error> {
    let before = Query::new("SELECT name FROM generations WHERE live = 2 AND view = ")
        .bind(view)
        .sql(" AND name <> ")
        .bind(table)
        .sql(" AND version = (SELECT version FROM generations WHERE name = ")
        .bind(table)
        .sql(")");
    let before: Vec<(String,)> = transaction.fetch(&before).await?;
    for (before,) in &before {
        transaction.drop_table(before).await?;
    }
    let aside =
        "UPDATE generations SET live = 2, cursor = (SELECT cursor FROM books) WHERE name = ";
    transaction.execute(&Query::new(aside).bind(table)).await?;
    let parked = Query::new("UPDATE parked SET view = ").bind(table).sql(" WHERE view = ");
    transaction.execute(&parked.bind(view)).await.map(drop)
}

impl Kept {
    /// What is parked in it, as it is written with a table.
    pub fn parked(&self) -> Vec<(Parked, Option<Arc<str>>)> {
        let table = Some(self.table.name.clone());
        self.parked.iter().map(|parked| (parked.clone(), table.clone())).collect()
    }
}
