//! Several servers on one database: written at one, it holds at all.

mod erasures;

use std::time::{Duration, Instant};

use docket_test_servers::postgres;
use docket_tests::desk::{Caller, Desk, Node, Reply};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

async fn two() -> Option<(Desk, Node)> {
    let (desk, node, _) = two_and_their_database().await?;
    Some((desk, node))
}

async fn two_and_their_database() -> Option<(Desk, Node, PgConnection)> {
    let database = postgres::database()?;
    let connection = PgConnection::connect(database.url()).await.expect("a connection");
    let desk = Desk::open_shared(database).await;
    let node = desk.another_node().await;
    Some((desk, node, connection))
}

/// How long the slowest machine may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was changed at one server must hold at the others within a second, on a machine that has nothing
/// else to do. This one may have: so it is waited for, and that it happens at all is what is held.
async fn soon<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        let late = began.elapsed() > PATIENCE;
        if let Some(found) = look().await {
            return found;
        }
        assert!(!late, "it does not hold");
    }
}

async fn fresh(caller: &Caller, path: &str, position: &str) -> Reply {
    caller.send(caller.request("GET", path).header("docket-min-position", position)).await
}

fn types(history: &Reply) -> Vec<String> {
    let events = history.body["data"].as_array().expect("events");
    events.iter().map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
}

#[tokio::test]
async fn what_one_acknowledged_another_shows() {
    let Some((desk, node)) = two().await else { return };
    let there = desk.admin.at(&node);
    let ticket = desk.given_ticket().await;
    // Its own stream is read at once, wherever it was written.
    let shown = there.get(&ticket.own()).await.is(200);
    assert_eq!(shown.text("/customer/name"), "Jan Kowalski");
    assert_eq!(there.get(&format!("/v1/tickets/{}", ticket.number)).await.is(200).body, shown.body);

    let replied = there.post(&ticket.path("reply"), &json!({ "body": "Here." })).await.is(200);
    let position = replied.header("docket-position").to_owned();
    for caller in [&desk.admin, &there] {
        let list = fresh(caller, "/v1/tickets?view=all", &position).await.is(200);
        assert_eq!(list.body["data"][0]["messages"], 2);
        let events = fresh(caller, "/v1/events?after=0&limit=1000", &position).await.is(200);
        let last = events.body["data"].as_array().and_then(|events| events.last()).cloned();
        assert_eq!(last.unwrap_or_default()["position"].to_string(), position);
    }
}

#[tokio::test]
async fn what_was_defined_at_one_can_be_named_at_another_at_once() {
    let Some((desk, node)) = two().await else { return };
    let there = desk.admin.at(&node);
    let unknown = there.get("/v1/tickets?queue=night").await;
    assert_eq!(unknown.problem(), "422 invalid_request /queue:invalid_value");
    desk.admin.put("/v1/queues/night", &json!({ "name": "Night" })).await.is(201);
    there.get("/v1/tickets?queue=inbox,night").await.is(200);
    let hours = json!({ "name": "Night", "zone": "UTC", "day": "PT8H",
        "weekly": { "mon": ["22:00-06:00"] } });
    desk.admin.put("/v1/calendars/night", &hours).await.is(201);
    let entitlement =
        json!({ "tier": "premium", "from": "2026-03-01T00:00:00.000Z", "calendar": "night" });
    let eva = json!({ "email": "eva@example.com", "entitlement": entitlement });
    there.post("/v1/customers", &eva).await.is(201);
}

