//! `POST /v1/queues/{key}/next`: what waits is found, and nobody gets what another has.

use std::collections::BTreeSet;

use docket_tests::desk::Desk;
use serde_json::json;

const NEXT: &str = "/v1/queues/inbox/next";

#[tokio::test(flavor = "multi_thread")]
async fn the_highest_level_comes_first_and_within_a_level_the_oldest() {
    let desk = Desk::open().await;
    let mut numbers = Vec::new();
    for priority in ["low", "high", "medium", "high"] {
        desk.pass(std::time::Duration::from_secs(1));
        numbers.push(desk.given_ticket_with(json!({ "priority": priority })).await.number);
    }
    let mut taken = Vec::new();
    for _ in 0..4 {
        let next = desk.caller("agent").post(NEXT, &json!({})).await.is(200);
        taken.push(next.text("/number"));
    }
    let expected = [1, 3, 2, 0].map(|index: usize| numbers[index].clone());
    assert_eq!(taken, expected);
    desk.caller("agent").post(NEXT, &json!({})).await.is(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_works_with_a_token_that_stands_for_no_agent_becomes_one() {
    let desk = Desk::open().await;
    for _ in 0..2 {
        desk.given_ticket().await;
        let taken = desk.caller("supervisor").post(NEXT, &json!({})).await.is(200);
        assert_eq!(taken.text("/assignee/name"), "supervisor");
    }
    let agents = desk.admin.get("/v1/agents").await.is(200);
    assert_eq!(agents.body["data"].as_array().unwrap().len(), 2, "Ann, and one more: {agents:?}");
    desk.views_caught_up().await;
    let mine = desk.caller("supervisor").get("/v1/tickets?assignee=me").await.is(200);
    assert_eq!(mine.body["data"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_as_ask_at_once_get_a_ticket_each_while_there_are_any() {
    const WAITING: usize = 50;
    const ASKING: usize = 60;
    let desk = Desk::open().await;
    for _ in 0..WAITING {
        desk.given_ticket().await;
    }
    let asked = (0..ASKING).map(|_| {
        let agent = desk.caller("agent").clone();
        tokio::spawn(async move { agent.post(NEXT, &json!({})).await })
    });
    let mut taken = BTreeSet::new();
    for answer in asked.collect::<Vec<_>>() {
        let answer = answer.await.unwrap();
        if answer.status.as_u16() == 204 {
            continue;
        }
        let number = answer.is(200).text("/number");
        assert!(taken.insert(number.clone()), "{number} was given twice");
    }
    assert_eq!(taken.len(), WAITING, "whatever waits is found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_was_acknowledged_a_moment_ago_is_found() {
    let desk = Desk::open().await;
    for _ in 0..20 {
        let number = desk.given_ticket().await.number;
        let next = desk.caller("agent").post(NEXT, &json!({})).await.is(200);
        assert_eq!(next.text("/number"), number);
    }
}
