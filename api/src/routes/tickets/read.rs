//! `GET /v1/tickets/{id}`: a ticket now, or as it stood, and its clocks.

use std::sync::Arc;

use actix_web::{HttpResponse, get, web};
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_projections::recorded::Moment;
use docket_projections::ticket_document::TicketDocument;
use docket_projections::ticket_sla::TicketSla;
use docket_store::Sealed;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::auth::Caller;
use crate::body::Params;
use crate::call::{Answer, etag, json};
use crate::cases::Case;
use crate::docket::Docket;
use crate::problem::Problem;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(read).service(read_sla);
}

/// Which moment is asked about; now when nothing is said.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct When {
    /// As it stood after this version.
    at_version: Option<u64>,
    /// As it stood at this instant, inclusive.
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Instant>,
    /// Which time `as_of` means: `recorded` (unless said) or `occurred`.
    #[param(value_type = Option<String>)]
    time: Option<Time>,
}

/// Which time is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Time {
    /// When the store recorded it.
    Recorded,
    /// When it happened in the real world.
    Occurred,
}

impl When {
    /// As parameters of another question say it.
    pub fn new(at_version: Option<u64>, as_of: Option<Instant>, time: Option<Time>) -> Self {
        Self { at_version, as_of, time }
    }

    /// The moment that is asked about.
    pub fn moment(&self) -> Result<Moment, Problem> {
        match (self.at_version, self.as_of, self.time) {
            (None, None, None) => Ok(Moment::Now),
            (Some(version), None, None) => Ok(Moment::Version(version)),
            (None, Some(at), None | Some(Time::Recorded)) => Ok(Moment::Recorded(at)),
            (None, Some(at), Some(Time::Occurred)) => Ok(Moment::Occurred(at)),
            _ => {
                let detail = "say either at_version, or as_of and perhaps time";
                Err(Problem::field("/as_of", "invalid_value", detail))
            }
        }
    }
}

/// Get a ticket, now or as it stood.
#[utoipa::path(tag = "tickets", params(When),
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[get("")]
async fn read(
    docket: web::Data<Docket>,
    caller: Caller,
    id: web::Path<String>,
    when: Params<When>,
) -> Answer {
    let moment = when.0.moment()?;
    let id = found(&docket, &id).await?;
    let case = case(&docket, id, moment).await?;
    let document = docket.shown(id, &case, moment).await?;
    docket.read_by(&caller.0, "ticket", id.to_string())?;
    let mut response = HttpResponse::Ok();
    response.insert_header(etag(document.version));
    json(response, &document)
}

/// Get what a ticket was promised and how that is kept: every clock, second by second, and why.
#[utoipa::path(tag = "tickets", params(When),
    responses((status = 200, description = "The clocks.", body = TicketSla)))]
#[get("/sla")]
async fn read_sla(
    docket: web::Data<Docket>,
    caller: Caller,
    id: web::Path<String>,
    when: Params<When>,
) -> Answer {
    let moment = when.0.moment()?;
    let id = found(&docket, &id).await?;
    let case = case(&docket, id, moment).await?;
    let sla = docket.sla(id, &case, moment).await?;
    docket.read_by(&caller.0, "sla", id.to_string())?;
    json(HttpResponse::Ok(), &sla)
}

async fn case(docket: &Docket, id: TicketId, moment: Moment) -> Result<Arc<Case>, Problem> {
    reached(docket, id, moment).await?;
    match moment {
        Moment::Now => docket.cases.now(&docket.reader, id).await,
        moment => docket.cases.at(&docket.reader, id, moment).await,
    }
}

/// Refuses a version that a ticket has not reached: what it will be then nobody knows.
async fn reached(docket: &Docket, id: TicketId, moment: Moment) -> Result<(), Problem> {
    let Moment::Version(version) = moment else { return Ok(()) };
    let before = version.saturating_sub(1);
    let found = docket.store.read_stream(&id.stream(), before, 1, Sealed::Without).await?;
    if found.is_empty() { Err(Problem::not_found("version of the ticket")) } else { Ok(()) }
}

/// The ticket that a path names, for reading.
pub async fn found(docket: &Docket, id_or_number: &str) -> Result<TicketId, Problem> {
    docket.locate(id_or_number).await?.ok_or_else(|| Problem::not_found("ticket"))
}
