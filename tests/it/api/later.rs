//! What comes later: customers are told of it, tickets may be purged, and plans say what they leave open.

use std::time::Duration;

use docket_api::workers::timers::Timers;
use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn document(desk: &Desk, path: &str) -> Value {
    let mut document = desk.admin.get(path).await.is(200).body;
    for added in ["key", "version", "effective_from"] {
        document.as_object_mut().unwrap().remove(added);
    }
    document
}

async fn fire(desk: &Desk) {
    desk.views_caught_up().await;
    Timers::default().fire_due(&desk.server.docket).await.unwrap();
    desk.views_caught_up().await;
}

/// The events of a type that a ticket has.
async fn events(desk: &Desk, ticket: &GivenTicket, kind: &str) -> Vec<Value> {
    let history = desk.admin.get(&ticket.path("history")).await.is(200).body;
    let events = history["data"].as_array().unwrap().iter();
    events.filter(|event| event["type"] == kind).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_told_of_a_delay_by_the_owner_and_by_the_chain() {
    let desk = Desk::open().await;
    let mut plan = document(&desk, "/v1/plans/default").await;
    plan["escalation"] = json!([{ "clock": "first_response", "at": "breach", "level": 1,
        "to": "owner", "announce": "We are late; you hear from us tomorrow." }]);
    desk.admin.put("/v1/plans/default", &plan).await.is(200);
    let ticket = desk.given_ticket().await;
    let told = json!({ "text": "It takes until Friday.", "expected": "2026-03-06T12:00:00.000Z" });
    desk.admin.post(&ticket.path("delay"), &told).await.is(200);
    desk.pass(2 * DAY);
    fire(&desk).await;
    let told = events(&desk, &ticket, "DelayAnnounced").await;
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[0]["data"]["expected"], "2026-03-06T12:00:00.000Z");
    assert_eq!(told[0]["data"].get("clock"), None);
    assert_eq!(told[1]["data"]["text"], "We are late; you hear from us tomorrow.");
    assert_eq!(told[1]["data"]["clock"]["clock"], "first_response");
    assert_eq!(told[1]["occurred_at"], "2026-03-03T09:00:00.000Z", "when it was due");
    fire(&desk).await;
    assert_eq!(events(&desk, &ticket, "DelayAnnounced").await.len(), 2, "once");
    let sla = desk.admin.get(&ticket.path("sla")).await.is(200).body;
    let first = sla["clocks"].as_array().unwrap().iter().find(|it| it["clock"] == "first_response");
    assert_eq!(first.unwrap()["stopped_at"], Value::Null, "it is no answer");
    plan["escalation"][0]["announce"] = json!(" ");
    let refused = desk.admin.put("/v1/plans/default", &plan).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/escalation/0/announce");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_ticket_is_marked_for_purging_once_when_nothing_of_it_is_open() {
    let desk = Desk::open().await;
    let unmarked = desk.given_ticket().await;
    desk.admin.post(&unmarked.path("close"), &json!({})).await.is(200);
    let mut settings = document(&desk, "/v1/settings").await;
    settings["purge_after"] = json!("P400D");
    desk.admin.put("/v1/settings", &settings).await.is(200);
    let [plain, promised, reopened] =
        [desk.given_ticket().await, desk.given_ticket().await, desk.given_ticket().await];
    let promise = json!({ "text": "a refund" });
    desk.admin.post(&promised.path("commitment"), &promise).await.is(200);
    for ticket in [&plain, &promised, &reopened] {
        desk.admin.post(&ticket.path("close"), &json!({})).await.is(200);
    }
    desk.admin.post(&reopened.path("reopen"), &json!({ "reason": "not done" })).await.is(200);
    desk.pass(401 * DAY);
    fire(&desk).await;
    let marked = async |ticket| events(&desk, ticket, "PurgeMarked").await.len();
    let all = [marked(&unmarked).await, marked(&plain).await, marked(&promised).await];
    assert_eq!((all, marked(&reopened).await), ([0, 1, 0], 0));
    let noted = &events(&desk, &plain, "PurgeMarked").await[0];
    assert_eq!(noted["data"]["due"], "2027-04-06T09:00:00.000Z");
    assert_eq!(noted["occurred_at"], noted["data"]["due"]);
    let made = &events(&desk, &promised, "CommitmentRecorded").await[0];
    let kept = json!({ "commitment": made["data"]["commitment_id"] });
    desk.admin.post(&promised.path("commitment/keep"), &kept).await.is(200);
    fire(&desk).await;
    fire(&desk).await;
    assert_eq!((marked(&promised).await, marked(&plain).await), (1, 1), "each once");
    settings["purge_after"] = json!("P30D");
    let refused = desk.admin.put("/v1/settings", &settings).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/purge_after", "disputes may come up still");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plan_leaves_open_is_told_to_whoever_publishes_it() {
    let desk = Desk::open().await;
    let mut plan = document(&desk, "/v1/plans/default").await;
    plan["respond"] = json!([
        { "tier": "premium", "first_response": "PT1H", "assignment": "PT1H", "next_reply": "PT1H" },
        { "first_response": "P1D", "assignment": "PT1H" },
    ]);
    plan["resolve"][0]["alarm"] = json!("P1D");
    let published = desk.admin.put("/v1/plans/default", &plan).await.is(200).body;
    let doubts = published["doubts"].as_array().unwrap().iter();
    let doubts = doubts.map(|it| format!("{}: {}", it["pointer"], it["detail"]));
    insta::assert_snapshot!(doubts.collect::<Vec<_>>().join("\n").replace('"', ""), @"
    /respond: no row sets next_reply for tier standard, channels *, priority critical
    /respond: no row sets next_reply for tier standard, channels *, priority high
    /respond: no row sets next_reply for tier standard, channels *, priority low
    /respond: no row sets next_reply for tier standard, channels *, priority medium
    /resolve/0/alarm: warns when the clock begins: no target of the row is longer
    ");
    let shown = desk.admin.get("/v1/plans/default").await.is(200).body;
    assert_eq!(shown.get("doubts"), None, "they are no part of it");
    plan["respond"][1]["next_reply"] = json!("P1D");
    plan["resolve"][0]["alarm"] = json!("PT1H");
    let published = desk.admin.put("/v1/plans/default", &plan).await.is(200).body;
    assert_eq!(published.get("doubts"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_is_not_marked_for_purging_while_a_promise_of_its_alias_is_open() {
    let desk = Desk::open().await;
    let mut settings = document(&desk, "/v1/settings").await;
    settings["purge_after"] = json!("P400D");
    desk.admin.put("/v1/settings", &settings).await.is(200);
    let (alias, root) = (desk.given_ticket().await, desk.given_ticket().await);
    let promise = json!({ "text": "a refund" });
    desk.admin.post(&alias.path("commitment"), &promise).await.is(200);
    desk.admin.post(&alias.path("merge"), &json!({ "into": root.id })).await.is(200);
    desk.admin.post(&root.path("close"), &json!({})).await.is(200);
    desk.pass(401 * DAY);
    let marked = async |ticket| events(&desk, ticket, "PurgeMarked").await.len();
    fire(&desk).await;
    assert_eq!(marked(&root).await, 0);
    let made = &events(&desk, &alias, "CommitmentRecorded").await[0];
    let broken = json!({ "commitment": made["data"]["commitment_id"], "reason": "nobody paid" });
    desk.admin.post(&root.path("commitment/break"), &broken).await.is(200);
    fire(&desk).await;
    assert_eq!((marked(&root).await, marked(&alias).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_shows_what_was_promised_until_it_is_settled() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let due = "2026-03-04T12:00:00.000Z";
    let promise = json!({ "text": "a refund", "due": due });
    let promised = desk.admin.post(&ticket.path("commitment"), &promise).await.is(200);
    let id = promised.text("/open_commitments/0/id");
    let open = json!([{ "id": id, "promiser": "desk", "due": due }]);
    assert_eq!(promised.body["open_commitments"], open);
    desk.views_caught_up().await;
    let listed = desk.admin.get("/v1/tickets").await.is(200);
    assert_eq!(listed.body["data"][0]["open_commitments"], open);
    let later = "2026-03-05T12:00:00.000Z";
    let change =
        json!({ "commitment": id, "text": "a refund", "due": later, "reason": "a holiday" });
    let changed = desk.admin.post(&ticket.path("commitment/change"), &change).await.is(200);
    assert_eq!(changed.text("/open_commitments/0/due"), later);
    let keep = json!({ "commitment": id });
    let kept = desk.admin.post(&ticket.path("commitment/keep"), &keep).await.is(200);
    assert_eq!(kept.body.get("open_commitments"), None);
}
