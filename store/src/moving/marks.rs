//! What stands in a store's `meta` while it is moved, and after: why nobody may serve from it.

use std::path::Path;

use sqlx::{ConnectOptions, Connection, PgConnection};

use super::tables::{Row, Table};
use crate::sqlite::{self, open};
use crate::{EventStore, LOG_END, StoreError, postgres};

/// In the store that is moved into, until it was verified: the id of the log that moves in.
pub(super) const ARRIVING: &str = "moving: arriving";

/// In the store that was left: where the log is now.
pub(super) const DEPARTED: &str = "moving: departed";

/// Whether a row belongs to its store and never moves: a mark, or where a log in KurrentDB ends.
pub(super) fn stays(table: &Table, row: &Row) -> bool {
    let name = row.first().and_then(Option::as_deref).unwrap_or_default();
    match table.name {
        "meta" => name == ARRIVING || name == DEPARTED,
        "claims" => name == LOG_END,
        _ => false,
    }
}

/// Refuses a store that must not be served from: a log that has not wholly arrived, or has gone.
pub(crate) async fn refuse_if_moving(store: &dyn EventStore) -> Result<(), StoreError> {
    if store.meta(ARRIVING).await?.is_some() {
        return Err(StoreError::Refused(
            "a log is being moved into this store, and was not verified yet; run docket move again, \
             which goes on where it ended"
                .to_owned(),
        ));
    }
    if let Some(target) = store.meta(DEPARTED).await? {
        let target = String::from_utf8_lossy(&target).into_owned();
        return Err(StoreError::Refused(format!(
            "this log has moved to {target}; serve from there. If that move was never finished, \
             run it again, or docket move --give-up"
        )));
    }
    Ok(())
}

/// Sets or takes away the mark of a log that has gone, in a file that nobody else writes.
pub(super) async fn depart_sqlite(path: &Path, target: Option<&str>) -> Result<(), StoreError> {
    let sql = match target {
        Some(_) => "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
        None => "DELETE FROM meta WHERE name = ?1",
    };
    let done = async {
        let mut file = open::writing(path).create_if_missing(false).connect().await?;
        let mark = sqlx::query(sql).bind(DEPARTED).bind(target.map(str::as_bytes));
        mark.execute(&mut file).await?;
        file.close().await
    };
    done.await.map_err(|error| sqlite::failure::failed(&error))
}

/// From here on no process writes to the database, however old it is: none appends or erases a key, which
/// moves the log's end, nor takes numbers, records who reads, or keeps anything beside the log.
const FENCE: &str = "
    CREATE FUNCTION this_log_has_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'this log has moved; nothing is written to it any more'; END $$;
    DO $$
    DECLARE fenced text;
    BEGIN
        FOREACH fenced IN ARRAY ARRAY['log_end', 'counters', 'accesses', 'saved_views',
                                      'uploads', 'attachment_events', 'attachment_cursor']
        LOOP
            -- Who never recorded or kept anything has no tables for that.
            IF to_regclass(fenced) IS NOT NULL THEN
                EXECUTE format('CREATE TRIGGER this_log_has_moved
                    BEFORE INSERT OR UPDATE OR DELETE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION this_log_has_moved()', fenced);
            END IF;
        END LOOP;
    END $$";

/// Its triggers go with it.
const LIFT: &str = "DROP FUNCTION IF EXISTS this_log_has_moved() CASCADE";

pub(super) async fn depart_postgres(
    connection: &mut PgConnection,
    target: &str,
) -> Result<(), StoreError> {
    let done = async {
        let mut transaction = connection.begin().await?;
        // Whoever is appending has the row until it is committed.
        sqlx::raw_sql("SELECT 1 FROM log_end FOR UPDATE").execute(&mut *transaction).await?;
        // One that stands already would keep the mark away.
        sqlx::raw_sql(LIFT).execute(&mut *transaction).await?;
        let mark = "INSERT INTO meta (name, value) VALUES ($1, $2)
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let mark = sqlx::query(mark).bind(DEPARTED).bind(target.as_bytes());
        mark.execute(&mut *transaction).await?;
        sqlx::raw_sql(FENCE).execute(&mut *transaction).await?;
        transaction.commit().await
    };
    done.await.map_err(|error| postgres::failure::failed(&error))
}

pub(super) async fn return_postgres(connection: &mut PgConnection) -> Result<(), StoreError> {
    let done = async {
        let mut transaction = connection.begin().await?;
        sqlx::raw_sql(LIFT).execute(&mut *transaction).await?;
        let mark = sqlx::query("DELETE FROM meta WHERE name = $1").bind(DEPARTED);
        mark.execute(&mut *transaction).await?;
        transaction.commit().await
    };
    done.await.map_err(|error| postgres::failure::failed(&error))
}
