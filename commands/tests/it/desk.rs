//! First contacts, repetitions, definitions, people, timers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use docket_commands::{
    AgentInput, CommandError, Counted, CustomerChanges, Desk, NewTicket, Occurred, Request,
};
use docket_domain::customer::{Address, AddressKind, CustomerProfile};
use docket_domain::definition::{DefinitionKind, Document, TicketType};
use docket_domain::ids::{AgentId, CustomerId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::party::{ActorKind, Channel};
use docket_domain::personal::Personal;
use docket_domain::ticket::command::{TicketCommand, TicketDetails};
use docket_domain::ticket::event::{Outcome, SnoozeReason};
use docket_store::Clock;
use uuid::Uuid;

use crate::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_first_contacts_at_once_make_one_customer() {
    let scene = scene().await;
    let opened: Vec<_> = (0..16)
        .map(|n| {
            let desk = scene.desk.clone();
            let new = ticket_from(if n % 2 == 0 { "Jan@Example.com " } else { "jan@example.com" });
            tokio::spawn(async move { desk.open_ticket(&request(&format!("t{n}")), &new).await })
        })
        .collect();
    let mut customers = std::collections::BTreeSet::new();
    for task in opened {
        let done = task.await.unwrap().unwrap();
        let id = TicketId::of_stream(&done.stream).unwrap();
        let folded = scene.desk.ticket(id).await.unwrap();
        customers.insert(folded.state.present().unwrap().customer.id);
    }
    assert_eq!(customers.len(), 1);
}

#[tokio::test]
async fn a_repeated_command_answers_what_it_did_and_does_nothing() {
    let scene = scene().await;
    let first =
        scene.desk.open_ticket(&request("open"), &ticket_from("jan@example.com")).await.unwrap();
    let again =
        scene.desk.open_ticket(&request("open"), &ticket_from("jan@example.com")).await.unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!((again.stream, again.version), (first.stream, first.version));
    assert_eq!(again.events, first.events);

    let other = Request { fingerprint: [2; 32], ..request("open") };
    let reused = scene.desk.open_ticket(&other, &ticket_from("eva@example.com")).await;
    assert!(matches!(reused, Err(CommandError::KeyReused)));
}

#[tokio::test]
async fn who_was_erased_before_they_were_added_is_named_as_such() {
    // As an importer adds an agent whose id it derives, into a log that was restored from earlier.
    let scene = scene().await;
    let id = AgentId(Uuid::from_u128(7));
    scene.desk.vault().erase(&id.stream()).await.unwrap();
    let input = AgentInput { name: "Anna".into(), ..AgentInput::default() };
    let refused = scene.desk.add_agent(&request("anna"), Some(id), &input).await.unwrap_err();
    let expected = format!("personal data of {} was erased; nothing new", id.stream());
    assert!(refused.to_string().starts_with(&expected), "{refused}");
}

#[tokio::test]
async fn a_message_reopens_within_the_window_and_opens_a_linked_ticket_after_it() {
    let scene = scene().await;
    let id = scene.open("open").await;
    scene.close("close", id).await;
    scene.pass(13 * DAY);
    let done = scene
        .desk
        .receive_message(&request("m1"), id, said("Again"), Channel::Email)
        .await
        .unwrap();
    assert_eq!(done.stream, id.stream());

    scene.close("close again", id).await;
    scene.pass(15 * DAY);
    let late = request("m2");
    let done = scene.desk.receive_message(&late, id, said("Again"), Channel::Email).await.unwrap();
    let new = TicketId::of_stream(&done.stream).unwrap();
    assert_ne!(new, id);
    let (old, new) = (scene.desk.ticket(id).await.unwrap(), scene.desk.ticket(new).await.unwrap());
    assert!(old.state.present().unwrap().closed_at.is_some(), "the old one stays closed");
    assert_eq!(old.state.present().unwrap().customer.id, new.state.present().unwrap().customer.id);

    let again = scene.desk.receive_message(&late, id, said("Again"), Channel::Email).await.unwrap();
    assert_eq!((again.stream, again.repeated), (done.stream, true));
}

#[tokio::test]
async fn a_late_message_is_taken_though_the_place_of_its_ticket_is_gone() {
    let scene = scene().await;
    scene.desk.publish(&request("queue"), "claims", &queue(&[], true)).await.unwrap();
    let (claims, question) = (Some("claims".into()), Some("question".into()));
    let placed = TicketDetails { queue: claims, category: question, ..details() };
    let new = NewTicket { details: placed, ..ticket_from("jan@example.com") };
    let open = async |name: &str| {
        let done = scene.desk.open_ticket(&request(name), &new).await;
        TicketId::of_stream(&done.unwrap().stream).unwrap()
    };
    let ids = [open("first").await, open("second").await];
    for (name, id) in ["close first", "close second"].into_iter().zip(ids) {
        scene.close(name, id).await;
    }
    scene.pass(15 * DAY);
    let write = async |name: &str, id| {
        let message = said("Again");
        let done = scene.desk.receive_message(&request(name), id, message, Channel::Email).await;
        let new = scene.desk.ticket(TicketId::of_stream(&done.unwrap().stream).unwrap()).await;
        let new = new.unwrap().state.present().unwrap().clone();
        (new.queue.key, new.category.map(|it| it.key))
    };

    let (narrower, only) = (request("narrower"), queue(&["complaint"], true));
    scene.desk.publish(&narrower, "claims", &only).await.unwrap();
    assert_eq!(write("m1", ids[0]).await, ("claims".into(), None));

    scene.desk.retire(&request("retire"), DefinitionKind::Queue, "claims").await.unwrap();
    assert_eq!(write("m2", ids[1]).await, ("inbox".into(), Some("question".into())));
}

#[tokio::test]
async fn a_ticket_split_off_is_the_agents_doing() {
    let scene = scene().await;
    let id = scene.open("open").await;
    let message = scene.desk.ticket(id).await.unwrap().state.present().unwrap().messages[0].id;
    let split =
        scene.desk.split(&request("split"), id, &[message], "Another parcel").await.unwrap();
    assert_ne!(split.stream, id.stream());
    let actors = split.events.iter().map(|event| event.envelope.actor.kind);
    assert_eq!(actors.collect::<Vec<_>>(), [ActorKind::Agent, ActorKind::Agent]);
}

#[tokio::test]
async fn a_queue_that_registers_nobody_does_so_whoever_chose_it() {
    let scene = scene().await;
    scene.desk.publish(&request("inbox"), "inbox", &queue(&[], false)).await.unwrap();
    let refused = scene.desk.open_ticket(&request("open"), &ticket_from("jan@example.com")).await;
    assert!(matches!(refused, Err(CommandError::NotRegistered { .. })), "{refused:?}");
}

#[tokio::test]
async fn only_a_free_ticket_of_the_queue_is_taken() {
    let scene = scene().await;
    let id = scene.open("open").await;
    let input = AgentInput { name: "Anna".into(), ..AgentInput::default() };
    let added = scene.desk.add_agent(&request("anna"), None, &input).await.unwrap();
    let anna = AgentId::of_stream(&added.stream).unwrap();
    let elsewhere = scene.desk.take(&request("t1"), id, "claims", (anna, Counted::default())).await;
    assert!(matches!(elsewhere, Err(CommandError::NotFree)), "{elsewhere:?}");
    assert_eq!(
        scene
            .desk
            .take(&request("t2"), id, "inbox", (anna, Counted::default()))
            .await
            .unwrap()
            .version,
        2
    );
    let taken = scene.desk.take(&request("t3"), id, "inbox", (anna, Counted::default())).await;
    assert!(matches!(taken, Err(CommandError::NotFree)), "{taken:?}");
}

#[tokio::test]
async fn a_snooze_ends_once_at_its_time_however_late_somebody_looks() {
    let scene = scene().await;
    let id = scene.open("open").await;
    let until = Instant(NOON + 3_600_000);
    let snooze = TicketCommand::Snooze {
        until,
        reason: SnoozeReason::Other,
        note: None,
        wakes_on_message: true,
    };
    let snoozed = scene.desk.execute(&request("snooze"), id, &snooze).await.unwrap();
    let early = scene.desk.wake_due(id, snoozed.version).await.unwrap();
    assert!(early.events.is_empty());
    scene.pass(2 * 3_600_000);
    let woken = scene.desk.wake_due(id, snoozed.version).await.unwrap();
    assert_eq!(woken.events.len(), 1);
    let end_of_its_block = Instant(NOON + 75 * 60_000);
    assert_eq!(woken.events[0].occurred_at, end_of_its_block);
    assert_eq!(woken.events[0].recorded_at, Instant(NOON + 2 * 3_600_000));
    let again = scene.desk.wake_due(id, snoozed.version).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.version, woken.version);
}

