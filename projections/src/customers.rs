//! Who are the customers? One row for each, as `GET /v1/customers` lists them. A customer's tickets
//! are the ticket list's, by customer.

use docket_domain::codec::Event;
use docket_domain::customer::{AddressKind, CustomerEvent, CustomerProfile, Entitlement};
use docket_domain::instant::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::documents::{Documents, Query};
use crate::page::{Cursor, LARGEST, Listed, Page, PageInfo};
use crate::recorded::{Recorded, id_of};
use crate::ticket_list::ListError;
use crate::ticket_text::Words;
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

impl CustomerDocument {
    /// Whether all these words stand in the name or the addresses.
    pub fn has_words(&self, words: &Words) -> bool {
        let addresses = self.addresses.iter().filter_map(|address| address.value.as_deref());
        words.are_in(self.name.as_deref().into_iter().chain(addresses))
    }
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
        email: profile.first(AddressKind::Email).and_then(|email| email.known().cloned()),
        addresses: addresses.collect(),
        tier: profile.tier.clone(),
        entitlement: profile.entitlement.clone(),
        registered_at: since,
        updated_at: event.occurred_at,
    }
}

/// How many customers are looked at for one page of those whom words find.
const LOOKED_AT: usize = 2_000;

/// A page of customers, the latest first; of those in whose names and addresses all these words stand,
/// if there are any. Few are searched for, so the list is walked: a page may be shorter then, and goes on.
///
/// # Errors
/// [`ListError::Cursor`] when the cursor comes from another list.
pub async fn page(
    documents: &Documents,
    q: Option<&str>,
    size: usize,
    cursor: Option<&str>,
) -> Result<Page, ListError> {
    let question = ("customers", q);
    let size = size.clamp(1, LARGEST);
    let looked_at = if q.is_some() { LOOKED_AT } else { size };
    let mut query = Query::new("SELECT doc, registered, stream FROM {customers}");
    if let Some(cursor) = cursor {
        let after = Cursor::decode(cursor, &question)?;
        query = query.sql(" WHERE (registered, stream) < (").bind(after.sort);
        query = query.sql(", ").bind(after.stream).sql(")");
    }
    let query =
        query.sql(" ORDER BY registered DESC, stream DESC LIMIT ").bind(looked_at as i64 + 1);
    let rows: Vec<Listed> = documents.list(&query).await?;
    Ok(match q.map(Words::of) {
        None => Page::of(rows, size, &question),
        Some(words) => found(rows, &words, (looked_at, size), &question),
    })
}

/// The rows that words find among those looked at, which hold one more where the list goes on.
fn found(
    mut rows: Vec<Listed>,
    words: &Words,
    (looked_at, size): (usize, usize),
    question: &impl Serialize,
) -> Page {
    let more = rows.len() > looked_at;
    rows.truncate(looked_at);
    let last = rows
        .last()
        .filter(|_| more)
        .map(|(_, sort, stream)| Cursor::behind(question, sort.clone(), stream.clone()).encode());
    rows.retain(|(doc, ..)| {
        serde_json::from_str(doc).is_ok_and(|it: CustomerDocument| it.has_words(words))
    });
    let mut page = Page::of(rows, size, question);
    if let (None, Some(last)) = (&page.page.next, last) {
        page.page = PageInfo { next: Some(last), has_more: true };
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str) -> Listed {
        let customer = CustomerDocument {
            id: Uuid::nil(),
            version: 1,
            name: Some(name.to_owned()),
            email: None,
            addresses: Vec::new(),
            tier: "standard".into(),
            entitlement: None,
            registered_at: Instant(0),
            updated_at: Instant(0),
        };
        (serde_json::to_string(&customer).unwrap(), String::new(), name.to_owned())
    }

    /// How many are found, and behind whom it goes on.
    fn page(names: &[&str], looked_at: usize, size: usize) -> (usize, Option<String>) {
        let rows = names.iter().map(|name| row(name)).collect();
        let page = found(rows, &Words::of("jan"), (looked_at, size), &"customers");
        let next = page.page.next.map(|next| Cursor::decode(&next, &"customers").unwrap().stream);
        assert_eq!(page.page.has_more, next.is_some());
        (page.data.len(), next)
    }

    #[test]
    fn a_page_goes_on_behind_the_last_that_is_shown_or_that_was_looked_at() {
        assert_eq!(page(&["Jan", "Eva", "Jana"], 5, 5), (2, None));
        assert_eq!(page(&["Jan", "Eva", "Jana"], 5, 1), (1, Some("Jan".into())));
        assert_eq!(page(&["Jan", "Eva", "Jana"], 2, 5), (1, Some("Eva".into())));
        assert_eq!(page(&["Eva", "Ewa", "Jana"], 2, 5), (0, Some("Ewa".into())));
    }
}
