//! How promises were kept: `/v1/compliance`, `/v1/compliance/clocks`, `/v1/deadlines`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use docket_domain::instant::Instant;
use docket_projections::sla_clocks::cell::Dimension;
use docket_projections::sla_clocks::report::{self, By, Figures, Question};
use docket_projections::sla_clocks::{self, ClockRow};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::call::Answer;
use crate::docket::Docket;
use crate::filter::{self, Pairs};
use crate::fresh::Fresh;
use crate::page::{self, Page};
use crate::problem::Problem;

/// How long the period is when its beginning is not said: thirty days, in milliseconds.
const USUAL_MS: i64 = 30 * 86_400_000;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(clocks).service(compliance).service(deadlines);
}

/// What was asked, understood.
struct Asked {
    question: Question,
    size: usize,
    cursor: Option<String>,
    csv: bool,
}

impl Asked {
    fn of(request: &HttpRequest, now: Instant) -> Result<Self, Problem> {
        let accept = request.headers().get(header::ACCEPT).and_then(|it| it.to_str().ok());
        let mut asked = Self {
            question: Question { to: now, ..Question::default() },
            size: page::USUAL.into(),
            cursor: None,
            csv: accept.is_some_and(|accept| accept.contains("text/csv")),
        };
        let pairs = filter::pairs(request.query_string())?;
        asked.question.from = now.plus_millis(-USUAL_MS);
        asked.take(pairs)?;
        if asked.question.from >= asked.question.to {
            let detail = "the period ends after it begins: from < to";
            return Err(Problem::field("/to", "invalid_value", detail));
        }
        Ok(asked)
    }

    fn take(&mut self, pairs: Pairs) -> Result<(), Problem> {
        for (name, value) in pairs {
            match name.as_str() {
                "from" => self.question.from = filter::read(&name, &value)?,
                "to" => self.question.to = filter::read(&name, &value)?,
                "page_size" => {
                    self.size = page::size(Some(filter::read(&name, &value)?))?.into();
                }
                "cursor" => self.cursor = Some(value),
                "by" => {
                    for name in value.split(',').filter(|name| !name.is_empty()) {
                        self.question.by.push(by(name)?);
                    }
                }
                _ if Dimension::named(&name).is_some() => {
                    let values = value.split(',').map(str::to_owned);
                    self.question.filters.entry(name).or_default().extend(values);
                }
                _ => {
                    let detail = format!("unknown parameter {name:?}");
                    return Err(Problem::field(format!("/{name}"), "unknown_field", detail));
                }
            }
        }
        Ok(())
    }
}

fn by(name: &str) -> Result<By, Problem> {
    By::named(name).ok_or_else(|| {
        let names: Vec<&str> = Dimension::ALL.into_iter().map(Dimension::name).collect();
        let detail = format!("by is day, month, or one of {}", names.join(", "));
        Problem::field("/by", "invalid_value", detail)
    })
}

/// Report how promises were kept in a period.
///
/// A clock counts where its verdict fell: a met one when it ended, a late one at its deadline, or at
/// the change of target that made it late. Every figure is told by clock, and resolutions by measure;
/// `by` tells it by more. Filters are the names of dimensions, several values are alternatives.
#[utoipa::path(tag = "compliance", params(
    ("from" = Option<String>, Query, description = "Decided at this instant or later; thirty days ago unless said."),
    ("to" = Option<String>, Query, description = "Decided before this instant; now unless said."),
    ("by" = Option<String>, Query, description = "What the figures are told by: `queue`, `plan`, `tier`, `priority`, `type`, `channel`, `agent`, `fulfilled_by`, `outcome`, `day`, `month`; several with commas."),
    ("clock" = Option<String>, Query, description = "`assignment`, `first_response`, `next_reply`, `resolution`, `ola`."),
    ("measure" = Option<String>, Query, description = "Of resolutions, `first` or `cumulative`."),
    ("queue" = Option<String>, Query, description = "Keys of queues."),
    ("plan" = Option<String>, Query, description = "Plans with their version, such as `default@2`."),
    ("tier" = Option<String>, Query, description = "Tiers."),
    ("priority" = Option<String>, Query, description = "Keys of priorities."),
    ("type" = Option<String>, Query, description = "Keys of types."),
    ("channel" = Option<String>, Query, description = "Channels."),
    ("agent" = Option<String>, Query, description = "Ids of agents."),
    ("fulfilled_by" = Option<String>, Query, description = "What ended it, such as `reply`."),
    ("outcome" = Option<String>, Query, description = "How tickets were closed.")),
    responses((status = 200, description = "The figures of each group; as CSV with Accept: text/csv.",
        body = Page<Figures>)))]
