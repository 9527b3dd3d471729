//! What an alias holds is asked of its root over HTTP, and is true at both, merged and unmerged.

use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

/// A ticket of a customer of its own, with a reply and a promise, merged into another's.
struct Merged {
    source: GivenTicket,
    root: GivenTicket,
    promise: String,
    reply: String,
    merge_id: String,
}

async fn merged(desk: &Desk) -> Merged {
    let customer = json!({ "email": "eva@example.com", "name": "Eva Nowak" });
    let source = desk.given_ticket_with(json!({ "customer": customer })).await;
    let root = desk.given_ticket().await;
    let said = json!({ "body": "You get it back." });
    desk.admin.post(&source.path("reply"), &said).await.is(200);
    let promised = json!({ "text": "money back", "due": "2026-03-09T17:00:00Z" });
    desk.admin.post(&source.path("commitment"), &promised).await.is(200);
    let merge = json!({ "into": root.id });
    desk.admin.post(&source.path("merge"), &merge).await.is(200);
    let of = |data: &Value, kind: &str, pointer: &str| {
        let mut events = data.as_array().unwrap().iter();
        let event = events.find(|event| event["type"] == kind).unwrap();
        event.pointer(pointer).unwrap().as_str().unwrap().to_owned()
    };
    let history = desk.admin.get(&source.path("history")).await.is(200);
    let history = &history.body["data"];
    Merged {
        promise: of(history, "CommitmentRecorded", "/data/commitment_id"),
        reply: of(history, "TicketReplied", "/data/message/id"),
        merge_id: of(history, "TicketMerged", "/data/merge_id"),
        source,
        root,
    }
}

/// The last event of a ticket's own history.
async fn last(desk: &Desk, ticket: &GivenTicket) -> Value {
    let history = desk.admin.get(&ticket.path("history")).await.is(200);
    history.body["data"].as_array().unwrap().last().unwrap().clone()
}

