//! `/v1/agents`: who gives service.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, get, patch, post, web};
use docket_commands::AgentInput;
use docket_domain::agent::{self, Agent, AgentProfile};
use docket_domain::codec::Event;
use docket_domain::customer::AddressKind;
use docket_domain::ids::AgentId;
use docket_domain::instant::Instant;
use docket_domain::money::Money;
use docket_domain::personal::Personal;
use docket_projections::recorded::Moment;
use docket_store::CategoryPages;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::body::{self, Body, Params};
use crate::call::{Answer, Call, etag, json};
use crate::check::{self, Check};
use crate::docket::Docket;
use crate::page::{Page, Part};
use crate::problem::Problem;
use crate::routes::tickets::Amount;

mod absences;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list).service(add).service(read).service(change);
    absences::configure(config);
}

/// An agent.
#[derive(Serialize, ToSchema)]
struct AgentDocument {
    /// Which agent.
    #[schema(value_type = String)]
    id: AgentId,
    /// The version of the last event.
    version: u64,
    /// The name; `null` once erased.
    name: Option<String>,
    /// The e-mail address; `null` when unknown or erased.
    email: Option<String>,
    /// Whether tickets may be given to the agent.
    active: bool,
    /// The most that the agent may grant who decides a complaint; `null` where nothing limits it.
    #[schema(value_type = Option<Amount>)]
    discretion: Option<Money>,
    /// The calendar that says when the agent works; `null` where the queue's does.
    calendar: Option<String>,
    /// What the agent can that not everybody can, as queues and categories ask for it.
    skills: Vec<String>,
    /// How many open tickets the agent is given by push and by `next`; `null` where as many as there are.
    capacity: Option<u32>,
    /// Whether the agent is away now: then the agent's tickets are to be taken by somebody else, and
    /// the agent takes none from a queue.
    absent: bool,
    /// The absences that are not over, the next one first.
    absences: Vec<absences::AbsenceDocument>,
}

/// An agent who joins.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddAgent {
    /// The name.
    name: String,
    /// The e-mail address.
    email: Option<String>,
    /// The most that the agent may grant who decides a complaint; unlimited unless said.
    #[schema(value_type = Option<Amount>)]
    discretion: Option<Money>,
    /// The key of the calendar that says when the agent works, for notices after hours; the queue's unless
    /// said.
    calendar: Option<String>,
    /// What the agent can that not everybody can: at most 50, each one line of 1 to 64 characters.
    #[serde(default)]
    skills: Vec<String>,
    /// How many open tickets the agent is given by push and by `next`, 1 to 1,000; unlimited unless said.
    #[schema(minimum = 1, maximum = 1000)]
    capacity: Option<u32>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeAgent {
    /// The name.
    #[serde(default, deserialize_with = "body::given")]
    name: Option<String>,
    /// The e-mail address.
    #[serde(default, deserialize_with = "body::given")]
    email: Option<String>,
    /// Whether tickets may be given to the agent, and the agent's tokens are worth anything.
    #[serde(default, deserialize_with = "body::given")]
    active: Option<bool>,
    /// The most that the agent may grant; unlimited where it is `null`.
    #[serde(default, deserialize_with = "or_none")]
    #[schema(value_type = Option<Amount>)]
    discretion: Option<Option<Money>>,
    /// The key of the calendar that says when the agent works; the queue's does where it is `null`.
    #[serde(default, deserialize_with = "or_none")]
    #[schema(value_type = Option<String>)]
    calendar: Option<Option<String>>,
    /// All that the agent can from now on.
    #[serde(default, deserialize_with = "body::given")]
    skills: Option<Vec<String>>,
    /// How many open tickets the agent is given; unlimited where it is `null`.
    #[serde(default, deserialize_with = "or_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    capacity: Option<Option<u32>>,
    /// When it happened, where an administrator's token knows better than now.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Instant>,
}

/// What was given, where `null` says that there is none from now on.
fn or_none<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    given: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(given).map(Some)
}

/// List the agents, by age.
#[utoipa::path(tag = "agents", params(Part),
    responses((status = 200, description = "The agents.", body = Page<AgentDocument>)))]
#[get("/agents")]
async fn list(docket: web::Data<Docket>, part: Params<Part>) -> Answer {
    let ids = Page::part(all(&docket).await?, &part.0, AgentId::to_string)?;
    let mut agents = Vec::with_capacity(ids.data.len());
    for id in ids.data {
        agents.extend(document(&docket, id, Moment::Now).await?);
    }
    Page::until(agents, ids.page.next).answer()
}

/// Add an agent to the desk.
#[utoipa::path(tag = "agents", request_body = AddAgent,
    responses((status = 201, description = "The agent.", body = AgentDocument)))]
