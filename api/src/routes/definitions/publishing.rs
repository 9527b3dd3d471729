//! Publishing a version of a definition, and taking it out of use.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use docket_commands::Done;
use docket_domain::definition::{DefinitionKind, Document, FieldError};
use docket_store::Sealed;
use serde_json::{Value, json};

use super::document::{parse, plain};
use super::{Definition, in_force};
use crate::call::{Answer, Call};
use crate::gate::POSITION;
use crate::problem::Problem;

/// Publishes a version: 201 where there was no such definition before.
pub(super) async fn publish_one(
    call: &Call,
    (kind, plural): (DefinitionKind, &str),
    key: &str,
    said: &[u8],
) -> Answer {
    let document = parse(kind, key, said)?;
    let request = call.request(said, None)?;
    let done = match call.docket.desk.publish(&request, key, &document).await {
        Ok(done) => done,
        Err(error) => return Err(call.docket.refusal(&call.principal, error).await),
    };
    let published = done.events.last().map(|recorded| Definition {
        key: key.to_owned(),
        version: recorded.version,
        effective_from: recorded.occurred_at,
        document: plain(&document),
        doubts: Vec::new(),
    });
    let mut definition = published.or_else(|| in_force(&call.docket, kind, key));
    if let Some(definition) = &mut definition {
        definition.doubts = doubts(call, &document);
    }
    if !created(call, &done).await? {
        return call.answer(&done, StatusCode::OK, &definition);
    }
    let mut response = call.answer(&done, StatusCode::CREATED, &definition)?;
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/{plural}/{key}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// What may not be meant of a document that was published.
fn doubts(call: &Call, document: &Document) -> Vec<Value> {
    let doubts = match document {
        Document::Plan(plan) => plan.doubts(&call.docket.desk.catalogue()),
        Document::Calendar(calendar) => calendar.doubts(),
        _ => Vec::new(),
    };
    let told = |it: &FieldError| json!({ "pointer": it.pointer, "detail": it.problem.to_string() });
    doubts.iter().map(told).collect()
}

/// Whether there was no such definition before: none ever, or it was retired.
async fn created(call: &Call, done: &Done) -> Result<bool, Problem> {
    let Some(published) = done.events.last() else { return Ok(false) };
    let Some(before) = published.version.checked_sub(2) else { return Ok(true) };
    let store = &call.docket.store;
    let before = store.read_stream(&done.stream, before, 1, Sealed::Without).await?;
    Ok(before.first().is_some_and(|event| event.event_type == "DefinitionRetired"))
}

/// Takes a definition out of use.
pub(super) async fn retire_one(call: &Call, kind: DefinitionKind, key: &str) -> Answer {
    let request = call.request(&[], None)?;
    match call.docket.desk.retire(&request, kind, key).await {
        Ok(done) => Ok(HttpResponse::NoContent().insert_header((POSITION, done.position)).finish()),
        Err(error) => Err(call.docket.refusal(&call.principal, error).await),
    }
}
