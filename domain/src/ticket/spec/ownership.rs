use insta::assert_snapshot;

use super::*;

fn hand_over(to: AgentRef) -> C {
    C::HandOver {
        to,
        aliases_promise: Vec::new(),
        until: None,
        note: Some("Call back at noon".into()),
    }
}

fn escalate(level: Option<u8>) -> C {
    C::Escalate { level, to: Some(piotr()), reason: "the customer is angry".into() }
}

fn deescalate(level: Option<u8>) -> C {
    C::Deescalate { level, reason: None }
}

#[test]
fn a_new_ticket_that_gets_an_owner_is_in_progress() {
    assert_snapshot!(spec(&story([]), assign(anna())), @"
    given TicketCreated → new
    when  assign to Anna
    then  TicketAssigned method: manual, status: new → in_progress, to: Anna
    ");
}

#[test]
fn another_owner_takes_the_place_of_the_first_and_the_status_stays() {
    let given = story([assign(anna()), reply("Hm.")]);
    assert_snapshot!(spec(&given, C::Assign { to: piotr(), method: AssignMethod::Next }), @"
    given TicketCreated → new, TicketAssigned → in_progress, TicketReplied → awaiting_customer
    when  assign to Piotr
    then  TicketAssigned from: Anna, method: next, to: Piotr
    ");
}

#[test]
fn the_owner_is_assigned_once() {
    assert_snapshot!(spec(&story([assign(anna())]), assign(anna())), @"
    given TicketCreated → new, TicketAssigned → in_progress
    when  assign to Anna
    then  nothing
    ");
}

#[test]
fn a_closed_ticket_gets_no_owner() {
    assert_snapshot!(spec(&story([close()]), assign(anna())), @"
    given TicketCreated → new, TicketClosed → closed
    when  assign to Anna
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn an_owner_can_be_taken_away_and_the_status_stays() {
    let unassign = || C::Unassign { reason: Some("on leave".into()) };
    assert_snapshot!(spec(&story([assign(anna())]), unassign()), @r#"
    given TicketCreated → new, TicketAssigned → in_progress
    when  unassign
    then  TicketUnassigned from: Anna, reason: "on leave"
    "#);
    assert_snapshot!(spec(&story([]), unassign()), @"
    given TicketCreated → new
    when  unassign
    then  nothing
    ");
    assert_snapshot!(spec(&story([assign(anna()), close()]), unassign()), @"
    given TicketCreated → new, TicketAssigned → in_progress, TicketClosed → closed
    when  unassign
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn a_handover_names_the_promises_still_open() {
    let given = story([assign(anna()), promise("refund"), promise("call back")]);
    let kept = C::KeepCommitment { commitment: first_promise(&given), note: None };
    let given = story([assign(anna()), promise("refund"), promise("call back"), kept]);
    assert_snapshot!(spec(&given, hand_over(piotr())), @r#"
    given TicketCreated → new, TicketAssigned → in_progress, CommitmentRecorded, CommitmentRecorded, CommitmentKept
    when  hand over to Piotr
    then  TicketHandedOver from: Anna, note: "Call back at noon", open_commitments: [promise 2], to: Piotr
    "#);
}

#[test]
fn a_substitution_does_not_end_before_it_begins() {
    let C::HandOver { to, aliases_promise, note, .. } = hand_over(piotr()) else { unreachable!() };
    let until = Some("2020-01-01T00:00:00Z".parse().unwrap());
    let over = C::HandOver { to, aliases_promise, until, note };
    assert_snapshot!(spec(&story([assign(anna())]), over), @r#"
    given TicketCreated → new, TicketAssigned → in_progress
    when  hand over to Piotr
    then  refused in_the_past at "/until": what is expected lies ahead, not before 2026-03-02T10:00:00.000Z
    "#);
}

#[test]
fn only_an_owner_hands_over_and_only_to_another() {
    assert_snapshot!(spec(&story([]), hand_over(piotr())), @"
    given TicketCreated → new
    when  hand over to Piotr
    then  refused ticket_not_assigned: the ticket has no owner
    ");
    assert_snapshot!(spec(&story([assign(anna())]), hand_over(anna())), @"
    given TicketCreated → new, TicketAssigned → in_progress
    when  hand over to Anna
    then  nothing
    ");
    assert_snapshot!(spec(&story([assign(anna()), close()]), hand_over(piotr())), @"
    given TicketCreated → new, TicketAssigned → in_progress, TicketClosed → closed
    when  hand over to Piotr
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn an_escalation_goes_up_by_one_and_leaves_the_owner() {
    let given = story([assign(anna())]);
    assert_snapshot!(spec(&given, escalate(None)), @r#"
    given TicketCreated → new, TicketAssigned → in_progress
    when  escalate
    then  TicketEscalated from_level: 0, level: 1, reason: "the customer is angry", to: Piotr
    "#);
    assert_eq!(state(&story([assign(anna()), escalate(None)])).assignee, Some(anna()));
}

#[test]
fn an_escalation_goes_up_only_and_never_beyond_nine() {
    let given = story([escalate(Some(3))]);
    assert_snapshot!(spec(&given, escalate(Some(3))), @r#"
    given TicketCreated → new, TicketEscalated
    when  escalate to 3
    then  refused escalation_level at "/level": the escalation level must be above 3 and at most 9
    "#);
    assert_snapshot!(spec(&given, escalate(Some(10))), @r#"
    given TicketCreated → new, TicketEscalated
    when  escalate to 10
    then  refused escalation_level at "/level": the escalation level must be above 3 and at most 9
    "#);
    assert_snapshot!(spec(&story([escalate(Some(9))]), escalate(None)), @r#"
    given TicketCreated → new, TicketEscalated
    when  escalate
    then  refused escalation_level at "/level": the escalation level must be above 9 and at most 9
    "#);
    assert_snapshot!(spec(&story([close()]), escalate(None)), @"
    given TicketCreated → new, TicketClosed → closed
    when  escalate
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn a_deescalation_goes_down_only() {
    let given = story([escalate(Some(3))]);
    assert_snapshot!(spec(&given, deescalate(None)), @"
    given TicketCreated → new, TicketEscalated
    when  de-escalate
    then  TicketDeescalated from_level: 3, level: 0
    ");
    assert_snapshot!(spec(&given, deescalate(Some(1))), @"
    given TicketCreated → new, TicketEscalated
    when  de-escalate to 1
    then  TicketDeescalated from_level: 3, level: 1
    ");
    assert_snapshot!(spec(&given, deescalate(Some(3))), @"
    given TicketCreated → new, TicketEscalated
    when  de-escalate to 3
    then  nothing
    ");
    assert_snapshot!(spec(&given, deescalate(Some(4))), @r#"
    given TicketCreated → new, TicketEscalated
    when  de-escalate to 4
    then  refused deescalation_level at "/level": the escalation level is 3; de-escalating does not raise it
    "#);
    assert_snapshot!(spec(&story([close()]), deescalate(None)), @"
    given TicketCreated → new, TicketClosed → closed
    when  de-escalate
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}
