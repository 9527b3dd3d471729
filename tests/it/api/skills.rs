//! Who can what, and how much (S-14, S-17): `next` gives only what the agent can do and has room for.

use std::time::Duration;

use docket_tests::desk::{Desk, GivenTicket, Reply};
use serde_json::{Value, json};

const NEXT: &str = "/v1/queues/inbox/next";

async fn ann(desk: &Desk, change: Value) -> Reply {
    desk.admin.patch(&format!("/v1/agents/{}", desk.ann), &change).await
}

async fn taken(desk: &Desk) -> String {
    let next = desk.caller("agent").post(NEXT, &json!({})).await;
    if next.status.as_u16() == 204 { "nothing".into() } else { next.is(200).text("/number") }
}

async fn given(desk: &Desk, said: Value) -> GivenTicket {
    desk.pass(Duration::from_secs(1));
    desk.given_ticket_with(said).await
}

#[tokio::test(flavor = "multi_thread")]
async fn next_gives_the_first_ticket_that_the_agent_has_the_skills_for() {
    let desk = Desk::open().await;
    let category = json!({ "name": "Complaint", "skills": ["refunds", "german"] });
    desk.admin.put("/v1/categories/complaint", &category).await.is(200);
    let child = json!({ "name": "Delivery", "skills": ["parcels"] });
    desk.admin.put("/v1/categories/complaint/delivery", &child).await.is(200);
    let urgent = given(
        &desk,
        json!({ "category": "complaint/new", "priority": "critical", "queue": "inbox" }),
    )
    .await;
    let own = json!({ "category": "complaint/delivery", "priority": "high", "queue": "inbox" });
    let delivery = given(&desk, own).await;
    let plain = given(&desk, json!({})).await;
    assert_eq!(taken(&desk).await, plain.number, "the others need what Ann cannot");
    assert_eq!(taken(&desk).await, "nothing");
    ann(&desk, json!({ "skills": [" parcels ", "german"] })).await.is(200);
    assert_eq!(taken(&desk).await, delivery.number, "a category's own skills, not those above");
    assert_eq!(taken(&desk).await, "nothing", "all skills are needed");
    let skilled = ann(&desk, json!({ "skills": ["german", "refunds", "german"] })).await.is(200);
    assert_eq!(skilled.body["skills"], json!(["german", "refunds"]));
    let queue = json!({ "name": "Inbox", "skills": ["typing"] });
    desk.admin.put("/v1/queues/inbox", &queue).await.is(200);
    assert_eq!(taken(&desk).await, "nothing", "and those of the queue");
    desk.admin.put("/v1/queues/inbox", &json!({ "name": "Inbox" })).await.is(200);
    assert_eq!(taken(&desk).await, urgent.number, "what is inherited");
}

#[tokio::test(flavor = "multi_thread")]
async fn next_fills_up_to_the_capacity_with_what_is_to_be_worked_on() {
    let desk = Desk::open().await;
    ann(&desk, json!({ "capacity": 2 })).await.is(200);
    for _ in 0..5 {
        given(&desk, json!({})).await;
    }
    let first = desk.caller("agent").post(NEXT, &json!({})).await.is(200).text("/id");
    let second = desk.caller("agent").post(NEXT, &json!({})).await.is(200).text("/id");
    let full = desk.caller("agent").post(NEXT, &json!({})).await;
    assert_eq!(full.problem(), "409 at_capacity");
    assert!(full.text("/detail").ends_with("allows: 2"), "{full:?}");

    // What waits for its customer is theirs still; what is put aside, or done, is not at hand.
    let path = |id: &str, command: &str| format!("/v1/tickets/{id}/{command}");
    desk.admin.post(&path(&first, "reply"), &json!({ "body": "Soon." })).await.is(200);
    assert_eq!(desk.caller("agent").post(NEXT, &json!({})).await.problem(), "409 at_capacity");
    desk.admin.post(&path(&first, "snooze"), &json!({ "for": "PT3H" })).await.is(200);
    desk.caller("agent").post(NEXT, &json!({})).await.is(200);
    assert_eq!(desk.caller("agent").post(NEXT, &json!({})).await.problem(), "409 at_capacity");
    desk.admin.post(&path(&second, "close"), &json!({})).await.is(200);
    let third = desk.caller("agent").post(NEXT, &json!({})).await.is(200).text("/id");

    // A person decides freely.
    desk.admin.post(&path(&third, "unassign"), &json!({})).await.is(200);
    desk.caller("agent").post(NEXT, &json!({})).await.is(200);
    let last = given(&desk, json!({})).await;
    desk.admin.post(&last.path("assign"), &json!({ "agent": desk.ann })).await.is(200);
    assert_eq!(desk.caller("agent").post(NEXT, &json!({})).await.problem(), "409 at_capacity");
    ann(&desk, json!({ "capacity": null })).await.is(200);
    desk.caller("agent").post(NEXT, &json!({})).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_asks_many_times_at_once_gets_no_more_than_there_is_room_for() {
    const ROOM: usize = 3;
    let desk = Desk::open().await;
    ann(&desk, json!({ "capacity": ROOM })).await.is(200);
    for _ in 0..20 {
        desk.given_ticket().await;
    }
    let asked = (0..20).map(|_| {
        let agent = desk.caller("agent").clone();
        tokio::spawn(async move { agent.post(NEXT, &json!({})).await.status.as_u16() })
    });
    let mut answers = Vec::new();
    for answer in asked.collect::<Vec<_>>() {
        answers.push(answer.await.unwrap());
    }
    let taken = answers.iter().filter(|status| **status == 200).count();
    assert_eq!(taken, ROOM, "{answers:?}");
    assert!(answers.iter().all(|status| [200, 409].contains(status)), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_may_take_the_newest_of_a_level_first() {
    let desk = Desk::open().await;
    let queue = json!({ "name": "Inbox", "newest_first": true });
    desk.admin.put("/v1/queues/inbox", &queue).await.is(200);
    let mut numbers = Vec::new();
    for priority in ["high", "medium", "high", "medium"] {
        numbers.push(given(&desk, json!({ "priority": priority })).await.number);
    }
    for expected in [2, 0, 3, 1].map(|index: usize| &numbers[index]) {
        assert_eq!(&taken(&desk).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_skill_and_no_capacity_is_refused_by_its_field() {
    let desk = Desk::open().await;
    let refused = async |change: Value| ann(&desk, change).await.problem();
    assert_eq!(
        refused(json!({ "capacity": 0 })).await,
        "422 invalid_capacity /capacity:invalid_capacity"
    );
    assert_eq!(
        refused(json!({ "capacity": 1001 })).await,
        "422 invalid_capacity /capacity:invalid_capacity"
    );
    let blank = refused(json!({ "skills": ["german", " "] })).await;
    assert_eq!(blank, "422 invalid_skill /skills:invalid_skill");
    let many: Vec<String> = (0..51).map(|n| n.to_string()).collect();
    assert_eq!(refused(json!({ "skills": many })).await, blank);
    let queue = json!({ "name": "Inbox", "skills": ["german", ""] });
    let queue = desk.admin.put("/v1/queues/inbox", &queue).await;
    assert_eq!(queue.problem(), "422 invalid_definition /skills/1:invalid_value");
}
