//! Whose a complaint is from now on, and that it is a graver one than was thought (S-72).

use actix_web::{post, web};
use docket_domain::instant::Instant;
use docket_domain::ticket::command::{ComplaintReassignment, TicketCommand};
use docket_domain::ticket::event::Severity;
use docket_projections::ticket_document::TicketDocument;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{manager, right};
use crate::body::Body;
use crate::call::{Answer, Call};
use crate::check::Check;

/// Whose a complaint shall be, and whether it is graver than was thought: one of the two at least.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reassign {
    /// The id of the agent who shall own it; when not said, one that becomes major is the queue's manager's.
    owner: Option<Uuid>,
    /// `major`, to make it a major one; none becomes a minor one again.
    #[schema(value_type = Option<String>)]
    severity: Option<Severity>,
    /// Why.
    reason: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Give the open complaint to another owner, or make it a major one.
#[utoipa::path(tag = "tickets", request_body = Reassign,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/complaint/assign")]
pub(super) async fn reassign(call: Call, id: web::Path<String>, body: Body<Reassign>) -> Answer {
    let Reassign { owner, severity, reason, occurred_at } = body.asked;
    let is_major = severity == Some(Severity::Major);
    let never_less = "a complaint does not become a minor one again";
    Check::default()
        .that(severity != Some(Severity::Minor), "/severity", "invalid_value", never_less)
        .that(
            owner.is_some() || is_major,
            "/owner",
            "missing_field",
            "must be said where no severity is",
        )
        .maybe_text("/reason", reason.as_ref())
        .done()?;
    let gather = async {
        let to = call.maybe_agent("/owner", owner).await?;
        let manager = manager(&call, &id).await?;
        let (asked_by, in_place_of, authority) = right(&call, &id).await?;
        let asked_by = Some(asked_by);
        Ok(TicketCommand::ReassignComplaint(Box::new(ComplaintReassignment {
            to,
            manager,
            is_major,
            reason,
            asked_by,
            in_place_of,
            authority,
        })))
    };
    call.execute_with(&id, &body.bytes, occurred_at, gather).await
}
