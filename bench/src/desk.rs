//! A year of a service desk with promises: what reports and questions over its past cost, and the
//! arithmetic below them.

use std::time::Instant as Timer;

use docket_commands::zones;
use docket_domain::definition::{BaseStatus, SlaTerms};
use docket_domain::instant::Instant;
use docket_domain::party::Channel;
use docket_domain::sla::calendar::{Calendar, OpenHours};
use docket_domain::ticket::event::{Message, Outcome, StatusChange, TicketEvent};
use serde_json::{Value, json};

use crate::fill::{self, Story};
use crate::http::Connection;
use crate::load::words;
use crate::server::{self, Server};
use crate::writes::{ADDRESS, Failure};

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// A year of them.
const YEAR: i64 = 365 * 24 * HOUR;

/// Of how many tickets what-if is asked.
const ASKED: u64 = 100_000;

/// Reports and what-if on a desk of so many tickets, opened within a year, and calendars.
pub async fn measure(tickets: u64) -> Result<(), Failure> {
    calendars()?;
    let dir = server::folder()?;
    let data = dir.path().join("data");
    let sla = terms(&data).await?;
    let start = Instant(fill::now() - YEAR);
    let story = move |number| story(number, start.plus_millis(share(number, tickets)), &sla);
    fill::fill_with(&data, tickets, story).await?;
    // Views of one ticket would follow the others one by one: without them they are built.
    std::fs::remove_file(data.join("views.sqlite"))?;
    let server = Server::start(&server::binary()?, &data, ADDRESS, &[]).await?;
    let seconds = server.ready_after.as_secs_f64();
    println!("{tickets} tickets of a year: all views built and ready after {seconds:.0} s");
    let mut connection = server.target.connect(0).await?;
    let month = start.plus_millis(6 * YEAR / 12);
    let period = format!("from={month}&to={}", month.plus_millis(30 * 24 * HOUR));
    for by in ["", "queue", "queue,priority", "agent,day"] {
        report(&mut connection, &period, by).await?;
    }
    let last = start.plus_millis(share(tickets.saturating_sub(ASKED), tickets));
    what_if(&mut connection, "the last", last, Instant(fill::now())).await?;
    let first = start.plus_millis(share(ASKED, tickets));
    what_if(&mut connection, "the first", start, first).await
}

/// How far into the year a ticket is opened.
fn share(number: u64, tickets: u64) -> i64 {
    (i128::from(YEAR) * i128::from(number) / i128::from(tickets.max(1))) as i64
}

/// What a ticket is promised by on a new desk in `data`: taken from one that its server opened.
async fn terms(data: &std::path::Path) -> Result<SlaTerms, Failure> {
    let server = Server::start(&server::binary()?, data, ADDRESS, &[]).await?;
    let mut connection = server.target.connect(0).await?;
    let body = json!({ "subject": "Order", "body": "late", "channel": "email",
        "customer": { "email": "c@example.com" } });
    let opened = answer(&mut connection, "POST", "/v1/tickets", &body.to_string()).await?;
    let id = opened["id"].as_str().ok_or("a ticket has an id")?;
    let path = format!("/v1/tickets/{id}/history");
    let history = answer(&mut connection, "GET", &path, "").await?;
    Ok(serde_json::from_value(history["data"][0]["data"]["sla"].clone())?)
}

/// Assigned within hours, answered by the next day, mostly closed within a week; every third customer
/// asks again. Half of what was promised is late, so that figures have something to tell.
fn story(number: u64, opened_at: Instant, sla: &SlaTerms) -> Story {
    let place = number % 2_000;
    let spread = |salt: u64, hours: i64| {
        let hash = (number ^ salt).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        (hash as i64 * hours * HOUR) >> 24
    };
    let customer = fill::customer(place);
    let said = |index| fill::message(number, index, words((number * 31 + index) as usize));
    let mut created = fill::created(number, customer, Some(said(0)));
    created.sla = Some(sla.clone());
    let mut events = vec![(opened_at, TicketEvent::TicketCreated(Box::new(created)))];
    let mut at = opened_at.plus_millis(spread(1, 4));
    events.push((at, fill::assigned(number)));
    at = at.plus_millis(spread(2, 30));
    events.push((at, replied(said(2), BaseStatus::InProgress)));
    if number.is_multiple_of(3) {
        at = at.plus_millis(spread(3, 40));
        events.push((at, received(said(3))));
        at = at.plus_millis(spread(4, 30));
        events.push((at, replied(said(4), BaseStatus::New)));
    }
    if !number.is_multiple_of(20) {
        at = at.plus_millis(spread(5, 150));
        events.push((at, closed(at)));
    }
    let now = Instant(fill::now());
    let events = events.into_iter().filter(|(at, _)| *at < now);
    let events = events.map(|(at, event)| (Some(at), event)).collect();
    Story { customer: place, opened_at: Some(opened_at), events }
}

fn change(from: BaseStatus, to: BaseStatus) -> StatusChange {
    StatusChange { from: fill::status(from), to: fill::status(to) }
}

