//! A complaint, decided and reviewed.

use docket_domain::ids::ComplaintId;
use docket_domain::money::Money;
use docket_domain::party::Channel;
use docket_domain::ticket::event::{
    Authority, Decision, Finding, PreparedSolution, Severity, TicketEvent,
};

use super::text;
use crate::story::{MONDAY, anna, piotr, term, uuid};

/// What happens of complaints.
pub fn complaints() -> Vec<TicketEvent> {
    let complaint_id = ComplaintId(uuid(21));
    let mut told = raised_and_decided(complaint_id);
    told.extend(handed_on(complaint_id));
    told.push(TicketEvent::ComplaintReviewed {
        complaint_id,
        finding: Finding::Faulted,
        note: Some(text("too much for a scratch")),
    });
    told
}

fn raised_and_decided(complaint_id: ComplaintId) -> Vec<TicketEvent> {
    vec![
        TicketEvent::ComplaintRaised {
            complaint_id,
            claim: text("it took a month"),
            severity: Severity::Major,
            remedy: Some(text("a discount")),
            owner: Some(anna()),
        },
        TicketEvent::ComplaintDecided {
            complaint_id,
            decision: Decision::PartlyAccepted,
            reasoning: text("the courier was late"),
            compensation: Some("10 EUR".into()),
            amount: None,
            solution: None,
            decided_by: None,
            authority: None,
            in_place_of: None,
            told_at: Some(MONDAY),
            told_by: Some(Channel::Phone),
        },
        TicketEvent::ComplaintDecided {
            complaint_id,
            decision: Decision::PartlyAccepted,
            reasoning: text("broken on the way"),
            compensation: None,
            amount: Some(Money::parse("30", "EUR").unwrap()),
            solution: Some(PreparedSolution {
                key: "voucher".into(),
                name: "A voucher".into(),
                category: term("complaint"),
            }),
            decided_by: Some(anna()),
            authority: Some(Authority::Solution),
            in_place_of: None,
            told_at: None,
            told_by: None,
        },
    ]
}

/// Decided in somebody's place, and given to somebody else.
fn handed_on(complaint_id: ComplaintId) -> Vec<TicketEvent> {
    vec![
        TicketEvent::ComplaintDecided {
            complaint_id,
            decision: Decision::Rejected,
            reasoning: text("no fault of ours"),
            compensation: None,
            amount: None,
            solution: None,
            decided_by: Some(anna()),
            authority: Some(Authority::Manager),
            in_place_of: Some(piotr()),
            told_at: None,
            told_by: None,
        },
        TicketEvent::ComplaintReassigned {
            complaint_id,
            severity_from: Severity::Minor,
            severity_to: Severity::Major,
            from: None,
            to: Some(anna()),
            authority: None,
            in_place_of: None,
            reason: Some(text("the lamp burnt")),
        },
        TicketEvent::ComplaintReassigned {
            complaint_id,
            severity_from: Severity::Major,
            severity_to: Severity::Major,
            from: Some(anna()),
            to: Some(piotr()),
            authority: Some(Authority::Manager),
            in_place_of: Some(anna()),
            reason: None,
        },
    ]
}
