//! How a ticket stands: snooze, wake, close, reopen, status.

use actix_web::{post, web};
use docket_domain::duration;
use docket_domain::instant::Instant;
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::event::{Outcome, SnoozeReason, WakeCause};
use docket_projections::ticket_document::TicketDocument;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::body::Body;
use crate::call::{Answer, Call};
use crate::check::Check;
use crate::problem::Problem;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(close).service(set_status).service(snooze).service(wake).service(reopen);
}

/// Until when a ticket is put aside.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Snooze {
    /// Until when; or say `for`.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Instant>,
    /// For how long: an ISO 8601 duration, days of 24 hours.
    #[schema(example = "PT3H")]
    r#for: Option<String>,
    /// Why; `other` unless said. Only `customer_asked` pauses the clocks whose plan names `snoozed`.
    #[schema(value_type = Option<String>)]
    reason: Option<SnoozeReason>,
    /// Why, in words.
    note: Option<String>,
    /// Whether a customer's message wakes it; yes unless said.
    wakes_on_message: Option<bool>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Put the ticket aside until a time. It wakes by itself, at the end of a block.
#[utoipa::path(tag = "tickets", request_body = Snooze,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/snooze")]
async fn snooze(call: Call, id: web::Path<String>, body: Body<Snooze>) -> Answer {
    let asked = body.asked;
    Check::default().maybe_text("/note", asked.note.as_ref()).done()?;
    let from = asked.occurred_at.unwrap_or_else(|| call.docket.desk.now());
    let command = TicketCommand::Snooze {
        until: end(asked.until, asked.r#for.as_deref(), from)?,
        reason: asked.reason.unwrap_or(SnoozeReason::Other),
        note: asked.note,
        wakes_on_message: asked.wakes_on_message.unwrap_or(true),
    };
    let snoozed = call.execute(&id, &body.bytes, asked.occurred_at, command).await;
    // The rules know of the end alone, however it was said.
    let said = if asked.r#for.is_some() { "/for" } else { "/until" };
    snoozed.map_err(|refused| refused.pointing("/until", said))
}

const EITHER: &str = "say either until or for";

/// When a snooze ends: as asked, or as long as asked from now.
fn end(until: Option<Instant>, length: Option<&str>, from: Instant) -> Result<Instant, Problem> {
    match (until, length) {
        (Some(until), None) => Ok(until),
        (None, Some(length)) => {
            let millis = duration::parse_millis(length)
                .map_err(|error| Problem::field("/for", "invalid_duration", error.to_string()))?;
            Ok(from.plus_millis(millis))
        }
        (Some(_), Some(_)) => Err(Problem::field("/for", "invalid_value", EITHER)),
        (None, None) => Err(Problem::field("/until", "missing_field", EITHER)),
    }
}

/// Nothing but when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wake {
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// End a snooze by hand.
#[utoipa::path(tag = "tickets", request_body = Wake,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/wake")]
async fn wake(call: Call, id: web::Path<String>, body: Body<Wake>) -> Answer {
    let command = TicketCommand::Wake { cause: WakeCause::Manual };
    call.execute(&id, &body.bytes, body.asked.occurred_at, command).await
}

/// How a ticket ended.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Close {
    /// `solved` unless said.
    #[schema(value_type = Option<String>)]
    outcome: Option<Outcome>,
    /// What solved it, for the customer.
    resolution: Option<String>,
    /// Why, internally.
    reason: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Close the ticket.
#[utoipa::path(tag = "tickets", request_body = Close,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/close")]
async fn close(call: Call, id: web::Path<String>, body: Body<Close>) -> Answer {
    let asked = body.asked;
    Check::default()
        .maybe_text("/resolution", asked.resolution.as_ref())
        .maybe_text("/reason", asked.reason.as_ref())
        .done()?;
    let Close { outcome, resolution, reason, .. } = asked;
    let outcome = outcome.unwrap_or(Outcome::Solved);
    let command = TicketCommand::Close { outcome, resolution, reason };
    call.execute(&id, &body.bytes, asked.occurred_at, command).await
}

/// Why a ticket is not done after all.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reopen {
    /// Why.
    reason: String,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Reopen a closed ticket.
#[utoipa::path(tag = "tickets", request_body = Reopen,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/reopen")]
async fn reopen(call: Call, id: web::Path<String>, body: Body<Reopen>) -> Answer {
    let asked = body.asked;
    Check::default().text("/reason", &asked.reason).done()?;
    let command = TicketCommand::Reopen { reason: asked.reason };
    call.execute(&id, &body.bytes, asked.occurred_at, command).await
}

/// A status and its substatus.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetStatus {
    /// The status' key.
    status: String,
    /// The substatus' key.
    substatus: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Set the status by hand.
#[utoipa::path(tag = "tickets", request_body = SetStatus,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/status")]
async fn set_status(call: Call, id: web::Path<String>, body: Body<SetStatus>) -> Answer {
    let SetStatus { status, substatus, occurred_at } = body.asked;
    let command = TicketCommand::SetStatus { status, substatus };
    call.execute(&id, &body.bytes, occurred_at, command).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snooze_ends_at_a_time_or_after_a_while_but_not_both() {
        let noon: Instant = "2026-03-01T12:00:00Z".parse().unwrap();
        let three: Instant = "2026-03-01T15:00:00Z".parse().unwrap();
        assert_eq!(end(Some(three), None, noon).unwrap(), three);
        assert_eq!(end(None, Some("PT3H"), noon).unwrap(), three);
        assert_eq!(end(None, Some("P1D"), noon).unwrap(), noon.plus_millis(86_400_000));
        for (until, length) in [(None, None), (Some(three), Some("PT3H"))] {
            assert_eq!(end(until, length, noon).unwrap_err().code(), "invalid_request");
        }
        for nonsense in ["3h", "P1M", "soon", ""] {
            let refused = end(None, Some(nonsense), noon).unwrap_err();
            assert_eq!(refused.code(), "invalid_duration", "{nonsense}");
        }
    }
}
