//! Who writes while nobody is there is to be told when the message will be read (S-34).

use std::time::Duration;

use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);

/// A desk, at eight in the evening, that tells customers of it who write to the inbox, and has a night shift.
async fn in_the_evening() -> Desk {
    let desk = Desk::open().await;
    let template = json!({ "name": "Read later", "body": "We will read it on {opens_at}." });
    desk.admin.put("/v1/templates/read_later", &template).await.is(201);
    let inbox = json!({ "name": "Inbox", "after_hours_notice": "read_later" });
    desk.admin.put("/v1/queues/inbox", &inbox).await.is(200);
    let night = json!({ "mon": ["20:00-23:00"], "tue": ["20:00-23:00"] });
    let night = json!({ "name": "Night", "zone": "UTC", "day": "PT8H", "weekly": night });
    desk.admin.put("/v1/calendars/night", &night).await.is(201);
    desk.pass(11 * HOUR);
    desk
}

async fn write(desk: &Desk, ticket: &GivenTicket, said: Value) -> Value {
    desk.admin.post(&ticket.path("message"), &said).await.is(200).body
}

/// What the history says of notices: who noted it, after what, by which calendar, until when.
async fn noticed(desk: &Desk, ticket: &GivenTicket) -> String {
    let history = desk.admin.get(&ticket.path("history")).await.is(200).body;
    let told = history["data"].as_array().unwrap().iter();
    let told = told.filter(|event| event["type"] == "NoticeDue").map(|event| {
        let (by, notice) = (&event["actor"]["kind"], &event["data"]["notice"]["after_hours"]);
        let (calendar, opens) = (&notice["calendar"]["key"], &notice["opens_at"]);
        format!("{} by {by}: {calendar} opens {opens}", event["version"]).replace('"', "")
    });
    told.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_message_and_a_further_one_by_night_are_told_of_the_morning_once_each_night() {
    let desk = in_the_evening().await;
    let ticket = desk.given_ticket_with(json!({ "opened_by": "customer" })).await;
    write(&desk, &ticket, json!({ "body": "And it is broken.", "channel": "email" })).await;
    desk.pass(24 * HOUR);
    let path = ticket.path("message");
    let said = json!({ "body": "Nobody called.", "channel": "email" });
    let first = desk.admin.post_once(&path, "once", &said).await.is(200);
    let again = desk.admin.post_once(&path, "once", &said).await.is(200);
    assert_eq!(first.body["version"], again.body["version"], "a repetition adds nothing");
    insta::assert_snapshot!(noticed(&desk, &ticket).await, @"
    2 by system: office opens 2026-03-03T08:00:00.000Z
    5 by system: office opens 2026-03-04T08:00:00.000Z
    ");
    let timeline = desk.admin.get(&ticket.path("timeline")).await.is(200).body;
    let sentences = timeline["data"].as_array().unwrap().iter().map(|it| it["text"].to_string());
    let sentence = sentences.clone().find(|sentence| sentence.contains("nobody is there"));
    insta::assert_snapshot!(sentence.unwrap_or_else(|| sentences.collect()), @r#"
    "Docket noted that nobody is there, in the hours of the desk, “Office” (version 1), and that the customer is to be told by the template “Read later” (version 1) that it will be read from 2026-03-03 08:00 UTC on."
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_hours_count_while_the_ticket_is_theirs() {
    let desk = in_the_evening().await;
    let piotr = json!({ "name": "Piotr", "calendar": "night" });
    let piotr = desk.admin.post("/v1/agents", &piotr).await.is(201);
    assert_eq!(piotr.body["calendar"], "night");
    let piotr = piotr.text("/id");
    let ticket = desk.given_ticket_with(json!({ "opened_by": "agent" })).await;
    desk.admin.post(&ticket.path("assign"), &json!({ "agent": piotr })).await.is(200);
    write(&desk, &ticket, json!({ "body": "Piotr is there.", "channel": "email" })).await;
    assert_eq!(noticed(&desk, &ticket).await, "", "by night he is there");
    desk.pass(4 * HOUR);
    write(&desk, &ticket, json!({ "body": "He has gone home.", "channel": "email" })).await;
    let own = format!("/v1/agents/{piotr}");
    let change = desk.admin.request("PATCH", &own).json(&json!({ "calendar": null }));
    assert_eq!(desk.admin.send(change).await.is(200).body["calendar"], Value::Null);
    write(&desk, &ticket, json!({ "body": "Now he works as all do.", "channel": "email" })).await;
    insta::assert_snapshot!(noticed(&desk, &ticket).await, @"
    5 by system: night opens 2026-03-03T20:00:00.000Z
    7 by system: office opens 2026-03-03T08:00:00.000Z
    ");
}

/// The message and its notice are one command's; a ticket that was closed long ago is followed by another.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_opens_another_ticket_is_noticed_there_with_it() {
    let desk = in_the_evening().await;
    let old = desk.given_ticket_with(json!({ "opened_by": "agent" })).await;
    desk.admin.post(&old.path("close"), &json!({ "outcome": "solved" })).await.is(200);
    desk.pass(24 * 30 * HOUR);
    let said = json!({ "body": "It broke again.", "channel": "email" });
    let new = desk.admin.post(&old.path("message"), &said).await.is(201);
    let new = GivenTicket { id: new.text("/id"), number: new.text("/number") };
    assert_eq!(noticed(&desk, &old).await, "");
    let history = desk.admin.get(&new.path("history")).await.is(200).body;
    let events = history["data"].as_array().unwrap();
    let told = |nth: usize| (&events[nth]["type"], &events[nth]["command_id"]);
    assert_eq!(told(0).0, "TicketCreated");
    assert_eq!(told(1), (&json!("NoticeDue"), told(0).1));
}

/// Who has left, or is away, is not there by night either.
#[tokio::test(flavor = "multi_thread")]
async fn the_hours_of_who_is_away_or_gone_count_for_nothing() {
    let desk = in_the_evening().await;
    let piotr = json!({ "name": "Piotr", "calendar": "night" });
    let piotr = desk.admin.post("/v1/agents", &piotr).await.is(201).text("/id");
    let given = async || {
        let ticket = desk.given_ticket_with(json!({ "opened_by": "agent" })).await;
        desk.admin.post(&ticket.path("assign"), &json!({ "agent": piotr })).await.is(200);
        ticket
    };
    let (away, gone) = (given().await, given().await);
    let said = json!({ "body": "Is anybody there?", "channel": "email" });
    let absence = json!({ "until": "2026-03-03T20:00:00.000Z" });
    let absences = format!("/v1/agents/{piotr}/absences");
    desk.admin.post(&absences, &absence).await.is(201);
    write(&desk, &away, said.clone()).await;
    assert_eq!(noticed(&desk, &away).await, "4 by system: office opens 2026-03-03T08:00:00.000Z");
    desk.pass(24 * HOUR);
    let own = format!("/v1/agents/{piotr}");
    let leaves = desk.admin.request("PATCH", &own).json(&json!({ "active": false }));
    desk.admin.send(leaves).await.is(200);
    write(&desk, &gone, said).await;
    assert_eq!(noticed(&desk, &gone).await, "4 by system: office opens 2026-03-04T08:00:00.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_what_is_taken_down_later_or_said_by_the_desk() {
    let desk = in_the_evening().await;
    let by_agent = desk.given_ticket_with(json!({ "opened_by": "agent" })).await;
    assert_eq!(noticed(&desk, &by_agent).await, "", "the desk opened it");
    desk.pass(14 * HOUR);
    let letter = json!({ "body": "A letter of last night.", "channel": "email", "occurred_at": "2026-03-02T22:00:00.000Z" });
    write(&desk, &by_agent, letter).await;
    assert_eq!(noticed(&desk, &by_agent).await, "", "the office is open by now");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_notice_needs_is_there_and_stays() {
    let desk = in_the_evening().await;
    let unknown = json!({ "name": "Inbox", "after_hours_notice": "nowhere" });
    let refused = desk.admin.put("/v1/queues/inbox", &unknown).await;
    assert_eq!(refused.body["errors"][0]["pointer"], "/after_hours_notice");
    let retired = desk.admin.send(desk.admin.request("DELETE", "/v1/templates/read_later")).await;
    insta::assert_snapshot!(retired.problem(), @"
    409 definition_in_use
    ");
    let agent = json!({ "name": "Piotr", "calendar": "nowhere" });
    let known = desk.admin.post("/v1/agents", &json!({ "name": "Anna" })).await.is(201).text("/id");
    let path = format!("/v1/agents/{known}");
    let change = desk.admin.request("PATCH", &path).json(&json!({ "calendar": "nowhere" }));
    let refused = desk.admin.send(change).await;
    assert_eq!(refused.problem(), "422 unknown_calendar /calendar:unknown_calendar");
    insta::assert_snapshot!(desk.admin.post("/v1/agents", &agent).await.problem(), @"
    422 unknown_calendar /calendar:unknown_calendar
    ");
}
