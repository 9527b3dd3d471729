//! What the customer complains of, how that is decided, and what is thought of it (S-72).

use actix_web::{get, post, web};
use docket_commands::Home;
use docket_domain::ids::{AgentId, ComplaintId};
use docket_domain::instant::Instant;
use docket_domain::money::Money;
use docket_domain::party::{AgentRef, Channel};
use docket_domain::ticket::command::{ComplaintDecision, Ruling, TicketCommand};
use docket_domain::ticket::event::{Authority, Decision, Finding, Severity};
use docket_domain::token::Role;
use docket_projections::recorded::{Moment, Recorded};
use docket_projections::ticket_complaints::{self, TicketComplaint};
use docket_projections::ticket_document::TicketDocument;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::read::found;
use crate::auth::Caller;
use crate::body::Body;
use crate::call::{Answer, Call};
use crate::check::{self, Check};
use crate::docket::Docket;
use crate::page::Page;
use crate::problem::Problem;

mod assign;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(complain)
        .service(assign::reassign)
        .service(decide)
        .service(review)
        .service(complaints);
}

/// A complaint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Complaint {
    /// What is claimed.
    claim: String,
    /// `minor` or `major`; `minor` unless said.
    #[schema(value_type = Option<String>)]
    severity: Option<Severity>,
    /// What the customer demands.
    remedy: Option<String>,
    /// The id of the agent who owns it. When not said, a major one belongs to the manager of the
    /// ticket's queue, any other to the ticket's owner.
    owner: Option<Uuid>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Raise a complaint.
#[utoipa::path(tag = "tickets", request_body = Complaint,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/complaint")]
async fn complain(call: Call, id: web::Path<String>, body: Body<Complaint>) -> Answer {
    let Complaint { claim, severity, remedy, owner, occurred_at } = body.asked;
    let severity = severity.unwrap_or(Severity::Minor);
    Check::default().text("/claim", &claim).maybe_text("/remedy", remedy.as_ref()).done()?;
    let gather = async {
        let limited = match (owner, severity) {
            (Some(_), Severity::Major) => limited(&call, &id).await?,
            (None, _) | (_, Severity::Minor) => Vec::new(),
        };
        let owner = match owner {
            None if severity == Severity::Major => manager(&call, &id).await?,
            named => call.maybe_agent("/owner", named).await?,
        };
        Ok(TicketCommand::RaiseComplaint { claim, severity, remedy, owner, limited })
    };
    call.execute_with(&id, &body.bytes, occurred_at, gather).await
}

/// Who manages the queue that a ticket lies in, if anybody does who is still there.
async fn manager(call: &Call, id: &str) -> Result<Option<AgentRef>, Problem> {
    let desk = &call.docket.desk;
    let Some(id) = call.docket.locate(id).await? else { return Ok(None) };
    let ticket = desk.ticket(id).await?;
    let queue = ticket.state.present().map(|ticket| ticket.queue.key.as_str());
    Ok(desk.manager_of(queue.unwrap_or_default()).await?)
}

/// An amount of money.
#[derive(ToSchema)]
#[schema(as = Amount)]
#[expect(dead_code, reason = "what the contract shows of a type that knows no HTTP")]
pub struct Amount {
    /// 1 to 12 digits, and up to 4 behind a point.
    #[schema(example = "25.00")]
    value: String,
    /// Three capital letters of ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
}

/// How a complaint is decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ToDecide {
    /// The key of a prepared solution of the ticket's category, which says what is not said here.
    solution: Option<String>,
    /// `accepted`, `partly_accepted` or `rejected`; must be said where no solution is.
    #[schema(value_type = Option<String>)]
    decision: Option<Decision>,
    /// Why; must be said where no solution is.
    reasoning: Option<String>,
    /// The compensation in words, with its unit. Whose discretion has a limit says the amount, too.
    compensation: Option<String>,
    /// The compensation in money.
    #[schema(value_type = Option<Amount>)]
    amount: Option<Money>,
    /// When the customer was told.
    #[schema(value_type = Option<String>, format = DateTime)]
    told_at: Option<Instant>,
    /// By which way.
    #[schema(value_type = Option<String>)]
    told_by: Option<Channel>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Decide the open complaint.
#[utoipa::path(tag = "tickets", request_body = ToDecide,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/complaint/decide")]
async fn decide(call: Call, id: web::Path<String>, body: Body<ToDecide>) -> Answer {
    let ToDecide { solution, decision, reasoning, compensation, amount, .. } = body.asked;
    let (told_at, told_by, occurred_at) =
        (body.asked.told_at, body.asked.told_by, body.asked.occurred_at);
    let not_yet = "the customer was told at a time that has not come";
    Check::default()
        .that(told_at.is_none_or(|it| it <= call.docket.now()), "/told_at", "not_yet", not_yet)
        .maybe_name("/solution", solution.as_ref())
        .maybe_text("/reasoning", reasoning.as_ref())
        .maybe_name("/compensation", compensation.as_ref())
        .done()?;
    let ruling = ruling(solution, decision, reasoning)?;
    let compensation = check::trimmed(compensation);
    let gather = async {
        let (decided_by, in_place_of, authority) = right(&call, &id).await?;
        let decided_by = Some(decided_by);
        Ok(TicketCommand::DecideComplaint(Box::new(ComplaintDecision {
            ruling,
            compensation,
            amount,
            told_at,
            told_by,
            decided_by,
            in_place_of,
            authority,
        })))
    };
    call.execute_with(&id, &body.bytes, occurred_at, gather).await
}

