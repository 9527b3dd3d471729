//! `/v1/agents/{id}/absences`: who is away, until when, and who stands in (S-63, S-91).

use actix_web::http::StatusCode;
use actix_web::{post, web};
use docket_commands::{CommandError, Done};
use docket_domain::agent::Absence;
use docket_domain::ids::AbsenceId;
use docket_domain::instant::Instant;
use docket_projections::ticket_document::AgentSummary;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::AgentDocument;
use crate::body::Body;
use crate::call::{Answer, Call};
use crate::problem::Problem;

/// Registers the routes.
pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(record).service(end);
}

/// A time in which an agent is away.
#[derive(Serialize, ToSchema)]
pub(super) struct AbsenceDocument {
    /// Its id.
    #[schema(value_type = String)]
    id: AbsenceId,
    /// The first instant of it.
    #[schema(value_type = String, format = DateTime)]
    from: Instant,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    until: Instant,
    /// Who stands in, if somebody does.
    substitute: Option<AgentSummary>,
}

/// The absences that are not over at `now`, the next one first.
pub(super) fn not_over(absences: Vec<Absence>, now: Instant) -> Vec<AbsenceDocument> {
    let mut absences: Vec<AbsenceDocument> = absences
        .into_iter()
        .filter(|absence| absence.until > now)
        .map(|Absence { id, from, until, substitute }| AbsenceDocument {
            id,
            from,
            until,
            substitute: substitute
                .map(|it| AgentSummary { id: it.id.0, name: it.name.known().cloned() }),
        })
        .collect();
    absences.sort_by_key(|absence| absence.from);
    absences
}

/// An absence to be recorded: no reason is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RecordAbsence {
    /// The first instant of it; now when not said. It may have begun.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Instant>,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    until: Instant,
    /// The id of the active agent who stands in.
    substitute: Option<Uuid>,
}

/// Nothing more is to be said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndAbsence {}

/// Record that an agent is away: on leave, or ill.
#[utoipa::path(tag = "agents", request_body = RecordAbsence,
    responses((status = 201, description = "The agent.", body = AgentDocument)))]
#[post("/agents/{id}/absences")]
async fn record(call: Call, id: web::Path<String>, body: Body<RecordAbsence>) -> Answer {
    let RecordAbsence { from, until, substitute } = body.asked;
    let id = super::named(&id)?;
    let substitute = call.maybe_agent("/substitute", substitute).await?;
    let request = call.request(&body.bytes, None)?;
    let period = (from.unwrap_or_else(|| call.docket.now()), until);
    let done = call.docket.desk.record_absence(&request, id, period, substitute).await;
    told(&call, done, StatusCode::CREATED).await
}

/// End an absence now; one that has not begun does not take place.
#[utoipa::path(tag = "agents", request_body = EndAbsence,
    responses((status = 200, description = "The agent.", body = AgentDocument)))]
#[post("/agents/{id}/absences/{absence}/end")]
async fn end(call: Call, path: web::Path<(String, String)>, body: Body<EndAbsence>) -> Answer {
    let EndAbsence {} = body.asked;
    let (id, absence) = path.into_inner();
    let id = super::named(&id)?;
    let absence = Uuid::try_parse(&absence).map_err(|_| Problem::not_found("absence"))?;
    let request = call.request(&body.bytes, None)?;
    let done = call.docket.desk.end_absence(&request, id, AbsenceId(absence)).await;
    told(&call, done, StatusCode::OK).await
}

async fn told(call: &Call, done: Result<Done, CommandError>, status: StatusCode) -> Answer {
    match done {
        Ok(done) => super::answer(call, &done, status).await,
        Err(error) => Err(call.docket.refusal(&call.principal, error).await.missing("agent")),
    }
}
