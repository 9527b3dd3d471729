//! The live feed of the log, as server-sent events.

use std::time::Duration;

use actix_web::web;
use bytes::Bytes;
use docket_domain::ids::TokenId;
use docket_projections::history;
use docket_store::Position;
use futures::Stream;
use tokio::time::Instant;

use super::wanted::Wanted;
use super::{GULP, look};
use crate::docket::Docket;
use crate::problem::Problem;

/// How often a silent stream shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What it shows then: a comment.
const BEAT: Bytes = Bytes::from_static(b": still here\n\n");

/// A live feed as it goes on: where it is, what is written next, and when something was written last.
struct Feed {
    docket: web::Data<Docket>,
    token: TokenId,
    wanted: Wanted,
    after: Position,
    ready: Option<Bytes>,
    said: Instant,
}

/// The live feed: events as they come, a comment where nothing comes for a while. It ends when the
/// server stops or the token is revoked; a client resumes with the last id it saw.
pub(super) fn feed(
    docket: web::Data<Docket>,
    token: TokenId,
    wanted: Wanted,
    after: Position,
) -> impl Stream<Item = Result<Bytes, Problem>> + 'static {
    let ready = Some(Bytes::from_static(b"retry: 1000\n\n"));
    let start = Feed { docket, token, wanted, after, ready, said: Instant::now() };
    futures::stream::try_unfold(start, async move |mut feed| {
        let next = match feed.ready.take() {
            Some(bytes) => Some(bytes),
            None => feed.next().await?,
        };
        let Some(bytes) = next else { return Ok(None) };
        if !bytes.is_empty() {
            feed.said = Instant::now();
        }
        Ok(Some((bytes, feed)))
    })
}

impl Feed {
    /// What is written next, perhaps nothing yet; none where it ends.
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let Self { docket, token, wanted, .. } = &*self;
        let mut stopping = docket.stopping();
        if *stopping.borrow() || !docket.tokens.holds(*token) {
            return Ok(None);
        }
        tokio::select! {
            () = docket.store.wait_beyond(self.after) => {}
            _ = stopping.changed() => return Ok(None),
            () = tokio::time::sleep_until(self.said + HEARTBEAT) => return Ok(Some(BEAT)),
        }
        let stretch = look(docket, wanted, self.after, GULP).await?;
        let texts = history::render(&docket.reader, &docket.names, &stretch.events).await?;
        // Asked once all is read: what came after a revocation was answered is not shown then.
        if !docket.tokens.holds(*token) {
            return Ok(None);
        }
        self.after = stretch.looked;
        let events = stretch.events.iter().zip(&texts);
        let text = events.fold(String::new(), |text, (event, data)| {
            text + &format!("id: {}\ndata: {data}\n\n", event.position)
        });
        // Where nothing that comes is wanted, no byte would be written, however long that goes on.
        let is_silent = text.is_empty() && self.said.elapsed() >= HEARTBEAT;
        Ok(Some(if is_silent { BEAT } else { Bytes::from(text) }))
    }
}
