//! Another version of a plan or its calendar, laid under the clocks that run by an older one (rule 11).

use docket_commands::{CommandError, Request};
use docket_domain::codec::Event;
use docket_domain::definition::{SlaTerms, Term};
use docket_domain::envelope::Recorded;
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::personal::Personal;
use docket_domain::ticket::command::TicketRefusal;
use docket_domain::ticket::event::{ReappliedClock, SlaReapplied, TicketEvent};
use docket_projections::recorded::Moment;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::docket::Docket;
use crate::problem::Problem;

/// How often a ticket is looked at again because it changed meanwhile.
const TRIES: usize = 8;

/// What laying the plan under one ticket's clocks comes to, or came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reapplied {
    /// The ticket's id.
    pub ticket: Uuid,
    /// Its number.
    pub number: String,
    /// The plan and the calendar that it was promised by, as `key@version`.
    pub from: Versions,
    /// Those that its clocks that run, and all to come, go by.
    pub to: Versions,
    /// What becomes of each clock that runs and is not late: `clock`, `instance`, `row`,
    /// `from_target_ms`, `target_ms`, `from_deadline`, `deadline`.
    #[schema(value_type = Vec<Object>)]
    pub clocks: Vec<ReappliedClock>,
}

/// A plan and its calendar, as `key@version`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Versions {
    /// The plan.
    pub plan: String,
    /// The calendar.
    pub calendar: String,
}

/// What was found of one ticket: in which of its versions, and as of when.
struct Found {
    number: String,
    version: u64,
    at: Instant,
    reapplied: SlaReapplied,
}

impl Docket {
    /// What the plan in force under this key would make of a ticket's clocks; none where it makes nothing.
    ///
    /// # Errors
    /// When the ticket or the plan cannot be read.
    pub async fn would_reapply(
        &self,
        id: TicketId,
        plan: &str,
    ) -> Result<Option<Reapplied>, Problem> {
        let found = self.find_reapplied(id, plan, None).await?;
        Ok(found.map(|found| Reapplied::of(id, found.number, &found.reapplied)))
    }

    /// Lays the plan in force under a ticket's clocks, unless that was done when the request was made
    /// before; none where it makes nothing of them.
    ///
    /// # Errors
    /// When the ticket or the plan cannot be read, or nothing can be written.
    pub async fn reapply(
        &self,
        request: &Request,
        id: TicketId,
        plan: &str,
        reason: Option<&str>,
    ) -> Result<Option<Reapplied>, Problem> {
        for _ in 0..TRIES {
            let found = self.find_reapplied(id, plan, reason).await?;
            let done = match found {
                Some(Found { version, at, reapplied, .. }) => {
                    self.desk.reapply(request, id, reapplied, (version, at)).await
                }
                None => self.desk.reapplied_earlier(request, id).await,
            };
            match done {
                // Somebody changed it in this very moment: its clocks are looked at again.
                Err(CommandError::Ticket(TicketRefusal::ClocksChanged)) => {}
                // Closed or merged in this very moment: nothing of it runs any more.
                Err(CommandError::Ticket(
                    TicketRefusal::TicketClosed | TicketRefusal::TicketMerged { .. },
                )) => return Ok(None),
                done => {
                    let written = done?.and_then(|done| done.events.into_iter().find_map(written));
                    let Some(written) = written else { return Ok(None) };
                    let case = self.documents.now(&self.reader, id).await?;
                    let number = case.document().map(|ticket| ticket.number.clone());
                    return Ok(Some(Reapplied::of(id, number.unwrap_or_default(), &written)));
                }
            }
        }
        Err(CommandError::Contended.into())
    }

    async fn find_reapplied(
        &self,
        id: TicketId,
        plan: &str,
        reason: Option<&str>,
    ) -> Result<Option<Found>, Problem> {
        let case = self.documents.now(&self.reader, id).await?;
        let (Some(from), Some(document)) = (case.terms().next_back(), case.document()) else {
            return Ok(None);
        };
        // A customer's own calendar stays theirs, in its newest version.
        let own = from.own_calendar.then_some(from.calendar.key.as_str());
        let to = self.desk.catalogue().terms_of(plan, own);
        let Some(to) = to.filter(|to| from.plan.key == plan && from != to) else {
            return Ok(None);
        };
        let frozen = self.reader.plans.load(&self.reader, &to).await?;
        let at = self.now().max(self.desk.ticket(id).await?.last_occurred_at);
        let family = self.family(id, &case, Moment::Now).await?;
        let clocks = family.reapplied(id, at, &frozen);
        let clocks: Vec<ReappliedClock> =
            clocks.iter().map(|(was, now)| ReappliedClock::of(was, now)).collect();
        if clocks.is_empty() {
            return Ok(None);
        }
        let (from, reason) = (from.clone(), reason.map(Personal::text));
        let reapplied = SlaReapplied { from, to, clocks, reason };
        let (number, version) = (document.number.clone(), document.version);
        Ok(Some(Found { number, version, at, reapplied }))
    }
}

impl Reapplied {
    fn of(ticket: TicketId, number: String, reapplied: &SlaReapplied) -> Self {
        let named = |it: &Term| format!("{}@{}", it.key, it.version);
        let versions = |terms: &SlaTerms| Versions {
            plan: named(&terms.plan),
            calendar: named(&terms.calendar),
        };
        Self {
            ticket: ticket.0,
            number,
            from: versions(&reapplied.from),
            to: versions(&reapplied.to),
            clocks: reapplied.clocks.clone(),
        }
    }
}

fn written(event: Recorded<Event>) -> Option<SlaReapplied> {
    match event.event {
        Event::Ticket(TicketEvent::SlaReapplied(reapplied)) => Some(*reapplied),
        _ => None,
    }
}
