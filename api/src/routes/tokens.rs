//! `/v1/tokens`: who may call. Issuing and revoking are events.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, post, web};
use docket_domain::ids::{AgentId, TokenId};
use docket_domain::instant::Instant;
use docket_domain::token::{Issued, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::auth;
use crate::body::{Body, Params};
use crate::call::{Answer, Call};
use crate::check::Check;
use crate::docket::Docket;
use crate::gate::POSITION;
use crate::page::{Page, Part};
use crate::problem::Problem;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list).service(issue).service(revoke);
}

/// A token, as administrators see it.
#[derive(Serialize, ToSchema)]
struct Token {
    /// Its id.
    #[schema(value_type = String)]
    id: TokenId,
    /// What people call it.
    name: String,
    /// What it may do.
    #[schema(value_type = String)]
    role: Role,
    /// The agent who acts with it.
    #[schema(value_type = Option<String>)]
    agent: Option<AgentId>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    issued_at: Instant,
    /// Whether it is worth nothing any more.
    revoked: bool,
}

/// Who shall be able to call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Issue {
    /// What people call it: 1 to 200 characters.
    name: String,
    /// `agent`, `supervisor`, `auditor`, `analyst` or `admin`.
    #[schema(value_type = String)]
    role: Role,
    /// The id of the agent who acts with it.
    agent: Option<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// A token just issued.
#[derive(Serialize, ToSchema)]
struct Secret {
    /// Its id.
    #[schema(value_type = String)]
    id: TokenId,
    /// What people call it.
    name: String,
    /// What it may do.
    #[schema(value_type = String)]
    role: Role,
    /// The agent who acts with it.
    #[schema(value_type = Option<String>)]
    agent: Option<AgentId>,
    /// The secret, shown this once.
    token: String,
}

/// List all tokens ever issued, without their secrets.
#[utoipa::path(tag = "tokens", params(Part),
    responses((status = 200, description = "The tokens.", body = Page<Token>)))]
#[get("/tokens")]
async fn list(docket: web::Data<Docket>, part: Params<Part>) -> Answer {
    let known = docket.desk.tokens().await?.into_iter();
    let tokens = known.map(|known| Token {
        id: known.id,
        name: known.token.issued.name,
        role: known.token.issued.role,
        agent: known.token.issued.agent,
        issued_at: known.issued_at,
        revoked: known.token.revoked,
    });
    Page::part(tokens.collect(), &part.0, |token| token.id.to_string())?.answer()
}

/// Issue a token. The secret is in this answer and nowhere else.
#[utoipa::path(tag = "tokens", request_body = Issue,
    responses((status = 201, description = "The token.", body = Secret)))]
#[post("/tokens")]
async fn issue(call: Call, body: Body<Issue>) -> Answer {
    Check::default().name("/name", &body.asked.name).done()?;
    let request = call.request(&body.bytes, body.asked.occurred_at)?;
    let secret = call.docket.secret(&call)?;
    let issued = Issued {
        name: body.asked.name.trim().to_owned(),
        role: body.asked.role,
        agent: body.asked.agent.map(AgentId),
        secret_sha256: auth::fingerprint(&secret),
    };
    let done = call.docket.desk.issue_token(&request, issued.clone()).await?;
    let reloaded = call.docket.tokens.reload(&*call.docket.store).await;
    reloaded.map_err(|error| Problem::from(error).though_done())?;
    let id = TokenId::of_stream(&done.stream).ok_or_else(Problem::internal)?;
    let Issued { name, role, agent, .. } = issued;
    call.answer(&done, StatusCode::CREATED, &Secret { id, name, role, agent, token: secret })
}

/// Revoke a token; it is worth nothing from now on.
#[utoipa::path(tag = "tokens", responses((status = 204, description = "It is revoked.")))]
#[delete("/tokens/{id}")]
async fn revoke(call: Call, id: web::Path<String>) -> Answer {
    let id = id.parse().map(TokenId).map_err(|_| Problem::not_found("token"))?;
    let request = call.request(&[], None)?;
    let done = match call.docket.desk.revoke_token(&request, id).await {
        Ok(done) => done,
        Err(error) => return Err(call.docket.refusal(&call.principal, error).await),
    };
    call.docket.tokens.revoke(id).await;
    Ok(HttpResponse::NoContent().insert_header((POSITION, done.position)).finish())
}
