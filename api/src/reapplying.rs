//! Another version of a plan or its calendar, laid under the clocks that run by an older one (rule 11).

use docket_commands::{CommandError, Reapplication, Request};
use docket_domain::codec::Event;
use docket_domain::definition::{DefinitionRefusal, SlaTerms, Term};
use docket_domain::envelope::Recorded;
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::personal::Personal;
use docket_domain::ticket::command::TicketRefusal;
use docket_domain::ticket::event::{ReappliedClock, SlaReapplied, TicketEvent};
use docket_projections::recorded::Moment;
use docket_projections::sla_clocks;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::docket::Docket;
use crate::fresh;
use crate::page::Page;
use crate::problem::Problem;

/// How many tickets are looked at, and written to, at once: the store commits them together.
const AT_ONCE: usize = 16;

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
    /// What becomes of each clock that runs and is not late; none where all that run are late, and only
    /// those to come go by the new versions: `clock`, `instance`, `row`,
    /// `from_target_ms`, `target_ms`, `from_deadline`, `deadline`.
    #[schema(value_type = Vec<Object>)]
    pub clocks: Vec<ReappliedClock>,
    /// How many of them get another deadline.
    pub changed: usize,
    /// How many of them are late from then on, since their new deadline is past already.
    pub late: usize,
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

/// One page of tickets of which something runs.
pub struct Looked {
    /// Those that come after this one.
    pub after: Option<TicketId>,
    /// How many.
    pub size: usize,
}

impl Docket {
    /// What the plan in force under this key would make of the clocks of a page of tickets.
    ///
    /// # Errors
    /// When there is no such plan, or something cannot be read.
    pub async fn would_reapply(
        &self,
        plan: &str,
        looked: Looked,
    ) -> Result<Page<Reapplied>, Problem> {
        let (plan, tickets, next) = self.tickets_under(plan, looked).await?;
        let found = self.found_of(&tickets, &plan).await?;
        let found =
            found.into_iter().map(|(id, it)| Reapplied::of(id, it.number, &it.reapplied, it.at));
        Ok(Page::until(found.collect(), next.map(|id| id.0.to_string())))
    }

    /// Lays the plan in force under the clocks of a page of tickets. The same request again means the same
    /// tickets and is answered the same, also where nothing of them runs any more or the plan was retired.
    ///
    /// # Errors
    /// When there is no such plan, something cannot be read, or nothing can be written.
    pub async fn reapply(
        &self,
        request: &Request,
        plan: &str,
        reason: Option<&str>,
        looked: Looked,
    ) -> Result<Page<Reapplied>, Problem> {
        let meant = match self.desk.reapplied_before(request).await? {
            Some(meant) => meant,
            None => {
                let (plan, tickets, next) = self.tickets_under(plan, looked).await?;
                let found = self.found_of(&tickets, &plan).await?;
                let tickets: Vec<TicketId> = found.into_iter().map(|(id, _)| id).collect();
                if tickets.is_empty() {
                    return Ok(Page::until(Vec::new(), next.map(|id| id.0.to_string())));
                }
                let found = Reapplication { plan, tickets, next };
                self.desk.begin_reapplying(request, found).await?
            }
        };
        let Reapplication { plan, tickets, next } = meant;
        let each = stream::iter(tickets);
        let each = each.map(async |id| self.reapply_to(request, id, &plan, reason).await);
        let changed: Vec<Option<Reapplied>> = each.buffered(AT_ONCE).try_collect().await?;
        let changed = changed.into_iter().flatten().collect();
        Ok(Page::until(changed, next.map(|id| id.0.to_string())))
    }

    /// The plan in force under a key, a page of the tickets of which something runs, and the last of them
    /// where there are more.
    async fn tickets_under(
        &self,
        plan: &str,
        Looked { after, size }: Looked,
    ) -> Result<(Term, Vec<TicketId>, Option<TicketId>), Problem> {
        let Some(terms) = self.desk.catalogue().terms_of(plan, None, None) else {
            return Err(CommandError::from(DefinitionRefusal::NoSuchDefinition).into());
        };
        fresh::at_head(self).await?;
        let documents = self.views.documents();
        let mut tickets = sla_clocks::running(documents, plan, after, size + 1).await?;
        let has_more = tickets.len() > size;
        tickets.truncate(size);
        let next = tickets.last().filter(|_| has_more).copied();
        Ok((terms.plan, tickets, next))
    }

