//! What the layers below say went wrong, as problems.

use std::fmt;

use actix_web::http::StatusCode;
use docket_commands::CommandError;
use docket_domain::definition::{DefinitionRefusal, FieldError};
use docket_projections::documents::{DocumentsError, LONGEST_LIST};
use docket_projections::recorded::ReadError;
use docket_projections::runner::ProjectionError;
use docket_projections::ticket_list::ListError;
use docket_store::StoreError;

use super::{Fault, Problem};

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let detail = error.to_string();
        match error {
            CommandError::Ticket(rule) => Self::refused(rule.code(), rule.field(), detail),
            CommandError::Customer(rule) => Self::refused(rule.code(), rule.field(), detail),
            CommandError::Agent(rule) => Self::refused(rule.code(), rule.field(), detail),
            CommandError::Definition(rule) => undefined(&rule),
            CommandError::Token(rule) => Self::refused(rule.code(), rule.field(), detail),
            CommandError::UnknownAgent { .. } => Self::field("/agent", "unknown_agent", detail),
            CommandError::AgentAbsent { .. } => Self::refused("agent_absent", None, detail),
            CommandError::AtCapacity { .. } => Self::refused("at_capacity", None, detail),
            CommandError::UnknownCustomer { .. } => {
                Self::field("/customer/id", "unknown_customer", detail)
            }
            CommandError::UnknownTicket { .. } | CommandError::NoAlias => {
                Self::field("/ticket", "unknown_ticket", detail)
            }
            CommandError::NotRegistered { .. } => {
                Self::field("/customer", "customer_not_registered", detail)
            }
            CommandError::UnknownZone { .. } => Self::field("/zone", "unknown_zone", detail),
            CommandError::TooEarly { .. } | CommandError::NotYet => {
                Self::field("/occurred_at", "occurred_at_out_of_range", detail)
            }
            CommandError::AddressTaken => Self::refused("address_taken", None, detail),
            CommandError::NotFree => Self::refused("ticket_not_free", None, detail),
            CommandError::Erased { .. } => Self::refused("person_erased", None, detail),
            CommandError::Stale { actual, .. } => Self::stale(actual, Vec::new()),
            CommandError::KeyReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail)
            }
            CommandError::Contended | CommandError::GivenMeanwhile => {
                Self::unavailable("contended", detail, 1)
            }
            CommandError::Decode(error) => broken(&error),
            CommandError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let detail = match &error {
            StoreError::Unavailable(_) => "the store cannot be reached now",
            StoreError::Full => "the store's disk is full; nothing was written and reads go on",
            StoreError::Unknown(_) => {
                "the outcome of the write is unknown; send it again under the same Idempotency-Key"
            }
            StoreError::Integrity(_) | StoreError::Refused(_) => return broken(&error),
        };
        tracing::warn!(%error, "the store could not answer");
        let (code, seconds) = match error {
            StoreError::Full => ("disk_full", 30),
            StoreError::Unknown(_) => ("outcome_unknown", 1),
            _ => ("unavailable", 1),
        };
        Self::unavailable(code, detail, seconds)
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => error.into(),
            error => broken(&error),
        }
    }
}

impl From<DocumentsError> for Problem {
    fn from(error: DocumentsError) -> Self {
        if error.took_too_long() {
            let detail = format!(
                "the list took longer than {} s; narrow it, say by queue, status or created_from",
                LONGEST_LIST.as_secs()
            );
            return Self::unavailable("list_too_slow", detail, 5);
        }
        tracing::error!(%error, "the views could not answer");
        Self::unavailable("views_unavailable", "the views cannot be asked now", 1)
    }
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Cursor(error) => Self::field("/cursor", "invalid_cursor", error.to_string()),
            ListError::Documents(error) => error.into(),
        }
    }
}

impl From<ProjectionError> for Problem {
    fn from(error: ProjectionError) -> Self {
        match error {
            ProjectionError::Documents(error) => error.into(),
            ProjectionError::Read(error) => error.into(),
            ProjectionError::UnknownView(_) => Self::not_found("view"),
            ProjectionError::NothingKept(_) => {
                Self::new(StatusCode::CONFLICT, "nothing_kept", error.to_string())
            }
            ProjectionError::Refused(_) | ProjectionError::Stopped => {
                Self::unavailable("views_unavailable", error.to_string(), 1)
            }
        }
    }
}

/// A definition that may not be published or retired: 422 for what its document or key says, 409
/// where the desk or another definition needs what would go.
fn undefined(rule: &DefinitionRefusal) -> Problem {
    let fault = |error: &FieldError| Fault {
        pointer: error.pointer.clone(),
        code: "invalid_value".into(),
        detail: error.problem.to_string(),
    };
    match rule {
        DefinitionRefusal::Invalid { errors } => {
            let mut problem = Problem::invalid(errors.iter().map(fault).collect());
            problem.0.code = rule.code().into();
            problem
        }
        DefinitionRefusal::InvalidKey => Problem::field("", rule.code(), rule.to_string()),
        DefinitionRefusal::NoSuchDefinition
        | DefinitionRefusal::BuiltIn
        | DefinitionRefusal::InUse { .. } => Problem::refused(rule.code(), None, rule.to_string()),
    }
}

/// Something that must not be: logged here, since nobody after can.
fn broken(error: &dyn fmt::Display) -> Problem {
    tracing::error!(%error, "something that must not be");
    Problem::internal()
}
