//! What tickets were promised: plans and calendars in the versions that tickets froze, and the clocks
//! that run by them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use docket_domain::codec::Event;
use docket_domain::definition::{
    DefinitionEvent, DefinitionKind, Document, SlaTerms, Term, ZoneOffsets,
};
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::sla::clock::Family;
use docket_domain::sla::clock::fact::{Fact, What};
use docket_domain::sla::frozen::FrozenPlan;
use docket_projections::recorded::{Moment, Reader};
use docket_projections::ticket_document::{Indicator, MessageIcon, TicketDocument};
use docket_projections::ticket_sla::TicketSla;

use crate::docket::Docket;
use crate::documents::Case;
use crate::problem::Problem;

/// The plans that were asked for, each with its calendar, by key and version of both. They never
/// change, and there are as many as versions were published.
#[derive(Default)]
pub struct FrozenPlans {
    kept: Mutex<HashMap<Versions, Arc<FrozenPlan>>>,
}

/// Key and version of a plan, and of its calendar.
type Versions = [(String, u64); 2];

impl FrozenPlans {
    /// The plan and the calendar that these terms name.
    async fn get(&self, reader: &Reader, terms: &SlaTerms) -> Result<Arc<FrozenPlan>, Problem> {
        let name = |term: &Term| (term.key.clone(), term.version);
        let key = [name(&terms.plan), name(&terms.calendar)];
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = kept().get(&key) {
            return Ok(plan.clone());
        }
        let plan = published(reader, DefinitionKind::Plan, &terms.plan).await?;
        let calendar = published(reader, DefinitionKind::Calendar, &terms.calendar).await?;
        let ((Document::Plan(plan), _), (Document::Calendar(calendar), Some(zone))) =
            (plan, calendar)
        else {
            return Err(Problem::internal());
        };
        let frozen = FrozenPlan::new(terms.clone(), &plan, &calendar, &zone)
            .map_err(|_| Problem::internal())?;
        let frozen = Arc::new(frozen);
        kept().insert(key, frozen.clone());
        Ok(frozen)
    }
}

/// A definition as one of its versions published it.
async fn published(
    reader: &Reader,
    kind: DefinitionKind,
    term: &Term,
) -> Result<(Document, Option<ZoneOffsets>), Problem> {
    let stream = kind.stream(&term.key);
    let history = reader.stream(&stream, Moment::Version(term.version)).await?;
    let last = history.into_iter().next_back().filter(|last| last.version == term.version);
    match last.map(|last| last.event) {
        Some(Event::Definition(DefinitionEvent::DefinitionPublished {
            document,
            zone_offsets,
            ..
        })) => Ok((document, zone_offsets)),
        _ => {
            tracing::error!(
                stream,
                version = term.version,
                "a version that a ticket froze is gone"
            );
            Err(Problem::internal())
        }
    }
}

impl Docket {
    /// A ticket as answers show it: with the root of what it was merged into, and with what its clocks
    /// say beside it.
    pub async fn shown(
        &self,
        id: TicketId,
        case: &Arc<Case>,
        moment: Moment,
    ) -> Result<TicketDocument, Problem> {
        let document = case.document().ok_or_else(|| Problem::not_found("ticket"))?;
        let mut shown = self.documents.rooted(&self.reader, document, moment).await?.into_owned();
        shown.indicator = self.indicator(id, case, moment).await?;
        Ok(shown)
    }

    /// What a desk shows beside a ticket, as of a moment.
    pub async fn indicator(
        &self,
        id: TicketId,
        case: &Arc<Case>,
        moment: Moment,
    ) -> Result<Indicator, Problem> {
        let (at, waits) = self.read_at(case, moment)?;
        let family = self.family(id, case, moment).await?;
        Ok(Indicator::of(family.clocks(id), at, waits))
    }

    /// What a ticket was promised and how that is kept, as of a moment.
    pub async fn sla(
        &self,
        id: TicketId,
        case: &Arc<Case>,
        moment: Moment,
    ) -> Result<TicketSla, Problem> {
        let (at, waits) = self.read_at(case, moment)?;
        let family = self.family(id, case, moment).await?;
        Ok(TicketSla::of(family.clocks(id), at, waits))
    }

    /// The instant that clocks are read at (now, the one asked about, or that of the last event of the
    /// version asked about), and whether a customer's message waits then.
    fn read_at(&self, case: &Case, moment: Moment) -> Result<(Instant, bool), Problem> {
        let document = case.document().ok_or_else(|| Problem::not_found("ticket"))?;
        let at = match moment {
            Moment::Now => self.now(),
            Moment::Version(_) => document.updated_at,
            Moment::Recorded(at) | Moment::Occurred(at) => at.min(self.now()),
        };
        Ok((at, document.indicator.message != MessageIcon::None))
    }

    /// The clocks of a ticket and of those that merges tie it to, as they stood at a moment.
    async fn family(
        &self,
        id: TicketId,
        case: &Arc<Case>,
        moment: Moment,
    ) -> Result<Family, Problem> {
        let cases = self.tied_to(id, case, moment).await?;
        let mut frozen: Vec<(SlaTerms, Arc<FrozenPlan>)> = Vec::new();
        for terms in cases.values().filter_map(|case| case.terms()) {
            if !frozen.iter().any(|(known, _)| known == terms) {
                frozen.push((terms.clone(), self.plans.get(&self.reader, terms).await?));
            }
        }
        // A version knows of no other stream: of those, what the log held by then may be shown.
        let until = match moment {
            Moment::Version(_) => case.position,
            Moment::Now | Moment::Recorded(_) | Moment::Occurred(_) => u64::MAX,
        };
        let histories: Vec<(TicketId, &[Fact])> = cases
            .iter()
            .map(|(id, case)| {
                let known = case.facts.partition_point(|fact| fact.position <= until);
                (*id, &case.facts[..known])
            })
            .collect();
        Ok(Family::of(&histories, |terms| {
            frozen.iter().find(|(known, _)| known == terms).map(|(_, plan)| plan.clone())
        }))
    }

    async fn tied_to(
        &self,
        id: TicketId,
        case: &Arc<Case>,
        moment: Moment,
    ) -> Result<BTreeMap<TicketId, Arc<Case>>, Problem> {
        let mut cases = BTreeMap::from([(id, case.clone())]);
        let mut next = vec![case.clone()];
        while let Some(case) = next.pop() {
            for other in case.facts.iter().filter_map(tied) {
                if cases.contains_key(&other) {
                    continue;
                }
                let found = match moment {
                    Moment::Now | Moment::Version(_) => {
                        self.documents.now(&self.reader, other).await?
                    }
                    moment => self.documents.at(&self.reader, other, moment).await?,
                };
                cases.insert(other, found.clone());
                next.push(found);
            }
        }
        Ok(cases)
    }
}

/// The ticket that a merge, or its undoing, ties this one to.
fn tied(fact: &Fact) -> Option<TicketId> {
    match &fact.what {
        What::Merged(_, other) | What::Absorbed(_, other) => Some(other.id),
        What::Unmerged(undone) => Some(undone.other),
        _ => None,
    }
}
