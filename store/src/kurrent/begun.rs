//! Appends that were begun: in the file beside the log from before their first event is sent until
//! the last has its position.
//!
//! That one row makes everything else repeatable. Whatever happens in between, the same events are sent
//! again under the same ids, and either they are found or they are written; so an append to several
//! streams ends as a whole, and what it reserves is neither lost nor taken twice.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions, Connection, SqlSafeStr, Sqlite, SqliteConnection, Transaction};
use uuid::Uuid;

use crate::appending::checked::Checked;
use crate::sqlite::failure::{failed, failed_at_commit};
use crate::sqlite::open;
use crate::{Append, Millis, StoreError};

/// An append that was begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    pub append: Append,
    /// When it was begun: what its events are recorded at, however often they are sent.
    pub recorded_at: Millis,
    /// Whether something of it may have been sent; always, once it was read from the file.
    #[serde(skip, default = "yes")]
    pub doubtful: bool,
}

fn yes() -> bool {
    true
}

impl Begun {
    /// What nobody else may touch until it is finished: streams, claimed or released keys, and subjects
    /// that get a data key.
    pub fn names(&self) -> Vec<(&'static str, &str, &str)> {
        names(&self.append)
    }
}

/// What an append touches, each with its kind.
pub(super) fn names(append: &Append) -> Vec<(&'static str, &str, &str)> {
    let streams = append.writes.iter().map(|write| ("stream", write.stream.as_str(), ""));
    let claims = append.claims.iter().chain(&append.releases);
    let keys = append.new_keys.iter().map(|key| ("key", key.subject.as_str(), ""));
    let claims = claims.map(|claim| ("claim", claim.space.as_str(), claim.key.as_str()));
    streams.chain(claims).chain(keys).collect()
}

/// Appends with their places in a batch.
pub(super) type Numbered = Vec<(usize, Checked)>;

/// Those that touch nothing that one before them touches, and the others.
pub(super) fn apart(waiting: Numbered) -> (Numbered, Numbered) {
    let mut touched: HashSet<(&'static str, String, String)> = HashSet::new();
    let mut commands = HashSet::new();
    waiting.into_iter().partition(|(_, Checked { append, .. })| {
        let mine: Vec<_> = names(append)
            .into_iter()
            .map(|(kind, name, more)| (kind, name.to_owned(), more.to_owned()))
            .collect();
        let free = !mine.iter().any(|name| touched.contains(name));
        touched.extend(mine);
        commands.insert(append.command_id) && free
    })
}

/// The table, on a connection of its own.
pub(super) struct BegunTable(SqliteConnection);

impl BegunTable {
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
        let parsed = rows.iter().map(|row| serde_json::from_str(row)).collect::<Result<_, _>>();
        parsed.map_err(|error| {
            StoreError::Integrity(format!("an append that was begun cannot be read: {error}"))
        })
    }

    /// Writes down what is begun, and forgets what is finished, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] when it may be written down all the same; after any other it is not.
    pub async fn write(&mut self, begun: &[&Begun], finished: &[Uuid]) -> Result<(), StoreError> {
        let rows = begun.iter().map(serde_json::to_string);
        let rows: Vec<String> = rows.collect::<Result<_, _>>().map_err(|error| {
            StoreError::Refused(format!("an append cannot be written down: {error}"))
        })?;
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
    let sql = include_str!("../../../migrations/store/kurrent/0001_begun.sql");
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
        let mut table = BegunTable::open(&path).await.unwrap();
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
