//! The rules: what follows from asking this of a ticket, or why it is refused.
//!
//! [`decide`] is a table; the rules are small functions beside it, one file for each theme. A
//! command that finds nothing to do returns no events, so that it can be tried again.

use crate::context::Context;
use crate::ticket::command::{TicketCommand, TicketRefusal};
use crate::ticket::event::{DraftEnd, TicketEvent, WakeCause};
use crate::ticket::state::{Ticket, TicketState};

mod classification;
mod clock;
mod closing;
mod commitment;
mod complaint;
mod contact;
mod conversation;
mod draft;
mod merge;
mod notice;
mod offer;
mod opening;
mod ownership;
mod record;
mod snooze;
mod status;

/// What follows from a command, oldest first, or the rule that refuses it.
pub type Decision = Result<Vec<TicketEvent>, TicketRefusal>;

/// Decides what follows from `command`, as the ticket is now.
pub fn decide(ticket: &Ticket, command: TicketCommand, context: &Context<'_>) -> Decision {
    let Some(state) = ticket.present() else {
        let TicketCommand::Open(new) = command else { return Err(TicketRefusal::NoSuchTicket) };
        return opening::open(*new, context);
    };
    admit(state, &command)?;
    follow(state, command, context)
}

/// Decides what follows at an alias from a command that was given to its root and is about what the
/// alias holds. The root speaks for its aliases, so that it is the root that must take the command; the
/// rest is as if the alias were asked. Which commands these are, their handler knows.
pub fn decide_for(
    root: &TicketState,
    alias: &TicketState,
    command: TicketCommand,
    context: &Context<'_>,
) -> Decision {
    admit(root, &command)?;
    follow(alias, command, context)
}

#[expect(clippy::too_many_lines, reason = "one arm for each command: a table, read as one")]
fn follow(state: &TicketState, command: TicketCommand, context: &Context<'_>) -> Decision {
    use TicketCommand as C;
    match command {
        C::Open(_) => Err(TicketRefusal::AlreadyOpened),
        C::Assign { to, method } => ownership::assign(state, to, method, context),
        C::Give { to, routed, offer_ms } => offer::give(state, to, routed, offer_ms, context),
        C::AcceptOffer { agent } => offer::accept(state, agent, context),
        C::DeclineOffer { agent, reason } => offer::decline(state, agent, reason, context),
        C::ExpireOffer { offered_in } => offer::expire(state, offered_in),
        C::Unassign { reason } => ownership::unassign(state, reason),
        C::HandOver { to, aliases_promise, until, note } => {
            ownership::hand_over(state, to, aliases_promise, until, note, context)
        }
        C::Receive { message, channel } => conversation::receive(state, message, channel, context),
        C::NoteAfterHours { message, channel, owner_calendar, told_at } => {
            let owner_calendar = owner_calendar.as_deref();
            let written = notice::Written { message, channel, owner_calendar, told_at };
            notice::after_hours(state, &written, context)
        }
        C::OpenMessage { message } => conversation::open_message(state, message),
        C::File { message, reason } => conversation::file(state, message, reason),
        C::Reply { message, channel, seen_version } => {
            conversation::reply(state, message, channel, seen_version, context)
        }
        C::AddNote { message, mentions } => {
            conversation::add_note(state, message, mentions, context)
        }
        C::Draft { author, body } => Ok(draft::keep(state, author, body, context)),
        C::DiscardDraft { author } => Ok(draft::end(state, author.id, DraftEnd::Discarded)),
        C::ReportBounce { message, recipient, code, reason } => {
            conversation::bounce(state, message, recipient, code, reason)
        }
        C::LogCall(call) => contact::log_call(state, *call, context),
        C::LogMeeting { agent, started_at, ended_at, summary } => {
            contact::log_meeting(state, agent, (started_at, ended_at), summary, context)
        }
        C::LogChat { agent, started_at, ended_at, abandoned, transcript } => {
            contact::log_chat(state, agent, (started_at, ended_at), abandoned, transcript, context)
        }
        C::RecordCommitment {
            promiser,
            text,
            kind,
            amount,
            due,
            evidence,
            evidence_in,
            accepted,
        } => {
            commitment::evidence_is_known(state, evidence, evidence_in.as_ref())?;
            Ok(vec![TicketEvent::CommitmentRecorded {
                commitment_id: commitment::new_id(context),
                promiser,
                text: text.into(),
                kind,
                amount,
                due,
                evidence,
                evidence_in,
                accepted,
            }])
        }
        C::KeepCommitment { commitment, note } => commitment::keep(state, commitment, note),
        C::ChangeCommitment { commitment, text, due, reason } => {
            commitment::change(state, commitment, text, due, reason)
        }
        C::BreakCommitment { commitment, reason } => {
            commitment::break_it(state, commitment, reason)
        }
        C::Prioritize { priority } => classification::prioritize(state, &priority, context),
        C::Reclassify { category, ticket_type, tier, channel } => {
            let about = (category.as_deref(), ticket_type.as_deref());
            classification::reclassify(state, about, (tier, channel), context)
        }
        C::Transfer { queue, reason } => classification::transfer(state, &queue, reason, context),
        C::SetStatus { status, substatus } => {
            classification::set_status(state, &status, substatus, context)
        }
        C::Tag { add, remove } => classification::tag(state, add, &remove),
        C::SetField { field, value } => classification::set_field(state, field, value),
        C::Snooze { until, reason, note, wakes_on_message } => {
            snooze::snooze(state, until, reason, note, wakes_on_message, context)
        }
        C::Wake { cause } => snooze::wake(state, cause, context),
        C::Merge { into, survivor_status } => merge::merge(state, into, survivor_status, context),
        C::Absorb { merge_id, source, waiting } => {
            merge::absorb(state, merge_id, source, waiting, context)
        }
        C::Unmerge { merge_id, side, messages, waiting, answered } => {
            merge::unmerge(state, merge_id, side, messages, waiting, answered)
        }
        C::GiveBack { merge_id, source, waiting } => {
            merge::give_back(state, merge_id, source, waiting)
        }
        C::Split { into, messages, waiting } => merge::split(state, into, messages, waiting),
        C::Link { other, kind } => merge::link(state, other, kind),
        C::Unlink { other, kind } => merge::unlink(state, other, kind),
        C::Escalate { level, to, reason } => ownership::escalate(state, level, to, reason),
        C::Deescalate { level, reason } => ownership::deescalate(state, level, reason),
        C::MarkClock { due, found_in, detected_at, to } => {
            clock::mark(state, *due, found_in, (detected_at, to), context)
        }
        C::NoteOwner { away, found_in } => ownership::note(state, away, found_in),
        C::AnnounceDelay { text, expected } => commitment::announce_delay(text, expected, context),
        C::ReapplySla { reapplied, found_in } => clock::reapply(state, reapplied, found_in),
        C::RaiseComplaint { claim, severity, remedy, owner, limited } => {
            complaint::raise(state, claim, severity, remedy, (owner, &limited), context)
        }
        C::ReassignComplaint(asked) => complaint::reassign(state, *asked, context),
        C::DecideComplaint(decision) => complaint::decide(state, *decision, context),
        C::ReviewComplaint { complaint, finding, note } => {
            complaint::review(state, complaint, finding, note, context)
        }
        C::Close { outcome, resolution, reason } => {
            closing::close(state, outcome, resolution, reason, context)
        }
        C::MarkPurge => Ok(closing::mark_purge(state, context)),
        C::Reopen { reason } => closing::reopen(state, reason, context),
        C::RequestRating { scale } => record::request_rating(state, scale),
        C::Rate { score, scale, comment } => record::rate(state, score, scale, comment),
        C::ScoreQuality { agent, score, scale, rubric, comment } => {
            record::score_quality(state, agent, (score, scale), rubric, comment)
        }
        C::LogTime { agent, minutes, note } => Ok(record::log_time(agent, minutes, note)),
        C::Correct { corrects, text } => record::correct(state, corrects, text),
        C::RecordActivity { activity, performer, attributes, public, refused } => {
            Ok(record::activity(activity, performer, attributes, public, refused))
        }
    }
}

