//! How promises were kept: `/v1/compliance`, `/v1/compliance/clocks`, `/v1/deadlines`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use docket_domain::instant::Instant;
use docket_projections::sla_clocks::cell::Dimension;
use docket_projections::sla_clocks::report::{self, By, Figures, LONGEST, Question, Reports};
use docket_projections::sla_clocks::{self, ClockRow};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::call::Answer;
use crate::docket::Docket;
use crate::filter;
use crate::fresh::Fresh;
use crate::page::{self, Page};
use crate::problem::Problem;

mod checked;

/// How long the period is when its beginning is not said: thirty days, in milliseconds.
pub const USUAL_MS: i64 = 30 * 86_400_000;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(clocks).service(compliance).service(deadlines);
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Figures of a period.
    Figures,
    /// The clocks of a period.
    Clocks,
    /// What is due next.
    Deadlines,
}

/// What was asked, understood.
struct Asked {
    of: Of,
    question: Question,
    size: usize,
    cursor: Option<String>,
}

impl Asked {
    fn of(of: Of, request: &HttpRequest, now: Instant) -> Result<Self, Problem> {
        let (question, size) = (Question::default(), page::USUAL.into());
        let mut asked = Self { of, question, size, cursor: None };
        let (mut from, mut to) = (None, None);
        for (name, value) in filter::pairs(request.query_string())? {
            if value.is_empty() && asked.takes(&name) {
                let detail = "there is no value";
                return Err(Problem::field(format!("/{name}"), "invalid_value", detail));
            }
            match name.as_str() {
                "from" if of != Of::Deadlines => from = Some(filter::read(&name, &value)?),
                "to" if of != Of::Deadlines => to = Some(filter::read(&name, &value)?),
                _ => asked.take(name, &value)?,
            }
        }
        asked.question.said = (from, to);
        let to = to.unwrap_or(now);
        let from = from.unwrap_or(to.plus_millis(-USUAL_MS));
        (asked.question.from, asked.question.to) = (from, to);
        match of {
            Of::Figures | Of::Clocks if from >= to => {
                let detail = "the period ends after it begins: from < to";
                Err(Problem::field("/to", "invalid_value", detail))
            }
            Of::Figures | Of::Clocks | Of::Deadlines => Ok(asked),
        }
    }

    /// How long a period may be is asked of the first page: one that ends now is longer by the next.
    fn short_enough(&self) -> Result<(), Problem> {
        if self.question.to.0 - self.question.from.0 <= LONGEST {
            return Ok(());
        }
        let detail = "figures are those of a year at most; ask for one after the other";
        Err(Problem::field("/from", "period_too_long", detail))
    }

    fn take(&mut self, name: String, value: &str) -> Result<(), Problem> {
        match name.as_str() {
            "page_size" => self.size = page::size(Some(filter::read(&name, value)?))?.into(),
            "cursor" => self.cursor = Some(value.to_owned()),
            "by" if self.of == Of::Figures => {
                for name in value.split(',').filter(|name| !name.is_empty()) {
                    self.question.by.push(by(name)?);
                }
            }
            _ if self.filters(&name) => {
                let values = value.split(',').map(str::to_owned);
                self.question.filters.entry(name).or_default().extend(values);
            }
            _ => {
                let detail = format!("unknown parameter {name:?}");
                return Err(Problem::field(format!("/{name}"), "unknown_field", detail));
            }
        }
        Ok(())
    }

    /// Whether a name is that of a parameter that is read as a list, where an empty value would be none.
    fn takes(&self, name: &str) -> bool {
        (name == "by" && self.of == Of::Figures) || self.filters(name)
    }