/// What is decided: as it was prepared, or as it is said.
fn ruling(
    solution: Option<String>,
    decision: Option<Decision>,
    reasoning: Option<String>,
) -> Result<Ruling, Problem> {
    match (solution, decision, reasoning) {
        (Some(solution), decision, reasoning) => {
            Ok(Ruling::Prepared { solution, decision, reasoning })
        }
        (None, Some(decision), Some(reasoning)) => Ok(Ruling::Own { decision, reasoning }),
        (None, decision, reasoning) => {
            let missing = "must be said where no solution is";
            let check = Check::default()
                .that(decision.is_some(), "/decision", "missing_field", missing)
                .that(reasoning.is_some(), "/reasoning", "missing_field", missing);
            Err(check.done().err().unwrap_or_else(Problem::internal))
        }
    }
}

/// Who a caller is, in whose place, and by what right, whatever ticket it is about.
async fn right(call: &Call, id: &str) -> Result<(AgentRef, Vec<AgentRef>, Authority), Problem> {
    let caller = call.agent_or_self("", None).await?;
    let desk = &call.docket.desk;
    let in_place_of = match call.docket.locate(id).await? {
        Some(id) => desk.deputises_for(caller.id, id).await?,
        None => Vec::new(),
    };
    if matches!(call.principal.role, Role::Supervisor | Role::Admin) {
        return Ok((caller, in_place_of, Authority::Supervisor));
    }
    let agent = desk.agent(caller.id).await?;
    let limit = agent.state.as_ref().and_then(|agent| agent.profile.discretion.clone());
    Ok((caller, in_place_of, Authority::Discretion { limit }))
}

/// Whoever calls, and in whose place, as far as they have only discretion.
async fn limited(call: &Call, id: &str) -> Result<Vec<AgentId>, Problem> {
    let (caller, in_place_of, authority) = right(call, id).await?;
    let is_limited = matches!(authority, Authority::Discretion { .. });
    let all = in_place_of.into_iter().chain([caller]).filter(|_| is_limited);
    Ok(all.map(|agent| agent.id).collect())
}

/// What is thought of a decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Review {
    /// The complaint's id, of the ticket or of an alias of it.
    complaint_id: Uuid,
    /// `confirmed` or `faulted`.
    #[schema(value_type = String)]
    finding: Finding,
    /// In the reviewer's words.
    note: Option<String>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// Review how a complaint was decided.
#[utoipa::path(tag = "tickets", request_body = Review,
    responses((status = 200, description = "The ticket.", body = TicketDocument)))]
#[post("/complaint/review")]
async fn review(call: Call, id: web::Path<String>, body: Body<Review>) -> Answer {
    let Review { complaint_id, finding, note, occurred_at } = body.asked;
    Check::default().maybe_text("/note", note.as_ref()).done()?;
    let complaint = ComplaintId(complaint_id);
    let command = TicketCommand::ReviewComplaint { complaint, finding, note };
    call.execute_at_home(&id, &body.bytes, occurred_at, (Home::OfComplaint(complaint), command))
        .await
}

/// Get what the customer of a ticket complained of, oldest first.
#[utoipa::path(tag = "tickets",
    responses((status = 200, description = "The complaints.", body = Page<TicketComplaint>)))]
#[get("/complaints")]
async fn complaints(docket: web::Data<Docket>, caller: Caller, id: web::Path<String>) -> Answer {
    let id = found(&docket, &id).await?;
    let mut complaints = Vec::new();
    let take = |event: &Recorded| ticket_complaints::evolve(&mut complaints, event);
    docket.reader.each(&id.stream(), Moment::Now, take).await?;
    let case = docket.cases.now(&docket.reader, id).await?;
    let Some(document) = case.document() else { return Err(Problem::not_found("ticket")) };
    let catalogue = docket.desk.catalogue();
    let prepared = document.category.as_deref().and_then(|it| catalogue.solutions_of_category(it));
    for complaint in &mut complaints {
        let is_open = complaint.decided.is_none() && complaint.severity == Severity::Minor;
        complaint.solutions = prepared
            .as_ref()
            .filter(|_| is_open)
            .map(|(_, solutions)| solutions.to_vec())
            .unwrap_or_default();
        for agent in complaint.agents() {
            let stream = ticket_complaints::stream_of(agent);
            let known = docket.names.of([stream.clone()]).await?;
            if let Some(name) = known.get(&stream) {
                agent.name = name.as_deref().map(str::to_owned);
            }
        }
    }
    docket.read_by(&caller.0, "complaints", id.to_string())?;
    Page::until(complaints, None).answer()
}
