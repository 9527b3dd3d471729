//! `/v1/access-log`: who read what, for auditors.

use actix_web::{get, web};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::body::Params;
use crate::call::Answer;
use crate::docket::Docket;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::side::Reading;

/// Registers the route.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list);
}

/// Which readings are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of this ticket, customer or attachment only.
    subject: Option<String>,
    /// At most this many, up to 200; 50 unless said.
    page_size: Option<u16>,
    /// Where the last page ended.
    cursor: Option<i64>,
}

/// List who read what, newest first.
#[utoipa::path(tag = "audit", params(Wanted),
    responses((status = 200, description = "The readings.", body = Page<Reading>)))]
#[get("/access-log")]
async fn list(docket: web::Data<Docket>, wanted: Params<Wanted>) -> Answer {
    let Wanted { subject, page_size, cursor } = wanted.0;
    answer(&docket, subject.as_deref(), cursor, page_size).await
}

/// A page of readings, of one subject or of all.
pub async fn answer(
    docket: &Docket,
    subject: Option<&str>,
    cursor: Option<i64>,
    page_size: Option<u16>,
) -> Answer {
    let size = usize::from(page::size(page_size)?);
    // One more than asked for tells whether there is a next page.
    let found = docket.side.readings(subject, cursor, size as i64 + 1).await;
    let mut readings = found.map_err(|error| Problem::side(&error))?;
    let more = readings.len() > size;
    readings.truncate(size);
    let next = readings.last().filter(|_| more).map(|last| last.id.to_string());
    Page::until(readings, next).answer()
}
