//! The tables of views, read as they stand at one moment, also while a server writes them.

use docket_projections::documents::Views;
use docket_store::Position;
use sqlx::postgres::PgRow;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, FromRow, PgConnection};

use super::Failure;

/// The tables of all views at one moment.
pub struct Tables {
    connection: Connected,
    /// The position up to which they are written.
    pub cursor: Position,
}

/// The same questions are asked of both; a parameter is `$1`.
enum Connected {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Tables {
    /// Opens the tables and holds on to the moment: whatever is written after is not seen.
    pub async fn open(views: &Views) -> Result<Self, Failure> {
        let mut connection = match views {
            Views::File(path) if !path.exists() => {
                let path = path.display();
                return Err(Failure::Other(format!("{path} is missing; `docket serve` makes it")));
            }
            Views::File(path) => {
                let options = SqliteConnectOptions::new().filename(path).read_only(true);
                let mut connection = options.connect().await.map_err(failed)?;
                sqlx::query("BEGIN").execute(&mut connection).await.map_err(failed)?;
                Connected::Sqlite(connection)
            }
            Views::Postgres(hosts) => {
                let (mut connection, _) = hosts.primary().await?;
                // It reads for as long as it takes to fold the whole log beside.
                let begin = "SET search_path = docket_views; SET statement_timeout = 0; \
                             SET idle_in_transaction_session_timeout = 0; \
                             BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                sqlx::raw_sql(begin).execute(&mut connection).await.map_err(failed)?;
                Connected::Postgres(connection)
            }
        };
        let cursor: Vec<(i64,)> = connection.ask("SELECT cursor FROM books", None).await?;
        let cursor = cursor.first().map_or(0, |(cursor,)| cursor.unsigned_abs());
        Ok(Self { connection, cursor })
    }

    /// The views: name, version, and for how many streams each stands still.
    pub async fn views(&mut self) -> Result<Vec<(String, i64, i64)>, Failure> {
        let sql = "SELECT view, version, (SELECT count(*) FROM parked WHERE view = built.view)
                   FROM generations AS built WHERE live = 1 ORDER BY view";
        self.connection.ask(sql, None).await
    }

    /// The table that answers for a view, if there is one.
    pub async fn table(&mut self, view: &str) -> Result<Option<String>, Failure> {
        let sql = "SELECT name FROM generations WHERE live = 1 AND view = $1";
        let found: Vec<(String,)> = self.connection.ask(sql, Some(view)).await?;
        Ok(found.into_iter().next().map(|(name,)| name))
    }

    /// What a stream put into a table: documents by key, in order.
    pub async fn rows(
        &mut self,
        table: &str,
        stream: &str,
    ) -> Result<Vec<(String, String)>, Failure> {
        // The name comes from the tables' own books.
        let sql = format!("SELECT key, doc FROM {table} WHERE stream = $1 ORDER BY key");
        self.connection.ask(&sql, Some(stream)).await
    }

    /// How many rows a table holds.
    pub async fn count(&mut self, table: &str) -> Result<u64, Failure> {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: Vec<(i64,)> = self.connection.ask(&sql, None).await?;
        Ok(rows.first().map_or(0, |(count,)| count.unsigned_abs()))
    }

    /// The sums of a view, by key, those that are nothing left out.
    pub async fn sums(&mut self, table: &str) -> Result<Vec<(String, i64)>, Failure> {
        let sql = format!("SELECT key, value FROM {table}_counts WHERE value <> 0 ORDER BY key");
        self.connection.ask(&sql, None).await
    }

    /// Lets go.
    pub async fn close(self) {
        let closed = match self.connection {
            Connected::Sqlite(connection) => connection.close().await,
            Connected::Postgres(connection) => connection.close().await,
        };
        if let Err(error) = closed {
            tracing::debug!(%error, "the views were not closed well");
        }
    }
}

impl Connected {
    async fn ask<T>(&mut self, sql: &str, parameter: Option<&str>) -> Result<Vec<T>, Failure>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let found = match self {
            Self::Sqlite(connection) => {
                let query = sqlx::query_as(AssertSqlSafe(sql));
                let query = if parameter.is_some() { query.bind(parameter) } else { query };
                query.fetch_all(connection).await
            }
            Self::Postgres(connection) => {
                let query = sqlx::query_as(AssertSqlSafe(sql));
                let query = if parameter.is_some() { query.bind(parameter) } else { query };
                query.fetch_all(connection).await
            }
        };
        found.map_err(failed)
    }
}

fn failed(error: sqlx::Error) -> Failure {
    Failure::Other(format!("the views: {error}"))
}
