//! `/v1/events`: the whole log in global order, in pages, as NDJSON, and live.

use actix_web::http::header::{Accept, Header, Quality};
use actix_web::{HttpRequest, HttpResponse, get, web};
use bytes::Bytes;
use docket_domain::ids::TokenId;
use docket_projections::history;
use docket_store::batches::{Batches, PAGE_BYTES, bytes};
use docket_store::{Position, Sealed, StoredEvent, Version};
use futures::Stream;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::auth::Caller;
use crate::body::Params;
use crate::call::Answer;
use crate::docket::Docket;
use crate::page;
use crate::problem::Problem;

use self::wanted::Wanted;

mod feed;
mod wanted;

/// The largest page of events.
const LARGEST: usize = 1_000;

/// The size of a page of events when none is asked for.
const USUAL: usize = 100;

/// How many events a stream of them reads at once.
const GULP: usize = 64;

/// How many events one answer looks at where a filter passes few of them.
const SCANNED: usize = 50_000;

/// From how many events on a stream is read by itself, rather than looked for in the log.
const FAR: Position = 64;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list).service(live);
}

/// A stretch of the log: the events that pass, and how far was looked.
struct Stretch {
    events: Vec<StoredEvent>,
    looked: Position,
}

/// Get the log in global order.
#[utoipa::path(tag = "events", params(Wanted), responses(
    (status = 200, description = "A page, or one event a line.", content(
        (page::Events = "application/json"), (String = "application/x-ndjson")))))]
#[get("/events")]
async fn list(
    docket: web::Data<Docket>,
    caller: Caller,
    request: HttpRequest,
    wanted: Params<Wanted>,
) -> Answer {
    let wanted = wanted.0.checked()?;
    let limit = wanted.limit.unwrap_or(USUAL);
    if !(1..=LARGEST).contains(&limit) {
        let detail = format!("limit is 1 to {LARGEST}");
        return Err(Problem::field("/limit", "invalid_value", detail));
    }
    let after = wanted.after.unwrap_or(0);
    Wanted::reached(&docket, after, "/after").await?;
    docket.read_by(&caller.0, "events", after.saturating_add(1).to_string())?;
    if accepts_lines(&request) {
        let lines = lines(docket, caller.0.token, wanted);
        return Ok(HttpResponse::Ok().content_type("application/x-ndjson").streaming(lines));
    }
    let stretch = look(&docket, &wanted, after, limit).await?;
    let texts = history::render(&docket.reader, &docket.names, &stretch.events).await?;
    let next = (stretch.looked < docket.store.head()).then_some(stretch.looked);
    Ok(page::of_texts(HttpResponse::Ok(), &texts, next))
}

/// Follow the log as it grows: server-sent events, `id` is the position.
#[utoipa::path(tag = "events",
    params(Wanted, ("Last-Event-ID" = Option<u64>, Header, description = "Where a broken stream goes on.")),
    responses((status = 200, description = "The feed.", body = String, content_type = "text/event-stream")))]
#[get("/events/stream")]
async fn live(
    docket: web::Data<Docket>,
    caller: Caller,
    request: HttpRequest,
    wanted: Params<Wanted>,
) -> Answer {
    let wanted = wanted.0.checked()?;
    let (after, pointer) = match request.headers().get("last-event-id") {
        Some(id) => {
            let id =
                Some(id.to_str().ok().and_then(|id| id.trim().parse().ok()).ok_or_else(|| {
                    Problem::field("/Last-Event-ID", "invalid_value", "Last-Event-ID is a position")
                })?);
            (id, "/Last-Event-ID")
        }
        None => (wanted.after, "/after"),
    };
    let after = after.unwrap_or_else(|| docket.store.head());
    Wanted::reached(&docket, after, pointer).await?;
    docket.read_by(&caller.0, "events", after.saturating_add(1).to_string())?;
    let feed = feed::feed(docket, caller.0.token, wanted, after);
    Ok(HttpResponse::Ok().content_type("text/event-stream").streaming(feed))
}

/// Whether one event a line is asked for by name, and one document is not preferred to it.
fn accepts_lines(request: &HttpRequest) -> bool {
    let Ok(accept) = Accept::parse(request) else { return false };
    let weight = |named: &str| {
        let item = accept.iter().find(|it| it.item.essence_str().eq_ignore_ascii_case(named));
        item.map_or(Quality::ZERO, |it| it.quality)
    };
    let lines = weight("application/x-ndjson");
    lines > Quality::ZERO && lines >= weight("application/json")
}