#[get("/compliance")]
async fn compliance(docket: web::Data<Docket>, fresh: Fresh, request: HttpRequest) -> Answer {
    let now = docket.now();
    let Asked { question, csv, .. } = Asked::of(&request, now)?;
    let catalogue = docket.desk.catalogue();
    let zone = catalogue.zone_offsets.as_ref();
    let figures = report::figures(docket.views.documents(), &question, zone, now).await?;
    if csv {
        let body = written(&figures, &question.by).map_err(|_| Problem::internal())?;
        return Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").body(body));
    }
    fresh.answer(&Page::whole(figures))
}

/// List the clocks behind a report, those that were decided first first.
#[utoipa::path(tag = "compliance", params(
    ("from" = Option<String>, Query, description = "Decided at this instant or later; thirty days ago unless said."),
    ("to" = Option<String>, Query, description = "Decided before this instant; now unless said."),
    ("page_size" = Option<u16>, Query, description = "1 to 200 clocks are looked at; 50 unless said."),
    ("cursor" = Option<String>, Query, description = "Where the last page ended.")),
    responses((status = 200, description = "The clocks that the filters of a report let through.",
        body = Page<ClockRow>)))]
#[get("/compliance/clocks")]
async fn clocks(docket: web::Data<Docket>, fresh: Fresh, request: HttpRequest) -> Answer {
    let asked = Asked::of(&request, docket.now())?;
    let documents = docket.views.documents();
    let cursor = asked.cursor.as_deref();
    fresh.answer(&sla_clocks::page(documents, &asked.question, asked.size, cursor).await?)
}

/// List what is due next across the desk: the clocks that run, what is longest overdue first.
#[utoipa::path(tag = "compliance", params(
    ("page_size" = Option<u16>, Query, description = "1 to 200; 50 unless said."),
    ("cursor" = Option<String>, Query, description = "Where the last page ended.")),
    responses((status = 200, description = "The clocks.", body = Page<ClockRow>)))]
#[get("/deadlines")]
async fn deadlines(docket: web::Data<Docket>, fresh: Fresh, request: HttpRequest) -> Answer {
    let asked = Asked::of(&request, docket.now())?;
    let documents = docket.views.documents();
    fresh.answer(&sla_clocks::due_next(documents, asked.size, asked.cursor.as_deref()).await?)
}

/// Figures as a table, one line for each group.
fn written(figures: &[Figures], by: &[By]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let groups: Vec<&str> =
        ["clock", "measure"].into_iter().chain(by.iter().map(|by| by.name())).collect();
    let counts = [
        "met",
        "breached",
        "retargeted",
        "still_open",
        "apart",
        "merged",
        "cancelled",
        "open",
        "percent_met",
        "mean_ms",
        "p50_ms",
        "p90_ms",
        "p95_ms",
    ];
    table.write_record(groups.iter().chain(&counts))?;
    for line in figures {
        let group = groups.iter().map(|name| line.group.get(*name).cloned().unwrap_or_default());
        let (counts, times) = numbers(line);
        let counts = counts.map(|count| count.to_string());
        let percent = line.percent_met.map(|percent| percent.to_string()).unwrap_or_default();
        let times = times.map(|time| time.map(|it| it.to_string()).unwrap_or_default());
        table.write_record(group.chain(counts).chain([percent]).chain(times))?;
    }
    Ok(table.into_inner()?)
}

fn numbers(of: &Figures) -> ([u64; 8], [Option<i64>; 4]) {
    let counts = [
        of.met,
        of.breached,
        of.retargeted,
        of.still_open,
        of.apart,
        of.merged,
        of.cancelled,
        of.open,
    ];
    (counts, [of.mean_ms, of.p50_ms, of.p90_ms, of.p95_ms])
}
