//! What clocks say while the stories are played: warnings, breaches and the steps of a chain, noted about
//! when they are due, as the timers of a server would have done.

use std::collections::BTreeSet;
use std::sync::Arc;

use docket_commands::{CommandError, Desk, Done, Request};
use docket_domain::codec::Event;
use docket_domain::definition::{Document, SlaTerms, Solution, Template};
use docket_domain::envelope::Recorded;
use docket_domain::ids::{AgentId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::money::Money;
use docket_domain::sla::calendar::OpenHours;
use docket_domain::sla::clock::fact::Fact;
use docket_domain::sla::clock::{Clock, Due, Family};
use docket_domain::sla::defaults::PLAN;
use docket_domain::sla::frozen::FrozenPlan;
use docket_domain::sla::plan::{ClockKind, Step, StepAt, Whom};
use docket_domain::ticket::command::TicketRefusal;
use docket_domain::ticket::event::{Decision, TicketEvent};
use futures::future::try_join_all;
use uuid::Uuid;

use crate::demo::clock::DemoClock;
use crate::demo::play::WINDOW;

/// The template of what customers are told who write while the desk is closed.
const READ_LATER: &str = "read_later";

fn read_later() -> Document {
    Document::Template(Template {
        name: "Read later".to_owned(),
        subject: Some("We are closed".to_owned()),
        body: "Thank you for your message. We will read it from {opens_at} on.".to_owned(),
    })
}

/// Gives the desk a chain of escalation and a notice after hours, and complaints a manager; answers the plan that its tickets
/// will freeze.
pub(super) async fn set_rules(
    desk: &Desk,
    namespace: Uuid,
    manager: Option<AgentId>,
) -> Result<Option<Arc<FrozenPlan>>, CommandError> {
    let catalogue = desk.catalogue();
    let request = |name: &[u8]| Request::system("demo", Uuid::new_v5(&namespace, name));
    desk.publish(&request(READ_LATER.as_bytes()), READ_LATER, &read_later()).await?;
    for (key, queue) in &catalogue.queues {
        let mut queue = queue.document.clone();
        queue.after_hours_notice = Some(READ_LATER.to_owned());
        queue.manager = manager.filter(|_| key == "complaints");
        desk.publish(&request(key.as_bytes()), key, &Document::Queue(queue)).await?;
    }
    if let Some(complaint) = catalogue.categories.get("complaint") {
        let mut complaint = complaint.document.clone();
        complaint.solutions = solutions();
        let complaint = Document::Category(complaint);
        desk.publish(&request(b"solutions"), "complaint", &complaint).await?;
    }
    if let Some(plan) = catalogue.plans.get(PLAN) {
        let mut plan = plan.document.clone();
        plan.escalation = chain();
        desk.publish(&request(b"plan"), PLAN, &Document::Plan(Box::new(plan))).await?;
    }
    let catalogue = desk.catalogue();
    Ok(catalogue.sla_terms().and_then(|terms| {
        let plan = &catalogue.plans.get(&terms.plan.key)?.document;
        let calendar = &catalogue.calendars.get(&terms.calendar.key)?.document;
        let zone = catalogue.calendar_zones.get(&terms.calendar.key)?;
        let hours = OpenHours::of(calendar, zone).ok()?;
        Some(Arc::new(FrozenPlan::new(terms, plan.clone(), Arc::new(hours))))
    }))
}

/// What everybody may grant who complains of something small.
fn solutions() -> Vec<Solution> {
    let solution =
        |key: &str, name: &str, decision, reasoning: &str, euros: Option<&str>| Solution {
            key: key.into(),
            name: name.into(),
            decision,
            reasoning: reasoning.into(),
            amount: euros.and_then(|value| Money::parse(value, "EUR").ok()),
        };
    let late = "The delivery was later than we had said.";
    let sound = "What was delivered is as it was ordered.";
    vec![
        solution("voucher", "A voucher", Decision::PartlyAccepted, late, Some("10")),
        solution("postage", "The postage back", Decision::Accepted, late, Some("4.90")),
        solution("apology", "An apology", Decision::Rejected, sound, None),
    ]
}

fn chain() -> Vec<Step> {
    let step = |at, after: Option<&str>, level, to| Step {
        clock: ClockKind::Resolution,
        at,
        after: after.map(str::to_owned),
        level,
        to,
        notify: Vec::new(),
        priority: None,
        queue: None,
        announce: None,
    };
    let supervisors = || Whom::Role("supervisor".into());
    vec![
        step(StepAt::Breach, None, 1, Whom::Owner),
        step(StepAt::Breach, Some("P2D"), 2, supervisors()),
        Step {
            notify: vec![supervisors()],
            ..step(StepAt::Breach, Some("P10D"), 3, Whom::Manager)
        },
    ]
}

/// One ticket's clocks, folded from what was written to it and to those that were merged into it.
#[derive(Clone, Default)]
pub(super) struct Watch {
    ticket: Option<TicketId>,
    clocks: Family,
    version: u64,
    /// Whether another story wrote to it: then it is left to the timers.
    left_alone: bool,
}

impl Watch {
    /// Takes in what a command wrote.
    pub fn take(&mut self, done: &Done, plan: Option<&Arc<FrozenPlan>>) {
        let Some(ticket) = TicketId::of_stream(&done.stream) else { return };
        if self.ticket != Some(ticket) {
            *self = Self { ticket: Some(ticket), ..Self::default() };
        }
        self.fold(ticket, &done.events, plan);
    }

    fn fold(
        &mut self,
        ticket: TicketId,
        events: &[Recorded<Event>],
        plan: Option<&Arc<FrozenPlan>>,
    ) {
        let known = |terms: &SlaTerms| plan.filter(|plan| plan.terms() == terms).cloned();
        for event in events {
            let Some(id) = TicketId::of_stream(&event.stream) else { continue };
            if id == ticket {
                self.version = event.version;
            }
            if let (Event::Ticket(_), Some(fact)) = (&event.event, Fact::of(event)) {
                self.clocks.take(id, &fact, &known);
            }
        }
    }

    fn next(&self) -> Option<(TicketId, Due)> {
        let ticket = self.ticket.filter(|_| !self.left_alone)?;
        let due = self.clocks.clocks(ticket).iter().flat_map(Clock::due);
        due.min_by_key(|due| (due.at, due.mark)).map(|due| (ticket, due))
    }

    /// Notes what was due before a moment; answers how many events that took.
    pub async fn note_until(
        &mut self,
        desk: &Desk,
        at: Instant,
        plan: Option<&Arc<FrozenPlan>>,
    ) -> Result<u64, CommandError> {
        let mut events = 0;
        while let Some((ticket, due)) = self.next().filter(|(_, due)| due.at < at) {
            match desk.mark_clock(ticket, due, self.version).await {
                Ok(done) if !done.events.is_empty() && !done.repeated => {
                    events += done.events.len() as u64;
                    self.take(&done, plan);
                }
                Ok(_) | Err(CommandError::Ticket(TicketRefusal::ClocksChanged)) => {
                    self.left_alone = true;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(events)
    }
}

/// The clocks of all stories, and which of them are due when.
pub(super) struct Watches {
    /// The plan that tickets freeze.
    pub plan: Option<Arc<FrozenPlan>>,
    of: Vec<Watch>,
    due: BTreeSet<(Instant, usize)>,
}

impl Watches {
    pub fn new(plan: Option<Arc<FrozenPlan>>, stories: usize) -> Self {
        Self { plan, of: vec![Watch::default(); stories], due: BTreeSet::new() }
    }

    /// The clocks of a story as they stand.
    pub fn get(&self, story: usize) -> Watch {
        self.of[story].clone()
    }

    /// The clocks of a story as they stand now.
    pub fn put(&mut self, story: usize, watch: Watch) {
        if let Some((_, due)) = self.of[story].next() {
            self.due.remove(&(due.at, story));
        }
        self.due.extend(watch.next().map(|(_, due)| (due.at, story)));
        self.of[story] = watch;
    }

    /// The ticket of a story was merged into that of another, which keeps the clocks of both from now on.
    pub fn merge(&mut self, story: usize, done: &Done) {
        let into = done.events.iter().find_map(|event| match &event.event {
            Event::Ticket(TicketEvent::TicketMerged { into, .. }) => Some(into.id),
            _ => None,
        });
        let Some(into) = into else { return };
        let mut source = self.get(story);
        let survivor = self.of.iter().position(|watch| watch.ticket == Some(into));
        if let Some((story, mut watch)) = survivor.map(|story| (story, self.get(story))) {
            watch.clocks.join(std::mem::take(&mut source.clocks));
            watch.fold(into, &done.events, self.plan.as_ref());
            self.put(story, watch);
        }
        self.put(story, Watch::default());
    }

    /// Lets time pass until a moment, noting what is due on the way; answers how many events that took.
    pub async fn pass_until(
        &mut self,
        desk: &Desk,
        clock: &DemoClock,
        at: Instant,
    ) -> Result<u64, CommandError> {
        let mut events = 0;
        while let Some((first, _)) = self.due.first().copied().filter(|(due, _)| *due < at) {
            let until = first.plus_millis(WINDOW).min(at);
            clock.advance(until);
            let stories: Vec<usize> =
                self.due.range(..(until, 0)).map(|(_, story)| *story).collect();
            let noted = try_join_all(stories.iter().map(async |story| {
                let mut watch = self.get(*story);
                let events = watch.note_until(desk, until, self.plan.as_ref()).await?;
                Ok::<_, CommandError>((watch, events))
            }));
            for (story, (watch, more)) in stories.iter().zip(noted.await?) {
                events += more;
                self.put(*story, watch);
            }
        }
        Ok(events)
    }
}
