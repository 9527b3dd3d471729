//! The table in the file beside the log, which this process alone writes.

use std::path::Path;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions, Connection, SqlSafeStr, Sqlite, SqliteConnection, Transaction};
use uuid::Uuid;

use super::{Begun, read, rows};
use crate::StoreError;
use crate::sqlite::failure::{failed, failed_at_commit};
use crate::sqlite::open;

/// The table, on a connection of its own.
pub(in crate::kurrent) struct FileTable(SqliteConnection);

impl FileTable {
    /// Opens the table in the file beside the log, and creates it where needed.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let connecting = open::writing(path).create_if_missing(false).connect().await;
        let mut connection = connecting.map_err(|error| failed(&error))?;
        migrations().run_direct(None, &mut connection, false).await.map_err(|error| {
            StoreError::Refused(format!("cannot migrate {}: {error}", path.display()))
        })?;
        Ok(Self(connection))
    }

    /// All of them.
    pub async fn all(&mut self) -> Result<Vec<Begun>, StoreError> {
        let rows: Vec<String> = sqlx::query_scalar("SELECT append FROM begun")
            .fetch_all(&mut self.0)
            .await
            .map_err(|error| failed(&error))?;
        rows.iter().map(|row| read(row)).collect()
    }

    /// Writes down what is begun, and forgets what is finished, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when it may be written down all the same; after any other it is not.
    pub async fn write(&mut self, begun: &[&Begun], finished: &[Uuid]) -> Result<(), StoreError> {
        let rows = rows(begun)?;
        let Err(error) = write(&mut self.0, begun, &rows, finished).await? else { return Ok(()) };
        tracing::warn!(%error, "it is looked whether what is begun was written down");
        became(&error, self.written(begun).await)
    }

    /// Which of these stand in the table as they are.
    async fn written(&mut self, begun: &[&Begun]) -> Result<Vec<Uuid>, sqlx::Error> {
        let mut written = Vec::new();
        for begun in begun {
            let id = begun.append.command_id;
            let there = sqlx::query("SELECT 1 FROM begun WHERE command_id = ?1");
            let there = there.bind(&id.as_bytes()[..]).fetch_optional(&mut self.0).await?;
            written.extend(there.map(|_| id));
        }
        Ok(written)
    }

    /// Gives the connection back.
    pub async fn close(self) {
        // What was committed is on disk already.
        let _ = self.0.close().await;
    }
}

/// What a failed COMMIT came to, by what is found in the table afterwards. Nothing is found of a batch
/// that only forgets: what it wanted to forget is forgotten again with the next.
fn became(error: &sqlx::Error, found: Result<Vec<Uuid>, sqlx::Error>) -> Result<(), StoreError> {
    match found {
        Ok(written) if written.is_empty() => Err(failed(error)),
        Ok(_) => Ok(()),
        Err(_) => Err(failed_at_commit(error)),
    }
}

/// Writes; the inner error is that of COMMIT, after which it may be written or not.
async fn write(
    connection: &mut SqliteConnection,
    begun: &[&Begun],
    rows: &[String],
    finished: &[Uuid],
) -> Result<Result<(), sqlx::Error>, StoreError> {
    match prepare(connection, begun, rows, finished).await {
        Ok(transaction) => Ok(transaction.commit().await),
        Err(error) => Err(failed(&error)),
    }
}

async fn prepare<'c>(
    connection: &'c mut SqliteConnection,
    begun: &[&Begun],
    rows: &[String],
    finished: &[Uuid],
) -> Result<Transaction<'c, Sqlite>, sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for id in finished {
        sqlx::query("DELETE FROM begun WHERE command_id = ?1")
            .bind(&id.as_bytes()[..])
            .execute(&mut *transaction)
            .await?;
    }
    for (begun, row) in begun.iter().zip(rows) {
        sqlx::query("INSERT OR REPLACE INTO begun (command_id, append) VALUES (?1, ?2)")
            .bind(&begun.append.command_id.as_bytes()[..])
            .bind(row)
            .execute(&mut *transaction)
            .await?;
    }
    Ok(transaction)
}

fn migrations() -> Migrator {
    let sql = include_str!("../../../../migrations/store/kurrent/sqlite/0001_begun.sql");
    let step = Migration::new(1, "begun".into(), MigrationType::Simple, sql.into_sql_str(), false);
    let mut migrator = Migrator::with_migrations(vec![step]);
    // The tables of the store beside count their own steps.
    migrator.dangerous_set_table_name("_kurrent_migrations");
    migrator
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Append;
    use crate::sqlite::SqliteStore;

    fn begun(id: u128) -> Begun {
        let append = Append {
            command_id: Uuid::from_u128(id),
            fingerprint: [0; 32],
            writes: vec![],
            claims: vec![],
            releases: vec![],
            new_keys: vec![],
        };
        Begun { append, recorded_at: 0, doubtful: false }
    }

    /// Makes every COMMIT fail in which something was begun.
    const FAILING: &str = "CREATE TABLE nobody (id INTEGER PRIMARY KEY);
        CREATE TABLE waits (id INTEGER REFERENCES nobody (id) DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER waits AFTER INSERT ON begun BEGIN INSERT INTO waits VALUES (1); END";

    #[tokio::test]
    async fn after_a_commit_that_failed_the_table_says_what_became_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kurrent.sqlite");
        let store = SqliteStore::open(&path, Arc::new(|| 0)).await.unwrap();
        let mut table = FileTable::open(&path).await.unwrap();
        table.write(&[&begun(1)], &[]).await.unwrap();
        sqlx::raw_sql("PRAGMA foreign_keys = ON").execute(&mut table.0).await.unwrap();
        sqlx::raw_sql(FAILING).execute(&mut table.0).await.unwrap();
        let refused = table.write(&[&begun(2)], &[Uuid::from_u128(1)]).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "not written: {refused}");
        let ids = |all: Vec<Begun>| all.iter().map(|it| it.append.command_id.as_u128()).collect();
        let there: Vec<u128> = ids(table.all().await.unwrap());
        assert_eq!(there, [1], "neither begun nor forgotten");
        sqlx::raw_sql("DROP TRIGGER waits").execute(&mut table.0).await.unwrap();
        table.write(&[&begun(2)], &[Uuid::from_u128(1)]).await.unwrap();
        let there: Vec<u128> = ids(table.all().await.unwrap());
        assert_eq!(there, [2]);
        table.close().await;
        store.close().await;
    }

    #[test]
    fn what_cannot_be_found_out_is_unknown() {
        let error = || sqlx::Error::WorkerCrashed;
        assert_eq!(became(&error(), Ok(vec![Uuid::nil()])), Ok(()));
        let not_written = became(&error(), Ok(vec![])).unwrap_err();
        assert!(matches!(not_written, StoreError::Unavailable(_)), "{not_written}");
        let unknown = became(&error(), Err(error())).unwrap_err();
        assert!(matches!(unknown, StoreError::Unknown(_)), "{unknown}");
    }
}
