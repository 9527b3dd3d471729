//! Customers: who asks for service. They register themselves on first contact (S-37) and are found
//! again by address, which is a claim of the store and not a matter of this aggregate.

use serde::{Deserialize, Serialize};

pub use self::address::{Address, AddressError, AddressKind};
use crate::instant::Instant;
use crate::limits::{self, LimitError};
use crate::personal::Personal;

mod address;
#[cfg(test)]
mod spec;

/// The tiers there are (S-07), each with its own service process.
pub const TIERS: [&str; 2] = ["standard", "premium"];

/// Something that happened to a customer. These shapes are the storage format; everything personal
/// is sealed under the customer's own key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CustomerEvent {
    /// First contact, or added by hand.
    CustomerRegistered {
        /// What is known.
        profile: CustomerProfile,
    },
    /// Something is known better now.
    CustomerChanged {
        /// What was known.
        from: CustomerProfile,
        /// What is known now.
        to: CustomerProfile,
    },
}

/// What is known of a customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerProfile {
    /// The name.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::personal::optional"
    )]
    pub name: Option<Personal<String>>,
    /// The addresses, by which the customer is found again.
    pub addresses: Vec<Address>,
    /// The tier (S-07), where no entitlement says another.
    pub tier: String,
    /// What a contract entitles them to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entitlement: Option<Entitlement>,
}

/// What a dated contract entitles a customer to (S-07). Tickets that are opened while it holds are
/// promised by it; those that were are not touched when it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entitlement {
    /// The tier while it holds.
    pub tier: String,
    /// From when on it holds.
    pub from: Instant,
    /// Before when; without end when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// The key of the calendar that counts for them, in place of the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// The contract's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
}

impl Entitlement {
    /// Whether it holds at an instant.
    pub fn holds(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

impl CustomerProfile {
    /// The entitlement that holds at an instant, if one does.
    pub fn entitled(&self, at: Instant) -> Option<&Entitlement> {
        self.entitlement.as_ref().filter(|it| it.holds(at))
    }

    /// The first address of a kind, if there is one.
    pub fn first(&self, kind: AddressKind) -> Option<Personal<String>> {
        let first = self.addresses.iter().find(|address| address.kind == kind);
        first.map(|address| address.value.clone())
    }

    /// Whether this is one of the addresses, however it is written.
    pub fn has(&self, address: &Address) -> bool {
        let normalised = address.normalised();
        normalised.is_some_and(|it| self.addresses.iter().any(|known| known.is_known_as(&it)))
    }
}

/// A customer, as events made one.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// What is known.
    pub profile: CustomerProfile,
}

impl Customer {
    /// Whether the customer's key was destroyed: nothing by which they were known is left.
    pub fn is_erased(&self) -> bool {
        self.profile.addresses.iter().any(|address| address.value == Personal::Erased)
    }
}

/// What a customer becomes by one more event.
pub fn evolve(_: Option<Customer>, event: &CustomerEvent) -> Option<Customer> {
    match event {
        CustomerEvent::CustomerRegistered { profile }
        | CustomerEvent::CustomerChanged { to: profile, .. } => {
            Some(Customer { profile: profile.clone() })
        }
    }
}

/// One thing asked of a customer.
#[derive(Clone, Debug, PartialEq)]
pub enum CustomerCommand {
    /// Register: on first contact, or by hand.
    Register {
        /// What is known.
        profile: CustomerProfile,
    },
    /// Know something better.
    Change {
        /// What is known now: all of it.
        to: CustomerProfile,
    },
    /// Learn from a contact what is not known yet. Nothing known is replaced by it: who has the
    /// customer's address need not be the customer.
    Learn {
        /// The name that was given.
        name: Option<String>,
        /// The addresses that were given and lead to nobody else.
        addresses: Vec<Address>,
    },
}

/// Why a command on a customer is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CustomerRefusal {
    /// There is no such customer.
    #[error("there is no such customer")]
    NoSuchCustomer,
    /// The customer is registered already.
    #[error("the customer is registered already")]
    AlreadyRegistered,
    /// Without an address the customer would never be found again.
    #[error("a customer needs at least one address: email, phone or handle")]
    NoAddress,
    /// An address that is none.
    #[error("{error}")]
    InvalidAddress {
        /// Which kind it was to be.
        kind: AddressKind,
        /// What is wrong.
        error: AddressError,
    },
    /// A name that is blank or too long.
    #[error("the name {0}")]
    InvalidName(LimitError),
    /// An entitlement that would never hold.
    #[error("an entitlement ends after it begins: from < until")]
    NeverEntitled,
    /// A contract number that is blank or too long.
    #[error("the contract {0}")]
    InvalidContract(LimitError),
    /// A tier that no process is made for (S-07).
    #[error("there is no tier {tier:?}: tiers are standard and premium")]
    UnknownTier {
        /// The tier given.
        tier: String,
        /// The JSON pointer of where: the customer's own, or what a contract entitles them to.
        field: &'static str,
    },
}

