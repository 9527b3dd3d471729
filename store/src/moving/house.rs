//! A store as it is moved: one connection that sees the tables themselves.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use super::marks;
use super::tables::{Dialect, EVENTS, Row, Span, Table};
use crate::postgres::{self, Hosts};
use crate::sqlite::{self, open};
use crate::{Position, StoreError};

/// How many rows were read, by table.
pub(super) type Read = BTreeMap<&'static str, u64>;

/// An opened store. Only one of its two sides is ever written: the log that a move goes to.
pub(super) enum House {
    Sqlite {
        path: PathBuf,
        log: SqliteConnection,
        /// Missing where nobody has ever read anything.
        access: Option<SqliteConnection>,
        /// Held by whoever alone writes the file.
        lock: Option<File>,
        /// Where what the events say is, if it is not in the file.
        #[cfg(feature = "kurrentdb")]
        told: Option<Box<crate::kurrent::moved::Log>>,
        read: Read,
    },
    Postgres {
        hosts: Hosts,
        connection: PgConnection,
        has_access: bool,
        read: Read,
    },
}

impl House {
    /// Where it is, without a password.
    pub fn shown(&self) -> String {
        match self {
            #[cfg(feature = "kurrentdb")]
            Self::Sqlite { path, told: Some(_), .. } => {
                format!("KurrentDB ({} beside it)", path.display())
            }
            Self::Sqlite { path, .. } => format!("sqlite:{}", path.display()),
            Self::Postgres { hosts, .. } => hosts.to_string(),
        }
    }