#[tokio::test]
async fn if_match_minds_people_and_not_timers() {
    let scene = scene().await;
    let id = scene.open("open").await;
    let seen = scene.desk.ticket(id).await.unwrap().version;
    let note = |body| TicketCommand::AddNote { message: said(body), mentions: Vec::new() };
    let system = Request { repeatable: false, ..Request::system("rule", Uuid::from_u128(7)) };
    scene.desk.execute(&system, id, &note("automatic")).await.unwrap();
    let insisting = |name| Request { if_match: Some(seen), ..request(name) };
    scene.desk.execute(&insisting("n1"), id, &note("mine")).await.unwrap();
    let stale = scene.desk.execute(&insisting("n2"), id, &note("late")).await;
    let Err(CommandError::Stale { missed, .. }) = stale else { panic!("{stale:?}") };
    assert_eq!(missed.len(), 2);
}

#[tokio::test]
async fn a_claimed_time_lies_between_the_last_event_and_now() {
    let scene = scene().await;
    let id = scene.open("open").await;
    let note = TicketCommand::AddNote { message: said("x"), mentions: Vec::new() };
    let at = |millis| Request { occurred: Occurred::At(Instant(millis)), ..request("note") };
    let early = scene.desk.execute(&at(NOON - 1), id, &note).await;
    assert!(matches!(early, Err(CommandError::TooEarly { after: Instant(NOON) })), "{early:?}");
    let late = scene.desk.execute(&at(NOON + 1), id, &note).await;
    assert!(matches!(late, Err(CommandError::NotYet)), "{late:?}");
    scene.pass(DAY);
    let done = scene.desk.execute(&at(NOON + 5), id, &note).await.unwrap();
    assert_eq!(done.events[0].occurred_at, Instant(NOON + 5));
    assert_eq!(done.events[0].recorded_at, Instant(NOON + DAY));
}

