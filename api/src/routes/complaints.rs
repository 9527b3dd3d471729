//! What customers complain of: `/v1/complaints`, `/v1/complaints/report` (S-72).

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use docket_commands::CommandError;
use docket_domain::ids::AgentId;
use docket_projections::complaints::report::{self, By, ComplaintFigures};
use docket_projections::complaints::{self, ShownComplaint};
use docket_projections::ticket_list::filter::Assignee;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use self::asked::{Asked, Of};
use crate::auth::Caller;
use crate::call::Answer;
use crate::docket::Docket;
use crate::fresh::Fresh;
use crate::page::Page;
use crate::problem::Problem;

mod asked;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list).service(figures);
}

/// List complaints: what is open first, what was raised first before what came later.
///
/// An open complaint is listed with the queue, category and priority that its ticket has now, a decided one
/// with those it had then. Several values of one filter are alternatives.
#[utoipa::path(tag = "complaints", params(
    ("severity" = Option<String>, Query, description = "`minor`, `major`."),
    ("status" = Option<String>, Query, description = "`open` or `decided`; both unless said."),
    ("queue" = Option<String>, Query, description = "Keys of queues."),
    ("category" = Option<String>, Query, description = "The path of a category, with all below it."),
    ("owner" = Option<String>, Query, description = "Who owns the complaint: the id of an agent, `me`, or `none`, which are also the open ones of who has left."),
    ("raised_from" = Option<String>, Query, description = "Raised at this instant or later."),
    ("raised_until" = Option<String>, Query, description = "Raised before this instant."),
    ("page_size" = Option<u16>, Query, description = "1 to 200; 50 unless said."),
    ("cursor" = Option<String>, Query, description = "Where the last page ended.")),
    responses((status = 200, description = "A page of complaints.", body = Page<ShownComplaint>)))]
#[get("/complaints")]
async fn list(
    docket: web::Data<Docket>,
    caller: Caller,
    fresh: Fresh,
    request: HttpRequest,
) -> Answer {
    let asked = Asked::of(Of::List, &docket, &caller.0, &request).await?;
    let documents = docket.views.documents();
    let (mut filter, cursor) = (asked.question.filter, asked.cursor.as_deref());
    if filter.owner == Some(Assignee::Nobody) {
        filter.gone = gone(&docket).await?;
    }
    let page = complaints::page(documents, &filter, asked.size, cursor, docket.now()).await?;
    let names = asked.names.into_iter().collect::<Vec<_>>().join(",");
    docket.read_by(&caller.0, "complaints", format!("{} by {names}", page.data.len()))?;
    fresh.answer(&page)
}

/// Who owns an open complaint and has left: it lies with nobody then.
async fn gone(docket: &Docket) -> Result<Vec<Uuid>, Problem> {
    let mut gone = Vec::new();
    for owner in complaints::owners(docket.views.documents()).await? {
        match docket.desk.agent_ref(AgentId(owner)).await {
            Err(CommandError::UnknownAgent { .. }) => gone.push(owner),
            known => drop(known?),
        }
    }
    Ok(gone)
}

/// Report what was complained of in a period, beside the period of the same length before.
///
/// Every complaint raised in the period counts in exactly one group, decided or not. All pages are as of
/// the instant of the first.
#[utoipa::path(tag = "complaints", params(
    ("from" = Option<String>, Query, description = "Raised at this instant or later; thirty days before `to` unless said, at most 367."),
    ("to" = Option<String>, Query, description = "Raised before this instant; now unless said."),
    ("by" = Option<String>, Query, description = "What the figures are told by: `queue`, `category`, `severity`, `owner`, `day`, `week`, `month`; two at most, with a comma."),
    ("severity" = Option<String>, Query, description = "`minor`, `major`."),
    ("queue" = Option<String>, Query, description = "Keys of queues."),
    ("category" = Option<String>, Query, description = "The path of a category, with all below it."),
    ("owner" = Option<String>, Query, description = "Who owns the complaint: the id of an agent, `me`, or `none`."),
    ("page_size" = Option<u16>, Query, description = "1 to 200 groups; 50 unless said. A table has them all."),
    ("cursor" = Option<String>, Query, description = "Where the last page ended.")),
    responses((status = 200, description = "The figures of each group; as CSV with Accept: text/csv.",
        body = Page<ComplaintFigures>)))]
#[get("/complaints/report")]
async fn figures(
    docket: web::Data<Docket>,
    caller: Caller,
    fresh: Fresh,
    request: HttpRequest,
) -> Answer {
    let asked = Asked::of(Of::Report, &docket, &caller.0, &request).await?;
    let accept = request.headers().get(header::ACCEPT).and_then(|it| it.to_str().ok());
    let as_table = accept.is_some_and(|accept| accept.contains("text/csv"));
    if as_table || asked.cursor.is_none() {
        asked.short_enough()?;
    }
    let Asked { question, size, cursor, now, .. } = asked;
    let (catalogue, documents) = (docket.desk.catalogue(), docket.views.documents());
    let zone = catalogue.zone_offsets.as_ref();
    if as_table {
        let lines = report::figures(documents, &question, zone, now).await?;
        let body = written(&lines, &question.by).map_err(|_| Problem::internal())?;
        return Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").body(body));
    }
    let part = (size, cursor.as_deref());
    fresh.answer(&report::page(documents, &question, zone, now, part).await?)
}

/// The figures as a table, one line for each group.
fn written(lines: &[ComplaintFigures], by: &[By]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let groups = by.iter().map(|by| by.name());
    let counts = ["raised", "accepted", "partly_accepted", "rejected", "open", "raised_before"];
    table.write_record(groups.chain(counts).chain(["p50_ms", "p90_ms"]))?;
    for line in lines {
        let group = by.iter().map(|by| line.group.get(by.name()).cloned().unwrap_or_default());
        let counts = [
            line.raised,
            line.accepted,
            line.partly_accepted,
            line.rejected,
            line.open,
            line.raised_before,
        ];
        let times = [line.p50_ms, line.p90_ms];
        let times = times.map(|time| time.map(|it| it.to_string()).unwrap_or_default());
        table.write_record(group.chain(counts.map(|count| count.to_string())).chain(times))?;
    }
    Ok(table.into_inner()?)
}