    /// Those of the tickets that the plan would change, and what it would make of them.
    async fn found_of(
        &self,
        tickets: &[TicketId],
        plan: &Term,
    ) -> Result<Vec<(TicketId, Found)>, Problem> {
        let each = stream::iter(tickets.to_vec()).map(async |id| {
            let found = self.find_reapplied(id, plan, None).await?;
            Ok::<_, Problem>(found.map(|found| (id, found)))
        });
        let found: Vec<Option<(TicketId, Found)>> = each.buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Lays a plan under a ticket's clocks, unless that was done when the request was made before; none
    /// where it makes nothing of them, or is not in force any more.
    async fn reapply_to(
        &self,
        request: &Request,
        id: TicketId,
        plan: &Term,
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
                    let Some((written, at)) = written else { return Ok(None) };
                    let case = self.cases.now(&self.reader, id).await?;
                    let number = case.document().map(|ticket| ticket.number.clone());
                    return Ok(Some(Reapplied::of(id, number.unwrap_or_default(), &written, at)));
                }
            }
        }
        Err(CommandError::Contended.into())
    }

    async fn find_reapplied(
        &self,
        id: TicketId,
        plan: &Term,
        reason: Option<&str>,
    ) -> Result<Option<Found>, Problem> {
        let case = self.cases.now(&self.reader, id).await?;
        let (Some(from), Some(document)) = (case.terms().next_back(), case.document()) else {
            return Ok(None);
        };
        // A customer's own calendar stays theirs, in its newest version; a queue's is that of where the
        // ticket lies by now.
        let own = from.own_calendar.then_some(from.calendar.key.as_str());
        let queue = Some(document.queue.as_str());
        let to = self.desk.catalogue().terms_of(&plan.key, own, queue);
        // Whose calendar it is makes no other clocks.
        let is_other = |to: &SlaTerms| (&from.plan, &from.calendar) != (&to.plan, &to.calendar);
        let to = to.filter(|to| to.plan == *plan && is_other(to));
        let Some(to) = to.filter(|_| from.plan.key == plan.key) else {
            return Ok(None);
        };
        let frozen = self.reader.plans.load(&self.reader, &to).await?;
        let at = self.now().max(self.desk.ticket(id).await?.last.occurred_at);
        let family = self.family(id, &case, Moment::Now).await?;
        let clocks = family.reapplied(id, at, &frozen);
        let clocks: Vec<ReappliedClock> =
            clocks.iter().map(|(was, now)| ReappliedClock::of(was, now)).collect();
        let (from, reason) = (from.clone(), reason.map(Personal::text));
        let reapplied = SlaReapplied { from, to, clocks, reason };
        let (number, version) = (document.number.clone(), document.version);
        Ok(Some(Found { number, version, at, reapplied }))
    }
}

impl Reapplied {
    fn of(ticket: TicketId, number: String, reapplied: &SlaReapplied, at: Instant) -> Self {
        let named = |it: &Term| format!("{}@{}", it.key, it.version);
        let versions = |terms: &SlaTerms| Versions {
            plan: named(&terms.plan),
            calendar: named(&terms.calendar),
        };
        let clocks = || reapplied.clocks.iter();
        Self {
            ticket: ticket.0,
            number,
            from: versions(&reapplied.from),
            to: versions(&reapplied.to),
            changed: clocks().filter(|it| it.deadline != it.from_deadline).count(),
            late: clocks().filter(|it| it.deadline.is_some_and(|due| due < at)).count(),
            clocks: reapplied.clocks.clone(),
        }
    }
}

fn written(event: Recorded<Event>) -> Option<(SlaReapplied, Instant)> {
    match event.event {
        Event::Ticket(TicketEvent::SlaReapplied(reapplied)) => {
            Some((*reapplied, event.occurred_at))
        }
        _ => None,
    }
}
