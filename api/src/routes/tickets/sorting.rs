//! Where a ticket belongs: priority, classify, transfer, tags, field.

use actix_web::{post, web};
use docket_domain::instant::Instant;
use docket_domain::party::Channel;
use docket_domain::ticket::command::TicketCommand;
use docket_projections::ticket_document::TicketDocument;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::body::{self, Body};
use crate::call::{Answer, Call};
use crate::check::Check;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(set_priority)
        .service(classify)
        .service(transfer)
        .service(retag)
        .service(set_field);
}

/// A priority.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetPriority {
    /// The priority's key.
    priority: String,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Set the priority.
#[utoipa::path(tag = "tickets", request_body = SetPriority,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/priority")]
async fn set_priority(call: Call, id: web::Path<String>, body: Body<SetPriority>) -> Answer {
    let SetPriority { priority, occurred_at } = body.asked;
    call.execute(&id, &body.bytes, occurred_at, TicketCommand::Prioritize { priority }).await
}

/// What a ticket is about, and what it is promised by; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Classify {
    /// The category's path.
    category: Option<String>,
    /// The type's key.
    r#type: Option<String>,
    /// The tier that it is promised by, where the one it was opened with was wrong.
    tier: Option<String>,
    /// The channel that it came by, likewise.
    #[schema(value_type = Option<String>)]
    channel: Option<Channel>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Set category, type, tier or channel; what was there before stays on record.
///
/// Another type, tier or channel may have another target: what has elapsed is carried over, and a target
/// that is past already makes a clock late at the change.
#[utoipa::path(tag = "tickets", request_body = Classify,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/classify")]
async fn classify(call: Call, id: web::Path<String>, body: Body<Classify>) -> Answer {
    let Classify { category, r#type: ticket_type, tier, channel, occurred_at } = body.asked;
    let about = category.is_some() || ticket_type.is_some();
    let promised = tier.is_some() || channel.is_some();
    let detail = "say category, type, tier or channel";
    Check::default().that(about || promised, "/category", "missing_field", detail).done()?;
    let command = TicketCommand::Reclassify { category, ticket_type, tier, channel };
    call.execute(&id, &body.bytes, occurred_at, command).await
}

/// Where a ticket goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Transfer {
    /// The queue's key.
    queue: String,
    /// Why.
    reason: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Move the ticket to another queue.
#[utoipa::path(tag = "tickets", request_body = Transfer,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/transfer")]
async fn transfer(call: Call, id: web::Path<String>, body: Body<Transfer>) -> Answer {
    let Transfer { queue, reason, occurred_at } = body.asked;
    Check::default().maybe_text("/reason", reason.as_ref()).done()?;
    let command = TicketCommand::Transfer { queue, reason };
    call.execute(&id, &body.bytes, occurred_at, command).await
}

/// Tags to add and to remove.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Retag {
    /// At most 50 of at most 64 characters.
    #[serde(default, deserialize_with = "body::or_default")]
    add: Vec<String>,
    /// At most 50.
    #[serde(default, deserialize_with = "body::or_default")]
    remove: Vec<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Add and remove tags.
#[utoipa::path(tag = "tickets", request_body = Retag,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/tags")]
async fn retag(call: Call, id: web::Path<String>, body: Body<Retag>) -> Answer {
    let Retag { add, remove, occurred_at } = body.asked;
    Check::default().tags("/add", &add).tags("/remove", &remove).done()?;
    let trim = |tags: Vec<String>| tags.iter().map(|tag| tag.trim().to_owned()).collect();
    let command = TicketCommand::Tag { add: trim(add), remove: trim(remove) };
    call.execute(&id, &body.bytes, occurred_at, command).await
}

/// A custom field and its value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetField {
    /// The field's name.
    field: String,
    /// Its value; cleared when it is `null` or left out.
    value: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Set or clear a custom field.
#[utoipa::path(tag = "tickets", request_body = SetField,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/field")]
async fn set_field(call: Call, id: web::Path<String>, body: Body<SetField>) -> Answer {
    let SetField { field, value, occurred_at } = body.asked;
    Check::default().name("/field", &field).maybe_value("/value", value.as_ref()).done()?;
    let command = TicketCommand::SetField { field: field.trim().to_owned(), value };
    call.execute(&id, &body.bytes, occurred_at, command).await
}
