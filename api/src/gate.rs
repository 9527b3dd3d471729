//! The gate that every request passes: its limits, the route × role table, and on the way out the
//! headers, the problem document, the figures and the log line that every answer has.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use docket_store::Position;
use futures::FutureExt;
use uuid::Uuid;

use crate::access::{self, Route, Who};
use crate::auth::{self, Principal};
use crate::body;
use crate::docket::Docket;
use crate::problem::Problem;
use crate::{fresh, metrics, openapi};

/// The longest request target, in bytes.
const URL_LIMIT: usize = 8 * 1024;

/// The most that all headers of a request may have together, in bytes.
const HEADER_LIMIT: usize = 32 * 1024;

/// The position of the log that an answer is as fresh as.
pub const POSITION: HeaderName = HeaderName::from_static("docket-position");

/// The id of a request; problems repeat it as `trace_id`.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Passes one request.
pub async fn pass(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let request_id = Uuid::now_v7().to_string();
    let method = metrics::method(request.method());
    let docket = request.app_data::<web::Data<Docket>>().cloned().ok_or_else(Problem::internal)?;
    let (route, mut admitted) = admit(&docket, &request);
    if admitted.is_ok() && method == "GET" {
        let awaited = fresh::await_log(&docket, request.headers()).await;
        admitted = awaited.and(admitted);
    }
    // An answer claims no more than it shows: what is recorded while a read is answered may be missing
    // from it.
    let seen = (method == "GET").then(|| docket.store.head());
    let mut response = match admitted {
        Ok(principal) => {
            if let Some(principal) = principal {
                request.extensions_mut().insert(principal);
            }
            match to_its_end(method, next.call(request)).await {
                Ok(answered) => explain(answered?.map_into_boxed_body(), &request_id),
                Err(()) => {
                    tracing::error!(request_id, %route, "a handler panicked");
                    let problem = Problem::internal().traced(&request_id);
                    let headers = common(&docket, &request_id, seen);
                    metrics::answered(method, route, problem.status(), started.elapsed());
                    return Err(headers
                        .fold(problem, |problem, (name, value)| problem.header(name, value))
                        .into());
                }
            }
        }
        Err(problem) => request.into_response(problem.response(&request_id)),
    };
    for (name, value) in common(&docket, &request_id, seen) {
        if !response.headers().contains_key(&name) {
            response.headers_mut().insert(name, value);
        }
    }
    if docket.is_stopping() {
        // A connection kept alive would hold the drain up.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let status = response.status();
    metrics::answered(method, route.clone(), status, started.elapsed());
    log(method, &route, status, started, &request_id);
    Ok(response)
}

/// Calls a handler; an error says that it panicked. Whatever may change something runs to its end even
/// if the client is gone: what is remembered in memory must follow what was written.
async fn to_its_end<T: 'static>(
    method: &str,
    handler: impl Future<Output = T> + 'static,
) -> Result<T, ()> {
    let handler = AssertUnwindSafe(handler).catch_unwind();
    let called = match method {
        "GET" => handler.await,
        _ => actix_web::rt::spawn(handler).await.map_err(|_| ())?,
    };
    called.map_err(|_| ())
}

/// Which route it is, and who calls; or why it does not pass.
fn admit(
    docket: &Docket,
    request: &ServiceRequest,
) -> (Cow<'static, str>, Result<Option<Arc<Principal>>, Problem>) {
    let Some(pattern) = request.match_pattern() else {
        let limits = limits(request).and_then(|()| docket.rates.peer(request.peer_addr()));
        return ("unknown".into(), Err(limits.err().unwrap_or_else(unknown_route)));
    };
    let method = request.method().as_str();
    let routes = access::of(&pattern);
    let Some(first) = routes.first() else {
        return ("unlisted".into(), Err(forbidden()));
    };
    let Some(route) = routes.iter().find(|route| route.method == method) else {
        return (first.label(request.path()), Err(wrong_method(routes)));
    };
    let allowed = limits(request).and_then(|()| allow(docket, route, request));
    let understood = allowed.and_then(|caller| check_parameters(route, request).map(|()| caller));
    (route.label(request.path()), understood)
}

/// Refuses parameters that are no text, and those of a route that takes none; those that take some refuse
/// what they do not know.
fn check_parameters(route: &Route, request: &ServiceRequest) -> Result<(), Problem> {
    let query = request.query_string();
    let of_the_desk = route.path.starts_with("/v1/");
    if query.is_empty() || !of_the_desk {
        return Ok(());
    }
    body::check_escapes(query)?;
    if openapi::takes_parameters(route) {
        return Ok(());
    }
    let name = query.split(['=', '&']).next().unwrap_or_default();
    let detail = "this address takes no parameters";
    Err(Problem::field(format!("/{name}"), "unknown_field", detail))
}

