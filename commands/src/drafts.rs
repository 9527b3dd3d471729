//! Plans and calendars that nobody published: made ready to be reckoned with, and held by nothing.

use std::sync::Arc;

use docket_domain::definition::{Catalogue, DefinitionKind, DefinitionRefusal, Document, publish};
use docket_domain::instant::Instant;
use docket_domain::sla::calendar::{Calendar, OpenHours};
use docket_domain::sla::frozen::FrozenPlan;
use docket_domain::sla::plan::Plan;

use crate::desk::Desk;
use crate::error::CommandError;
use crate::zones;

/// What is to be tried in the place of what is in force.
#[derive(Clone, Debug, Default)]
pub struct Drafts {
    /// A plan; the one in force when there is none.
    pub plan: Option<Plan>,
    /// The calendar of that plan; the one in force when there is none.
    pub calendar: Option<Calendar>,
}

impl Desk {
    /// The plan of this key with its calendar, as both would be if the drafts were published. They are
    /// checked as publishing checks them; nothing is written.
    ///
    /// # Errors
    /// What publishing would refuse, with places under `/plan` and `/calendar`, and
    /// [`DefinitionRefusal::NoSuchDefinition`] where there is neither a draft nor a plan in force.
    pub fn draft(&self, key: &str, drafts: Drafts) -> Result<FrozenPlan, CommandError> {
        let mut catalogue = (*self.catalogue()).clone();
        let in_force = catalogue.plans.get(key).map(|plan| plan.document.clone());
        let plan = drafts.plan.or(in_force).ok_or(DefinitionRefusal::NoSuchDefinition)?;
        let of = plan.calendar.clone();
        if let Some(calendar) = drafts.calendar {
            hold(&mut catalogue, &of, Document::Calendar(calendar), "/calendar")?;
        }
        hold(&mut catalogue, key, Document::Plan(Box::new(plan)), "/plan")?;
        frozen(&catalogue, key).ok_or_else(|| DefinitionRefusal::NoSuchDefinition.into())
    }
}

/// Lets a document hold, as publishing it would. `member` is where it stands in what was asked.
fn hold(
    catalogue: &mut Catalogue,
    key: &str,
    document: Document,
    member: &str,
) -> Result<(), CommandError> {
    let zone = document.zone().map(zones::resolve).transpose()?;
    let version = match document.kind() {
        DefinitionKind::Calendar => catalogue.calendars.get(key).map(|it| it.version),
        _ => catalogue.plans.get(key).map(|it| it.version),
    };
    for event in publish(catalogue, key, document, zone).map_err(|it| it.under(member))? {
        catalogue.apply(version.unwrap_or_default() + 1, Instant::EARLIEST, &event);
    }
    Ok(())
}

fn frozen(catalogue: &Catalogue, key: &str) -> Option<FrozenPlan> {
    let terms = catalogue.terms_of(key, None, None)?;
    let plan = &catalogue.plans.get(key)?.document;
    let calendar = &catalogue.calendars.get(&plan.calendar)?.document;
    let hours = OpenHours::of(calendar, catalogue.calendar_zones.get(&plan.calendar)?).ok()?;
    Some(FrozenPlan::new(terms, plan.clone(), Arc::new(hours)))
}
