//! `/v1/projections`: the views, how they do, and building them anew.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use docket_projections::runner::ViewStatus;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::body::Params;
use crate::call::{Answer, Call, json};
use crate::docket::Docket;
use crate::page::{Page, Part};

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list).service(rebuild);
}

/// A view that is being built anew.
#[derive(Serialize, ToSchema)]
struct Rebuilding {
    /// Its name.
    name: String,
    /// `building`.
    state: &'static str,
}

/// List the views: name, version, position, lag, state.
#[utoipa::path(tag = "projections", params(Part),
    responses((status = 200, description = "The views.", body = Page<ViewStatus>)))]
#[get("/projections")]
async fn list(docket: web::Data<Docket>, part: Params<Part>) -> Answer {
    Page::part(docket.views.status().await?, &part.0, |view| view.name.to_owned())?.answer()
}

/// Build a view anew beside the one in use; it takes its place when it is whole.
#[utoipa::path(tag = "projections",
    responses((status = 202, description = "It is being built.", body = Rebuilding)))]
#[post("/projections/{name}/rebuild")]
async fn rebuild(call: Call, name: web::Path<String>) -> Answer {
    // Its answer comes long after this one; GET /v1/projections tells how it goes.
    drop(call.docket.views.rebuild(&name).await?);
    let response = HttpResponse::build(StatusCode::ACCEPTED);
    json(response, &Rebuilding { name: name.into_inner(), state: "building" })
}
