//! Timers: what is due is done.
//!
//! The view of deadlines lists what is due. The command's id derives from what it is about, so that
//! however often and by however many it is tried, it happens once. One that cannot be done keeps none
//! of the others waiting: it is said once, and tried again later.

use std::collections::HashMap;
use std::sync::Arc;

use docket_commands::{CommandError, Done};
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::sla::clock::{Clock, Mark};
use docket_domain::sla::plan::ClockKind;
use docket_domain::ticket::command::TicketRefusal;
use docket_projections::deadlines::{self, Deadline, Kind};
use docket_projections::documents::DocumentsError;
use docket_projections::recorded::Moment;
use futures::StreamExt;
use futures::stream;
use uuid::Uuid;

use crate::docket::Docket;
use crate::workers::LONGEST_SLEEP;

/// How many deadlines are read in one go.
const BATCH: usize = 100;

/// How many are fired at once: the store commits them together.
const AT_ONCE: usize = 32;

/// After how long a timer that failed is tried again, in milliseconds; twice as long each time.
const FIRST_RETRY_MS: i64 = 5_000;

/// How often a ticket's clocks are read again because it changed meanwhile.
const TRIES: usize = 8;

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
    failing: HashMap<Name, Failing>,
}

/// What tells a timer from all others.
type Name = (Uuid, Kind, u64);

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
    /// How many commands took effect.
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
            last = due.last().cloned();
            let whole = due.len() == BATCH;
            let (resting, tried): (Vec<Deadline>, Vec<Deadline>) =
                due.into_iter().partition(|deadline| self.rests(deadline, now));
            round.resting += resting.len();
            still_failing.extend(resting.iter().filter_map(|it| self.known(it)));
            let firing =
                stream::iter(tried).map(async |deadline| (fire(docket, &deadline).await, deadline));
            let mut fired = firing.buffer_unordered(AT_ONCE);
            while let Some((outcome, deadline)) = fired.next().await {
                match outcome {
                    Ok(effects) => round.fired += effects,
                    Err(error) => {
                        round.failed += 1;
                        still_failing.insert(name(&deadline), self.fails(&deadline, now, &error));
                    }
                }
            }
            if !whole {
                // What is left over was done otherwise meanwhile, and is forgotten.
                self.failing = still_failing;
                return Ok(round);
            }
        }
    }

    fn known(&self, deadline: &Deadline) -> Option<(Name, Failing)> {
        self.failing.get_key_value(&name(deadline)).map(|(name, failing)| (*name, *failing))
    }

    /// Whether it failed a short time ago.
    fn rests(&self, deadline: &Deadline, now: Instant) -> bool {
        self.known(deadline).is_some_and(|(_, failing)| now < failing.retry_at)
    }

    fn fails(&self, deadline: &Deadline, now: Instant, error: &str) -> Failing {
        let known = self.known(deadline);
        if known.is_none() {
            let Deadline { ticket, kind, .. } = deadline;
            tracing::warn!(error, %ticket, ?kind, "what is due could not be done; trying again later");
        }
        let patience_ms = known.map_or(FIRST_RETRY_MS, |(_, failing)| failing.patience_ms);
        let retry_at = now.plus_millis(patience_ms);
        Failing { retry_at, patience_ms: (2 * patience_ms).min(LONGEST_RETRY_MS) }
    }
}

fn name(deadline: &Deadline) -> Name {
    (deadline.ticket, deadline.kind, deadline.version)
}

/// Issues one timer's commands; answers how many took effect, or why not.
async fn fire(docket: &Docket, deadline: &Deadline) -> Result<usize, String> {
    let ticket = TicketId(deadline.ticket);
    let took_effect = |done: &Done| usize::from(!done.events.is_empty() && !done.repeated);
    match deadline.kind {
        Kind::Snooze => {
            let done = docket.desk.wake_due(ticket, deadline.version).await;
            done.map(|done| took_effect(&done)).map_err(|error| error.to_string())
        }
        Kind::Offer => {
            let due = (deadline.version, deadline.due_at);
            let done = docket.desk.expire_offer(ticket, due).await;
            done.map(|done| took_effect(&done)).map_err(|error| error.to_string())
        }
        Kind::Purge => {
            let due = (deadline.version, deadline.due_at);
            let done = docket.desk.mark_purge(ticket, due).await;
            done.map(|done| took_effect(&done)).map_err(|error| error.to_string())
        }
        Kind::Clock => {
            let (mut effects, mut noted) = (0, Vec::new());
            while let Some((what, done)) = mark_next(docket, ticket, &noted).await? {
                effects += took_effect(&done);
                // Another worker may have been faster. Whoever it was, the next thing has its turn.
                noted.push(what);
            }
            Ok(effects)
        }
    }
}

/// What was noted of which clock.
type Noted = ((ClockKind, u32), Mark);

/// Notes the first thing that is due of a ticket's clocks as the log has them now, and is not among what
/// was noted already; none when nothing is.
async fn mark_next(
    docket: &Docket,
    ticket: TicketId,
    noted: &[Noted],
) -> Result<Option<(Noted, Done)>, String> {
    for _ in 0..TRIES {
        let case = docket.cases.now(&docket.reader, ticket).await;
        let case = case.map_err(|problem| problem.to_string())?;
        let clocks = docket.family(ticket, &case, Moment::Now).await;
        let clocks = clocks.map_err(|problem| problem.to_string())?;
        let due = clocks.clocks(ticket).iter().flat_map(Clock::due);
        let due = due.filter(|due| due.at < docket.now());
        let (again, due): (Vec<_>, Vec<_>) =
            due.partition(|due| noted.contains(&(due.of(), due.mark)));
        let due = due.into_iter().min_by_key(|due| (due.at, due.mark));
        let (Some(due), Some(document)) = (due, case.document()) else {
            let stuck = "what is due was noted before, and is due still".to_owned();
            return if again.is_empty() { Ok(None) } else { Err(stuck) };
        };
        let what = (due.of(), due.mark);
        match docket.desk.mark_clock(ticket, due, document.version).await {
            // Somebody changed it in this very moment: what is due may be something else now.
            Err(CommandError::Ticket(TicketRefusal::ClocksChanged)) => {}
            done => {
                let done = done.map_err(|error| error.to_string())?;
                return Ok(Some((what, done)));
            }
        }
    }
    Err("the ticket changes all the time".to_owned())
}
