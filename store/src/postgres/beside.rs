//! What is written beside the log: numbers, data keys and settings.

use sqlx::{PgConnection, PgPool};

use super::known;
use super::reads::fetch_column;
use crate::{Millis, StoreError};

/// Reserves numbers of a counter; answers the first. If the connection is lost and it is done again,
/// numbers are left out.
pub(super) async fn reserve_numbers(
    pool: &PgPool,
    counter: &str,
    count: u64,
) -> Result<u64, StoreError> {
    let query = sqlx::query(
        "INSERT INTO counters AS c (counter, next) VALUES ($1, 1 + $2)
         ON CONFLICT (counter) DO UPDATE SET next = c.next + $2 RETURNING next",
    );
    let next: Vec<i64> = fetch_column(pool, query.bind(counter).bind(count as i64)).await?;
    next.first().map(|next| *next as u64 - count).ok_or_else(nothing)
}

/// Begins a transaction, destroys a key and leaves the tombstone.
///
/// Erasing twice keeps the first time; erasing what never was forbids that it ever comes to be. It
/// takes its turn at the log's end, so that no append is bringing the key at this moment, and that the
/// times follow the order of commits: whoever reads on from a time misses none.
pub(super) async fn begin_and_erase_key(
    connection: &mut PgConnection,
    subject: &str,
    now: Millis,
) -> Result<(), sqlx::Error> {
    known::begin_at_end(&mut *connection).await?;
    // A server of an older release, which waits for the lock, reads again when the turn has changed.
    sqlx::query("UPDATE log_end SET turn = turn + 1").execute(&mut *connection).await?;
    sqlx::query(
        "INSERT INTO subject_keys AS k (subject, erased_at)
         SELECT $1, greatest($2, max(erased_at)) FROM subject_keys
         ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, erased_at = excluded.erased_at
         WHERE k.erased_at IS NULL",
    )
    .bind(subject)
    .bind(now)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Sets a value when there is none yet; answers the one that holds.
pub(super) async fn init_meta(
    pool: &PgPool,
    name: &str,
    value: &[u8],
) -> Result<Vec<u8>, StoreError> {
    // The update changes nothing; it makes RETURNING answer the row that was there.
    let query = sqlx::query(
        "INSERT INTO meta AS m (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = m.value RETURNING value",
    );
    let held: Vec<Vec<u8>> = fetch_column(pool, query.bind(name).bind(value)).await?;
    held.into_iter().next().ok_or_else(nothing)
}

fn nothing() -> StoreError {
    StoreError::Integrity("PostgreSQL answered no row where it must".to_owned())
}
