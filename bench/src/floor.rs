//! The floor: what a store that commits every event by itself can do on this disk.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

/// Inserts one 330-byte event per transaction with `synchronous=FULL`, one after another, for a
/// while; answers events per second.
pub async fn one_event_per_transaction(dir: &Path, time: Duration) -> Result<f64, sqlx::Error> {
    let mut connection = SqliteConnectOptions::new()
        .filename(dir.join("floor.sqlite"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await?;
    sqlx::query(
        "CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, \
         version INTEGER NOT NULL, payload TEXT NOT NULL, UNIQUE (stream, version))",
    )
    .execute(&mut connection)
    .await?;
    let payload = "x".repeat(330);
    let start = Instant::now();
    let mut count = 0_i64;
    while start.elapsed() < time {
        sqlx::query("INSERT INTO events (stream, version, payload) VALUES ($1, $2, $3)")
            .bind(format!("ticket-{}", count / 7))
            .bind(count % 7)
            .bind(&payload)
            .execute(&mut connection)
            .await?;
        count += 1;
    }
    Ok(count as f64 / start.elapsed().as_secs_f64())
}
