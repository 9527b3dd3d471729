//! How the parts of a sentence are put.

use docket_domain::definition::{StatusTerm, Term};
use docket_domain::instant::Instant;
use docket_domain::money::Money;
use docket_domain::party::{ActorKind, AgentRef, Channel};
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{
    AttachmentRef, Decision, Finding, LinkKind, Message, Outcome, Severity, SnoozeReason,
    StatusChange, TicketRef,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How much of a text a sentence quotes, in characters.
const QUOTED: usize = 120;

/// What stands in a sentence for a text that was erased.
const ERASED: &str = "[erased]";

/// Somebody, by name where there is one.
pub(super) fn actor(kind: ActorKind, name: Option<&str>) -> String {
    match (kind, name) {
        (ActorKind::System, _) => "Docket".to_owned(),
        (_, Some(name)) => name.to_owned(),
        (ActorKind::Customer, None) => "The customer".to_owned(),
        (ActorKind::Agent, None) => "An agent".to_owned(),
        (ActorKind::Admin, None) => "An administrator".to_owned(),
        (ActorKind::Bot, None) => "A program".to_owned(),
        (ActorKind::External, None) => "Somebody in another system".to_owned(),
    }
}

/// An agent as the event names one.
pub(super) fn agent(agent: &AgentRef) -> String {
    agent.name.known().map_or_else(|| format!("agent {}", agent.id), Clone::clone)
}

/// The same, where there may be none.
pub(super) fn agent_or_nobody(agent_or_not: Option<&AgentRef>) -> String {
    agent_or_not.map_or_else(|| "nobody".to_owned(), agent)
}

/// From which level of escalation to which; a chain may call somebody else at the level that is reached.
pub(super) fn raised(from: u8, to: u8) -> String {
    if from == to { format!("again at level {to}") } else { format!("from level {from} to {to}") }
}

/// A text in quotation marks: on one line, and not all of it when it is long.
pub(super) fn quote(text: &Personal<String>) -> String {
    let Some(text) = text.known() else { return ERASED.to_owned() };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let start: String = line.chars().take(QUOTED).collect();
    let more = if start.len() < line.len() { "…" } else { "" };
    format!("“{start}{more}”")
}

/// A reason or a note behind a dash, where there is one.
pub(super) fn because(text: Option<&Personal<String>>) -> String {
    text.map(|text| format!(": {}", quote(text))).unwrap_or_default()
}

/// A status move that came with an event.
pub(super) fn moved(change: Option<&StatusChange>) -> String {
    change
        .map(|change| {
            format!("; the status went from {} to {}", status(&change.from), status(&change.to))
        })
        .unwrap_or_default()
}

/// A status and its substatus.
pub(super) fn status(status: &StatusTerm) -> String {
    match &status.substatus {
        Some(substatus) => format!("“{}” ({substatus})", status.name),
        None => format!("“{}”", status.name),
    }
}

/// A definition by its name then.
pub(super) fn term(term: Option<&Term>) -> String {
    term.map_or_else(|| "none".to_owned(), |term| format!("“{}”", term.name))
}

/// How many files came along.
pub(super) fn files(attachments: &[AttachmentRef]) -> String {
    match attachments.len() {
        0 => String::new(),
        1 => " with a file".to_owned(),
        many => format!(" with {many} files"),
    }
}

/// Number and text of something said.
pub(super) fn said(message: &Message) -> String {
    format!("{}{}: {}", message.number, files(&message.attachments), quote(&message.body))
}

/// How many messages.
pub(super) fn messages(count: usize) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

/// Another ticket.
pub(super) fn ticket(ticket: &TicketRef) -> String {
    format!("ticket {}", ticket.number)
}

/// A moment on a zone's clocks, to the minute.
pub(super) fn moment(at: Instant, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(at.millis()) {
        Ok(timestamp) => timestamp.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string(),
        Err(_) => at.to_string(),
    }
}

/// A due date, where there is one.
pub(super) fn due(at: Option<Instant>, zone: &TimeZone) -> String {
    at.map_or_else(|| "no date".to_owned(), |at| moment(at, zone))
}

/// When it took place, as far as that is known.
pub(super) fn span(from: Option<Instant>, to: Option<Instant>, zone: &TimeZone) -> String {
    match (from, to) {
        (Some(from), Some(to)) => {
            format!(" from {} to {}", moment(from, zone), moment(to, zone))
        }
        (Some(from), None) => format!(" at {}", moment(from, zone)),
        (None, Some(to)) => format!(" until {}", moment(to, zone)),
        (None, None) => String::new(),
    }
}

/// A channel, with its preposition.
pub(super) fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "by e-mail",
        Channel::Web => "on the web",
        Channel::Phone => "by phone",
        Channel::Chat => "in a chat",
        Channel::Social => "on a social network",
        Channel::Messenger => "by messenger",
        Channel::InPerson => "in person",
        Channel::Api => "through the API",
    }
}

/// A link, read from this ticket to the other.
pub(super) fn link(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Related => "related to",
        LinkKind::Duplicate => "a duplicate of",
        LinkKind::DuplicatedBy => "duplicated by",
        LinkKind::CausedBy => "caused by",
        LinkKind::Causes => "the cause of",
        LinkKind::FollowsUp => "a follow-up of",
        LinkKind::FollowedUpBy => "followed up by",
        LinkKind::SplitFrom => "split off",
        LinkKind::SplitInto => "split into",
    }
}

/// How a ticket ended.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Solved => "solved",
        Outcome::Unsolved => "unsolved",
        Outcome::NoReplyNeeded => "needing no reply",
        Outcome::Duplicate => "a duplicate",
        Outcome::Spam => "spam",
    }
}

/// Why a ticket was put aside.
pub(super) fn snooze_reason(reason: SnoozeReason) -> &'static str {
    match reason {
        SnoozeReason::CustomerAsked => "the customer asked for it",
        SnoozeReason::Waiting => "something outside is awaited",
        SnoozeReason::Other => "of something else",
    }
}

/// How grave a complaint is.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Minor => "minor",
        Severity::Major => "major",
    }
}

/// What became of a complaint.
pub(super) fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Accepted => "accepted",
        Decision::PartlyAccepted => "accepted in part",
        Decision::Rejected => "rejected",
    }
}

/// What was granted, in money and in words.
pub(super) fn granted(amount: Option<&Money>, in_words: Option<&str>) -> String {
    match (amount, in_words) {
        (Some(amount), Some(words)) => format!(" with {amount} ({words})"),
        (Some(amount), None) => format!(" with {amount}"),
        (None, Some(words)) => format!(" with {words}"),
        (None, None) => String::new(),
    }
}

/// What a review found.
pub(super) fn found(finding: Finding) -> &'static str {
    match finding {
        Finding::Confirmed => "confirmed it",
        Finding::Faulted => "found fault with it",
    }
}

/// A length in hours and minutes, and what is shorter where there is nothing longer.
pub(crate) fn lasting(millis: i64) -> String {
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    match (hours, minutes) {
        (0, 0) if millis % 1000 == 0 => format!("{} s", millis / 1000),
        (0, 0) => format!("{millis} ms"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
