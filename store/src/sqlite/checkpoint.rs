//! Folding the write-ahead log into the database beside the writer.
//!
//! A commit that has to copy sixteen megabytes lets everybody wait who appends meanwhile. So a
//! connection of its own copies what is committed while the writer goes on; the writer itself only
//! copies what is left when the write-ahead log has grown long, and starts it anew.

use std::path::Path;
use std::sync::Arc;

use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use super::failure::failed;
use super::open;
use crate::{Position, StoreError};

/// After how many events what was committed is copied: some megabytes.
const EVENTS: u64 = 1_000;

/// Held by whoever folds the write-ahead log: two at once would be in each other's way.
pub(super) type Turn = Arc<Mutex<()>>;

/// Starts to follow the log; the task ends with the log's writer.
pub(super) async fn start(
    path: &Path,
    head: watch::Receiver<Position>,
    turn: Turn,
) -> Result<JoinHandle<()>, StoreError> {
    let connection = open::folding(path).connect().await.map_err(|error| failed(&error))?;
    Ok(tokio::spawn(follow(connection, head, turn)))
}

async fn follow(mut connection: SqliteConnection, mut head: watch::Receiver<Position>, turn: Turn) {
    let mut copied = *head.borrow();
    while let Ok(reached) = head.wait_for(|head| *head >= copied + EVENTS).await.map(|head| *head) {
        copied = reached;
        let _turn = turn.lock().await;
        let fold = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut connection).await;
        if let Err(error) = fold {
            // The writer folds it all the same, only later; a full disk is said where it hurts.
            tracing::debug!(%error, "the write-ahead log was not folded");
        }
    }
    let _ = connection.close().await;
}

/// Copies all of the write-ahead log and empties it, unless a reader keeps it: waiting for one would
/// hold up everybody who writes, so that is answered instead.
pub(super) async fn empty(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *connection).await?;
    let emptied: Result<(i64, i64, i64), _> =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await;
    let patience = open::PATIENCE.as_millis();
    let patience = sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {patience}"));
    sqlx::query(patience).execute(&mut *connection).await?;
    emptied.map(|(busy, ..)| busy == 0)
}
