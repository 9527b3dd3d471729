//! Finding tickets and people: as they stand, by what people call them, and where an alias leads.

use std::sync::Arc;

use docket_domain::agent::Agent;
use docket_domain::customer::{Address, Customer};
use docket_domain::ids::{AgentId, CustomerId, TicketId};
use docket_domain::ticket::command::TicketRefusal;
use docket_domain::ticket::state::{Ticket, TicketState};
use docket_store::Sealed;
use uuid::Uuid;

use crate::cache::{KeptOf, Weighed};
use crate::desk::Desk;
use crate::error::CommandError;
use crate::load::{self, Folded};
use crate::minting::TICKET_NUMBER;
use crate::people::address_claims;

impl Desk {
    /// A ticket as the log has it now: what is at hand, and what was written since.
    pub async fn ticket(&self, id: TicketId) -> Result<Arc<Folded<Ticket>>, CommandError> {
        self.up_to_date(&self.kept.tickets, &id.stream()).await
    }

    /// A customer as the log has them now.
    pub async fn customer(
        &self,
        id: CustomerId,
    ) -> Result<Arc<Folded<Option<Customer>>>, CommandError> {
        self.up_to_date(&self.kept.customers, &id.stream()).await
    }

    /// An agent as the log has them now.
    pub async fn agent(&self, id: AgentId) -> Result<Arc<Folded<Option<Agent>>>, CommandError> {
        self.up_to_date(&self.kept.agents, &id.stream()).await
    }

    /// The customer whom an address leads to, of those who were not erased.
    pub async fn customer_of(&self, address: &Address) -> Result<Option<CustomerId>, CommandError> {
        let claim = address_claims(&self.pepper, std::slice::from_ref(address), "").pop();
        match claim {
            Some(claim) => self.holder(&claim).await,
            None => Ok(None),
        }
    }

    /// A customer as this process knows them, which is milliseconds behind what another one wrote: to be
    /// shown, not to be decided on.
    pub async fn known_customer(
        &self,
        id: CustomerId,
    ) -> Result<Arc<Folded<Option<Customer>>>, CommandError> {
        self.at_hand(&self.kept.customers, &id.stream()).await
    }

    /// An agent, likewise.
    pub async fn known_agent(
        &self,
        id: AgentId,
    ) -> Result<Arc<Folded<Option<Agent>>>, CommandError> {
        self.at_hand(&self.kept.agents, &id.stream()).await
    }

    /// An aggregate as it is at hand, folded from its stream only if it is not. It may be behind the
    /// log: good enough to append on, since the store checks the version, but not to refuse on.
    pub(crate) async fn at_hand<S: Weighed>(
        &self,
        kept: &KeptOf<S>,
        stream: &str,
    ) -> Result<Arc<Folded<S>>, CommandError> {
        match kept.get(stream) {
            Some(known) => Ok(known),
            None => self.up_to_date(kept, stream).await,
        }
    }

    /// Whether the log has more of a stream than was folded.
    pub(crate) async fn is_behind(&self, stream: &str, version: u64) -> Result<bool, CommandError> {
        let next = self.store.read_stream(stream, version, 1, Sealed::Without).await?;
        Ok(!next.is_empty())
    }

    async fn up_to_date<S: Weighed>(
        &self,
        kept: &KeptOf<S>,
        stream: &str,
    ) -> Result<Arc<Folded<S>>, CommandError> {
        let generation = self.kept.generation();
        let known = kept.get(stream).unwrap_or_default();
        let version = known.version;
        let known = Arc::unwrap_or_clone(known);
        let fold = load::fold(&*self.store, &self.vault, stream, known, kept.evolve());
        let folded = Box::pin(fold).await?;
        let folded = Arc::new(folded);
        if folded.version > version {
            kept.put(stream, folded.clone(), generation);
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

    /// The refusal of a ticket that was merged, with the number of the ticket that takes writes: a ticket
    /// knows what it was merged into, not what became of that one.
    pub(crate) async fn naming_the_root(
        &self,
        id: TicketId,
        refusal: TicketRefusal,
    ) -> Result<TicketRefusal, CommandError> {
        let root = self.root_of(id).await?;
        let number = self.ticket(root).await?.state.present().map(|root| root.number.clone());
        Ok(number.map_or(refusal, |into| TicketRefusal::TicketMerged { into }))
    }
}

fn merged_into(ticket: &TicketState) -> Option<TicketId> {
    ticket.merged.as_ref().map(|merged| merged.into.id)
}
