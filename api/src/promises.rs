//! What tickets were promised: their clocks, by the plans that they froze.

use std::collections::BTreeMap;
use std::sync::Arc;

use docket_domain::definition::SlaTerms;
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::sla::clock::Family;
use docket_domain::sla::clock::fact::Fact;
use docket_domain::sla::frozen::FrozenPlan;
use docket_projections::indicator::MessageIcon;
use docket_projections::recorded::Moment;
use docket_projections::ticket_document::TicketDocument;
use docket_projections::ticket_sla::TicketSla;

use crate::cases::Case;
use crate::docket::Docket;
use crate::problem::Problem;

impl Docket {
    /// A ticket as answers show it: with the root of what it was merged into, with what its clocks say
    /// beside it, and as it is now with people as they are called now.
    pub async fn shown(
        &self,
        id: TicketId,
        case: &Arc<Case>,
        moment: Moment,
    ) -> Result<TicketDocument, Problem> {
        let document = case.document().ok_or_else(|| Problem::not_found("ticket"))?;
        let mut shown = self.cases.rooted(&self.reader, document, moment).await?.into_owned();
        let at = self.read_at(document, moment);
        shown.show(self.family(id, case, moment).await?.clocks(id));
        shown.indicator = shown.indicator.at(at);
        if matches!(moment, Moment::Now) {
            self.name_people(&mut shown).await?;
        }
        Ok(shown)
    }

    /// What a ticket was promised and how that is kept, as of a moment.
    pub async fn sla(
        &self,
        id: TicketId,
        case: &Arc<Case>,
        moment: Moment,
    ) -> Result<TicketSla, Problem> {
        let document = case.document().ok_or_else(|| Problem::not_found("ticket"))?;
        let waits = document.indicator.message != MessageIcon::None;
        let family = self.family(id, case, moment).await?;
        Ok(TicketSla::of(&family, id, self.read_at(document, moment), waits))
    }

    /// The instant that clocks are read at: now, the one asked about, or that of the last event of the
    /// version asked about.
    fn read_at(&self, document: &TicketDocument, moment: Moment) -> Instant {
        match moment {
            Moment::Now => self.now(),
            Moment::Version(_) => document.updated_at,
            Moment::Recorded(at) | Moment::Occurred(at) => at.min(self.now()),
        }
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
        for terms in cases.values().flat_map(|case| case.terms()) {
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
            for other in case.facts.iter().filter_map(Fact::tied) {
                if cases.contains_key(&other) {
                    continue;
                }
                let found = match moment {
                    Moment::Now | Moment::Version(_) => self.cases.now(&self.reader, other).await?,
                    moment => self.cases.at(&self.reader, other, moment).await?,
                };
                cases.insert(other, found.clone());
                next.push(found);
            }
        }
        Ok(cases)
    }
}
