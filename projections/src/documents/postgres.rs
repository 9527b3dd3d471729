//! Views in a schema of their own in the log's PostgreSQL database: for any number of processes.
//!
//! Their transactions wait for the disk as those of the log do, and no append waits for them.

use std::borrow::Cow;
use std::time::Duration;

use docket_store::postgres::Hosts;
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgRow};
use sqlx::query::{Query, QueryAs};
use sqlx::{AssertSqlSafe, Connection, Executor, FromRow, PgConnection, PgPool, Postgres};

use super::database::Row;
use super::query::Bind;
use super::{Dialect, DocumentsError, LONGEST_LIST};

/// The schema that holds the views and nothing else, so that it can be dropped as a whole.
const SCHEMA: &str = "docket_views";

/// Connections that read for the desk's own work, that answer lists, and that write: the views in use
/// and one table that is being built.
const READERS: u32 = 4;
const LISTS: u32 = 8;
const WRITERS: u32 = 3;

/// How long a query of the desk's own work may take.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// How long a connection is waited for.
const ACQUIRE: Duration = Duration::from_secs(10);

/// SQLSTATE of a table that is not there.
pub(super) const UNDEFINED_TABLE: &str = "42P01";

/// SQLSTATE of a query that was broken off.
pub(super) const CANCELLED: &str = "57014";

/// The lock under which the schema is made, of all nodes that start at once.
const MAKING: i64 = 0x646f_636b_7669_6577;

/// The database, opened.
pub(super) struct Server {
    hosts: Hosts,
    pub writers: PgPool,
    pub readers: PgPool,
    pub lists: PgPool,
}

impl Server {
    /// Opens the database and makes the schema where it is missing.
    pub async fn open(hosts: &Hosts) -> Result<Self, DocumentsError> {
        let (connection, primary) = hosts.primary().await?;
        // It was only to find the host.
        let _ = connection.close().await;
        let pool =
            |connections| PoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE);
        let server = Self {
            hosts: hosts.clone(),
            writers: pool(WRITERS).connect_lazy_with(writing(primary.clone())),
            readers: pool(READERS).connect_lazy_with(reading(primary.clone(), LONGEST)),
            lists: pool(LISTS).connect_lazy_with(reading(primary, LONGEST_LIST)),
        };
        server.make(&format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}")).await?;
        Ok(server)
    }

    /// Leads all pools to the host that takes writes now.
    pub async fn find_again(&self) -> Result<(), DocumentsError> {
        let (connection, primary) = self.hosts.primary().await?;
        let _ = connection.close().await;
        self.writers.set_connect_options(writing(primary.clone()));
        self.readers.set_connect_options(reading(primary.clone(), LONGEST));
        self.lists.set_connect_options(reading(primary, LONGEST_LIST));
        Ok(())
    }

    /// Runs statements that make what is missing, one node at a time.
    pub async fn make(&self, sql: &str) -> Result<(), DocumentsError> {
        let mut connection = self.writers.acquire().await?;
        let mut transaction = connection.begin().await?;
        let alone = format!("SELECT pg_advisory_xact_lock({MAKING})");
        sqlx::raw_sql(AssertSqlSafe(alone)).execute(&mut *transaction).await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Throws all views away and begins again.
    pub async fn emptied(self) -> Result<Self, DocumentsError> {
        self.make(&format!("DROP SCHEMA {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")).await?;
        Ok(self)
    }

    pub async fn close(self) {
        self.readers.close().await;
        self.lists.close().await;
        self.writers.close().await;
    }

    /// Waits until all that was written so far is on disk. Old versions of rows are removed by
    /// vacuum, in the server's own time.
    pub async fn scrub(&self) -> Result<(), DocumentsError> {
        // A transaction that writes nothing would wait for nothing; and the other nodes hear of it.
        let noted = sqlx::raw_sql("UPDATE books SET erasures = erasures + 1");
        noted.execute(&self.writers).await?;
        Ok(())
    }
}

/// Sessions that write.
fn writing(primary: PgConnectOptions) -> PgConnectOptions {
    primary.application_name("docket views").options([
        ("search_path", SCHEMA),
        // The node that projects goes on behind what it wrote last; a crash must not take that from
        // under it. No append waits for this.
        ("synchronous_commit", "on"),
        // Rows are found by their key, however few a plan was made for: a plan that is kept is of a table
        // that may have been empty then.
        ("enable_seqscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
        // A node that stands still in the middle of a transaction must not keep its locks.
        ("idle_in_transaction_session_timeout", "10s"),
        ("lock_timeout", "30s"),
        ("statement_timeout", "0"),
    ])
}

/// Sessions that read, each query for so long at most. How a list is best found depends on what it is
/// asked for.
pub(super) fn reading(primary: PgConnectOptions, longest: Duration) -> PgConnectOptions {
    let longest = format!("{}ms", longest.as_millis());
    primary.application_name("docket views, reading").options([
        ("search_path", SCHEMA),
        ("default_transaction_read_only", "on"),
        ("plan_cache_mode", "force_custom_plan"),
        ("statement_timeout", longest.as_str()),
    ])
}

pub(super) async fn rows<'e, T>(
    on: impl Executor<'e, Database = Postgres>,
    sql: String,
    binds: &[Bind],
) -> Result<Vec<T>, sqlx::Error>
where
    T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let query: QueryAs<'_, Postgres, T, PgArguments> = sqlx::query_as(AssertSqlSafe(sql));
    let bound = binds.iter().fold(query, |query, bind| match bind {
        Bind::Text(text) => query.bind(storable(text).into_owned()),
        Bind::Int(number) => query.bind(*number),
        Bind::Bytes(bytes) => query.bind(bytes.clone()),
        Bind::Word(word, texts) => query.bind(Dialect::Postgres.word(word, *texts)),
    });
    bound.fetch_all(on).await
}

