//! What happened to a ticket, event by event, in words, and who looked at it.

use actix_web::{HttpResponse, get, web};
use docket_domain::instant::Instant;
use docket_projections::{history, timeline};
use docket_store::Sealed;
use docket_store::access::AccessFilter;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::read::{Time, When, found};
use crate::auth::Caller;
use crate::body::Params;
use crate::call::Answer;
use crate::docket::Docket;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::routes::access_log::{self, Reading};

/// How many entries of a story one page has: each is a sentence, so they are at most about 4 MiB.
const ENTRIES: usize = 5_000;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(read_history).service(read_timeline).service(views_log);
}

/// Which part of a history is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Stretch {
    /// As it stood after this version.
    at_version: Option<u64>,
    /// As it stood at this instant, inclusive.
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Instant>,
    /// Which time `as_of` means: `recorded` (unless said) or `occurred`.
    #[param(value_type = Option<String>)]
    time: Option<Time>,
    /// 1 to 200; all that fits in about 4 MiB unless said, so most histories have one page.
    #[param(minimum = 1, maximum = 200)]
    page_size: Option<u16>,
    /// Where the last page ended.
    cursor: Option<u64>,
}

/// Get every event of a ticket, oldest first, nothing left out.
#[utoipa::path(tag = "tickets", params(Stretch),
    responses((status = 200, description = "The events.", body = page::Events)))]
#[get("/history")]
async fn read_history(
    docket: web::Data<Docket>,
    caller: Caller,
    id: web::Path<String>,
    wanted: Params<Stretch>,
) -> Answer {
    let Stretch { at_version, as_of, time, page_size, cursor } = wanted.0;
    let moment = When::new(at_version, as_of, time).moment()?;
    let id = found(&docket, &id).await?;
    let (stream, after) = (id.stream(), cursor.unwrap_or(0));
    let part = (after, most(page_size)?);
    let page = history::of_stream(&docket.reader, &docket.names, &stream, part, moment).await?;
    if page.events.is_empty() && after == 0 {
        return Err(Problem::not_found("ticket"));
    }
    docket.read_by(&caller.0, "history", id.to_string())?;
    Ok(page::of_texts(HttpResponse::Ok(), &page.events, page.next))
}

/// How many entries a page has at most: as many as fit unless said.
fn most(page_size: Option<u16>) -> Result<usize, Problem> {
    match page_size {
        None => Ok(usize::MAX),
        asked => Ok(page::size(asked)?.into()),
    }
}

/// Which part of a story is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Onward {
    /// 1 to 200; at most 5,000 entries unless said.
    #[param(minimum = 1, maximum = 200)]
    page_size: Option<u16>,
    /// Where the last page ended.
    cursor: Option<u64>,
}

/// Get a ticket's story: one plain sentence per entry, merged tickets interleaved.
#[utoipa::path(tag = "tickets", params(Onward),
    responses((status = 200, description = "The entries.", body = Page<timeline::Entry>)))]
#[get("/timeline")]
async fn read_timeline(
    docket: web::Data<Docket>,
    caller: Caller,
    id: web::Path<String>,
    onward: Params<Onward>,
) -> Answer {
    let id = found(&docket, &id).await?;
    let mut entries =
        timeline::of_ticket(&docket.reader, &docket.names, id, &TimeZone::UTC).await?;
    if entries.is_empty() {
        return Err(Problem::not_found("ticket"));
    }
    docket.read_by(&caller.0, "timeline", id.to_string())?;
    if let Some(cursor) = onward.0.cursor {
        let last = entries.iter().position(|entry| entry.position == cursor);
        let detail = "no page of this story ends there; begin anew";
        let last = last.ok_or_else(|| Problem::field("/cursor", "invalid_cursor", detail))?;
        entries.drain(..=last);
    }
    let size = most(onward.0.page_size)?.min(ENTRIES);
    let more = entries.len() > size;
    entries.truncate(size);
    let next = entries.last().filter(|_| more).map(|entry| entry.position.to_string());
    Page::until(entries, next).answer()
}

/// Which readings are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Readings {
    /// At most this many, up to 200; 50 unless said.
    #[param(minimum = 1, maximum = 200)]
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
    let id = found(&docket, &id).await?;
    if docket.store.read_stream(&id.stream(), 0, 1, Sealed::Without).await?.is_empty() {
        return Err(Problem::not_found("ticket"));
    }
    let subject = Some(id.to_string());
    let filter = AccessFilter { subject, ..AccessFilter::default() };
    access_log::answer(&docket, &filter, query.0.cursor, query.0.page_size).await
}
