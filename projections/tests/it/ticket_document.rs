//! A ticket is the fold of its history, now and at any moment before.

use docket_domain::definition::BaseStatus;
use docket_domain::ids::MergeId;
use docket_domain::party::Actor;
use docket_domain::party::ActorKind;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{MergeSide, Outcome, SnoozeReason, TicketEvent, WakeCause};
use docket_projections::indicator::MessageIcon;
use docket_projections::ticket_document::{TicketDocument, TicketFold};
use insta::assert_json_snapshot;

use crate::story::{
    self, MONDAY, Story, absorbed, anna, assigned, by_agent, by_customer, by_timer, closed, jan,
    merged, moved, received, replied, snoozed, ticket, unmerged, uuid, waiting,
};

#[track_caller]
fn document(story: &Story) -> TicketDocument {
    TicketFold::of(&story.events).document.expect("the ticket was opened")
}

#[test]
fn a_new_ticket_shows_what_the_customer_said_and_waits() {
    assert_json_snapshot!(document(&Story::opened()), @r#"
    {
      "id": "01920000-0000-7000-8000-000000000001",
      "number": "1042",
      "version": 1,
      "status": "new",
      "status_base": "new",
      "substatus": null,
      "subject": "Parcel lost",
      "channel": "email",
      "customer": {
        "id": "01920000-0000-7000-8000-0000000000c1",
        "name": "Jan Kowalski",
        "email": "jan@example.com",
        "tier": "standard"
      },
      "queue": "inbox",
      "category": "complaint/new",
      "type": null,
      "priority": "medium",
      "level": 3,
      "tags": [
        "courier"
      ],
      "assignee": null,
      "owner_since": null,
      "owner_away": null,
      "offer": null,
      "created_at": "2026-03-02T09:00:00.000Z",
      "updated_at": "2026-03-02T09:00:00.000Z",
      "closed_at": null,
      "outcome": null,
      "snoozed_until": null,
      "wakes_at": null,
      "merged_into": null,
      "escalation_level": 0,
      "messages": 1,
      "unread": true,
      "complaint_open": false,
      "fields": {},
      "links": [],
      "absorbed": [],
      "unsent_at": null,
      "due_at": null,
      "indicator": {
        "message": "blue",
        "ticket": "none",
        "green_at": null,
        "orange_at": null,
        "red_at": null
      }
    }
    "#);
}

#[test]
fn a_reply_ends_the_waiting_and_the_next_message_starts_it_again() {
    let story = Story::opened().then(by_agent(&anna()), assigned(anna()));
    let waiting = document(&story);
    assert_eq!(waiting.indicator.message, MessageIcon::Blue);
    assert!(!waiting.unread, "an employee acted after the message");

    let story = story.then(by_agent(&anna()), replied(2, "On its way"));
    let answered = document(&story);
    assert_eq!(answered.indicator.message, MessageIcon::None);
    assert_eq!((answered.status.as_str(), answered.messages), ("awaiting_customer", 2));

    let story = story.then(by_customer(&jan()), received(3, "Still not here"));
    let again = document(&story);
    assert_eq!(again.indicator.message, MessageIcon::Blue);
    assert!(again.unread);
    assert_eq!((again.status.as_str(), again.messages), ("new", 3));
}

#[test]
fn an_automatic_reply_answers_nothing() {
    let robot = Actor::new(ActorKind::Bot, "receipts");
    let story = Story::opened().then(robot, replied(2, "We got your message"));
    let document = document(&story);
    assert_eq!(document.indicator.message, MessageIcon::Blue);
    assert!(document.unread);
}

#[test]
fn leaving_a_status_takes_along_what_only_held_while_it_lasted() {
    let wakes = MONDAY.plus_millis(900_000);
    let story = Story::opened().then(
        by_agent(&anna()),
        TicketEvent::TicketSnoozed {
            until: MONDAY.plus_millis(600_000),
            wakes_at: wakes,
            block_ms: 900_000,
            reason: SnoozeReason::Waiting,
            note: None,
            wakes_on_message: true,
            status: moved(BaseStatus::New, BaseStatus::Snoozed),
        },
    );
    assert_eq!(document(&story).wakes_at, Some(wakes));

    let story = story.then(
        by_timer(),
        TicketEvent::TicketWoken {
            cause: WakeCause::Timer,
            due: wakes,
            status: moved(BaseStatus::Snoozed, BaseStatus::New),
        },
    );
    let awake = document(&story);
    assert_eq!((awake.snoozed_until, awake.wakes_at), (None, None));

    let story = story.then(by_agent(&anna()), closed(MONDAY));
    assert_eq!(document(&story).closed_at, Some(MONDAY));
}

#[test]
fn a_merge_undone_brings_back_the_snooze_and_the_end() {
    let wakes = MONDAY.plus_millis(900_000);
    let snooze = |it: &TicketDocument| (it.snoozed_until, it.wakes_at);
    let alias = Story::opened()
        .then(by_agent(&anna()), snoozed(wakes))
        .then(by_agent(&anna()), merged(BaseStatus::Snoozed));
    assert_eq!(snooze(&document(&alias)), (None, None));
    let back = alias.then(by_agent(&anna()), unmerged(BaseStatus::Snoozed));
    assert_eq!(snooze(&document(&back)), (Some(wakes), Some(wakes)));

    let end = |it: &TicketDocument| (it.closed_at, it.outcome);
    let alias = Story::opened()
        .then(by_agent(&anna()), closed(MONDAY))
        .then(by_agent(&anna()), merged(BaseStatus::Closed));
    assert_eq!(end(&document(&alias)), (None, None));
    let back = alias.then(by_agent(&anna()), unmerged(BaseStatus::Closed));
    assert_eq!(end(&document(&back)), (Some(MONDAY), Some(Outcome::Solved)));
}

#[test]
fn a_message_that_came_in_with_an_alias_waits_here_until_it_is_answered() {
    let attention = |it: &Story| (document(it).unread, document(it).indicator.message);
    let answered = Story::opened().then(by_agent(&anna()), replied(2, "On its way"));
    assert_eq!(attention(&answered), (false, MessageIcon::None));
    let merged = answered.then(by_agent(&anna()), absorbed());
    assert_eq!(attention(&merged), (false, MessageIcon::Blue), "who merged has seen it; it waits");
    assert_eq!(document(&merged).messages, 2, "each message is counted in its home");
    let undone = TicketEvent::TicketUnmerged {
        merge_id: MergeId(uuid(0xb2)),
        other: ticket(0),
        side: MergeSide::Survivor,
        messages: Vec::new(),
        waiting: vec![waiting()],
        answered: Vec::new(),
        status: None,
    };
    let given_back = merged.clone().then(by_agent(&anna()), undone);
    assert_eq!(attention(&given_back), (false, MessageIcon::None));
    let answered = merged.then(by_agent(&anna()), replied(3, "So is the other"));
    assert_eq!(attention(&answered), (false, MessageIcon::None));
}

#[test]
fn an_alias_that_was_answered_meanwhile_does_not_wait_when_it_is_its_own_again() {
    let alias = || Story::opened().then(by_agent(&anna()), merged(BaseStatus::New));
    assert_eq!(document(&alias()).indicator.message, MessageIcon::None);
    let back = |answered| TicketEvent::TicketUnmerged {
        merge_id: MergeId(uuid(0xb1)),
        other: ticket(2),
        side: MergeSide::Source,
        messages: Vec::new(),
        waiting: Vec::new(),
        answered,
        status: Some(moved(BaseStatus::Merged, BaseStatus::New)),
    };
    let icon =
        |answered| document(&alias().then(by_agent(&anna()), back(answered))).indicator.message;
    assert_eq!(icon(Vec::new()), MessageIcon::Blue);
    assert_eq!(icon(vec![story::message(1, "").id]), MessageIcon::None);
}

#[test]
fn the_past_is_the_same_fold_over_a_shorter_history() {
    let story = Story::opened()
        .then(by_agent(&anna()), assigned(anna()))
        .then(by_agent(&anna()), closed(MONDAY));
    let then = TicketFold::of(&story.events[..2]).document.expect("it was open");
    assert_eq!((then.version, then.closed_at, then.status.as_str()), (2, None, "in_progress"));
    assert!(TicketFold::of(&[]).document.is_none());
}

#[test]
fn an_erased_text_is_null() {
    let mut story = Story::opened();
    let docket_domain::codec::Event::Ticket(TicketEvent::TicketCreated(created)) =
        &mut story.events[0].event
    else {
        panic!("a story begins with its opening");
    };
    created.subject = Personal::Erased;
    created.customer.name = Some(Personal::Erased);
    let document = document(&story);
    assert_eq!((document.subject, document.customer.name), (None, None));
    assert_eq!(document.customer.email.as_deref(), Some("jan@example.com"));
}