#[post("/agents")]
async fn add(call: Call, body: Body<AddAgent>) -> Answer {
    let AddAgent { name, email, discretion, calendar, skills, capacity, occurred_at } = body.asked;
    Check::default()
        .name("/name", &name)
        .maybe_address("/email", AddressKind::Email, email.as_ref())
        .done()?;
    let request = call.request(&body.bytes, occurred_at)?;
    call.calendar("/calendar", calendar.as_deref(), &request).await?;
    let (name, email) = (name.trim().to_owned(), check::trimmed(email));
    let input = AgentInput { name, email, discretion, calendar, skills, capacity };
    let done = call.docket.desk.add_agent(&request, None, &input).await?;
    answer(&call, &done, StatusCode::CREATED).await
}

/// Get an agent.
#[utoipa::path(tag = "agents",
    responses((status = 200, description = "The agent.", body = AgentDocument)))]
#[get("/agents/{id}")]
async fn read(docket: web::Data<Docket>, id: web::Path<String>) -> Answer {
    let found = document(&docket, named(&id)?, Moment::Now).await?;
    let agent = found.ok_or_else(|| Problem::not_found("agent"))?;
    let mut response = HttpResponse::Ok();
    response.insert_header(etag(agent.version));
    json(response, &agent)
}

/// Change an agent.
#[utoipa::path(tag = "agents", request_body = ChangeAgent,
    responses((status = 200, description = "The agent.", body = AgentDocument)))]
#[patch("/agents/{id}")]
async fn change(call: Call, id: web::Path<String>, body: Body<ChangeAgent>) -> Answer {
    let ChangeAgent { name, email, active, discretion, calendar, skills, capacity, occurred_at } =
        body.asked;
    Check::default()
        .maybe_name("/name", name.as_ref())
        .maybe_address("/email", AddressKind::Email, email.as_ref())
        .done()?;
    let id = named(&id)?;
    let request = call.request(&body.bytes, occurred_at)?;
    call.calendar("/calendar", calendar.as_ref().and_then(Option::as_deref), &request).await?;
    let changed = |before: &AgentProfile| AgentProfile {
        name: name.as_deref().map_or_else(|| before.name.clone(), |it| Personal::text(it.trim())),
        email: email
            .as_deref()
            .map(|it| Personal::text(it.trim()))
            .or_else(|| before.email.clone()),
        active: active.unwrap_or(before.active),
        discretion: discretion.clone().unwrap_or_else(|| before.discretion.clone()),
        calendar: calendar.clone().unwrap_or_else(|| before.calendar.clone()),
        skills: skills.clone().unwrap_or_else(|| before.skills.clone()),
        capacity: capacity.unwrap_or(before.capacity),
    };
    let done = call.docket.desk.change_agent(&request, id, changed).await;
    let done = match done {
        Ok(done) => done,
        Err(error) => {
            return Err(call.docket.refusal(&call.principal, error).await.missing("agent"));
        }
    };
    // Who left the desk calls no more, from this answer on.
    let reloaded = call.docket.tokens.reload_agents(&*call.docket.store).await;
    reloaded.map_err(|error| Problem::from(error).though_done())?;
    answer(&call, &done, StatusCode::OK).await
}

async fn answer(call: &Call, done: &docket_commands::Done, status: StatusCode) -> Answer {
    call.docket.names.forget(&done.stream);
    let id = AgentId::of_stream(&done.stream).ok_or_else(Problem::internal)?;
    let agent = document(&call.docket, id, Moment::Version(done.version))
        .await?
        .ok_or_else(|| Problem::not_found("agent"))?;
    let mut response = call.answer(done, status, &agent)?;
    if let Ok(location) = header::HeaderValue::from_str(&format!("/v1/agents/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

fn named(id: &str) -> Result<AgentId, Problem> {
    Uuid::try_parse(id).map(AgentId).map_err(|_| Problem::not_found("agent"))
}

/// The agent at a moment.
async fn document(
    docket: &Docket,
    id: AgentId,
    moment: Moment,
) -> Result<Option<AgentDocument>, Problem> {
    let (mut folded, mut version) = (None, 0);
    for recorded in docket.reader.stream(&id.stream(), moment).await? {
        if let Event::Agent(event) = &recorded.event {
            (folded, version) = (agent::evolve(folded, event), recorded.version);
        }
    }
    let now = docket.now();
    Ok(folded.map(|agent| AgentDocument::of(id, version, agent, now)))
}

impl AgentDocument {
    fn of(id: AgentId, version: u64, agent: Agent, now: Instant) -> Self {
        let absent = agent.absence_at(now).is_some();
        let Agent { profile, absences } = agent;
        Self {
            id,
            version,
            name: profile.name.known().cloned(),
            email: profile.email.as_ref().and_then(|email| email.known().cloned()),
            active: profile.active,
            discretion: profile.discretion,
            calendar: profile.calendar,
            skills: profile.skills,
            capacity: profile.capacity,
            absent,
            absences: absences::not_over(absences, now),
        }
    }
}

/// The ids of all agents, by age.
async fn all(docket: &Docket) -> Result<Vec<AgentId>, Problem> {
    let mut agents = Vec::new();
    let mut pages = CategoryPages::of(&*docket.store, "agent");
    while let Some(page) = pages.next().await? {
        let first = page.iter().filter(|event| event.version == 1);
        agents.extend(first.filter_map(|event| AgentId::of_stream(&event.stream)));
    }
    Ok(agents)
}
