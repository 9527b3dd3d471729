//! Where the tables are that stand beside the log, and how both databases are asked: one text for both.

use std::path::Path;
use std::time::Duration;

use docket_store::StoreError;
use docket_store::postgres::PostgresStore;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{
    Arguments, Connection, Encode, FromRow, PgPool, Postgres, SqlSafeStr, SqlitePool, Type,
};
use tokio::time::timeout;

const SQLITE: &str = include_str!("../../../migrations/side/sqlite/0001_side.sql");
const POSTGRES: &str = include_str!("../../../migrations/side/postgres/0001_side.sql");

/// How long PostgreSQL may take; a server that was stopped closes no connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// The tables.
#[derive(Clone)]
pub enum Tables {
    /// In a file that one process uses.
    File(SqlitePool),
    /// In the log's database, the same for every process.
    Shared(PgPool),
}

/// What a statement is given, in the order of its parameters.
#[derive(Clone, Copy)]
pub enum Given<'g> {
    /// A text, or nothing.
    Text(Option<&'g str>),
    /// A number.
    Number(i64),
}

impl<'g> From<&'g str> for Given<'g> {
    fn from(text: &'g str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'g> From<&'g String> for Given<'g> {
    fn from(text: &'g String) -> Self {
        Self::Text(Some(text))
    }
}

impl<'g> From<&'g Option<String>> for Given<'g> {
    fn from(text: &'g Option<String>) -> Self {
        Self::Text(text.as_deref())
    }
}

impl From<i64> for Given<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A statement and what it is given.
pub type Statement<'g> = (&'static str, Vec<Given<'g>>);

impl Tables {
    /// Opens the file, and creates it where there is none.
    pub async fn in_file(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What a row gave up must not lie on in a page that is free.
            .pragma("secure_delete", "ON");
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await?;
        sqlx::raw_sql(SQLITE).execute(&pool).await?;
        Ok(Self::File(pool))
    }

    /// Opens the tables beside a log, and makes them where there are none. They use the log's
    /// connections, and end with them.
    pub async fn beside(log: &PostgresStore) -> Result<Self, StoreError> {
        let kind = MigrationType::Simple;
        let step = Migration::new(1, "side".into(), kind, POSTGRES.into_sql_str(), false);
        let mut steps = Migrator::with_migrations(vec![step]);
        // The event log counts its own steps.
        steps.dangerous_set_table_name("_side_migrations");
        log.migrate(steps).await?;
        Ok(Self::Shared(log.pool()))
    }

    /// The rows that a question finds.
    pub async fn rows<T>(
        &self,
        sql: &'static str,
        given: &[Given<'_>],
    ) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        match self {
            Self::File(pool) => {
                let given: SqliteArguments = arguments(given)?;
                Box::pin(sqlx::query_as_with(sql, given).fetch_all(pool)).await
            }
            Self::Shared(pool) => {
                let given: PgArguments = arguments(given)?;
                // What waits for the database is large, and every future that holds it is: so it is apart.
                Box::pin(in_time(async {
                    let mut connection = alive(pool).await?;
                    sqlx::query_as_with(sql, given).fetch_all(&mut *connection).await
                }))
                .await
            }
        }
    }

    /// Does one thing; answers how many rows that concerned.
    pub async fn done(&self, sql: &'static str, given: &[Given<'_>]) -> Result<u64, sqlx::Error> {
        self.together(&[(sql, given.to_vec())]).await
    }

    /// Does several things in one transaction; answers how many rows the last of them concerned.
    pub async fn together(&self, work: &[Statement<'_>]) -> Result<u64, sqlx::Error> {
        Box::pin(self.in_one(work)).await
    }

    async fn in_one(&self, work: &[Statement<'_>]) -> Result<u64, sqlx::Error> {
        let mut rows = 0;
        match self {
            Self::File(pool) => {
                let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
                for (sql, given) in work {
                    let given: SqliteArguments = arguments(given)?;
                    let query = sqlx::query_with(*sql, given);
                    rows = query.execute(&mut *transaction).await?.rows_affected();
                }
                transaction.commit().await?;
            }
            Self::Shared(pool) => {
                in_time(async {
                    let mut connection = alive(pool).await?;
                    let mut transaction = connection.begin().await?;
                    for (sql, given) in work {
                        let given: PgArguments = arguments(given)?;
                        let query = sqlx::query_with(*sql, given);
                        rows = query.execute(&mut *transaction).await?.rows_affected();
                    }
                    transaction.commit().await
                })
                .await?;
            }
        }
        Ok(rows)
    }

    /// Whether they lie in the log's database, and so tell of no other log.
    pub fn is_of_this_log_alone(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// Removes from the disk what rows gave up. False while somebody reads: it must be asked for again.
    /// Of PostgreSQL's pages and its log that is not in our hands: they are used anew in time.
    pub async fn scrub(&self) -> Result<bool, sqlx::Error> {
        let Self::File(pool) = self else { return Ok(true) };
        let emptied = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)");
        let (busy, _, _): (i64, i64, i64) = emptied.fetch_one(pool).await?;
        Ok(busy == 0)
    }

    /// Closes the file.
    pub async fn close(&self) {
        if let Self::File(pool) = self {
            pool.close().await;
        }
    }
}

/// A connection that answers. Those of the log are not asked before they are used, and after a failover
/// each may lead to a server that is gone.
async fn alive(pool: &PgPool) -> Result<PoolConnection<Postgres>, sqlx::Error> {
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await?;
        if connection.ping().await.is_ok() {
            return Ok(connection);
        }
        connection.close_on_drop();
    }
    pool.acquire().await
}

async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(PATIENCE, work).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

fn arguments<'g, A>(given: &[Given<'g>]) -> Result<A, sqlx::Error>
where
    A: Arguments,
    Option<&'g str>: Encode<'g, A::Database> + Type<A::Database>,
    i64: Encode<'g, A::Database> + Type<A::Database>,
{
    let mut arguments = A::default();
    for given in given {
        let added = match *given {
            Given::Text(text) => arguments.add(text),
            Given::Number(number) => arguments.add(number),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
