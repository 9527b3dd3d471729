//! Owners who are away: their open tickets say so, and are to be taken by somebody who is there (S-91).
//!
//! Whether somebody is away follows from the agent's own record; a clock is a fold of its ticket's. So
//! what changes for a ticket is noted on it, once, at the instant at which it changed, also where no
//! server ran then.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use actix_web::http::StatusCode;
use docket_commands::CommandError;
use docket_domain::agent::presence::{Away, Change, Presence};
use docket_domain::codec::Event;
use docket_domain::definition::BaseStatus;
use docket_domain::ids::{AbsenceId, AgentId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::ticket::command::TicketRefusal;
use docket_projections::recorded::decode_closed;
use docket_projections::ticket_document::TicketDocument;
use docket_projections::ticket_list;
use docket_store::{CategoryPages, Position, StoreError};
use uuid::Uuid;

use crate::docket::Docket;
use crate::problem::Problem;
use crate::workers::{LONGEST_SLEEP, agents_changed};

/// How many tickets of an owner are asked for in one go.
const PAGE: usize = 200;

/// How often a ticket is looked at again because it changed meanwhile.
const TRIES: usize = 8;

/// After how long a ticket that nothing could be noted on is tried again, in milliseconds.
const RETRY_MS: i64 = 60_000;

/// For how long the tickets of an owner of whom nothing new is known are left alone, in milliseconds: one that
/// is reopened is noted on by then.
const SETTLED_MS: i64 = 60_000;

/// Notes who is away, until the server stops.
pub(super) async fn run(docket: Arc<Docket>) {
    let mut stopping = docket.stopping();
    let mut absences = Absences::default();
    while !*stopping.borrow_and_update() {
        if docket.views.lag().ready
            && let Err(error) = absences.note(&docket).await
        {
            tracing::warn!(%error, "who is away cannot be noted; trying again");
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = tokio::time::sleep(LONGEST_SLEEP) => {}
        }
    }
}

/// When the agents of a desk are away, as far as the log was read.
#[derive(Default)]
pub struct Absences {
    head: Position,
    agents: BTreeMap<AgentId, Presence>,
    settled: HashMap<AgentId, Settled>,
    /// The tickets that nothing could be noted on, and until when each is left alone.
    resting: HashMap<TicketId, Instant>,
}

/// That all tickets of an owner knew what there was to know.
struct Settled {
    away: Option<Away>,
    head: Position,
    until: Instant,
}

impl Settled {
    /// Whether it still holds. Whoever is away may be given tickets, and those are to know it at once.
    fn holds(&self, away: Option<Away>, head: Position, now: Instant) -> bool {
        now < self.until && self.away == away && (away.is_none() || self.head == head)
    }
}

impl Absences {
    /// Notes on the open tickets of everybody who is or was away what they do not know; answers how many
    /// changes were noted. A ticket that is changed all the time has its turn the next time; one that nothing
    /// can be noted on keeps none of the others waiting, and is tried again a minute later.
    ///
    /// # Errors
    /// When the log or the list of tickets cannot be read, or nothing can be written now.
    pub async fn note(&mut self, docket: &Docket) -> Result<usize, Problem> {
        self.catch_up(docket).await?;
        let (now, mut noted) = (docket.now(), 0);
        self.resting.retain(|_, until| now < *until);
        let head = docket.views.lag().position;
        for (agent, presence) in &self.agents {
            let Some(until) = presence.away_until(now) else { continue };
            let away = presence.at(now);
            if self.settled.get(agent).is_some_and(|it| it.holds(away, head, now)) {
                continue;
            }
            let found = Owner { id: *agent, presence, until };
            let changes = found.note(docket, &mut self.resting, now).await?;
            if changes == 0 {
                let until = now.plus_millis(SETTLED_MS);
                self.settled.insert(*agent, Settled { away, head, until });
            }
            noted += changes;
        }
        Ok(noted)
    }

    /// Reads what the log says of agents, where it says more of any.
    async fn catch_up(&mut self, docket: &Docket) -> Result<(), Problem> {
        let head = docket.store.head();
        if !agents_changed(docket, self.head, head).await? {
            self.head = head;
            return Ok(());
        }
        let mut agents: BTreeMap<AgentId, Presence> = BTreeMap::new();
        let mut pages = CategoryPages::of(&*docket.store, "agent");
        while let Some(page) = pages.next().await? {
            for stored in &page {
                let decoded = decode_closed(stored);
                let decoded = decoded.map_err(|error| StoreError::Integrity(error.to_string()))?;
                if let (Some(id), Event::Agent(event)) =
                    (AgentId::of_stream(&stored.stream), &decoded.event)
                {
                    agents.entry(id).or_default().evolve(decoded.occurred_at, event);
                }
            }
        }
        (self.head, self.agents) = (head, agents);
        self.settled.clear();
        Ok(())
    }
}

/// Somebody who is or was away.
struct Owner<'a> {
    id: AgentId,
    presence: &'a Presence,
    /// What has had its owner since then asks for no note.
    until: Instant,
}

