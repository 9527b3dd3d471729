//! What is promised: commitments, and delays that the customer is told of.

use actix_web::{post, web};
use docket_commands::Home;
use docket_domain::ids::{CommitmentId, MessageId};
use docket_domain::instant::Instant;
use docket_domain::ticket::command::{NewDue, TicketCommand};
use docket_domain::ticket::event::Promiser;
use docket_projections::ticket_document::TicketDocument;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::body::Body;
use crate::call::{Answer, Call};
use crate::check::{self, Check};

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(promise).service(keep).service(change).service(break_promise);
    config.service(delay);
}

/// A promise.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Commitment {
    /// What is promised.
    text: String,
    /// By when.
    #[schema(value_type = Option<String>, format = DateTime)]
    due: Option<Instant>,
    /// `desk` or `customer`; `desk` unless said.
    #[schema(value_type = Option<String>)]
    promiser: Option<Promiser>,
    /// The coded kind, such as `refund`.
    kind: Option<String>,
    /// The amount with its unit, such as `49.90 EUR`.
    amount: Option<String>,
    /// The id of the message or call that shows it, of the ticket or of an alias of it.
    evidence: Option<Uuid>,
    /// Whether the customer accepted it.
    accepted: Option<bool>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Record a promise.
#[utoipa::path(tag = "tickets", request_body = Commitment,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/commitment")]
async fn promise(call: Call, id: web::Path<String>, body: Body<Commitment>) -> Answer {
    let Commitment { text, due, promiser, kind, amount, evidence, accepted, occurred_at } =
        body.asked;
    Check::default()
        .text("/text", &text)
        .maybe_name("/kind", kind.as_ref())
        .maybe_name("/amount", amount.as_ref())
        .done()?;
    let (promiser, evidence) = (promiser.unwrap_or(Promiser::Desk), evidence.map(MessageId));
    let (kind, amount) = (check::trimmed(kind), check::trimmed(amount));
    let gather = async {
        let evidence_in = match evidence {
            Some(message) => {
                let ticket = call.ticket(&id).await?;
                call.docket.desk.alias_home(ticket, Home::OfMessage(message)).await?
            }
            None => None,
        };
        Ok(TicketCommand::RecordCommitment {
            promiser,
            text,
            kind,
            amount,
            due,
            evidence,
            evidence_in,
            accepted,
        })
    };
    let answer = call.execute_with(&id, &body.bytes, occurred_at, gather).await;
    answer.map_err(|problem| problem.pointing("/message", "/evidence"))
}

/// Which promise was kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The promise's id.
    commitment: Uuid,
    /// How.
    note: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Say that a promise was kept.
#[utoipa::path(tag = "tickets", request_body = Kept,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/commitment/keep")]
async fn keep(call: Call, id: web::Path<String>, body: Body<Kept>) -> Answer {
    let Kept { commitment, note, occurred_at } = body.asked;
    Check::default().maybe_text("/note", note.as_ref()).done()?;
    let commitment = CommitmentId(commitment);
    let command = TicketCommand::KeepCommitment { commitment, note };
    call.execute_at_home(&id, &body.bytes, occurred_at, (Home::OfPromise(commitment), command))
        .await
}

/// What is promised instead.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedCommitment {
    /// The promise's id.
    commitment: Uuid,
    /// What is promised now.
    text: String,
    /// By when now; as before where it is left out, and by no time where it is `null`.
    #[serde(default = "stays", deserialize_with = "is_now")]
    #[schema(value_type = Option<String>, format = DateTime)]
    due: NewDue,
    /// Why.
    reason: String,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

fn stays() -> NewDue {
    NewDue::Stays
}

fn is_now<'de, D: Deserializer<'de>>(due: D) -> Result<NewDue, D::Error> {
    Option::deserialize(due).map(NewDue::Is)
}

/// Change a promise.
#[utoipa::path(tag = "tickets", request_body = ChangedCommitment,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/commitment/change")]
async fn change(call: Call, id: web::Path<String>, body: Body<ChangedCommitment>) -> Answer {
    let ChangedCommitment { commitment, text, due, reason, occurred_at } = body.asked;
    Check::default().text("/text", &text).text("/reason", &reason).done()?;
    let commitment = CommitmentId(commitment);
    let command = TicketCommand::ChangeCommitment { commitment, text, due, reason };
    call.execute_at_home(&id, &body.bytes, occurred_at, (Home::OfPromise(commitment), command))
        .await
}

/// Which promise was broken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Broken {
    /// The promise's id.
    commitment: Uuid,
    /// Why.
    reason: String,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Say that a promise was broken.
#[utoipa::path(tag = "tickets", request_body = Broken,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/commitment/break")]
async fn break_promise(call: Call, id: web::Path<String>, body: Body<Broken>) -> Answer {
    let Broken { commitment, reason, occurred_at } = body.asked;
    Check::default().text("/reason", &reason).done()?;
    let commitment = CommitmentId(commitment);
    let command = TicketCommand::BreakCommitment { commitment, reason };
    call.execute_at_home(&id, &body.bytes, occurred_at, (Home::OfPromise(commitment), command))
        .await
}

/// What the customer is told of a delay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Delay {
    /// What is told.
    text: String,
    /// When it is expected to be done.
    #[schema(value_type = Option<String>, format = DateTime)]
    expected: Option<Instant>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Tell the customer that it takes longer. It is no answer to what they wrote.
#[utoipa::path(tag = "tickets", request_body = Delay,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/delay")]
async fn delay(call: Call, id: web::Path<String>, body: Body<Delay>) -> Answer {
    let Delay { text, expected, occurred_at } = body.asked;
    Check::default().text("/text", &text).done()?;
    let command = TicketCommand::AnnounceDelay { text, expected };
    call.execute(&id, &body.bytes, occurred_at, command).await
}
