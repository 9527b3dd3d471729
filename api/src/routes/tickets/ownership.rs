//! Who owns a ticket, and who should look at it: assign, unassign, handover, escalate, deescalate.

use actix_web::{post, web};
use docket_domain::instant::Instant;
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::event::AssignMethod;
use docket_projections::ticket_document::TicketDocument;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::body::Body;
use crate::call::{Answer, Call};
use crate::check::Check;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(assign).service(unassign).service(handover);
    config.service(escalate).service(deescalate);
}

/// Who shall own the ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Assign {
    /// The agent's id.
    agent: Uuid,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Give the ticket an owner.
#[utoipa::path(tag = "tickets", request_body = Assign,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/assign")]
async fn assign(call: Call, id: web::Path<String>, body: Body<Assign>) -> Answer {
    let gather = async {
        let to = call.agent("/agent", body.asked.agent).await?;
        Ok(TicketCommand::Assign { to, method: AssignMethod::Manual })
    };
    call.execute_with(&id, &body.bytes, body.asked.occurred_at, gather).await
}

/// Why a ticket loses its owner.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Unassign {
    /// Why.
    reason: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Take the ticket's owner away.
#[utoipa::path(tag = "tickets", request_body = Unassign,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/unassign")]
async fn unassign(call: Call, id: web::Path<String>, body: Body<Unassign>) -> Answer {
    let asked = body.asked;
    Check::default().maybe_text("/reason", asked.reason.as_ref()).done()?;
    let command = TicketCommand::Unassign { reason: asked.reason };
    call.execute(&id, &body.bytes, asked.occurred_at, command).await
}

/// To whom a ticket is handed over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Handover {
    /// The next owner's id.
    to: Uuid,
    /// Until when, for a substitution.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Instant>,
    /// What the next owner should know.
    note: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Pass the ticket on to another owner, with what is still promised.
#[utoipa::path(tag = "tickets", request_body = Handover,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/handover")]
async fn handover(call: Call, id: web::Path<String>, body: Body<Handover>) -> Answer {
    let asked = body.asked;
    Check::default().maybe_text("/note", asked.note.as_ref()).done()?;
    let gather = async {
        let to = call.agent("/to", asked.to).await?;
        let ticket = call.ticket(&id).await?;
        let aliases_promise = call.docket.desk.promised_by_aliases(ticket).await?;
        Ok(TicketCommand::HandOver { to, aliases_promise, until: asked.until, note: asked.note })
    };
    call.execute_with(&id, &body.bytes, asked.occurred_at, gather).await
}

/// Why, how far and to whom a ticket is escalated.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Escalate {
    /// Why.
    reason: String,
    /// The level, at most 9; one more than now when not said.
    level: Option<u8>,
    /// The id of the agent who should look at it.
    to: Option<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Raise the ticket to a higher level of attention.
#[utoipa::path(tag = "tickets", request_body = Escalate,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/escalate")]
async fn escalate(call: Call, id: web::Path<String>, body: Body<Escalate>) -> Answer {
    let asked = body.asked;
    Check::default().text("/reason", &asked.reason).done()?;
    let gather = async {
        let to = call.maybe_agent("/to", asked.to).await?;
        Ok(TicketCommand::Escalate { level: asked.level, to, reason: asked.reason })
    };
    call.execute_with(&id, &body.bytes, asked.occurred_at, gather).await
}

/// How far an escalation is lowered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Deescalate {
    /// The level; none (0) when not said.
    level: Option<u8>,
    /// Why.
    reason: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Lower or end an escalation.
#[utoipa::path(tag = "tickets", request_body = Deescalate,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/deescalate")]
async fn deescalate(call: Call, id: web::Path<String>, body: Body<Deescalate>) -> Answer {
    let asked = body.asked;
    Check::default().maybe_text("/reason", asked.reason.as_ref()).done()?;
    let command = TicketCommand::Deescalate { level: asked.level, reason: asked.reason };
    call.execute(&id, &body.bytes, asked.occurred_at, command).await
}
