//! Definitions, each a whole document that holds from now on: queues, categories (whose keys are
//! paths), statuses, priorities, types, calendars, plans, templates and the settings.

pub mod document;
mod publishing;

use std::collections::BTreeMap;

use actix_web::{HttpResponse, delete, get, put, web};
use docket_domain::codec::Event;
use docket_domain::definition::{Catalogue, DefinitionEvent, DefinitionKind, InForce};
use docket_domain::instant::Instant;
use docket_projections::recorded::Moment;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use self::document::{kind, plain};
use self::publishing::{publish_one, retire_one};
use crate::body::{Body, Params};
use crate::call::{Answer, Call, etag, json};
use crate::docket::Docket;
use crate::page::{Page, Part};
use crate::problem::Problem;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list).service(versions).service(read).service(publish).service(retire);
    config.service(category_versions).service(category);
    config.service(publish_category).service(retire_category);
    config.service(settings).service(publish_settings).service(settings_versions);
}

/// A definition in force: its document, and which one it is.
#[derive(Serialize, ToSchema)]
struct Definition {
    /// Its key.
    key: String,
    /// Its version.
    version: u64,
    /// Since when it holds.
    #[schema(value_type = String, format = DateTime)]
    effective_from: Instant,
    /// The members of the document itself.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    document: Value,
    /// What a plan or a calendar that was just published leaves open or says in vain, each with `pointer`
    /// and `detail`; nothing is wrong with it for that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    doubts: Vec<Value>,
}

/// One version of a definition.
#[derive(Serialize, ToSchema)]
struct DefinitionVersion {
    /// The version.
    version: u64,
    /// Since when it holds.
    #[schema(value_type = String, format = DateTime)]
    effective_from: Instant,
    /// Whether it took the definition out of use.
    retired: bool,
    /// The document; `null` where it was retired.
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
}

/// List the definitions of a kind that are in force.
#[utoipa::path(tag = "definitions", params(Part),
    responses((status = 200, description = "The definitions.", body = Page<Definition>)))]
#[get("/{kind:queues|categories|statuses|priorities|types|calendars|plans|templates}")]
async fn list(docket: web::Data<Docket>, path: web::Path<String>, part: Params<Part>) -> Answer {
    let all = all_in_force(&docket.desk.catalogue(), kind(&path)?);
    Page::part(all, &part.0, |found| found.key.clone())?.answer()
}

/// Get a definition in force.
#[utoipa::path(tag = "definitions",
    responses((status = 200, description = "The definition.", body = Definition)))]
#[get("/{kind:queues|statuses|priorities|types|calendars|plans|templates}/{key}")]
async fn read(docket: web::Data<Docket>, path: web::Path<(String, String)>) -> Answer {
    read_one(&docket, kind(&path.0)?, &path.1)
}

/// Publish a whole new version of a definition; it holds from now on.
#[utoipa::path(tag = "definitions", request_body = Object, responses(
    (status = 200, description = "The definition.", body = Definition),
    (status = 201, description = "The definition, where there was none.", body = Definition)))]
#[put("/{kind:queues|statuses|priorities|types|calendars|plans|templates}/{key}")]
async fn publish(call: Call, path: web::Path<(String, String)>, body: Body<IgnoredAny>) -> Answer {
    publish_one(&call, (kind(&path.0)?, &path.0), &path.1, &body.bytes).await
}

/// Take a definition out of use; what used it keeps it.
#[utoipa::path(tag = "definitions", responses((status = 204, description = "It is retired.")))]
#[delete("/{kind:queues|statuses|priorities|types|calendars|plans|templates}/{key}")]
async fn retire(call: Call, path: web::Path<(String, String)>) -> Answer {
    retire_one(&call, kind(&path.0)?, &path.1).await
}

/// List all versions that a definition ever had, oldest first.
#[utoipa::path(tag = "definitions", params(Part),
    responses((status = 200, description = "The versions.", body = Page<DefinitionVersion>)))]
#[get("/{kind:queues|statuses|priorities|types|calendars|plans|templates}/{key}/versions")]
async fn versions(
    docket: web::Data<Docket>,
    path: web::Path<(String, String)>,
    part: Params<Part>,
) -> Answer {
    versions_of(&docket, kind(&path.0)?, &path.1, &part.0).await
}

/// Get a category in force; its key is a path.
#[utoipa::path(tag = "definitions",
    responses((status = 200, description = "The category.", body = Definition)))]
#[get("/categories/{key:.+}")]
async fn category(docket: web::Data<Docket>, key: web::Path<String>) -> Answer {
    read_one(&docket, DefinitionKind::Category, &key)
}

/// Publish a whole new version of a category.
#[utoipa::path(tag = "definitions", request_body = Object, responses(
    (status = 200, description = "The category.", body = Definition),
    (status = 201, description = "The category, where there was none.", body = Definition)))]
#[put("/categories/{key:.+}")]
async fn publish_category(call: Call, key: web::Path<String>, body: Body<IgnoredAny>) -> Answer {
    publish_one(&call, (DefinitionKind::Category, "categories"), &key, &body.bytes).await
}

