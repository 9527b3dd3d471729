//! Another version of a plan, laid under the clocks that run: first dry, then as events.

use std::time::Duration;

use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);
const PATH: &str = "/v1/plans/default/reapply";

/// Three tickets under the default plan, of which one is closed; then a stricter plan is published.
async fn with_another_plan() -> (Desk, [GivenTicket; 3]) {
    let desk = Desk::open().await;
    let tickets = [desk.given_ticket().await, desk.given_ticket().await, desk.given_ticket().await];
    desk.pass(HOUR);
    desk.admin.post(&tickets[1].path("reply"), &json!({ "body": "We look." })).await.is(200);
    desk.admin.post(&tickets[2].path("close"), &json!({})).await.is(200);
    let plan = json!({ "name": "Strict", "calendar": "office",
        "respond": [{ "assignment": "PT3H", "first_response": "PT3H", "next_reply": "PT1H" }],
        "resolve": [{ "resolution": "P1D" }] });
    desk.admin.put("/v1/plans/default", &plan).await.is(200);
    (desk, tickets)
}

fn told(page: &Value) -> String {
    let clock = |it: &Value| {
        let (from, to) = (&it["from_deadline"], &it["deadline"]);
        format!("  {} {}: {from} → {to}", it["clock"], it["instance"])
    };
    let ticket = |it: &Value| {
        let (from, to) = (&it["from"]["plan"], &it["to"]["plan"]);
        let clocks = it["clocks"].as_array().unwrap().iter().map(clock);
        let clocks: Vec<String> = clocks.collect();
        let clocks = clocks.join("\n");
        format!(
            "#{} {from} → {to}: {} changed, {} late\n{clocks}",
            it["number"], it["changed"], it["late"]
        )
    };
    let tickets = page["data"].as_array().unwrap().iter().map(ticket);
    let mut tickets: Vec<String> = tickets.collect();
    // Tickets that were opened in one millisecond are in no order that means anything.
    tickets.sort();
    tickets.join("\n").replace('"', "")
}

