//! The plans that tickets froze, each with its calendar, ready to be reckoned with.
//!
//! A version of a definition never changes, so a view's fold may ask for one and still be a function
//! of its stream alone: what a ticket was promised by stands in the ticket's own events, and the log
//! holds it before them. Whoever folds lets the plans [`learn`](Plans::learn) what events name first.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use docket_domain::codec::Event;
use docket_domain::definition::{
    DefinitionEvent, DefinitionKind, Document, SlaTerms, Term, ZoneOffsets,
};
use docket_domain::sla::frozen::FrozenPlan;
use docket_domain::ticket::event::TicketEvent;
use docket_store::StoreError;

use crate::recorded::{Moment, ReadError, Reader, Recorded};

/// The plans that were asked for so far: as many as versions were published, at most.
#[derive(Default)]
pub struct Plans {
    kept: RwLock<HashMap<Versions, Arc<FrozenPlan>>>,
}

/// Key and version of a plan, and of its calendar.
type Versions = [(String, u64); 2];

impl Plans {
    /// The plan and the calendar that these terms name, if they were learnt.
    pub fn get(&self, terms: &SlaTerms) -> Option<Arc<FrozenPlan>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).get(&versions(terms)).cloned()
    }

    /// Learns what these events name. A version that the log does not hold, which is damage, is said
    /// and left out: its tickets then have no clocks.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn learn(&self, reader: &Reader, events: &[Recorded]) -> Result<(), ReadError> {
        for terms in events.iter().filter_map(named) {
            match self.load(reader, terms).await {
                Ok(_) => {}
                Err(ReadError::Store(StoreError::Integrity(reason))) => {
                    tracing::error!(reason, "a plan that a ticket froze cannot be read");
                }
                Err(ReadError::Undecodable { stream, version, error }) => {
                    tracing::error!(%error, stream, version, "a plan that a ticket froze cannot be read");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The plan and the calendar that these terms name, read from the log where they are new.
    ///
    /// # Errors
    /// When the store cannot be read, or does not hold what a ticket froze.
    pub async fn load(
        &self,
        reader: &Reader,
        terms: &SlaTerms,
    ) -> Result<Arc<FrozenPlan>, ReadError> {
        if let Some(known) = self.get(terms) {
            return Ok(known);
        }
        let plan = published(reader, DefinitionKind::Plan, &terms.plan).await?;
        let calendar = published(reader, DefinitionKind::Calendar, &terms.calendar).await?;
        let frozen = match (plan, calendar) {
            ((Document::Plan(plan), _), (Document::Calendar(calendar), Some(zone))) => {
                FrozenPlan::new(terms.clone(), &plan, &calendar, &zone).ok()
            }
            _ => None,
        };
        let frozen =
            Arc::new(frozen.ok_or_else(|| gone(DefinitionKind::Calendar, &terms.calendar))?);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.entry(versions(terms)).or_insert(frozen).clone())
    }
}

/// What a ticket's event says that it is promised by.
fn named(event: &Recorded) -> Option<&SlaTerms> {
    match &event.event {
        Event::Ticket(TicketEvent::TicketCreated(created)) => created.sla.as_ref(),
        _ => None,
    }
}

fn versions(terms: &SlaTerms) -> Versions {
    [&terms.plan, &terms.calendar].map(|term| (term.key.clone(), term.version))
}

/// A definition as one of its versions published it.
async fn published(
    reader: &Reader,
    kind: DefinitionKind,
    term: &Term,
) -> Result<(Document, Option<ZoneOffsets>), ReadError> {
    let history = reader.stream(&kind.stream(&term.key), Moment::Version(term.version)).await?;
    let last = history.into_iter().next_back().filter(|last| last.version == term.version);
    match last.map(|last| last.event) {
        Some(Event::Definition(DefinitionEvent::DefinitionPublished {
            document,
            zone_offsets,
            ..
        })) => Ok((document, zone_offsets)),
        _ => Err(gone(kind, term)),
    }
}

fn gone(kind: DefinitionKind, term: &Term) -> ReadError {
    let what =
        format!("version {} of {} is not what was frozen", term.version, kind.stream(&term.key));
    StoreError::Integrity(what).into()
}