fn replied(message: Message, from: BaseStatus) -> TicketEvent {
    TicketEvent::TicketReplied {
        message,
        answers: Vec::new(),
        seen_version: 1,
        channel: Channel::Email,
        status: Some(change(from, BaseStatus::AwaitingCustomer)),
    }
}

fn received(message: Message) -> TicketEvent {
    TicketEvent::MessageReceived {
        message,
        channel: Channel::Email,
        status: Some(change(BaseStatus::AwaitingCustomer, BaseStatus::New)),
    }
}

fn closed(closed_at: Instant) -> TicketEvent {
    TicketEvent::TicketClosed {
        outcome: Outcome::Solved,
        resolution: None,
        reason: None,
        owner: None,
        closed_at,
        purge_at: None,
        status: change(BaseStatus::AwaitingCustomer, BaseStatus::Closed),
    }
}

/// The median of eleven reports of a period, and how many clocks they are about.
async fn report(connection: &mut Connection, period: &str, by: &str) -> Result<(), Failure> {
    let apart = if by.is_empty() { String::new() } else { format!("&by={by}") };
    let path = format!("/v1/compliance?{period}&page_size=200{apart}");
    let mut times = Vec::new();
    let mut clocks = 0;
    for _ in 0..11 {
        let start = Timer::now();
        let figures = answer(connection, "GET", &path, "").await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        let counted = ["met", "breached", "apart", "open", "merged", "cancelled"];
        let groups = figures["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        let count = |group: &Value| counted.iter().filter_map(|it| group[it].as_u64()).sum::<u64>();
        clocks = groups.iter().map(count).sum();
    }
    times.sort_by(f64::total_cmp);
    println!("compliance of a month by {by:?}: {:.0} ms, {clocks} clocks on page 1", times[5]);
    Ok(())
}

/// What if everything were due within an hour? Asked of the tickets that were opened in a period.
async fn what_if(
    connection: &mut Connection,
    name: &str,
    from: Instant,
    to: Instant,
) -> Result<(), Failure> {
    let plan = hurried(answer(connection, "GET", "/v1/plans/default", "").await?);
    let body = json!({ "from": from, "to": to, "plan": plan }).to_string();
    let start = Timer::now();
    let told = answer(connection, "POST", "/v1/plans/default/what-if", &body).await?;
    let seconds = start.elapsed().as_secs_f64();
    println!("what-if over {} tickets, {name} of the year: {seconds:.1} s", told["tickets"]);
    Ok(())
}

/// A plan with an hour in every cell of its tables, as a draft: without what an answer adds.
fn hurried(mut plan: Value) -> Value {
    for added in ["key", "version", "effective_from"] {
        plan.as_object_mut().map(|plan| plan.remove(added));
    }
    let responses = &["assignment", "first_response", "next_reply"][..];
    for (table, targets) in [("respond", responses), ("resolve", &["resolution"])] {
        for row in plan[table].as_array_mut().into_iter().flatten() {
            for target in targets {
                if let Some(cell) = row.get_mut(target) {
                    *cell = json!("PT1H");
                }
            }
        }
    }
    plan
}

/// Deadlines, and open time between two instants, on office hours with a zone's changes and holidays.
fn calendars() -> Result<(), Failure> {
    let day = json!(["08:00-12:00", "13:00-17:00"]);
    let calendar: Calendar = serde_json::from_value(json!({
        "name": "Office", "zone": "Europe/Berlin", "day": "PT8H",
        "weekly": { "mon": day, "tue": day, "wed": day, "thu": day, "fri": day },
        "exceptions": [{ "date": "2026-12-24", "open": ["08:00-12:00"] }],
    }))?;
    let hours = OpenHours::of(&calendar, &zones::resolve("Europe/Berlin")?);
    let hours = hours.map_err(|errors| format!("{errors:?}"))?;
    const COMPUTED: i64 = 5_000_000;
    let start = Timer::now();
    let mut sum = 0;
    for nth in 0..COMPUTED {
        // Two years, in steps that visit every hour of the day and every day of the week.
        let at = Instant(1_767_225_600_000 + nth.wrapping_mul(7_919_113) % (2 * YEAR));
        let due = hours.after_open(at, 1 + nth % (40 * HOUR)).ok_or("office hours go on")?;
        sum += hours.open_between(at, due);
    }
    let rate = 2.0 * COMPUTED as f64 / start.elapsed().as_secs_f64();
    println!("calendars: {rate:.0} computations/s, half deadlines, half open time ({sum} ms)");
    Ok(())
}

async fn answer(
    connection: &mut Connection,
    method: &str,
    path: &str,
    body: &str,
) -> Result<Value, Failure> {
    let answer = connection.call(method, path, body).await?;
    let text = String::from_utf8_lossy(answer.body);
    if answer.status >= 300 {
        return Err(format!("{method} {path} answered {}: {text}", answer.status).into());
    }
    Ok(serde_json::from_str(&text)?)
}
