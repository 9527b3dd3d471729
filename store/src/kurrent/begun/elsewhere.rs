//! What other processes have begun, read without a turn of one's own.

use uuid::Uuid;

use super::read;
use super::shared::id;
use crate::StoreError;
use crate::kurrent::beside::Others;
use crate::postgres::PostgresStore;
use crate::postgres::failure::failed;

/// What other processes have begun or placed, of commands that are in the log. What is not begun any
/// more is placed: so it is asked in this order.
pub(in crate::kurrent) async fn others(
    store: &PostgresStore,
    commands: &[Uuid],
) -> Result<Others, StoreError> {
    let wanted: Vec<_> = commands.iter().copied().map(id).collect();
    let pool = store.pool();
    let begun: Vec<String> =
        sqlx::query_scalar("SELECT append FROM begun WHERE command_id = ANY ($1)")
            .bind(&wanted)
            .fetch_all(&pool)
            .await
            .map_err(|error| failed(&error))?;
    let placed: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT command_id FROM commands WHERE command_id = ANY ($1)")
            .bind(&wanted)
            .fetch_all(&pool)
            .await
            .map_err(|error| failed(&error))?;
    let begun = begun.iter().map(|row| read(row)).collect::<Result<Vec<_>, _>>()?;
    Ok(Others {
        begun: begun.into_iter().map(|begun| (begun.append.command_id, begun)).collect(),
        placed: placed.iter().filter_map(|id| Uuid::from_slice(id).ok()).collect(),
    })
}

/// Whether some process has begun a command and not finished it.
pub(in crate::kurrent) async fn has_begun(
    store: &PostgresStore,
    command: Uuid,
) -> Result<bool, StoreError> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM begun WHERE command_id = $1)")
        .bind(id(command))
        .fetch_one(&store.pool())
        .await
        .map_err(|error| failed(&error))
}
