//! Who are the customers? One row for each, as `GET /v1/customers` lists them. A customer's tickets
//! are the ticket list's, by customer.

use docket_domain::codec::Event;
use docket_domain::customer::{AddressKind, CustomerEvent, CustomerProfile, Entitlement};
use docket_domain::instant::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::documents::{Documents, Query};
use crate::page::{Cursor, LARGEST, Listed, Page};
use crate::recorded::{Recorded, id_of};
use crate::ticket_list::ListError;
use crate::view::{Key, Schema, View};

/// The view.
pub struct Customers;

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomerDocument {
    /// Which one.
    pub id: Uuid,
    /// The version of the last event.
    pub version: u64,
    /// The name; `null` when unknown or erased.
    pub name: Option<String>,
    /// The first e-mail address; `null` when there is none or it is erased.
    pub email: Option<String>,
    /// All addresses.
    pub addresses: Vec<AddressDocument>,
    /// The tier (S-07), where no entitlement says another.
    pub tier: String,
    /// What a contract entitles them to: `tier`, `from`, `until`, `calendar`, `contract`; `null` for
    /// nothing.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub entitlement: Option<Entitlement>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub registered_at: Instant,
    /// When something last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Instant,
}

/// An address of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AddressDocument {
    /// What kind of address.
    #[schema(value_type = String)]
    pub kind: AddressKind,
    /// The address; `null` once erased.
    pub value: Option<String>,
}

impl View for Customers {
    const NAME: &'static str = "customers";
    const VERSION: u32 = 3;
    const CATEGORY: &'static str = "customer";
    const NEEDS_TEXT: bool = true;
    const SCHEMA: Schema = Schema {
        sqlite: include_str!("../../migrations/views/sqlite/0007_customers.sql"),
        postgres: include_str!("../../migrations/views/postgres/0007_customers.sql"),
    };
    type State = Option<CustomerDocument>;
    type Row = CustomerDocument;

    fn evolve(customer: &mut Option<CustomerDocument>, event: &Recorded) {
        let Event::Customer(what) = &event.event else { return };
        let (CustomerEvent::CustomerRegistered { profile }
        | CustomerEvent::CustomerChanged { to: profile, .. }) = what;
        let since = customer.as_ref().map_or(event.occurred_at, |known| known.registered_at);
        *customer = Some(document(profile, since, event));
    }

    fn rows(customer: &Option<CustomerDocument>) -> Vec<(Key, CustomerDocument)> {
        customer.iter().map(|customer| (Key::new(), customer.clone())).collect()
    }
}

fn document(profile: &CustomerProfile, since: Instant, event: &Recorded) -> CustomerDocument {
    let addresses = profile.addresses.iter().map(|address| AddressDocument {
        kind: address.kind,
        value: address.value.known().cloned(),
    });
    CustomerDocument {
        id: id_of(&event.stream),
        version: event.version,
        name: profile.name.as_ref().and_then(|name| name.known().cloned()),
        email: profile.email().and_then(|email| email.known().cloned()),
        addresses: addresses.collect(),
        tier: profile.tier.clone(),
        entitlement: profile.entitlement.clone(),
        registered_at: since,
        updated_at: event.occurred_at,
    }
}

/// A page of customers, the latest first.
///
/// # Errors
/// [`ListError::Cursor`] when the cursor comes from another list.
pub async fn page(
    documents: &Documents,
    size: usize,
    cursor: Option<&str>,
) -> Result<Page, ListError> {
    let question = "customers";
    let size = size.clamp(1, LARGEST);
    let mut query = Query::new("SELECT doc, registered, stream FROM {customers}");
    if let Some(cursor) = cursor {
        let after = Cursor::decode(cursor, &question)?;
        query = query.sql(" WHERE (registered, stream) < (").bind(after.sort);
        query = query.sql(", ").bind(after.stream).sql(")");
    }
    let query = query.sql(" ORDER BY registered DESC, stream DESC LIMIT ").bind(size as i64 + 1);
    let rows: Vec<Listed> = documents.list(&query).await?;
    Ok(Page::of(rows, size, &question))
}
