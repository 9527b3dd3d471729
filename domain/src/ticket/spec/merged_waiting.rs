//! No customer is forgotten by a merge (S-81): who waits at the source waits at the survivor.

use insta::assert_snapshot;

use super::opening::open_with;
use super::*;
use crate::ticket::event::{MergeSide, Origin, OriginKind, WaitingMessage};

const MERGE: MergeId = MergeId(Uuid::from_u128(5));

/// Ticket 900 becomes an alias while its customer waits there.
fn absorb() -> C {
    C::Absorb { merge_id: MERGE, source: ticket(900), waiting: vec![waits()] }
}

/// The customer's message 900-1, which waits since nine o'clock.
fn waits() -> WaitingMessage {
    let (id, since) = (MessageId(Uuid::from_u128(9001)), "2026-03-02T09:00:00Z".parse().unwrap());
    WaitingMessage { id, number: "900-1".into(), since }
}

fn unmerge(side: MergeSide, waiting: Vec<WaitingMessage>, answered: Vec<MessageId>) -> C {
    C::Unmerge { merge_id: MERGE, side, messages: Vec::new(), waiting, answered }
}

#[test]
fn what_waits_at_the_source_moves_the_survivor_as_a_message_does() {
    assert_snapshot!(spec(&story([reply("On its way")]), absorb()), @"
    given TicketCreated → new, TicketReplied → awaiting_customer
    when  absorb #900 with 1 waiting
    then  TicketAbsorbed merge_id: new, source: #900, status: awaiting_customer → new, waiting: [#900-1]
    ");
    assert_snapshot!(spec(&story([assign(anna())]), absorb()), @"
    given TicketCreated → new, TicketAssigned → in_progress
    when  absorb #900 with 1 waiting
    then  TicketAbsorbed merge_id: new, source: #900, status: in_progress → new, waiting: [#900-1]
    ");
    assert_snapshot!(spec(&story([]), absorb()), @"
    given TicketCreated → new
    when  absorb #900 with 1 waiting
    then  TicketAbsorbed merge_id: new, source: #900, waiting: [#900-1]
    ");
}

#[test]
fn a_snoozed_survivor_wakes_unless_its_rule_says_otherwise() {
    let until = "2026-03-02T15:00:00Z";
    assert_snapshot!(spec(&story([snooze(until)]), absorb()), @"
    given TicketCreated → new, TicketSnoozed → snoozed
    when  absorb #900 with 1 waiting
    then  TicketAbsorbed merge_id: new, source: #900, waiting: [#900-1]
          TicketWoken cause: message, due: 2026-03-02T15:15:00.000Z, status: snoozed → new
    ");
    let soundly = C::Snooze {
        until: until.parse().unwrap(),
        reason: SnoozeReason::Waiting,
        note: None,
        wakes_on_message: false,
    };
    assert_snapshot!(spec(&story([soundly]), absorb()), @"
    given TicketCreated → new, TicketSnoozed → snoozed
    when  absorb #900 with 1 waiting
    then  TicketAbsorbed merge_id: new, source: #900, waiting: [#900-1]
    ");
}

#[test]
fn the_survivors_reply_answers_both_and_so_does_a_filing() {
    let given = story([absorb()]);
    assert_snapshot!(spec(&given, reply("Both parcels are on their way")), @r#"
    given TicketCreated → new, TicketAbsorbed
    when  reply "Both parcels are on their way"
    then  TicketReplied answers: [1042-1, 900-1], channel: email, message: 1042-2 "Both parcels are on their way", seen_version: 2, status: new → awaiting_customer
    "#);
    let file = |message| C::File { message, reason: "answered on the phone".into() };
    assert_snapshot!(spec(&given, file(None)), @r#"
    given TicketCreated → new, TicketAbsorbed
    when  file all that waits
    then  MessageFiled message_ids: [1042-1, 900-1], reason: "answered on the phone"
    "#);
    assert_snapshot!(spec(&given, file(Some(waits().id))), @r#"
    given TicketCreated → new, TicketAbsorbed
    when  file a message
    then  MessageFiled message_ids: [900-1], reason: "answered on the phone"
    "#);
    let filed = story([absorb(), file(Some(waits().id))]);
    assert_snapshot!(spec(&filed, file(Some(waits().id))), @"
    given TicketCreated → new, TicketAbsorbed, MessageFiled
    when  file a message
    then  nothing
    ");
}

#[test]
fn closing_the_survivor_leaves_nothing_waiting() {
    let closed = state(&story([absorb(), close()]));
    assert_eq!(closed.all_waiting().count(), 0);
}

#[test]
fn what_is_not_answered_goes_back_and_waits_at_home() {
    let given = story([absorb(), assign(anna())]);
    let back = unmerge(MergeSide::Survivor, vec![waits()], Vec::new());
    assert_snapshot!(spec(&given, back.clone()), @"
    given TicketCreated → new, TicketAbsorbed, TicketAssigned → in_progress
    when  unmerge at the Survivor
    then  TicketUnmerged merge_id: the merge, other: #900, side: survivor, waiting: [#900-1]
    ");
    let survivor = state(&story([absorb(), back]));
    assert_eq!(survivor.all_waiting().count(), 1, "its own first message");
}

#[test]
fn what_was_answered_at_the_survivor_does_not_wait_at_home() {
    let merged = story([merge(ticket(900))]);
    let (merge_id, first) = (merge_id(&merged), said(&merged, 1));
    let back = |waiting, answered| C::Unmerge {
        merge_id,
        side: MergeSide::Source,
        messages: Vec::new(),
        waiting,
        answered,
    };
    assert_snapshot!(spec(&merged, back(Vec::new(), vec![first])), @"
    given TicketCreated → new, TicketMerged → merged
    when  unmerge at the Source
    then  TicketUnmerged answered: [1042-1], merge_id: the merge, other: #900, side: source, status: merged → new
    ");
    let waiting = |back| {
        let after = state(&story([merge(ticket(900)), back]));
        after.all_waiting().collect::<Vec<MessageId>>()
    };
    assert_eq!(waiting(back(Vec::new(), vec![first])), []);
    assert_eq!(waiting(back(Vec::new(), Vec::new())), [first]);
    // A message of the survivor's that goes back with the source waits here.
    assert_eq!(waiting(back(vec![waits()], vec![first])), [waits().id]);
}

#[test]
fn a_message_that_comes_home_with_another_merge_waits_there_again() {
    let own = WaitingMessage { id: said(&story([]), 1), number: "1042-1".into(), ..waits() };
    let back = unmerge(MergeSide::Survivor, vec![own.clone()], Vec::new());
    let again = C::Absorb { merge_id: MergeId(nowhere()), source: ticket(900), waiting: vec![own] };
    let waiting = |commands: &[C]| {
        let after = state(&story(commands.iter().cloned()));
        (after.waiting().count(), after.waiting_from_others.len())
    };
    assert_eq!(waiting(&[absorb(), back.clone()]), (0, 1));
    assert_eq!(waiting(&[absorb(), back, again]), (1, 1));
}

#[test]
fn the_end_of_a_chain_gives_back_what_waits_there_and_nothing_else() {
    let give_back = || C::GiveBack { merge_id: MERGE, source: ticket(800), waiting: vec![waits()] };
    assert_snapshot!(spec(&story([absorb()]), give_back()), @"
    given TicketCreated → new, TicketAbsorbed
    when  give back what waits for #800
    then  TicketUnmerged merge_id: the merge, other: #800, side: survivor, waiting: [#900-1]
    ");
    assert_snapshot!(spec(&story([]), give_back()), @"
    given TicketCreated → new
    when  give back what waits for #800
    then  nothing
    ");
    assert_snapshot!(spec(&story([absorb(), reply("Done")]), give_back()), @"
    given TicketCreated → new, TicketAbsorbed, TicketReplied → awaiting_customer
    when  give back what waits for #800
    then  nothing
    ");
}

#[test]
fn a_message_that_an_alias_brought_is_opened_at_the_survivor_once() {
    let brought = || C::OpenMessage { message: Some(MessageId(Uuid::from_u128(9001))) };
    assert_snapshot!(spec(&story([absorb()]), brought()), @"
    given TicketCreated → new, TicketAbsorbed
    when  open a message
    then  MessageOpened message_id: 900-1
    ");
    assert_snapshot!(spec(&story([absorb(), brought()]), brought()), @"
    given TicketCreated → new, TicketAbsorbed, MessageOpened
    when  open a message
    then  nothing
    ");
    assert_snapshot!(spec(&story([]), brought()), @r#"
    given TicketCreated → new
    when  open a message
    then  refused unknown_message at "/message": there is no such message in the ticket
    "#);
}

#[test]
fn what_is_split_off_waits_at_the_new_ticket_and_here_no_more() {
    let given = story([message("And my invoice is wrong")]);
    let own = |place: usize| {
        let number = format!("1042-{place}");
        WaitingMessage { id: said(&given, place), number, ..waits() }
    };
    let split = C::Split {
        into: ticket(1043),
        messages: vec![own(2).id],
        waiting: vec![own(1), own(2), waits()],
    };
    assert_snapshot!(spec(&given, split.clone()), @"
    given TicketCreated → new, MessageReceived
    when  split 1 message(s) off into #1043
    then  TicketSplit into: #1043, messages: [1042-2], waiting: [#1042-2]
    ");
    let left = state(&story([message("And my invoice is wrong"), split]));
    assert_eq!(left.all_waiting().collect::<Vec<MessageId>>(), [own(1).id]);

    let open = open_with(|new| {
        new.message = None;
        new.origin = Some(Origin {
            kind: OriginKind::Split,
            ticket: ticket(900),
            messages: vec![waits().id],
            waiting: vec![waits()],
        });
    });
    let opened = tell([open.clone()]);
    assert_eq!(state(&opened).all_waiting().collect::<Vec<MessageId>>(), [waits().id]);
    assert_snapshot!(spec(&opened, reply("It is corrected")), @r#"
    given TicketCreated → new
    when  reply "It is corrected"
    then  TicketReplied answers: [900-1], channel: email, message: 1042-1 "It is corrected", seen_version: 1, status: new → awaiting_customer
    "#);
    let file = C::File { message: Some(waits().id), reason: "answered on the phone".into() };
    assert_snapshot!(spec(&tell([open, reply("It is corrected")]), file), @"
    given TicketCreated → new, TicketReplied → awaiting_customer
    when  file a message
    then  nothing
    ");
}
