//! Asking: SQL that is true on both databases, with parameters, and `{view}` for a view's table.
//!
//! A question is put together from parts and becomes text when it is asked, since only then are the
//! database and the tables' names known. The few parts that the databases write differently are
//! methods of [`Query`]; all else is the same text on both, which tests run on both.

use std::sync::Arc;

use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::database::Readers;
use super::{Dialect, Documents, DocumentsError};

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// A text.
    Text(String),
    /// A number.
    Int(i64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A word to be found in texts that are read in some way.
    Word(Word, Texts),
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

impl From<&[u8]> for Bind {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

/// A word that texts are searched by; folded already, it holds nothing but letters and digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Whether it is only the beginning of what is searched.
    pub begins: bool,
}

/// From where texts that have a word are read; only SQLite must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// From the index alone: how many there are.
    Counted,
    /// From the word to the texts that have it, as `text`.
    ByWord,
    /// From texts, as `text`, to whether they have the word.
    ByText,
}

/// What a row is read into, on either database: tuples of texts, numbers (`i64`) and options.
pub trait Answer:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Answer for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

/// A question in SQL. Values only ever go in as parameters; `{name}` stands for the table of the
/// view of that name, so `{name}_counts` for its sums.
#[derive(Clone, Debug, Default)]
pub struct Query {
    parts: Vec<Part>,
    binds: Vec<Bind>,
}

#[derive(Clone, Debug)]
enum Part {
    Sql(String),
    Unindexed(String),
    Texts { view: String, texts: Texts, word: usize },
}

impl Query {
    /// Begins with this text.
    pub fn new(sql: &str) -> Self {
        Self::default().sql(sql)
    }

    /// Goes on with this text.
    pub fn sql(mut self, sql: &str) -> Self {
        match self.parts.last_mut() {
            Some(Part::Sql(text)) => text.push_str(sql),
            _ => self.parts.push(Part::Sql(sql.to_owned())),
        }
        self
    }

    /// Goes on with a parameter.
    pub fn bind(mut self, value: impl Into<Bind>) -> Self {
        self.binds.push(value.into());
        let place = format!("${}", self.binds.len());
        self.sql(&place)
    }

    /// Goes on with several parameters, separated by commas.
    pub fn bind_all(mut self, values: &[String]) -> Self {
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self = self.sql(", ");
            }
            self = self.bind(value.as_str());
        }
        self
    }

    /// Goes on with a column that no index is to be used for: it is compared row by row. PostgreSQL
    /// knows from its statistics which index helps, SQLite must be told.
    pub fn unindexed(mut self, column: &str) -> Self {
        self.parts.push(Part::Unindexed(column.to_owned()));
        self
    }

    /// Goes on with `FROM … WHERE …`: the texts of a view that have a word.
    pub fn from_texts(mut self, view: &str, texts: Texts, word: &Word) -> Self {
        self.binds.push(Bind::Word(word.clone(), texts));
        self.parts.push(Part::Texts { view: view.to_owned(), texts, word: self.binds.len() });
        self
    }

    /// Its parameters, in order.
    pub(super) fn binds(&self) -> &[Bind] {
        &self.binds
    }

    /// Its text on a database; `table` tells the name of the table that answers for a view.
    pub(super) fn render(
        &self,
        dialect: Dialect,
        table: impl Fn(&str) -> Result<Arc<str>, sqlx::Error>,
    ) -> Result<String, sqlx::Error> {
        let mut text = String::with_capacity(256);
        for part in &self.parts {
            match part {
                Part::Sql(sql) => put_in_tables(&mut text, sql, &table)?,
                Part::Unindexed(column) => text.push_str(&dialect.unindexed(column)),
                Part::Texts { view, texts, word } => {
                    text.push_str(&dialect.texts(&table(view)?, *texts, *word));
                }
            }
        }
        Ok(text)
    }
}

fn put_in_tables(
    text: &mut String,
    mut sql: &str,
    table: impl Fn(&str) -> Result<Arc<str>, sqlx::Error>,
) -> Result<(), sqlx::Error> {
    while let Some((before, after)) = sql.split_once('{') {
        let (view, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        text.push_str(&table(view)?);
        sql = after;
    }
    text.push_str(sql);
    Ok(())
}

impl Documents {
    /// The rows that answer a query that is known to cost little.
    pub async fn fetch<T: Answer>(&self, query: &Query) -> Result<Vec<T>, DocumentsError> {
        self.fetch_by(Readers::Own, query).await
    }

    /// The rows of a list, on connections of its own and within [`LONGEST_LIST`]: what somebody asks
    /// for may cost much, and must keep neither other lists nor the desk's own work waiting.
    ///
    /// [`LONGEST_LIST`]: super::LONGEST_LIST
    pub async fn list<T: Answer>(&self, query: &Query) -> Result<Vec<T>, DocumentsError> {
        self.fetch_by(Readers::Lists, query).await
    }

    async fn fetch_by<T: Answer>(
        &self,
        readers: Readers,
        query: &Query,
    ) -> Result<Vec<T>, DocumentsError> {
        match self.try_fetch(readers, query).await {
            // The table was replaced between the look for its name and the query.
            Err(error) if self.database.is_missing_table(&error) => {
                self.look_up_tables().await?;
                Ok(self.try_fetch(readers, query).await?)
            }
            answer => Ok(answer?),
        }
    }

    /// The first column of the first row that answers a query.
    pub async fn fetch_one<T>(&self, query: &Query) -> Result<Option<T>, DocumentsError>
    where
        (T,): Answer,
    {
        Ok(self.fetch::<(T,)>(query).await?.into_iter().next().map(|(value,)| value))
    }

    /// How the database would go about a query, line by line: for tests of what a question costs.
    pub async fn plan(&self, query: &Query) -> Result<Vec<String>, DocumentsError> {
        let explained = |how: &str| {
            let mut plan = query.clone();
            plan.parts.insert(0, Part::Sql(how.to_owned()));
            plan
        };
        Ok(match self.database.dialect() {
            Dialect::Sqlite => {
                let rows: Vec<(i64, i64, i64, String)> =
                    self.fetch(&explained("EXPLAIN QUERY PLAN ")).await?;
                rows.into_iter().map(|(_, _, _, line)| line).collect()
            }
            Dialect::Postgres => {
                let rows: Vec<(String,)> = self.fetch(&explained("EXPLAIN ")).await?;
                rows.into_iter().map(|(line,)| line).collect()
            }
        })
    }

    pub(super) async fn try_fetch<T: Answer>(
        &self,
        readers: Readers,
        query: &Query,
    ) -> Result<Vec<T>, sqlx::Error> {
        let table = |view: &str| {
            self.live_table(view).ok_or_else(|| {
                sqlx::Error::Configuration(format!("the view {view} is not built yet").into())
            })
        };
        let sql = query.render(self.database.dialect(), table)?;
        // What waits for a database is large, and every future that holds it is: so it is apart.
        Box::pin(self.database.read(readers, sql, query.binds())).await
    }
}
