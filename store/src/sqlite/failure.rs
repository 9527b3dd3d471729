//! What SQLite's errors mean to a caller of the port.

use crate::StoreError;

const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const TOO_BIG: u32 = 18;
const NOT_A_DATABASE: u32 = 26;

/// SQLite's primary result code, where the error came from SQLite at all.
fn code(error: &sqlx::Error) -> Option<u32> {
    let extended: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// A text would have become longer than SQLite allows (a thousand million bytes).
pub(super) fn too_big(error: &sqlx::Error) -> bool {
    code(error) == Some(TOO_BIG)
}

/// An error of a read, or of a write before its COMMIT: nothing was written.
pub(crate) fn failed(error: &sqlx::Error) -> StoreError {
    match code(error) {
        Some(FULL) => StoreError::Full,
        Some(CORRUPT | NOT_A_DATABASE) => StoreError::Integrity(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// An error of COMMIT itself. SQLite finds the disk full before it writes the commit record, so
/// that is certain; after anything else only the log can tell what became of the transaction.
pub(crate) fn failed_at_commit(error: &sqlx::Error) -> StoreError {
    match code(error) {
        Some(FULL) => StoreError::Full,
        _ => StoreError::Unknown(error.to_string()),
    }
}
