use insta::assert_snapshot;

use super::*;
use crate::ticket::command::NewDue;

fn keep(commitment: CommitmentId) -> C {
    C::KeepCommitment { commitment, note: Some("paid".into()) }
}

fn break_it(commitment: CommitmentId) -> C {
    C::BreakCommitment { commitment, reason: "no stock".into() }
}

fn change(commitment: CommitmentId, text: &str, due: Option<&str>) -> C {
    C::ChangeCommitment {
        commitment,
        text: text.into(),
        due: due.map_or(NewDue::Stays, |it| NewDue::Is(Some(it.parse().unwrap()))),
        reason: "the bank is slow".into(),
    }
}

#[test]
fn a_promise_is_recorded_with_what_shows_it() {
    let given = story([reply("You get your money back.")]);
    let refund = C::RecordCommitment {
        promiser: Promiser::Desk,
        text: "money back".into(),
        kind: Some("refund".into()),
        amount: Some("49.90 EUR".into()),
        due: Some("2026-03-09T17:00:00Z".parse().unwrap()),
        evidence: Some(said(&given, 2)),
        evidence_in: None,
        accepted: Some(true),
    };
    assert_snapshot!(spec(&given, refund.clone()), @r#"
    given TicketCreated → new, TicketReplied → awaiting_customer
    when  promise "money back"
    then  CommitmentRecorded accepted: true, amount: 49.90 EUR, commitment_id: new, due: 2026-03-09T17:00:00.000Z, evidence: 1042-2, kind: refund, promiser: desk, text: "money back"
    "#);
    let mut of_an_alias = refund.clone();
    if let C::RecordCommitment { evidence_in, .. } = &mut of_an_alias {
        *evidence_in = Some(ticket(900));
    }
    let shown = spec(&story([]), of_an_alias);
    assert!(shown.contains("CommitmentRecorded") && shown.contains("evidence_in: #900"), "{shown}");
    assert_snapshot!(spec(&story([]), refund), @r#"
    given TicketCreated → new
    when  promise "money back"
    then  refused unknown_message at "/message": there is no such message in the ticket
    "#);
    assert_snapshot!(spec(&story([close()]), promise("money back")), @r#"
    given TicketCreated → new, TicketClosed → closed
    when  promise "money back"
    then  refused ticket_closed: the ticket is closed; reopen it first
    "#);
}

#[test]
fn a_promise_is_kept_once_and_after_the_end_too() {
    let given = story([promise("money back"), close()]);
    let id = first_promise(&given);
    assert_snapshot!(spec(&given, keep(id)), @r#"
    given TicketCreated → new, CommitmentRecorded, TicketClosed → closed
    when  say that a promise was kept
    then  CommitmentKept commitment_id: promise 1, note: "paid"
    "#);
    assert_snapshot!(spec(&story([promise("money back"), keep(id)]), keep(id)), @"
    given TicketCreated → new, CommitmentRecorded, CommitmentKept
    when  say that a promise was kept
    then  nothing
    ");
}

#[test]
fn a_promise_is_broken_once_and_after_the_end_too() {
    let given = story([promise("money back"), close()]);
    let id = first_promise(&given);
    assert_snapshot!(spec(&given, break_it(id)), @r#"
    given TicketCreated → new, CommitmentRecorded, TicketClosed → closed
    when  say that a promise was broken
    then  CommitmentBroken commitment_id: promise 1, reason: "no stock"
    "#);
    assert_snapshot!(spec(&story([promise("money back"), break_it(id)]), break_it(id)), @"
    given TicketCreated → new, CommitmentRecorded, CommitmentBroken
    when  say that a promise was broken
    then  nothing
    ");
}

#[test]
fn what_is_settled_stays_settled() {
    let id = first_promise(&story([promise("money back")]));
    let kept = story([promise("money back"), keep(id)]);
    assert_snapshot!(spec(&kept, break_it(id)), @r#"
    given TicketCreated → new, CommitmentRecorded, CommitmentKept
    when  say that a promise was broken
    then  refused unknown_commitment at "/commitment": there is no such open commitment in the ticket
    "#);
    assert_snapshot!(spec(&kept, change(id, "more money", None)), @r#"
    given TicketCreated → new, CommitmentRecorded, CommitmentKept
    when  change a promise to "more money"
    then  refused unknown_commitment at "/commitment": there is no such open commitment in the ticket
    "#);
    let broken = story([promise("money back"), break_it(id)]);
    assert_snapshot!(spec(&broken, keep(id)), @r#"
    given TicketCreated → new, CommitmentRecorded, CommitmentBroken
    when  say that a promise was kept
    then  refused unknown_commitment at "/commitment": there is no such open commitment in the ticket
    "#);
    assert_snapshot!(spec(&story([]), keep(CommitmentId(nowhere()))), @r#"
    given TicketCreated → new
    when  say that a promise was kept
    then  refused unknown_commitment at "/commitment": there is no such open commitment in the ticket
    "#);
}

#[test]
fn a_promise_is_changed_while_it_is_open() {
    let given = story([promise("money back")]);
    let id = first_promise(&given);
    let later = change(id, "money back", Some("2026-03-16T17:00:00Z"));
    assert_snapshot!(spec(&given, later), @r#"
    given TicketCreated → new, CommitmentRecorded
    when  change a promise to "money back"
    then  CommitmentChanged commitment_id: promise 1, due: 2026-03-16T17:00:00.000Z, reason: "the bank is slow", text: "money back"
    "#);
    assert_snapshot!(spec(&given, change(id, "money back", None)), @r#"
    given TicketCreated → new, CommitmentRecorded
    when  change a promise to "money back"
    then  nothing
    "#);
    let dated =
        story([promise("money back"), change(id, "money back", Some("2026-03-16T17:00:00Z"))]);
    assert_snapshot!(spec(&dated, change(id, "half of it", None)), @r#"
    given TicketCreated → new, CommitmentRecorded, CommitmentChanged
    when  change a promise to "half of it"
    then  CommitmentChanged commitment_id: promise 1, due: 2026-03-16T17:00:00.000Z, from_due: 2026-03-16T17:00:00.000Z, reason: "the bank is slow", text: "half of it"
    "#);
    let by_no_time = C::ChangeCommitment {
        commitment: id,
        text: "money back".into(),
        due: NewDue::Is(None),
        reason: "who knows when".into(),
    };
    assert_snapshot!(spec(&dated, by_no_time), @r#"
    given TicketCreated → new, CommitmentRecorded, CommitmentChanged
    when  change a promise to "money back"
    then  CommitmentChanged commitment_id: promise 1, from_due: 2026-03-16T17:00:00.000Z, reason: "who knows when", text: "money back"
    "#);
    let closed = story([promise("money back"), close()]);
    assert_snapshot!(spec(&closed, change(id, "half of it", None)), @r#"
    given TicketCreated → new, CommitmentRecorded, TicketClosed → closed
    when  change a promise to "half of it"
    then  refused ticket_closed: the ticket is closed; reopen it first
    "#);
}

#[test]
fn a_delay_is_announced_until_later_and_an_overdue_promise_is_recorded_all_the_same() {
    let long_ago: Instant = "2020-01-01T00:00:00Z".parse().unwrap();
    let announced = C::AnnounceDelay { text: "It takes longer.".into(), expected: Some(long_ago) };
    let refused = spec(&story([]), announced);
    assert!(refused.contains(r#"refused in_the_past at "/expected""#), "{refused}");
    let overdue = C::RecordCommitment {
        promiser: Promiser::Desk,
        text: "money back".into(),
        kind: None,
        amount: None,
        due: Some(long_ago),
        evidence: None,
        evidence_in: None,
        accepted: None,
    };
    let recorded = spec(&story([]), overdue);
    assert!(recorded.contains("then  CommitmentRecorded"), "{recorded}");
}
