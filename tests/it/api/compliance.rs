//! How promises were kept, over HTTP: figures of a period, the clocks behind them, what is due next.

use std::time::Duration;

use docket_api::workers::timers::Timers;
use docket_tests::desk::Desk;
use serde_json::{Value, json};

pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// A Monday of a desk that promises a first answer within a day, and an end within five: answered in
/// time, closed without an answer, one that is late, and one that a change made late.
pub(super) async fn a_day() -> Desk {
    let desk = Desk::open().await;
    let answered = desk.given_ticket().await;
    let closed = desk.given_ticket_with(json!({ "priority": "low" })).await;
    let changed = desk.given_ticket_with(json!({ "priority": "low" })).await;
    desk.pass(MINUTE * 90);
    desk.admin.post(&answered.path("reply"), &json!({ "body": "We look." })).await.is(200);
    desk.admin.post(&closed.path("close"), &json!({ "outcome": "spam" })).await.is(200);
    // Ninety minutes are more than the hour that critical tickets have.
    desk.admin.post(&changed.path("priority"), &json!({ "priority": "critical" })).await.is(200);
    desk.pass(MINUTE * 30);
    desk.admin.post(&answered.path("close"), &json!({})).await.is(200);
    desk.views_caught_up().await;
    desk
}

/// All that pages have, one after the other.
pub(super) async fn pages(desk: &Desk, path: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = desk.admin.get(&format!("{path}{cursor}")).await.is(200).body;
        let data = page["data"].as_array().unwrap();
        assert!(!data.is_empty(), "no page in vain: {path}");
        all.extend(data.iter().cloned());
        match page["page"]["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

pub(super) fn told(reply: &Value, columns: &[&str]) -> String {
    let line = |row: &Value| {
        let group = row["group"].as_object().unwrap().values().map(|it| it.as_str().unwrap());
        let group: Vec<&str> = group.collect();
        let cells = columns.iter().map(|column| format!("{column} {}", row[*column]));
        format!("{}: {}", group.join(" "), cells.collect::<Vec<_>>().join(", "))
    };
    let rows = reply["data"].as_array().unwrap();
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_tell_what_was_kept_what_was_late_and_what_is_neither() {
    let desk = a_day().await;
    let path = "/v1/compliance?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z";
    let report = desk.caller("analyst").get(path).await.is(200);
    let columns =
        ["met", "breached", "retargeted", "still_open", "apart", "cancelled", "open", "mean_ms"];
    insta::assert_snapshot!(told(&report.body, &columns), @"
    assignment: met 0, breached 1, retargeted 1, still_open 1, apart 0, cancelled 2, open 0, mean_ms null
    first_response: met 1, breached 1, retargeted 1, still_open 1, apart 1, cancelled 0, open 0, mean_ms 5400000
    resolution first: met 2, breached 0, retargeted 0, still_open 0, apart 0, cancelled 0, open 0, mean_ms 5400000
    ");
    let by = format!("{path}&by=priority,fulfilled_by&clock=first_response");
    let by = desk.admin.get(&by).await.is(200);
    insta::assert_snapshot!(told(&by.body, &["met", "apart", "breached", "percent_met"]), @"
    first_response none critical: met 0, apart 0, breached 1, percent_met 0.0
    first_response reply medium: met 1, apart 0, breached 0, percent_met 100.0
    first_response resolution low: met 0, apart 1, breached 0, percent_met null
    ");
    let nobody = format!("{path}&by=agent&agent=none&clock=assignment");
    let nobody = desk.admin.get(&nobody).await.is(200);
    insta::assert_snapshot!(told(&nobody.body, &["breached", "cancelled"]), @"none assignment: breached 1, cancelled 2");
    let day = desk.admin.get(&format!("{path}&by=day&clock=resolution")).await.is(200);
    insta::assert_snapshot!(told(&day.body, &["met", "p50_ms", "p90_ms"]), @"resolution 2026-03-02 first: met 2, p50_ms 5400000, p90_ms 5400000");
    let csv = desk.admin.request("GET", &format!("{path}&by=queue&clock=first_response"));
    let csv = csv.header("accept", "text/csv").send().await.unwrap();
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8");
    insta::assert_snapshot!(csv.text().await.unwrap(), @"
    clock,measure,queue,met,breached,retargeted,still_open,apart,merged,cancelled,open,percent_met,mean_ms,p50_ms,p90_ms,p95_ms
    first_response,,inbox,1,1,1,1,1,0,0,0,50,5400000,5400000,5400000,5400000
    ");
    for (query, problem) in [
        ("by=colour", "422 invalid_request /by:invalid_value"),
        ("colour=red", "422 invalid_request /colour:unknown_field"),
        (
            "from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z",
            "422 invalid_request /to:invalid_value",
        ),
        ("from=2024-01-01T00:00:00Z", "422 period_too_long /from:period_too_long"),
    ] {
        let refused = desk.admin.get(&format!("/v1/compliance?{query}")).await;
        assert_eq!(refused.problem(), problem, "{query}");
    }
    // The thirty days before, when the beginning is not said.
    let past = desk.admin.get("/v1/compliance?to=2026-03-02T00:00:00Z").await.is(200);
    assert_eq!(past.body["data"], json!([]));
    let by_clock: Vec<Value> = pages(&desk, &format!("{path}&page_size=2")).await;
    assert_eq!(json!(by_clock), report.body["data"], "page by page the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_while_nothing_happens_counts_where_it_passed() {
    let desk = Desk::open().await;
    desk.given_ticket_with(json!({ "priority": "critical" })).await;
    desk.views_caught_up().await;
    // Standard and critical: an answer within an hour, so by ten.
    let path =
        "/v1/compliance?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&clock=first_response";
    let mut figures = Vec::new();
    for minutes in [0, 60, 1] {
        desk.pass(MINUTE * minutes);
        let report = desk.admin.get(path).await.is(200);
        figures.push(told(&report.body, &["open", "breached", "still_open", "p50_ms"]));
    }
    insta::assert_snapshot!(figures.join("\n"), @"
    first_response: open 1, breached 0, still_open 0, p50_ms null
    first_response: open 1, breached 0, still_open 0, p50_ms null
    first_response: open 0, breached 1, still_open 1, p50_ms null
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_counts_where_the_ticket_lay_and_not_where_its_own_step_moved_it() {
    let desk = Desk::open().await;
    let mut plan = desk.admin.get("/v1/plans/default").await.is(200).body;
    for added in ["key", "version", "effective_from"] {
        plan.as_object_mut().unwrap().remove(added);
    }
    plan["escalation"] = json!([{ "clock": "first_response", "at": "breach", "level": 2,
        "to": "owner", "priority": "high", "queue": "complaints" }]);
    desk.admin.put("/v1/plans/default", &plan).await.is(200);
    let ticket = desk.given_ticket().await;
    desk.pass(MINUTE * 60 * 26);
    desk.views_caught_up().await;
    Timers::default().fire_due(&desk.server.docket).await.unwrap();
    desk.views_caught_up().await;
    assert_eq!(desk.admin.get(&ticket.own()).await.is(200).text("/queue"), "complaints");
    let path = "/v1/compliance?from=2026-03-02T00:00:00Z&by=queue,priority";
    let report = desk.admin.get(&format!("{path}&clock=first_response")).await.is(200);
    insta::assert_snapshot!(told(&report.body, &["breached"]), @"first_response medium inbox: breached 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_applied_before_a_page_is_cut_and_what_is_not_read_is_refused() {
    let desk = a_day().await;
    let moved = desk.given_ticket_with(json!({ "queue": "billing" })).await;
    desk.views_caught_up().await;
    let period = "from=2026-03-02T00:00:00Z&to=2026-03-10T00:00:00Z";
    let resolutions = format!("/v1/compliance/clocks?{period}&clock=resolution&page_size=2");
    let found = pages(&desk, &resolutions).await;
    assert!(found.iter().all(|it| it["clock"] == "resolution"));
    let whole = desk.admin.get(&format!("/v1/compliance/clocks?{period}&page_size=200")).await;
    let whole = whole.is(200).body["data"].as_array().unwrap().clone();
    let expected: Vec<Value> = whole.into_iter().filter(|it| it["clock"] == "resolution").collect();
    assert_eq!(found, expected);
    // Pages go on though time does, where the period was not said.
    let first = desk.admin.get("/v1/compliance/clocks?page_size=1").await.is(200);
    desk.pass(MINUTE);
    let next = format!("/v1/compliance/clocks?page_size=1&cursor={}", first.text("/page/next"));
    desk.admin.get(&next).await.is(200);
    let billing = pages(&desk, "/v1/deadlines?queue=billing&page_size=1").await;
    assert_eq!(billing.len(), 3);
    assert!(billing.iter().all(|it| it["number"] == moved.number.as_str()));
    for (path, problem) in [
        ("/v1/compliance/clocks?by=queue", "422 invalid_request /by:unknown_field"),
        ("/v1/deadlines?by=queue", "422 invalid_request /by:unknown_field"),
        ("/v1/deadlines?from=2026-03-02T00:00:00Z", "422 invalid_request /from:unknown_field"),
        ("/v1/deadlines?priority=high", "422 invalid_request /priority:unknown_field"),
    ] {
        assert_eq!(desk.admin.get(path).await.problem(), problem, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_that_is_over_says_the_same_after_what_was_late_is_reopened() {
    let desk = Desk::open().await;
    let mut plan = desk.admin.get("/v1/plans/default").await.is(200).body;
    plan.as_object_mut().unwrap().retain(|key, _| key != "version" && key != "effective_from");
    plan["internal"] = json!([{ "queue": "inbox", "ola": "PT2H" }]);
    desk.admin.put("/v1/plans/default", &plan).await.is(200);
    let late = desk.given_ticket_with(json!({ "priority": "critical" })).await;
    let day = MINUTE * 60 * 24;
    desk.pass(day * 3);
    desk.admin.post(&late.path("close"), &json!({})).await.is(200);
    desk.views_caught_up().await;
    let over = "/v1/compliance?from=2026-03-02T00:00:00Z&to=2026-03-06T00:00:00Z";
    let before = desk.admin.get(over).await.is(200).body;
    for _ in 0..2 {
        desk.pass(day * 7);
        desk.admin.post(&late.path("reopen"), &json!({ "reason": "Still." })).await.is(200);
        desk.admin.post(&late.path("close"), &json!({})).await.is(200);
    }
    desk.views_caught_up().await;
    assert_eq!(desk.admin.get(over).await.is(200).body, before);
    let since = "/v1/compliance?from=2026-03-06T00:00:00Z&to=2026-04-01T00:00:00Z";
    let since = desk.admin.get(since).await.is(200).body;
    insta::assert_snapshot!(told(&since, &["met", "breached", "cancelled"]), @r#"
    assignment: met 0, breached 0, cancelled 2
    ola cumulative: met 0, breached 2, cancelled 0
    resolution cumulative: met 0, breached 2, cancelled 0
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_left_stuck_unseen() {
    let desk = Desk::open().await;
    let [nobodys, owned, waits, put_aside, done] = [
        desk.given_ticket().await,
        desk.given_ticket().await,
        desk.given_ticket().await,
        desk.given_ticket().await,
        desk.given_ticket().await,
    ];
    let ann = json!({ "agent": desk.ann });
    for ticket in [&owned, &waits, &put_aside] {
        desk.admin.post(&ticket.path("assign"), &ann).await.is(200);
    }
    // Nothing is due while the customer is waited for; a snooze ends by itself.
    desk.admin.post(&waits.path("reply"), &json!({ "body": "Which parcel?" })).await.is(200);
    desk.admin.post(&put_aside.path("reply"), &json!({ "body": "Wait." })).await.is(200);
    desk.admin.post(&put_aside.path("snooze"), &json!({ "for": "PT3H" })).await.is(200);
    desk.admin.post(&done.path("close"), &json!({})).await.is(200);
    desk.views_caught_up().await;
    let stuck = desk.admin.get("/v1/tickets?view=stuck").await.is(200);
    let rows = stuck.body["data"].as_array().unwrap().iter();
    let mut numbers: Vec<&str> = rows.map(|it| it["number"].as_str().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [nobodys.number.as_str(), waits.number.as_str()]);
}
