//! What the client's errors mean to a caller of the port.

use eventstore::Error;

use crate::StoreError;

/// An error of a read, or of anything else that changes nothing.
pub(super) fn failed(error: &Error) -> StoreError {
    match error {
        Error::AccessDenied => StoreError::Refused(
            "KurrentDB refuses: check the user, the password and the streams' access lists"
                .to_owned(),
        ),
        Error::ResourceDeleted => {
            StoreError::Integrity("a stream of Docket's was deleted in KurrentDB".to_owned())
        }
        other => StoreError::Unavailable(format!("KurrentDB: {other}")),
    }
}

/// An append that is refused, so that sending it again is of no use.
pub(super) fn refused(error: &Error) -> StoreError {
    match error {
        Error::Grpc { message, .. } => {
            StoreError::Refused(format!("KurrentDB does not take this append: {message}"))
        }
        other => failed(other),
    }
}

/// What an error says of an append that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing was written, and trying again may help: another node leads, or none was reached.
    NotSent,
    /// Nothing was written, and trying again does not help.
    Refused,
    /// The stream is elsewhere, and these events are not in it.
    Elsewhere,
    /// It may have been written.
    Unknown,
}

/// `INVALID_ARGUMENT`, `RESOURCE_EXHAUSTED` and `OUT_OF_RANGE`, as gRPC numbers its codes: what the
/// server, or the client before it, says of an append that is larger than it takes.
const REFUSALS: [i32; 3] = [3, 8, 11];

/// `CANCELLED`, which the client says of a question whose connection ended before it was asked.
const CANCELLED: i32 = 1;

/// What became of an append that an error was answered to. What is not certain is unknown.
pub(super) fn verdict(error: &Error) -> Verdict {
    match error {
        Error::NotLeaderException(_) | Error::GrpcConnectionError(_) => Verdict::NotSent,
        Error::AccessDenied | Error::ResourceDeleted | Error::UnsupportedFeature => {
            Verdict::Refused
        }
        // Too large, or not to be had: sent again it would be answered so again, for ever.
        Error::Grpc { code, .. } if REFUSALS.contains(&i32::from(*code)) => Verdict::Refused,
        Error::WrongExpectedVersion { .. } => Verdict::Elsewhere,
        _ => Verdict::Unknown,
    }
}

/// Whether a client that answers this never answers otherwise: its first connection failed.
pub(super) fn is_dead(error: &Error) -> bool {
    matches!(error, Error::ConnectionClosed | Error::GrpcConnectionError(_))
}

/// Whether the node that was asked may be gone: it broke off, or did not answer in time.
pub(super) fn may_be_gone(error: &Error) -> bool {
    match error {
        Error::ServerError(_) | Error::DeadlineExceeded => true,
        Error::Grpc { code, .. } => i32::from(*code) == CANCELLED,
        _ => false,
    }
}
