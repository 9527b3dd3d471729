//! Tickets that are pushed: where a queue says so, what waits there is given or offered to whoever can do it and has room
//! (S-14, S-15, S-17, S-50).
//!
//! Whom, the domain chooses; this gathers who is there, what they have and what waits. Every server does so, and the
//! command's id derives from the ticket's version, so that each is given once. What waits is counted by views,
//! which are waited for: a choice on what is known to be behind would give to the wrong one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use docket_commands::{CommandError, Counted};
use docket_domain::agent::Agent;
use docket_domain::definition::{Catalogue, Queue, Routing};
use docket_domain::ids::{AgentId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::routing::{Gift, Hand, Line, Waiting, share_out};
use docket_projections::agent_loads::{self, Load};
use docket_projections::ticket_list::free::{self, Free};
use docket_store::{CategoryPages, Position};

use crate::docket::Docket;
use crate::problem::Problem;
use crate::workers::{LONGEST_SLEEP, agents_changed};

/// How long views are waited for; where they stay behind longer, it is tried again later.
const CATCH_UP: Duration = Duration::from_secs(1);

/// How many waiting tickets are read in one go.
const PAGE: usize = 500;

/// How many waiting tickets of one queue are looked at: the most urgent.
const MOST_WAITING: usize = 5_000;

/// How many tickets are given before it is looked again who has what.
const MOST_GIFTS: usize = 200;

/// After how long a ticket that could not be given is tried again, in milliseconds.
const RETRY_MS: i64 = 60_000;

/// Gives what waits, until the server stops.
pub(super) async fn run(docket: Arc<Docket>) {
    let mut stopping = docket.stopping();
    let mut pushing = Pushing::default();
    while !*stopping.borrow_and_update() {
        if docket.views.lag().ready
            && let Err(error) = pushing.push(&docket).await
        {
            tracing::warn!(%error, "what waits cannot be given to anybody; trying again");
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(LONGEST_SLEEP) => {}
        }
    }
}

/// What a server knows between two looks.
#[derive(Default)]
pub struct Pushing {
    /// All agents there are, as far as the log was read.
    everybody: BTreeSet<AgentId>,
    head: Position,
    /// The tickets that could not be given, and until when each is left alone.
    resting: HashMap<TicketId, Instant>,
}

impl Pushing {
    /// Gives what waits in the queues that push to whoever is there and has room; answers how many were given.
    /// One that cannot be given keeps none of the others waiting, and is tried again a minute later.
    ///
    /// # Errors
    /// When the log or the views cannot be read, or nothing can be written now.
    pub async fn push(&mut self, docket: &Docket) -> Result<usize, Problem> {
        let catalogue = docket.desk.catalogue();
        let queues: Vec<(&String, &Queue)> = pushing(&catalogue).collect();
        // Desks that push nothing pay for nothing more than this.
        if queues.is_empty() || !docket.views.wait_for(docket.store.head(), CATCH_UP).await {
            return Ok(0);
        }
        let now = docket.now();
        self.resting.retain(|_, until| now < *until);
        let loads = agent_loads::of_all(docket.views.documents()).await?;
        let mut hands = self.hands(docket, &queues, &loads, now).await?;
        let mut lines = Vec::with_capacity(queues.len());
        for (key, queue) in queues {
            let mut line = empty_line(key, queue);
            if hands.iter().any(|hand| hand.is_free() && line.is_for(hand.agent)) {
                line.waiting = self.waiting(docket, &catalogue, key, queue).await?;
            }
            lines.push(line);
        }
        if lines.iter().all(|line| line.waiting.is_empty()) {
            return Ok(0);
        }
        for hand in hands.iter_mut().filter(|hand| hand.is_free()) {
            hand.given_at = agent_loads::pushed_at(docket.views.documents(), hand.agent).await?;
        }
        let gifts = share_out(&lines, &mut hands, now);
        self.give(docket, &gifts, loads).await
    }

    /// Gives each, until something cannot be written; counts how many were.
    async fn give(
        &mut self,
        docket: &Docket,
        gifts: &[Gift],
        mut loads: BTreeMap<AgentId, Load>,
    ) -> Result<usize, Problem> {
        let mut given = 0;
        for gift in gifts.iter().take(MOST_GIFTS) {
            let Some(to) = gift.to() else { continue };
            let load = loads.entry(to).or_default();
            let counted = Counted { open: load.open, given: load.given };
            match docket.desk.give(gift, counted).await {
                Ok(done) if done.repeated || done.events.is_empty() => {}
                Ok(_) => {
                    *load = Load { open: load.open + 1, given: load.given + 1 };
                    given += 1;
                }
                Err(error) if is_outrun(&error) => {}
                Err(error) => self.rest(docket, gift.ticket, error.into())?,
            }
        }
        Ok(given)
    }

    /// Leaves a ticket alone for a while, unless nothing at all can be written now.
    fn rest(&mut self, docket: &Docket, id: TicketId, why: Problem) -> Result<(), Problem> {
        if why.status() == StatusCode::SERVICE_UNAVAILABLE {
            return Err(why);
        }
        tracing::warn!(error = %why, ticket = %id, "it can be given to nobody; trying again later");
        self.resting.insert(id, docket.now().plus_millis(RETRY_MS));
        Ok(())
    }

    /// Who there is in any of the queues, with what they have.
    async fn hands(
        &mut self,
        docket: &Docket,
        queues: &[(&String, &Queue)],
        loads: &BTreeMap<AgentId, Load>,
        now: Instant,
    ) -> Result<Vec<Hand>, Problem> {
        let named = queues.iter().flat_map(|(_, queue)| agents(queue));
        let mut all: BTreeSet<AgentId> = named.copied().collect();
        if queues.iter().any(|(_, queue)| agents(queue).is_empty()) {
            self.catch_up(docket).await?;
            all.extend(&self.everybody);
        }
        let catalogue = docket.desk.catalogue();
        let mut hands = Vec::with_capacity(all.len());
        for id in all {
            let known = docket.desk.known_agent(id).await?;
            let load = loads.get(&id).map_or(0, |load| load.open);
            hands.extend(known.state.as_ref().map(|it| hand(&catalogue, id, it, load, now)));
        }
        Ok(hands)
    }

    /// What waits in a queue, but for what could not be given a moment ago.
    async fn waiting(
        &self,
        docket: &Docket,
        catalogue: &Catalogue,
        key: &str,
        queue: &Queue,
    ) -> Result<Vec<Waiting>, Problem> {
        let (documents, newest) = (docket.views.documents(), queue.newest_first);
        let now = docket.now();
        // Where nothing is offered, nobody passes.
        let again = queue.routing.as_deref().filter(|it| it.offer_ms().is_some());
        let again_ms = again.map(Routing::again_ms);
        let mut all: Vec<Free> = Vec::new();
        loop {
            let page = free::unowned(documents, key, newest, all.last(), PAGE).await?;
            let whole = page.len() < PAGE;
            all.extend(page);
            if whole || all.len() >= MOST_WAITING {
                break;
            }
        }
        let waiting = all.iter().map(|free| Waiting {
            ticket: TicketId(free.ticket()),
            level: free.level(),
            needs: catalogue.skills_for(key, free.category()),
            passed: again_ms.map(|again_ms| free.passed(again_ms, now)).unwrap_or_default(),
        });
        Ok(waiting.filter(|it| !self.resting.contains_key(&it.ticket)).collect())
    }

    /// Reads who there is, where the log says more of any agent.
    async fn catch_up(&mut self, docket: &Docket) -> Result<(), Problem> {
        let head = docket.store.head();
        if !agents_changed(docket, self.head, head).await? {
            self.head = head;
            return Ok(());
        }
        let mut pages = CategoryPages::of(&*docket.store, "agent");
        while let Some(page) = pages.next().await? {
            let first = page.iter().filter(|event| event.version == 1);
            self.everybody.extend(first.filter_map(|event| AgentId::of_stream(&event.stream)));
        }
        self.head = head;
        Ok(())
    }
}

/// The queues that push, by key.
fn pushing(catalogue: &Catalogue) -> impl Iterator<Item = (&String, &Queue)> {
    let all = catalogue.queues.iter().map(|(key, queue)| (key, &queue.document));
    all.filter(|(_, queue)| queue.routing.as_ref().is_some_and(|routing| routing.push))
}

/// Whom a queue names.
fn agents(queue: &Queue) -> &[AgentId] {
    queue.routing.as_ref().map_or(&[], |routing| &routing.agents)
}

fn empty_line(key: &str, queue: &Queue) -> Line {
    let agents = agents(queue).iter().copied().collect();
    Line { queue: key.to_owned(), agents, waiting: Vec::new() }
}

/// An agent as the choice asks. One with a calendar of their own is there while that is open.
fn hand(catalogue: &Catalogue, id: AgentId, agent: &Agent, load: u32, now: Instant) -> Hand {
    let profile = &agent.profile;
    let works = || profile.calendar.as_deref().is_none_or(|key| catalogue.is_open(key, now));
    Hand {
        agent: id,
        is_there: profile.active && agent.absence_at(now).is_none() && works(),
        skills: profile.skills.clone(),
        capacity: profile.capacity,
        load,
        given_at: None,
    }
}

/// Whether somebody else was faster, or something changed since it was looked: the next look sees it.
fn is_outrun(error: &CommandError) -> bool {
    matches!(
        error,
        CommandError::NotFree
            | CommandError::GivenMeanwhile
            | CommandError::AtCapacity { .. }
            | CommandError::AgentAbsent { .. }
            | CommandError::UnknownAgent { .. }
            | CommandError::Ticket(_)
    )
}