/// What a ticket's timeline says of a kind of event: whose it is, and the sentence.
async fn told(desk: &Desk, ticket: &GivenTicket, kind: &str) -> Vec<String> {
    let timeline = desk.admin.get(&ticket.path("timeline")).await.is(200);
    let entries = timeline.body["data"].as_array().unwrap().iter();
    let entries = entries.filter(|entry| entry["type"] == kind);
    entries.map(|entry| format!("{}: {}", entry["ticket"]["number"], entry["text"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_of_an_alias_is_settled_at_the_root_and_stays_so_when_they_part() {
    let desk = Desk::open().await;
    let Merged { source, root, promise, merge_id, .. } = merged(&desk).await;
    let change = json!({ "commitment": promise, "text": "half of it", "reason": "agreed" });
    let keep = json!({ "commitment": promise, "note": "paid to Eva" });
    let refused = desk.admin.post(&source.path("commitment/keep"), &keep).await;
    assert_eq!(refused.problem(), "409 ticket_merged");

    let before = desk.admin.get(&root.own()).await.is(200);
    let changed = desk.admin.post(&root.path("commitment/change"), &change).await.is(200);
    let kept = desk.admin.post_once(&root.path("commitment/keep"), "k", &keep).await.is(200);
    for answer in [&changed, &kept] {
        assert_eq!(answer.bytes, before.bytes, "the root is answered, and is as it was");
        assert_eq!(answer.header("etag"), before.header("etag"));
    }
    assert!(kept.header("docket-position") > changed.header("docket-position"));
    desk.admin.post(&root.path("note"), &json!({ "body": "Done." })).await.is(200);
    let again = desk.admin.post_once(&root.path("commitment/keep"), "k", &keep).await.is(200);
    assert_eq!((&again.bytes, again.header("etag")), (&kept.bytes, kept.header("etag")));
    let by_number = format!("/v1/tickets/{}/commitment/break", root.number);
    let broken = json!({ "commitment": promise, "reason": "no stock" });
    let broken = desk.admin.post(&by_number, &broken).await;
    assert_eq!(broken.problem(), "422 unknown_commitment /commitment:unknown_commitment");

    let sentence = told(&desk, &root, "CommitmentKept").await;
    assert_eq!(sentence.len(), 1);
    assert!(sentence[0].starts_with(&format!("\"{}\": ", source.number)), "{sentence:?}");
    assert!(sentence[0].contains("recorded that a promise was kept: “paid to Eva”"));
    assert_eq!(told(&desk, &source, "CommitmentKept").await, sentence);

    let undo = json!({ "merge_id": merge_id });
    desk.admin.post(&source.path("unmerge"), &undo).await.is(200);
    assert_eq!(told(&desk, &root, "CommitmentKept").await, [""; 0]);
    assert_eq!(told(&desk, &source, "CommitmentKept").await, sentence);
    let settled = desk.admin.post(&source.path("commitment/change"), &change).await;
    assert_eq!(settled.problem(), "422 unknown_commitment /commitment:unknown_commitment");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_promise_of_an_alias_goes_with_the_customer_of_the_alias() {
    let desk = Desk::open().await;
    let Merged { source, root, promise, .. } = merged(&desk).await;
    let keep = json!({ "commitment": promise, "note": "paid to Eva" });
    desk.admin.post(&root.path("commitment/keep"), &keep).await.is(200);
    let customer = desk.admin.get(&source.own()).await.is(200).text("/customer/id");
    assert_eq!(last(&desk, &source).await["data"]["note"], "paid to Eva");
    desk.server.docket.erase(&format!("customer-{customer}")).await.unwrap();
    let kept = last(&desk, &source).await;
    assert_eq!((&kept["type"], &kept["data"]["note"]), (&json!("CommitmentKept"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_is_open_when_they_part_is_given_back() {
    let desk = Desk::open().await;
    let Merged { source, root, promise, merge_id, .. } = merged(&desk).await;
    let undo = json!({ "merge_id": merge_id });
    desk.admin.post(&source.path("unmerge"), &undo).await.is(200);
    let keep = json!({ "commitment": promise });
    let elsewhere = desk.admin.post(&root.path("commitment/keep"), &keep).await;
    assert_eq!(elsewhere.problem(), "422 unknown_commitment /commitment:unknown_commitment");
    desk.admin.post(&source.path("commitment/keep"), &keep).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_of_an_alias_that_bounced_is_noted_where_it_was_sent_from() {
    let desk = Desk::open().await;
    let Merged { source, root, reply, merge_id, .. } = merged(&desk).await;
    let bounce = json!({ "message": reply, "recipient": "eva@example.com", "code": "5.1.1" });
    let answer = desk.admin.post(&root.path("bounce"), &bounce).await.is(200);
    assert_eq!(answer.text("/id"), root.id);
    let noted = last(&desk, &source).await;
    assert_eq!(
        (&noted["type"], &noted["data"]["message_id"]),
        (&json!("DeliveryFailed"), &json!(reply))
    );
    let bounced_at = async || {
        let sla = desk.admin.get(&source.path("sla")).await.is(200);
        let clocks = sla.body["clocks"].as_array().unwrap().clone();
        let first = clocks.iter().find(|clock| clock["clock"] == "first_response").unwrap().clone();
        first["bounced_at"].clone()
    };
    assert_eq!(bounced_at().await, noted["occurred_at"]);
    let undo = json!({ "merge_id": merge_id });
    desk.admin.post(&source.path("unmerge"), &undo).await.is(200);
    assert_eq!(bounced_at().await, noted["occurred_at"]);
    let elsewhere = desk.admin.post(&root.path("bounce"), &bounce).await;
    assert_eq!(elsewhere.problem(), "422 unknown_message /message:unknown_message");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_an_alias_is_corrected_in_its_own_history() {
    let desk = Desk::open().await;
    let Merged { source, root, merge_id, .. } = merged(&desk).await;
    let correction = json!({ "corrects": 2, "ticket": source.number, "text": "Half of it only." });
    let answer = desk.admin.post(&root.path("correction"), &correction).await.is(200);
    assert_eq!(answer.text("/id"), root.id);
    let corrected = last(&desk, &source).await;
    assert_eq!(corrected["type"], "CorrectionRecorded");
    assert_eq!(corrected["data"], json!({ "corrects": 2, "text": "Half of it only." }));
    let sentence = told(&desk, &root, "CorrectionRecorded").await;
    assert!(sentence[0].starts_with(&format!("\"{}\": ", source.number)), "{sentence:?}");
    assert!(sentence[0].contains("corrected event 2: “Half of it only.”"), "{sentence:?}");

    let beyond = json!({ "corrects": 99, "ticket": source.id, "text": "?" });
    let beyond = desk.admin.post(&root.path("correction"), &beyond).await;
    assert_eq!(beyond.problem(), "422 unknown_version /corrects:unknown_version");
    let own = json!({ "corrects": 1, "ticket": root.id, "text": "Found." });
    desk.admin.post(&root.path("correction"), &own).await.is(200);
    assert_eq!(last(&desk, &root).await["data"]["text"], "Found.");

    let undo = json!({ "merge_id": merge_id });
    desk.admin.post(&source.path("unmerge"), &undo).await.is(200);
    let elsewhere = desk.admin.post(&root.path("correction"), &correction).await;
    assert_eq!(elsewhere.problem(), "422 unknown_ticket /ticket:unknown_ticket");
    let nowhere = json!({ "corrects": 1, "ticket": "999999", "text": "?" });
    let nowhere = desk.admin.post(&root.path("correction"), &nowhere).await;
    assert_eq!(nowhere.problem(), "422 unknown_ticket /ticket:unknown_ticket");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_over_a_root_is_told_what_its_aliases_promised_and_what_shows_a_promise() {
    let desk = Desk::open().await;
    let Merged { source, root, promise, reply, .. } = merged(&desk).await;
    let promised = json!({ "text": "a voucher", "evidence": reply });
    desk.admin.post(&root.path("commitment"), &promised).await.is(200);
    let recorded = last(&desk, &root).await["data"].clone();
    assert_eq!(recorded["evidence_in"], json!({ "id": source.id, "number": source.number }));

    let assigned = json!({ "agent": desk.ann });
    desk.admin.post(&root.path("assign"), &assigned).await.is(200);
    let bob = desk.admin.post("/v1/agents", &json!({ "name": "Bob" })).await.is(201).text("/id");
    desk.admin.post(&root.path("handover"), &json!({ "to": bob })).await.is(200);
    let open = last(&desk, &root).await["data"]["open_commitments"].clone();
    assert_eq!(open, json!([recorded["commitment_id"], promise]));

    let keep = json!({ "commitment": promise });
    desk.admin.post(&root.path("commitment/keep"), &keep).await.is(200);
    desk.admin.post(&root.path("handover"), &json!({ "to": desk.ann })).await.is(200);
    let open = last(&desk, &root).await["data"]["open_commitments"].clone();
    assert_eq!(open, json!([recorded["commitment_id"]]), "what is settled is not open");
}
