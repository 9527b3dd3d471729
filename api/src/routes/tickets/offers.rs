//! What becomes of a ticket that is offered: offer/accept, offer/decline.

use actix_web::{post, web};
use docket_domain::instant::Instant;
use docket_domain::ticket::command::TicketCommand;
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
    config.service(accept).service(decline);
}

/// Who takes the ticket that is offered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcceptOffer {
    /// The agent's id; the caller's own when not said.
    agent: Option<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Take the ticket that is offered: whoever it is offered to becomes its owner.
#[utoipa::path(tag = "tickets", request_body = AcceptOffer,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/offer/accept")]
async fn accept(call: Call, id: web::Path<String>, body: Body<AcceptOffer>) -> Answer {
    let gather = async {
        let agent = call.agent_or_self("/agent", body.asked.agent).await?;
        Ok(TicketCommand::AcceptOffer { agent })
    };
    call.execute_with(&id, &body.bytes, body.asked.occurred_at, gather).await
}

/// Who does not take the ticket that is offered, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeclineOffer {
    /// Why.
    reason: String,
    /// The agent's id; the caller's own when not said.
    agent: Option<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Do not take the ticket that is offered: it is offered to the next.
#[utoipa::path(tag = "tickets", request_body = DeclineOffer,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/offer/decline")]
async fn decline(call: Call, id: web::Path<String>, body: Body<DeclineOffer>) -> Answer {
    let asked = body.asked;
    Check::default().text("/reason", &asked.reason).done()?;
    let gather = async {
        let agent = call.agent_or_self("/agent", asked.agent).await?;
        Ok(TicketCommand::DeclineOffer { agent, reason: asked.reason })
    };
    call.execute_with(&id, &body.bytes, asked.occurred_at, gather).await
}