impl Owner<'_> {
    /// Notes on the owner's open tickets what they do not know; answers how many changes were noted.
    async fn note(
        &self,
        docket: &Docket,
        resting: &mut HashMap<TicketId, Instant>,
        now: Instant,
    ) -> Result<usize, Problem> {
        let (mut noted, mut after) = (0, None);
        loop {
            let documents = docket.views.documents();
            let page =
                ticket_list::to_be_noted(documents, self.id.0, self.until, after, PAGE).await?;
            for listed in &page {
                let ticket = TicketId(listed.id);
                let known = change(listed, self.presence, now).is_none();
                if known || resting.contains_key(&ticket) {
                    continue;
                }
                match note_on(docket, ticket, self.id, self.presence).await {
                    Ok(more) => noted += more,
                    Err(error) if error.status() == StatusCode::SERVICE_UNAVAILABLE => {
                        return Err(error);
                    }
                    Err(error) => {
                        tracing::warn!(%error, %ticket, "its owner's absence cannot be noted");
                        resting.insert(ticket, now.plus_millis(RETRY_MS));
                    }
                }
            }
            after = page.last().map(|last| last.id);
            if page.len() < PAGE {
                return Ok(noted);
            }
        }
    }
}

/// Notes on a ticket every change of its owner's presence that it does not know, one after the other.
async fn note_on(
    docket: &Docket,
    ticket: TicketId,
    owner: AgentId,
    presence: &Presence,
) -> Result<usize, Problem> {
    let (mut noted, mut outrun) = (0, 0);
    while outrun < TRIES {
        let case = docket.cases.now(&docket.reader, ticket).await?;
        let Some(document) = case.document().filter(|it| is_open_and_of(it, owner)) else {
            return Ok(noted);
        };
        let Some(change) = change(document, presence, docket.now()) else { return Ok(noted) };
        match docket.desk.note_owner(ticket, change, document.version).await {
            Ok(done) if done.events.is_empty() => return Ok(noted),
            Ok(done) => noted += usize::from(!done.repeated),
            // Somebody changed it in this very moment: it is looked at as it is now.
            Err(CommandError::Ticket(TicketRefusal::ClocksChanged)) => outrun += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(noted)
}

/// The first change of its owner's presence that a ticket does not know.
fn change(document: &TicketDocument, presence: &Presence, now: Instant) -> Option<Change> {
    let away = document.owner_away.as_ref();
    let since = document.owner_since.max(away.map(|away| away.since));
    let since = since.unwrap_or(document.created_at);
    presence.change(since, away.map(|away| away.absence.map(AbsenceId)), now)
}

fn is_open_and_of(document: &TicketDocument, owner: AgentId) -> bool {
    let open = !matches!(document.status_base, BaseStatus::Closed | BaseStatus::Merged);
    let assignee: Option<Uuid> = document.assignee.as_ref().map(|agent| agent.id);
    open && assignee == Some(owner.0)
}
