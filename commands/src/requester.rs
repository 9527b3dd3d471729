//! Who asks: a customer who is registered, or who registers with this contact (S-37).

use docket_domain::codec::Event;
use docket_domain::customer::{
    Address, AddressKind, CustomerCommand, CustomerEvent, CustomerProfile, Entitlement,
    decide as decide_customer, evolve as evolve_customer,
};
use docket_domain::ids::CustomerId;
use docket_domain::instant::Instant;
use docket_domain::party::CustomerRef;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::GivenContact;
use docket_store::Claim;

use crate::append::Write;
use crate::desk::{Desk, customer_actor};
use crate::error::CommandError;
use crate::load::Last;
use crate::people::address_claims;
use crate::request::{Occurred, Request};

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

/// Who asks, and what must be written because of what they gave of themselves.
pub(crate) struct Requester {
    pub customer: CustomerRef,
    pub tier: String,
    pub entitlement: Option<Entitlement>,
    /// Their registration, when they ask for the first time, or what is learnt of them.
    pub news: Option<(Write, Vec<Claim>)>,
    /// What they gave and the register does not take.
    pub contact: Option<GivenContact>,
}

impl Desk {
    /// Who asks: a registered customer, or one who registers with this contact.
    pub(crate) async fn requester(
        &self,
        request: &Request,
        input: &CustomerInput,
    ) -> Result<Requester, CommandError> {
        match input {
            CustomerInput::Id(id) => {
                let unknown = || CommandError::UnknownCustomer { customer: id.to_string() };
                let folded = self.customer(*id).await?;
                let customer = folded.state.as_ref().ok_or_else(unknown)?;
                Ok(Requester::of(*id, &customer.profile, self.moment(request, Last::NONE)?))
            }
            CustomerInput::Contact { name, addresses } => {
                let name = name.as_deref();
                let owners = self.owners(addresses).await?;
                match owners.iter().find_map(|owner| *owner) {
                    Some(id) => self.known_contact(request, id, name, addresses, &owners).await,
                    None => self.first_contact(request, name, addresses).await,
                }
            }
        }
    }

    /// Whom each of these addresses leads to.
    async fn owners(&self, addresses: &[Address]) -> Result<Vec<Option<CustomerId>>, CommandError> {
        let mut owners = Vec::with_capacity(addresses.len());
        for address in addresses {
            owners.push(self.customer_of(address).await?);
        }
        Ok(owners)
    }

    /// A registered customer who is found by an address: the first of those given that leads to
    /// anybody. What is new is learnt, unless the contact is from before what is known; what the
    /// register does not take stays with the ticket.
    async fn known_contact(
        &self,
        request: &Request,
        id: CustomerId,
        name: Option<&str>,
        addresses: &[Address],
        owners: &[Option<CustomerId>],
    ) -> Result<Requester, CommandError> {
        let folded = self.at_hand(&self.kept.customers, &id.stream()).await?;
        let unknown = || CommandError::UnknownCustomer { customer: id.to_string() };
        let known = folded.state.as_ref().ok_or_else(unknown)?;
        let of_nobody_else =
            addresses.iter().zip(owners).filter(|(_, owner)| owner.is_none_or(|owner| owner == id));
        let command = CustomerCommand::Learn {
            name: name.map(str::to_owned),
            addresses: of_nobody_else.map(|(address, _)| address.clone()).collect(),
        };
        let mut events = decide_customer(Some(known), command)?;
        if matches!(request.occurred, Occurred::At(at) if at < folded.last.caused_at) {
            events.clear();
        }
        let after = events.iter().fold(Some(known.clone()), evolve_customer);
        let profile = after.map_or_else(|| known.profile.clone(), |customer| customer.profile);
        let at = self.moment(request, Last::NONE)?;
        let mut requester = Requester::of(id, &profile, at);
        requester.contact = not_in(&profile, name, addresses);
        if !events.is_empty() {
            let claims = address_claims(&self.pepper, &profile.addresses, &id.stream());
            requester.news = Some((news(request, id, folded.version, events), claims));
        }
        Ok(requester)
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
            entitlement: None,
        };
        let command = CustomerCommand::Register { profile: profile.clone() };
        let events = decide_customer(None, command)?;
        let claims = address_claims(&self.pepper, addresses, &id.stream());
        let news = Some((news(request, id, 0, events), claims));
        Ok(Requester { news, ..Requester::of(id, &profile, Instant::EARLIEST) })
    }
}

impl Requester {
    /// A customer with the labels that an event keeps of one, and what holds for them at an instant.
    fn of(id: CustomerId, profile: &CustomerProfile, at: Instant) -> Self {
        let customer = CustomerRef {
            id,
            name: profile.name.clone(),
            email: profile.first(AddressKind::Email),
            phone: profile.first(AddressKind::Phone),
            handle: profile.first(AddressKind::Handle),
        };
        let entitlement = profile.entitled(at).cloned();
        let tier = entitlement.as_ref().map_or(&profile.tier, |it| &it.tier).clone();
        Self { customer, tier, entitlement, news: None, contact: None }
    }
}

/// What is written of a customer because of a contact: it is the customer who said it.
fn news(request: &Request, id: CustomerId, version: u64, events: Vec<CustomerEvent>) -> Write {
    Write {
        stream: id.stream(),
        version,
        subjects: vec![id.stream()],
        actor: customer_actor(&request.actor, id.0),
        channel: None,
        events: events.into_iter().map(Event::Customer).collect(),
    }
}

/// What a contact gave that the register does not have, if anything.
fn not_in(
    profile: &CustomerProfile,
    name: Option<&str>,
    addresses: &[Address],
) -> Option<GivenContact> {
    let name = name.map(Personal::text).filter(|name| profile.name.as_ref() != Some(name));
    let addresses = addresses.iter().filter(|address| !profile.has(address)).cloned().collect();
    let contact = GivenContact { name, addresses };
    (contact != GivenContact::default()).then_some(contact)
}
