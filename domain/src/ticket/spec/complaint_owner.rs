//! Whose a complaint is: it gets another owner, and one that turns out to be major belongs to a manager (S-72).

use insta::assert_snapshot;

use super::*;
use crate::ticket::command::ComplaintReassignment;
use crate::ticket::event::{Authority, Severity};

fn complained(severity: Severity, owner: AgentRef) -> Vec<TicketEvent> {
    let claim = "the lamp burnt".into();
    let raised = C::RaiseComplaint {
        claim,
        severity: Severity::Minor,
        remedy: None,
        owner: Some(owner),
        limited: Vec::new(),
    };
    let mut given = story([raised]);
    if let Some(TicketEvent::ComplaintRaised { severity: raised, .. }) = given.last_mut() {
        *raised = severity;
    }
    given
}

/// What Anna asks, who is an agent.
fn asked(to: Option<AgentRef>) -> ComplaintReassignment {
    ComplaintReassignment {
        to,
        manager: Some(piotr()),
        is_major: false,
        reason: None,
        asked_by: Some(anna()),
        in_place_of: Vec::new(),
        authority: Authority::Discretion { limit: None },
    }
}

fn give(asked: ComplaintReassignment) -> C {
    C::ReassignComplaint(Box::new(asked))
}

/// A desk whose queue for complaints Piotr manages.
fn desk() -> Desk {
    let mut desk = Desk::default();
    let Document::Queue(queue) = complaints_only() else { panic!("a queue") };
    desk.publish("complaints", Document::Queue(Queue { manager: Some(piotr().id), ..queue }));
    desk
}