#[tokio::test]
async fn what_docket_does_by_itself_keeps_out_no_mail_that_came_before_it() {
    let scene = scene().await;
    let id = scene.open("open").await;
    let snooze = TicketCommand::Snooze {
        until: Instant(NOON + DAY),
        reason: SnoozeReason::CustomerAsked,
        note: None,
        wakes_on_message: true,
    };
    let snoozed = scene.desk.execute(&request("snooze"), id, &snooze).await.unwrap();
    scene.pass(2 * DAY);
    let woken = scene.desk.wake_due(id, snoozed.version).await.unwrap();
    assert_eq!(woken.events[0].envelope.actor.kind, ActorKind::System);

    let note = TicketCommand::AddNote { message: said("x"), mentions: Vec::new() };
    let at = |name, millis| Request { occurred: Occurred::At(Instant(millis)), ..request(name) };
    let done = scene.desk.execute(&at("earlier", NOON + DAY / 2), id, &note).await.unwrap();
    assert_eq!((done.version, done.events[0].occurred_at), (4, Instant(NOON + DAY / 2)));
    let refused = scene.desk.execute(&at("before", NOON + DAY / 3), id, &note).await;
    assert!(matches!(refused, Err(CommandError::TooEarly { .. })), "{refused:?}");
}

#[tokio::test]
async fn nobody_and_nothing_is_defined_or_changed_in_the_future() {
    let scene = scene().await;
    let tomorrow = |name| Request { occurred: Occurred::At(Instant(NOON + DAY)), ..request(name) };
    let input = AgentInput { name: "Anna".into(), ..AgentInput::default() };
    let refused = [
        scene.desk.add_agent(&tomorrow("agent"), None, &input).await,
        scene.desk.register_customer(&tomorrow("customer"), jan()).await,
        scene.desk.publish(&tomorrow("type"), "type", &type_named("Type")).await,
    ];
    for refused in refused {
        let refused = refused.unwrap_err();
        assert_eq!(refused.to_string(), "occurred_at must not lie in the future");
    }
}