impl CustomerRefusal {
    /// The stable code that clients act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchCustomer => "not_found",
            Self::AlreadyRegistered => "already_registered",
            Self::NoAddress => "address_required",
            Self::InvalidAddress { .. } => "invalid_address",
            Self::InvalidName(_) => "invalid_name",
            Self::NeverEntitled => "entitlement_never_holds",
            Self::InvalidContract(_) => "invalid_contract",
            Self::UnknownTier { .. } => "unknown_tier",
        }
    }

    /// The JSON pointer of the field it is about, unless it is about the state.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoSuchCustomer | Self::AlreadyRegistered => None,
            Self::NoAddress => Some(""),
            Self::InvalidAddress { kind, .. } => Some(match kind {
                AddressKind::Email => "/email",
                AddressKind::Phone => "/phone",
                AddressKind::Handle => "/handle",
            }),
            Self::InvalidName(_) => Some("/name"),
            Self::NeverEntitled => Some("/entitlement/until"),
            Self::InvalidContract(_) => Some("/entitlement/contract"),
            Self::UnknownTier { field, .. } => Some(field),
        }
    }
}

/// Decides what follows from a command. That nobody else has one of the addresses is a claim's
/// matter and not decided here.
pub fn decide(
    customer: Option<&Customer>,
    command: CustomerCommand,
) -> Result<Vec<CustomerEvent>, CustomerRefusal> {
    match (customer, command) {
        (None, CustomerCommand::Register { profile }) => {
            Ok(vec![CustomerEvent::CustomerRegistered { profile: checked(profile)? }])
        }
        (Some(_), CustomerCommand::Register { .. }) => Err(CustomerRefusal::AlreadyRegistered),
        (None, CustomerCommand::Change { .. } | CustomerCommand::Learn { .. }) => {
            Err(CustomerRefusal::NoSuchCustomer)
        }
        (Some(customer), CustomerCommand::Change { to }) => change(&customer.profile, to),
        (Some(customer), CustomerCommand::Learn { name, addresses }) => {
            let mut to = customer.profile.clone();
            to.name = to.name.or(name.map(Personal::Known));
            to.addresses.extend(addresses);
            change(&customer.profile, to)
        }
    }
}

fn change(
    from: &CustomerProfile,
    to: CustomerProfile,
) -> Result<Vec<CustomerEvent>, CustomerRefusal> {
    let (from, to) = (from.clone(), checked(to)?);
    let changed = from != to;
    Ok(changed.then_some(CustomerEvent::CustomerChanged { from, to }).into_iter().collect())
}

/// What a customer must have, with every address once. An erased address still counts: it is known
/// that there was one.
fn checked(mut profile: CustomerProfile) -> Result<CustomerProfile, CustomerRefusal> {
    if profile.addresses.is_empty() {
        return Err(CustomerRefusal::NoAddress);
    }
    let entitled = profile.entitlement.as_ref().map(|it| ("/entitlement/tier", &it.tier));
    let tiers = [entitled, Some(("/tier", &profile.tier))];
    let unknown = tiers.into_iter().flatten().find(|(_, it)| !TIERS.contains(&it.as_str()));
    if let Some((field, tier)) = unknown {
        return Err(CustomerRefusal::UnknownTier { tier: tier.clone(), field });
    }
    if let Some(entitlement) = &profile.entitlement {
        if entitlement.until.is_some_and(|until| until <= entitlement.from) {
            return Err(CustomerRefusal::NeverEntitled);
        }
        let contract = entitlement.contract.as_deref().map(limits::name).transpose();
        contract.map_err(CustomerRefusal::InvalidContract)?;
    }
    if let Some(Personal::Known(name)) = &profile.name {
        let name = limits::name(name).map_err(CustomerRefusal::InvalidName)?;
        profile.name = Some(name.into());
    }
    let mut distinct: Vec<Address> = Vec::with_capacity(profile.addresses.len());
    for address in profile.addresses {
        if let Personal::Known(text) = &address.value {
            let invalid = |error| CustomerRefusal::InvalidAddress { kind: address.kind, error };
            Address::parse(address.kind, text).map_err(invalid)?;
        }
        if address.normalised().is_none_or(|it| distinct.iter().all(|d| !d.is_known_as(&it))) {
            distinct.push(address);
        }
    }
    profile.addresses = distinct;
    Ok(profile)
}
