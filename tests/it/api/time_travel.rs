//! A ticket and a queue as they stood.

use std::time::Duration;

use docket_tests::desk::{Desk, MORNING};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_shown_as_it_stood() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let before = desk.admin.get(&ticket.own()).await.is(200);
    desk.pass(Duration::from_secs(60));
    desk.admin.post(&ticket.path("priority"), &json!({ "priority": "critical" })).await.is(200);
    async fn shown(desk: &Desk, path: String) -> String {
        let answer = desk.admin.get(&path).await;
        if answer.status.is_success() { answer.text("/priority") } else { answer.problem() }
    }
    let own = ticket.own();
    assert_eq!(shown(&desk, format!("{own}?at_version=1")).await, "medium");
    assert_eq!(shown(&desk, format!("{own}?at_version=2")).await, "critical");
    assert_eq!(shown(&desk, format!("{own}?as_of={MORNING}")).await, "medium");
    assert_eq!(shown(&desk, format!("{own}?as_of={MORNING}&time=occurred")).await, "medium");
    let earlier = "2026-03-02T08:59:59.999Z";
    assert_eq!(shown(&desk, format!("{own}?as_of={earlier}")).await, "404 not_found");
    assert_eq!(
        shown(&desk, format!("{own}?at_version=1&as_of={MORNING}")).await,
        "422 invalid_request /as_of:invalid_value"
    );
    let then = desk.admin.get(&format!("{own}?at_version=1")).await.is(200);
    assert_eq!(then.body, before.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_shown_as_it_stood() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    desk.pass(Duration::from_secs(60));
    desk.admin.post(&ticket.path("close"), &json!({})).await.is(200);
    desk.views_caught_up().await;
    let now = desk.admin.get("/v1/queues/inbox/tickets").await.is(200);
    assert_eq!(now.body["data"], json!([]));
    let then = format!("/v1/queues/inbox/tickets?as_of={MORNING}");
    let then = desk.admin.get(&then).await.is(200);
    assert_eq!(then.body["data"][0]["id"], json!(ticket.id));
    let summary = desk.admin.get("/v1/queues/inbox/summary").await.is(200);
    assert_eq!((&summary.body["total"], &summary.body["open"]), (&json!(1), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_was_retired_is_still_shown_as_it_stood() {
    let desk = Desk::open().await;
    let queue = json!({ "name": "Returns" });
    desk.admin.put("/v1/queues/returns", &queue).await.is(201);
    desk.given_ticket_with(json!({ "queue": "returns" })).await;
    let then = desk.now();
    desk.pass(Duration::from_secs(60));
    desk.admin.send(desk.admin.request("DELETE", "/v1/queues/returns")).await.is(204);
    desk.views_caught_up().await;

    let path = format!("/v1/queues/returns/tickets?as_of={then}");
    let lay = desk.admin.get(&path).await.is(200);
    assert_eq!(lay.body["data"].as_array().unwrap().len(), 1);
    let never = desk.admin.get("/v1/queues/nowhere/tickets").await;
    assert_eq!(never.problem(), "404 not_found");
}
