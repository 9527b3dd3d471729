//! What happened to a ticket, event by event, in words, and who looked at it.

use actix_web::{HttpResponse, get, web};
use docket_projections::{history, timeline};
use docket_store::access::AccessFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::read::{When, found};
use crate::auth::Caller;
use crate::body::Params;
use crate::call::Answer;
use crate::docket::Docket;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::routes::access_log::{self, Reading};

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(read_history).service(read_timeline).service(views_log);
}

/// Get every event of a ticket, oldest first, nothing left out.
#[utoipa::path(tag = "tickets", params(When),
    responses((status = 200, description = "The events.", body = page::Events)))]
#[get("/history")]
async fn read_history(
    docket: web::Data<Docket>,
    caller: Caller,
    id: web::Path<String>,
    when: Params<When>,
) -> Answer {
    let moment = when.0.moment()?;
    let id = found(&docket, &id).await?;
    let events = history::of_stream(&docket.reader, &docket.names, &id.stream(), moment).await?;
    if events.is_empty() {
        return Err(Problem::not_found("ticket"));
    }
    docket.read_by(&caller.0, "history", id.to_string())?;
    Ok(page::of_texts(HttpResponse::Ok(), &events, None))
}

/// Get a ticket's story: one plain sentence per entry, merged tickets interleaved.
#[utoipa::path(tag = "tickets",
    responses((status = 200, description = "The entries.", body = Page<timeline::Entry>)))]
#[get("/timeline")]
async fn read_timeline(docket: web::Data<Docket>, caller: Caller, id: web::Path<String>) -> Answer {
    let id = found(&docket, &id).await?;
    let entries = timeline::of_ticket(&docket.reader, &docket.names, id).await?;
    if entries.is_empty() {
        return Err(Problem::not_found("ticket"));
    }
    docket.read_by(&caller.0, "timeline", id.to_string())?;
    Page::whole(entries).answer()
}

/// Which readings are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Readings {
    /// At most this many, up to 200; 50 unless said.
    page_size: Option<u16>,
    /// Where the last page ended.
    cursor: Option<u64>,
}

/// Get who looked at a ticket, oldest first.
#[utoipa::path(tag = "audit", params(Readings),
    responses((status = 200, description = "The readings.", body = Page<Reading>)))]
#[get("/views-log")]
async fn views_log(
    docket: web::Data<Docket>,
    id: web::Path<String>,
    query: Params<Readings>,
) -> Answer {
    let subject = Some(found(&docket, &id).await?.to_string());
    let filter = AccessFilter { subject, ..AccessFilter::default() };
    access_log::answer(&docket, &filter, query.0.cursor, query.0.page_size).await
}
