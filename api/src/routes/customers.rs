//! `/v1/customers`: who asks for service.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, get, patch, post, web};
use docket_commands::{CustomerChanges, Done};
use docket_domain::customer::{Address, AddressKind, CustomerProfile, Entitlement};
use docket_domain::ids::CustomerId;
use docket_domain::instant::Instant;
use docket_domain::personal::Personal;
use docket_projections::customers::{self, CustomerDocument, Customers};
use docket_projections::recorded::Moment;
use docket_projections::ticket_text::Words;
use docket_projections::view::View;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::auth::Caller;
use crate::body::{self, Body, Params};
use crate::call::{Answer, Call, etag, json};
use crate::check::{self, Check};
use crate::docket::Docket;
use crate::fresh::Fresh;
use crate::page::{self, Page};
use crate::problem::Problem;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list).service(register).service(read).service(change);
}

/// A customer who is registered by hand; one of `email`, `phone` and `handle` at least.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RegisterCustomer {
    /// The name.
    name: Option<String>,
    /// The e-mail address.
    email: Option<String>,
    /// The phone number.
    phone: Option<String>,
    /// The name on a social network or messenger.
    handle: Option<String>,
    /// The tier; `standard` unless said.
    tier: Option<String>,
    /// What a contract entitles them to: `tier`, `from`, and perhaps `until`, a `calendar` of their
    /// own, the number of the `contract`.
    #[schema(value_type = Option<Object>)]
    entitlement: Option<Entitlement>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// The tier of who is registered without one.
const TIER: &str = "standard";

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeCustomer {
    /// The name.
    #[schema(value_type = String, required = false)]
    #[serde(default, deserialize_with = "body::given")]
    name: Option<String>,
    /// The e-mail address.
    #[schema(value_type = String, required = false)]
    #[serde(default, deserialize_with = "body::given")]
    email: Option<String>,
    /// The phone number.
    #[schema(value_type = String, required = false)]
    #[serde(default, deserialize_with = "body::given")]
    phone: Option<String>,
    /// The name on a social network or messenger.
    #[schema(value_type = String, required = false)]
    #[serde(default, deserialize_with = "body::given")]
    handle: Option<String>,
    /// The tier.
    #[schema(value_type = String, required = false)]
    #[serde(default, deserialize_with = "body::given")]
    tier: Option<String>,
    /// What a contract entitles them to, whole: `tier`, `from`, and perhaps `until`, a `calendar` of
    /// their own, the number of the `contract`.
    #[schema(value_type = Object, required = false)]
    #[serde(default, deserialize_with = "body::given")]
    entitlement: Option<Entitlement>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Which customers are asked for, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Who has this e-mail address, however it is written; of these three, whoever has all that are said.
    email: Option<String>,
    /// Who has this phone number.
    phone: Option<String>,
    /// Who has this name on a social network or messenger.
    handle: Option<String>,
    /// Words of name and addresses; the last may be a beginning. A page that few customers pass may be
    /// shorter, and goes on.
    q: Option<String>,
    /// 1 to 200; 50 unless said.
    #[param(minimum = 1, maximum = 200)]
    page_size: Option<u16>,
    /// Where the last page ended.
    cursor: Option<String>,
}

/// List the customers, the latest first, or find the one who has an address.
#[utoipa::path(tag = "customers", params(Wanted),
    responses((status = 200, description = "The customers.", body = Page<CustomerDocument>)))]
#[get("/customers")]
async fn list(
    docket: web::Data<Docket>,
    caller: Caller,
    fresh: Fresh,
    wanted: Params<Wanted>,
) -> Answer {
    let Wanted { email, phone, handle, q, page_size, cursor } = wanted.0;
    let size = usize::from(page::size(page_size)?);
    let given = [&email, &phone, &handle];
    let empty = q.as_ref().is_some_and(String::is_empty);
    let checked = Check::default().that(!empty, "/q", "invalid_value", "there is no value");
    contacts(checked, given).done()?;
    let addresses = check::addresses(email.as_ref(), phone.as_ref(), handle.as_ref());
    if addresses.is_empty() {
        let (documents, cursor) = (docket.views.documents(), cursor.as_deref());
        let page = customers::page(documents, q.as_deref(), size, cursor).await?;
        let by = if q.is_some() { "by q" } else { "of all" };
        docket.read_by(&caller.0, "customers", format!("{} {by}", page.data.len()))?;
        return fresh.answer(&page);
    }
    if cursor.is_some() {
        let detail = "an address leads to one customer at most: there is no next page";
        return Err(Problem::field("/cursor", "invalid_cursor", detail));
    }
    let found = who_has(&docket, &addresses).await?;
    let words = q.as_deref().map(Words::of);
    let found = found.filter(|it| words.as_ref().is_none_or(|words| it.has_words(words)));
    let found: Vec<CustomerDocument> = found.into_iter().collect();
    // Which parameters were used says enough: what was searched for is somebody's address.
    let kinds = ["email", "phone", "handle"].into_iter().zip(given);
    let asked: Vec<&str> = kinds.filter_map(|(kind, it)| it.as_ref().map(|_| kind)).collect();
    docket.read_by(&caller.0, "customers", format!("{} by {}", found.len(), asked.join(",")))?;
    Page::until(found, None).answer()
}