/// Take a category out of use.
#[utoipa::path(tag = "definitions", responses((status = 204, description = "It is retired.")))]
#[delete("/categories/{key:.+}")]
async fn retire_category(call: Call, key: web::Path<String>) -> Answer {
    retire_one(&call, DefinitionKind::Category, &key).await
}

/// List all versions that a category ever had, oldest first.
#[utoipa::path(tag = "definitions", params(Part),
    responses((status = 200, description = "The versions.", body = Page<DefinitionVersion>)))]
#[get("/categories/{key:.+}/versions")]
async fn category_versions(
    docket: web::Data<Docket>,
    key: web::Path<String>,
    part: Params<Part>,
) -> Answer {
    versions_of(&docket, DefinitionKind::Category, &key, &part.0).await
}

/// Get the settings in force.
#[utoipa::path(tag = "definitions",
    responses((status = 200, description = "The settings.", body = Definition)))]
#[get("/settings")]
async fn settings(docket: web::Data<Docket>) -> Answer {
    read_one(&docket, DefinitionKind::Settings, SETTINGS)
}

/// Publish the settings anew, whole.
#[utoipa::path(tag = "definitions", request_body = Object,
    responses((status = 200, description = "The settings.", body = Definition)))]
#[put("/settings")]
async fn publish_settings(call: Call, body: Body<IgnoredAny>) -> Answer {
    publish_one(&call, (DefinitionKind::Settings, SETTINGS), SETTINGS, &body.bytes).await
}

/// List all versions of the settings, oldest first.
#[utoipa::path(tag = "definitions", params(Part),
    responses((status = 200, description = "The versions.", body = Page<DefinitionVersion>)))]
#[get("/settings/versions")]
async fn settings_versions(docket: web::Data<Docket>, part: Params<Part>) -> Answer {
    versions_of(&docket, DefinitionKind::Settings, SETTINGS, &part.0).await
}

/// The key of the one settings document.
const SETTINGS: &str = "settings";

fn read_one(docket: &Docket, kind: DefinitionKind, key: &str) -> Answer {
    let found = in_force(docket, kind, key).ok_or_else(|| Problem::not_found(kind.word()))?;
    let mut response = HttpResponse::Ok();
    response.insert_header(etag(found.version));
    json(response, &found)
}

async fn versions_of(docket: &Docket, kind: DefinitionKind, key: &str, part: &Part) -> Answer {
    let history = docket.reader.stream(&kind.stream(key), Moment::Now).await?;
    let found: Vec<_> = history
        .into_iter()
        .filter_map(|recorded| match recorded.event {
            Event::Definition(event) => Some((recorded.version, recorded.occurred_at, event)),
            Event::Ticket(_) | Event::Customer(_) | Event::Agent(_) | Event::Token(_) => None,
        })
        .filter_map(|(version, effective_from, event)| match event {
            DefinitionEvent::DefinitionPublished { document, .. } => {
                let document = Some(plain(&document));
                Some(DefinitionVersion { version, effective_from, retired: false, document })
            }
            DefinitionEvent::DefinitionRetired { .. } => {
                Some(DefinitionVersion { version, effective_from, retired: true, document: None })
            }
            DefinitionEvent::PlanReapplied { .. } => None,
        })
        .collect();
    if found.is_empty() {
        return Err(Problem::not_found(kind.word()));
    }
    Page::part(found, part, |one| one.version.to_string())?.answer()
}

fn in_force(docket: &Docket, kind: DefinitionKind, key: &str) -> Option<Definition> {
    all_in_force(&docket.desk.catalogue(), kind).into_iter().find(|found| found.key == key)
}

fn all_in_force(catalogue: &Catalogue, kind: DefinitionKind) -> Vec<Definition> {
    match kind {
        DefinitionKind::Queue => listed(&catalogue.queues),
        DefinitionKind::Category => listed(&catalogue.categories),
        DefinitionKind::Status => listed(&catalogue.statuses),
        DefinitionKind::Priority => listed(&catalogue.priorities),
        DefinitionKind::Type => listed(&catalogue.types),
        DefinitionKind::Calendar => listed(&catalogue.calendars),
        DefinitionKind::Plan => listed(&catalogue.plans),
        DefinitionKind::Template => listed(&catalogue.templates),
        DefinitionKind::Settings => {
            catalogue.settings.iter().map(|found| shown(SETTINGS, found)).collect()
        }
    }
}

fn listed<T: Serialize>(found: &BTreeMap<String, InForce<T>>) -> Vec<Definition> {
    found.iter().map(|(key, found)| shown(key, found)).collect()
}

fn shown<T: Serialize>(key: &str, found: &InForce<T>) -> Definition {
    Definition {
        key: key.to_owned(),
        version: found.version,
        effective_from: found.effective_from,
        document: serde_json::to_value(&found.document).unwrap_or_default(),
        doubts: Vec::new(),
    }
}
