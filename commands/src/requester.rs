//! Who asks: a customer who is registered, or who registers with this contact (S-37).

use docket_domain::codec::Event;
use docket_domain::customer::{
    Address, Customer, CustomerCommand, CustomerProfile, decide as decide_customer,
};
use docket_domain::ids::CustomerId;
use docket_domain::party::CustomerRef;
use docket_domain::personal::Personal;
use docket_store::Claim;

use crate::append::Write;
use crate::desk::{Desk, customer_actor};
use crate::error::CommandError;
use crate::load::Folded;
use crate::people::address_claims;
use crate::request::Request;

/// A customer as a caller names one: by id, or by what is known of them.
#[derive(Clone, Debug)]
pub enum CustomerInput {
    /// A registered customer.
    Id(CustomerId),
    /// Whoever has one of these addresses; registered if nobody has (S-37).
    Contact {
        /// The name, if it was given.
        name: Option<String>,
        /// At least one address.
        addresses: Vec<Address>,
    },
}

/// Who asks, and what must be written if they ask for the first time.
pub(crate) struct Requester {
    pub customer: CustomerRef,
    pub tier: String,
    pub first_contact: Option<(Write, Vec<Claim>)>,
}

impl Desk {
    /// Who asks: a registered customer, or one who registers with this contact.
    pub(crate) async fn requester(
        &self,
        request: &Request,
        input: &CustomerInput,
    ) -> Result<Requester, CommandError> {
        let (name, addresses) = match input {
            CustomerInput::Id(id) => {
                let unknown = || CommandError::UnknownCustomer { customer: id.to_string() };
                let folded = self.customer(*id).await?;
                return registered(*id, &folded).ok_or_else(unknown);
            }
            CustomerInput::Contact { name, addresses } => (name, addresses),
        };
        for claim in address_claims(&self.pepper, addresses, "") {
            let owner = self.store.claim_owner(&claim.space, &claim.key).await?;
            let Some(id) = owner.and_then(|stream| CustomerId::of_stream(&stream)) else {
                continue;
            };
            if let Some(requester) = registered(id, &self.customer(id).await?) {
                return Ok(requester);
            }
        }
        self.first_contact(request, name.as_deref(), addresses).await
    }

    async fn first_contact(
        &self,
        request: &Request,
        name: Option<&str>,
        addresses: &[Address],
    ) -> Result<Requester, CommandError> {
        let id = CustomerId(self.mint());
        let profile = CustomerProfile {
            name: name.map(Personal::text),
            addresses: addresses.to_vec(),
            tier: "standard".into(),
        };
        let command = CustomerCommand::Register { profile: profile.clone() };
        let write = Write {
            stream: id.stream(),
            version: 0,
            subjects: vec![id.stream()],
            actor: customer_actor(&request.actor, id.0),
            channel: None,
            events: decide_customer(None, command)?.into_iter().map(Event::Customer).collect(),
        };
        let claims = address_claims(&self.pepper, addresses, &id.stream());
        let customer = label(id, &profile);
        Ok(Requester { customer, tier: profile.tier, first_contact: Some((write, claims)) })
    }
}

fn registered(id: CustomerId, folded: &Folded<Option<Customer>>) -> Option<Requester> {
    let profile = &folded.state.as_ref()?.profile;
    Some(Requester {
        customer: label(id, profile),
        tier: profile.tier.clone(),
        first_contact: None,
    })
}

/// The labels that an event keeps of a customer.
fn label(id: CustomerId, profile: &CustomerProfile) -> CustomerRef {
    CustomerRef { id, name: profile.name.clone(), email: profile.email() }
}
