//! Tickets that the desk gives and offers.

use docket_domain::ticket::event::{AssignMethod, Candidate, Routed, TicketEvent};

use super::text;
use crate::story::{MONDAY, anna, piotr, term};

/// What happens of offers, and of what is simply given.
pub fn offers() -> Vec<TicketEvent> {
    vec![
        offered(&[]),
        TicketEvent::OfferDeclined { agent: anna(), reason: text("in a meeting") },
        offered(&["german", "refunds"]),
        TicketEvent::OfferExpired { agent: anna(), due: MONDAY.plus_millis(120_000) },
        offered(&[]),
        TicketEvent::OfferAccepted { agent: anna() },
        TicketEvent::TicketAssigned {
            from: None,
            to: piotr(),
            method: AssignMethod::RoundRobin,
            routed: Some(routed(&[], 1)),
            status: None,
        },
    ]
}

fn offered(skills: &[&str]) -> TicketEvent {
    let until = MONDAY.plus_millis(120_000);
    TicketEvent::TicketOffered { agent: anna(), until, routed: routed(skills, 2) }
}

fn routed(skills: &[&str], of: u32) -> Box<Routed> {
    let skills = skills.iter().map(|skill| (*skill).to_owned()).collect();
    let of_anna = Candidate { agent: anna().id, load: 1, given_at: None };
    let of_piotr = Candidate { agent: piotr().id, load: 2, given_at: Some(MONDAY) };
    Box::new(Routed { queue: term("inbox"), skills, candidates: vec![of_anna, of_piotr], of })
}
