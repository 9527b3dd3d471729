//! What is written beside the log: numbers, data keys and settings.

use sqlx::SqliteConnection;

use super::failure::failed;
use crate::{Millis, StoreError};

/// Reserves numbers of a counter; answers the first.
pub(super) async fn reserve_numbers(
    connection: &mut SqliteConnection,
    counter: &str,
    count: u64,
) -> Result<u64, StoreError> {
    let next: i64 = sqlx::query_scalar(
        "INSERT INTO counters (counter, next) VALUES (?1, 1 + ?2)
         ON CONFLICT (counter) DO UPDATE SET next = next + ?2 RETURNING next",
    )
    .bind(counter)
    .bind(count as i64)
    .fetch_one(connection)
    .await
    .map_err(|error| failed(&error))?;
    Ok(next as u64 - count)
}

/// Destroys a key and leaves the tombstone.
///
/// Erasing twice keeps the first time; erasing what never was forbids that it ever comes to be.
pub(super) async fn erase_key(
    connection: &mut SqliteConnection,
    subject: &str,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO subject_keys (subject, erased_at) VALUES (?1, ?2)
         ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, erased_at = excluded.erased_at
         WHERE erased_at IS NULL",
    )
    .bind(subject)
    .bind(now)
    .execute(connection)
    .await
    .map(|_| ())
    .map_err(|error| failed(&error))
}

/// Sets a value when there is none yet; answers the one that holds.
pub(super) async fn init_meta(
    connection: &mut SqliteConnection,
    name: &str,
    value: &[u8],
) -> Result<Vec<u8>, StoreError> {
    // The update changes nothing; it makes RETURNING answer the row that was there.
    sqlx::query_scalar(
        "INSERT INTO meta (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = value RETURNING value",
    )
    .bind(name)
    .bind(value)
    .fetch_one(connection)
    .await
    .map_err(|error| failed(&error))
}
