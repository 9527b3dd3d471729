//! What reports say of periods that are over, page by page, and what they refuse.

use std::time::Duration;

use docket_domain::instant::Instant;
use docket_projections::sla_clocks::report::LONGEST;
use docket_tests::desk::Desk;
use serde_json::json;

use super::compliance::{a_day, told};

const MINUTE: Duration = Duration::from_secs(60);

/// The counts of September by queue and owner, clock by clock.
async fn september(desk: &Desk) -> String {
    desk.views_caught_up().await;
    let path = "/v1/compliance?from=2025-09-01T00:00:00Z&to=2025-10-01T00:00:00Z&by=queue,agent";
    let report = desk.admin.get(path).await.is(200);
    told(&report.body, &["met", "breached"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_changes_nothing_of_what_a_period_that_is_over_says() {
    let desk = Desk::open().await;
    desk.admin.put("/v1/queues/x", &json!({ "name": "X" })).await.is(201);
    let opened = |queue: &str| json!({ "queue": queue, "occurred_at": "2025-09-08T08:00:00Z" });
    let healthy = desk.given_ticket_with(opened("inbox")).await;
    let late = desk.given_ticket_with(opened("x")).await;
    let before = september(&desk).await;
    let assign = json!({ "agent": desk.ann });
    desk.admin.post(&healthy.path("assign"), &assign).await.is(200);
    desk.admin.post(&late.path("merge"), &json!({ "into": healthy.id })).await.is(200);
    assert_eq!(september(&desk).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_first_pages_of_one_millisecond_each_go_on_with_their_own_count() {
    let desk = a_day().await;
    let path = "/v1/compliance?by=queue,priority,outcome";
    let (mut wholes, mut nexts) = (Vec::new(), Vec::new());
    for again in [false, true] {
        if again {
            // The clock stands still: what happened before becomes known between two counts of one instant.
            let before = "2026-03-02T09:30:00Z";
            let ticket = desk.given_ticket_with(json!({ "occurred_at": before })).await;
            let close = json!({ "outcome": "unsolved", "occurred_at": before });
            desk.admin.post(&ticket.path("close"), &close).await.is(200);
            desk.views_caught_up().await;
        }
        wholes.push(desk.admin.get(path).await.is(200).body["data"].clone());
        let first = desk.admin.get(&format!("{path}&page_size=1")).await.is(200);
        nexts.push(format!("{path}&page_size=100&cursor={}", first.text("/page/next")));
    }
    assert_ne!(wholes[0], wholes[1]);
    for (whole, next) in wholes.iter().zip(&nexts) {
        let rest = desk.admin.get(next).await.is(200).body["data"].clone();
        assert_eq!(rest.as_array().unwrap()[..], whole.as_array().unwrap()[1..]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_the_longest_period_goes_on_while_time_does() {
    let desk = a_day().await;
    let now: Instant = desk.now().parse().unwrap();
    let from = now.plus_millis(-LONGEST);
    let path = format!("/v1/compliance?from={from}&by=priority&page_size=1");
    let first = desk.admin.get(&path).await.is(200);
    desk.pass(MINUTE);
    let next = format!("{path}&cursor={}", first.text("/page/next"));
    desk.admin.get(&next).await.is(200);
    assert_eq!(
        desk.admin.get(&path).await.problem(),
        "422 period_too_long /from:period_too_long",
        "a first page of it is too long by a minute"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_clock_can_be_told_by_is_refused_instead_of_finding_nothing() {
    let desk = Desk::open().await;
    for (asked, name) in [
        ("compliance?queue=nope", "queue"),
        ("compliance?clock=resolution,nope", "clock"),
        ("compliance?plan=default", "plan"),
        ("compliance?agent=x", "agent"),
        ("compliance?fulfilled_by=luck", "fulfilled_by"),
        ("compliance?by=", "by"),
        ("compliance?tier=", "tier"),
        ("compliance/clocks?outcome=nope", "outcome"),
        ("deadlines?queue=nope", "queue"),
    ] {
        let refused = desk.admin.get(&format!("/v1/{asked}")).await;
        assert_eq!(
            refused.problem(),
            format!("422 invalid_request /{name}:invalid_value"),
            "{asked}"
        );
    }
    desk.admin.get("/v1/compliance?queue=inbox&plan=default@1&tier=premium&by=agent").await.is(200);
    desk.admin.get("/v1/deadlines?queue=inbox").await.is(200);
}
