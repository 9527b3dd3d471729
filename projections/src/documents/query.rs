//! Asking: SQL that is true on every dialect, with parameters, and `{view}` for a view's table.

use sqlx::query::QueryScalar;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, Sqlite};

use super::{Documents, DocumentsError};

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// A text.
    Text(String),
    /// A number.
    Int(i64),
}

impl From<&str> for Bind {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Bind {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Bind {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// A question in SQL. Values only ever go in as parameters; `{name}` stands for the table of the
/// view of that name, so `{name}_counts` for its sums.
#[derive(Clone, Debug, Default)]
pub struct Query {
    sql: String,
    binds: Vec<Bind>,
}

impl Query {
    /// Begins with this text.
    pub fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), binds: Vec::new() }
    }

    /// Goes on with this text.
    pub fn sql(mut self, sql: &str) -> Self {
        self.sql.push_str(sql);
        self
    }

    /// Goes on with a parameter.
    pub fn bind(mut self, value: impl Into<Bind>) -> Self {
        self.binds.push(value.into());
        self.sql.push_str(&format!("${}", self.binds.len()));
        self
    }

    /// Goes on with a column that no index is to be used for: it is compared row by row.
    pub fn unindexed(self, column: &str) -> Self {
        self.sql("+").sql(column)
    }

    /// Goes on with several parameters, separated by commas.
    pub fn bind_all(mut self, values: &[String]) -> Self {
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.sql.push_str(", ");
            }
            self = self.bind(value.as_str());
        }
        self
    }
}

impl Documents {
    /// The rows that answer a query.
    pub async fn fetch<T>(&self, query: &Query) -> Result<Vec<T>, DocumentsError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        match self.try_fetch(query).await {
            // The table was replaced between the look for its name and the query.
            Err(error) if is_missing_table(&error) => Ok(self.try_fetch(query).await?),
            answer => Ok(answer?),
        }
    }

    /// The first column of the first row that answers a query.
    pub async fn fetch_one<T>(&self, query: &Query) -> Result<Option<T>, DocumentsError>
    where
        (T,): for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        Ok(self.fetch::<(T,)>(query).await?.into_iter().next().map(|(value,)| value))
    }

    /// How SQLite would go about a query, line by line: for tests of what a question costs.
    pub async fn plan(&self, query: &Query) -> Result<Vec<String>, DocumentsError> {
        let plan = Query { sql: format!("EXPLAIN QUERY PLAN {}", query.sql), ..query.clone() };
        let rows: Vec<(i64, i64, i64, String)> = self.fetch(&plan).await?;
        Ok(rows.into_iter().map(|(_, _, _, line)| line).collect())
    }

    async fn try_fetch<T>(&self, query: &Query) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let mut statement = sqlx::query_as(AssertSqlSafe(self.with_tables(&query.sql)?));
        for bind in &query.binds {
            statement = match bind {
                Bind::Text(text) => statement.bind(text.as_str()),
                Bind::Int(number) => statement.bind(*number),
            };
        }
        statement.fetch_all(&self.readers).await
    }

    /// Puts in the tables' names.
    fn with_tables(&self, sql: &str) -> Result<String, sqlx::Error> {
        let mut text = String::with_capacity(sql.len() + 32);
        let mut rest = sql;
        while let Some((before, after)) = rest.split_once('{') {
            let (view, after) = after.split_once('}').unwrap_or((after, ""));
            let table = self.live_table(view).ok_or_else(|| {
                sqlx::Error::Configuration(format!("the view {view} is not built yet").into())
            })?;
            text.push_str(before);
            text.push_str(&table);
            rest = after;
        }
        text.push_str(rest);
        Ok(text)
    }
}

fn is_missing_table(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().starts_with("no such table"))
}

/// A statement with one text result, not cached: used once.
pub(super) fn once<'q>(sql: String) -> QueryScalar<'q, Sqlite, String, SqliteArguments> {
    sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false)
}
