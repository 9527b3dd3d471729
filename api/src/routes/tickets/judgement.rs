//! What is thought of the work, and what it took: rating, quality, time, correction.

use actix_web::{post, web};
use docket_commands::Home;
use docket_domain::instant::Instant;
use docket_domain::ticket::command::TicketCommand;
use docket_projections::ticket_document::TicketDocument;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::body::Body;
use crate::call::{Answer, Call};
use crate::check::{self, Check};

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(rate).service(request_rating).service(quality);
    config.service(log_time).service(correct);
}

/// The highest score unless said.
const SCALE: u8 = 5;

/// The most minutes that are logged at once: a month of 31 days.
const LONGEST_TIME: u32 = 31 * 24 * 60;

/// The customer's rating.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rating {
    /// The score, from 1.
    score: u8,
    /// The highest score; 5 unless said.
    scale: Option<u8>,
    /// In the customer's words.
    comment: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Record the customer's rating.
#[utoipa::path(tag = "tickets", request_body = Rating,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/rating")]
async fn rate(call: Call, id: web::Path<String>, body: Body<Rating>) -> Answer {
    let Rating { score, scale, comment, occurred_at } = body.asked;
    Check::default().maybe_text("/comment", comment.as_ref()).done()?;
    let scale = scale.unwrap_or(SCALE);
    let command = TicketCommand::Rate { score, scale, comment };
    call.execute(&id, &body.bytes, occurred_at, command).await
}

/// The scale of the rating that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RequestRating {
    /// The highest score; 5 unless said.
    scale: Option<u8>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Ask the customer for a rating.
#[utoipa::path(tag = "tickets", request_body = RequestRating,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/rating/request")]
async fn request_rating(call: Call, id: web::Path<String>, body: Body<RequestRating>) -> Answer {
    let RequestRating { scale, occurred_at } = body.asked;
    let command = TicketCommand::RequestRating { scale: scale.unwrap_or(SCALE) };
    call.execute(&id, &body.bytes, occurred_at, command).await
}

/// A score of quality control.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Quality {
    /// The score, from 0.
    score: u8,
    /// The highest score; 5 unless said.
    scale: Option<u8>,
    /// The id of the agent whose work it is; the owner's when not said.
    agent: Option<Uuid>,
    /// The rubric and its version, such as `tone/3`.
    rubric: Option<String>,
    /// The reviewer's words.
    comment: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Score the work.
#[utoipa::path(tag = "tickets", request_body = Quality,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/quality")]
async fn quality(call: Call, id: web::Path<String>, body: Body<Quality>) -> Answer {
    let Quality { score, scale, agent, rubric, comment, occurred_at } = body.asked;
    Check::default()
        .maybe_name("/rubric", rubric.as_ref())
        .maybe_text("/comment", comment.as_ref())
        .done()?;
    let gather = async {
        let agent = call.maybe_agent("/agent", agent).await?;
        let (scale, rubric) = (scale.unwrap_or(SCALE), check::trimmed(rubric));
        Ok(TicketCommand::ScoreQuality { agent, score, scale, rubric, comment })
    };
    call.execute_with(&id, &body.bytes, occurred_at, gather).await
}

/// Working time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Time {
    /// How many minutes.
    #[schema(minimum = 1, maximum = 44_640)]
    minutes: u32,
    /// The id of the agent whose time it is; the caller's own when not said.
    agent: Option<Uuid>,
    /// What for.
    note: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Log working time.
#[utoipa::path(tag = "tickets", request_body = Time,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/time")]
async fn log_time(call: Call, id: web::Path<String>, body: Body<Time>) -> Answer {
    let Time { minutes, agent, note, occurred_at } = body.asked;
    let bounds = format!("from 1 to {LONGEST_TIME} minutes, a month");
    Check::default()
        .that((1..=LONGEST_TIME).contains(&minutes), "/minutes", "invalid_value", bounds)
        .maybe_text("/note", note.as_ref())
        .done()?;
    let gather = async {
        let agent = call.agent_or_self("/agent", agent).await?;
        Ok(TicketCommand::LogTime { agent, minutes, note })
    };
    call.execute_with(&id, &body.bytes, occurred_at, gather).await
}

/// What is right, where an earlier event was wrong.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Correction {
    /// The version, in its ticket, of the event that was wrong.
    corrects: u64,
    /// The id or number of the ticket whose event was wrong, where that is an alias of this one.
    ticket: Option<String>,
    /// What is right.
    text: String,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Put an earlier event right; the earlier one stays.
#[utoipa::path(tag = "tickets", request_body = Correction,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/correction")]
async fn correct(call: Call, id: web::Path<String>, body: Body<Correction>) -> Answer {
    let Correction { corrects, ticket, text, occurred_at } = body.asked;
    Check::default().text("/text", &text).done()?;
    let home = match ticket {
        Some(named) => {
            call.present_ticket(&id).await?;
            call.named_ticket("/ticket", &named).await?
        }
        None => call.ticket(&id).await?,
    };
    let command = TicketCommand::Correct { corrects, text };
    call.execute_at_home(&id, &body.bytes, occurred_at, (Home::At(home), command)).await
}