pub(super) async fn execute(
    on: &mut PgConnection,
    sql: String,
    binds: &[Bind],
) -> Result<u64, sqlx::Error> {
    let query: Query<'_, Postgres, PgArguments> = sqlx::query(AssertSqlSafe(sql));
    let bound = binds.iter().fold(query, |query, bind| match bind {
        Bind::Text(text) => query.bind(storable(text).into_owned()),
        Bind::Int(number) => query.bind(*number),
        Bind::Bytes(bytes) => query.bind(bytes.clone()),
        Bind::Word(word, texts) => query.bind(Dialect::Postgres.word(word, *texts)),
    });
    Ok(bound.execute(on).await?.rows_affected())
}

pub(super) async fn put(
    on: &mut PgConnection,
    table: &str,
    rows: &[Row<'_>],
) -> Result<(), sqlx::Error> {
    let streams: Vec<&str> = rows.iter().map(|(stream, ..)| *stream).collect();
    let keys: Vec<Cow<'_, str>> = rows.iter().map(|(_, key, _)| storable(key)).collect();
    let docs: Vec<Cow<'_, str>> = rows.iter().map(|(.., doc)| storable_json(doc)).collect();
    // `ON CONFLICT` would compute the columns of a row that is there twice: for the row that cannot be
    // added, and for the one that is changed.
    let sql = format!(
        "WITH put AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS put (stream, key, doc)),
           changed AS (UPDATE {table} AS old SET doc = put.doc FROM put
             WHERE old.stream = put.stream AND old.key = put.key)
         INSERT INTO {table} (stream, key, doc) SELECT * FROM put
         WHERE NOT EXISTS (SELECT FROM {table} AS old WHERE old.stream = put.stream AND old.key = put.key)"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(streams).bind(keys).bind(docs).execute(on).await.map(drop)
}

pub(super) async fn delete(
    on: &mut PgConnection,
    table: &str,
    rows: &[(&str, &str)],
) -> Result<(), sqlx::Error> {
    let streams: Vec<&str> = rows.iter().map(|(stream, _)| *stream).collect();
    let keys: Vec<Cow<'_, str>> = rows.iter().map(|(_, key)| storable(key)).collect();
    let sql = format!(
        "DELETE FROM {table} AS old USING unnest($1::text[], $2::text[]) AS gone (stream, key)
         WHERE old.stream = gone.stream AND old.key = gone.key"
    );
    sqlx::query(AssertSqlSafe(sql)).bind(streams).bind(keys).execute(on).await.map(drop)
}

pub(super) async fn add(
    on: &mut PgConnection,
    table: &str,
    sums: &[(&str, i64)],
) -> Result<(), sqlx::Error> {
    let keys: Vec<Cow<'_, str>> = sums.iter().map(|(key, _)| storable(key)).collect();
    let by: Vec<i64> = sums.iter().map(|(_, by)| *by).collect();
    let sql = format!(
        "INSERT INTO {table}_counts AS sums (key, value) SELECT * FROM unnest($1::text[], $2::int8[])
         ON CONFLICT (key) DO UPDATE SET value = sums.value + excluded.value"
    );
    let fell = by.iter().any(|by| *by < 0);
    sqlx::query(AssertSqlSafe(sql)).bind(&keys).bind(by).execute(&mut *on).await?;
    if fell {
        let clear = format!("DELETE FROM {table}_counts WHERE value = 0 AND key = ANY($1)");
        sqlx::query(AssertSqlSafe(clear)).bind(keys).execute(on).await?;
    }
    Ok(())
}

/// A text as PostgreSQL can hold it, and find it again: it knows no character 0.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// The same for a JSON text, which says `\u0000` for it.
pub(super) fn storable_json(json: &str) -> Cow<'_, str> {
    if !json.contains(r"\u0000") {
        return json.into();
    }
    let mut storable = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(escape) = rest.find('\\') {
        let (before, escaped) = rest.split_at(escape);
        // What stands behind a backslash is one byte long at least, else it were no JSON.
        let (said, after) = match escaped.strip_prefix(r"\u0000") {
            Some(after) => ("\u{fffd}", after),
            None => escaped.split_at_checked(2).unwrap_or((escaped, "")),
        };
        storable.push_str(before);
        storable.push_str(said);
        rest = after;
    }
    storable.push_str(rest);
    storable.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_character_that_cannot_be_held_is_replaced() {
        assert_eq!(storable("a\0b"), "a\u{fffd}b");
        assert_eq!(
            storable_json(r#"{"a":"\u0000\\u0000\""}"#),
            "{\"a\":\"\u{fffd}\\\\u0000\\\"\"}"
        );
        assert_eq!(storable_json(r#"{"a":"\u0001"}"#), r#"{"a":"\u0001"}"#);
    }
}
