//! What is asked of a plan beside what it says: `/v1/plans/{key}/what-if`.

use std::sync::Arc;

use actix_web::{HttpResponse, post, web};
use docket_commands::Drafts;
use docket_domain::instant::Instant;
use docket_domain::sla::calendar::Calendar;
use docket_domain::sla::plan::Plan;
use docket_projections::what_if as past;
use docket_projections::what_if::WhatIf;
use serde::Deserialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::body::Body;
use crate::call::{Answer, Call, json};
use crate::problem::Problem;

/// Held by whoever tries a draft on the past. That takes both cores for seconds: one at a time leaves
/// the machine to commands.
static TRYING: Mutex<()> = Mutex::const_new(());

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(what_if);
}

/// A draft, and the tickets it is tried on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Of tickets that were opened at this instant or later.
    #[schema(value_type = String, format = DateTime)]
    from: Instant,
    /// And before this one; all that were when not said.
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Instant>,
    /// The plan as it would be; the one in force when not said.
    #[schema(value_type = Option<Object>)]
    plan: Option<Plan>,
    /// Its calendar as it would be; the one in force when not said.
    #[schema(value_type = Option<Object>)]
    calendar: Option<Calendar>,
}

/// Ask how verdicts of past tickets would have been under a draft. Nothing is written.
#[utoipa::path(tag = "compliance", request_body = Asked,
    responses((status = 200, description = "Verdicts as they were and as they would have been.",
        body = past::Answer)))]
#[post("/plans/{key}/what-if")]
async fn what_if(call: Call, key: web::Path<String>, body: Body<Asked>) -> Answer {
    let Asked { from, to, plan, calendar } = body.asked;
    let now = call.docket.now();
    let to = to.unwrap_or(Instant(now.0 + 1));
    if from >= to {
        let detail = "the period ends after it begins: from < to";
        return Err(Problem::field("/to", "invalid_value", detail));
    }
    let draft = match call.docket.desk.draft(&key, Drafts { plan, calendar }) {
        Ok(draft) => Arc::new(draft),
        Err(error) => return Err(call.docket.refusal(error).await),
    };
    let _alone = TRYING.lock().await;
    let answer = past::what_if(&call.docket.reader, &WhatIf { draft, from, to, now }).await?;
    json(HttpResponse::Ok(), &answer)
}
