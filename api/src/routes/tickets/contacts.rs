//! Contacts that took place elsewhere and are logged here: call, meeting, chat.

use actix_web::{post, web};
use docket_commands::Home;
use docket_domain::ids::MessageId;
use docket_domain::instant::Instant;
use docket_domain::ticket::command::{NewCall, TicketCommand};
use docket_domain::ticket::event::{CallOutcome, Direction};
use docket_projections::ticket_document::TicketDocument;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::body::{self, Body};
use crate::call::{Answer, Call};
use crate::check::{self, Check};
use crate::problem::Problem;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(log_call).service(meeting).service(chat).service(bounce);
}

/// A phone call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogCall {
    /// `inbound` or `outbound`.
    #[schema(value_type = String)]
    direction: Direction,
    /// `answered`, `missed` or `voicemail`; `answered` unless said.
    #[schema(value_type = Option<String>)]
    outcome: Option<CallOutcome>,
    /// The id of the agent who took or made it; the caller's own when not said.
    agent: Option<Uuid>,
    /// Our line.
    line: Option<String>,
    /// The customer's number.
    phone: Option<String>,
    /// The path through the voice menu.
    #[serde(default, deserialize_with = "body::or_default")]
    ivr_path: Vec<String>,
    /// How long the caller waited, in milliseconds.
    wait_ms: Option<u32>,
    /// When it began.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Instant>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Instant>,
    /// What was said, in short.
    summary: Option<String>,
    /// Ids of files uploaded before.
    #[serde(default, deserialize_with = "body::or_default")]
    attachments: Vec<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Log a phone call, taken, made or missed.
#[utoipa::path(tag = "tickets", request_body = LogCall,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/call")]
async fn log_call(call: Call, id: web::Path<String>, body: Body<LogCall>) -> Answer {
    let asked = body.asked;
    checked(&asked)?;
    let occurred_at = asked.occurred_at;
    let gather = async { Ok(TicketCommand::LogCall(Box::new(new_call(&call, asked).await?))) };
    call.execute_with(&id, &body.bytes, occurred_at, gather).await
}

async fn new_call(call: &Call, asked: LogCall) -> Result<NewCall, Problem> {
    let agent = asked.agent.or(call.principal.agent.map(|agent| agent.0));
    Ok(NewCall {
        agent: call.maybe_agent("/agent", agent).await?,
        direction: asked.direction,
        outcome: asked.outcome.unwrap_or(CallOutcome::Answered),
        line: check::trimmed(asked.line),
        phone: check::trimmed(asked.phone),
        ivr_path: asked.ivr_path.iter().map(|step| step.trim().to_owned()).collect(),
        wait_ms: asked.wait_ms.map(i64::from),
        started_at: asked.started_at,
        ended_at: asked.ended_at,
        summary: asked.summary,
        attachments: call.files(&asked.attachments).await?,
    })
}

/// The most steps that a call took through the voice menu.
const IVR_STEPS: usize = 50;

fn checked(asked: &LogCall) -> Result<(), Problem> {
    let detail = format!("at most {IVR_STEPS} steps");
    let few = asked.ivr_path.len() <= IVR_STEPS;
    let steps = Check::default().that(few, "/ivr_path", "too_many", detail);
    let steps = (0..).zip(&asked.ivr_path).fold(steps, |steps, (index, step): (usize, _)| {
        steps.name(&format!("/ivr_path/{index}"), step)
    });
    steps
        .maybe_name("/line", asked.line.as_ref())
        .maybe_name("/phone", asked.phone.as_ref())
        .maybe_text("/summary", asked.summary.as_ref())
        .attachments(&asked.attachments)
        .done()
}

/// A meeting.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogMeeting {
    /// The id of the agent who held it; the caller's own when not said.
    agent: Option<Uuid>,
    /// When it began.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Instant>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Instant>,
    /// What was said, in short.
    summary: String,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Log a meeting face to face.
#[utoipa::path(tag = "tickets", request_body = LogMeeting,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/meeting")]
async fn meeting(call: Call, id: web::Path<String>, body: Body<LogMeeting>) -> Answer {
    let LogMeeting { agent, started_at, ended_at, summary, occurred_at } = body.asked;
    Check::default().text("/summary", &summary).done()?;
    let agent = agent.or(call.principal.agent.map(|agent| agent.0));
    let gather = async {
        let agent = call.maybe_agent("/agent", agent).await?;
        Ok(TicketCommand::LogMeeting { agent, started_at, ended_at, summary })
    };
    call.execute_with(&id, &body.bytes, occurred_at, gather).await
}

/// A chat.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogChat {
    /// The id of the agent who answered; the caller's own when not said.
    agent: Option<Uuid>,
    /// When it began.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Instant>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Instant>,
    /// Whether the customer left before an answer.
    #[serde(default, deserialize_with = "body::or_default")]
    abandoned: bool,
    /// What was said.
    transcript: String,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Log a chat, answered or abandoned.
#[utoipa::path(tag = "tickets", request_body = LogChat,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/chat")]
async fn chat(call: Call, id: web::Path<String>, body: Body<LogChat>) -> Answer {
    let LogChat { agent, started_at, ended_at, abandoned, transcript, occurred_at } = body.asked;
    Check::default().text("/transcript", &transcript).done()?;
    let agent = agent.or(call.principal.agent.map(|agent| agent.0).filter(|_| !abandoned));
    let gather = async {
        let agent = call.maybe_agent("/agent", agent).await?;
        Ok(TicketCommand::LogChat { agent, started_at, ended_at, abandoned, transcript })
    };
    call.execute_with(&id, &body.bytes, occurred_at, gather).await
}

/// A reply that never arrived.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Bounce {
    /// The id of the reply.
    message: Uuid,
    /// Whom it was meant for.
    recipient: Option<String>,
    /// The provider's code, such as `550` or `5.1.1` (RFC 3463).
    code: Option<String>,
    /// Why, in the provider's words.
    reason: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Note that a reply never arrived. The clock that it ended stays ended, and says so.
#[utoipa::path(tag = "tickets", request_body = Bounce,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/bounce")]
async fn bounce(call: Call, id: web::Path<String>, body: Body<Bounce>) -> Answer {
    let Bounce { message, recipient, code, reason, occurred_at } = body.asked;
    Check::default()
        .maybe_name("/recipient", recipient.as_ref())
        .that(code.as_deref().is_none_or(is_code), "/code", "invalid_value", CODE)
        .maybe_text("/reason", reason.as_ref())
        .done()?;
    let message = MessageId(message);
    let command = TicketCommand::ReportBounce { message, recipient, code, reason };
    call.execute_at_home(&id, &body.bytes, occurred_at, (Home::OfMessage(message), command)).await
}

/// What a provider's code is.
const CODE: &str = "digits and dots, such as 550 or 5.1.1; words belong in the reason";

/// Words would be in the log for good, and providers' name the recipient.
fn is_code(text: &str) -> bool {
    let known = |c: char| c.is_ascii_digit() || c == '.';
    (1..=11).contains(&text.len()) && text.chars().all(known)
}
