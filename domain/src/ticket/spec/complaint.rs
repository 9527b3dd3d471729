use insta::assert_snapshot;

use super::*;
use crate::ticket::command::{ComplaintDecision, Ruling};
use crate::ticket::event::{Authority, Decision, Severity};

fn complain(owner: Option<AgentRef>) -> C {
    C::RaiseComplaint {
        claim: "the parcel came broken".into(),
        severity: Severity::Minor,
        remedy: Some("money back".into()),
        owner,
        limited: Vec::new(),
    }
}

fn accept() -> C {
    C::DecideComplaint(Box::new(ComplaintDecision {
        compensation: Some("49.90 EUR".into()),
        told_at: Some("2026-03-02T09:50:00Z".parse().unwrap()),
        told_by: Some(Channel::Phone),
        ..decision(Ruling::Own {
            decision: Decision::PartlyAccepted,
            reasoning: "packed badly".into(),
        })
    }))
}

/// A decision that Anna makes, whom no limit binds.
fn decision(ruling: Ruling) -> ComplaintDecision {
    ComplaintDecision {
        ruling,
        compensation: None,
        amount: None,
        told_at: None,
        told_by: None,
        decided_by: Some(anna()),
        in_place_of: Vec::new(),
        authority: Authority::Discretion { limit: None },
    }
}

#[test]
fn a_complaint_is_owned_by_the_tickets_owner_unless_said_otherwise() {
    assert_snapshot!(spec(&story([assign(anna())]), complain(None)), @r#"
    given TicketCreated → new, TicketAssigned → in_progress
    when  complain "the parcel came broken"
    then  ComplaintRaised claim: "the parcel came broken", complaint_id: new, owner: Anna, remedy: "money back", severity: minor
    "#);
    assert_snapshot!(spec(&story([assign(anna())]), complain(Some(piotr()))), @r#"
    given TicketCreated → new, TicketAssigned → in_progress
    when  complain "the parcel came broken"
    then  ComplaintRaised claim: "the parcel came broken", complaint_id: new, owner: Piotr, remedy: "money back", severity: minor
    "#);
}

#[test]
fn one_complaint_is_decided_before_the_next() {
    assert_snapshot!(spec(&story([complain(None)]), complain(None)), @r#"
    given TicketCreated → new, ComplaintRaised
    when  complain "the parcel came broken"
    then  refused complaint_open: a complaint is open; decide it first
    "#);
    let again = spec(&story([complain(None), accept()]), complain(None));
    assert!(again.contains("ComplaintRaised"), "{again}");
}

#[test]
fn a_decision_says_what_the_customer_was_told() {
    assert_snapshot!(spec(&story([complain(None)]), accept()), @r#"
    given TicketCreated → new, ComplaintRaised
    when  decide the complaint: PartlyAccepted
    then  ComplaintDecided authority: {discretion: {}}, compensation: 49.90 EUR, complaint_id: the complaint, decided_by: Anna, decision: partly_accepted, reasoning: "packed badly", told_at: 2026-03-02T09:50:00.000Z, told_by: phone
    "#);
}

#[test]
fn without_a_complaint_there_is_nothing_to_decide() {
    assert_snapshot!(spec(&story([]), accept()), @"
    given TicketCreated → new
    when  decide the complaint: PartlyAccepted
    then  refused no_complaint_open: no complaint is open
    ");
    assert_snapshot!(spec(&story([complain(None), accept()]), accept()), @"
    given TicketCreated → new, ComplaintRaised, ComplaintDecided
    when  decide the complaint: PartlyAccepted
    then  refused no_complaint_open: no complaint is open
    ");
}

#[test]
fn a_complaint_can_be_raised_and_decided_after_the_end() {
    let given = story([close(), complain(None)]);
    let told = spec(&given, accept());
    assert!(told.contains("then  ComplaintDecided"), "{told}");
}

#[test]
fn a_major_complaint_belongs_to_somebody_who_manages_a_queue() {
    let major = |owner| C::RaiseComplaint {
        claim: "a month late".into(),
        severity: Severity::Major,
        remedy: None,
        owner,
        limited: Vec::new(),
    };
    let given = story([assign(anna())]);
    let mut desk = Desk::default();
    assert_snapshot!(desk.spec(&given, major(None)), @r#"
    given TicketCreated → new, TicketAssigned → in_progress
    when  complain "a month late"
    then  refused no_manager: the queue "inbox" has no manager, whom a major complaint belongs to; name an owner who manages a queue
    "#);
    let Document::Queue(queue) = complaints_only() else { panic!("a queue") };
    let managed = Queue { manager: Some(piotr().id), ..queue };
    desk.publish("complaints", Document::Queue(managed));
    assert_snapshot!(desk.spec(&given, major(Some(anna()))), @r#"
    given TicketCreated → new, TicketAssigned → in_progress
    when  complain "a month late"
    then  refused not_a_manager at "/owner": a major complaint belongs to an agent who manages a queue
    "#);
    assert_snapshot!(desk.spec(&given, major(Some(piotr()))), @r#"
    given TicketCreated → new, TicketAssigned → in_progress
    when  complain "a month late"
    then  ComplaintRaised claim: "a month late", complaint_id: new, owner: Piotr, severity: major
    "#);
}

#[test]
fn what_was_raised_in_another_system_is_a_fact_whoever_owned_it_there() {
    let importer = Actor::new(ActorKind::External, "the desk before");
    let desk = Desk { actor: importer, ..Desk::default() };
    let major = C::RaiseComplaint {
        claim: "the parcel came broken".into(),
        severity: Severity::Major,
        remedy: None,
        owner: None,
        limited: Vec::new(),
    };
    let raised = desk.spec(&story([assign(anna())]), major);
    assert!(raised.contains("then  ComplaintRaised"), "{raised}");
    assert!(raised.contains("owner: Anna"), "{raised}");
}
