//! Customers: added, changed, found again; and what is written of people.

use docket_domain::codec::Event;
use docket_domain::customer::{
    self, Address, Customer, CustomerCommand, CustomerProfile, Entitlement,
};
use docket_domain::ids::CustomerId;
use docket_domain::personal::Personal;
use docket_store::Claim;
use docket_store::vault::Pepper;

use crate::append::{Appended, Plan, Write};
use crate::desk::{Desk, TRIES};
use crate::error::CommandError;
use crate::load::{Folded, Last};
use crate::request::{Done, Request};

/// The space of claims that leads from an address to its customer.
const CUSTOMER_ADDRESS: &str = "customer-address";

/// Where a stream stands that has no event yet: its version, and when its last event occurred.
pub(crate) const NEW: (u64, Last) = (0, Last::NONE);

/// What changes about a customer; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct CustomerChanges {
    /// The name.
    pub name: Option<String>,
    /// Addresses, each in place of the one of its kind.
    pub addresses: Vec<Address>,
    /// The tier.
    pub tier: Option<String>,
    /// What a contract entitles them to, whole.
    pub entitlement: Option<Entitlement>,
}

impl Desk {
    /// Registers a customer by hand. Somebody who has one of the addresses already is a refusal.
    pub async fn register_customer(
        &self,
        request: &Request,
        profile: CustomerProfile,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        let id = CustomerId(self.mint());
        let claims = address_claims(&self.pepper, &profile.addresses, &id.stream());
        let events = customer::decide(None, CustomerCommand::Register { profile })?;
        let mut plan = Plan::of(self.person(request, id.stream(), NEW, customer_events(events))?);
        plan.claims = claims;
        match self.append(request, plan).await? {
            Appended::Done(done) => Ok(done),
            Appended::Outrun => Err(CommandError::AddressTaken),
        }
    }

    /// Changes a customer. Addresses given up are free again.
    pub async fn change_customer(
        &self,
        request: &Request,
        id: CustomerId,
        changes: &CustomerChanges,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        for _ in 0..TRIES {
            let folded = self.customer(id).await?;
            let unknown = || CommandError::UnknownCustomer { customer: id.to_string() };
            let before = folded.state.as_ref().ok_or_else(unknown)?.profile.clone();
            self.check_version(request, &id.stream(), folded.version).await?;
            let to = changed(&before, changes);
            let held = address_claims(&self.pepper, &before.addresses, &id.stream());
            let claims = address_claims(&self.pepper, &to.addresses, &id.stream());
            self.check_addresses(&claims, &id.stream()).await?;
            let command = CustomerCommand::Change { to };
            let events = customer::decide(folded.state.as_ref(), command)?;
            if events.is_empty() {
                return Ok(self.nothing_to_do(id.stream(), folded.version));
            }
            let write =
                self.person(request, id.stream(), stand(&folded), customer_events(events))?;
            let releases = held.into_iter().filter(|claim| !claims.contains(claim)).collect();
            let plan = Plan { writes: vec![write], claims, releases };
            if let Appended::Done(done) = self.append(request, plan).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    async fn check_addresses(&self, claims: &[Claim], owner: &str) -> Result<(), CommandError> {
        for claim in claims {
            if self.holder(claim).await?.is_some_and(|other| other.stream() != owner) {
                return Err(CommandError::AddressTaken);
            }
        }
        Ok(())
    }

    /// The customer to whom an address leads. Who was erased holds none any more.
    pub(crate) async fn holder(&self, claim: &Claim) -> Result<Option<CustomerId>, CommandError> {
        let Some(held) = self.held(claim).await? else { return Ok(None) };
        let left = self.is_left_by_erased(&held).await?;
        Ok(CustomerId::of_stream(&held.owner).filter(|_| !left))
    }

    /// An address with whoever holds it, as kept or as the store says.
    async fn held(&self, claim: &Claim) -> Result<Option<Claim>, CommandError> {
        let held = |owner| Claim { owner, ..claim.clone() };
        if let Some(owner) = self.kept.owners.get(&claim.key) {
            return Ok(Some(held(owner)));
        }
        let changes = self.kept.owners.changes();
        let held = self.store.claim_owner(&claim.space, &claim.key).await?.map(held);
        if let Some(held) = held.as_ref().filter(|_| self.store.is_alone()) {
            self.kept.owners.keep(held, changes);
        }
        Ok(held)
    }

    /// Whether an address is claimed by a customer who was erased since.
    pub(crate) async fn is_left_by_erased(&self, held: &Claim) -> Result<bool, CommandError> {
        let owner = CustomerId::of_stream(&held.owner);
        let Some(owner) = owner.filter(|_| held.space == CUSTOMER_ADDRESS) else {
            return Ok(false);
        };
        let erased = |folded: &Folded<Option<Customer>>| {
            folded.state.as_ref().is_some_and(Customer::is_erased)
        };
        let at_hand = self.at_hand(&self.kept.customers, &owner.stream()).await?;
        if erased(&at_hand) || self.store.is_alone() {
            return Ok(erased(&at_hand));
        }
        // Another process may have erased them a moment ago.
        Ok(erased(&*self.customer(owner).await?))
    }

    /// The write of a person's events, which happen neither before the person's last nor in the
    /// future; a new person has version 0.
    pub(crate) fn person(
        &self,
        request: &Request,
        stream: String,
        (version, last): (u64, Last),
        events: Vec<Event>,
    ) -> Result<Write, CommandError> {
        self.moment(request, last)?;
        let (subjects, actor) = (vec![stream.clone()], request.actor.clone());
        Ok(Write { stream, version, subjects, actor, channel: None, events })
    }
}

fn customer_events(events: Vec<customer::CustomerEvent>) -> Vec<Event> {
    events.into_iter().map(Event::Customer).collect()
}

pub(crate) fn stand<T>(folded: &Folded<T>) -> (u64, Last) {
    (folded.version, folded.last)
}

fn changed(before: &CustomerProfile, changes: &CustomerChanges) -> CustomerProfile {
    CustomerProfile {
        name: changes.name.as_ref().map(Personal::text).or_else(|| before.name.clone()),
        addresses: replaced(&before.addresses, &changes.addresses),
        tier: changes.tier.clone().unwrap_or_else(|| before.tier.clone()),
        entitlement: changes.entitlement.clone().or_else(|| before.entitlement.clone()),
    }
}

/// All addresses after the given ones took the places of those of their kind.
fn replaced(before: &[Address], given: &[Address]) -> Vec<Address> {
    let kept = before.iter().filter(|kept| given.iter().all(|new| new.kind != kept.kind));
    let mut all: Vec<Address> = kept.chain(given).cloned().collect();
    if !given.is_empty() {
        all.sort_by_key(|address| address.kind);
    }
    all
}

/// Whether a claim is one of an address.
pub(crate) fn is_address(claim: &Claim) -> bool {
    claim.space == CUSTOMER_ADDRESS
}

/// The claims that make a customer the one who is found by these addresses. The keys are hashes
/// under a deletable secret: the log holds no address in clear.
pub(crate) fn address_claims(pepper: &Pepper, addresses: &[Address], owner: &str) -> Vec<Claim> {
    let keys = addresses.iter().filter_map(Address::normalised);
    keys.map(|address| Claim {
        space: CUSTOMER_ADDRESS.into(),
        key: pepper.address_key(&address),
        owner: owner.to_owned(),
    })
    .collect()
}
