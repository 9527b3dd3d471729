//! The tables as they stand at one moment, also while a server writes them: for whoever checks them.

use std::borrow::Cow;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions, Connection};

use docket_store::Position;

use super::query::Answer;
use super::{Build, Dialect, Differences, DocumentsError, Query, Views, builds, postgres, sqlite};

/// Rows that are compared in one step: few enough that nobody waits long for its end.
const STEP: usize = 500;

/// The tables of all views at one moment.
pub struct Snapshot {
    session: Session,
    /// The position up to which they are written.
    pub cursor: Position,
}

enum Session {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<PgConnection>),
}

impl Snapshot {
    /// Holds on to the moment: whatever is written after is not seen.
    ///
    /// # Errors
    /// When there are no views there yet, too.
    pub async fn open(views: &Views) -> Result<Self, DocumentsError> {
        let session = match views {
            Views::File(path) => {
                let mut file = sqlite::read_only(path).connect().await?;
                sqlx::raw_sql("BEGIN").execute(&mut file).await?;
                Session::Sqlite(Box::new(file))
            }
            Views::Postgres(hosts) => {
                let (found, primary) = hosts.primary().await?;
                // It was only to find the host.
                let _ = found.close().await;
                let mut server = postgres::reading(primary, postgres::LONGEST).connect().await?;
                // It reads for as long as it takes to fold the whole log beside.
                let begin = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
                             BEGIN ISOLATION LEVEL REPEATABLE READ";
                sqlx::raw_sql(begin).execute(&mut server).await?;
                Session::Postgres(Box::new(server))
            }
        };
        let mut snapshot = Self { session, cursor: 0 };
        let cursor: Vec<(i64,)> = snapshot.fetch(&Query::new("SELECT cursor FROM books")).await?;
        snapshot.cursor = cursor.first().map_or(0, |(cursor,)| cursor.unsigned_abs());
        Ok(snapshot)
    }

    /// The views: name, version, and for how many streams each stands still.
    pub async fn views(&mut self) -> Result<Vec<(String, i64, i64)>, DocumentsError> {
        let views = "SELECT view, version, (SELECT count(*) FROM parked WHERE view = built.view)
                     FROM generations AS built WHERE live = 1 ORDER BY view";
        self.fetch(&Query::new(views)).await
    }

    /// The tables that are being built.
    pub async fn builds(&mut self) -> Result<Vec<Build>, DocumentsError> {
        let dialect = match self.session {
            Session::Sqlite(_) => Dialect::Sqlite,
            Session::Postgres(_) => Dialect::Postgres,
        };
        let rows = self.fetch(&builds::query(dialect)).await?;
        Ok(rows.into_iter().map(builds::build).collect())
    }

    /// The table that answers for a view, if there is one.
    pub async fn table(&mut self, view: &str) -> Result<Option<String>, DocumentsError> {
        let table = Query::new("SELECT name FROM generations WHERE live = 1 AND view = ");
        let rows: Vec<(String,)> = self.fetch(&table.bind(view)).await?;
        Ok(rows.into_iter().next().map(|(name,)| name))
    }

    /// What a stream put into a table: documents by key, in order.
    pub async fn rows(
        &mut self,
        table: &str,
        stream: &str,
    ) -> Result<Vec<(String, String)>, DocumentsError> {
        let rows = Query::new(&format!("SELECT key, doc FROM {table} WHERE stream = "));
        self.fetch(&rows.bind(stream).sql(" ORDER BY key")).await
    }

    /// Rows of a table behind one of them, in the order of stream and key: stream, key, document.
    pub async fn page(
        &mut self,
        table: &str,
        (stream, key): &(String, String),
        limit: usize,
    ) -> Result<Vec<(String, String, String)>, DocumentsError> {
        let rows =
            Query::new(&format!("SELECT stream, key, doc FROM {table} WHERE (stream, key) > ("));
        let rows = rows.bind(stream.as_str()).sql(", ").bind(key.as_str());
        self.fetch(&rows.sql(&format!(") ORDER BY stream, key LIMIT {limit}"))).await
    }