#[test]
fn a_minor_complaint_is_given_to_anybody_and_once() {
    let given = complained(Severity::Minor, anna());
    assert_snapshot!(desk().spec(&given, give(asked(Some(piotr())))), @"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to Piotr
    then  ComplaintReassigned complaint_id: the complaint, from: Anna, severity_from: minor, severity_to: minor, to: Piotr
    ");
    assert_snapshot!(desk().spec(&given, give(asked(Some(anna())))), @"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to Anna
    then  nothing
    ");
    assert_snapshot!(desk().spec(&story([]), give(asked(Some(piotr())))), @"
    given TicketCreated → new
    when  give the complaint to Piotr
    then  refused no_complaint_open: no complaint is open
    ");
}

#[test]
fn one_that_turns_out_to_be_major_belongs_to_a_manager() {
    let given = complained(Severity::Minor, anna());
    let graver = |to| give(ComplaintReassignment { is_major: true, ..asked(to) });
    assert_snapshot!(desk().spec(&given, graver(Some(piotr()))), @"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to Piotr, as a major one
    then  ComplaintReassigned complaint_id: the complaint, from: Anna, severity_from: minor, severity_to: major, to: Piotr
    ");
    assert_snapshot!(desk().spec(&given, graver(Some(anna()))), @r#"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to Anna, as a major one
    then  refused not_a_manager at "/owner": a major complaint belongs to an agent who manages a queue
    "#);
    assert_snapshot!(desk().spec(&given, graver(None)), @"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to nobody, as a major one
    then  ComplaintReassigned complaint_id: the complaint, from: Anna, severity_from: minor, severity_to: major, to: Piotr
    ");
}

#[test]
fn a_major_one_is_given_on_by_who_may_decide_it_and_to_a_manager() {
    let given = complained(Severity::Major, anna());
    let of_another = complained(Severity::Major, piotr());
    assert_snapshot!(desk().spec(&of_another, give(asked(Some(anna())))), @"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to Anna
    then  refused not_the_owner: a major complaint is decided by its owner, the queue's manager, a supervisor or an administrator
    ");
    assert_snapshot!(desk().spec(&given, give(asked(Some(piotr())))), @"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to Piotr
    then  ComplaintReassigned authority: manager, complaint_id: the complaint, from: Anna, severity_from: major, severity_to: major, to: Piotr
    ");
    let above = ComplaintReassignment { authority: Authority::Supervisor, ..asked(Some(piotr())) };
    assert_snapshot!(desk().spec(&given, give(ComplaintReassignment { asked_by: None, ..above })), @"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to Piotr
    then  ComplaintReassigned authority: supervisor, complaint_id: the complaint, from: Anna, severity_from: major, severity_to: major, to: Piotr
    ");
    let to_nobody = ComplaintReassignment { to: None, ..asked(None) };
    assert_snapshot!(desk().spec(&given, give(to_nobody)), @"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to nobody
    then  nothing
    ");
}

#[test]
fn who_has_only_discretion_makes_none_their_own() {
    let given = complained(Severity::Minor, piotr());
    let mine = ComplaintReassignment { is_major: true, ..asked(Some(anna())) };
    let elsewhere = {
        let mut desk = desk();
        let Document::Queue(queue) = complaints_only() else { panic!("a queue") };
        let hers = Queue { manager: Some(anna().id), categories: Vec::new(), ..queue };
        desk.publish("inbox", Document::Queue(Queue { manager: None, ..hers.clone() }));
        desk.publish("returns", Document::Queue(hers));
        desk
    };
    assert_snapshot!(elsewhere.spec(&given, give(mine.clone())), @r#"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to Anna, as a major one
    then  refused not_to_oneself at "/owner": a major complaint is for the queue's manager, or another who manages one, and not for oneself
    "#);
    let of_whom_she_stands_in_for =
        ComplaintReassignment { to: Some(piotr()), in_place_of: vec![piotr()], ..mine.clone() };
    assert_snapshot!(elsewhere.spec(&given, give(of_whom_she_stands_in_for)), @r#"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to Piotr, as a major one
    then  refused not_to_oneself at "/owner": a major complaint is for the queue's manager, or another who manages one, and not for oneself
    "#);
    let by_a_supervisor = ComplaintReassignment { authority: Authority::Supervisor, ..mine };
    assert_snapshot!(elsewhere.spec(&given, give(by_a_supervisor)), @"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to Anna, as a major one
    then  ComplaintReassigned complaint_id: the complaint, from: Piotr, severity_from: minor, severity_to: major, to: Anna
    ");
}

#[test]
fn nor_do_they_raise_one_for_themselves_but_in_the_queue_they_manage() {
    let mut desk = desk();
    let Document::Queue(queue) = complaints_only() else { panic!("a queue") };
    let hers = Queue { manager: Some(anna().id), categories: Vec::new(), ..queue };
    desk.publish("returns", Document::Queue(hers.clone()));
    let raised = |limited: Vec<AgentId>| C::RaiseComplaint {
        claim: "a month late".into(),
        severity: Severity::Major,
        remedy: None,
        owner: Some(anna()),
        limited,
    };
    assert_snapshot!(desk.spec(&story([]), raised(vec![anna().id])), @r#"
    given TicketCreated → new
    when  complain "a month late"
    then  refused not_to_oneself at "/owner": a major complaint is for the queue's manager, or another who manages one, and not for oneself
    "#);
    assert!(desk.spec(&story([]), raised(vec![piotr().id])).contains("ComplaintRaised"));
    assert!(desk.spec(&story([]), raised(Vec::new())).contains("ComplaintRaised"), "a supervisor");
    desk.publish("inbox", Document::Queue(hers));
    assert!(desk.spec(&story([]), raised(vec![anna().id])).contains("ComplaintRaised"));
}

#[test]
fn asked_again_it_is_nothing_and_a_major_one_stays_with_its_manager() {
    let given = complained(Severity::Major, anna());
    let again = ComplaintReassignment { is_major: true, asked_by: Some(piotr()), ..asked(None) };
    assert_snapshot!(desk().spec(&given, give(again)), @"
    given TicketCreated → new, ComplaintRaised
    when  give the complaint to nobody, as a major one
    then  nothing
    ");
}
