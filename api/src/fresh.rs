//! How fresh an answer from the views must be, and says it is.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use docket_store::Position;
use serde::Serialize;

use crate::call::{Answer, json};
use crate::docket::Docket;
use crate::gate::POSITION;
use crate::problem::Problem;

/// The position that a read demands to see.
const MIN_POSITION: HeaderName = HeaderName::from_static("docket-min-position");

/// How long a read waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The views, as fresh as the request demands.
pub struct Fresh {
    position: Position,
}

impl FromRequest for Fresh {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let docket = request.app_data::<web::Data<Docket>>().cloned();
        let wanted = min_position(request.headers());
        Box::pin(async move {
            let docket = docket.ok_or_else(Problem::internal)?;
            if !docket.views.lag().ready {
                let detail = "the views are being built; the log itself can be read";
                return Err(Problem::unavailable("views_building", detail, 1));
            }
            if let Some(wanted) = wanted?
                && !docket.views.wait_for(wanted, PATIENCE).await
            {
                return Err(lagging(wanted));
            }
            Ok(Self { position: docket.views.lag().position })
        })
    }
}

impl Fresh {
    /// An answer that says how fresh it is.
    pub fn answer(&self, document: &impl Serialize) -> Answer {
        let mut response = HttpResponse::Ok();
        response.insert_header((POSITION, self.position));
        json(response, document)
    }
}

/// Waits until the log holds what a read of the log itself demands.
pub async fn await_log(docket: &Docket, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(wanted) = min_position(headers)? else { return Ok(()) };
    if docket.store.head() >= wanted {
        return Ok(());
    }
    let beyond = docket.store.wait_beyond(wanted.saturating_sub(1));
    tokio::time::timeout(PATIENCE, beyond).await.map_err(|_| lagging(wanted))
}

/// Waits until the views show all that was acknowledged before.
pub async fn at_head(docket: &Docket) -> Result<(), Problem> {
    let head = docket.store.head();
    if docket.views.wait_for(head, PATIENCE).await { Ok(()) } else { Err(lagging(head)) }
}

fn lagging(wanted: Position) -> Problem {
    let detail = format!("position {wanted} cannot be seen yet");
    Problem::unavailable("projection_lagging", detail, 1)
}

fn min_position(headers: &HeaderMap) -> Result<Option<Position>, Problem> {
    let Some(value) = headers.get(&MIN_POSITION) else { return Ok(None) };
    let position = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let detail = "Docket-Min-Position is a position, as Docket-Position gives it";
    position
        .map(Some)
        .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "min_position_invalid", detail))
}
