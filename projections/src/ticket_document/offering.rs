//! To whom a ticket is offered, and who did not take it (S-15).

use docket_domain::instant::Instant;
use docket_domain::ticket::state::Offers;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{AgentSummary, TicketDocument};

/// An offer that is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OfferSummary {
    /// To whom, as they were called then.
    pub agent: AgentSummary,
    /// Until when: from then on it can be accepted no more.
    #[schema(value_type = String, format = DateTime)]
    pub until: Instant,
}

/// Offers that were not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PassedOffers {
    /// Whose, by their ids, in the order of the offers.
    pub by: Vec<Uuid>,
    /// Until when the last of them would have lasted.
    #[schema(value_type = String, format = DateTime)]
    pub until: Instant,
}

pub(super) fn show(document: &mut TicketDocument, offers: &Offers) {
    document.offer = offers.open.as_ref().map(|offer| OfferSummary {
        agent: AgentSummary { id: offer.agent.id.0, name: offer.agent.name.known().cloned() },
        until: offer.until,
    });
    let by: Vec<Uuid> = offers.passed.iter().map(|agent| agent.0).collect();
    let until = offers.passed_until.filter(|_| !by.is_empty());
    document.passed = until.map(|until| PassedOffers { by, until });
}
