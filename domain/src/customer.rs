//! Customers: who asks for service. They register themselves on first contact (S-37) and are found
//! again by address, which is a claim of the store and not a matter of this aggregate.

use serde::{Deserialize, Serialize};

use crate::personal::Personal;

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
    /// The tier (S-07).
    pub tier: String,
}

/// An address by which a customer is found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// What kind of address.
    pub kind: AddressKind,
    /// The address as given.
    pub value: Personal<String>,
}

/// What kind of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// A name on a social network or messenger.
    Handle,
}

/// A customer, as events made one.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// What is known.
    pub profile: CustomerProfile,
}

/// What can be asked of a customer.
#[derive(Clone, Debug, PartialEq)]
pub enum CustomerCommand {
    /// Register.
    Register {
        /// What is known.
        profile: CustomerProfile,
    },
    /// Know better.
    Change {
        /// All that is known now.
        to: CustomerProfile,
    },
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CustomerRefusal {
    /// There is no such customer.
    #[error("there is no such customer")]
    NoSuchCustomer,
    /// The customer is registered already.
    #[error("the customer is registered already")]
    AlreadyRegistered,
    /// Nobody could find the customer again.
    #[error("a customer needs an e-mail address, a phone number or a handle")]
    NoAddress,
    /// There is no such tier.
    #[error("the tier is standard or premium, not {tier:?}")]
    UnknownTier {
        /// The tier given.
        tier: String,
    },
}

impl CustomerRefusal {
    /// The stable code that clients act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchCustomer => "not_found",
            Self::AlreadyRegistered => "already_registered",
            Self::NoAddress => "customer_without_address",
            Self::UnknownTier { .. } => "unknown_tier",
        }
    }

    /// The JSON pointer of the field it is about, if it is about the request.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoSuchCustomer | Self::AlreadyRegistered => None,
            Self::NoAddress => Some("/email"),
            Self::UnknownTier { .. } => Some("/tier"),
        }
    }
}

/// Decides what a command does; nothing new is no event.
pub fn decide(
    customer: Option<&Customer>,
    command: CustomerCommand,
) -> Result<Vec<CustomerEvent>, CustomerRefusal> {
    match command {
        CustomerCommand::Register { profile } => {
            if customer.is_some() {
                return Err(CustomerRefusal::AlreadyRegistered);
            }
            check(&profile)?;
            Ok(vec![CustomerEvent::CustomerRegistered { profile }])
        }
        CustomerCommand::Change { to } => {
            let from = customer.ok_or(CustomerRefusal::NoSuchCustomer)?.profile.clone();
            check(&to)?;
            if from == to {
                return Ok(Vec::new());
            }
            Ok(vec![CustomerEvent::CustomerChanged { from, to }])
        }
    }
}

/// The customer after an event.
pub fn evolve(_: Option<Customer>, event: &CustomerEvent) -> Option<Customer> {
    match event {
        CustomerEvent::CustomerRegistered { profile }
        | CustomerEvent::CustomerChanged { to: profile, .. } => {
            Some(Customer { profile: profile.clone() })
        }
    }
}

impl CustomerProfile {
    /// The first e-mail address, if there is one.
    pub fn email(&self) -> Option<Personal<String>> {
        let email = self.addresses.iter().find(|address| address.kind == AddressKind::Email);
        email.map(|address| address.value.clone())
    }
}

impl Address {
    /// The address in the form by which it is compared, with its kind in front; `None` once erased.
    pub fn normalised(&self) -> Option<String> {
        let value = self.value.known()?.trim();
        Some(match self.kind {
            AddressKind::Email => format!("email:{}", value.to_lowercase()),
            AddressKind::Phone => format!("phone:{}", digits(value)),
            AddressKind::Handle => format!("handle:{}", value.to_lowercase()),
        })
    }
}

fn check(profile: &CustomerProfile) -> Result<(), CustomerRefusal> {
    if profile.addresses.is_empty() {
        return Err(CustomerRefusal::NoAddress);
    }
    if !["standard", "premium"].contains(&profile.tier.as_str()) {
        return Err(CustomerRefusal::UnknownTier { tier: profile.tier.clone() });
    }
    Ok(())
}

/// A phone number without what people put between its digits; `00` in front is `+`.
fn digits(phone: &str) -> String {
    let kept: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    kept.strip_prefix("00").map(|rest| format!("+{rest}")).unwrap_or(kept)
}
