//! What the server does of its own accord: timers, and the keeping of files.
//!
//! A timer comes from an event, and the view of deadlines lists what is due. The command's id
//! derives from that event, so that however often and by however many it is tried, it happens once.

use std::sync::Arc;
use std::time::Duration;

use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_projections::deadlines::{self, Deadline, Kind};
use docket_projections::documents::DocumentsError;
use tokio::task::JoinHandle;

use crate::docket::Docket;

/// How many deadlines are taken in one go.
const BATCH: usize = 100;

/// How long the worker sleeps at most: a deadline that nobody announced is late by this much.
const LONGEST_SLEEP: Duration = Duration::from_millis(500);

/// How often files that nobody named are looked for, in milliseconds.
const SWEEP_EVERY_MS: i64 = 60_000;

/// Starts the workers of a server.
pub fn start(docket: &Arc<Docket>) -> Vec<JoinHandle<()>> {
    vec![tokio::spawn(timers(docket.clone())), tokio::spawn(files(docket.clone()))]
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

/// Wakes what is due, until the server stops.
async fn timers(docket: Arc<Docket>) {
    let mut stopping = docket.stopping();
    while !*stopping.borrow_and_update() {
        if docket.views.lag().ready
            && let Err(error) = fire_due(&docket).await
        {
            tracing::warn!(%error, "deadlines cannot be read; trying again");
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(LONGEST_SLEEP) => {}
        }
    }
}

/// Issues the commands of all deadlines that are due now; answers how many took effect.
pub async fn fire_due(docket: &Docket) -> Result<usize, DocumentsError> {
    let due = deadlines::due(docket.views.documents(), docket.now(), BATCH).await?;
    let mut fired = 0;
    for deadline in due {
        fired += usize::from(fire(docket, &deadline).await);
    }
    Ok(fired)
}

async fn fire(docket: &Docket, deadline: &Deadline) -> bool {
    let Deadline { ticket, kind: Kind::Snooze, version, .. } = *deadline;
    match docket.desk.wake_due(TicketId(ticket), version).await {
        Ok(done) => !done.events.is_empty() && !done.repeated,
        Err(error) => {
            // The deadline stays in the view, so the next round tries again.
            tracing::warn!(%error, %ticket, "a snooze that is due could not be ended");
            false
        }
    }
}
