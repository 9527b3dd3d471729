//! `/v1/projections`: the views, how they do, building them anew, and what is kept of before.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, post, web};
use docket_projections::runner::{ProjectionError, ViewStatus};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::body::{Body, Params};
use crate::call::{Answer, Call, json};
use crate::docket::Docket;
use crate::page::{Page, Part};
use crate::problem::Problem;

/// How long the server that folds may take to drop a table.
const PATIENCE: Duration = Duration::from_secs(10);

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list).service(rebuild).service(back).service(drop_kept);
}

/// A view whose table changes.
#[derive(Serialize, ToSchema)]
struct Changing {
    /// Its name.
    name: String,
    /// `building`, or `live` where the table that was asked for answers already.
    state: &'static str,
}

/// Which table is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Back {
    /// Its name, as `kept` shows it; whichever is kept unless said. Said, the request may be repeated.
    #[serde(default)]
    table: Option<String>,
}

/// List the views: name, version, position, lag, state, and what is kept of before.
#[utoipa::path(tag = "projections", params(Part),
    responses((status = 200, description = "The views.", body = Page<ViewStatus>)))]
#[get("/projections")]
async fn list(docket: web::Data<Docket>, part: Params<Part>) -> Answer {
    Page::part(docket.views.status().await?, &part.0, |view| view.name.to_owned())?.answer()
}

/// Build a view anew beside the one in use; it takes its place when it is whole.
#[utoipa::path(tag = "projections",
    responses((status = 202, description = "It is being built.", body = Changing)))]
#[post("/projections/{name}/rebuild")]
async fn rebuild(call: Call, name: web::Path<String>) -> Answer {
    // Its answer comes long after this one; GET /v1/projections tells how it goes.
    drop(call.docket.views.rebuild(&name).await?);
    changing(name.into_inner(), "building")
}

/// Answer a view from the table that is kept again, brought forward to now; the one in use is kept in its
/// stead.
#[utoipa::path(tag = "projections", request_body = Back,
    responses((status = 202, description = "It is being brought forward.", body = Changing)))]
#[post("/projections/{name}/back")]
async fn back(call: Call, name: web::Path<String>, body: Body<Back>) -> Answer {
    let views = &call.docket.views;
    if let Some(table) = &body.asked.table {
        let status = views.status().await?;
        let view = status.into_iter().find(|view| view.name == *name);
        let view = view.ok_or_else(|| Problem::not_found("view"))?;
        if view.table.as_ref() == Some(table) {
            return changing(name.into_inner(), "live");
        }
        if view.kept.is_none_or(|kept| kept.table != *table) {
            return Err(ProjectionError::NothingKept(name.into_inner()).into());
        }
    }
    drop(views.take_back(&name).await?);
    changing(name.into_inner(), "building")
}

/// Drop the tables that are kept of a view.
#[utoipa::path(tag = "projections", responses((status = 204, description = "They are gone.")))]
#[delete("/projections/{name}/kept")]
async fn drop_kept(docket: web::Data<Docket>, name: web::Path<String>) -> Answer {
    let dropped = timeout(PATIENCE, docket.views.drop_kept(&name)).await;
    dropped.map_err(|_| {
        let detail = "the server that folds the views is busy; it drops them when it comes to it";
        Problem::unavailable("views_unavailable", detail, 5)
    })??;
    Ok(HttpResponse::NoContent().finish())
}

fn changing(name: String, state: &'static str) -> Answer {
    json(HttpResponse::build(StatusCode::ACCEPTED), &Changing { name, state })
}
