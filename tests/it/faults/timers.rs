//! Timers under a clock that jumps, with workers that race and are cut off wherever they happen to be.
//!
//! Tickets are opened, and some of them answered, put aside, made urgent or closed. Then the clock goes
//! forth and back by hours and days; at each stop two workers, beside the server's own, fire what is due
//! until they are cut off at a random moment. In the end every snooze ended once, and what clocks say is
//! late or came close to it was noted once each, at the very instant that `GET …/sla` names.
//!
//! `DOCKET_TIMER_TICKETS` says how many tickets, 40 unless said; 2,000 have more than 10,000 timers and
//! take 50 s in a debug build. Seen to fail on a build that notes a breach at the time of noticing.

use std::collections::BTreeMap;
use std::time::Duration;

use docket_api::workers::timers::Timers;
use docket_domain::instant::Instant;
use docket_projections::deadlines;
use docket_tests::desk::{Desk, GivenTicket};
use futures::{StreamExt, stream};
use serde_json::{Value, json};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How the clock goes, in hours: mostly forth, by hours and by days.
const JUMPS: [i64; 12] = [1, 24, -1, 1, -24, 24, 24, 1, -1, 24, 24, 24];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_timer_fires_once_whatever_the_clock_and_the_workers_do() {
    let count = std::env::var("DOCKET_TIMER_TICKETS").ok().and_then(|n| n.parse().ok());
    let desk = Desk::open().await;
    let tickets = live(&desk, count.unwrap_or(40)).await;
    for (stop, hours) in (0..).zip(JUMPS) {
        desk.jump(hours * HOUR_MS);
        desk.views_caught_up().await;
        let work = async || {
            let mut timers = Timers::default();
            while timers.fire_due(&desk.server.docket).await.unwrap().fired > 0 {}
        };
        let both = async { tokio::join!(work(), work()) };
        // Where in its work a worker is cut off is what is random here; nothing waits for it.
        let _ = tokio::time::timeout(Duration::from_millis(1 + random(stop) % 60), both).await;
    }
    desk.jump(30 * DAY_MS);
    settle(&desk).await;
    let noted = stream::iter(&tickets).then(|ticket| noted_once(&desk, ticket));
    let noted: usize = noted.fold(0, async |all, noted| all + noted).await;
    assert!(noted > 4 * tickets.len(), "only {noted} timers fired");
}

/// Tickets to which this and that happens.
async fn live(desk: &Desk, count: usize) -> Vec<GivenTicket> {
    let one = async |n: usize| {
        let customer = json!({ "email": format!("customer-{n}@example.com") });
        let ticket = desk.given_ticket_with(json!({ "customer": customer })).await;
        let (command, body) = match n % 8 {
            0 => ("snooze", json!({ "for": format!("PT{}H", 1 + n % 40) })),
            1 => ("reply", json!({ "body": "We look into it" })),
            2 => ("priority", json!({ "priority": "critical" })),
            3 => ("close", json!({})),
            4 => ("assign", json!({ "agent": desk.ann })),
            _ => return ticket,
        };
        desk.admin.post(&ticket.path(command), &body).await.is(200);
        ticket
    };
    stream::iter(0..count).map(one).buffered(16).collect().await
}

/// Fires until nothing is due.
async fn settle(desk: &Desk) {
    let mut timers = Timers::default();
    loop {
        desk.views_caught_up().await;
        let round = timers.fire_due(&desk.server.docket).await.unwrap();
        assert_eq!((round.failed, round.resting), (0, 0));
        desk.views_caught_up().await;
        let now: Instant = desk.now().parse().unwrap();
        let documents = desk.server.docket.views.documents();
        if deadlines::due(documents, now, None, 1).await.unwrap().is_empty() {
            return;
        }
    }
}

/// Holds what was noted of a ticket against what its clocks say; answers how much that is.
async fn noted_once(desk: &Desk, ticket: &GivenTicket) -> usize {
    let history = desk.admin.get(&format!("{}/history", ticket.own())).await.is(200).body;
    let sla = desk.admin.get(&format!("{}/sla", ticket.own())).await.is(200).body;
    let events = history["data"].as_array().unwrap();
    let of =
        |kind: &str| -> Vec<&Value> { events.iter().filter(|it| it["type"] == kind).collect() };
    let snoozed = of("TicketSnoozed").len();
    assert_eq!(of("TicketWoken").len(), snoozed, "{history:#}");
    for woken in of("TicketWoken") {
        assert_eq!(woken["occurred_at"], woken["data"]["due"], "{woken:#}");
    }
    let by_clock = |kind: &str| -> BTreeMap<(String, u64), String> {
        let told = of(kind);
        let named = told.iter().map(|it| {
            let clock = it["data"]["clock"].as_str().unwrap().to_owned();
            let at = it["occurred_at"].as_str().unwrap().to_owned();
            ((clock, it["data"]["instance"].as_u64().unwrap()), at)
        });
        let named: BTreeMap<_, _> = named.collect();
        assert_eq!(named.len(), told.len(), "each once: {history:#}");
        named
    };
    let (warned, breached) = (by_clock("SlaWarned"), by_clock("SlaBreached"));
    for clock in sla["clocks"].as_array().unwrap() {
        let name = clock["clock"].as_str().unwrap().to_owned();
        let name = (name, clock["instance"].as_u64().unwrap());
        let late = clock["breached_at"].as_str();
        assert_eq!(breached.get(&name).map(String::as_str), late, "{clock:#}");
        let close = clock["alarm_at"].as_str().filter(|_| clock["breached_by"] != "retarget");
        let stopped = clock["stopped_at"].as_str().unwrap_or("9999");
        let close = close.filter(|at| *at < stopped);
        assert_eq!(warned.contains_key(&name), close.is_some(), "{clock:#}");
        let since = warned.get(&name).map_or("", String::as_str);
        assert!(since >= close.unwrap_or(""), "{clock:#}");
    }
    snoozed + warned.len() + breached.len()
}

fn random(seed: u64) -> u64 {
    let mixed = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
}
