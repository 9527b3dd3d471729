//! What is asked, in words.

use crate::party::AgentRef;
use crate::personal::Personal;
use crate::ticket::command::{Ruling, TicketCommand as C};

/// The command as a person would say it; what a command leaves open is left out.
#[expect(clippy::too_many_lines, reason = "one arm for each command: a table, read as one")]
pub(super) fn phrase(command: &C) -> String {
    match command {
        C::Open(new) => format!("open {} {:?}", new.number, known(&new.details.subject)),
        C::Assign { to, .. } => format!("assign to {}", name(to)),
        C::Give { to, offer_ms: None, .. } => format!("give to {}", name(to)),
        C::Give { to, .. } => format!("offer to {}", name(to)),
        C::AcceptOffer { agent } => format!("{} accepts", name(agent)),
        C::Draft { author, body } => format!("{} drafts {body:?}", name(author)),
        C::DiscardDraft { author } => format!("{} discards the draft", name(author)),
        C::DeclineOffer { agent, .. } => format!("{} declines", name(agent)),
        C::ExpireOffer { .. } => "the offer runs out".into(),
        C::Unassign { .. } => "unassign".into(),
        C::HandOver { to, .. } => format!("hand over to {}", name(to)),
        C::Receive { message, .. } => format!("the customer writes {:?}", message.body),
        C::OpenMessage { message: None } => "open the latest message".into(),
        C::OpenMessage { message: Some(_) } => "open a message".into(),
        C::File { message: None, .. } => "file all that waits".into(),
        C::File { message: Some(_), .. } => "file a message".into(),
        C::Reply { message, .. } => format!("reply {:?}", message.body),
        C::AddNote { message, .. } => format!("note {:?}", message.body),
        C::LogCall(call) => format!("log a call, {:?} and {:?}", call.direction, call.outcome),
        C::LogMeeting { .. } => "log a meeting".into(),
        C::LogChat { abandoned: false, .. } => "log a chat".into(),
        C::LogChat { abandoned: true, .. } => "log an abandoned chat".into(),
        C::RecordCommitment { text, .. } => format!("promise {text:?}"),
        C::KeepCommitment { .. } => "say that a promise was kept".into(),
        C::ChangeCommitment { text, .. } => format!("change a promise to {text:?}"),
        C::BreakCommitment { .. } => "say that a promise was broken".into(),
        C::Prioritize { priority } => format!("set the priority {priority}"),
        C::Reclassify { tier, channel, .. } if tier.is_some() || channel.is_some() => {
            let channel = channel.map(|it| it.word().to_owned());
            let said: Vec<String> = tier.iter().cloned().chain(channel).collect();
            format!("promise as {}", said.join(" "))
        }
        C::Reclassify { category, ticket_type, .. } => {
            let category = category.as_ref().map(|it| format!(" category {it}"));
            let ticket_type = ticket_type.as_ref().map(|it| format!(" type {it}"));
            let said: String = category.into_iter().chain(ticket_type).collect();
            format!("classify as{}", if said.is_empty() { " nothing" } else { &said })
        }
        C::Transfer { queue, .. } => format!("transfer to {queue}"),
        C::SetStatus { status, substatus: None } => format!("set the status {status}"),
        C::SetStatus { status, substatus: Some(sub) } => format!("set the status {status}/{sub}"),
        C::Tag { add, remove } => format!("tag +{add:?} -{remove:?}"),
        C::SetField { field, value: Some(value) } => format!("set {field} to {value:?}"),
        C::SetField { field, value: None } => format!("clear {field}"),
        C::Snooze { until, wakes_on_message: true, .. } => format!("snooze until {until}"),
        C::Snooze { until, wakes_on_message: false, .. } => {
            format!("snooze until {until}, whatever the customer writes")
        }
        C::Wake { cause } => format!("wake ({cause:?})"),
        C::Merge { into, .. } => format!("merge into #{}", into.number),
        C::Absorb { source, waiting, .. } if waiting.is_empty() => {
            format!("absorb #{}", source.number)
        }
        C::Absorb { source, waiting, .. } => {
            format!("absorb #{} with {} waiting", source.number, waiting.len())
        }
        C::Unmerge { side, .. } => format!("unmerge at the {side:?}"),
        C::GiveBack { source, .. } => format!("give back what waits for #{}", source.number),
        C::Split { into, messages, .. } => {
            format!("split {} message(s) off into #{}", messages.len(), into.number)
        }
        C::MarkClock { due, .. } => {
            format!("note {} of {}", due.mark.word(), due.of().0.word())
        }
        C::NoteOwner { away: Some(_), .. } => "note that the owner is away".into(),
        C::NoteOwner { away: None, .. } => "note that the owner is back".into(),
        C::MarkPurge => "note that it may be purged".into(),
        C::NoteAfterHours { owner_calendar, .. } => match owner_calendar {
            Some(calendar) => format!("look whether somebody is there, the owner by {calendar}"),
            None => "look whether somebody is there".into(),
        },
        C::AnnounceDelay { text, .. } => format!("announce a delay: {text}"),
        C::ReportBounce { code, .. } => format!("note that a reply bounced: {code:?}"),
        C::ReapplySla { reapplied, .. } => {
            format!("reapply version {} of the plan", reapplied.to.plan.version)
        }
        C::Link { other, kind } => format!("link with #{} as {kind:?}", other.number),
        C::Unlink { kind: Some(kind), .. } => format!("unlink as {kind:?}"),
        C::Unlink { kind: None, .. } => "unlink".into(),
        C::Escalate { level: Some(level), .. } => format!("escalate to {level}"),
        C::Escalate { level: None, .. } => "escalate".into(),
        C::Deescalate { level: Some(level), .. } => format!("de-escalate to {level}"),
        C::Deescalate { level: None, .. } => "de-escalate".into(),
        C::RaiseComplaint { claim, .. } => format!("complain {claim:?}"),
        C::DecideComplaint(it) => match &it.ruling {
            Ruling::Own { decision, .. } => format!("decide the complaint: {decision:?}"),
            Ruling::Prepared { solution, .. } => format!("decide the complaint as {solution:?}"),
        },
        C::ReassignComplaint(it) => {
            let whom = it.to.as_ref().map_or("nobody", |to| to.name.known().map_or("", |it| it));
            format!(
                "give the complaint to {whom}{}",
                if it.is_major { ", as a major one" } else { "" }
            )
        }
        C::ReviewComplaint { finding, .. } => format!("review the decision: {finding:?}"),
        C::Close { outcome, .. } => format!("close as {outcome:?}"),
        C::Reopen { reason } => format!("reopen, {reason:?}"),
        C::RequestRating { scale } => format!("ask for a rating from 1 to {scale}"),
        C::Rate { score, scale, .. } => format!("rate {score} of {scale}"),
        C::ScoreQuality { score, scale, .. } => format!("score the work {score} of {scale}"),
        C::LogTime { minutes, .. } => format!("log {minutes} minutes"),
        C::Correct { corrects, .. } => format!("correct event {corrects}"),
        C::RecordActivity { activity, .. } => format!("record the activity {activity:?}"),
    }
}

fn name(agent: &AgentRef) -> &str {
    known(&agent.name)
}

fn known(text: &Personal<String>) -> &str {
    text.known().map_or("erased", String::as_str)
}
