//! What the server does of its own accord: timers, owners who are away, tickets that are pushed, the keeping of files, the end of erasures, and
//! following what other servers write.

pub mod absences;
pub mod following;
pub mod routing;
pub mod timers;

use std::sync::Arc;
use std::time::Duration;

use docket_domain::instant::Instant;
use docket_store::{Position, StoreError};
use tokio::task::JoinHandle;

use crate::docket::Docket;

/// How long the worker sleeps at most: a deadline that nobody announced is late by this much.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);

/// How often the server goes on with erasures that are not finished.
const ERASURES_EVERY: Duration = Duration::from_secs(2);

/// How often files that nobody named are looked for, in milliseconds.
const SWEEP_EVERY_MS: i64 = 60_000;

/// Starts the workers of a server.
pub fn start(docket: &Arc<Docket>) -> Vec<JoinHandle<()>> {
    let mut workers = vec![
        tokio::spawn(timers::run(docket.clone())),
        tokio::spawn(absences::run(docket.clone())),
        tokio::spawn(routing::run(docket.clone())),
        tokio::spawn(files(docket.clone())),
        tokio::spawn(erasures(docket.clone())),
    ];
    if let Some(cursor) = docket.follows_from() {
        workers.push(tokio::spawn(following::run(docket.clone(), cursor)));
        workers.push(tokio::spawn(following::erasures(docket.clone())));
    }
    workers
}

/// How many events are looked at together.
const PAGE: usize = 1000;

/// Whether the log says anything of an agent behind `after`, up to `head`. Who starts at the beginning has
/// read nothing yet, so for them it does.
async fn agents_changed(
    docket: &Docket,
    mut after: Position,
    head: Position,
) -> Result<bool, StoreError> {
    if after == 0 && head > 0 {
        return Ok(true);
    }
    while after < head {
        let written = docket.store.written(after, PAGE).await?;
        if written.iter().any(|event| event.stream.starts_with("agent-")) {
            return Ok(true);
        }
        let Some(last) = written.last() else { break };
        after = last.position;
    }
    Ok(false)
}

/// Goes on with erasures that a crash, an error or a long read kept from their end.
async fn erasures(docket: Arc<Docket>) {
    let mut stopping = docket.stopping();
    while !*stopping.borrow_and_update() {
        if let Err(error) = docket.finish_erasures().await {
            tracing::error!(%error, "an erasure is not finished; trying again");
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(ERASURES_EVERY) => {}
        }
    }
}

/// Follows the log for the files that events name, and removes those that none did in time.
async fn files(docket: Arc<Docket>) {
    let mut stopping = docket.stopping();
    let mut swept = Instant::default();
    while !*stopping.borrow_and_update() {
        let now = docket.now();
        let done = if now >= swept.plus_millis(SWEEP_EVERY_MS) {
            swept = now;
            docket.attachments.sweep(now).await.map(drop)
        } else {
            docket.attachments.catch_up().await
        };
        if let Err(error) = done {
            tracing::warn!(%error, "files cannot be looked after; trying again");
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(LONGEST_SLEEP) => {}
        }
    }
}
