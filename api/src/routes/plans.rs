//! What is asked of a plan beside what it says: `/v1/plans/{key}/what-if`.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, post, web};
use docket_commands::Drafts;
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_projections::what_if as past;
use docket_projections::what_if::WhatIf;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::body::Body;
use crate::call::{Answer, Call, json};
use crate::check::Check;
use crate::fresh;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::reapplying::{Looked, Reapplied};
use crate::routes::definitions::document;

/// How long a draft may be tried.
const LONGEST_TRY: Duration = Duration::from_secs(120);

/// After how many seconds somebody who is turned away may ask again.
const RETRY_AFTER_S: u32 = 10;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(what_if).service(reapply);
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
    plan: Option<Value>,
    /// Its calendar as it would be; the one in force when not said.
    #[schema(value_type = Option<Object>)]
    calendar: Option<Value>,
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
    let drafts = Drafts {
        plan: draft(plan).map_err(|problem| problem.under("/plan"))?,
        calendar: draft(calendar).map_err(|problem| problem.under("/calendar"))?,
    };
    let draft = match call.docket.desk.draft(&key, drafts) {
        Ok(draft) => Arc::new(draft),
        Err(error) => return Err(call.docket.refusal(&call.principal, error).await),
    };
    let Ok(_alone) = call.docket.trying.try_lock() else {
        let detail = "another draft is being tried; one at a time";
        return Err(Problem::unavailable("what_if_busy", detail, RETRY_AFTER_S));
    };
    let asked = WhatIf { draft, from, to, now };
    // While the views are built, or far behind, the log alone is asked.
    let fresh = fresh::at_head(&call.docket).await.is_ok();
    let documents = fresh.then(|| call.docket.views.documents());
    let answer = past::what_if(&call.docket.reader, documents, &asked);
    let answer = tokio::time::timeout(LONGEST_TRY, answer).await.map_err(|_| {
        let detail = "it takes longer than two minutes; ask about a shorter period";
        Problem::unavailable("what_if_too_slow", detail, RETRY_AFTER_S)
    })?;
    json(HttpResponse::Ok(), &answer?)
}

/// A document as it would be, as `GET` showed it or it alone.
fn draft<T: DeserializeOwned>(said: Option<Value>) -> Result<Option<T>, Problem> {
    said.map(|said| document::draft(said.to_string().as_bytes())).transpose()
}

/// Which tickets the plan in force is laid under, and whether it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reapply {
    /// Whether to say only what would become of the clocks; `true` unless said.
    #[serde(default = "yes")]
    dry_run: bool,
    /// Why.
    reason: Option<String>,
    /// How many tickets of which something runs are looked at, 1 to 200; 50 unless said.
    page_size: Option<u16>,
    /// Where the last page ended.
    cursor: Option<String>,
}

fn yes() -> bool {
    true
}

/// Lay the plan in force, with its calendar, under the clocks that run by an older version.
///
/// A page looks at so many tickets and answers those whose clocks change, from what to what. What has
/// counted stays counted; clocks that ended or are late are never touched, but those to come go by the new
/// version. Without `"dry_run": false` nothing is written. The same call again under its key means the same
/// tickets.
#[utoipa::path(tag = "compliance", request_body = Reapply,
    responses((status = 200, description = "The tickets whose clocks change.",
        body = Page<Reapplied>)))]
#[post("/plans/{key}/reapply")]
async fn reapply(call: Call, key: web::Path<String>, body: Body<Reapply>) -> Answer {
    let Reapply { dry_run, reason, page_size, cursor } = body.asked;
    Check::default().maybe_text("/reason", reason.as_ref()).done()?;
    let size = usize::from(page::size(page_size)?);
    let after = cursor.map(|cursor| Uuid::try_parse(&cursor)).transpose().map_err(|_| {
        Problem::field("/cursor", "invalid_cursor", "the cursor belongs to another list")
    })?;
    let looked = Looked { after: after.map(TicketId), size };
    if dry_run {
        return call.docket.would_reapply(&key, looked).await?.answer();
    }
    let request = call.request(&body.bytes, None)?;
    call.docket.reapply(&request, &key, reason.as_deref(), looked).await?.answer()
}
