//! To whom a ticket is offered, and who did not take it (S-15).

use crate::definition::BaseStatus;
use crate::ids::AgentId;
use crate::instant::Instant;
use crate::party::AgentRef;
use crate::ticket::event::{AssignMethod, TicketEvent};
use crate::ticket::state::TicketState;

/// An offer that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// To whom.
    pub agent: AgentRef,
    /// Until when.
    pub until: Instant,
    /// How the agent was chosen.
    pub method: AssignMethod,
    /// The version of the event that made it: with the ticket it names the offer.
    pub version: u64,
}

/// The offers of a ticket, of the round that lasts: until it has an owner, lies elsewhere, is about something
/// else, or somebody has it offered for the second time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// The one that is open.
    pub open: Option<Offer>,
    /// Who had it offered and did not take it, in the order of the offers.
    pub passed: Vec<AgentId>,
    /// When the last of those offers would have ended.
    pub passed_until: Option<Instant>,
}

impl Offers {
    /// Takes in one more event of the ticket, and its version.
    pub fn evolve(&mut self, version: u64, event: &TicketEvent) {
        if event.ends_offer() {
            let open = self.open.take();
            self.passed_until = open.map(|open| open.until).or(self.passed_until);
        }
        if let TicketEvent::TicketOffered { agent, until, routed } = event {
            if self.passed.contains(&agent.id) {
                self.passed.clear();
            }
            let (agent, until, method) = (agent.clone(), *until, routed.method());
            self.open = Some(Offer { agent, until, method, version });
        }
        if let TicketEvent::OfferDeclined { agent, .. } | TicketEvent::OfferExpired { agent, .. } =
            event
        {
            self.passed.push(agent.id);
        }
        if event.ends_round_of_offers() {
            (self.passed, self.passed_until) = (Vec::new(), None);
        }
    }

    /// Who is not to be asked at an instant: those who passed, until a new round may begin, so long after the
    /// last offer would have ended.
    pub fn passed_at(&self, again_ms: i64, at: Instant) -> &[AgentId] {
        let rests = self.passed_until.is_some_and(|until| at < until.plus_millis(again_ms));
        if rests { &self.passed } else { &[] }
    }
}

impl TicketState {
    /// Whether it waits for an owner: nobody has it or is offered it, and it waits for nobody else.
    pub fn is_free(&self) -> bool {
        let for_us = matches!(self.status.base, BaseStatus::New | BaseStatus::InProgress);
        self.assignee.is_none() && self.offers.open.is_none() && for_us
    }
}
