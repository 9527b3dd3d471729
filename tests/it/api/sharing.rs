//! What is kept beside the log, written at one of several servers and read at another.

use std::time::Duration;

use docket_test_servers::postgres;
use docket_tests::desk::{Caller, Desk, Node};
use serde_json::json;

/// Long enough for the slowest machine; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

async fn two() -> Option<(Desk, Node)> {
    let desk = Desk::open_shared(postgres::database()?).await;
    let node = desk.another_node().await;
    Some((desk, node))
}

#[tokio::test]
async fn a_view_that_was_saved_at_one_server_is_there_at_all() {
    let Some((desk, node)) = two().await else { return };
    let (here, there) = (&desk.admin, desk.admin.at(&node));
    desk.given_ticket_with(json!({ "tags": ["late"] })).await;
    desk.given_ticket().await;
    let late = json!({ "name": "Late", "filter": { "tag": "late" } });
    let saved = here.post_once("/v1/views", "late", &late).await.is(201);
    assert_eq!(there.get("/v1/views").await.is(200).body["data"], json!([saved.body]));
    assert_eq!(there.post_once("/v1/views", "late", &late).await.is(201).body, saved.body);
    let other = json!({ "name": "Other", "filter": {} });
    let other = there.post_once("/v1/views", "late", &other).await;
    assert_eq!(other.problem(), "422 idempotency_key_reused");

    let head = desk.server.docket.store.head().to_string();
    let list = format!("/v1/tickets?view={}", saved.text("/id"));
    let list = there.request("GET", &list).header("docket-min-position", head);
    assert_eq!(there.send(list).await.is(200).body["data"].as_array().map(Vec::len), Some(1));

    let of_others = desk.caller("supervisor").at(&node);
    assert_eq!(of_others.get("/v1/views").await.is(200).body["data"], json!([]));
    let gone = format!("/v1/views/{}", saved.text("/id"));
    there.send(there.request("DELETE", &gone)).await.is(204);
    assert_eq!(here.get("/v1/views").await.is(200).body["data"], json!([]));
    assert_eq!(here.send(here.request("DELETE", &gone)).await.problem(), "404 not_found");
}

async fn upload(caller: &Caller, bytes: &'static str) -> String {
    let upload = caller.request("POST", "/v1/attachments").header("idempotency-key", bytes);
    caller.send(upload.body(bytes)).await.is(201).text("/id")
}

#[tokio::test]
async fn a_file_that_was_uploaded_at_one_server_is_named_at_another_and_erased_at_all() {
    let Some((desk, node)) = two().await else { return };
    let (here, there) = (&desk.admin, desk.admin.at(&node));
    let file = upload(here, "what the customer sent").await;
    assert_eq!(upload(&there, "what the customer sent").await, file, "a repetition");
    let path = format!("/v1/attachments/{file}");
    assert_eq!(there.get(&path).await.is(200).bytes, b"what the customer sent");

    let ticket = json!({
        "subject": "Parcel lost", "body": "See there.", "channel": "email", "attachments": [file],
        "customer": { "email": "jan@example.com" },
    });
    let ticket = there.post("/v1/tickets", &ticket).await.is(201);
    let customer = format!("customer-{}", ticket.text("/customer/id"));
    assert_eq!(here.get(&path).await.is(200).bytes, b"what the customer sent");
    // Days later nobody takes the file for one that no event names.
    desk.pass(Duration::from_hours(48));
    for docket in [&desk.server.docket, &node.server.docket] {
        assert_eq!(docket.attachments.sweep(docket.now()).await.unwrap(), 0);
    }
    assert_eq!(here.get(&path).await.is(200).bytes, b"what the customer sent");
    desk.server.docket.erase(&customer).await.unwrap();
    // The other server hears of it a moment later.
    let gone = async {
        while there.get(&path).await.status == 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("it is shown for ever");
    assert_eq!(there.get(&path).await.problem(), "410 attachment_erased");
}

#[tokio::test]
async fn a_file_that_nobody_names_is_removed_by_whichever_server_looks() {
    let Some((desk, node)) = two().await else { return };
    let file = upload(&desk.admin, "never named").await;
    desk.pass(Duration::from_hours(48));
    let swept = node.server.docket.attachments.sweep(desk.server.docket.now()).await;
    assert!(swept.unwrap() <= 1, "unless the server's own worker was faster");
    let gone = desk.admin.get(&format!("/v1/attachments/{file}")).await;
    assert_eq!(gone.problem(), "404 not_found");
    // What it had never counted is not missing from its count now.
    upload(&desk.admin.at(&node), "another").await;
}
