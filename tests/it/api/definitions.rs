//! Definitions: whole documents, every version kept.

use docket_tests::desk::Desk;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_is_published_changed_and_retired() {
    let desk = Desk::open().await;
    let path = "/v1/queues/returns";
    let queue = json!({ "name": "Returns", "default_priority": "high" });
    let first = desk.admin.put(path, &queue).await.is(200);
    assert_eq!(first.header("etag"), "\"1\"");
    assert_eq!(first.text("/name"), "Returns");
    assert_eq!(first.text("/effective_from"), desk.now());
    let read = desk.caller("agent").get(path).await.is(200);
    assert_eq!(read.body, first.body);
    desk.admin.put(path, &queue).await.is(200);
    let ticket = desk.given_ticket_with(json!({ "queue": "returns" })).await;
    let ticket = desk.admin.get(&ticket.own()).await.is(200);
    assert_eq!(ticket.text("/priority"), "high");
    desk.admin.put(path, &json!({ "name": "Disputes" })).await.is(200);
    desk.admin.send(desk.admin.request("DELETE", path)).await.is(204);
    assert_eq!(desk.admin.get(path).await.problem(), "404 not_found");
    let versions = desk.admin.get("/v1/queues/returns/versions").await.is(200);
    let told: Vec<Value> = versions.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["version"], it["retired"], it["document"]["name"]]))
        .collect();
    assert_eq!(
        json!(told),
        json!([[1, false, "Returns"], [2, false, "Disputes"], [3, true, null]]),
        "the same document again made no version"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_is_refused_where_it_is_wrong() {
    let desk = Desk::open().await;
    let put = async |path: &str, body: Value| desk.admin.put(path, &body).await.problem();
    assert_eq!(
        put("/v1/queues/x", json!({ "name": "X", "colour": 1 })).await,
        "422 invalid_request /colour:unknown_field"
    );
    assert_eq!(
        put("/v1/settings", json!({ "status_on": { "reply": { "to": "new", "x": 1 } } })).await,
        "422 invalid_request /status_on/reply/x:unknown_field"
    );
    assert_eq!(
        put("/v1/queues/x", json!({ "name": "X", "default_priority": "utmost" })).await,
        "422 invalid_definition /default_priority:invalid_value"
    );
    let inbox = desk.admin.send(desk.admin.request("DELETE", "/v1/queues/inbox")).await;
    assert_eq!(inbox.status.as_u16(), 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_has_a_path_for_a_key() {
    let desk = Desk::open().await;
    desk.admin.put("/v1/categories/complaint", &json!({ "name": "Complaint" })).await.is(200);
    let path = "/v1/categories/complaint/new";
    desk.admin.put(path, &json!({ "name": "New complaint" })).await.is(200);
    assert_eq!(desk.admin.get(path).await.is(200).text("/key"), "complaint/new");
    desk.admin.get("/v1/categories/complaint/new/versions").await.is(200);
    let ticket = desk.given_ticket_with(json!({ "category": "complaint/new" })).await;
    desk.views_caught_up().await;
    let listed = desk.admin.get("/v1/tickets?category=complaint").await.is(200);
    assert_eq!(listed.text("/data/0/id"), ticket.id);
}
