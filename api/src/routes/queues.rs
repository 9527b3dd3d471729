//! What lies in the queues: `/v1/queues/{key}/tickets`, `…/summary`, `…/next`, `/v1/summary`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use docket_domain::definition::DefinitionKind;
use docket_domain::instant::Instant;
use docket_projections::queue_summary::{self, Summary};
use docket_projections::stays;
use docket_projections::stays::Stay;
use docket_projections::ticket_document::TicketDocument;
use docket_projections::ticket_list;
use docket_projections::ticket_list::filter::{Filter, Predefined, Sort};
use docket_store::Sealed;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::auth::Caller;
use crate::body::{Body, Params};
use crate::call::{Answer, Call};
use crate::docket::Docket;
use crate::fresh::Fresh;
use crate::gate::POSITION;
use crate::page::{self, Page, Part};
use crate::problem::Problem;

mod taking;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(tickets).service(summary).service(summaries).service(next);
}

/// Which moment, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Lying {
    /// What lay there at this instant, by the store's clock; what lies there now when not said.
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Instant>,
    /// 1 to 200; 50 unless said.
    #[param(minimum = 1, maximum = 200)]
    page_size: Option<u16>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// List what lies in a queue, neither closed nor merged, or what lay there.
#[utoipa::path(tag = "queues", params(Lying), responses(
    (status = 200, description = "Tickets now; with as_of, stays: who lay there, the longest first.",
        body = Page<TicketDocument>),
    (status = "default", description = "The form of a stay.", body = Page<Stay>)))]
#[get("/queues/{key}/tickets")]
async fn tickets(
    docket: web::Data<Docket>,
    caller: Caller,
    fresh: Fresh,
    key: web::Path<String>,
    lying: Params<Lying>,
) -> Answer {
    let key = known(&docket, key.into_inner()).await?;
    let Lying { as_of, page_size, cursor } = lying.0;
    let size = usize::from(page::size(page_size)?);
    let (documents, cursor) = (docket.views.documents(), cursor.as_deref());
    docket.read_by(&caller.0, "queue", key.clone())?;
    if let Some(at) = as_of {
        return fresh.answer(&stays::as_of(documents, &key, at, size, cursor).await?);
    }
    let view = Some(Predefined::Current);
    let filter = Filter { queue: vec![key], view, ..Filter::default() };
    let now = docket.now();
    fresh.answer(&ticket_list::page(documents, &filter, Sort::Priority, size, cursor, now).await?)
}

/// Sum up a queue: counts by status and priority, and the oldest.
#[utoipa::path(tag = "queues",
    responses((status = 200, description = "The sums.", body = Summary)))]
#[get("/queues/{key}/summary")]
async fn summary(docket: web::Data<Docket>, fresh: Fresh, key: web::Path<String>) -> Answer {
    let queue = known(&docket, key.into_inner()).await?;
    let mut all = queue_summary::of_all(docket.views.documents()).await?;
    let empty = || Summary { queue: queue.clone(), ..Summary::default() };
    fresh.answer(&all.remove(&queue).unwrap_or_else(empty))
}

/// Sum up all queues that hold or held anything.
#[utoipa::path(tag = "queues", params(Part),
    responses((status = 200, description = "The sums.", body = Page<Summary>)))]
#[get("/summary")]
async fn summaries(docket: web::Data<Docket>, fresh: Fresh, part: Params<Part>) -> Answer {
    let all = queue_summary::of_all(docket.views.documents()).await?;
    fresh.answer(&Page::part(all.into_values().collect(), &part.0, |sum| sum.queue.clone())?)
}

/// Who takes the next ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TakeNext {
    /// The agent's id; the caller's own when not said.
    agent: Option<uuid::Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Take the next ticket: the most urgent that nobody owns and the agent has the skills for. 204 when there is none;
/// 409 at_capacity where the agent has as many open tickets as their capacity allows.
#[utoipa::path(tag = "queues", request_body = TakeNext, responses(
    (status = 200, description = "The ticket, assigned.", body = TicketDocument),
    (status = 204, description = "Nothing waits.")))]
#[post("/queues/{key}/next")]
async fn next(call: Call, key: web::Path<String>, body: Body<TakeNext>) -> Answer {
    let request = call.request(&body.bytes, body.asked.occurred_at)?;
    if let Some(done) = call.earlier(&request).await? {
        return call.ticket_answer(Ok(done), StatusCode::OK).await;
    }
    let key = known(&call.docket, key.into_inner()).await?;
    let agent = call.agent_or_self("/agent", body.asked.agent).await?.id;
    if let Some(done) = taking::next(&call, &request, &key, agent).await? {
        return call.ticket_answer(Ok(done), StatusCode::OK).await;
    }
    let head = call.docket.store.head();
    Ok(HttpResponse::NoContent().insert_header((POSITION, head)).finish())
}

/// The key of a queue that there is or was: what lies in a queue that was retired lies there still.
async fn known(docket: &Docket, key: String) -> Result<String, Problem> {
    if docket.desk.catalogue().queues.contains_key(&key) {
        return Ok(key);
    }
    let stream = DefinitionKind::Queue.stream(&key);
    let ever = docket.store.read_stream(&stream, 0, 1, Sealed::Without).await?;
    if ever.is_empty() { Err(Problem::not_found("queue")) } else { Ok(key) }
}
