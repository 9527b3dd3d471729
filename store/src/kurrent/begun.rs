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
use sqlx::{ConnectOptions, Connection, SqlSafeStr, SqliteConnection};
use uuid::Uuid;

use crate::appending::checked::Checked;
use crate::sqlite::failure::failed;
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
    pub async fn write(&mut self, begun: &[&Begun], finished: &[Uuid]) -> Result<(), StoreError> {
        let rows = begun.iter().map(serde_json::to_string);
        let rows: Vec<String> = rows.collect::<Result<_, _>>().map_err(|error| {
            StoreError::Refused(format!("an append cannot be written down: {error}"))
        })?;
        write(&mut self.0, begun, &rows, finished).await.map_err(|error| failed(&error))
    }

    /// Gives the connection back.
    pub async fn close(self) {
        // What was committed is on disk already.
        let _ = self.0.close().await;
    }
}

async fn write(
    connection: &mut SqliteConnection,
    begun: &[&Begun],
    rows: &[String],
    finished: &[Uuid],
) -> Result<(), sqlx::Error> {
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
    transaction.commit().await
}

fn migrations() -> Migrator {
    let sql = include_str!("../../../migrations/store/kurrent/0001_begun.sql");
    let step = Migration::new(1, "begun".into(), MigrationType::Simple, sql.into_sql_str(), false);
    let mut migrator = Migrator::with_migrations(vec![step]);
    // The tables of the store beside count their own steps.
    migrator.dangerous_set_table_name("_kurrent_migrations");
    migrator
}
