//! Queues that offer what waits: taken, declined, run out, withdrawn (S-15).

use std::time::Duration;

use docket_api::workers::routing::Pushing;
use docket_api::workers::timers::Timers;
use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const NEXT: &str = "/v1/queues/inbox/next";

/// Adds an agent of whom this is known, younger than all others: ids follow age.
async fn agent(desk: &Desk, name: &str, known: Value) -> String {
    desk.pass(SECOND);
    let mut agent = json!({ "name": name });
    for (member, value) in known.as_object().cloned().unwrap_or_default() {
        agent[member] = value;
    }
    desk.admin.post("/v1/agents", &agent).await.is(201).text("/id")
}

/// Offers what waits in the inbox to these agents, for two minutes each.
async fn offer(desk: &Desk, agents: &[&String]) {
    let routing = json!({ "push": true, "agents": agents, "offer_within": "PT2M" });
    let queue = json!({ "name": "Inbox", "routing": routing });
    desk.admin.put("/v1/queues/inbox", &queue).await.is(200);
}

/// Looks as the workers do, at the same time as the server's own and others, until nothing happens.
async fn look(desk: &Desk) {
    let docket = &desk.server.docket;
    let (mut one, mut other) = (Pushing::default(), Pushing::default());
    let (mut timers, mut more) = (Timers::default(), Timers::default());
    loop {
        desk.views_caught_up().await;
        let before = docket.store.head();
        let (fired, there) = tokio::join!(timers.fire_due(docket), more.fire_due(docket));
        assert_eq!((fired.unwrap().failed, there.unwrap().failed), (0, 0));
        desk.views_caught_up().await;
        let (given, there) = tokio::join!(one.push(docket), other.push(docket));
        given.and(there).unwrap();
        if docket.store.head() == before {
            desk.views_caught_up().await;
            return;
        }
    }
}

/// To whom a ticket is offered, or whose it is.
async fn with(desk: &Desk, ticket: &GivenTicket) -> String {
    let ticket = desk.admin.get(&ticket.own()).await.is(200).body;
    let name = |agent: &Value| agent["name"].as_str().unwrap_or("nobody").to_owned();
    match &ticket["offer"] {
        Value::Null => name(&ticket["assignee"]),
        offer => {
            assert!(ticket["assignee"].is_null(), "an offer is no owner: {ticket}");
            format!("offered to {}", name(&offer["agent"]))
        }
    }
}

/// What happened to a ticket since it was created, and when.
async fn events(desk: &Desk, ticket: &GivenTicket) -> Vec<(String, String)> {
    let history = desk.admin.get(&ticket.path("history")).await.is(200).body;
    let word = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let events = history["data"].as_array().unwrap().iter().skip(1);
    events.map(|event| (word(event, "type"), word(event, "occurred_at"))).collect()
}