async fn written(desk: &Desk) -> Vec<Value> {
    let log = desk.admin.get("/v1/events?limit=1000&type=SlaReapplied").await.is(200);
    log.body["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_reapplied_first_dry_and_then_for_good() {
    let (desk, tickets) = with_another_plan().await;
    let dry = desk.admin.post(PATH, &json!({})).await.is(200);
    assert_eq!(written(&desk).await.len(), 0, "nothing unless it is said");
    insta::assert_snapshot!(told(&dry.body), @r#"
    #1001 default@1 → default@2: 3 changed, 0 late
      assignment 1: 2026-03-02T13:30:00.000Z → 2026-03-02T12:00:00.000Z
      first_response 1: 2026-03-03T09:00:00.000Z → 2026-03-02T12:00:00.000Z
      resolution 1: 2026-03-09T09:00:00.000Z → 2026-03-03T09:00:00.000Z
    #1002 default@1 → default@2: 2 changed, 0 late
      assignment 1: 2026-03-02T13:30:00.000Z → 2026-03-02T12:00:00.000Z
      resolution 1: null → 2026-03-03T09:00:00.000Z
    "#);
    let wet = json!({ "dry_run": false, "reason": "agreed with the team" });
    let done = desk.admin.post(PATH, &wet).await.is(200);
    assert_eq!(told(&done.body), told(&dry.body), "what was done is what was said");
    let events = written(&desk).await;
    assert_eq!(events.len(), 2);
    for event in &events {
        assert_eq!(event["data"]["reason"], "agreed with the team");
        assert_eq!(event["actor"]["kind"], "admin");
    }

    let sla = desk.admin.get(&format!("{}/sla", tickets[0].own())).await.is(200);
    assert_eq!(sla.body["plan"], json!({ "key": "default", "version": 2 }));
    let due = desk.admin.get(&tickets[0].own()).await.is(200).text("/due_at");
    assert_eq!(due, "2026-03-02T12:00:00.000Z");
    let then = desk.admin.get(&format!("{}/sla?at_version=1", tickets[0].own())).await.is(200);
    assert_eq!(then.body["plan"]["version"], 1, "the past stays as it was");
    let ended = desk.admin.get(&format!("{}/sla", tickets[2].own())).await.is(200);
    assert_eq!(ended.body["plan"]["version"], 1, "nothing of it runs");
    let again = desk.admin.post(PATH, &wet).await.is(200);
    assert_eq!((again.body["data"].clone(), written(&desk).await.len()), (json!([]), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_late_at_once_is_counted_first() {
    let (desk, _) = with_another_plan().await;
    desk.pass(2 * HOUR + HOUR / 4);
    let dry = desk.admin.post(PATH, &json!({})).await.is(200).body;
    insta::assert_snapshot!(told(&dry), @r#"
    #1001 default@1 → default@2: 3 changed, 2 late
      assignment 1: 2026-03-02T13:30:00.000Z → 2026-03-02T12:00:00.000Z
      first_response 1: 2026-03-03T09:00:00.000Z → 2026-03-02T12:00:00.000Z
      resolution 1: 2026-03-09T09:00:00.000Z → 2026-03-03T09:00:00.000Z
    #1002 default@1 → default@2: 2 changed, 1 late
      assignment 1: 2026-03-02T13:30:00.000Z → 2026-03-02T12:00:00.000Z
      resolution 1: null → 2026-03-03T11:15:00.000Z
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_is_answered_as_the_first_time_and_pages_go_on() {
    let (desk, _) = with_another_plan().await;
    let first = json!({ "dry_run": false, "page_size": 1 });
    let asked = || desk.admin.request("POST", PATH).header("idempotency-key", "monday");
    let answer = async || {
        let answer = asked().json(&first).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()
    };
    let page = answer().await;
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    assert_eq!(page["page"]["has_more"], true);
    desk.views_caught_up().await;
    assert_eq!(answer().await, page, "under its key it is done once, and said again");
    assert_eq!(written(&desk).await.len(), 1);
    let rest = json!({ "dry_run": false, "page_size": 1, "cursor": page["page"]["next"] });
    let rest = desk.admin.post(PATH, &rest).await.is(200);
    assert_eq!(
        (rest.body["page"]["has_more"].clone(), written(&desk).await.len()),
        (json!(false), 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_means_the_tickets_that_the_first_call_saw_whatever_runs_or_holds_by_then() {
    let (desk, tickets) = with_another_plan().await;
    let more = [desk.given_ticket().await, desk.given_ticket().await];
    let asked = json!({ "dry_run": false, "page_size": 2, "reason": "agreed" });
    let first = desk.admin.post_once(PATH, "monday", &asked).await.is(200);
    assert_eq!(first.body["data"].as_array().unwrap().len(), 2);
    assert_eq!(first.body["page"]["has_more"], true);
    // What it changed ends, and what comes behind has the pages before it to itself.
    for ticket in tickets.iter().take(2).chain(&more[..1]) {
        desk.admin.post(&ticket.path("close"), &json!({})).await.is(200);
    }
    desk.views_caught_up().await;
    assert_eq!(desk.admin.post_once(PATH, "monday", &asked).await.is(200).body, first.body);
    // The plan goes: another is in force, and this one retired.
    let mut plan = desk.admin.get("/v1/plans/default").await.is(200).body;
    let mut settings = desk.admin.get("/v1/settings").await.is(200).body;
    for document in [&mut plan, &mut settings] {
        for added in ["key", "version", "effective_from"] {
            document.as_object_mut().unwrap().remove(added);
        }
    }
    desk.admin.put("/v1/plans/other", &plan).await.is(201);
    settings["plan"] = json!("other");
    desk.admin.put("/v1/settings", &settings).await.is(200);
    desk.admin.send(desk.admin.request("DELETE", "/v1/plans/default")).await.is(204);
    assert_eq!(desk.admin.post_once(PATH, "monday", &asked).await.is(200).body, first.body);
    assert_eq!(desk.admin.post(PATH, &asked).await.problem(), "404 not_found");
    let other = json!({ "dry_run": false, "page_size": 1 });
    let reused = desk.admin.post_once(PATH, "monday", &other).await;
    assert_eq!(reused.status, 422, "{}", reused.body);
    assert_eq!(written(&desk).await.len(), 2);
    let log = desk.admin.get("/v1/events?limit=1000&type=PlanReapplied").await.is(200).body;
    let told = &log["data"][0];
    let meant: Vec<&Value> =
        first.body["data"].as_array().unwrap().iter().map(|it| &it["ticket"]).collect();
    assert_eq!(json!(meant), told["data"]["tickets"]);
    assert_eq!(told["data"]["next"], first.body["page"]["next"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reapplied_is_said() {
    let desk = Desk::open().await;
    let unknown = desk.admin.post("/v1/plans/gold/reapply", &json!({})).await;
    assert_eq!(unknown.problem(), "404 not_found");
    let cursor = desk.admin.post(PATH, &json!({ "cursor": "tomorrow" })).await;
    assert_eq!(cursor.problem(), "422 invalid_cursor /cursor:invalid_cursor");
    for role in ["agent", "supervisor", "auditor", "analyst"] {
        assert_eq!(desk.caller(role).post(PATH, &json!({})).await.status, 403, "{role}");
    }
}