    /// A text as this database keeps it: PostgreSQL knows no character 0.
    pub fn kept<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.session {
            Session::Sqlite(_) => text.into(),
            Session::Postgres(_) => postgres::storable(text),
        }
    }

    /// The same for a document.
    pub fn kept_document<'t>(&self, document: &'t str) -> Cow<'t, str> {
        match self.session {
            Session::Sqlite(_) => document.into(),
            Session::Postgres(_) => postgres::storable_json(document),
        }
    }

    /// How many rows a table holds.
    pub async fn count(&mut self, table: &str) -> Result<u64, DocumentsError> {
        self.counted(Query::new(&format!("SELECT count(*) FROM {table}"))).await
    }

    /// The sums of a table, by key, those that are nothing left out.
    pub async fn sums(&mut self, table: &str) -> Result<Vec<(String, i64)>, DocumentsError> {
        let sums = format!("SELECT key, value FROM {table}_counts WHERE value <> 0 ORDER BY key");
        self.fetch(&Query::new(&sums)).await
    }

    /// In how much two tables of a view that stand at the same position differ. It is found out in
    /// steps, before each of which `goes_on` is asked; nothing where that says no.
    pub(crate) async fn differences(
        &mut self,
        (one, other): (&str, &str),
        goes_on: impl Fn() -> bool,
    ) -> Result<Option<Differences>, DocumentsError> {
        let mut differences = Differences::default();
        for (one, other, changed) in [(one, other, true), (other, one, false)] {
            let mut after = String::new();
            loop {
                if !goes_on() {
                    return Ok(None);
                }
                let end = Query::new(&format!("SELECT stream FROM {one} WHERE stream > "));
                let end = end
                    .bind(after.as_str())
                    .sql(&format!(" ORDER BY stream LIMIT 1 OFFSET {STEP}"));
                let end: Option<(String,)> = self.fetch(&end).await?.pop();
                let end = end.map(|(end,)| end);
                differences.rows +=
                    self.rows_that_differ((one, other, changed), (&after, end.as_deref())).await?;
                let Some(end) = end else { break };
                after = end;
            }
            let sums = format!(
                "SELECT count(*) FROM {one}_counts AS one LEFT JOIN {other}_counts AS other
                 ON other.key = one.key WHERE other.value IS NULL"
            );
            let changed = if changed { " OR other.value <> one.value" } else { "" };
            differences.sums += self.counted(Query::new(&(sums + changed))).await?;
        }
        Ok(Some(differences))
    }

    /// How many rows of the streams behind one and up to another only the first table has, or, if
    /// asked, has otherwise.
    async fn rows_that_differ(
        &mut self,
        (one, other, changed): (&str, &str, bool),
        (after, end): (&str, Option<&str>),
    ) -> Result<u64, DocumentsError> {
        let changed = if changed { " OR other.doc <> one.doc" } else { "" };
        let rows = format!(
            "SELECT count(*) FROM {one} AS one LEFT JOIN {other} AS other
             ON other.stream = one.stream AND other.key = one.key
             WHERE (other.doc IS NULL{changed}) AND one.stream > "
        );
        let rows = Query::new(&rows).bind(after);
        let rows = match end {
            Some(end) => rows.sql(" AND one.stream <= ").bind(end),
            None => rows,
        };
        self.counted(rows).await
    }

    async fn counted(&mut self, query: Query) -> Result<u64, DocumentsError> {
        let rows: Vec<(i64,)> = self.fetch(&query).await?;
        Ok(rows.first().map_or(0, |(count,)| count.unsigned_abs()))
    }

    /// Lets go.
    pub async fn close(self) {
        let closed = match self.session {
            Session::Sqlite(file) => file.close().await,
            Session::Postgres(server) => server.close().await,
        };
        if let Err(error) = closed {
            tracing::debug!(%error, "the views were not closed well");
        }
    }

    async fn fetch<T: Answer>(&mut self, query: &Query) -> Result<Vec<T>, DocumentsError> {
        let binds = query.binds();
        Ok(match &mut self.session {
            Session::Sqlite(file) => {
                let sql = query.render(Dialect::Sqlite, super::database::no_view)?;
                sqlite::rows(&mut **file, sql, binds).await?
            }
            Session::Postgres(server) => {
                let sql = query.render(Dialect::Postgres, super::database::no_view)?;
                postgres::rows(&mut **server, sql, binds).await?
            }
        })
    }
}