async fn listed(desk: &Desk, who: &str, query: &str) -> usize {
    let list = desk.caller(who).get(&format!("/v1/tickets?{query}")).await.is(200);
    list.body["data"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_declined_or_runs_out_goes_to_the_next_and_after_a_while_round_again() {
    let desk = Desk::open().await;
    let bea = agent(&desk, "Bea", json!({})).await;
    let cid = agent(&desk, "Cid", json!({})).await;
    desk.pass(SECOND);
    let ticket = desk.given_ticket().await;
    offer(&desk, &[&bea, &cid]).await;
    look(&desk).await;
    assert_eq!(with(&desk, &ticket).await, "offered to Bea");
    assert_eq!(listed(&desk, "agent", &format!("offered_to={bea}")).await, 1);
    assert_eq!(listed(&desk, "agent", "offered_to=none&assignee=none").await, 0);
    desk.caller("agent").post(NEXT, &json!({})).await.is(204);

    let why = json!({ "agent": bea, "reason": "In a meeting." });
    let declined = desk.admin.post(&ticket.path("offer/decline"), &why).await.is(200);
    assert_eq!(declined.body["passed"]["by"], json!([bea]));
    look(&desk).await;
    assert_eq!(with(&desk, &ticket).await, "offered to Cid");
    let until = desk.admin.get(&ticket.own()).await.is(200).text("/offer/until");
    desk.pass(10 * MINUTE);
    look(&desk).await;
    assert_eq!(with(&desk, &ticket).await, "nobody", "nobody is left of this round");
    assert_eq!(listed(&desk, "agent", "view=stuck").await, 1);
    let expired = events(&desk, &ticket).await.pop().unwrap();
    assert_eq!(expired, ("OfferExpired".into(), until), "at its true instant");

    desk.pass(21 * MINUTE);
    look(&desk).await;
    assert_eq!(with(&desk, &ticket).await, "nobody", "half an hour from the end of the last offer");
    desk.pass(MINUTE);
    look(&desk).await;
    assert_eq!(with(&desk, &ticket).await, "offered to Bea", "whose turn was longest ago");
    desk.pass(SECOND);
    let accepted = json!({ "agent": bea });
    let taken = desk.admin.post_once(&ticket.path("offer/accept"), "k", &accepted).await.is(200);
    assert_eq!(taken.text("/assignee/name"), "Bea");
    assert_eq!((&taken.body["offer"], taken.body.get("passed")), (&Value::Null, None));
    let again = desk.admin.post_once(&ticket.path("offer/accept"), "k", &accepted).await.is(200);
    assert_eq!(again.body, taken.body);
    let types: Vec<String> = events(&desk, &ticket).await.into_iter().map(|it| it.0).collect();
    let round = ["TicketOffered", "OfferDeclined", "TicketOffered", "OfferExpired"];
    let clocks = |it: &&String| !it.starts_with("Sla");
    let types: Vec<&String> = types.iter().filter(clocks).collect();
    let end = ["TicketOffered", "OfferAccepted", "TicketAssigned"];
    assert_eq!(types, round.iter().chain(&end).collect::<Vec<_>>());

    let sla = desk.admin.get(&ticket.path("sla")).await.is(200).body;
    let clocks = sla["clocks"].as_array().unwrap();
    let assignment = clocks.iter().find(|clock| clock["clock"] == "assignment").unwrap();
    assert_eq!(assignment["stopped_at"], desk.now(), "an offer is no owner, acceptance is");
    let timeline = desk.admin.get(&ticket.path("timeline")).await.is(200).body;
    let told = timeline["data"].as_array().unwrap().iter().map(|it| it["text"].as_str().unwrap());
    let told: Vec<&str> = told.filter(|text| text.contains("offer")).take(4).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    Docket offered the ticket to Bea until 2026-03-02 09:02 UTC, chosen by the queue “Inbox” (version 2): of 2 who could take it the one with least, 0 at hand.
    admin declined the offer of the ticket to Bea: “In a meeting.”.
    Docket offered the ticket to Cid until 2026-03-02 09:02 UTC, chosen by the queue “Inbox” (version 2): the only one who could take it, 0 at hand.
    Docket noted that Cid did not answer the offer of the ticket until 2026-03-02 09:02 UTC.
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_whom_it_is_offered_to_may_take_it_and_only_in_time() {
    let desk = Desk::open().await;
    let bea = agent(&desk, "Bea", json!({})).await;
    offer(&desk, &[&desk.ann]).await;
    let ticket = desk.given_ticket().await;
    let answers = |command: &str| ticket.path(&format!("offer/{command}"));
    look(&desk).await;
    assert_eq!(with(&desk, &ticket).await, "offered to Ann");
    assert_eq!(listed(&desk, "agent", "offered_to=me").await, 1);
    assert_eq!(listed(&desk, "supervisor", "offered_to=me").await, 0);
    let other = desk.admin.post(&answers("accept"), &json!({ "agent": bea })).await;
    assert_eq!(other.problem(), "409 not_offered");
    let no_reason = desk.caller("agent").post(&answers("decline"), &json!({})).await;
    assert_eq!(no_reason.status.as_u16(), 422);
    desk.pass(2 * MINUTE);
    let late = desk.caller("agent").post(&answers("accept"), &json!({})).await.problem();
    // A timer may have been faster.
    assert!(late == "409 offer_ended" || late == "409 not_offered", "{late}");

    let second = desk.given_ticket().await;
    look(&desk).await;
    assert_eq!(with(&desk, &second).await, "offered to Ann");
    let taken = desk.caller("agent").post(&second.path("offer/accept"), &json!({})).await.is(200);
    assert_eq!(taken.text("/assignee/id"), desk.ann);
    let again = desk.caller("agent").post(&second.path("offer/accept"), &json!({})).await;
    assert_eq!(again.is(200).body["version"], taken.body["version"], "it is theirs already");
}

#[tokio::test(flavor = "multi_thread")]
async fn room_is_kept_for_what_is_offered() {
    let desk = Desk::open().await;
    let bea = agent(&desk, "Bea", json!({ "capacity": 1 })).await;
    offer(&desk, &[&bea]).await;
    let first = desk.given_ticket().await;
    desk.pass(SECOND);
    let second = desk.given_ticket().await;
    look(&desk).await;
    assert_eq!(with(&desk, &first).await, "offered to Bea");
    assert_eq!(with(&desk, &second).await, "nobody");
    let next = desk.admin.post(NEXT, &json!({ "agent": bea })).await;
    assert_eq!(next.problem(), "409 at_capacity");
    let why = json!({ "agent": bea, "reason": "Lunch." });
    desk.admin.post(&first.path("offer/decline"), &why).await.is(200);
    look(&desk).await;
    assert_eq!(with(&desk, &second).await, "offered to Bea", "the other one, there is room");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_the_wait_withdraws_the_offer() {
    let desk = Desk::open().await;
    let bea = agent(&desk, "Bea", json!({})).await;
    offer(&desk, &[&bea]).await;
    let mut tickets = Vec::new();
    for (command, body) in [
        ("assign", json!({ "agent": desk.ann })),
        ("transfer", json!({ "queue": "billing" })),
        ("close", json!({})),
        ("snooze", json!({ "for": "PT3H" })),
        ("reply", json!({ "body": "Soon." })),
    ] {
        let ticket = desk.given_ticket().await;
        look(&desk).await;
        assert_eq!(with(&desk, &ticket).await, "offered to Bea");
        let done = desk.admin.post(&ticket.path(command), &body).await.is(200);
        assert_eq!(done.body["offer"], Value::Null, "{command}");
        tickets.push(ticket);
    }
    desk.pass(10 * MINUTE);
    look(&desk).await;
    for ticket in &tickets {
        let types: Vec<String> = events(&desk, ticket).await.into_iter().map(|it| it.0).collect();
        assert!(!types.contains(&"OfferExpired".to_owned()), "{types:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_says_for_how_long_it_offers_within_limits() {
    let desk = Desk::open().await;
    let refused = async |routing: Value| {
        let queue = json!({ "name": "Inbox", "routing": routing });
        desk.admin.put("/v1/queues/inbox", &queue).await.problem()
    };
    assert_eq!(
        refused(json!({ "push": true, "offer_within": "PT1S", "again_after": "soon" })).await,
        "422 invalid_definition /routing/offer_within:invalid_value /routing/again_after:invalid_value"
    );
}