    /// What to do where it has not become what the source is.
    pub fn anew(&self) -> &'static str {
        #[cfg(feature = "kurrentdb")]
        if self.is_in_kurrent() {
            return "remove the file that stands beside KurrentDB and run the move again; if it says the same, \
                    move into another KurrentDB";
        }
        "empty the target, and begin anew"
    }

    /// Rows of a table behind a key, in the order of keys; of one that grows with the log, those alone
    /// that came with it in a span.
    pub async fn page(
        &mut self,
        table: &Table,
        behind: &[Option<String>],
        span: Span,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        if !self.has(table) {
            return Ok(Vec::new());
        }
        let sql = table.reading(self.dialect(), !behind.is_empty(), span, limit);
        let rows = self.texts(table, sql, behind).await?;
        *self.read().entry(table.name).or_default() += rows.len() as u64;
        let rows: Result<_, _> = rows.iter().map(|row| serde_json::from_str(row)).collect();
        let rows = rows.map_err(|error| StoreError::Integrity(format!("{}: {error}", table.name)));
        #[cfg(feature = "kurrentdb")]
        if let (Self::Sqlite { told: Some(log), .. }, true) = (&*self, table.name == EVENTS.name) {
            return super::kurrent::told(log, rows?).await;
        }
        rows
    }

    /// How many rows were read here, by table.
    pub fn read(&mut self) -> &mut Read {
        match self {
            Self::Sqlite { read, .. } | Self::Postgres { read, .. } => read,
        }
    }

    /// The last key of a table whose key is a number.
    pub async fn last(&mut self, table: &Table) -> Result<Position, StoreError> {
        if !self.has(table) {
            return Ok(0);
        }
        let last = self.texts(table, table.last(), &[]).await?;
        let last = last.first().and_then(|last| last.parse().ok());
        last.ok_or_else(|| StoreError::Integrity(format!("{} has no last row", table.name)))
    }

    /// Writes rows, in one transaction. The log's end goes with its events.
    pub async fn put(&mut self, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
        let given = json(rows)?;
        let mut work = vec![(table.putting(self.dialect()), vec![given])];
        if let (Self::Postgres { .. }, true, Some(last)) =
            (&*self, table.name == EVENTS.name, rows.last())
        {
            let end = "UPDATE log_end SET position = CAST($1 AS bigint),
                         recorded_at = CAST($2 AS bigint), turn = turn + 1";
            let column = |n: usize| last.get(n).cloned().flatten().unwrap_or_default();
            work.push((end.to_owned(), vec![column(0), column(7)]));
        }
        #[cfg(feature = "kurrentdb")]
        if self.is_in_kurrent() && table.name == EVENTS.name {
            let end = rows.last().and_then(super::kurrent::log_end);
            let end = end.map(|end| json(&[end])).transpose()?;
            let claiming = super::claims().putting(self.dialect());
            work.extend(end.map(|end| (claiming, vec![end])));
        }
        self.durably(table, work).await
    }

    /// Whether what the events say is in KurrentDB.
    #[cfg(feature = "kurrentdb")]
    pub fn is_in_kurrent(&self) -> bool {
        matches!(self, Self::Sqlite { told: Some(_), .. })
    }

    /// Removes the rows with these keys.
    pub async fn remove(&mut self, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
        let keys: Vec<Row> = rows.iter().map(|row| table.key(row).to_vec()).collect();
        let given = json(&keys)?;
        let work = vec![(table.removing(self.dialect()), vec![given])];
        self.durably(table, work).await
    }

    /// Lets the database give numbers to readings behind those that were moved in.
    pub async fn number_readings(&mut self) -> Result<(), StoreError> {
        // SQLite keeps count by itself.
        let Self::Postgres { connection, .. } = self else { return Ok(()) };
        let sql = "SELECT setval(pg_get_serial_sequence('accesses', 'seq'), max(seq)) FROM accesses
                   HAVING max(seq) IS NOT NULL";
        let set = sqlx::raw_sql(sql).execute(connection).await;
        set.map(drop).map_err(|error| postgres::failure::failed(&error))
    }

    /// Who still uses it, in words; `None` where nobody does. A file is then held by this process.
    pub async fn users(&mut self) -> Result<Option<String>, StoreError> {
        match self {
            Self::Sqlite { .. } => self.users_of_file().await,
            Self::Postgres { connection, .. } => {
                let sql = "SELECT count(*) FROM pg_stat_activity
                           WHERE datname = current_database() AND application_name LIKE 'docket%'";
                let sessions: i64 = sqlx::query_scalar(sql)
                    .fetch_one(connection)
                    .await
                    .map_err(|error| postgres::failure::failed(&error))?;
                let said =
                    || format!("servers of Docket hold {sessions} sessions with the database");
                Ok((sessions > 0).then(said))
            }
        }
    }

    async fn users_of_file(&mut self) -> Result<Option<String>, StoreError> {
        let Self::Sqlite { path, lock, .. } = self else { return Ok(None) };
        if lock.is_none() {
            match open::lock(path) {
                Ok(held) => *lock = Some(held),
                Err(StoreError::Refused(why)) => return Ok(Some(why)),
                Err(other) => return Err(other),
            }
        }
        #[cfg(feature = "kurrentdb")]
        if let Self::Sqlite { told: Some(_), log, .. } = self {
            super::kurrent::refuse_if_begun(log).await?;
        }
        Ok(None)
    }

    /// Closes the store to everybody who would write it, and says where it went.
    pub async fn close_to_writers(&mut self, target: &str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { path, .. } => marks::depart_sqlite(path, Some(target)).await,
            Self::Postgres { connection, .. } => marks::depart_postgres(connection, target).await,
        }
    }

    /// Opens it to writers again.
    pub async fn open_to_writers(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { path, .. } => marks::depart_sqlite(path, None).await,
            Self::Postgres { connection, .. } => marks::return_postgres(connection).await,
        }
    }

    /// Lets go of it.
    pub async fn leave(self) {
        // What was written is committed; closing is a courtesy.
        match self {
            Self::Sqlite { log, access, .. } => {
                let _ = log.close().await;
                if let Some(access) = access {
                    let _ = access.close().await;
                }
            }
            Self::Postgres { connection, .. } => drop(connection.close().await),
        }
    }

    fn has(&self, table: &Table) -> bool {
        let of_readings = table.name == super::ACCESSES.name;
        !of_readings
            || match self {
                Self::Sqlite { access, .. } => access.is_some(),
                Self::Postgres { has_access, .. } => *has_access,
            }
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres { .. } => Dialect::Postgres,
        }
    }

    async fn texts(
        &mut self,
        table: &Table,
        sql: String,
        given: &[Option<String>],
    ) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Sqlite { log, access, .. } => {
                let on = on_file(log, access.as_mut(), table);
                let query = sqlx::query_scalar(AssertSqlSafe(sql));
                let query = given.iter().fold(query, |query, text| query.bind(text));
                query.fetch_all(on).await.map_err(|error| sqlite::failure::failed(&error))
            }
            Self::Postgres { connection, .. } => {
                let query = sqlx::query_scalar(AssertSqlSafe(sql));
                let query = given.iter().fold(query, |query, text| query.bind(text));
                query.fetch_all(connection).await.map_err(|e| postgres::failure::failed(&e))
            }
        }
    }

    async fn durably(
        &mut self,
        table: &Table,
        work: Vec<(String, Vec<String>)>,
    ) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { log, access, .. } => {
                let on = on_file(log, access.as_mut(), table);
                let written = async {
                    let mut transaction = on.begin_with("BEGIN IMMEDIATE").await?;
                    for (sql, given) in work {
                        let query = sqlx::query(AssertSqlSafe(sql));
                        let query = given.iter().fold(query, |query, text| query.bind(text));
                        query.execute(&mut *transaction).await?;
                    }
                    transaction.commit().await
                };
                written.await.map_err(|error| sqlite::failure::failed(&error))
            }
            Self::Postgres { connection, .. } => {
                let written = async {
                    let mut transaction = connection.begin().await?;
                    for (sql, given) in work {
                        let query = sqlx::query(AssertSqlSafe(sql));
                        let query = given.iter().fold(query, |query, text| query.bind(text));
                        query.execute(&mut *transaction).await?;
                    }
                    transaction.commit().await
                };
                written.await.map_err(|error| postgres::failure::failed(&error))
            }
        }
    }
}

/// Readings have a file of their own.
fn on_file<'c>(
    log: &'c mut SqliteConnection,
    access: Option<&'c mut SqliteConnection>,
    table: &Table,
) -> &'c mut SqliteConnection {
    match access {
        Some(access) if table.name == super::ACCESSES.name => access,
        _ => log,
    }
}

fn json(rows: &[Row]) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(|error| StoreError::Integrity(error.to_string()))
}
