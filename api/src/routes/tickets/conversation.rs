//! What is said in a ticket: reply, note, message, and what is done with messages: open, file.

use actix_web::http::StatusCode;
use actix_web::{post, web};
use docket_commands::Done;
use docket_domain::codec::Event;
use docket_domain::ids::MessageId;
use docket_domain::instant::Instant;
use docket_domain::party::Channel;
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::event::{Outcome, TicketEvent};
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
    config.service(reply).service(receive).service(note).service(open).service(file);
}

/// An answer to the customer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reply {
    /// 1 to 200,000 characters.
    body: String,
    /// Whether the ticket is closed with it, as solved.
    #[serde(default, deserialize_with = "body::or_default")]
    close: bool,
    /// By which way it goes out; the ticket's own when not said.
    #[schema(value_type = Option<String>)]
    channel: Option<Channel>,
    /// The ticket's version that the author saw; the one before this reply when not said.
    seen_version: Option<u64>,
    /// Ids of files uploaded before.
    #[serde(default, deserialize_with = "body::or_default")]
    attachments: Vec<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Answer the customer.
#[utoipa::path(tag = "tickets", request_body = Reply,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/reply")]
async fn reply(call: Call, id: web::Path<String>, body: Body<Reply>) -> Answer {
    let asked = body.asked;
    Check::default().text("/body", &asked.body).attachments(&asked.attachments).done()?;
    let seen_version = asked.seen_version.or(call.if_match).unwrap_or(u64::MAX);
    let gather = async {
        let message = call.message(asked.body, &asked.attachments).await?;
        let reply = TicketCommand::Reply { message, channel: asked.channel, seen_version };
        let close =
            TicketCommand::Close { outcome: Outcome::Solved, resolution: None, reason: None };
        Ok(if asked.close { vec![reply, close] } else { vec![reply] })
    };
    call.execute_all(&id, &body.bytes, asked.occurred_at, gather).await
}

/// An internal note.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Note {
    /// 1 to 200,000 characters.
    body: String,
    /// Ids of the agents it mentions.
    #[serde(default, deserialize_with = "body::or_default")]
    mentions: Vec<Uuid>,
    /// Ids of files uploaded before.
    #[serde(default, deserialize_with = "body::or_default")]
    attachments: Vec<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Write an internal note.
#[utoipa::path(tag = "tickets", request_body = Note,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/note")]
async fn note(call: Call, id: web::Path<String>, body: Body<Note>) -> Answer {
    let asked = body.asked;
    Check::default()
        .text("/body", &asked.body)
        .attachments(&asked.attachments)
        .that(asked.mentions.len() <= 50, "/mentions", "too_many_mentions", "at most 50 mentions")
        .done()?;
    let gather = async {
        let mut mentions = Vec::with_capacity(asked.mentions.len());
        for (index, agent) in asked.mentions.iter().enumerate() {
            mentions.push(call.agent(&format!("/mentions/{index}"), *agent).await?);
        }
        let message = call.message(asked.body, &asked.attachments).await?;
        Ok(TicketCommand::AddNote { message, mentions })
    };
    call.execute_with(&id, &body.bytes, asked.occurred_at, gather).await
}

/// What the customer said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Incoming {
    /// 1 to 200,000 characters.
    body: String,
    /// By which way it came.
    #[schema(value_type = String, example = "email")]
    channel: Channel,
    /// Ids of files uploaded before.
    #[serde(default, deserialize_with = "body::or_default")]
    attachments: Vec<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Take in a customer's message.
///
/// It wakes a snoozed ticket and reopens a closed one within the reopen window. After the window it
/// opens a new, linked ticket, and the answer is 201 with that one; where such a ticket is there already,
/// the message goes to it.
#[utoipa::path(tag = "tickets", request_body = Incoming,
    responses((status = 200, description = "The ticket.", body = TicketDocument),
        (status = 201, description = "The new ticket it opened.", body = TicketDocument)))]
#[post("/message")]
async fn receive(call: Call, id: web::Path<String>, body: Body<Incoming>) -> Answer {
    let asked = body.asked;
    Check::default().text("/body", &asked.body).attachments(&asked.attachments).done()?;
    let request = call.request(&body.bytes, asked.occurred_at)?;
    let id = call.ticket(&id).await?;
    let done = match call.earlier(&request).await? {
        Some(done) => Ok(done),
        None => {
            let message = call.message(asked.body, &asked.attachments).await?;
            call.docket.desk.receive_message(&request, id, message, asked.channel).await
        }
    };
    let opened = done.as_ref().is_ok_and(opens_a_ticket);
    let status = if opened { StatusCode::CREATED } else { StatusCode::OK };
    call.ticket_answer(done, status).await
}

fn opens_a_ticket(done: &Done) -> bool {
    let created = |event: &Event| matches!(event, Event::Ticket(TicketEvent::TicketCreated(_)));
    done.events.iter().any(|recorded| created(&recorded.event))
}

/// Which message was opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Opened {
    /// The message's id; the customer's latest when not said.
    message: Option<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Note that a customer's message was opened; only the first time is on record.
#[utoipa::path(tag = "tickets", request_body = Opened,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/open")]
async fn open(call: Call, id: web::Path<String>, body: Body<Opened>) -> Answer {
    let command = TicketCommand::OpenMessage { message: body.asked.message.map(MessageId) };
    call.execute(&id, &body.bytes, body.asked.occurred_at, command).await
}

/// Which messages need no reply, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct File {
    /// The message's id; all that wait when not said.
    message: Option<Uuid>,
    /// Why.
    reason: String,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// File waiting messages: they need no reply.
#[utoipa::path(tag = "tickets", request_body = File,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/file")]
async fn file(call: Call, id: web::Path<String>, body: Body<File>) -> Answer {
    let asked = body.asked;
    Check::default().text("/reason", &asked.reason).done()?;
    let message = asked.message.map(MessageId);
    let command = TicketCommand::File { message, reason: asked.reason };
    call.execute(&id, &body.bytes, asked.occurred_at, command).await
}
