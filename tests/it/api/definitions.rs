//! Definitions: whole documents, every version kept.

use docket_tests::desk::Desk;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_is_published_changed_and_retired() {
    let desk = Desk::open().await;
    let path = "/v1/queues/returns";
    let queue = json!({ "name": "Returns", "default_priority": "high" });
    let first = desk.admin.put(path, &queue).await.is(201);
    assert_eq!(first.header("location"), path);
    assert_eq!(first.header("etag"), "\"1\"");
    assert_eq!(first.text("/name"), "Returns");
    assert_eq!(first.text("/effective_from"), desk.now());
    let read = desk.caller("agent").get(path).await.is(200);
    assert_eq!(read.body, first.body);
    assert_eq!(desk.admin.put(path, &queue).await.is(200).header("location"), "");
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
    let back = desk.admin.put(path, &queue).await.is(201);
    assert_eq!((back.header("location"), back.header("etag")), (path, "\"4\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_retired_is_offered_no_more_and_what_uses_it_keeps_it() {
    let desk = Desk::open().await;
    let own = json!({ "name": "At the courier's", "based_on": "in_progress" });
    let used = [
        ("queues/returns", json!({ "name": "Returns" }), "queue"),
        ("statuses/courier", own, "status"),
        ("priorities/odd", json!({ "name": "Odd", "level": 2 }), "priority"),
        ("types/fault", json!({ "name": "Fault" }), "type"),
        ("categories/parcel", json!({ "name": "Parcel" }), "category"),
    ];
    for (path, document, _) in &used {
        desk.admin.put(&format!("/v1/{path}"), document).await.is(201);
    }
    let said =
        json!({ "queue": "returns", "priority": "odd", "type": "fault", "category": "parcel" });
    let ticket = desk.given_ticket_with(said).await;
    desk.admin.post(&ticket.path("status"), &json!({ "status": "courier" })).await.is(200);
    for (path, ..) in &used {
        let retire = desk.admin.request("DELETE", &format!("/v1/{path}"));
        desk.admin.send(retire).await.is(204);
        let plural = path.split_once('/').unwrap();
        let offered = desk.admin.get(&format!("/v1/{}", plural.0)).await.is(200);
        let keys = offered.body["data"].as_array().unwrap().iter().map(|it| it["key"].clone());
        assert!(!keys.collect::<Vec<_>>().contains(&json!(plural.1)), "{path} is offered");
    }
    let kept = desk.admin.get(&ticket.own()).await.is(200);
    desk.views_caught_up().await;
    for (path, _, field) in &used {
        let key = path.split_once('/').unwrap().1;
        assert_eq!(kept.body[field], key);
        let asked = desk.admin.get(&format!("/v1/tickets?{field}={key}")).await.is(200);
        assert_eq!(asked.text("/data/0/id"), ticket.id, "{path} can be asked for");
    }
    // It goes on from where it is, but nothing new comes there.
    desk.admin.post(&ticket.path("reply"), &json!({ "body": "On its way" })).await.is(200);
    let other = desk.given_ticket().await;
    let refused = desk.admin.post(&other.path("transfer"), &json!({ "queue": "returns" })).await;
    assert_eq!(refused.problem(), "422 unknown_queue /queue:unknown_queue");
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
async fn what_get_answers_may_be_put_back() {
    let desk = Desk::open().await;
    desk.admin.put("/v1/categories/complaint", &json!({ "name": "Complaint" })).await.is(200);
    for path in ["settings", "queues/inbox", "categories/complaint", "plans/default"] {
        let path = format!("/v1/{path}");
        let shown = desk.admin.get(&path).await.is(200);
        let again = desk.admin.put(&path, &shown.body).await.is(200);
        assert_eq!(again.body, shown.body, "{path}: the same document makes no version");
        let mut other = shown.body.clone();
        other["key"] = json!("other");
        let refused = desk.admin.put(&path, &other).await.problem();
        assert_eq!(refused, "422 invalid_request /key:invalid_value", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_a_definition_with_versions() {
    let desk = Desk::open().await;
    let path = "/v1/templates/received";
    let template = json!({ "name": "Received", "subject": "We have it", "body": "Thank you." });
    desk.admin.put(path, &template).await.is(201);
    let shorter = json!({ "name": "Received", "body": "Thanks." });
    assert_eq!(desk.admin.put(path, &shorter).await.is(200).body["version"], 2);
    let versions = desk.caller("agent").get(&format!("{path}/versions")).await.is(200);
    assert_eq!(versions.body["data"][0]["document"], template);
    assert_eq!(desk.admin.get("/v1/templates").await.is(200).text("/data/0/key"), "received");
    let empty = json!({ "name": "", "subject": "a\nb", "body": " " });
    assert_eq!(
        desk.admin.put(path, &empty).await.problem(),
        "422 invalid_definition /name:invalid_value /subject:invalid_value /body:invalid_value"
    );
    desk.admin.send(desk.admin.request("DELETE", path)).await.is(204);
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

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_definition_names_is_there_when_it_is_published() {
    let desk = Desk::open().await;
    let nobody = "0192a3b4-0000-7000-8000-00000000dead";
    let queue = |manager: &str| json!({ "name": "Claims", "manager": manager });
    let refused = desk.admin.put("/v1/queues/claims", &queue(nobody)).await;
    assert_eq!(refused.problem(), "422 invalid_definition /manager:invalid_value");
    desk.admin.put("/v1/queues/claims", &queue(&desk.ann)).await.is(201);

    let mut plan = desk.admin.get("/v1/plans/default").await.is(200).body;
    let step = |to: &str, told: &str| {
        json!([{ "clock": "resolution", "at": "breach", "level": 1, "to": { "agent": to },
            "notify": ["owner", { "agent": told }] }])
    };
    plan["escalation"] = step(nobody, nobody);
    let refused = desk.admin.put("/v1/plans/default", &plan).await;
    assert_eq!(
        refused.problem(),
        "422 invalid_definition /escalation/0/to:invalid_value /escalation/0/notify/1:invalid_value"
    );
    plan["escalation"] = step(&desk.ann, &desk.ann);
    desk.admin.put("/v1/plans/default", &plan).await.is(200);

    // Somebody who left is named by nothing new; what names them already stays as it is.
    let left = format!("/v1/agents/{}", desk.ann);
    let patch = desk.admin.request("PATCH", &left).json(&json!({ "active": false }));
    desk.admin.send(patch).await.is(200);
    desk.admin.put("/v1/queues/claims", &queue(&desk.ann)).await.is(200);
    let renamed = json!({ "name": "Disputes", "manager": desk.ann });
    let refused = desk.admin.put("/v1/queues/claims", &renamed).await;
    assert_eq!(refused.problem(), "422 invalid_definition /manager:invalid_value");
}