/// Who calls a route, if the table lets them, and as often as they may.
fn allow(
    docket: &Docket,
    route: &Route,
    request: &ServiceRequest,
) -> Result<Option<Arc<Principal>>, Problem> {
    let Who::Roles(roles) = route.who else {
        return Ok(None);
    };
    let principal = match auth::authenticate(&docket.tokens, request.headers()) {
        Ok(principal) => principal,
        // Whoever guesses at tokens is slowed down like everybody else.
        Err(problem) => {
            docket.rates.peer(request.peer_addr())?;
            return Err(problem);
        }
    };
    docket.rates.token(principal.token)?;
    if roles.contains(&principal.role) { Ok(Some(principal)) } else { Err(forbidden()) }
}

fn limits(request: &ServiceRequest) -> Result<(), Problem> {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > URL_LIMIT {
        let detail = format!("a request's target has at most {URL_LIMIT} bytes");
        return Err(Problem::new(StatusCode::URI_TOO_LONG, "uri_too_long", detail));
    }
    let headers = request.headers().iter();
    let size: usize = headers.map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if size > HEADER_LIMIT {
        let detail = format!("a request's headers have at most {HEADER_LIMIT} bytes together");
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Err(Problem::new(status, "headers_too_large", detail));
    }
    Ok(())
}

fn unknown_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_route", "there is nothing at this address")
}

fn forbidden() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", "the token's role may not do this")
}

fn wrong_method(routes: &[&Route]) -> Problem {
    let methods = routes.iter().map(|route| route.method).collect::<Vec<_>>().join(", ");
    let detail = format!("this address takes {methods}");
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
    match HeaderValue::from_str(&methods) {
        Ok(methods) => problem.header(header::ALLOW, methods),
        Err(_) => problem,
    }
}

/// Gives every refusal, whoever made it, the form of a problem document with the request's id.
fn explain(response: ServiceResponse<BoxBody>, request_id: &str) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = match response.response().error().map(Error::as_error::<Problem>) {
        Some(Some(problem)) => problem.response(request_id),
        _ if status == StatusCode::NOT_FOUND => unknown_route().response(request_id),
        _ if status.is_server_error() => {
            tracing::error!(request_id, status = status.as_u16(), "a request failed");
            Problem::internal().response(request_id)
        }
        _ => Problem::new(status, "bad_request", "the request cannot be understood")
            .response(request_id),
    };
    response.into_response(problem)
}

/// What every answer has that does not say otherwise.
fn common(
    docket: &Docket,
    request_id: &str,
    seen: Option<Position>,
) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let position = seen.unwrap_or_else(|| docket.store.head());
    let request_id = HeaderValue::from_str(request_id).ok().map(|id| (REQUEST_ID, id));
    let others = [
        (POSITION, HeaderValue::from(position)),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    request_id.into_iter().chain(others)
}

/// The line of the log: the route's pattern and never the target, which may say whom it is about.
fn log(method: &str, route: &str, status: StatusCode, started: Instant, request_id: &str) {
    let (status, micros) = (status.as_u16(), started.elapsed().as_micros());
    // Whoever probes for readiness asks often, and is told why in the answer.
    if status >= 500 && route != "/readyz" {
        tracing::warn!(request_id, method, route, status, micros, "answered");
    } else {
        tracing::debug!(request_id, method, route, status, micros, "answered");
    }
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, test};

    use super::*;
    use crate::config::{Config, Options};

    async fn panics() -> HttpResponse {
        panic!("a handler that is broken");
    }

    #[actix_web::test]
    async fn a_handler_that_panics_is_a_problem_with_the_requests_id() {
        let data = tempfile::tempdir().unwrap();
        let options = Options { data: Some(data.path().to_owned()), ..Options::default() };
        let config = Config::settle(options).unwrap();
        let docket = web::Data::new(Docket::open(&config, Arc::new(|| 0)).await.unwrap());
        let app = App::new().app_data(docket).wrap(from_fn(pass));
        let app = test::init_service(app.route("/healthz", web::get().to(panics))).await;

        let request = test::TestRequest::get().uri("/healthz").to_request();
        let failed = test::try_call_service(&app, request).await.unwrap_err();
        let answer = failed.error_response();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let header =
            |name: HeaderName| answer.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(header(header::CONTENT_TYPE), "application/problem+json");
        assert!(header(POSITION).parse::<u64>().is_ok());
        let request_id = header(REQUEST_ID);
        let body = answer.into_body().try_into_bytes().unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "internal_error");
        assert_eq!(body["trace_id"], request_id);
        assert!(!body.to_string().contains("broken"), "what it was is logged, never told");
    }
}
