//! When an agent is away, and who stands in (S-63, S-91).

use serde::{Deserialize, Serialize};

use super::{Agent, AgentEvent, AgentRefusal};
use crate::ids::{AbsenceId, AgentId};
use crate::instant::Instant;
use crate::party::AgentRef;

/// A time in which an agent is away: leave, sickness, whatever the reason, which nobody need know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Absence {
    /// Its id.
    pub id: AbsenceId,
    /// The first instant of it.
    pub from: Instant,
    /// The first instant after it.
    pub until: Instant,
    /// Who stands in, if somebody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substitute: Option<AgentRef>,
}

impl Absence {
    /// Whether it lasts at an instant.
    pub fn lasts_at(&self, at: Instant) -> bool {
        self.from <= at && at < self.until
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.from < other.until && other.from < self.until
    }
}

/// Records an absence. One that has begun may be recorded: sickness is known after it began.
pub(super) fn begin(
    agent: &Agent,
    id: AgentId,
    absence: Absence,
    now: Instant,
) -> Result<Vec<AgentEvent>, AgentRefusal> {
    if absence.until <= absence.from.max(now) {
        return Err(AgentRefusal::AbsenceOver);
    }
    if absence.substitute.as_ref().is_some_and(|substitute| substitute.id == id) {
        return Err(AgentRefusal::OwnSubstitute);
    }
    if let Some(Absence { from, until, .. }) =
        agent.absences.iter().find(|other| other.overlaps(&absence))
    {
        return Err(AgentRefusal::AbsenceOverlaps { from: *from, until: *until });
    }
    Ok(vec![AgentEvent::AbsenceRecorded { absence }])
}

/// Ends an absence now; one that has not begun does not take place.
pub(super) fn end(
    agent: &Agent,
    id: AbsenceId,
    now: Instant,
) -> Result<Vec<AgentEvent>, AgentRefusal> {
    let absence = agent.absences.iter().find(|absence| absence.id == id);
    let Absence { from, until, .. } = absence.ok_or(AgentRefusal::NoSuchAbsence)?;
    if *until <= now {
        return Err(AgentRefusal::AbsenceEnded { until: *until });
    }
    let (was_until, until) = (*until, now.max(*from));
    Ok(vec![AgentEvent::AbsenceEnded { absence_id: id, was_until, until }])
}

/// An absence that ends when it begins does not take place.
pub(super) fn shorten(absences: &mut Vec<Absence>, id: AbsenceId, until: Instant) {
    if let Some(absence) = absences.iter_mut().find(|absence| absence.id == id) {
        absence.until = until;
    }
    absences.retain(|absence| absence.from < absence.until);
}
