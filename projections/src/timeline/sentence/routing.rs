//! Why the desk chose whom, and what became of what it offered.

use docket_domain::ticket::event::{Routed, TicketEvent};
use jiff::tz::TimeZone;

use crate::timeline::words::{agent, moment, quote};

/// By which rules somebody was chosen, and of how many.
pub(super) fn chosen(routed: &Routed) -> String {
    let Routed { queue, skills, candidates, of } = routed;
    let had = candidates.first().map_or(0, |chosen| chosen.load);
    let able = match skills.as_slice() {
        [] => String::new(),
        skills => format!(" for {}", skills.join(" and ")),
    };
    let among = match of {
        0 | 1 => "the only one who could take it".to_owned(),
        of => format!("of {of} who could take it the one with least"),
    };
    let (name, version) = (&queue.name, queue.version);
    format!(", chosen{able} by the queue “{name}” (version {version}): {among}, {had} at hand")
}

/// What is told of an offer; none of another event.
pub(super) fn offer(event: &TicketEvent, zone: &TimeZone) -> Option<String> {
    Some(match event {
        TicketEvent::TicketOffered { agent: to, until, routed } => {
            let until = moment(*until, zone);
            format!("offered the ticket to {} until {until}{}", agent(to), chosen(routed))
        }
        TicketEvent::OfferAccepted { agent: by } => {
            format!("accepted the offer of the ticket to {}", agent(by))
        }
        TicketEvent::OfferDeclined { agent: by, reason } => {
            format!("declined the offer of the ticket to {}: {}", agent(by), quote(reason))
        }
        TicketEvent::OfferExpired { agent: by, due } => {
            let due = moment(*due, zone);
            format!("noted that {} did not answer the offer of the ticket until {due}", agent(by))
        }
        _ => return None,
    })
}