    /// Whether a name is that of a filter: of a period every dimension is one.
    fn filters(&self, name: &str) -> bool {
        match self.of {
            Of::Figures | Of::Clocks => Dimension::named(name).is_some(),
            Of::Deadlines => name == Dimension::Queue.name(),
        }
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
/// `by` tells it by more. Filters are the names of dimensions, several values are alternatives. All pages
/// are as of the instant of the first.
#[utoipa::path(tag = "compliance", params(
    ("from" = Option<String>, Query, description = "Decided at this instant or later; thirty days before `to` unless said, at most 367."),
    ("to" = Option<String>, Query, description = "Decided before this instant; now unless said."),
    ("page_size" = Option<u16>, Query, description = "1 to 200 groups; 50 unless said. A table has them all."),
    ("cursor" = Option<String>, Query, description = "Where the last page ended."),
    ("by" = Option<String>, Query, description = "What the figures are told by: `queue`, `plan`, `tier`, `priority`, `type`, `channel`, `agent`, `fulfilled_by`, `outcome`, `day`, `month`; several with commas."),
    ("clock" = Option<String>, Query, description = "`assignment`, `first_response`, `next_reply`, `resolution`, `ola`."),
    ("measure" = Option<String>, Query, description = "Of resolutions, `first` or `cumulative`."),
    ("queue" = Option<String>, Query, description = "Keys of queues."),
    ("plan" = Option<String>, Query, description = "Plans with their version, such as `default@2`."),
    ("tier" = Option<String>, Query, description = "Tiers."),
    ("priority" = Option<String>, Query, description = "Keys of priorities."),
    ("type" = Option<String>, Query, description = "Keys of types, or `none`."),
    ("channel" = Option<String>, Query, description = "Channels."),
    ("agent" = Option<String>, Query, description = "Ids of agents, or `none`."),
    ("fulfilled_by" = Option<String>, Query, description = "What ended it, such as `reply`, or `none`."),
    ("outcome" = Option<String>, Query, description = "How tickets were closed, or `none`.")),
    responses((status = 200, description = "The figures of each group; as CSV with Accept: text/csv.",
        body = Page<Figures>)))]
#[get("/compliance")]
async fn compliance(
    docket: web::Data<Docket>,
    reports: web::Data<Reports>,
    fresh: Fresh,
    request: HttpRequest,
) -> Answer {
    let now = docket.now();
    let asked = Asked::of(Of::Figures, &request, now)?;
    let accept = request.headers().get(header::ACCEPT).and_then(|it| it.to_str().ok());
    let as_table = accept.is_some_and(|accept| accept.contains("text/csv"));
    if as_table || asked.cursor.is_none() {
        asked.short_enough()?;
    }
    let Asked { question, size, cursor, .. } = asked;
    checked::refuse_unknown(&docket, &question.filters).await?;
    let (catalogue, documents) = (docket.desk.catalogue(), docket.views.documents());
    let zone = catalogue.zone_offsets.as_ref();
    if as_table {
        let figures = report::figures(documents, &question, zone, now).await?;
        let body = written(&figures, &question.by).map_err(|_| Problem::internal())?;
        return Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").body(body));
    }
    let part = (size, cursor.as_deref());
    fresh.answer(&reports.page(documents, &question, zone, now, part).await?)
}

/// List the clocks behind a report, those that were decided first first.
#[utoipa::path(tag = "compliance", params(
    ("from" = Option<String>, Query, description = "Decided at this instant or later; thirty days before `to` unless said."),
    ("to" = Option<String>, Query, description = "Decided before this instant; now unless said."),
    ("page_size" = Option<u16>, Query, description = "1 to 200; 50 unless said. A page that few clocks pass the filters of may be shorter."),
    ("cursor" = Option<String>, Query, description = "Where the last page ended.")),
    responses((status = 200, description = "The clocks that the filters of a report let through.",
        body = Page<ClockRow>)))]
#[get("/compliance/clocks")]
async fn clocks(docket: web::Data<Docket>, fresh: Fresh, request: HttpRequest) -> Answer {
    let asked = Asked::of(Of::Clocks, &request, docket.now())?;
    checked::refuse_unknown(&docket, &asked.question.filters).await?;
    let documents = docket.views.documents();
    let cursor = asked.cursor.as_deref();
    fresh.answer(&sla_clocks::page(documents, &asked.question, asked.size, cursor).await?)
}

/// List what is due next across the desk: the clocks that run, what is longest overdue first.
#[utoipa::path(tag = "compliance", params(
    ("queue" = Option<String>, Query, description = "Keys of queues."),
    ("page_size" = Option<u16>, Query, description = "1 to 200; 50 unless said."),
    ("cursor" = Option<String>, Query, description = "Where the last page ended.")),
    responses((status = 200, description = "The clocks.", body = Page<ClockRow>)))]
#[get("/deadlines")]
async fn deadlines(docket: web::Data<Docket>, fresh: Fresh, request: HttpRequest) -> Answer {
    let Asked { question, size, cursor, .. } = Asked::of(Of::Deadlines, &request, docket.now())?;
    checked::refuse_unknown(&docket, &question.filters).await?;
    let queues = question.filters.into_values().next().unwrap_or_default();
    let documents = docket.views.documents();
    fresh.answer(&sla_clocks::due_next(documents, &queues, size, cursor.as_deref()).await?)
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
