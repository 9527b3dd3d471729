//! What do customers complain of, and what became of it? One row for each complaint (S-72).
//!
//! While a complaint is open, its row says where its ticket lies now; from the decision on it says where
//! the ticket lay when it was decided, whatever becomes of the ticket later. How long one that is open has
//! waited depends on now, so no row says it: whoever reads reckons it.

mod list;
pub mod report;

use docket_domain::codec::Event;
use docket_domain::definition::BaseStatus;
use docket_domain::instant::Instant;
use docket_domain::ticket::event::{Decision, Severity, TicketEvent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::list::{Complaints, Filter, ShownComplaint, Status, owners, page};
use crate::desk_state::DeskState;
use crate::recorded::{Recorded, id_of};
use crate::view::{Key, Schema, View};

/// The view.
pub struct ComplaintsView;

/// A complaint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ComplaintRow {
    /// The ticket's id.
    pub ticket: Uuid,
    /// Its number.
    pub number: String,
    /// The complaint's id.
    pub complaint: Uuid,
    /// The key of the queue that the ticket lay in when it was decided; while it is open, now.
    pub queue: String,
    /// The path of its category, likewise.
    pub category: Option<String>,
    /// The key of its priority, likewise.
    pub priority: String,
    /// `minor` or `major`.
    #[schema(value_type = String)]
    pub severity: Severity,
    /// The id of the agent who owns the complaint.
    pub owner: Option<Uuid>,
    /// When it was raised.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Instant,
    /// When it was decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Instant>,
    /// `accepted`, `partly_accepted` or `rejected`.
    #[schema(value_type = Option<String>)]
    pub decision: Option<Decision>,
    /// When the customer was told.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub told_at: Option<Instant>,
    /// What became of the ticket.
    pub ticket_state: TicketState,
}

/// Whether a complaint's ticket is still worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketState {
    /// It is.
    Open,
    /// It is closed.
    Closed,
    /// It was merged into another.
    Merged,
}

impl TicketState {
    fn of(base: BaseStatus) -> Self {
        match base {
            BaseStatus::Closed => Self::Closed,
            BaseStatus::Merged => Self::Merged,
            BaseStatus::New
            | BaseStatus::InProgress
            | BaseStatus::AwaitingCustomer
            | BaseStatus::Snoozed => Self::Open,
        }
    }
}

/// A ticket's complaints so far, and where it lies.
#[derive(Default)]
pub struct Complained {
    desk: Option<DeskState>,
    category: Option<String>,
    complaints: Vec<ComplaintRow>,
}

impl View for ComplaintsView {
    const NAME: &'static str = "complaints";
    const VERSION: u32 = 2;
    const CATEGORY: &'static str = "ticket";
    const NEEDS_TEXT: bool = false;
    const SCHEMA: Schema = Schema {
        sqlite: include_str!("../../migrations/views/sqlite/0010_complaints.sql"),
        postgres: include_str!("../../migrations/views/postgres/0010_complaints.sql"),
    };
    type State = Complained;
    type Row = ComplaintRow;

    fn evolve(state: &mut Complained, recorded: &Recorded) {
        let Event::Ticket(event) = &recorded.event else { return };
        DeskState::evolve(&mut state.desk, recorded);
        match event {
            TicketEvent::TicketCreated(created) => {
                state.category = created.category.as_ref().map(|it| it.key.clone());
            }
            TicketEvent::TicketReclassified { category, .. } => {
                state.category = category.as_ref().map(|it| it.key.clone());
            }
            TicketEvent::ComplaintRaised { .. } => state.raise(event, recorded),
            TicketEvent::ComplaintReassigned { complaint_id, severity_to, to, .. } => {
                let id = complaint_id.0;
                for complaint in state.complaints.iter_mut().filter(|it| it.complaint == id) {
                    complaint.severity = *severity_to;
                    complaint.owner = to.as_ref().map(|owner| owner.id.0);
                }
            }
            _ => {}
        }
        state.follow();
        state.decide(event, recorded);
    }

    fn rows(state: &Complained) -> Vec<(Key, ComplaintRow)> {
        let keyed = |it: &ComplaintRow| (it.complaint.to_string(), it.clone());
        state.complaints.iter().map(keyed).collect()
    }
}

impl Complained {
    fn raise(&mut self, event: &TicketEvent, recorded: &Recorded) {
        let TicketEvent::ComplaintRaised { complaint_id, severity, owner, .. } = event else {
            return;
        };
        let Some(desk) = &self.desk else { return };
        self.complaints.retain(|it| it.complaint != complaint_id.0);
        self.complaints.push(ComplaintRow {
            ticket: id_of(&recorded.stream),
            number: desk.number.clone(),
            complaint: complaint_id.0,
            queue: desk.queue.clone(),
            category: self.category.clone(),
            priority: desk.priority.clone(),
            severity: *severity,
            owner: owner.as_ref().map(|owner| owner.id.0),
            raised_at: recorded.occurred_at,
            decided_at: None,
            decision: None,
            told_at: None,
            ticket_state: TicketState::of(desk.base),
        });
    }

    /// Lets what is open follow its ticket; of what is decided only the ticket's state is told anew.
    fn follow(&mut self) {
        let Some(desk) = &self.desk else { return };
        for complaint in &mut self.complaints {
            complaint.ticket_state = TicketState::of(desk.base);
            if complaint.decided_at.is_none() {
                complaint.queue.clone_from(&desk.queue);
                complaint.category.clone_from(&self.category);
                complaint.priority.clone_from(&desk.priority);
            }
        }
    }

    fn decide(&mut self, event: &TicketEvent, recorded: &Recorded) {
        let TicketEvent::ComplaintDecided { complaint_id, decision, told_at, .. } = event else {
            return;
        };
        for complaint in self.complaints.iter_mut().filter(|it| it.complaint == complaint_id.0) {
            complaint.decided_at = Some(recorded.occurred_at);
            complaint.decision = Some(*decision);
            complaint.told_at = *told_at;
        }
    }
}

impl ComplaintRow {
    /// How long it has waited for its decision, in milliseconds of wall time: until it was decided, and
    /// while it is open until `now`. What was written down out of order waited no time.
    pub fn waited_ms(&self, now: Instant) -> i64 {
        (self.decided_at.unwrap_or(now).0 - self.raised_at.0).max(0)
    }
}
