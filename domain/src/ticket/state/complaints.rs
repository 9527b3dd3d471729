//! What a ticket knows of its complaints (S-72).

use crate::ids::{AgentId, ComplaintId};
use crate::party::AgentRef;
use crate::ticket::event::{Finding, Severity};
use crate::ticket::state::TicketState;

/// A complaint that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenComplaint {
    /// Its id.
    pub id: ComplaintId,
    /// How grave it is.
    pub severity: Severity,
    /// Who owns it, if somebody does.
    pub owner: Option<AgentRef>,
}

/// A complaint that was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedComplaint {
    /// Its id.
    pub id: ComplaintId,
    /// Who decided, if an agent did.
    pub by: Option<AgentId>,
    /// What a review found last, if there was one.
    pub finding: Option<Finding>,
}

impl TicketState {
    pub(super) fn complained(
        &mut self,
        id: ComplaintId,
        severity: Severity,
        owner: Option<&AgentRef>,
    ) {
        self.open_complaint = Some(OpenComplaint { id, severity, owner: owner.cloned() });
    }

    pub(super) fn complaint_decided(&mut self, id: ComplaintId, by: Option<&AgentRef>) {
        self.open_complaint = None;
        let by = by.map(|agent| agent.id);
        self.decided_complaints.push(DecidedComplaint { id, by, finding: None });
    }

    pub(super) fn complaint_reviewed(&mut self, id: ComplaintId, finding: Finding) {
        if let Some(decided) = self.decided_complaints.iter_mut().find(|it| it.id == id) {
            decided.finding = Some(finding);
        }
    }
}
