//! Finding tickets: as they stand, by what people call them, and where an alias leads.

use std::sync::Arc;

use docket_domain::ids::TicketId;
use docket_domain::ticket::state::{Ticket, TicketState};
use uuid::Uuid;

use crate::cache::evolve_recorded;
use crate::desk::Desk;
use crate::error::CommandError;
use crate::load::{self, Folded};
use crate::minting::TICKET_NUMBER;

impl Desk {
    /// A ticket as it stands, folded from its stream unless it is at hand.
    pub async fn ticket(&self, id: TicketId) -> Result<Arc<Folded<Ticket>>, CommandError> {
        let stream = id.stream();
        if let Some(folded) = self.tickets.get(&stream) {
            return Ok(folded);
        }
        let folded = load::fold(&*self.store, &self.vault, &stream, evolve_recorded).await?;
        let folded = Arc::new(folded);
        if folded.version > 0 {
            self.tickets.put(&stream, folded.clone());
        }
        Ok(folded)
    }

    /// The ticket that an id or a number names, if there is one.
    pub async fn find_ticket(&self, id_or_number: &str) -> Result<Option<TicketId>, CommandError> {
        if let Ok(id) = Uuid::try_parse(id_or_number) {
            let id = TicketId(id);
            return Ok((self.ticket(id).await?.version > 0).then_some(id));
        }
        let owner = self.store.claim_owner(TICKET_NUMBER, id_or_number).await?;
        Ok(owner.and_then(|stream| TicketId::of_stream(&stream)))
    }

    /// The ticket that an alias leads to: the root of the chain of merges, itself if it is none.
    pub async fn root_of(&self, id: TicketId) -> Result<TicketId, CommandError> {
        let mut root = id;
        while let Some(merged) = self.ticket(root).await?.state.present().and_then(merged_into) {
            root = merged;
        }
        Ok(root)
    }
}

fn merged_into(ticket: &TicketState) -> Option<TicketId> {
    ticket.merged.as_ref().map(|merged| merged.into.id)
}