#[tokio::test]
async fn commands_at_both_follow_each_other_and_repetitions_are_recognised() {
    let Some((desk, node)) = two().await else { return };
    let here = desk.admin.clone();
    let there = here.at(&node);
    let ticket = desk.given_ticket().await;
    let created: u64 = here.get(&ticket.own()).await.is(200).body["version"].as_u64().unwrap();
    for n in 0..6 {
        let caller = if n % 2 == 0 { &here } else { &there };
        let body = json!({ "body": format!("note {n}") });
        let key = format!("note-{n}");
        let done = caller.post_once(&ticket.path("note"), &key, &body).await.is(200);
        assert_eq!(done.body["version"], created + n + 1);
        let other = if n % 2 == 0 { &there } else { &here };
        let again = other.post_once(&ticket.path("note"), &key, &body).await.is(200);
        assert_eq!(
            (again.bytes, again.headers.get("etag")),
            (done.bytes, done.headers.get("etag"))
        );
    }
    // Both at once: each is decided on what the other wrote.
    let note = json!({ "body": "at once" });
    let path = ticket.path("note");
    let (one, two) = tokio::join!(here.post(&path, &note), there.post(&path, &note));
    let mut versions = [one.is(200).body["version"].clone(), two.is(200).body["version"].clone()];
    versions.sort_by_key(Value::as_u64);
    assert_eq!(versions, [json!(created + 7), json!(created + 8)]);
}

#[tokio::test]
async fn tokens_definitions_and_people_changed_at_one_hold_at_all() {
    let Some((desk, node)) = two().await else { return };
    let there = desk.admin.at(&node);

    let token = json!({ "name": "late", "role": "analyst" });
    let issued = desk.admin.post("/v1/tokens", &token).await.is(201);
    let late = there.with(&issued.text("/token"));
    soon(async || (late.get("/v1/tickets").await.status == 200).then_some(())).await;
    let revoke = format!("/v1/tokens/{}", issued.text("/id"));
    desk.admin.send(desk.admin.request("DELETE", &revoke)).await;
    soon(async || (late.get("/v1/tickets").await.status == 401).then_some(())).await;

    desk.admin.put("/v1/queues/complaints", &json!({ "name": "Complaints" })).await;
    let ticket = desk.given_ticket().await;
    let transfer = json!({ "queue": "complaints" });
    soon(async || {
        (there.post(&ticket.path("transfer"), &transfer).await.status == 200).then_some(())
    })
    .await;

    // The other server has Ann at hand before she leaves.
    let assign = json!({ "agent": desk.ann });
    there.post(&ticket.path("assign"), &assign).await.is(200);
    let history = ticket.path("history");
    desk.caller("agent").post(&ticket.path("note"), &json!({ "body": "Mine." })).await.is(200);
    assert!(!there.get(&history).await.is(200).body.to_string().contains("Anne"));
    let other = desk.given_ticket().await;
    let ann = format!("/v1/agents/{}", desk.ann);
    let leave = desk.admin.request("PATCH", &ann).json(&json!({ "active": false, "name": "Anne" }));
    desk.admin.send(leave).await.is(200);
    soon(async || (there.post(&other.path("assign"), &assign).await.status == 422).then_some(()))
        .await;
    let gone = desk.caller("agent").at(&node);
    soon(async || (gone.get(&history).await.status == 403).then_some(())).await;
    soon(async || {
        let told = there.get(&history).await.is(200).body.to_string();
        told.contains("Anne").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_timer_fires_once_however_many_watch_it() {
    let Some((desk, node)) = two().await else { return };
    let there = desk.admin.at(&node);
    let ticket = desk.given_ticket().await;
    desk.admin.post(&ticket.path("snooze"), &json!({ "for": "PT1H" })).await.is(200);
    desk.views_caught_up().await;
    let head = desk.server.docket.store.head();
    assert!(node.server.docket.views.wait_for(head, PATIENCE).await);
    desk.pass(Duration::from_hours(2));
    let mut woken = Vec::new();
    let began = Instant::now();
    while woken.is_empty() && began.elapsed() < PATIENCE {
        woken = types(&there.get(&ticket.path("history")).await.is(200));
        woken.retain(|event| event == "TicketWoken");
    }
    // Both have looked once their views have passed what woke it.
    desk.views_caught_up().await;
    let head = desk.server.docket.store.head();
    assert!(node.server.docket.views.wait_for(head, PATIENCE).await);
    let history = types(&there.get(&ticket.path("history")).await.is(200));
    let woken = history.iter().filter(|event| woken.contains(event)).count();
    assert_eq!(woken, 1, "{history:?}");
}
