//! Several processes on one log: what another wrote reaches what this one keeps in memory.
//!
//! Tickets need none of this, since whoever writes or shows one looks at its stream. What is asked at
//! every request is kept: tokens, definitions, people, names. It is as new as the log was when this
//! last looked, which is milliseconds ago.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use docket_domain::instant::Instant;
use docket_store::{Millis, Position, Written};

use crate::docket::Docket;
use crate::problem::Problem;

/// How many events are looked at together.
const PAGE: usize = 500;

/// How often others are asked whom they have erased.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How far the clocks of two servers may be apart.
const SKEW_MS: i64 = 600_000;

/// How long to leave the log alone after a look: what gathers meanwhile is read in one go.
const REST: Duration = Duration::from_millis(20);

/// How long to wait before what failed is tried again.
const RETRY: Duration = Duration::from_millis(250);

/// Follows the log from `cursor` until the server stops.
pub async fn run(docket: Arc<Docket>, mut cursor: Position) {
    let mut stopping = docket.stopping();
    while !*stopping.borrow_and_update() {
        tokio::select! {
            _ = stopping.changed() => continue,
            () = docket.store.wait_beyond(cursor) => {}
        }
        let rest = match catch_up(&docket, cursor).await {
            Ok(reached) => {
                cursor = reached;
                REST
            }
            Err(error) => {
                tracing::warn!(%error, "what other processes wrote cannot be followed; trying again");
                RETRY
            }
        };
        tokio::time::sleep(rest).await;
    }
}

/// Forgets whom other processes erase: a key that is destroyed leaves no event, and what this process
/// remembers of the subject must go all the same.
pub async fn erasures(docket: Arc<Docket>) {
    let mut stopping = docket.stopping();
    let mut heard = Heard::of_nobody(docket.now());
    while !*stopping.borrow_and_update() {
        if let Err(error) = heard.of_more(&docket).await {
            tracing::warn!(%error, "what other processes erased is not forgotten yet; trying again");
            // The database may be another one when it answers again.
            heard.is_certain = false;
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Of whose erasure this process has heard.
struct Heard {
    /// Up to when, and of whom at that time.
    until: Millis,
    last: BTreeSet<String>,
    /// Whether the database has all that it had before.
    is_certain: bool,
    /// Since when an erasure may have been missed by who projects.
    since: Millis,
}

impl Heard {
    fn of_nobody(now: Instant) -> Self {
        let (until, since) = (Millis::MIN, now.plus_millis(-SKEW_MS).0);
        Self { until, since, last: BTreeSet::new(), is_certain: true }
    }

    async fn of_more(&mut self, docket: &Docket) -> Result<(), Problem> {
        let erased = docket.erased_since(self.until).await?;
        let is_there = |subject: &String| erased.iter().any(|(erased, _)| erased == subject);
        if !self.is_certain || !self.last.iter().all(is_there) {
            docket.erase_again().await?;
            *self = Self { since: self.since, ..Self::of_nobody(docket.now()) };
            return Ok(());
        }
        let new: Vec<(String, Millis)> =
            erased.into_iter().filter(|(subject, _)| !self.last.contains(subject)).collect();
        if let Some((_, until)) = new.last() {
            docket.hear_of(&new, self.since).await?;
            if *until > self.until {
                self.last.clear();
            }
            self.until = *until;
            let latest = new.into_iter().filter(|(_, at)| *at == self.until);
            self.last.extend(latest.map(|(subject, _)| subject));
        }
        docket.settle_heard().await
    }
}

async fn catch_up(docket: &Docket, cursor: Position) -> Result<Position, Problem> {
    let events = docket.store.written(cursor, PAGE).await?;
    let any = |category: &str| events.iter().any(|event| is(event, category));
    if any("token-") {
        docket.tokens.reload(&*docket.store).await?;
    }
    if any("agent-") {
        docket.tokens.reload_agents(&*docket.store).await?;
    }
    if any("definition-") {
        docket.desk.reload_definitions().await?;
    }
    for event in &events {
        if is(event, "customer-") || is(event, "agent-") {
            docket.desk.outdate(&event.stream, event.version);
            docket.names.forget(&event.stream);
        }
    }
    Ok(events.last().map_or(cursor, |last| last.position))
}

fn is(event: &Written, category: &str) -> bool {
    event.stream.starts_with(category)
}
