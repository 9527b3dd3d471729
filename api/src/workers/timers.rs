//! Timers: what is due is done.
//!
//! A timer comes from an event, and the view of deadlines lists what is due. The command's id
//! derives from that event, so that however often and by however many it is tried, it happens once.
//! One that cannot be done keeps none of the others waiting: it is said once, and tried again later.

use std::collections::HashMap;
use std::sync::Arc;

use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_projections::deadlines::{self, Deadline, Kind};
use docket_projections::documents::DocumentsError;
use uuid::Uuid;

use crate::docket::Docket;
use crate::workers::LONGEST_SLEEP;

/// How many deadlines are read in one go.
const BATCH: usize = 100;

/// After how long a timer that failed is tried again, in milliseconds; twice as long each time.
const FIRST_RETRY_MS: i64 = 5_000;

/// The longest time between two tries.
const LONGEST_RETRY_MS: i64 = 60 * 60 * 1_000;

/// Fires what is due, until the server stops.
pub(super) async fn run(docket: Arc<Docket>) {
    let mut stopping = docket.stopping();
    let mut timers = Timers::default();
    while !*stopping.borrow_and_update() {
        if docket.views.lag().ready
            && let Err(error) = timers.fire_due(&docket).await
        {
            tracing::warn!(%error, "deadlines cannot be read; trying again");
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(LONGEST_SLEEP) => {}
        }
    }
}

/// The timers of a server, and which of them failed.
#[derive(Default)]
pub struct Timers {
    failing: HashMap<(Uuid, u64), Failing>,
}

/// A timer that failed.
#[derive(Clone, Copy)]
struct Failing {
    /// When it is tried again.
    retry_at: Instant,
    /// How long it is waited for after the next failure.
    patience_ms: i64,
}

/// What a round of the timers came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// How many took effect.
    pub fired: usize,
    /// How many were tried and failed.
    pub failed: usize,
    /// How many failed before and wait to be tried again.
    pub resting: usize,
}

impl Timers {
    /// Issues the commands of all deadlines that are due now.
    ///
    /// # Errors
    /// When the deadlines cannot be read; what a timer's own command meets is not an error here.
    pub async fn fire_due(&mut self, docket: &Docket) -> Result<Round, DocumentsError> {
        let (now, mut round) = (docket.now(), Round::default());
        let mut still_failing = HashMap::new();
        let mut last: Option<Deadline> = None;
        loop {
            let documents = docket.views.documents();
            let due = deadlines::due(documents, now, last.as_ref(), BATCH).await?;
            for deadline in &due {
                let known = self.failing.get(&(deadline.ticket, deadline.version)).copied();
                if let Some(failing) = fire(docket, deadline, known, now, &mut round).await {
                    still_failing.insert((deadline.ticket, deadline.version), failing);
                }
            }
            if due.len() < BATCH {
                // What is left over was done otherwise meanwhile, and is forgotten.
                self.failing = still_failing;
                return Ok(round);
            }
            last = due.into_iter().next_back();
        }
    }
}

/// Issues one timer's command, unless it failed a short time ago; answers how it fails, if it does.
async fn fire(
    docket: &Docket,
    deadline: &Deadline,
    known: Option<Failing>,
    now: Instant,
    round: &mut Round,
) -> Option<Failing> {
    if known.as_ref().is_some_and(|failing| now < failing.retry_at) {
        round.resting += 1;
        return known;
    }
    let Deadline { ticket, kind: Kind::Snooze, version, .. } = *deadline;
    match docket.desk.wake_due(TicketId(ticket), version).await {
        Ok(done) => {
            round.fired += usize::from(!done.events.is_empty() && !done.repeated);
            None
        }
        Err(error) => {
            round.failed += 1;
            let patience_ms = known.as_ref().map_or(FIRST_RETRY_MS, |failing| failing.patience_ms);
            if known.is_none() {
                tracing::warn!(%error, %ticket, "a snooze that is due could not be ended; trying again later");
            }
            let retry_at = now.plus_millis(patience_ms);
            Some(Failing { retry_at, patience_ms: (2 * patience_ms).min(LONGEST_RETRY_MS) })
        }
    }
}
