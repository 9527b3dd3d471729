//! Merging over HTTP: nobody who waits is forgotten, and what is undone is undone once.

use docket_tests::desk::{Desk, GivenTicket};
use serde_json::json;

/// The merge of the source, as `unmerge` wants it.
async fn merge(desk: &Desk, source: &GivenTicket, into: &GivenTicket) -> String {
    desk.admin.post(&source.path("merge"), &json!({ "into": into.id })).await.is(200);
    let survivor = desk.admin.get(&into.own()).await.is(200);
    survivor.text("/absorbed/0/merge_id")
}

async fn reply(desk: &Desk, ticket: &GivenTicket) {
    desk.admin.post(&ticket.path("reply"), &json!({ "body": "On its way" })).await.is(200);
}

/// The numbers of the tickets that a list shows, in one line.
async fn listed(desk: &Desk, query: &str) -> String {
    desk.views_caught_up().await;
    let list = desk.admin.get(&format!("/v1/tickets?{query}")).await.is(200);
    let rows = list.body["data"].as_array().cloned().unwrap_or_default();
    let numbers = rows.iter().map(|row| row["number"].as_str().unwrap_or_default());
    numbers.collect::<Vec<&str>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_at_the_source_is_seen_offered_and_answered_at_the_survivor() {
    let desk = Desk::open().await;
    let (source, root) = (desk.given_ticket().await, desk.given_ticket().await);
    reply(&desk, &root).await;
    assert_eq!(listed(&desk, "unread=true").await, source.number);

    merge(&desk, &source, &root).await;
    let survivor = desk.admin.get(&root.own()).await.is(200);
    assert_eq!(survivor.text("/status"), "new", "as if the message had come here");
    assert_eq!(survivor.text("/indicator/message"), "blue");
    assert_eq!(listed(&desk, "unread=true").await, root.number);
    let next = desk.callers["agent"].post("/v1/queues/inbox/next", &json!({})).await.is(200);
    assert_eq!(next.text("/number"), root.number);

    reply(&desk, &root).await;
    let answered = desk.admin.get(&root.own()).await.is(200);
    assert_eq!(answered.text("/indicator/message"), "none");
    assert_eq!(listed(&desk, "unread=true").await, "");
    let timeline = desk.admin.get(&root.path("timeline")).await.is(200);
    let timeline = String::from_utf8_lossy(&timeline.bytes).into_owned();
    assert!(timeline.contains(&format!("with {}-1 waiting for an answer", source.number)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_at_the_survivor_does_not_wait_when_the_merge_is_undone() {
    let desk = Desk::open().await;
    let (source, root) = (desk.given_ticket().await, desk.given_ticket().await);
    for (answered, icon) in [(true, "none"), (false, "blue")] {
        let merge_id = merge(&desk, &source, &root).await;
        if answered {
            reply(&desk, &root).await;
        }
        let undo = json!({ "merge_id": merge_id });
        let back = desk.admin.post(&source.path("unmerge"), &undo).await.is(200);
        assert_eq!(back.text("/indicator/message"), icon);
        // Otherwise there would be nothing left to bring the second time.
        desk.admin
            .post(&source.path("message"), &json!({ "body": "Hello?", "channel": "web" }))
            .await
            .is(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_was_undone_needs_no_undoing() {
    let desk = Desk::open().await;
    let (source, root) = (desk.given_ticket().await, desk.given_ticket().await);
    let undo = json!({ "merge_id": merge(&desk, &source, &root).await });
    let first = desk.admin.post(&source.path("unmerge"), &undo).await.is(200);
    let again = desk.admin.post(&source.path("unmerge"), &undo).await.is(200);
    assert_eq!(again.bytes, first.bytes);
    let other = json!({ "merge_id": source.id });
    let refused = desk.admin.post(&source.path("unmerge"), &other).await;
    assert_eq!(refused.problem(), "422 unknown_merge /merge_id:unknown_merge");
}
