//! Queues that push: what waits goes to whoever can do it and has room (S-14, S-15, S-17, S-50).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use docket_api::workers::routing::Pushing;
use docket_test_servers::postgres;
use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// Adds an agent of whom this is known, younger than all others: ids follow age.
async fn agent(desk: &Desk, name: &str, known: Value) -> String {
    desk.pass(SECOND);
    let mut agent = json!({ "name": name });
    for (member, value) in known.as_object().cloned().unwrap_or_default() {
        agent[member] = value;
    }
    desk.admin.post("/v1/agents", &agent).await.is(201).text("/id")
}

async fn push(desk: &Desk, queue: &str, agents: &[&String]) {
    let routing = json!({ "push": true, "agents": agents });
    let queue_of = json!({ "name": queue, "routing": routing });
    let put = desk.admin.put(&format!("/v1/queues/{queue}"), &queue_of).await;
    assert!(put.status.is_success(), "{put:?}");
}

async fn given(desk: &Desk, said: Value) -> GivenTicket {
    desk.pass(SECOND);
    desk.given_ticket_with(said).await
}

/// Looks as the worker does, at the same time as the server's own and another one, until nothing is given.
async fn look(desk: &Desk) {
    let docket = &desk.server.docket;
    let (mut one, mut other) = (Pushing::default(), Pushing::default());
    loop {
        desk.views_caught_up().await;
        let before = docket.store.head();
        let (given, there) = tokio::join!(one.push(docket), other.push(docket));
        given.and(there).unwrap();
        if docket.store.head() == before {
            desk.views_caught_up().await;
            return;
        }
    }
}

/// The names of whoever owns these tickets; `-` for nobody.
async fn owners(desk: &Desk, tickets: &[&GivenTicket]) -> String {
    let mut names = Vec::new();
    for ticket in tickets {
        let ticket = desk.admin.get(&ticket.own()).await.is(200).body;
        names.push(ticket["assignee"]["name"].as_str().unwrap_or("-").to_owned());
    }
    names.join(" ")
}

