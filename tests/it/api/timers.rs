//! Timers: what is due is done, whatever else is due and cannot be.

use std::time::Duration;

use docket_api::workers::timers::{Round, Timers};
use docket_domain::ids::TicketId;
use docket_domain::sla::clock::{Due, Mark};
use docket_domain::sla::plan::ClockKind;
use docket_domain::ticket::event::ClockMark;
use docket_tests::desk::Desk;
use serde_json::json;
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;

/// More than one page of deadlines.
const POISONED: usize = 250;

#[tokio::test(flavor = "multi_thread")]
async fn timers_that_fail_keep_none_of_the_others_waiting_and_are_tried_again_later() {
    let desk = Desk::open().await;
    let docket = &desk.server.docket;
    let ticket = desk.given_ticket().await;
    desk.admin.post(&ticket.path("snooze"), &json!({ "for": "PT1H" })).await.is(200);
    desk.views_caught_up().await;
    poison(&desk, POISONED).await;

    let mut timers = Timers::default();
    let failed = Round { failed: POISONED, ..Round::default() };
    assert_eq!(timers.fire_due(docket).await.unwrap(), failed, "the snooze is not due yet");
    let resting = Round { resting: POISONED, ..Round::default() };
    assert_eq!(timers.fire_due(docket).await.unwrap(), resting, "they are not tried at once");

    desk.pass(Duration::from_secs(2 * 3600));
    let later = timers.fire_due(docket).await.unwrap();
    assert_eq!((later.failed, later.resting), (POISONED, 0), "they are tried again");
    let awake = desk.admin.get(&ticket.own()).await.is(200);
    assert_eq!(awake.text("/status"), "new", "though all of them were due before it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_noted_too_early_keeps_nothing_else_from_being_noted() {
    let desk = Desk::open().await;
    let docket = &desk.server.docket;
    let ticket = desk.given_ticket_with(json!({ "priority": "critical" })).await;
    let id = TicketId(ticket.id.parse().unwrap());
    // The warning and the breach of a next reply that nobody waits for yet.
    for (mark, version) in [(Mark::Warned, 1), (Mark::Breached, 2)] {
        let at = desk.now().parse().unwrap();
        let clock = ClockMark {
            clock: ClockKind::NextReply,
            instance: 1,
            deadline: at,
            target_ms: 3_600_000,
            elapsed_ms: 3_600_000,
            breached_by: None,
            detected_at: at,
            alerted: None,
        };
        let due = Due { at, mark, clock, step: None };
        docket.desk.mark_clock(id, due, version).await.unwrap();
    }
    desk.admin.post(&ticket.path("reply"), &json!({ "body": "We look." })).await.is(200);
    let chaser = json!({ "body": "And now?", "channel": "email" });
    desk.admin.post(&ticket.path("message"), &chaser).await.is(200);
    desk.pass(Duration::from_secs(7 * 24 * 3600));
    desk.views_caught_up().await;
    let round = Timers::default().fire_due(docket).await.unwrap();
    assert_eq!((round.failed, round.resting), (0, 0));
    let path = format!("/v1/events?stream=ticket-{}", ticket.id);
    let events = desk.admin.get(&path).await.is(200);
    let events = events.body["data"].as_array().cloned().unwrap();
    let late = events.iter().filter(|event| event["type"] == "SlaBreached");
    let late: Vec<&str> = late.map(|event| event["data"]["clock"].as_str().unwrap()).collect();
    assert_eq!(late, ["next_reply", "assignment", "resolution"], "{events:?}");
}

/// Deadlines of tickets that are not there: whatever is tried with them fails.
async fn poison(desk: &Desk, count: usize) {
    let mut views = views_of(desk).await;
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'deadlines_v%'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut views).await.unwrap();
    let table = tables.iter().find(|name| !name.contains("counts")).unwrap();
    for _ in 0..count {
        let ticket = Uuid::now_v7();
        let due = "2026-03-01T00:00:00.000Z";
        let doc = json!({ "ticket": ticket, "kind": "snooze", "due_at": due, "version": 1 });
        let insert = format!("INSERT INTO {table} (stream, key, doc) VALUES (?, 'snooze', ?)");
        sqlx::query(sqlx::AssertSqlSafe(insert))
            .bind(format!("ticket-{ticket}"))
            .bind(doc.to_string())
            .execute(&mut views)
            .await
            .unwrap();
    }
}

async fn views_of(desk: &Desk) -> SqliteConnection {
    let path = desk.data().join(docket_api::docket::VIEWS_FILE);
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(10));
    options.connect().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_from_before_a_breach_is_taken_after_it_and_what_was_in_time_is_met() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket_with(json!({ "priority": "critical" })).await;
    desk.pass(Duration::from_secs(8 * 3600));
    desk.views_caught_up().await;
    let noted = Timers::default().fire_due(&desk.server.docket).await.unwrap();
    assert!(noted.fired > 0, "{noted:?}");

    let chaser =
        json!({ "body": "And?", "channel": "email", "occurred_at": "2026-03-02T09:05:00Z" });
    desk.admin.post(&ticket.path("message"), &chaser).await.is(200);
    let answer = json!({ "body": "Found it.", "occurred_at": "2026-03-02T09:06:00Z" });
    desk.admin.post(&ticket.path("reply"), &answer).await.is(200);
    let sla = desk.admin.get(&format!("{}/sla", ticket.own())).await.is(200);
    let first = &sla.body["clocks"].as_array().unwrap()[1];
    let told = ["clock", "verdict", "stopped_at"].map(|it| first[it].as_str().unwrap());
    assert_eq!(told, ["first_response", "met", "2026-03-02T09:06:00.000Z"]);

    let earlier = json!({ "body": "First!", "occurred_at": "2026-03-02T09:05:59Z" });
    let refused = desk.admin.post(&ticket.path("reply"), &earlier).await;
    assert_eq!(
        refused.problem(),
        "422 occurred_at_out_of_range /occurred_at:occurred_at_out_of_range"
    );
}
