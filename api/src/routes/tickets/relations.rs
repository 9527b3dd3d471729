//! What a ticket has to do with others: merge, unmerge, split, link, unlink.

use std::collections::HashSet;

use actix_web::http::StatusCode;
use actix_web::{post, web};
use docket_commands::CommandError;
use docket_domain::ids::{MergeId, MessageId};
use docket_domain::instant::Instant;
use docket_domain::ticket::command::TicketRefusal;
use docket_domain::ticket::event::LinkKind;
use docket_projections::ticket_document::TicketDocument;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::body::{self, Body};
use crate::call::{Answer, Call};
use crate::check::Check;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(merge).service(unmerge).service(split).service(link).service(unlink);
}

/// Where a ticket is merged into.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Merge {
    /// Id or number of the survivor; an alias leads to its root.
    into: String,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Make the ticket an alias of another. Nothing moves; its history stays its own.
#[utoipa::path(tag = "tickets", request_body = Merge,
    responses((status = 200, description = "The ticket, merged.", body = TicketDocument)))]
#[post("/merge")]
async fn merge(call: Call, id: web::Path<String>, body: Body<Merge>) -> Answer {
    let request = call.request(&body.bytes, body.asked.occurred_at)?;
    let merge = async {
        let id = call.present_ticket(&id).await?;
        let into = call.named_ticket("/into", &body.asked.into).await?;
        Ok(call.docket.desk.merge(&request, id, into).await)
    };
    call.once(&request, StatusCode::OK, merge).await
}

/// Which merge is undone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Unmerge {
    /// The merge, as the events of both tickets name it.
    merge_id: Uuid,
    /// The survivor's later messages that go back with the source.
    #[serde(default, deserialize_with = "body::or_default")]
    messages: Vec<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Undo a merge; sent to the source.
#[utoipa::path(tag = "tickets", request_body = Unmerge,
    responses((status = 200, description = "The ticket, its own again.", body = TicketDocument)))]
#[post("/unmerge")]
async fn unmerge(call: Call, id: web::Path<String>, body: Body<Unmerge>) -> Answer {
    let request = call.request(&body.bytes, body.asked.occurred_at)?;
    let id = call.ticket(&id).await?;
    let messages: Vec<MessageId> = body.asked.messages.into_iter().map(MessageId).collect();
    let merge_id = MergeId(body.asked.merge_id);
    let done = call.docket.desk.unmerge(&request, id, merge_id, &messages).await;
    call.ticket_answer(done, StatusCode::OK).await
}

/// What is split off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Split {
    /// Ids of the messages that the new ticket refers to.
    messages: Vec<Uuid>,
    /// The new ticket's subject.
    subject: String,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Open a new ticket that refers to messages of this one.
#[utoipa::path(tag = "tickets", request_body = Split,
    responses((status = 201, description = "The new ticket.", body = TicketDocument)))]
#[post("/split")]
async fn split(call: Call, id: web::Path<String>, body: Body<Split>) -> Answer {
    let asked = body.asked;
    let some = !asked.messages.is_empty();
    Check::default()
        .subject("/subject", &asked.subject)
        .that(some, "/messages", "too_short", "name at least one message")
        .done()?;
    let request = call.request(&body.bytes, asked.occurred_at)?;
    let id = call.ticket(&id).await?;
    // Whoever names a message twice means it once.
    let mut seen = HashSet::new();
    let messages = asked.messages.into_iter().map(MessageId);
    let messages: Vec<MessageId> = messages.filter(|message| seen.insert(*message)).collect();
    let done = call.docket.desk.split(&request, id, &messages, asked.subject.trim()).await;
    let answer = call.ticket_answer(done, StatusCode::CREATED).await;
    answer.map_err(|problem| problem.pointing("/message", "/messages"))
}

/// A link with another ticket.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Link {
    /// The other ticket's id or number; an alias leads to its root.
    ticket: String,
    /// How they are linked; `related` unless said.
    #[schema(value_type = Option<String>)]
    kind: Option<LinkKind>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Link the ticket with another; both remember, each in its own words.
#[utoipa::path(tag = "tickets", request_body = Link,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/link")]
async fn link(call: Call, id: web::Path<String>, body: Body<Link>) -> Answer {
    let request = call.request(&body.bytes, body.asked.occurred_at)?;
    let link = async {
        let id = call.present_ticket(&id).await?;
        // Who names an alias means the ticket that it leads to.
        let other = call.named_ticket("/ticket", &body.asked.ticket).await?;
        let other = call.docket.desk.root_of(other).await?;
        let kind = body.asked.kind.unwrap_or(LinkKind::Related);
        Ok(call.docket.desk.link(&request, id, other, kind).await)
    };
    call.once(&request, StatusCode::OK, link).await
}

/// A link to be removed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Unlink {
    /// The other ticket's id or number; an alias that is not linked itself leads to its root.
    ticket: String,
    /// How they are linked; all links between the two when not said.
    #[schema(value_type = Option<String>)]
    kind: Option<LinkKind>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Remove a link on both sides.
#[utoipa::path(tag = "tickets", request_body = Unlink,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/unlink")]
async fn unlink(call: Call, id: web::Path<String>, body: Body<Unlink>) -> Answer {
    let request = call.request(&body.bytes, body.asked.occurred_at)?;
    let unlink = async {
        let id = call.present_ticket(&id).await?;
        let other = call.named_ticket("/ticket", &body.asked.ticket).await?;
        let (desk, kind) = (&call.docket.desk, body.asked.kind);
        let unlinked = desk.unlink(&request, id, other, kind).await;
        if !matches!(unlinked, Err(CommandError::Ticket(TicketRefusal::UnknownLink))) {
            return Ok(unlinked);
        }
        // No link with the ticket itself: then the one with the root that it leads to is meant.
        let root = desk.root_of(other).await?;
        Ok(if root == other { unlinked } else { desk.unlink(&request, id, root, kind).await })
    };
    call.once(&request, StatusCode::OK, unlink).await
}
