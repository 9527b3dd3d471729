//! What is due next? One row for each timer that is set; the timer worker reads them and issues the
//! commands. A row goes when the event that ends it is there, so what is done is not done again.
//!
//! Of a ticket's clocks the row says when one of them next warns or is breached: a function of the
//! ticket's events and of the plan that it froze. What is due then, the worker finds out for itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use docket_domain::codec::Event;
use docket_domain::definition::SlaTerms;
use docket_domain::ids::{CommitmentId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::sla::clock::fact::Fact;
use docket_domain::sla::clock::{Clock, EDITION, Family};
use docket_domain::ticket::event::{MergeSide, TicketEvent};
use docket_domain::ticket::state::{Offer, Offers};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::documents::{Documents, DocumentsError, Query};
use crate::plans::Plans;
use crate::recorded::{Recorded, id_of};
use crate::view::{Key, Schema, View};

/// The view.
pub struct Deadlines;

/// A ticket's timers so far.
#[derive(Default)]
pub struct Timers {
    snooze: Option<Deadline>,
    purge: Option<Deadline>,
    offers: Offers,
    /// What is open still, while which nothing is purged: a complaint, and promises.
    complaint: bool,
    promises: BTreeSet<CommitmentId>,
    /// While a ticket is merged its timers rest, and run on when the merge is undone.
    merged: bool,
    ticket: Uuid,
    clocks: Family,
    plans: Arc<Plans>,
}

/// A timer that is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The ticket.
    pub ticket: Uuid,
    /// What is due.
    pub kind: Kind,
    /// When.
    pub due_at: Instant,
    /// The version of the event that set a snooze, made an offer, or closed the ticket: with the ticket it names the timer, so that a command
    /// derived from it is the same on every try. 0 for clocks, which follow from all of a ticket's
    /// events, and name what is due of them by itself.
    pub version: u64,
}

/// What can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A snooze ends (S-42).
    Snooze,
    /// A clock warns or is breached (S-46, S-47).
    Clock,
    /// An offer runs out (S-15).
    Offer,
    /// A closed ticket was kept as long as it must be (S-55).
    Purge,
}

impl Kind {
    /// The key of the row: a ticket has one timer of each kind.
    fn key(self) -> &'static str {
        match self {
            Self::Snooze => "snooze",
            Self::Clock => "clock",
            Self::Offer => "offer",
            Self::Purge => "purge",
        }
    }
}

impl View for Deadlines {
    const NAME: &'static str = "deadlines";
    const VERSION: u32 = 9 + EDITION;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = false;
    const FOLLOWS_MERGES: bool = true;
    const SCHEMA: Schema = Schema {
        sqlite: include_str!("../../migrations/views/sqlite/0008_deadlines.sql"),
        postgres: include_str!("../../migrations/views/postgres/0008_deadlines.sql"),
    };
    type State = Timers;
    type Row = Deadline;

    fn start(plans: &Arc<Plans>) -> Timers {
        Timers { plans: plans.clone(), ..Timers::default() }
    }

    fn evolve(timers: &mut Timers, event: &Recorded) {
        let Event::Ticket(what) = &event.event else { return };
        timers.ticket = id_of(&event.stream);
        timers.take(event);
        timers.offers.evolve(event.version, what);
        if what.ends_snooze() {
            timers.snooze = None;
        }
        if what.ends_closure() {
            timers.purge = None;
        }
        match what {
            TicketEvent::TicketSnoozed { wakes_at, .. } => {
                timers.snooze = Some(Deadline {
                    ticket: id_of(&event.stream),
                    kind: Kind::Snooze,
                    due_at: *wakes_at,
                    version: event.version,
                });
            }
            TicketEvent::TicketClosed { purge_at: Some(due_at), .. } => {
                timers.purge = Some(Deadline {
                    ticket: id_of(&event.stream),
                    kind: Kind::Purge,
                    due_at: *due_at,
                    version: event.version,
                });
            }
            TicketEvent::PurgeMarked { .. } => timers.purge = None,
            TicketEvent::ComplaintRaised { .. } => timers.complaint = true,
            TicketEvent::ComplaintDecided { .. } => timers.complaint = false,
            TicketEvent::CommitmentRecorded { commitment_id, .. } => {
                timers.promises.insert(*commitment_id);
            }
            TicketEvent::CommitmentKept { commitment_id, .. }
            | TicketEvent::CommitmentBroken { commitment_id, .. } => {
                timers.promises.remove(commitment_id);
            }
            TicketEvent::TicketMerged { .. } => timers.merged = true,
            TicketEvent::TicketUnmerged { side: MergeSide::Source, .. } => timers.merged = false,
            _ => {}
        }
    }

    fn evolve_tied(timers: &mut Timers, event: &Recorded) {
        timers.take(event);
    }

    fn rows(timers: &Timers) -> Vec<(Key, Deadline)> {
        let held = timers.complaint || !timers.promises.is_empty();
        let snooze = timers.snooze.clone().filter(|_| !timers.merged);
        let purge = timers.purge.clone().filter(|_| !timers.merged && !held);
        let running = snooze.into_iter().chain(purge).chain(timers.next_of_clocks());
        let running = running.chain(timers.offered());
        running.map(|deadline| (deadline.kind.key().to_owned(), deadline)).collect()
    }
}

impl Timers {
    fn take(&mut self, event: &Recorded) {
        let Some(fact) = Fact::of(event) else { return };
        let ticket = TicketId(id_of(&event.stream));
        self.clocks.take(ticket, &fact, &|terms: &SlaTerms| self.plans.get(terms));
    }

    /// When its offer runs out.
    fn offered(&self) -> Option<Deadline> {
        let Offer { until, version, .. } = self.offers.open.as_ref()?;
        let (kind, due_at, version) = (Kind::Offer, *until, *version);
        Some(Deadline { ticket: self.ticket, kind, due_at, version })
    }

    /// When one of its clocks next warns or is breached, as things stand.
    fn next_of_clocks(&self) -> Option<Deadline> {
        let due = self.clocks.clocks(TicketId(self.ticket)).iter().flat_map(Clock::due);
        let due_at = due.map(|due| due.at).min()?;
        Some(Deadline { ticket: self.ticket, kind: Kind::Clock, due_at, version: 0 })
    }
}

/// What is due at or before `now`, the longest due first; `after` is where the last page ended.
pub async fn due(
    documents: &Documents,
    now: Instant,
    after: Option<&Deadline>,
    limit: usize,
) -> Result<Vec<Deadline>, DocumentsError> {
    let mut query = Query::new("SELECT doc FROM {deadlines} WHERE due <= ").bind(now.to_string());
    if let Some(last) = after {
        query = query.sql(" AND (due, stream, key) > (").bind(last.due_at.to_string());
        query = query.sql(", ").bind(TicketId(last.ticket).stream());
        query = query.sql(", ").bind(last.kind.key()).sql(")");
    }
    let query = query.sql(" ORDER BY due, stream, key LIMIT ").bind(limit as i64);
    let rows: Vec<(String,)> = documents.fetch(&query).await?;
    // Documents are written from the same type, so none is left out here.
    Ok(rows.iter().filter_map(|(doc,)| serde_json::from_str(doc).ok()).collect())
}