/// In which tickets a command is taken at all.
enum Admitted {
    /// In every one: bookkeeping of aliases, facts from elsewhere, and timers, which find out for
    /// themselves that they come too late.
    Always,
    /// In closed ones too: what is said about a case after its end.
    UnlessMerged,
    /// Only in those that are neither closed nor merged: work on the case.
    WhileOpen,
}

fn admit(state: &TicketState, command: &TicketCommand) -> Result<(), TicketRefusal> {
    let admitted = admitted(command);
    match (&admitted, &state.merged) {
        (Admitted::Always, _) => Ok(()),
        (Admitted::UnlessMerged | Admitted::WhileOpen, Some(merged)) => {
            Err(TicketRefusal::TicketMerged { into: merged.into.number.clone() })
        }
        (Admitted::WhileOpen, None) if state.is_closed() => Err(TicketRefusal::TicketClosed),
        (Admitted::UnlessMerged | Admitted::WhileOpen, None) => Ok(()),
    }
}

#[expect(clippy::too_many_lines, reason = "one line for each command: a table, read as one")]
fn admitted(command: &TicketCommand) -> Admitted {
    use TicketCommand as C;
    match command {
        C::Open(_)
        | C::Absorb { .. }
        | C::Unmerge { .. }
        | C::GiveBack { .. }
        | C::RecordActivity { .. }
        | C::MarkClock { .. }
        | C::NoteOwner { .. }
        | C::MarkPurge
        | C::ExpireOffer { .. }
        | C::Wake { cause: WakeCause::Timer } => Admitted::Always,
        C::Receive { .. }
        | C::NoteAfterHours { .. }
        | C::OpenMessage { .. }
        | C::File { .. }
        | C::AddNote { .. }
        | C::DiscardDraft { .. }
        | C::ReportBounce { .. }
        | C::KeepCommitment { .. }
        | C::BreakCommitment { .. }
        | C::Tag { .. }
        | C::Link { .. }
        | C::Unlink { .. }
        | C::Merge { .. }
        | C::RaiseComplaint { .. }
        | C::ReassignComplaint(_)
        | C::DecideComplaint(_)
        | C::ReviewComplaint { .. }
        | C::Reopen { .. }
        | C::RequestRating { .. }
        | C::Rate { .. }
        | C::ScoreQuality { .. }
        | C::LogTime { .. }
        | C::Correct { .. } => Admitted::UnlessMerged,
        C::Assign { .. }
        | C::Give { .. }
        | C::AcceptOffer { .. }
        | C::DeclineOffer { .. }
        | C::Unassign { .. }
        | C::HandOver { .. }
        | C::Reply { .. }
        | C::Draft { .. }
        | C::LogCall(_)
        | C::LogMeeting { .. }
        | C::LogChat { .. }
        | C::RecordCommitment { .. }
        | C::ChangeCommitment { .. }
        | C::Prioritize { .. }
        | C::Reclassify { .. }
        | C::Transfer { .. }
        | C::SetStatus { .. }
        | C::SetField { .. }
        | C::Snooze { .. }
        | C::Wake { cause: WakeCause::Manual | WakeCause::Message }
        | C::Split { .. }
        | C::Escalate { .. }
        | C::Deescalate { .. }
        | C::AnnounceDelay { .. }
        | C::ReapplySla { .. }
        | C::Close { .. } => Admitted::WhileOpen,
    }
}
