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
use docket_domain::sla::calendar::OpenHours;
use docket_domain::sla::frozen::FrozenPlan;
use docket_domain::ticket::event::TicketEvent;
use docket_store::StoreError;

use crate::recorded::{Moment, ReadError, Reader, Recorded};

/// The plans that were asked for so far: as many as versions were published, at most.
#[derive(Default)]
pub struct Plans {
    kept: Arc<RwLock<HashMap<[Version; 2], Arc<FrozenPlan>>>>,
    /// The hours of calendars, which are many megabytes where a day has many: plans share them.
    hours: Arc<RwLock<HashMap<Version, Arc<OpenHours>>>>,
    /// What stands for every version of its key.
    instead: Option<Arc<FrozenPlan>>,
}

/// Key and version of a plan or of a calendar.
type Version = (String, u64);

impl Plans {
    /// These plans, but for one that stands for every version of its key: to ask what would have been.
    pub fn with(&self, instead: Arc<FrozenPlan>) -> Self {
        // Where a merge ties tickets of other plans, theirs are asked of the same memory.
        Self { kept: self.kept.clone(), hours: self.hours.clone(), instead: Some(instead) }
    }

    /// Whether one of them is none that ever held.
    pub fn is_draft(&self) -> bool {
        self.instead.is_some()
    }

    fn stands_for(&self, plan: &Term) -> Option<&Arc<FrozenPlan>> {
        self.instead.as_ref().filter(|instead| instead.terms().plan.key == plan.key)
    }

    /// The plan and the calendar that these terms name, if they were learnt.
    pub fn get(&self, terms: &SlaTerms) -> Option<Arc<FrozenPlan>> {
        let kept = || self.kept.read().unwrap_or_else(PoisonError::into_inner);
        match self.stands_for(&terms.plan) {
            // A calendar of the customer's or the queue's own is not the plan's to change.
            Some(instead) if terms.is_calendar_apart() => {
                kept().get(&versions(terms)).map(|own| Arc::new(instead.over(own)))
            }
            Some(instead) => Some(instead.clone()),
            None => kept().get(&versions(terms)).cloned(),
        }
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
        let Document::Plan(plan) = published(reader, DefinitionKind::Plan, &terms.plan).await?.0
        else {
            return Err(gone(DefinitionKind::Plan, &terms.plan));
        };
        let hours = self.hours(reader, &terms.calendar).await?;
        let frozen = Arc::new(FrozenPlan::new(terms.clone(), *plan, hours));
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.entry(versions(terms)).or_insert(frozen).clone())
    }

    async fn hours(&self, reader: &Reader, calendar: &Term) -> Result<Arc<OpenHours>, ReadError> {
        let known = || self.hours.read().unwrap_or_else(PoisonError::into_inner);
        let known = known().get(&version(calendar)).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let published = published(reader, DefinitionKind::Calendar, calendar).await?;
        let hours = match &published {
            (Document::Calendar(calendar), Some(zone)) => OpenHours::of(calendar, zone).ok(),
            _ => None,
        };
        let hours = Arc::new(hours.ok_or_else(|| gone(DefinitionKind::Calendar, calendar))?);
        let mut kept = self.hours.write().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.entry(version(calendar)).or_insert(hours).clone())
    }
}

/// What a ticket's event says that it is promised by.
fn named(event: &Recorded) -> Option<&SlaTerms> {
    match &event.event {
        Event::Ticket(TicketEvent::TicketCreated(created)) => created.sla.as_ref(),
        Event::Ticket(TicketEvent::SlaReapplied(reapplied)) => Some(&reapplied.to),
        _ => None,
    }
}

fn versions(terms: &SlaTerms) -> [Version; 2] {
    [&terms.plan, &terms.calendar].map(version)
}

fn version(term: &Term) -> Version {
    (term.key.clone(), term.version)
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
