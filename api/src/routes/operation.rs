//! What operates the server: `/healthz`, `/readyz`, `/metrics`.

use std::collections::BTreeSet;

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::call::{Answer, json};
use crate::docket::Docket;
use crate::problem::Problem;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(healthz).service(readyz).service(metrics);
}

/// How the server does.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`.
    status: &'static str,
}

/// Tell whether the process is alive.
#[utoipa::path(tag = "operation",
    responses((status = 200, description = "It is.", body = Health)))]
#[get("/healthz")]
async fn healthz() -> Answer {
    json(HttpResponse::Ok(), &Health { status: "ok" })
}

/// That requests are welcome, and what is not as it should be all the same.
#[derive(Serialize, ToSchema)]
struct Readiness {
    /// `ok`.
    status: &'static str,
    /// The streams for which a view stands still, each once; `/v1/projections` says why.
    parked: BTreeSet<String>,
}

/// Tell whether requests are welcome: the store is reachable, the views are fresh.
#[utoipa::path(tag = "operation",
    responses((status = 200, description = "They are.", body = Readiness),
        (status = 503, description = "not_ready; says why.")))]
#[get("/readyz")]
async fn readyz(docket: web::Data<Docket>) -> Answer {
    let not_ready = docket.not_ready().await;
    if !not_ready.is_empty() {
        return Err(Problem::unavailable("not_ready", not_ready.join("; "), 1));
    }
    let parked = docket.views.parked().await?.into_iter().map(|parked| parked.stream).collect();
    json(HttpResponse::Ok(), &Readiness { status: "ok", parked })
}

/// Get figures for Prometheus.
#[utoipa::path(tag = "operation",
    responses((status = 200, description = "The figures.", body = String, content_type = "text/plain")))]
#[get("/metrics")]
async fn metrics(docket: web::Data<Docket>) -> HttpResponse {
    docket.measure().await;
    let figures = docket.figures.render();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(figures)
}
