//! What people are called: a ticket's events keep the names of their time, its document shows those of
//! now. The tier is the ticket's own: what its clocks go by.

use docket_domain::agent::AgentProfile;
use docket_domain::codec::Event;
use docket_domain::customer::{AddressKind, CustomerEvent, CustomerProfile};
use docket_domain::ids::{AgentId, CustomerId};
use docket_projections::recorded::Moment;
use docket_projections::ticket_document::{AgentSummary, CustomerSummary, TicketDocument};
use docket_store::Position;

use crate::docket::Docket;
use crate::problem::Problem;

impl Docket {
    /// Shows the customer and the owner of a ticket as they are called now.
    pub async fn name_people(&self, ticket: &mut TicketDocument) -> Result<(), Problem> {
        let customer = self.desk.known_customer(CustomerId(ticket.customer.id)).await?;
        if let Some(customer) = &customer.state {
            call_customer(&mut ticket.customer, &customer.profile);
        }
        if let Some(owner) = &mut ticket.assignee {
            let agent = self.desk.known_agent(AgentId(owner.id)).await?;
            if let Some(agent) = &agent.state {
                call_agent(owner, &agent.profile);
            }
        }
        Ok(())
    }

    /// Shows them as they were called when the log ended at a position: what is answered again is
    /// answered as it was.
    pub async fn name_people_at(
        &self,
        ticket: &mut TicketDocument,
        position: Position,
    ) -> Result<(), Problem> {
        let customer = CustomerId(ticket.customer.id).stream();
        for event in self.reader.stream(&customer, Moment::Now).await? {
            if let (Event::Customer(what), true) = (&event.event, event.position <= position) {
                let (CustomerEvent::CustomerRegistered { profile }
                | CustomerEvent::CustomerChanged { to: profile, .. }) = what;
                call_customer(&mut ticket.customer, profile);
            }
        }
        let Some(owner) = &mut ticket.assignee else { return Ok(()) };
        for event in self.reader.stream(&AgentId(owner.id).stream(), Moment::Now).await? {
            if let (Event::Agent(what), true) = (&event.event, event.position <= position)
                && let Some(profile) = what.profile()
            {
                call_agent(owner, profile);
            }
        }
        Ok(())
    }
}

fn call_customer(shown: &mut CustomerSummary, profile: &CustomerProfile) {
    shown.name = profile.name.as_ref().and_then(|name| name.known().cloned());
    let first = |kind| profile.first(kind).and_then(|address| address.known().cloned());
    shown.email = first(AddressKind::Email);
    shown.phone = first(AddressKind::Phone);
    shown.handle = first(AddressKind::Handle);
}

fn call_agent(shown: &mut AgentSummary, profile: &AgentProfile) {
    shown.name = profile.name.known().cloned();
}
