//! An event leaves Docket in one envelope, whoever asks for it.

use docket_domain::agent::{AgentEvent, AgentProfile};
use docket_domain::codec::Event;
use docket_domain::ids::TicketId;
use docket_domain::party::Actor;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::history;
use docket_projections::recorded::Moment;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::story::{anna, assigned, by_agent, by_customer, created, jan, replied, uuid};

fn ticket() -> String {
    TicketId(uuid(1)).stream()
}

fn profile(name: &str) -> AgentProfile {
    AgentProfile {
        name: Personal::text(name),
        email: None,
        active: true,
        discretion: None,
        calendar: None,
        skills: Vec::new(),
        capacity: None,
    }
}

async fn history(desk: &Desk, until: Moment) -> Vec<Value> {
    let page = history::of_stream(&desk.reader, &desk.names, &ticket(), (0, usize::MAX), until)
        .await
        .unwrap();
    assert_eq!(page.next, None);
    page.events.iter().map(|event| serde_json::from_str(event).unwrap()).collect()
}

async fn anna_marries(desk: &Desk) {
    let (from, to) = (profile("Anna Nowak"), profile("Anna Lis"));
    let renamed = Event::Agent(AgentEvent::AgentChanged { from, to });
    desk.happens(&anna().id.stream(), vec![(by_agent(&anna()), renamed)]).await;
}

async fn a_desk_with_a_ticket() -> Desk {
    let desk = Desk::open().await;
    let anna_added = Event::Agent(AgentEvent::AgentAdded { profile: profile("Anna Nowak") });
    let system = Actor::new(docket_domain::party::ActorKind::System, "docket");
    desk.happens(&anna().id.stream(), vec![(system, anna_added)]).await;
    let opened = Event::Ticket(TicketEvent::TicketCreated(Box::new(created("1042"))));
    desk.happens(&ticket(), vec![(by_customer(&jan()), opened)]).await;
    desk.later(60_000);
    let worked = [assigned(anna()), replied(2, "On its way")];
    let worked = worked.into_iter().map(|event| (by_agent(&anna()), Event::Ticket(event)));
    desk.happens(&ticket(), worked.collect()).await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_there_with_names_and_texts() {
    let desk = a_desk_with_a_ticket().await;
    let mut events = history(&desk, Moment::Now).await;
    assert_eq!(events.len(), 3);
    // Ids of commands are fresh in every run.
    for id in ["id", "command_id", "correlation_id"] {
        assert!(events[2][id].as_str().is_some_and(|id| id.len() == 36));
        events[2][id] = json!("…");
    }
    insta::assert_json_snapshot!(events[2], @r#"
    {
      "actor": {
        "id": "01920000-0000-7000-8000-0000000000a1",
        "kind": "agent",
        "name": "Anna Nowak"
      },
      "causation_id": null,
      "channel": null,
      "client": null,
      "command_id": "…",
      "correlation_id": "…",
      "data": {
        "answers": [],
        "channel": "email",
        "message": {
          "body": "On its way",
          "id": "01920000-0000-7000-8000-000000001002",
          "number": "1042-2"
        },
        "seen_version": 1,
        "status": {
          "from": {
            "base": "in_progress",
            "key": "in_progress",
            "name": "in_progress",
            "version": 1
          },
          "to": {
            "base": "awaiting_customer",
            "key": "awaiting_customer",
            "name": "awaiting_customer",
            "version": 1
          }
        }
      },
      "id": "…",
      "occurred_at": "2026-03-02T09:01:00.000Z",
      "position": 4,
      "recorded_at": "2026-03-02T09:01:00.000Z",
      "schema": 1,
      "stream": "ticket-01920000-0000-7000-8000-000000000001",
      "type": "TicketReplied",
      "version": 3
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_reaches_the_actors_of_old_events() {
    let desk = a_desk_with_a_ticket().await;
    assert_eq!(history(&desk, Moment::Now).await[1]["actor"]["name"], "Anna Nowak");

    anna_marries(&desk).await;
    desk.shown().await;

    let event = &history(&desk, Moment::Now).await[1];
    assert_eq!(event["actor"]["name"], "Anna Lis");
    assert_eq!(event["data"]["to"]["name"], "Anna Nowak", "the label of then stays");
}

/// The first build of the tables passes the rename too, and so does another node that projects.
#[tokio::test(flavor = "multi_thread")]
async fn a_rename_that_tables_were_built_from_reaches_them_too() {
    let mut desk = a_desk_with_a_ticket().await;
    assert_eq!(history(&desk, Moment::Now).await[1]["actor"]["name"], "Anna Nowak");

    desk.unwatched(async |desk| {
        anna_marries(desk).await;
        std::fs::remove_file(desk.folder.path().join("views.sqlite")).unwrap();
    })
    .await;
    desk.shown().await;
    assert_eq!(history(&desk, Moment::Now).await[1]["actor"]["name"], "Anna Lis");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_holds_what_was_recorded_by_then() {
    let desk = a_desk_with_a_ticket().await;
    let opened_at = crate::story::MONDAY;
    assert_eq!(history(&desk, Moment::Recorded(opened_at)).await.len(), 1);
    assert_eq!(history(&desk, Moment::Recorded(opened_at.plus_millis(-1))).await.len(), 0);
    assert_eq!(history(&desk, Moment::Version(2)).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_leaves_null_and_says_where() {
    let desk = a_desk_with_a_ticket().await;
    desk.reader.vault.erase(&jan().id.stream()).await.unwrap();
    desk.views.refold_subject(&jan().id.stream()).await.unwrap();
    let event = &history(&desk, Moment::Now).await[2];
    assert_eq!(event["data"]["message"]["body"], Value::Null);
    assert_eq!(event["erased"], json!(["/data/message/body"]));
    assert_eq!(event["actor"]["name"], "Anna Nowak");
}
