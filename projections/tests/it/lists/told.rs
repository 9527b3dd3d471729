//! Filters by what depends on when a list is looked at.

use docket_domain::instant::Instant;
use docket_projections::indicator::{MessageIcon, TicketDot};
use docket_projections::ticket_document::TicketDocument;
use docket_projections::ticket_list::filter::{Filter, Shade};

use crate::story::MONDAY;

/// When the lists are looked at: fifty seconds after the first ticket came.
pub const LOOKED: Instant = Instant(MONDAY.0 + 51_000);

/// A filter, its name, and which tickets it lets through.
pub type Case = (&'static str, Filter, fn(&TicketDocument) -> bool);

pub fn shades(indicator: &[Shade]) -> Filter {
    Filter { indicator: indicator.to_vec(), ..Filter::default() }
}

/// Filters by what is told as of the moment of looking.
pub fn told_cases() -> Vec<Case> {
    let f = Filter::default;
    vec![
        ("due from", Filter { due_from: Some(LOOKED), ..f() }, |t| t.due_at >= Some(LOOKED)),
        ("due to", Filter { due_to: Some(LOOKED), ..f() }, |t| {
            t.due_at.is_some_and(|at| at <= LOOKED)
        }),
        ("blue", shades(&[Shade::Blue]), |t| t.indicator.message == MessageIcon::Blue),
        ("green", shades(&[Shade::Green]), |t| t.indicator.message == MessageIcon::Green),
        ("orange or red", shades(&[Shade::Orange, Shade::Red]), |t| {
            t.indicator.ticket != TicketDot::None
        }),
        ("red", shades(&[Shade::Red]), |t| t.indicator.ticket == TicketDot::Red),
        ("unsent", Filter { unsent: Some(true), ..f() }, |t| {
            t.unsent_at.is_some_and(|at| at <= LOOKED)
        }),
        ("not unsent", Filter { unsent: Some(false), ..f() }, |t| {
            t.unsent_at.is_none_or(|at| at > LOOKED)
        }),
        ("no colour", shades(&[Shade::None]), |t| {
            (t.indicator.message, t.indicator.ticket) == (MessageIcon::None, TicketDot::None)
        }),
    ]
}
