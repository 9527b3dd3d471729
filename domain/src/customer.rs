//! Customers: who asks for service. They register themselves on first contact (S-37) and are found
//! again by address, which is a claim of the store and not a matter of this aggregate.

use serde::{Deserialize, Serialize};

use crate::ids::CustomerId;
use crate::instant::Instant;
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
    /// Which customer.
    pub id: CustomerId,
    /// What is known.
    pub profile: CustomerProfile,
    /// Since when.
    pub registered_at: Instant,
}
