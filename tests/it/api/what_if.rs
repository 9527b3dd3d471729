//! Drafts of plans and calendars, tried on the past over HTTP.

use std::time::Duration;

use docket_api::workers::timers::Timers;
use docket_tests::desk::Desk;
use serde_json::{Value, json};

use super::compliance::a_day;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_tried_on_the_past_and_nothing_is_written() {
    let desk = a_day().await;
    let events = async || {
        let path = "/v1/events?limit=1000&type=DefinitionPublished";
        let log = desk.admin.get(path).await.is(200);
        log.body["data"].as_array().unwrap().len()
    };
    let before = events().await;
    let mut plan = desk.admin.get("/v1/plans/default").await.is(200).body;
    for added in ["key", "version", "effective_from"] {
        plan.as_object_mut().unwrap().remove(added);
    }
    // A first answer within an hour instead of a day: the one after ninety minutes would be late.
    for row in plan["respond"].as_array_mut().unwrap() {
        row["first_response"] = json!("PT1H");
    }
    let asked = json!({ "from": "2026-03-02T00:00:00Z", "plan": plan });
    let answer = desk.caller("analyst").post("/v1/plans/default/what-if", &asked).await.is(200);
    let lines = answer.body["data"].as_array().unwrap().iter();
    let lines = lines.filter(|line| line["clock"] == "first_response").map(|line| {
        format!(
            "{} {} → {}, +{} -{}",
            line["priority"], line["was"], line["would"], line["better"], line["worse"]
        )
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    "critical" {"apart":0,"breached":1,"met":0,"open":0} → {"apart":0,"breached":1,"met":0,"open":0}, +0 -0
    "low" {"apart":1,"breached":0,"met":0,"open":0} → {"apart":0,"breached":1,"met":0,"open":0}, +0 -1
    "medium" {"apart":0,"breached":0,"met":1,"open":0} → {"apart":0,"breached":1,"met":0,"open":0}, +0 -1
    "#);
    let changed = answer.body["changed"].as_array().unwrap();
    assert!(
        changed.iter().all(|it| it["would_be_due"] == "2026-03-02T10:00:00.000Z"),
        "{changed:?}"
    );
    assert_eq!(answer.body["tickets"], 3);
    // Nothing of it holds: the draft is not in the log.
    assert_eq!(events().await, before);
    let longer = json!({ "name": "Never", "zone": "UTC", "day": "PT8H", "weekly": {} });
    let refused = json!({ "from": "2026-03-02T00:00:00Z", "calendar": longer });
    let refused = desk.admin.post("/v1/plans/default/what-if", &refused).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let unknown = json!({ "from": "2026-03-02T00:00:00Z" });
    let unknown = desk.admin.post("/v1/plans/gold/what-if", &unknown).await;
    assert_eq!(unknown.problem(), "404 not_found");
    let agent = desk.caller("agent").post("/v1/plans/default/what-if", &asked).await;
    assert_eq!(agent.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_gives_another_queue_a_clock_is_compared_queue_by_queue() {
    let desk = Desk::open().await;
    let mut plan = desk.admin.get("/v1/plans/default").await.is(200).body;
    for added in ["key", "version", "effective_from"] {
        plan.as_object_mut().unwrap().remove(added);
    }
    plan["internal"] = json!([{ "queue": "technical", "ola": "PT1H" },
        { "queue": "complaints", "ola": "PT1H" }]);
    desk.admin.put("/v1/plans/default", &plan).await.is(200);
    let ticket = desk.given_ticket().await;
    // Half an hour in the inbox, two hours with the technicians, half an hour for the complaint, and back.
    for (minutes, queue) in [(30, "technical"), (120, "complaints"), (30, "technical")] {
        desk.pass(MINUTE * minutes);
        desk.admin.post(&ticket.path("transfer"), &json!({ "queue": queue })).await.is(200);
    }
    desk.pass(MINUTE * 15);
    desk.admin.post(&ticket.path("close"), &json!({})).await.is(200);
    // The inbox gets a clock, and with it the first number; complaints lose theirs.
    plan["internal"] = json!([{ "queue": "inbox", "ola": "PT1H" },
        { "queue": "technical", "ola": "PT3H" }]);
    let asked = json!({ "from": "2026-03-02T00:00:00Z", "plan": plan });
    let answer = desk.admin.post("/v1/plans/default/what-if", &asked).await.is(200).body;
    let lines = answer["data"].as_array().unwrap().iter().filter(|line| line["clock"] == "ola");
    let late_of = |it: &Value| format!("{} met, {} late", it["met"], it["breached"]);
    let lines = lines.map(|line| {
        let (was, would) = (late_of(&line["was"]), late_of(&line["would"]));
        let (measure, better) = (&line["measure"], &line["better"]);
        format!("{} {measure}: {was} → {would}, {better} better", line["queue"])
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n").replace('"', ""), @"
    technical cumulative: 0 met, 1 late → 1 met, 0 late, 1 better
    complaints first: 1 met, 0 late → 0 met, 0 late, 0 better
    inbox first: 0 met, 0 late → 1 met, 0 late, 0 better
    technical first: 0 met, 1 late → 1 met, 0 late, 1 better
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_taken_as_it_was_read_and_what_is_wrong_is_named_in_its_document() {
    let desk = a_day().await;
    let ask = async |plan: &Value, calendar: &Value| {
        let asked = json!({ "from": "2026-03-02T00:00:00Z", "plan": plan, "calendar": calendar });
        desk.admin.post("/v1/plans/default/what-if", &asked).await
    };
    let plan = desk.admin.get("/v1/plans/default").await.is(200).body;
    let key = plan["calendar"].as_str().unwrap().to_owned();
    let calendar = desk.admin.get(&format!("/v1/calendars/{key}")).await.is(200).body;
    ask(&plan, &calendar).await.is(200);
    let changed = |mut document: Value, field: &str, to: Value| {
        document[field] = to;
        document
    };
    for (plan, calendar, problem) in [
        (changed(plan.clone(), "calendar", json!("none")), Value::Null, "/plan/calendar"),
        (changed(plan.clone(), "respond", json!([])), Value::Null, "/plan/respond"),
        (
            plan.clone(),
            changed(calendar.clone(), "weekly", json!({ "mon": ["8-9"] })),
            "/calendar/weekly/mon/0",
        ),
    ] {
        let refused = ask(&plan, &calendar).await;
        assert_eq!(refused.problem(), format!("422 invalid_definition {problem}:invalid_value"));
    }
    let nameless = changed(plan, "name", json!(3));
    let refused = ask(&nameless, &Value::Null).await;
    assert_eq!(refused.problem(), "422 invalid_request /plan/name:invalid_type");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_draft_is_tried_at_a_time_on_a_desk_and_other_desks_do_not_wait_for_it() {
    let (desk, other) = (Desk::open().await, Desk::open().await);
    let asked = json!({ "from": "2026-03-02T00:00:00Z" });
    let trying = desk.server.docket.trying.lock().await;
    let turned_away = desk.admin.post("/v1/plans/default/what-if", &asked).await;
    assert_eq!(turned_away.problem(), "503 what_if_busy");
    assert_eq!(turned_away.header("retry-after"), "10");
    other.admin.post("/v1/plans/default/what-if", &asked).await.is(200);
    drop(trying);
    desk.admin.post("/v1/plans/default/what-if", &asked).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_noted_late_is_in_time_under_a_longer_target() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    desk.pass(MINUTE * 60 * 24 * 10);
    desk.views_caught_up().await;
    Timers::default().fire_due(&desk.server.docket).await.unwrap();
    desk.admin.post(&ticket.path("reply"), &json!({ "body": "We look." })).await.is(200);
    let history = desk.admin.get(&ticket.path("history")).await.is(200);
    let history = String::from_utf8(history.bytes).unwrap();
    assert!(history.contains("SlaBreached"), "{history}");
    let mut plan = desk.admin.get("/v1/plans/default").await.is(200).body;
    for row in plan["respond"].as_array_mut().unwrap() {
        row["first_response"] = json!("P100D");
    }
    let asked = json!({ "from": "2026-03-02T00:00:00Z", "plan": plan });
    let answer = desk.admin.post("/v1/plans/default/what-if", &asked).await.is(200).body;
    let lines = answer["data"].as_array().unwrap().iter();
    let line = lines.filter(|line| line["clock"] == "first_response").collect::<Vec<_>>();
    assert_eq!((&line[0]["was"]["breached"], &line[0]["would"]["met"]), (&json!(1), &json!(1)));
    assert_eq!((&line[0]["better"], &line[0]["worse"]), (&json!(1), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_was_written_down_long_after_it_was_opened_is_tried_too() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let ticket = desk.admin.get(&format!("/v1/tickets/{}", ticket.id)).await.is(200).body;
    desk.pass(MINUTE * 60 * 24 * 40);
    desk.given_ticket_with(json!({ "occurred_at": ticket["created_at"] })).await;
    desk.given_ticket().await;
    let tickets = async |from: &str, to: &str| {
        let asked = json!({ "from": from, "to": to });
        let answer = desk.admin.post("/v1/plans/default/what-if", &asked).await.is(200);
        answer.body["tickets"].as_u64().unwrap()
    };
    assert_eq!(tickets("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z").await, 2);
    assert_eq!(tickets("2026-03-03T00:00:00Z", "2026-04-30T00:00:00Z").await, 1);
    assert_eq!(tickets("2026-03-02T00:00:00Z", "2026-04-30T00:00:00Z").await, 3);
}