#[tokio::test]
async fn changes_of_a_customers_addresses_at_once_are_all_kept() {
    let scene = scene().await;
    let done = scene.desk.register_customer(&request("customer"), jan()).await.unwrap();
    let id = CustomerId::of_stream(&done.stream).unwrap();
    let change = async |name: &str, kind, value: &str| {
        let addresses = vec![Address { kind, value: Personal::text(value) }];
        let changes = CustomerChanges { addresses, ..CustomerChanges::default() };
        scene.desk.change_customer(&request(name), id, &changes).await.unwrap();
    };
    tokio::join!(
        change("phone", AddressKind::Phone, "+48 600 100 200"),
        change("email", AddressKind::Email, "kowalski@example.com"),
    );
    let addresses = scene.desk.customer(id).await.unwrap().state.clone().unwrap().profile.addresses;
    let kinds: Vec<_> = addresses.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [AddressKind::Email, AddressKind::Phone]);
    assert_eq!(addresses[0].value, Personal::text("kowalski@example.com"));
}

fn jan() -> CustomerProfile {
    let email = Address { kind: AddressKind::Email, value: Personal::text("jan@example.com") };
    CustomerProfile {
        name: None,
        addresses: vec![email],
        tier: "standard".into(),
        entitlement: None,
    }
}

fn type_named(name: &str) -> Document {
    Document::Type(TicketType { name: name.into() })
}

/// Another process's desk on the same log.
async fn another_desk(scene: &Scene) -> Desk {
    let (store, vault) = (scene.desk.store().clone(), scene.desk.vault().clone());
    let time = scene.time.clone();
    let clock: Clock = Arc::new(move || time.load(Ordering::SeqCst));
    Desk::open(store, vault, clock).await.unwrap()
}

#[tokio::test]
async fn what_another_process_published_is_there_when_a_definition_is_decided() {
    let scene = scene().await;
    scene.desk.publish(&request("first"), "type", &type_named("First")).await.unwrap();
    let other = another_desk(&scene).await;
    other.publish(&request("second"), "type", &type_named("Second")).await.unwrap();

    // Here the first is still thought to be in force, so that publishing it again would do nothing.
    let again = scene.desk.publish(&request("again"), "type", &type_named("First")).await.unwrap();
    assert_eq!((again.version, again.events.len()), (3, 1));
    let other = another_desk(&scene).await;
    assert_eq!(other.catalogue().types["type"].document.name, "First");
}

#[tokio::test]
async fn nothing_is_refused_on_a_state_that_others_have_moved_on_from() {
    let scene = scene().await;
    let id = scene.open("open").await;
    let other = another_desk(&scene).await;
    let close = TicketCommand::Close { outcome: Outcome::Solved, resolution: None, reason: None };
    other.execute(&request("close elsewhere"), id, &close).await.unwrap();

    let reopen = TicketCommand::Reopen { reason: "She wrote again.".into() };
    let reopened = scene.desk.execute(&request("reopen"), id, &reopen).await.unwrap();
    assert_eq!(reopened.version, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn definitions_published_at_once_are_all_in_force_after() {
    let scene = scene().await;
    let published: Vec<_> = (0..12)
        .map(|number| {
            let desk = scene.desk.clone();
            tokio::spawn(async move {
                let document = Document::Type(TicketType { name: format!("Type {number}") });
                let (key, request) = (format!("type_{number}"), request(&format!("p{number}")));
                desk.publish(&request, &key, &document).await
            })
        })
        .collect();
    for task in published {
        task.await.unwrap().unwrap();
    }
    let catalogue = scene.desk.catalogue();
    assert!((0..12).all(|number| catalogue.types.contains_key(&format!("type_{number}"))));
}
