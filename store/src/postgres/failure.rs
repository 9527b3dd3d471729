//! What PostgreSQL's errors mean to a caller of the port.

use crate::StoreError;

fn code(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// An error of a read, or of a write before its COMMIT: nothing was written.
pub(crate) fn failed(error: &sqlx::Error) -> StoreError {
    let code = code(error).unwrap_or_default();
    match code.as_str() {
        "53100" => StoreError::Full,
        // Data or an index is corrupted.
        "XX001" | "XX002" => StoreError::Integrity(error.to_string()),
        // A wrong user, password or database, or one that this user may not use.
        "28000" | "28P01" | "3D000" | "42501" => StoreError::Refused(format!(
            "PostgreSQL refuses: {error}; check the user, the database and their rights"
        )),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// An error of COMMIT itself: only the log can tell what became of the transaction.
pub(crate) fn failed_at_commit(error: &sqlx::Error) -> StoreError {
    StoreError::Unknown(error.to_string())
}

/// PostgreSQL gave the transaction up to let another go on; the whole of it may be tried again.
pub(super) fn gave_way(error: &sqlx::Error) -> bool {
    // Serialization failure, deadlock.
    matches!(code(error).as_deref(), Some("40001" | "40P01"))
}

/// The connection is gone, or leads to a server that does not take writes any more; another one may
/// serve.
pub(super) fn lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::WorkerCrashed => true,
        _ => code(error).is_some_and(|code| {
            // Connection exceptions, shutdowns, a session that was idle too long, a standby.
            code.starts_with("08")
                || matches!(
                    code.as_str(),
                    "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25006"
                )
        }),
    }
}
