//! What operates the server: `/healthz`, `/readyz`, `/metrics`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::call::{Answer, json};
use crate::docket::Docket;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(healthz).service(readyz).service(metrics);
}

/// How the server does.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`, or `not_ready`.
    status: &'static str,
    /// What is not ready.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_ready: Vec<String>,
}

/// Tell whether the process is alive.
#[utoipa::path(tag = "operation",
    responses((status = 200, description = "It is.", body = Health)))]
#[get("/healthz")]
async fn healthz() -> Answer {
    json(HttpResponse::Ok(), &Health { status: "ok", not_ready: Vec::new() })
}

/// Tell whether requests are welcome: the store is reachable, the views are fresh.
#[utoipa::path(tag = "operation",
    responses((status = 200, description = "They are.", body = Health),
        (status = 503, description = "They are not; says why.", body = Health)))]
#[get("/readyz")]
async fn readyz(docket: web::Data<Docket>) -> Answer {
    let not_ready = docket.not_ready().await;
    if not_ready.is_empty() {
        return json(HttpResponse::Ok(), &Health { status: "ok", not_ready });
    }
    let mut response = HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE);
    response.insert_header(("retry-after", "1"));
    json(response, &Health { status: "not_ready", not_ready })
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
