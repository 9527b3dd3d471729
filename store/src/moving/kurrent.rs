//! Leaving KurrentDB: the tables are in the file beside it, and what the events say is not.

use sqlx::SqliteConnection;

use super::compare::event;
use super::tables::Row;
use crate::StoreError;
use crate::kurrent::leaving::Leaving;
use crate::sqlite::failure::failed;

/// Rows of events as any other store has them.
pub(super) async fn told(log: &Leaving, rows: Vec<Row>) -> Result<Vec<Row>, StoreError> {
    let beside = rows.iter().map(|row| event(row).map(|(event, _)| event));
    let beside = beside.collect::<Option<Vec<_>>>().ok_or_else(|| {
        StoreError::Integrity("an event beside the log cannot be read".to_owned())
    })?;
    let told = log.told(beside).await?;
    let rows = rows.into_iter().zip(told).map(|(mut row, (event, hash))| {
        // In the order of the table's columns, from the eighth on.
        let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let told = [event.recorded_at.to_string(), hash, event.envelope, event.payload];
        for (column, text) in row.iter_mut().skip(7).zip(told) {
            *column = Some(text);
        }
        row
    });
    Ok(rows.collect())
}

/// Refuses to leave while an append is begun that may be in the log, or may yet come there.
pub(super) async fn refuse_if_begun(beside: &mut SqliteConnection) -> Result<(), StoreError> {
    let begun: i64 = sqlx::query_scalar("SELECT count(*) FROM begun")
        .fetch_one(beside)
        .await
        .map_err(|error| failed(&error))?;
    if begun == 0 {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "{begun} appends to KurrentDB were begun and are not finished: start the server of the source \
         once more, which finishes them, stop it, and run the move again"
    )))
}
