//! How tickets usually go: `/v1/flows` (S-70, S-71).

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get};
use docket_domain::definition::DefinitionKind;
use docket_domain::instant::Instant;
use docket_projections::flows::{self, Question};
use docket_projections::sla_clocks::report::LONGEST;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::call::{Answer, Call, json};
use crate::problem::Problem;
use crate::routes::compliance::USUAL_MS;
use crate::{filter, fresh};

/// How many ways of each type are told one by one unless something else is said, and at most.
const USUAL_WAYS: usize = 10;
const MOST_WAYS: usize = 100;

/// How long the log may be read for it.
const LONGEST_READ: Duration = Duration::from_secs(120);

/// After how many seconds somebody who is turned away may ask again.
const RETRY_AFTER_S: u32 = 10;

/// Registers the route.
pub fn configure(config: &mut ServiceConfig) {
    config.service(flow);
}

/// Report how tickets of each type usually go, and what became of them in each queue.
///
/// Every ticket that was opened in the period counts in exactly one flow: that of the type it has in the end. Times are
/// those at which things happened. It is read from the log each time, one such report at a time.
#[utoipa::path(tag = "compliance", params(
    ("from" = Option<String>, Query, description = "Opened at this instant or later; thirty days before `to` unless said, at most 367."),
    ("to" = Option<String>, Query, description = "Opened before this instant; now unless said."),
    ("type" = Option<String>, Query, description = "Keys of types, with commas between them."),
    ("ways" = Option<u16>, Query, description = "How many ways of each type are told one by one, 1 to 100; 10 unless said.")),
    responses((status = 200, description = "The flows, and the figures of each queue.", body = flows::Answer)))]
#[get("/flows")]
async fn flow(call: Call, request: HttpRequest) -> Answer {
    let asked = asked(&call, &request)?;
    let Ok(_alone) = call.docket.trying.try_lock() else {
        let detail = "another report is being read from the log; one at a time";
        return Err(Problem::unavailable("report_busy", detail, RETRY_AFTER_S));
    };
    // While the views are built, or far behind, the log alone is asked.
    let fresh = fresh::at_head(&call.docket).await.is_ok();
    let documents = fresh.then(|| call.docket.views.documents());
    let answer = flows::flows(&call.docket.reader, documents, &asked);
    let answer = tokio::time::timeout(LONGEST_READ, answer).await.map_err(|_| {
        let detail = "it takes longer than two minutes; ask about a shorter period";
        Problem::unavailable("report_too_slow", detail, RETRY_AFTER_S)
    })?;
    json(HttpResponse::Ok(), &answer?)
}

fn asked(call: &Call, request: &HttpRequest) -> Result<Question, Problem> {
    let (mut from, mut to): (Option<Instant>, Option<Instant>) = (None, None);
    let (mut types, mut ways) = (Vec::new(), USUAL_WAYS);
    let catalogue = call.docket.desk.catalogue();
    for (name, value) in filter::pairs(request.query_string())? {
        match name.as_str() {
            "from" => from = Some(filter::read(&name, &value)?),
            "to" => to = Some(filter::read(&name, &value)?),
            "type" => filter::keys(&mut types, &name, &value, |key| {
                catalogue.has_had(DefinitionKind::Type, key)
            })?,
            "ways" => ways = filter::read(&name, &value)?,
            _ => {
                let detail = format!("unknown parameter {name:?}");
                return Err(Problem::field(format!("/{name}"), "unknown_field", detail));
            }
        }
    }
    let to = to.unwrap_or(Instant(call.docket.now().0 + 1));
    let from = from.unwrap_or(to.plus_millis(-USUAL_MS));
    if from >= to {
        let detail = "the period ends after it begins: from < to";
        return Err(Problem::field("/to", "invalid_value", detail));
    }
    if to.0 - from.0 > LONGEST {
        let detail = "figures are those of a year at most; ask for one after the other";
        return Err(Problem::field("/from", "period_too_long", detail));
    }
    if !(1..=MOST_WAYS).contains(&ways) {
        let detail = format!("ways is 1 to {MOST_WAYS}");
        return Err(Problem::field("/ways", "invalid_value", detail));
    }
    Ok(Question { from, to, types, ways })
}
