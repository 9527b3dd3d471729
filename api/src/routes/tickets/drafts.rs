//! Replies that are kept until they are sent: draft, draft/discard, drafts (S-56).

use actix_web::{get, post, web};
use docket_domain::instant::Instant;
use docket_domain::ticket::command::TicketCommand;
use docket_projections::recorded::Moment;
use docket_projections::ticket_document::{Draft, TicketDocument, drafts};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::read::found;
use crate::auth::Caller;
use crate::body::Body;
use crate::call::{Answer, Call};
use crate::check::Check;
use crate::docket::Docket;
use crate::page::Page;
use crate::problem::Problem;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(keep_draft).service(discard_draft).service(read_drafts);
}

/// A reply that is not sent yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeptDraft {
    /// All that it says so far: 1 to 200,000 characters.
    body: String,
    /// The agent whose it is; the caller's own when not said.
    agent: Option<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Keep a reply that is not sent yet, in place of what its author kept before. A reply of theirs ends it.
#[utoipa::path(tag = "tickets", request_body = KeptDraft,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/draft")]
async fn keep_draft(call: Call, id: web::Path<String>, body: Body<KeptDraft>) -> Answer {
    let asked = body.asked;
    Check::default().text("/body", &asked.body).done()?;
    let gather = async {
        let author = call.agent_or_self("/agent", asked.agent).await?;
        Ok(TicketCommand::Draft { author, body: asked.body })
    };
    call.execute_with(&id, &body.bytes, asked.occurred_at, gather).await
}

/// Whose draft is thrown away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DiscardedDraft {
    /// The agent whose it is; the caller's own when not said.
    agent: Option<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Throw a draft away; where there is none, nothing happens.
#[utoipa::path(tag = "tickets", request_body = DiscardedDraft,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/draft/discard")]
async fn discard_draft(call: Call, id: web::Path<String>, body: Body<DiscardedDraft>) -> Answer {
    let gather = async {
        let author = call.agent_or_self("/agent", body.asked.agent).await?;
        Ok(TicketCommand::DiscardDraft { author })
    };
    call.execute_with(&id, &body.bytes, body.asked.occurred_at, gather).await
}

/// Get the drafts in a ticket with what they say.
#[utoipa::path(tag = "tickets",
    responses((status = 200, description = "The drafts, the one begun first at the front.", body = Page<Draft>)))]
#[get("/drafts")]
async fn read_drafts(docket: web::Data<Docket>, caller: Caller, id: web::Path<String>) -> Answer {
    let id = found(&docket, &id).await?;
    let history = docket.reader.stream(&id.stream(), Moment::Now).await?;
    if history.is_empty() {
        return Err(Problem::not_found("ticket"));
    }
    docket.read_by(&caller.0, "drafts", id.to_string())?;
    Page::until(drafts(&history), None).answer()
}
