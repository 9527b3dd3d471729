//! What tickets were promised: their clocks, by the plans that they froze.

use std::collections::BTreeMap;
use std::sync::Arc;

use docket_domain::definition::SlaTerms;
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::sla::clock::Family;
use docket_domain::sla::clock::fact::{Fact, What};
use docket_domain::sla::frozen::FrozenPlan;
use docket_projections::recorded::Moment;
use docket_projections::ticket_document::{Indicator, MessageIcon, TicketDocument};
use docket_projections::ticket_sla::TicketSla;

use crate::docket::Docket;
use crate::documents::Case;
use crate::problem::Problem;

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
    pub async fn family(
        &self,
        id: TicketId,
        case: &Arc<Case>,
        moment: Moment,
    ) -> Result<Family, Problem> {
        let cases = self.tied_to(id, case, moment).await?;
        let mut frozen: Vec<(SlaTerms, Arc<FrozenPlan>)> = Vec::new();
        for terms in cases.values().filter_map(|case| case.terms()) {
            if !frozen.iter().any(|(known, _)| known == terms) {
                frozen.push((terms.clone(), self.reader.plans.load(&self.reader, terms).await?));
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
