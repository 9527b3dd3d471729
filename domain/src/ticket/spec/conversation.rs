use insta::assert_snapshot;

use super::*;
use crate::definition::StatusRule;

#[test]
fn a_reply_answers_all_that_waits_and_then_it_is_the_customers_turn() {
    let given = story([message("Hello?"), note("courier asked")]);
    assert_snapshot!(spec(&given, reply("It is on its way.")), @r#"
    given TicketCreated → new, MessageReceived, NoteAdded
    when  reply "It is on its way."
    then  TicketReplied answers: [1042-1, 1042-2], channel: email, message: 1042-4 "It is on its way.", seen_version: 3, status: new → awaiting_customer
    "#);
}

#[test]
fn a_second_reply_answers_nothing_and_leaves_the_status() {
    let given = story([reply("It is on its way.")]);
    assert_snapshot!(spec(&given, reply("It arrived.")), @r#"
    given TicketCreated → new, TicketReplied → awaiting_customer
    when  reply "It arrived."
    then  TicketReplied channel: email, message: 1042-3 "It arrived.", seen_version: 2
    "#);
}

#[test]
fn a_reply_ends_a_snooze() {
    let given = story([snooze("2026-03-03T10:00:00Z")]);
    assert_snapshot!(spec(&given, reply("News!")), @r#"
    given TicketCreated → new, TicketSnoozed → snoozed
    when  reply "News!"
    then  TicketReplied answers: [1042-1], channel: email, message: 1042-2 "News!", seen_version: 2, status: snoozed → awaiting_customer
    "#);
    let after = story([snooze("2026-03-03T10:00:00Z"), reply("News!")]);
    assert_eq!(state(&after).snooze, None);
}

#[test]
fn an_automatic_reply_answers_nothing_and_moves_nothing() {
    let desk = Desk { actor: Actor::new(ActorKind::Bot, "autoresponder"), ..Desk::default() };
    assert_snapshot!(desk.spec(&story([]), reply("We got your message.")), @r#"
    given TicketCreated → new
    when  reply "We got your message."
    then  TicketReplied channel: email, message: 1042-2 "We got your message.", seen_version: 1
    "#);
}

#[test]
fn a_reply_keeps_which_version_its_author_saw() {
    let given = story([message("Forget it, I have it.")]);
    let seen_first = C::Reply {
        message: text("Where do you live?"),
        channel: Some(Channel::Phone),
        seen_version: 1,
    };
    assert_snapshot!(spec(&given, seen_first), @r#"
    given TicketCreated → new, MessageReceived
    when  reply "Where do you live?"
    then  TicketReplied answers: [1042-1, 1042-2], channel: phone, message: 1042-3 "Where do you live?", seen_version: 1, status: new → awaiting_customer
    "#);
}

#[test]
fn settings_can_leave_the_status_alone_on_a_reply() {
    let mut settings = Settings::default();
    settings.status_on.reply = None;
    assert_snapshot!(Desk::under(settings).spec(&story([]), reply("Hm.")), @r#"
    given TicketCreated → new
    when  reply "Hm."
    then  TicketReplied answers: [1042-1], channel: email, message: 1042-2 "Hm.", seen_version: 1
    "#);
}

#[test]
fn settings_can_name_the_statuses_that_a_reply_moves() {
    let mut settings = Settings::default();
    settings.status_on.reply =
        Some(StatusRule { from: vec!["in_progress".into()], to: "awaiting_customer".into() });
    let desk = Desk::under(settings);
    let new = desk.spec(&story([]), reply("Hm."));
    assert!(!new.contains("status:"), "{new}");
    let in_progress = desk.spec(&story([assign(anna())]), reply("Hm."));
    assert!(in_progress.contains("status: in_progress → awaiting_customer"), "{in_progress}");
}

#[test]
fn a_closed_ticket_takes_no_reply() {
    assert_snapshot!(spec(&story([close()]), reply("One more thing")), @r#"
    given TicketCreated → new, TicketClosed → closed
    when  reply "One more thing"
    then  refused ticket_closed: the ticket is closed; reopen it first
    "#);
}

#[test]
fn a_customers_message_makes_the_ticket_new() {
    let given = story([assign(anna()), reply("It is on its way.")]);
    assert_snapshot!(spec(&given, message("Not here yet.")), @r#"
    given TicketCreated → new, TicketAssigned → in_progress, TicketReplied → awaiting_customer
    when  the customer writes "Not here yet."
    then  MessageReceived channel: email, message: 1042-3 "Not here yet.", status: awaiting_customer → new
    "#);
}

#[test]
fn a_message_to_a_new_ticket_moves_nothing() {
    assert_snapshot!(spec(&story([]), message("Hello?")), @r#"
    given TicketCreated → new
    when  the customer writes "Hello?"
    then  MessageReceived channel: email, message: 1042-2 "Hello?"
    "#);
}

#[test]
fn a_message_within_the_reopen_window_reopens_to_the_last_millisecond() {
    let given = story([close()]);
    let last = Desk::at("2026-03-16T09:01:00.000Z");
    assert_snapshot!(last.spec(&given, message("It broke again.")), @r#"
    given TicketCreated → new, TicketClosed → closed
    when  the customer writes "It broke again."
    then  MessageReceived channel: email, message: 1042-2 "It broke again."
          TicketReopened cause: message, days_closed: 14, status: closed → new
    "#);
}

#[test]
fn a_message_after_the_reopen_window_is_refused_here_and_opens_another_ticket() {
    let given = story([close()]);
    let too_late = Desk::at("2026-03-16T09:01:00.001Z");
    assert_snapshot!(too_late.spec(&given, message("It broke again.")), @r#"
    given TicketCreated → new, TicketClosed → closed
    when  the customer writes "It broke again."
    then  refused reopen_window_passed: the ticket was closed too long ago to be reopened by a message
    "#);
}

#[test]
fn a_message_wakes_a_snoozed_ticket() {
    let given = story([snooze("2026-03-03T10:00:00Z")]);
    assert_snapshot!(spec(&given, message("Found it!")), @r#"
    given TicketCreated → new, TicketSnoozed → snoozed
    when  the customer writes "Found it!"
    then  MessageReceived channel: email, message: 1042-2 "Found it!"
          TicketWoken cause: message, due: 2026-03-03T10:15:00.000Z, status: snoozed → new
    "#);
}

#[test]
fn a_message_leaves_a_snooze_whose_rule_says_so() {
    let asleep = C::Snooze {
        until: "2026-03-03T10:00:00Z".parse().unwrap(),
        reason: SnoozeReason::CustomerAsked,
        note: None,
        wakes_on_message: false,
    };
    assert_snapshot!(spec(&story([asleep]), message("No hurry.")), @r#"
    given TicketCreated → new, TicketSnoozed → snoozed
    when  the customer writes "No hurry."
    then  MessageReceived channel: email, message: 1042-2 "No hurry."
    "#);
}

#[test]
fn the_first_opening_of_a_message_is_on_record_and_no_other() {
    let latest = || C::OpenMessage { message: None };
    assert_snapshot!(spec(&story([message("Hello?")]), latest()), @"
    given TicketCreated → new, MessageReceived
    when  open the latest message
    then  MessageOpened message_id: 1042-2
    ");
    assert_snapshot!(spec(&story([latest()]), latest()), @"
    given TicketCreated → new, MessageOpened
    when  open the latest message
    then  nothing
    ");
}

#[test]
fn only_a_customers_message_is_opened() {
    let given = story([note("internal")]);
    let open_note = C::OpenMessage { message: Some(said(&given, 2)) };
    assert_snapshot!(spec(&given, open_note), @r#"
    given TicketCreated → new, NoteAdded
    when  open a message
    then  refused unknown_message at "/message": there is no such message in the ticket
    "#);
    let by_agent = OpenTicket {
        details: TicketDetails { opened_by: OpenedBy::Agent, ..details() },
        ..new_ticket()
    };
    let given = tell([C::Open(Box::new(by_agent))]);
    assert_snapshot!(spec(&given, C::OpenMessage { message: None }), @"
    given TicketCreated → awaiting_customer
    when  open the latest message
    then  nothing
    ");
}

#[test]
fn filing_takes_messages_that_need_no_reply_off_the_list() {
    let given = story([message("Thanks!")]);
    let file = |message| C::File { message, reason: "thanks only".into() };
    assert_snapshot!(spec(&given, file(None)), @r#"
    given TicketCreated → new, MessageReceived
    when  file all that waits
    then  MessageFiled message_ids: [1042-1, 1042-2], reason: "thanks only"
    "#);
    assert_snapshot!(spec(&given, file(Some(said(&given, 2)))), @r#"
    given TicketCreated → new, MessageReceived
    when  file a message
    then  MessageFiled message_ids: [1042-2], reason: "thanks only"
    "#);
}

#[test]
fn what_does_not_wait_is_not_filed() {
    let given = story([reply("Done.")]);
    let file = |message| C::File { message, reason: "thanks only".into() };
    assert_snapshot!(spec(&given, file(None)), @"
    given TicketCreated → new, TicketReplied → awaiting_customer
    when  file all that waits
    then  refused nothing_waits: no message waits for an answer
    ");
    assert_snapshot!(spec(&given, file(Some(said(&given, 1)))), @"
    given TicketCreated → new, TicketReplied → awaiting_customer
    when  file a message
    then  nothing
    ");
    assert_snapshot!(spec(&given, file(Some(MessageId(nowhere())))), @r#"
    given TicketCreated → new, TicketReplied → awaiting_customer
    when  file a message
    then  refused unknown_message at "/message": there is no such message in the ticket
    "#);
}

#[test]
fn a_note_changes_nothing_and_is_taken_after_the_end_too() {
    let given = story([close()]);
    let mentioning = C::AddNote { message: text("Ask the courier"), mentions: vec![piotr()] };
    assert_snapshot!(spec(&given, mentioning), @r#"
    given TicketCreated → new, TicketClosed → closed
    when  note "Ask the courier"
    then  NoteAdded mentions: [Piotr], message: 1042-2 "Ask the courier"
    "#);
}
