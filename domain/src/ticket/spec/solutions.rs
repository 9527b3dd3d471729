//! How far an agent may go who decides a complaint, what was prepared, and who looks at it afterwards (S-72).

use insta::assert_snapshot;

use super::*;
use crate::definition::{Category, Solution};
use crate::money::Money;
use crate::ticket::command::{ComplaintDecision, Ruling};
use crate::ticket::event::{Authority, Decision, Finding, Severity};

fn euros(value: &str) -> Money {
    Money::parse(value, "EUR").unwrap()
}

fn complain(severity: Severity) -> C {
    let claim = "the parcel came broken".into();
    C::RaiseComplaint { claim, severity, remedy: None, owner: Some(piotr()), limited: Vec::new() }
}

fn decided(ruling: Ruling) -> ComplaintDecision {
    ComplaintDecision {
        ruling,
        compensation: None,
        amount: None,
        told_at: None,
        told_by: None,
        decided_by: Some(anna()),
        in_place_of: Vec::new(),
        authority: Authority::Discretion { limit: Some(euros("25.00")) },
    }
}

fn accepted() -> ComplaintDecision {
    decided(Ruling::Own { decision: Decision::Accepted, reasoning: "packed badly".into() })
}

fn as_prepared(solution: &str) -> ComplaintDecision {
    decided(Ruling::Prepared { solution: solution.into(), decision: None, reasoning: None })
}

fn decide(decision: ComplaintDecision) -> C {
    C::DecideComplaint(Box::new(decision))
}

/// A desk whose category `complaint` prepares a voucher of thirty euros; the ticket's lies below it.
fn desk() -> Desk {
    let mut desk = Desk::default();
    let voucher = Solution {
        key: "voucher".into(),
        name: "A voucher".into(),
        decision: Decision::PartlyAccepted,
        reasoning: "broken on the way".into(),
        amount: Some(euros("30")),
    };
    let category = |solutions| Category {
        name: "Complaint".into(),
        queue: None,
        solutions,
        skills: Vec::new(),
    };
    desk.publish("complaint", Document::Category(category(vec![voucher])));
    desk
}

fn complained(severity: Severity) -> Vec<TicketEvent> {
    let category = Some("complaint/new".into());
    story([
        C::Reclassify { category, ticket_type: None, tier: None, channel: None },
        complain(severity),
    ])
}

