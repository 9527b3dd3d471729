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
    assert_eq!(listed(&desk, "indicator=blue").await, root.number);
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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unread_is_newer_than_the_last_act_of_a_person_also_where_that_was_a_merge() {
    let desk = Desk::open().await;
    let (source, root) = (desk.given_ticket().await, desk.given_ticket().await);
    let merge_id = merge(&desk, &source, &root).await;
    for ticket in [&source, &root] {
        assert_eq!(desk.admin.get(&ticket.own()).await.body["unread"], false);
    }
    assert_eq!(listed(&desk, "unread=true").await, "");

    let said = json!({ "body": "Hello?", "channel": "web" });
    let asked = desk.admin.post(&root.path("message"), &said).await.is(200);
    assert_eq!((&asked.body["unread"], &asked.body["messages"]), (&json!(true), &json!(2)));
    assert_eq!(listed(&desk, "unread=true").await, root.number);

    let undo = json!({ "merge_id": merge_id });
    let back = desk.admin.post(&source.path("unmerge"), &undo).await.is(200);
    assert_eq!(back.body["unread"], false);
    assert_eq!(listed(&desk, "unread=true").await, "", "who undid the merge was at both");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_was_split_off_shows_the_messages_it_was_split_off_with() {
    let desk = Desk::open().await;
    let source = desk.given_ticket().await;
    let said = json!({ "body": "And a second thing", "channel": "web" });
    desk.admin.post(&source.path("message"), &said).await.is(200);
    let history = desk.admin.get(&source.path("history")).await.is(200);
    let message = history.text("/data/1/data/message/id");

    let split = json!({ "messages": [message], "subject": "The second thing" });
    let new = desk.admin.post(&source.path("split"), &split).await.is(201);
    assert_eq!(new.text("/subject"), "The second thing");
    assert_eq!((&new.body["messages"], &new.body["unread"]), (&json!(1), &json!(false)));
    desk.views_caught_up().await;
    let listed = desk.admin.get(&format!("/v1/tickets?number={}", new.text("/number"))).await;
    assert_eq!(listed.body["data"][0]["messages"], 1);

    let source = desk.admin.get(&source.own()).await.is(200);
    assert_eq!(source.text("/subject"), "Parcel lost");
    assert_eq!((&source.body["messages"], &source.body["unread"]), (&json!(2), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_what_is_split_off_waits_there_since_then_and_not_twice() {
    let desk = Desk::open().await;
    let source = desk.given_ticket().await;
    let history = desk.admin.get(&source.path("history")).await.is(200);
    let message = history.text("/data/0/data/message/id");
    desk.pass(std::time::Duration::from_secs(60));
    let split = json!({ "messages": [message], "subject": "Something else" });
    let new = desk.admin.post(&source.path("split"), &split).await.is(201);
    assert_eq!(new.text("/indicator/message"), "blue");
    let old = desk.admin.get(&source.own()).await.is(200);
    assert_eq!(old.text("/indicator/message"), "none");
    assert_eq!(listed(&desk, "indicator=blue").await, new.text("/number"));

    let of = |path: &str| format!("{path}/sla");
    let first = |sla: &docket_tests::desk::Reply| {
        let clocks = sla.body["clocks"].as_array().cloned().unwrap_or_default();
        clocks.into_iter().find(|clock| clock["clock"] == "first_response").unwrap_or_default()
    };
    let there = first(&desk.admin.get(&of(&format!("/v1/tickets/{}", new.text("/id")))).await);
    let here = first(&desk.admin.get(&of(&source.own())).await.is(200));
    assert_eq!(there["started_at"], here["started_at"], "since the customer's first contact");
    assert_eq!((&here["fulfilled_by"], &here["verdict"]), (&json!("split"), &json!("cancelled")));
    let because = here["because"].as_str().unwrap_or_default();
    assert!(because.contains("had counted when all that waited was split off at"), "{because}");

    desk.views_caught_up().await;
    let ended =
        "/v1/compliance?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&fulfilled_by=split";
    let report = desk.admin.get(ended).await.is(200);
    assert_eq!(report.body["data"][0]["cancelled"], 1, "{}", report.body);
    let answer = format!("/v1/tickets/{}/reply", new.text("/id"));
    let replied = desk.admin.post(&answer, &json!({ "body": "On its way" })).await.is(200);
    assert_eq!(replied.text("/indicator/message"), "none");
    let file = json!({ "message": message, "reason": "answered where it went" });
    desk.admin.post(&source.path("file"), &file).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_with_an_alias_is_one_with_its_root() {
    let desk = Desk::open().await;
    let (source, root) = (desk.given_ticket().await, desk.given_ticket().await);
    let other = desk.given_ticket().await;
    merge(&desk, &source, &root).await;
    let link = json!({ "ticket": source.number, "kind": "related" });
    let linked = desk.admin.post(&other.path("link"), &link).await.is(200);
    assert_eq!(linked.text("/links/0/id"), root.id);
    let back = desk.admin.get(&root.own()).await.is(200);
    assert_eq!(back.text("/links/0/id"), other.id);
    let to_itself = desk.admin.post(&root.path("link"), &link).await;
    assert_eq!(to_itself.problem(), "422 self_link /ticket:self_link");
    let unlinked = desk.admin.post(&other.path("unlink"), &link).await.is(200);
    assert_eq!(unlinked.body["links"], json!([]));
    let gone = desk.admin.post(&other.path("unlink"), &link).await;
    assert_eq!(gone.problem(), "422 unknown_link /ticket:unknown_link");
}
