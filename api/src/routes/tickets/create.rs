//! `POST /v1/tickets`: a first contact, or a ticket that the desk opens of its own accord.

use actix_web::http::StatusCode;
use actix_web::post;
use docket_commands::{CommandError, CustomerInput, NewTicket};
use docket_domain::customer::AddressKind;
use docket_domain::ids::CustomerId;
use docket_domain::instant::Instant;
use docket_domain::party::Channel;
use docket_domain::personal::Personal;
use docket_domain::ticket::command::TicketDetails;
use docket_domain::ticket::event::OpenedBy;
use docket_projections::ticket_document::TicketDocument;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::{self, Body};
use crate::call::{Answer, Call};
use crate::check::{self, Check};
use crate::problem::Problem;

/// A ticket as its opener describes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OpenTicket {
    /// 1 to 500 characters after trimming.
    subject: String,
    /// The first message: 1 to 200,000 characters.
    body: String,
    /// By which way it came.
    #[schema(value_type = String, example = "email")]
    channel: Channel,
    /// Who asks.
    customer: Contact,
    /// The queue's key; the category's, else the settings', when not said.
    queue: Option<String>,
    /// The category's path.
    category: Option<String>,
    /// The type's key.
    r#type: Option<String>,
    /// The priority's key; the queue's default, else the settings', when not said.
    priority: Option<String>,
    /// At most 50 of at most 64 characters.
    #[serde(default, deserialize_with = "body::or_default")]
    tags: Vec<String>,
    /// Ids of files uploaded before.
    #[serde(default, deserialize_with = "body::or_default")]
    attachments: Vec<Uuid>,
    /// Our endpoint it came to: a mailbox, a line, a profile.
    endpoint: Option<String>,
    /// Who opens it: `customer` unless said.
    #[schema(value_type = Option<String>, example = "customer")]
    opened_by: Option<OpenedBy>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// A customer as a caller names one: by id alone, or by what is known, one of `email`, `phone` and
/// `handle` at least. What is new about a registered customer is learnt; a name other than the known
/// one, or an address that is another customer's, stays with the ticket.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Contact {
    /// A registered customer.
    id: Option<Uuid>,
    /// The name.
    name: Option<String>,
    /// The e-mail address.
    email: Option<String>,
    /// The phone number.
    phone: Option<String>,
    /// The name on a social network or messenger.
    handle: Option<String>,
}

/// Open a ticket.
///
/// A customer who writes for the first time is registered, and found again by address later: by the
/// first of `email`, `phone` and `handle` that leads to somebody.
#[utoipa::path(tag = "tickets", request_body = OpenTicket,
    responses((status = 201, description = "The new ticket.", body = TicketDocument)))]
#[post("/tickets")]
pub async fn create(call: Call, body: Body<OpenTicket>) -> Answer {
    check(&body.asked)?;
    let request = call.request(&body.bytes, body.asked.occurred_at)?;
    let done = match call.earlier(&request).await? {
        Some(done) => Ok(done),
        None => {
            let new = new_ticket(&call, body.asked).await?;
            call.docket.desk.open_ticket(&request, &new).await
        }
    };
    // The rules of customers do not know that one is a member of this body.
    match done {
        Err(error @ CommandError::Customer(_)) => Err(Problem::from(error).under("/customer")),
        done => call.ticket_answer(done, StatusCode::CREATED).await,
    }
}

async fn new_ticket(call: &Call, asked: OpenTicket) -> Result<NewTicket, Problem> {
    Ok(NewTicket {
        customer: customer(asked.customer),
        details: TicketDetails {
            opened_by: asked.opened_by.unwrap_or(OpenedBy::Customer),
            channel: asked.channel,
            endpoint: check::trimmed(asked.endpoint),
            queue: asked.queue,
            category: asked.category,
            ticket_type: asked.r#type,
            priority: asked.priority,
            subject: Personal::text(asked.subject.trim()),
            tags: asked.tags.iter().map(|tag| tag.trim().to_owned()).collect(),
            message: Some(call.message(asked.body, &asked.attachments).await?),
            origin: None,
        },
    })
}

fn customer(contact: Contact) -> CustomerInput {
    if let Some(id) = contact.id {
        return CustomerInput::Id(CustomerId(id));
    }
    let Contact { name, email, phone, handle, .. } = contact;
    let addresses = check::addresses(email.as_ref(), phone.as_ref(), handle.as_ref());
    CustomerInput::Contact { name: check::trimmed(name), addresses }
}

fn check(asked: &OpenTicket) -> Result<(), Problem> {
    let customer = &asked.customer;
    let known = customer.id.is_some()
        || [&customer.email, &customer.phone, &customer.handle].iter().any(|it| it.is_some());
    by_id_alone(Check::default(), customer)
        .subject("/subject", &asked.subject)
        .text("/body", &asked.body)
        .that(known, "/customer", "customer_unnamed", "a customer needs id, email, phone or handle")
        .maybe_name("/customer/name", customer.name.as_ref())
        .maybe_address("/customer/email", AddressKind::Email, customer.email.as_ref())
        .maybe_address("/customer/phone", AddressKind::Phone, customer.phone.as_ref())
        .maybe_address("/customer/handle", AddressKind::Handle, customer.handle.as_ref())
        .maybe_name("/endpoint", asked.endpoint.as_ref())
        .tags("/tags", &asked.tags)
        .attachments(&asked.attachments)
        .done()
}

/// What is said beside an id would be lost: a customer named by id is changed by another call.
fn by_id_alone(checked: Check, customer: &Contact) -> Check {
    let Contact { id, name, email, phone, handle } = customer;
    let detail = "a customer named by id is changed with PATCH /v1/customers/{id}";
    let beside = [("name", name), ("email", email), ("phone", phone), ("handle", handle)];
    beside.into_iter().fold(checked, |checked, (member, value)| {
        let alone = id.is_none() || value.is_none();
        checked.that(alone, &format!("/customer/{member}"), "beside_id", detail)
    })
}