/// The customer who has all of these addresses, as they are now: the register of addresses is asked, not
/// a view that may lag.
async fn who_has(
    docket: &Docket,
    addresses: &[Address],
) -> Result<Option<CustomerDocument>, Problem> {
    let mut holder = None;
    for address in addresses {
        let Some(id) = docket.desk.customer_of(address).await? else { return Ok(None) };
        if holder.replace(id).is_some_and(|before| before != id) {
            return Ok(None);
        }
    }
    match holder {
        Some(id) => document(docket, id, Moment::Now).await,
        None => Ok(None),
    }
}

/// Register a customer by hand. Who writes for the first time is registered without it.
#[utoipa::path(tag = "customers", request_body = RegisterCustomer,
    responses((status = 201, description = "The customer.", body = CustomerDocument)))]
#[post("/customers")]
async fn register(call: Call, body: Body<RegisterCustomer>) -> Answer {
    let RegisterCustomer { name, email, phone, handle, tier, entitlement, occurred_at } =
        body.asked;
    let addresses = check::addresses(email.as_ref(), phone.as_ref(), handle.as_ref());
    let named = !addresses.is_empty();
    let checked = Check::default().maybe_name("/name", name.as_ref());
    contacts(checked, [&email, &phone, &handle])
        .that(named, "", "customer_unnamed", "a customer needs email, phone or handle")
        .done()?;
    let name = check::trimmed(name).map(Personal::Known);
    let request = call.request(&body.bytes, occurred_at)?;
    let calendar = entitlement.as_ref().and_then(|it| it.calendar.as_deref());
    call.calendar("/entitlement/calendar", calendar, &request).await?;
    let tier = tier.unwrap_or_else(|| TIER.to_owned());
    let profile = CustomerProfile { name, addresses, tier, entitlement };
    let done = call.docket.desk.register_customer(&request, profile).await?;
    answer(&call, &done, StatusCode::CREATED).await
}

/// Get a customer.
#[utoipa::path(tag = "customers",
    responses((status = 200, description = "The customer.", body = CustomerDocument)))]
#[get("/customers/{id}")]
async fn read(docket: web::Data<Docket>, caller: Caller, id: web::Path<String>) -> Answer {
    let found = document(&docket, named(&id)?, Moment::Now).await?;
    let customer = found.ok_or_else(|| Problem::not_found("customer"))?;
    docket.read_by(&caller.0, "customer", customer.id.to_string())?;
    let mut response = HttpResponse::Ok();
    response.insert_header(etag(customer.version));
    json(response, &customer)
}

/// Change a customer. An address given replaces the one of its kind.
#[utoipa::path(tag = "customers", request_body = ChangeCustomer,
    responses((status = 200, description = "The customer.", body = CustomerDocument)))]
#[patch("/customers/{id}")]
async fn change(call: Call, id: web::Path<String>, body: Body<ChangeCustomer>) -> Answer {
    let ChangeCustomer { name, email, phone, handle, tier, entitlement, occurred_at } = body.asked;
    let checked = Check::default().maybe_name("/name", name.as_ref());
    contacts(checked, [&email, &phone, &handle]).done()?;
    let id = named(&id)?;
    let request = call.request(&body.bytes, occurred_at)?;
    let calendar = entitlement.as_ref().and_then(|it| it.calendar.as_deref());
    call.calendar("/entitlement/calendar", calendar, &request).await?;
    let changes = CustomerChanges {
        name: check::trimmed(name),
        addresses: check::addresses(email.as_ref(), phone.as_ref(), handle.as_ref()),
        tier,
        entitlement,
    };
    let done = call.docket.desk.change_customer(&request, id, &changes).await;
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            return Err(call.docket.refusal(&call.principal, error).await.missing("customer"));
        }
    };
    answer(&call, &done, StatusCode::OK).await
}

fn contacts(checked: Check, [email, phone, handle]: [&Option<String>; 3]) -> Check {
    checked
        .maybe_address("/email", AddressKind::Email, email.as_ref())
        .maybe_address("/phone", AddressKind::Phone, phone.as_ref())
        .maybe_address("/handle", AddressKind::Handle, handle.as_ref())
}

async fn answer(call: &Call, done: &Done, status: StatusCode) -> Answer {
    call.docket.names.forget(&done.stream);
    let id = CustomerId::of_stream(&done.stream).ok_or_else(Problem::internal)?;
    let found = document(&call.docket, id, Moment::Version(done.version)).await?;
    let customer = found.ok_or_else(|| Problem::not_found("customer"))?;
    if done.repeated || done.events.is_empty() {
        call.docket.read_by(&call.principal, "customer", id.to_string())?;
    }
    let mut response = call.answer(done, status, &customer)?;
    if status == StatusCode::CREATED
        && let Ok(location) = header::HeaderValue::from_str(&format!("/v1/customers/{id}"))
    {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

fn named(id: &str) -> Result<CustomerId, Problem> {
    Uuid::try_parse(id).map(CustomerId).map_err(|_| Problem::not_found("customer"))
}

/// The customer at a moment: the same fold that the list is made of.
async fn document(
    docket: &Docket,
    id: CustomerId,
    moment: Moment,
) -> Result<Option<CustomerDocument>, Problem> {
    let mut customer = None;
    for event in docket.reader.stream(&id.stream(), moment).await? {
        Customers::evolve(&mut customer, &event);
    }
    Ok(customer)
}
