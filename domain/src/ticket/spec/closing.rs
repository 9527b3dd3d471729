use insta::assert_snapshot;

use super::*;
use crate::ticket::event::Severity;

fn reopen() -> C {
    C::Reopen { reason: "it broke again".into() }
}

fn complaint() -> C {
    C::RaiseComplaint {
        claim: "broken".into(),
        severity: Severity::Minor,
        remedy: None,
        owner: None,
        limited: Vec::new(),
    }
}

#[test]
fn a_closing_keeps_who_owned_the_ticket_and_how_it_ended() {
    let given = story([assign(anna())]);
    let solved = C::Close {
        outcome: Outcome::Solved,
        resolution: Some("A new parcel was sent".into()),
        reason: Some("courier lost it".into()),
    };
    assert_snapshot!(spec(&given, solved), @r#"
    given TicketCreated → new, TicketAssigned → in_progress
    when  close as Solved
    then  TicketClosed closed_at: 2026-03-02T10:00:00.000Z, outcome: solved, owner: Anna, reason: "courier lost it", resolution: "A new parcel was sent", status: in_progress → closed
    "#);
}

#[test]
fn nothing_waits_and_nothing_sleeps_after_the_end() {
    let after = state(&story([message("Hello?"), snooze("2026-03-03T10:00:00Z"), close()]));
    assert_eq!((after.waiting().count(), after.snooze), (0, None));
}

#[test]
fn a_ticket_is_closed_once() {
    assert_snapshot!(spec(&story([close()]), close()), @"
    given TicketCreated → new, TicketClosed → closed
    when  close as Solved
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn an_open_complaint_is_decided_before_the_end() {
    assert_snapshot!(spec(&story([complaint()]), close()), @"
    given TicketCreated → new, ComplaintRaised
    when  close as Solved
    then  refused complaint_open: a complaint is open; decide it first
    ");
}

#[test]
fn a_person_reopens_a_ticket_however_long_it_was_closed() {
    let months_later = Desk::at("2026-09-02T10:00:00Z");
    assert_snapshot!(months_later.spec(&story([close()]), reopen()), @r#"
    given TicketCreated → new, TicketClosed → closed
    when  reopen, "it broke again"
    then  TicketReopened cause: manual, days_closed: 184, reason: "it broke again", status: closed → new
    "#);
}

#[test]
fn only_what_is_closed_is_reopened() {
    assert_snapshot!(spec(&story([]), reopen()), @r#"
    given TicketCreated → new
    when  reopen, "it broke again"
    then  refused ticket_not_closed: the ticket is not closed
    "#);
    assert_snapshot!(spec(&story([merge(ticket(900))]), reopen()), @r#"
    given TicketCreated → new, TicketMerged → merged
    when  reopen, "it broke again"
    then  refused ticket_merged: the ticket was merged into 900; write there
    "#);
}

#[test]
fn after_reopening_work_goes_on() {
    let given = story([assign(anna()), close(), reopen()]);
    assert_snapshot!(spec(&given, close()), @"
    given TicketCreated → new, TicketAssigned → in_progress, TicketClosed → closed, TicketReopened → new
    when  close as Solved
    then  TicketClosed closed_at: 2026-03-02T10:00:00.000Z, outcome: solved, owner: Anna, status: new → closed
    ");
    assert_eq!(state(&given).closed_at, None);
}

#[test]
fn a_closed_ticket_is_marked_for_purging_when_nothing_of_it_is_open() {
    let keep = |purge_after: &str| Settings {
        purge_after: Some(purge_after.into()),
        ..Settings::default()
    };
    let desk = Desk::under(keep("P400D"));
    let at: Instant = "2026-03-02T10:00:00Z".parse().unwrap();
    let closed = |given: Vec<TicketEvent>| {
        let ticket = fold(&given);
        let then = decide(&ticket, close(), &desk.context(at, Uuid::from_u128(99))).unwrap();
        [given, then].concat()
    };
    let due = at.plus_millis(400 * 24 * 3_600_000);
    assert_eq!(state(&closed(story([]))).purge_at, Some(due));
    assert_eq!(state(&story([close()])).purge_at, None, "off by default");
    let marked_at = |given: &[TicketEvent], at: Instant| {
        decide(&fold(given), C::MarkPurge, &desk.context(at, Uuid::nil())).unwrap()
    };
    let marked = vec![TicketEvent::PurgeMarked { due }];
    assert_eq!(marked_at(&closed(story([])), due), marked);
    assert_eq!(marked_at(&closed(story([])), due.plus_millis(-1)), [], "not yet");
    let promise = C::RecordCommitment {
        promiser: Promiser::Desk,
        text: "we refund it".into(),
        kind: None,
        amount: None,
        due: None,
        evidence: None,
        evidence_in: None,
        accepted: None,
    };
    for held in [closed(story([promise])), [closed(story([])), tail(complaint(), &desk)].concat()] {
        assert!(state(&held).purge_at.is_some());
        assert_eq!(marked_at(&held, due), [], "something is open");
    }
    let reopened = [closed(story([])), tail(reopen(), &desk)].concat();
    assert_eq!(state(&reopened).purge_at, None);
    let later = desk.context(at.plus_millis(7_200_000), Uuid::from_u128(97));
    let again = decide(&fold(&reopened), close(), &later).unwrap();
    let again = [reopened, again].concat();
    assert_eq!(marked_at(&again, due), [], "the timer of the earlier closing");
    let due = due.plus_millis(7_200_000);
    assert_eq!(marked_at(&again, due), [TicketEvent::PurgeMarked { due }]);
}

/// What a command makes of a ticket that was just closed.
fn tail(command: C, desk: &Desk) -> Vec<TicketEvent> {
    let at: Instant = "2026-03-02T11:00:00Z".parse().unwrap();
    decide(&fold(&story([close()])), command, &desk.context(at, Uuid::from_u128(98))).unwrap()
}
