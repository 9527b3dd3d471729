//! Replies that are kept until they are sent, and shown when they are left for too long (S-56).

use std::slice;
use std::time::Duration;

use docket_tests::desk::Desk;
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);

/// The tickets with a draft that has been left for too long, or without.
async fn unsent(desk: &Desk, wanted: bool) -> Vec<String> {
    desk.views_caught_up().await;
    let list = desk.admin.get(&format!("/v1/tickets?unsent={wanted}")).await.is(200);
    let rows = list.body["data"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_left_unsent_is_found_and_sending_it_ends_that() {
    let desk = Desk::open().await;
    let (ticket, other) = (desk.given_ticket().await, desk.given_ticket().await);
    let anna = desk.caller("agent");
    let kept = anna.post(&ticket.path("draft"), &json!({ "body": "We are" })).await.is(200).body;
    assert_eq!(kept["unsent_at"], "2026-03-02T09:30:00.000Z");
    desk.pass(29 * MINUTE);
    assert_eq!(unsent(&desk, true).await, [""; 0]);
    let more = json!({ "body": "We are looking for it" });
    let kept = anna.post(&ticket.path("draft"), &more).await.is(200).body;
    assert_eq!(kept["drafts"][0]["begun_at"], "2026-03-02T09:00:00.000Z");
    assert_eq!(kept["drafts"][0]["saved_at"], "2026-03-02T09:29:00.000Z");
    assert_eq!(kept["unsent_at"], "2026-03-02T09:30:00.000Z", "going on begins nothing anew");
    desk.pass(MINUTE);
    assert_eq!(unsent(&desk, true).await, slice::from_ref(&ticket.id));
    assert_eq!(unsent(&desk, false).await, slice::from_ref(&other.id));

    let drafts = desk.admin.get(&ticket.path("drafts")).await.is(200).body;
    assert_eq!(drafts["data"][0]["body"], "We are looking for it");
    assert_eq!(drafts["page"]["next"], Value::Null);
    anna.post(&ticket.path("reply"), &json!({ "body": "We found it." })).await.is(200);
    assert_eq!(unsent(&desk, true).await, [""; 0]);
    let sent = desk.admin.get(&ticket.own()).await.is(200).body;
    assert_eq!((&sent["unsent_at"], sent.get("drafts")), (&Value::Null, None));
    let drafts = desk.admin.get(&ticket.path("drafts")).await.is(200).body;
    assert_eq!(drafts["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_ones_own_and_the_settings_say_after_how_long_it_is_late() {
    let desk = Desk::open().await;
    let mut settings = desk.admin.get("/v1/settings").await.is(200).body;
    for added in ["key", "version", "effective_from"] {
        settings.as_object_mut().unwrap().remove(added);
    }
    settings["unsent_after"] = json!("soon");
    let refused = desk.admin.put("/v1/settings", &settings).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/unsent_after");
    settings["unsent_after"] = json!("PT5M");
    desk.admin.put("/v1/settings", &settings).await.is(200);

    let ticket = desk.given_ticket().await;
    let bea = desk.admin.post("/v1/agents", &json!({ "name": "Bea" })).await.is(201).text("/id");
    let anna = desk.caller("agent");
    let of_bea = json!({ "body": "Here it is", "agent": bea });
    desk.admin.post(&ticket.path("draft"), &of_bea).await.is(200);
    desk.pass(MINUTE);
    let both = anna.post(&ticket.path("draft"), &json!({ "body": "Hm" })).await.is(200).body;
    assert_eq!(both["drafts"].as_array().unwrap().len(), 2);
    assert_eq!(both["unsent_at"], "2026-03-02T09:05:00.000Z");
    let left = desk.admin.post(&ticket.path("draft/discard"), &json!({ "agent": bea })).await;
    assert_eq!(left.is(200).body["unsent_at"], "2026-03-02T09:06:00.000Z");
    let again = desk.admin.post(&ticket.path("draft/discard"), &json!({ "agent": bea })).await;
    assert_eq!(again.is(200).body["drafts"].as_array().unwrap().len(), 1, "nothing to do");

    let blank = anna.post(&ticket.path("draft"), &json!({ "body": " " })).await;
    assert_eq!(blank.is(422).body["errors"][0]["pointer"], "/body");
    let nowhere = "/v1/tickets/00000000-0000-0000-0000-000000000001/drafts";
    assert_eq!(desk.admin.get(nowhere).await.problem(), "404 not_found");
}
