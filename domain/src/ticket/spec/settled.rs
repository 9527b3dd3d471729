//! Which commands are done once they were given: the list that a property goes by.

use super::*;

/// Whether asking the same again at once finds nothing to do, or is refused.
#[expect(clippy::too_many_lines, reason = "one line for each command: a table, read as one")]
pub(super) fn is_settled_by_once(command: &C) -> bool {
    match command {
        C::Open(_)
        | C::Assign { .. }
        | C::Give { .. }
        | C::AcceptOffer { .. }
        | C::DeclineOffer { .. }
        | C::Draft { .. }
        | C::DiscardDraft { .. }
        | C::ExpireOffer { .. }
        | C::Unassign { .. }
        | C::HandOver { .. }
        | C::OpenMessage { .. }
        | C::File { .. }
        | C::KeepCommitment { .. }
        | C::ChangeCommitment { .. }
        | C::BreakCommitment { .. }
        | C::Prioritize { .. }
        | C::Reclassify { .. }
        | C::Transfer { .. }
        | C::SetStatus { .. }
        | C::Tag { .. }
        | C::SetField { .. }
        | C::Snooze { .. }
        | C::Wake { .. }
        | C::Merge { .. }
        | C::Absorb { .. }
        | C::Unmerge { .. }
        | C::GiveBack { .. }
        | C::Split { .. }
        | C::Link { .. }
        | C::Unlink { .. }
        | C::Escalate { level: Some(_), .. }
        | C::Deescalate { .. }
        | C::RaiseComplaint { .. }
        | C::DecideComplaint(_)
        | C::ReassignComplaint(_)
        | C::ReviewComplaint { .. }
        | C::MarkClock { .. }
        | C::NoteOwner { .. }
        | C::MarkPurge
        | C::NoteAfterHours { .. }
        | C::ReapplySla { .. }
        | C::Close { .. }
        | C::Reopen { .. } => true,
        C::Receive { .. }
        | C::Reply { .. }
        | C::AddNote { .. }
        | C::ReportBounce { .. }
        | C::AnnounceDelay { .. }
        | C::LogCall(_)
        | C::LogMeeting { .. }
        | C::LogChat { .. }
        | C::RecordCommitment { .. }
        | C::Escalate { level: None, .. }
        | C::RequestRating { .. }
        | C::Rate { .. }
        | C::ScoreQuality { .. }
        | C::LogTime { .. }
        | C::Correct { .. }
        | C::RecordActivity { .. } => false,
    }
}
