//! One database or the other: what runs statements on either.
//!
//! Statements are [`Query`]s, true on both. What is done in another way, not only said in another
//! way, stands in [`sqlite`] and [`postgres`].

use std::collections::BTreeMap;

use sqlx::error::DatabaseError;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Connection, Postgres, Sqlite, SqliteConnection};
use tokio::sync::MutexGuard;

use super::query::{Answer, Bind, Query};
use super::{Dialect, postgres, sqlite};
use crate::view::Key;

/// Where the tables are.
pub(super) enum Database {
    Sqlite(sqlite::File),
    Postgres(postgres::Server),
}

/// Whose connections a query is asked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Those of the desk's own work, whose queries are known to cost little.
    Own,
    /// Those of lists, which end after [`LONGEST_LIST`](super::LONGEST_LIST).
    Lists,
}

/// A row on its way into a table: stream, key and document.
pub(crate) type Row<'a> = (&'a str, &'a str, &'a str);

impl Database {
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Asks, beside whatever is being written.
    pub async fn read<T: Answer>(
        &self,
        readers: Readers,
        sql: String,
        binds: &[Bind],
    ) -> Result<Vec<T>, sqlx::Error> {
        match (self, readers) {
            (Self::Sqlite(file), Readers::Own) => sqlite::rows(&file.readers, sql, binds).await,
            (Self::Sqlite(file), Readers::Lists) => file.list(sql, binds).await,
            (Self::Postgres(server), Readers::Own) => {
                postgres::rows(&server.readers, sql, binds).await
            }
            (Self::Postgres(server), Readers::Lists) => {
                postgres::rows(&server.lists, sql, binds).await
            }
        }
    }

    /// Whether a query was broken off because it took too long.
    pub fn is_too_long(error: &sqlx::Error) -> bool {
        let code = error.as_database_error().and_then(DatabaseError::code);
        code.is_some_and(|code| [sqlite::INTERRUPTED, postgres::CANCELLED].contains(&&*code))
    }

    /// The right to write.
    pub async fn writer(&self) -> Result<Writer<'_>, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(file) => Writer::Sqlite(file.writer.lock().await),
            Self::Postgres(server) => Writer::Postgres(server.writers.acquire().await?),
        })
    }

    /// Whether a query failed because its table is not there any more.
    pub fn is_missing_table(&self, error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(|error| match self {
            Self::Sqlite(_) => error.message().starts_with("no such table"),
            Self::Postgres(_) => error.code().as_deref() == Some(postgres::UNDEFINED_TABLE),
        })
    }
}

/// A connection that writes.
pub(super) enum Writer<'d> {
    Sqlite(MutexGuard<'d, SqliteConnection>),
    Postgres(PoolConnection<Postgres>),
}

impl Writer<'_> {
    pub async fn begin(&mut self) -> Result<Transaction<'_>, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(connection) => Transaction::Sqlite(connection.begin().await?),
            Self::Postgres(connection) => Transaction::Postgres(connection.begin().await?),
        })
    }
}

/// Everything or nothing.
pub(super) enum Transaction<'c> {
    Sqlite(sqlx::Transaction<'c, Sqlite>),
    Postgres(sqlx::Transaction<'c, Postgres>),
}

impl Transaction<'_> {
    /// Does what a statement says; answers how many rows that concerned.
    pub async fn execute(&mut self, statement: &Query) -> Result<u64, sqlx::Error> {
        match self {
            Self::Sqlite(to) => {
                let sql = statement.render(Dialect::Sqlite, no_view)?;
                sqlite::execute(to, sql, statement.binds()).await
            }
            Self::Postgres(to) => {
                let sql = statement.render(Dialect::Postgres, no_view)?;
                postgres::execute(to, sql, statement.binds()).await
            }
        }
    }

    /// The rows that answer a query, as they are in this transaction.
    pub async fn fetch<T: Answer>(&mut self, query: &Query) -> Result<Vec<T>, sqlx::Error> {
        match self {
            Self::Sqlite(to) => {
                let sql = query.render(Dialect::Sqlite, no_view)?;
                sqlite::rows(&mut **to, sql, query.binds()).await
            }
            Self::Postgres(to) => {
                let sql = query.render(Dialect::Postgres, no_view)?;
                postgres::rows(&mut **to, sql, query.binds()).await
            }
        }
    }

    /// Runs statements of ours that take no parameters, such as a migration.
    pub async fn script(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(to) => sql.execute(&mut **to).await.map(drop),
            Self::Postgres(to) => sql.execute(&mut **to).await.map(drop),
        }
    }

    /// Puts rows into a table, in the place of those with the same stream and key.
    pub async fn put(&mut self, table: &str, rows: &[Row<'_>]) -> Result<(), sqlx::Error> {
        match self {
            _ if rows.is_empty() => Ok(()),
            Self::Sqlite(to) => sqlite::put(to, table, rows).await,
            Self::Postgres(to) => postgres::put(to, table, rows).await,
        }
    }

    /// Takes the rows with these streams and keys out of a table.
    pub async fn delete(&mut self, table: &str, rows: &[(&str, &str)]) -> Result<(), sqlx::Error> {
        match self {
            _ if rows.is_empty() => Ok(()),
            Self::Sqlite(to) => sqlite::delete(to, table, rows).await,
            Self::Postgres(to) => postgres::delete(to, table, rows).await,
        }
    }

    /// Adds to a table's sums; one that comes to nothing goes.
    pub async fn add(&mut self, table: &str, sums: &BTreeMap<Key, i64>) -> Result<(), sqlx::Error> {
        let changes: Vec<(&str, i64)> =
            sums.iter().map(|(key, by)| (key.as_str(), *by)).filter(|(_, by)| *by != 0).collect();
        match self {
            _ if changes.is_empty() => Ok(()),
            Self::Sqlite(to) => sqlite::add(to, table, &changes).await,
            Self::Postgres(to) => postgres::add(to, table, &changes).await,
        }
    }

    /// Drops a table of documents with all that belongs to it, and strikes it from the books.
    pub async fn drop_table(&mut self, table: &str) -> Result<(), sqlx::Error> {
        for suffix in ["_fts", "_counts", ""] {
            self.script(&format!("DROP TABLE IF EXISTS {table}{suffix}")).await?;
        }
        if matches!(self, Self::Postgres(_)) {
            self.script(&format!("DROP FUNCTION IF EXISTS {table}_columns()")).await?;
        }
        self.execute(&Query::new("DELETE FROM generations WHERE name = ").bind(table))
            .await
            .map(drop)
    }

    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}

/// What is written names its tables itself.
pub(super) fn no_view(view: &str) -> Result<std::sync::Arc<str>, sqlx::Error> {
    Err(sqlx::Error::Configuration(format!("{view} is a view, and this writes a table").into()))
}
