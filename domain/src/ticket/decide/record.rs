//! What is put on record beside the work: ratings, quality, time, corrections, facts from
//! elsewhere. A closed ticket takes all of it.

use std::collections::BTreeMap;

use crate::party::AgentRef;
use crate::personal::Personal;
use crate::ticket::command::TicketRefusal;
use crate::ticket::decide::Decision;
use crate::ticket::event::TicketEvent;
use crate::ticket::state::TicketState;

/// Asks the customer to rate the owner's work, from 1 to `scale` (S-101).
pub(super) fn request_rating(state: &TicketState, scale: u8) -> Decision {
    within_scale(scale, 1, scale)?;
    Ok(vec![TicketEvent::RatingRequested { agent: state.assignee.clone(), scale }])
}

/// Records the customer's rating of the owner's work. It needs no request, and a later one does not
/// undo the earlier.
pub(super) fn rate(state: &TicketState, score: u8, scale: u8, comment: Option<String>) -> Decision {
    within_scale(score, 1, scale)?;
    let (agent, comment) = (state.assignee.clone(), comment.map(Into::into));
    Ok(vec![TicketEvent::RatingGiven { agent, score, scale, comment }])
}

/// Scores the work of an agent, the owner when none is said, from 0 to `scale` (S-101).
pub(super) fn score_quality(
    state: &TicketState,
    agent: Option<AgentRef>,
    (score, scale): (u8, u8),
    rubric: Option<String>,
    comment: Option<String>,
) -> Decision {
    within_scale(score, 0, scale)?;
    let agent = agent.or_else(|| state.assignee.clone());
    let comment = comment.map(Into::into);
    Ok(vec![TicketEvent::QualityScored { agent, score, scale, rubric, comment }])
}

/// Logs working time; no minutes are nothing to log.
pub(super) fn log_time(agent: AgentRef, minutes: u32, note: Option<String>) -> Vec<TicketEvent> {
    let logged = TicketEvent::TimeLogged { agent, minutes, note: note.map(Into::into) };
    if minutes == 0 { Vec::new() } else { vec![logged] }
}

/// Says what is right where an earlier event of this ticket is wrong; the earlier one stays.
pub(super) fn correct(state: &TicketState, corrects: u64, text: String) -> Decision {
    if corrects == 0 || corrects > state.version {
        return Err(TicketRefusal::UnknownVersion { version: corrects });
    }
    Ok(vec![TicketEvent::CorrectionRecorded { corrects, text: text.into() }])
}

/// Keeps an activity of another system. A fact from elsewhere is never refused, not by a merged
/// ticket either: it is not ours to forget.
pub(super) fn activity(
    activity: String,
    performer: Option<String>,
    attributes: BTreeMap<String, String>,
    public: BTreeMap<String, String>,
    refused: Option<String>,
) -> Vec<TicketEvent> {
    vec![TicketEvent::ExternalActivityRecorded {
        activity,
        performer: performer.map(Into::into),
        attributes: Personal::Known(attributes),
        public,
        refused,
    }]
}

fn within_scale(score: u8, lowest: u8, scale: u8) -> Result<(), TicketRefusal> {
    if (lowest..=scale).contains(&score) && scale > 0 {
        return Ok(());
    }
    Err(TicketRefusal::ScoreOutsideScale { lowest, scale })
}