/// The next events behind `after` that are wanted: at most `limit`, found within a bounded look, and
/// no more than fit in [`PAGE_BYTES`], but at least one.
async fn look(
    docket: &Docket,
    wanted: &Wanted,
    after: Position,
    limit: usize,
) -> Result<Stretch, Problem> {
    let head = docket.store.head();
    if let Some(stream) = wanted.stream.as_ref().filter(|_| head > after + FAR) {
        return look_in(docket, wanted, stream, after, limit, head).await;
    }
    let mut stretch = Stretch { events: Vec::new(), looked: after };
    let filtered = wanted.r#type.is_some() || wanted.stream.is_some();
    let mut budget = if filtered { SCANNED } else { limit };
    let (mut size, mut batches) = (0, Batches::default());
    while budget > 0 {
        let asked = batches.next().min(budget);
        let batch = docket.store.read_all(stretch.looked, asked, Sealed::With).await?;
        if batch.is_empty() {
            break;
        }
        batches.learn(&batch);
        budget -= batch.len().min(budget);
        for event in batch {
            stretch.looked = event.position;
            if wanted.passes(&event) {
                size += bytes(&event);
                stretch.events.push(event);
            }
            if stretch.events.len() >= limit || size >= PAGE_BYTES {
                return Ok(stretch);
            }
        }
    }
    Ok(stretch)
}

/// The same for one stream, by its own order: what it has is found however far back it lies.
async fn look_in(
    docket: &Docket,
    wanted: &Wanted,
    stream: &str,
    after: Position,
    limit: usize,
    head: Position,
) -> Result<Stretch, Problem> {
    let mut stretch = Stretch { events: Vec::new(), looked: head };
    let mut version = version_at(docket, stream, after).await?;
    let (mut size, mut batches) = (0, Batches::default());
    loop {
        let asked = batches.next();
        let batch = docket.store.read_stream(stream, version, asked, Sealed::With).await?;
        batches.learn(&batch);
        let Some(last) = batch.last() else { return Ok(stretch) };
        version = last.version;
        for event in batch {
            if event.position > head {
                return Ok(stretch);
            }
            if wanted.passes(&event) {
                stretch.looked = event.position;
                size += bytes(&event);
                stretch.events.push(event);
                if stretch.events.len() >= limit || size >= PAGE_BYTES {
                    return Ok(stretch);
                }
                stretch.looked = head;
            }
        }
    }
}

/// The last version of a stream at a position or before it: the two grow together, so it is found without
/// reading all that came before.
async fn version_at(docket: &Docket, stream: &str, at: Position) -> Result<Version, Problem> {
    // Steps that double until one leads beyond, and halve from there on: a short stream takes few of them.
    let (mut known, mut step, mut is_beyond) = (0, 1, false);
    while at > 0 && step > 0 {
        let ahead = docket.store.read_stream(stream, known + step - 1, 1, Sealed::Without).await?;
        match ahead.first().filter(|event| event.position <= at) {
            Some(event) => known = event.version,
            None => is_beyond = true,
        }
        step = if is_beyond { step / 2 } else { step * 2 };
    }
    Ok(known)
}

/// One event a line: as many as asked for, else all up to where the log ends now. It breaks off when
/// the server stops or the token is revoked; a client resumes behind the last position it saw.
fn lines(
    docket: web::Data<Docket>,
    token: TokenId,
    wanted: Wanted,
) -> impl Stream<Item = Result<Bytes, Problem>> + 'static {
    let after = wanted.after.unwrap_or(0);
    let (left, end) = (wanted.limit.unwrap_or(usize::MAX), docket.store.head());
    let start = (docket, wanted, after, left);
    futures::stream::try_unfold(start, move |(docket, wanted, after, left)| async move {
        if left == 0 || after >= end {
            return Ok(None);
        }
        let mut stretch = look(&docket, &wanted, after, left.min(GULP)).await?;
        stretch.events.retain(|event| event.position <= end);
        let texts = history::render(&docket.reader, &docket.names, &stretch.events).await?;
        // Ending well would say that this is all.
        if docket.is_stopping() || !docket.tokens.holds(token) {
            let detail = "the export broke off; go on behind the last position";
            return Err(Problem::unavailable("broken_off", detail, 1));
        }
        let text = texts.iter().fold(String::new(), |text, line| text + line + "\n");
        Ok(Some((Bytes::from(text), (docket, wanted, stretch.looked, left - texts.len()))))
    })
}
