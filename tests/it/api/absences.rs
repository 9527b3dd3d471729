//! Who is away is given nothing, and the desk sees until when (S-63, S-91).

use std::time::Duration;

use docket_api::workers::absences::Absences;
use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

const NEXT: &str = "/v1/queues/inbox/next";
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread")]
async fn an_absence_is_planned_seen_and_ended_early() {
    let desk = Desk::open().await;
    let bea = desk.admin.post("/v1/agents", &json!({ "name": "Bea" })).await.is(201).text("/id");
    let absences = format!("/v1/agents/{}/absences", desk.ann);
    let (from, until) = (
        desk.server.docket.now().plus_millis(3_600_000),
        desk.server.docket.now().plus_millis(7_200_000),
    );
    let leave = json!({ "from": from, "until": until, "substitute": bea });
    let planned = desk.caller("supervisor").post_once(&absences, "k", &leave).await.is(201);
    assert_eq!(planned.body["absent"], false);
    assert_eq!(planned.body["absences"][0]["until"], until.to_string());
    assert_eq!(planned.text("/absences/0/substitute/name"), "Bea");
    let again = desk.caller("supervisor").post_once(&absences, "k", &leave).await.is(201);
    assert_eq!(again.body, planned.body, "recorded once");

    let ann = format!("/v1/agents/{}", desk.ann);
    desk.pass(HOUR);
    assert_eq!(desk.admin.get(&ann).await.is(200).body["absent"], true, "from the first instant");
    let end = format!("{absences}/{}/end", planned.text("/absences/0/id"));
    let back = desk.admin.post(&end, &json!({})).await.is(200);
    assert_eq!((&back.body["absent"], &back.body["absences"]), (&json!(false), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absence_that_cannot_be_is_refused_by_the_field_that_says_so() {
    let desk = Desk::open().await;
    let absences = format!("/v1/agents/{}/absences", desk.ann);
    let now = desk.server.docket.now();
    let refused = async |body: Value| desk.admin.post(&absences, &body).await.problem();
    let until = now.plus_millis(60_000);
    let nobody = "0192f0c1-0000-7000-8000-000000000000";
    assert_eq!(
        refused(json!({ "from": until, "until": now })).await,
        "422 absence_over /until:absence_over"
    );
    assert_eq!(
        refused(json!({ "until": until, "substitute": desk.ann })).await,
        "422 own_substitute /substitute:own_substitute"
    );
    assert_eq!(
        refused(json!({ "until": until, "substitute": nobody })).await,
        "422 unknown_agent /substitute:unknown_agent"
    );
    desk.admin.post(&absences, &json!({ "until": until })).await.is(201);
    assert_eq!(refused(json!({ "until": until })).await, "409 absence_overlaps");
    let missing = desk.admin.post(&format!("{absences}/{nobody}/end"), &json!({})).await;
    assert_eq!(missing.problem(), "404 not_found");
    let nobodys = format!("/v1/agents/{nobody}/absences");
    let missing = desk.admin.post(&nobodys, &json!({ "until": until })).await;
    assert_eq!(missing.problem(), "404 not_found");
    let own = desk.caller("agent").post(&absences, &json!({ "until": until })).await;
    assert_eq!(own.problem(), "403 forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_away_takes_nothing_from_a_queue_until_the_absence_is_over() {
    let desk = Desk::open().await;
    desk.given_ticket().await;
    let absences = format!("/v1/agents/{}/absences", desk.ann);
    let until = desk.server.docket.now().plus_millis(3_600_000);
    desk.admin.post(&absences, &json!({ "until": until })).await.is(201);
    let refused = desk.caller("agent").post(NEXT, &json!({})).await;
    assert_eq!(refused.problem(), "409 agent_absent");
    desk.pass(HOUR);
    desk.caller("agent").post(NEXT, &json!({})).await.is(200);
}

/// What was noted of a ticket's owner: the type of the event, and when it occurred.
async fn noted(desk: &Desk, ticket: &GivenTicket) -> Vec<(String, String)> {
    let path = format!("/v1/events?stream=ticket-{}", ticket.id);
    let events = desk.admin.get(&path).await.is(200).body["data"].as_array().cloned().unwrap();
    let of_owner = events
        .iter()
        .filter(|event| event["type"].as_str().is_some_and(|name| name.starts_with("Owner")));
    let word = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    of_owner.map(|event| (word(event, "type"), word(event, "occurred_at"))).collect()
}

/// The assignment clocks of a ticket: when each began, and what ended it.
async fn waits(desk: &Desk, ticket: &GivenTicket) -> Vec<(String, Value)> {
    let sla = desk.admin.get(&ticket.path("sla")).await.is(200);
    let clocks = sla.body["clocks"].as_array().cloned().unwrap();
    let owner = clocks.iter().filter(|clock| clock["clock"] == "assignment");
    owner
        .map(|it| (it["started_at"].as_str().unwrap().into(), it["fulfilled_by"].clone()))
        .collect()
}

async fn listed(desk: &Desk, who: &str, view: &str) -> usize {
    let list = desk.caller(who).get(&format!("/v1/tickets?view={view}")).await.is(200);
    list.body["data"].as_array().unwrap().len()
}

/// Looks as the worker does, at the same time as the server's own and another one.
async fn look(desk: &Desk) {
    desk.views_caught_up().await;
    let docket = &desk.server.docket;
    let (mut one, mut other) = (Absences::default(), Absences::default());
    let (one, other) = tokio::join!(one.note(docket), other.note(docket));
    one.and(other).unwrap();
    desk.views_caught_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_whose_owner_is_away_waits_for_somebody_and_its_substitute_sees_it() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let bea = desk.admin.post("/v1/agents", &json!({ "name": "Bea" })).await.is(201).text("/id");
    desk.admin.post(&ticket.path("assign"), &json!({ "agent": bea })).await.is(200);
    let now = desk.server.docket.now();
    let (from, until) = (now.plus_millis(3_600_000), now.plus_millis(7_200_000));
    let leave = json!({ "from": from, "until": until, "substitute": desk.ann });
    desk.admin.post(&format!("/v1/agents/{bea}/absences"), &leave).await.is(201);
    look(&desk).await;
    assert_eq!(noted(&desk, &ticket).await, [], "it has not begun");
    assert_eq!(listed(&desk, "agent", "mine_and_unassigned").await, 0);

    desk.pass(Duration::from_secs(5_000));
    look(&desk).await;
    let left = ("OwnerAbsent".to_owned(), from.to_string());
    assert_eq!(noted(&desk, &ticket).await, std::slice::from_ref(&left), "at the true instant");
    let shown = desk.admin.get(&ticket.own()).await.is(200);
    assert_eq!(shown.text("/owner_away/until"), until.to_string());
    assert_eq!(shown.text("/owner_away/substitute/id"), desk.ann);
    assert_eq!(
        (
            listed(&desk, "admin", "stuck").await,
            listed(&desk, "agent", "mine_and_unassigned").await
        ),
        (1, 1)
    );
    let waiting = waits(&desk, &ticket).await;
    assert_eq!((waiting.len(), waiting[1].clone()), (2, (from.to_string(), Value::Null)));

    desk.pass(HOUR);
    look(&desk).await;
    let back = ("OwnerReturned".to_owned(), until.to_string());
    assert_eq!(noted(&desk, &ticket).await, [left, back]);
    assert_eq!(waits(&desk, &ticket).await[1].1, "return");
    assert_eq!(
        (
            listed(&desk, "admin", "stuck").await,
            listed(&desk, "agent", "mine_and_unassigned").await
        ),
        (0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absence_over_before_anybody_looked_is_noted_as_it_was() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    desk.admin.post(&ticket.path("assign"), &json!({ "agent": desk.ann })).await.is(200);
    let now = desk.server.docket.now();
    let (from, until) = (now.plus_millis(3_600_000), now.plus_millis(7_200_000));
    let absences = format!("/v1/agents/{}/absences", desk.ann);
    desk.admin.post(&absences, &json!({ "from": from, "until": until })).await.is(201);
    desk.pass(Duration::from_secs(86_400));
    look(&desk).await;
    let [left, back] = [("OwnerAbsent", from), ("OwnerReturned", until)]
        .map(|(name, at)| (name.to_owned(), at.to_string()));
    assert_eq!(noted(&desk, &ticket).await, [left, back]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_somebody_who_left_the_desk_are_stuck_until_somebody_takes_them() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let bea = desk.admin.post("/v1/agents", &json!({ "name": "Bea" })).await.is(201).text("/id");
    desk.admin.post(&ticket.path("assign"), &json!({ "agent": bea })).await.is(200);
    desk.pass(HOUR);
    let left = desk.admin.request("PATCH", &format!("/v1/agents/{bea}"));
    desk.admin.send(left.json(&json!({ "active": false }))).await.is(200);
    desk.pass(HOUR);
    look(&desk).await;
    let shown = desk.admin.get(&ticket.own()).await.is(200);
    assert_eq!(shown.body["owner_away"]["until"], Value::Null);
    assert_eq!(listed(&desk, "admin", "stuck").await, 1);
    desk.admin.post(&ticket.path("assign"), &json!({ "agent": desk.ann })).await.is(200);
    look(&desk).await;
    assert_eq!(listed(&desk, "admin", "stuck").await, 0);
    assert_eq!(waits(&desk, &ticket).await[1].1, "owner");
}