async fn close(desk: &Desk, ticket: &GivenTicket) {
    desk.admin.post(&ticket.path("close"), &json!({})).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_urgent_goes_first_to_who_has_least_and_the_rest_waits_for_room() {
    let desk = Desk::open().await;
    let bea = agent(&desk, "Bea", json!({ "capacity": 1 })).await;
    let cid = agent(&desk, "Cid", json!({ "capacity": 1 })).await;
    let low = given(&desk, json!({ "priority": "low" })).await;
    let high = given(&desk, json!({ "priority": "high" })).await;
    let critical = given(&desk, json!({ "priority": "critical" })).await;
    push(&desk, "inbox", &[&bea, &cid]).await;
    look(&desk).await;
    assert_eq!(owners(&desk, &[&critical, &high, &low]).await, "Bea Cid -");

    let history = desk.admin.get(&critical.path("history")).await.is(200).body;
    let assigned = history["data"].as_array().unwrap().last().unwrap();
    assert_eq!(assigned["actor"]["kind"], "system");
    let data = &assigned["data"];
    assert_eq!((&data["method"], &data["routed"]["of"]), (&json!("round_robin"), &json!(2)));
    let candidates = json!([{ "agent": bea, "load": 0 }, { "agent": cid, "load": 0 }]);
    assert_eq!(data["routed"]["candidates"], candidates);
    assert_eq!(data["routed"]["queue"]["version"], 2);
    let timeline = desk.admin.get(&critical.path("timeline")).await.is(200).body;
    let told = timeline["data"].as_array().unwrap().last().unwrap()["text"].clone();
    insta::assert_snapshot!(told.as_str().unwrap(), @"Docket assigned the ticket to Bea (before: nobody), chosen by the queue “inbox” (version 2): of 2 who could take it the one with least, 0 at hand; the status went from “New” to “In progress”.");
    let sla = desk.admin.get(&critical.path("sla")).await.is(200).body;
    let clocks = sla["clocks"].as_array().unwrap();
    let assignment = clocks.iter().find(|clock| clock["clock"] == "assignment").unwrap();
    assert_eq!(assignment["fulfilled_by"], "owner", "the clock of the assignment ends");

    let stuck = desk.admin.get("/v1/tickets?view=stuck").await.is(200).body;
    assert_eq!(stuck["data"][0]["number"], low.number.as_str(), "{stuck}");
    close(&desk, &high).await;
    look(&desk).await;
    assert_eq!(owners(&desk, &[&low]).await, "Cid", "there is room");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_skill_goes_to_who_has_it_and_waits_for_them() {
    let desk = Desk::open().await;
    let bea = agent(&desk, "Bea", json!({ "skills": ["networks", "german"], "capacity": 1 })).await;
    let cid = agent(&desk, "Cid", json!({})).await;
    let category = json!({ "name": "Outage", "skills": ["networks"] });
    desk.admin.put("/v1/categories/technical/outage", &category).await.is(200);
    let outage = json!({ "category": "technical/outage", "queue": "inbox", "priority": "high" });
    let first = given(&desk, outage.clone()).await;
    let second = given(&desk, outage).await;
    let other = given(&desk, json!({ "priority": "low" })).await;
    push(&desk, "inbox", &[&bea, &cid]).await;
    look(&desk).await;
    assert_eq!(owners(&desk, &[&first, &second, &other]).await, "Bea - Cid");
    let history = desk.admin.get(&first.path("history")).await.is(200).body;
    let data = &history["data"].as_array().unwrap().last().unwrap()["data"];
    assert_eq!(
        (&data["method"], &data["routed"]["skills"]),
        (&json!("skill"), &json!(["networks"]))
    );
    close(&desk, &first).await;
    look(&desk).await;
    assert_eq!(owners(&desk, &[&second]).await, "Bea");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_given_anything_who_is_absent_gone_or_after_hours() {
    let desk = Desk::open().await;
    let night = json!({ "name": "Night", "zone": "UTC", "day": "PT8H", "weekly": {
        "mon": ["22:00-06:00"], "tue": ["22:00-06:00"] } });
    desk.admin.put("/v1/calendars/night", &night).await.is(201);
    let bea = agent(&desk, "Bea", json!({ "calendar": "night" })).await;
    let cid = agent(&desk, "Cid", json!({})).await;
    let dan = agent(&desk, "Dan", json!({})).await;
    push(&desk, "inbox", &[&bea, &cid, &dan]).await;
    let until = desk.server.docket.now().plus_millis(2 * 3_600_000);
    let away = format!("/v1/agents/{cid}/absences");
    desk.admin.post(&away, &json!({ "until": until })).await.is(201);
    desk.admin.patch(&format!("/v1/agents/{dan}"), &json!({ "active": false })).await.is(200);
    let first = given(&desk, json!({})).await;
    look(&desk).await;
    assert_eq!(owners(&desk, &[&first]).await, "-", "nobody is there");
    desk.pass(2 * HOUR);
    look(&desk).await;
    assert_eq!(owners(&desk, &[&first]).await, "Cid", "who is back");
    desk.pass(11 * HOUR);
    let second = given(&desk, json!({})).await;
    look(&desk).await;
    assert_eq!(owners(&desk, &[&second]).await, "Bea", "whose shift has begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_have_the_same_each_has_a_turn() {
    let desk = Desk::open().await;
    let bea = agent(&desk, "Bea", json!({})).await;
    let cid = agent(&desk, "Cid", json!({})).await;
    push(&desk, "inbox", &[&bea, &cid, &desk.ann]).await;
    let mut turns = Vec::new();
    for _ in 0..5 {
        let ticket = given(&desk, json!({})).await;
        look(&desk).await;
        turns.push(owners(&desk, &[&ticket]).await);
        close(&desk, &ticket).await;
    }
    assert_eq!(turns, ["Ann", "Bea", "Cid", "Ann", "Bea"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_look_each_ticket_is_given_once_and_nobody_gets_more_than_they_have_room_for()
{
    const ROOM: usize = 7;
    let desk = Desk::open().await;
    desk.admin
        .patch(&format!("/v1/agents/{}", desk.ann), &json!({ "capacity": ROOM }))
        .await
        .is(200);
    for name in ["Bea", "Cid"] {
        agent(&desk, name, json!({ "capacity": ROOM })).await;
    }
    for _ in 0..30 {
        desk.given_ticket().await;
    }
    // Nobody is named: everybody is given tickets; Ann takes some herself meanwhile.
    push(&desk, "inbox", &[]).await;
    let next = (0..5).map(|_| {
        let ann = desk.caller("agent").clone();
        tokio::spawn(async move { ann.post("/v1/queues/inbox/next", &json!({})).await.status })
    });
    let next: Vec<_> = next.collect();
    look(&desk).await;
    for answer in next {
        answer.await.unwrap();
    }
    look(&desk).await;
    let events = desk.admin.get("/v1/events?limit=1000&type=TicketAssigned").await.is(200).body;
    let mut of: BTreeMap<String, usize> = BTreeMap::new();
    let mut tickets: BTreeMap<String, usize> = BTreeMap::new();
    for event in events["data"].as_array().unwrap() {
        *of.entry(event["data"]["to"]["name"].as_str().unwrap().into()).or_default() += 1;
        *tickets.entry(event["stream"].as_str().unwrap().into()).or_default() += 1;
    }
    assert!(tickets.values().all(|times| *times == 1), "{tickets:?}");
    let full = ["Ann", "Bea", "Cid"].map(|name| (name.to_owned(), ROOM));
    assert_eq!(of, BTreeMap::from(full));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_does_not_push_gives_nothing_and_one_that_does_names_agents_who_are_there() {
    let desk = Desk::open().await;
    desk.given_ticket().await;
    assert_eq!(Pushing::default().push(&desk.server.docket).await.unwrap(), 0);
    let off = json!({ "name": "Inbox", "routing": { "push": false } });
    desk.admin.put("/v1/queues/inbox", &off).await.is(200);
    let before = desk.server.docket.store.head();
    look(&desk).await;
    assert_eq!(desk.server.docket.store.head(), before);
    let nobody = "0192f0c1-0000-7000-8000-000000000000";
    let queue = json!({ "name": "Inbox", "routing": { "push": true, "agents": [nobody] } });
    let refused = desk.admin.put("/v1/queues/inbox", &queue).await;
    assert_eq!(refused.problem(), "422 invalid_definition /routing/agents/0:invalid_value");
}

#[tokio::test]
async fn two_servers_give_each_ticket_once_and_nobody_more_than_they_have_room_for() {
    const ROOM: usize = 6;
    let Some(database) = postgres::database() else { return };
    let desk = Desk::open_shared(database).await;
    let node = desk.another_node().await;
    let bea = agent(&desk, "Bea", json!({ "capacity": ROOM })).await;
    let cid = agent(&desk, "Cid", json!({ "capacity": ROOM })).await;
    for _ in 0..20 {
        desk.given_ticket().await;
    }
    push(&desk, "inbox", &[&bea, &cid]).await;
    let (mut one, mut other) = (Pushing::default(), Pushing::default());
    loop {
        desk.views_caught_up().await;
        let head = desk.server.docket.store.head();
        assert!(node.server.docket.views.wait_for(head, 60 * SECOND).await);
        let (here, there) =
            tokio::join!(one.push(&desk.server.docket), other.push(&node.server.docket));
        here.and(there).unwrap();
        let events = desk.admin.get("/v1/events?limit=1000&type=TicketAssigned").await.is(200).body;
        let events = events["data"].as_array().unwrap();
        let tickets: BTreeSet<&str> =
            events.iter().map(|event| event["stream"].as_str().unwrap()).collect();
        assert_eq!(tickets.len(), events.len(), "each once");
        assert!(events.len() <= 2 * ROOM, "{}", events.len());
        if events.len() == 2 * ROOM && desk.server.docket.store.head() == head {
            return;
        }
    }
}
