//! What the customer of one ticket complained of, how that was decided, and what was thought of it (S-72).

use docket_domain::codec::Event;
use docket_domain::definition::Solution;
use docket_domain::envelope::Recorded;
use docket_domain::ids::AgentId;
use docket_domain::instant::Instant;
use docket_domain::money::Money;
use docket_domain::party::{Actor, AgentRef, Channel};
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{
    Authority, Decision, Finding, PreparedSolution, Severity, TicketEvent,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::ticket_document::AgentSummary;

/// A complaint of one ticket.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TicketComplaint {
    /// Which complaint.
    pub id: Uuid,
    /// How grave it is.
    #[schema(value_type = String)]
    pub severity: Severity,
    /// What is claimed; `null` once erased.
    pub claim: Option<String>,
    /// What the customer demands.
    pub remedy: Option<String>,
    /// Who owns it.
    pub owner: Option<AgentSummary>,
    /// When it was raised, in the real world.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Instant,
    /// How it was decided; `null` while it is open.
    pub decided: Option<Decided>,
    /// What was thought of that, the last time that somebody looked.
    pub reviewed: Option<Reviewed>,
    /// How it may be decided without asking anybody, while it is open and minor.
    #[schema(value_type = Vec<Object>)]
    pub solutions: Vec<Solution>,
}

/// How a complaint was decided.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Decided {
    /// When, in the real world.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// By whom, if an agent decided.
    pub by: Option<AgentSummary>,
    /// By what right; `null` of what was decided before that was asked.
    #[schema(value_type = Option<Object>)]
    pub authority: Option<Authority>,
    /// In whose place, where it was theirs to decide and they were away.
    pub in_place_of: Option<AgentSummary>,
    /// Whether it was accepted.
    #[schema(value_type = String)]
    pub decision: Decision,
    /// Why; `null` once erased.
    pub reasoning: Option<String>,
    /// What was granted, in words.
    pub compensation: Option<String>,
    /// What was granted, in money.
    #[schema(value_type = Option<Object>)]
    pub amount: Option<Money>,
    /// The prepared solution that it followed.
    #[schema(value_type = Option<Object>)]
    pub solution: Option<PreparedSolution>,
    /// When the customer was told.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub told_at: Option<Instant>,
    /// By which way.
    #[schema(value_type = Option<String>)]
    pub told_by: Option<Channel>,
}

/// What was thought of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Reviewed {
    /// When, in the real world.
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// By whom: an agent, or a token that stands for nobody.
    pub by: AgentSummary,
    /// What was found.
    #[schema(value_type = String)]
    pub finding: Finding,
    /// In the reviewer's words; `null` once erased.
    pub note: Option<String>,
}

/// Takes in one more event of a ticket, whose complaints these are, oldest first.
pub fn evolve(complaints: &mut Vec<TicketComplaint>, recorded: &Recorded<Event>) {
    if let Event::Ticket(event) = &recorded.event {
        take(complaints, event, (recorded.occurred_at, &recorded.envelope.actor));
    }
}

impl TicketComplaint {
    /// All agents whom it names, to be called as they are now.
    pub fn agents(&mut self) -> impl Iterator<Item = &mut AgentSummary> {
        let decided = self.decided.iter_mut();
        let decided = decided.flat_map(|it| it.by.iter_mut().chain(it.in_place_of.iter_mut()));
        let reviewed = self.reviewed.as_mut().map(|reviewed| &mut reviewed.by);
        self.owner.iter_mut().chain(decided).chain(reviewed)
    }
}

fn take(
    complaints: &mut Vec<TicketComplaint>,
    event: &TicketEvent,
    (at, actor): (Instant, &Actor),
) {
    match event {
        TicketEvent::ComplaintRaised { complaint_id, claim, severity, remedy, owner } => {
            complaints.push(TicketComplaint {
                id: complaint_id.0,
                severity: *severity,
                claim: claim.known().cloned(),
                remedy: text(remedy.as_ref()),
                owner: owner.as_ref().map(agent),
                raised_at: at,
                decided: None,
                reviewed: None,
                solutions: Vec::new(),
            });
        }
        TicketEvent::ComplaintReassigned { complaint_id, severity_to, to, .. } => {
            if let Some(known) = complaints.iter_mut().find(|it| it.id == complaint_id.0) {
                known.severity = *severity_to;
                known.owner = to.as_ref().map(agent);
            }
        }
        TicketEvent::ComplaintDecided { complaint_id, .. } => {
            if let Some(known) = complaints.iter_mut().find(|it| it.id == complaint_id.0) {
                known.decided = decided(event, at);
            }
        }
        TicketEvent::ComplaintReviewed { complaint_id, finding, note } => {
            if let Some(known) = complaints.iter_mut().find(|it| it.id == complaint_id.0) {
                let by =
                    AgentSummary { id: Uuid::try_parse(&actor.id).unwrap_or_default(), name: None };
                let note = text(note.as_ref());
                known.reviewed = Some(Reviewed { at, by, finding: *finding, note });
            }
        }
        _ => {}
    }
}

fn decided(event: &TicketEvent, at: Instant) -> Option<Decided> {
    let TicketEvent::ComplaintDecided {
        decision,
        reasoning,
        compensation,
        amount,
        solution,
        decided_by,
        authority,
        in_place_of,
        told_at,
        told_by,
        ..
    } = event
    else {
        return None;
    };
    Some(Decided {
        at,
        by: decided_by.as_ref().map(agent),
        authority: authority.clone(),
        in_place_of: in_place_of.as_ref().map(agent),
        decision: *decision,
        reasoning: reasoning.known().cloned(),
        compensation: compensation.clone(),
        amount: amount.clone(),
        solution: solution.clone(),
        told_at: *told_at,
        told_by: *told_by,
    })
}

fn agent(agent: &AgentRef) -> AgentSummary {
    AgentSummary { id: agent.id.0, name: agent.name.known().cloned() }
}

fn text(text: Option<&Personal<String>>) -> Option<String> {
    text.and_then(|text| text.known().cloned())
}

/// The stream of an agent whom a complaint names.
pub fn stream_of(agent: &AgentSummary) -> String {
    AgentId(agent.id).stream()
}