#[test]
fn an_agent_grants_as_much_as_the_own_discretion_allows() {
    let given = complained(Severity::Minor);
    let grant =
        |amount: &str| decide(ComplaintDecision { amount: Some(euros(amount)), ..accepted() });
    assert_snapshot!(desk().spec(&given, grant("25")), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  decide the complaint: Accepted
    then  ComplaintDecided amount: {currency: EUR, value: 25.00}, authority: {discretion: {limit: {currency: EUR, value: 25.00}}}, complaint_id: the complaint, decided_by: Anna, decision: accepted, reasoning: "packed badly"
    "#);
    assert_snapshot!(desk().spec(&given, grant("25.01")), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  decide the complaint: Accepted
    then  refused beyond_discretion at "/amount": at most 25.00 EUR may be granted by whoever decides; ask a manager or a supervisor
    "#);
    let dollars = Some(Money::parse("5", "USD").unwrap());
    let other = desk().spec(&given, decide(ComplaintDecision { amount: dollars, ..accepted() }));
    assert!(other.contains("beyond_discretion"), "{other}");
}

#[test]
fn a_compensation_in_words_alone_keeps_no_limit() {
    let given = complained(Severity::Minor);
    let words = Some("a new lamp".to_owned());
    let in_words = ComplaintDecision { compensation: words, ..accepted() };
    assert_snapshot!(desk().spec(&given, decide(in_words.clone())), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  decide the complaint: Accepted
    then  refused amount_missing at "/amount": say in money what is granted: there is a limit to keep
    "#);
    for authority in
        [Authority::Manager, Authority::Supervisor, Authority::Discretion { limit: None }]
    {
        let amount = Some(euros("1000"));
        let free = ComplaintDecision { authority, amount, ..in_words.clone() };
        let told = desk().spec(&given, decide(free));
        assert!(told.contains("then  ComplaintDecided"), "{told}");
    }
}

#[test]
fn a_prepared_solution_is_everybodys_to_grant_as_it_is() {
    let given = complained(Severity::Minor);
    assert_snapshot!(desk().spec(&given, decide(as_prepared("voucher"))), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  decide the complaint as "voucher"
    then  ComplaintDecided amount: {currency: EUR, value: 30.00}, authority: solution, complaint_id: the complaint, decided_by: Anna, decision: partly_accepted, reasoning: "broken on the way", solution: voucher
    "#);
    let more = ComplaintDecision { amount: Some(euros("31")), ..as_prepared("voucher") };
    let refused = desk().spec(&given, decide(more));
    assert!(refused.contains("beyond_discretion"), "{refused}");
    assert_snapshot!(desk().spec(&given, decide(as_prepared("flowers"))), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  decide the complaint as "flowers"
    then  refused unknown_solution at "/solution": the ticket's category prepares no solution "flowers"
    "#);
    let nothing = Desk::default().spec(&given, decide(as_prepared("voucher")));
    assert!(nothing.contains("unknown_solution"), "{nothing}");
}

#[test]
fn what_is_said_besides_a_solution_holds_in_its_place() {
    let given = complained(Severity::Minor);
    let ruling = Ruling::Prepared {
        solution: "voucher".into(),
        decision: Some(Decision::Rejected),
        reasoning: Some("it was not our parcel".into()),
    };
    assert_snapshot!(desk().spec(&given, decide(decided(ruling))), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  decide the complaint as "voucher"
    then  ComplaintDecided authority: {discretion: {limit: {currency: EUR, value: 25.00}}}, complaint_id: the complaint, decided_by: Anna, decision: rejected, reasoning: "it was not our parcel", solution: voucher
    "#);
}

#[test]
fn a_major_complaint_is_decided_by_whom_it_belongs_to_and_has_no_prepared_solution() {
    let mut given = complained(Severity::Minor);
    if let Some(TicketEvent::ComplaintRaised { severity, .. }) = given.last_mut() {
        *severity = Severity::Major;
    }
    assert_snapshot!(desk().spec(&given, decide(accepted())), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  decide the complaint: Accepted
    then  refused not_the_owner: a major complaint is decided by its owner, the queue's manager, a supervisor or an administrator
    "#);
    assert_snapshot!(desk().spec(&given, decide(as_prepared_by_piotr())), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  decide the complaint as "voucher"
    then  refused major_complaint at "/solution": the complaint is major: no prepared solution decides it
    "#);
    let by_owner = ComplaintDecision { decided_by: Some(piotr()), ..accepted() };
    assert_snapshot!(desk().spec(&given, decide(by_owner)), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  decide the complaint: Accepted
    then  ComplaintDecided authority: manager, complaint_id: the complaint, decided_by: Piotr, decision: accepted, reasoning: "packed badly"
    "#);
    let stands_in = ComplaintDecision { in_place_of: vec![piotr()], ..accepted() };
    assert_snapshot!(desk().spec(&given, decide(stands_in)), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  decide the complaint: Accepted
    then  ComplaintDecided authority: manager, complaint_id: the complaint, decided_by: Anna, decision: accepted, in_place_of: Piotr, reasoning: "packed badly"
    "#);
    let above = ComplaintDecision { authority: Authority::Supervisor, ..accepted() };
    assert_snapshot!(desk().spec(&given, decide(above)), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  decide the complaint: Accepted
    then  ComplaintDecided authority: supervisor, complaint_id: the complaint, decided_by: Anna, decision: accepted, reasoning: "packed badly"
    "#);
}

#[test]
fn a_decision_is_reviewed_by_somebody_else() {
    let mut given = complained(Severity::Minor);
    let open = state(&given).open_complaint.unwrap().id;
    let review = |complaint, finding| C::ReviewComplaint { complaint, finding, note: None };
    assert_snapshot!(desk().spec(&given, review(open, Finding::Confirmed)), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised
    when  review the decision: Confirmed
    then  refused complaint_open: a complaint is open; decide it first
    "#);
    given.extend(after(&given, decide(as_prepared_by_piotr())));
    assert_snapshot!(desk().spec(&given, review(open, Finding::Faulted)), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised, ComplaintDecided
    when  review the decision: Faulted
    then  ComplaintReviewed complaint_id: new, finding: faulted
    "#);
    let piotr = Actor::new(ActorKind::Agent, piotr().id.to_string());
    let own = Desk { actor: piotr, ..desk() };
    assert_snapshot!(own.spec(&given, review(open, Finding::Confirmed)), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised, ComplaintDecided
    when  review the decision: Confirmed
    then  refused own_decision: whoever decided a complaint does not review the decision
    "#);
    given.extend(after(&given, review(open, Finding::Faulted)));
    assert_snapshot!(desk().spec(&given, review(open, Finding::Faulted)), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised, ComplaintDecided, ComplaintReviewed
    when  review the decision: Faulted
    then  nothing
    "#);
    let otherwise = desk().spec(&given, review(open, Finding::Confirmed));
    assert!(otherwise.contains("then  ComplaintReviewed"), "{otherwise}");
    let unknown = review(crate::ids::ComplaintId(Uuid::nil()), Finding::Confirmed);
    assert_snapshot!(desk().spec(&given, unknown), @r#"
    given TicketCreated → new, TicketReclassified, ComplaintRaised, ComplaintDecided, ComplaintReviewed
    when  review the decision: Confirmed
    then  refused unknown_complaint at "/complaint_id": there is no such complaint in the ticket
    "#);
}

fn as_prepared_by_piotr() -> ComplaintDecision {
    ComplaintDecision { decided_by: Some(piotr()), ..as_prepared("voucher") }
}

/// What follows on these circumstances.
fn after(given: &[TicketEvent], command: C) -> Vec<TicketEvent> {
    let desk = desk();
    let context = desk.context("2026-03-02T09:30:00Z".parse().unwrap(), Uuid::from_u128(900));
    crate::ticket::decide::decide(&fold(given), command, &context).unwrap()
}
