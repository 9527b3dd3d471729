//! The longer parts of sentences.

use docket_domain::definition::SlaTerms;
use docket_domain::ids::CommitmentId;
use docket_domain::instant::Instant;
use docket_domain::party::{AgentRef, Channel};
use docket_domain::sla::clock::BreachedBy;
use docket_domain::sla::plan::{ClockKind, Whom};
use docket_domain::ticket::event::{
    AssignMethod, Call, CallOutcome, Chat, ClockMark, Direction, EscalationRule, GivenContact,
    Meeting, OpenedBy, OriginKind, Promiser, SlaReapplied, TicketCreated, WaitingMessage,
    WakeCause,
};
use jiff::tz::TimeZone;

use crate::timeline::words::{
    agent, agent_or_nobody, because, channel, files, lasting, moment, quote, said, span, status,
    ticket,
};

pub(super) fn created(created: &TicketCreated) -> String {
    let opened = match created.opened_by {
        OpenedBy::Customer => "opened",
        OpenedBy::Agent => "opened, for the customer,",
    };
    let first = created.message.as_ref().map(|m| format!(", writing {}", said(m)));
    let origin = created.origin.as_ref().map(|origin| match origin.kind {
        OriginKind::Split => {
            format!(", split off {}{}", ticket(&origin.ticket), still_waiting(&origin.waiting))
        }
        OriginKind::FollowUp => format!(", following up {}", ticket(&origin.ticket)),
    });
    let sla = created.sla.as_ref().map(|sla| {
        let (plan, calendar) = (&sla.plan, &sla.calendar);
        let by = format!("“{}” (version {})", calendar.name, calendar.version);
        format!(
            ", promised by the plan “{}” (version {}) in the hours of {by}",
            plan.name, plan.version
        )
    });
    format!(
        "{opened} ticket {} {}: {}, in the queue “{}” with the priority “{}” and the status {}{}{}{}{}",
        created.number,
        channel(created.channel),
        quote(&created.subject),
        created.queue.name,
        created.priority.name,
        status(&created.status),
        sla.unwrap_or_default(),
        origin.unwrap_or_default(),
        created.contact.as_ref().map(given).unwrap_or_default(),
        first.unwrap_or_default()
    )
}

/// What the customer gave of themselves that is not theirs in the register.
fn given(contact: &GivenContact) -> String {
    let addresses = contact.addresses.iter().map(|address| &address.value);
    let all: Vec<String> = contact.name.iter().chain(addresses).map(quote).collect();
    format!(", giving {}, which the register does not have of them", all.join(" and "))
}

/// What is noted of an owner who is away, or has left.
pub(super) fn owner_absent(
    owner: &AgentRef,
    until: Option<Instant>,
    substitute: Option<&AgentRef>,
    zone: &TimeZone,
) -> String {
    let away = match until {
        Some(until) => format!("is away until {}", moment(until, zone)),
        None => "has left the desk".to_owned(),
    };
    let stands_in = substitute.map(|it| format!("; {} stands in", agent(it)));
    format!("noted that the owner {} {away}{}", agent(owner), stands_in.unwrap_or_default())
}

pub(super) fn assigned_by(method: AssignMethod) -> &'static str {
    match method {
        AssignMethod::Manual => "",
        AssignMethod::Next => " as the next of the queue",
        AssignMethod::Skill | AssignMethod::RoundRobin => "",
        AssignMethod::Import => " in another system",
    }
}

pub(super) fn promises(open: &[CommitmentId]) -> String {
    match open.len() {
        0 => "no promise".to_owned(),
        1 => "1 promise".to_owned(),
        many => format!("{many} promises"),
    }
}

pub(super) fn still_waiting(waiting: &[WaitingMessage]) -> String {
    if waiting.is_empty() {
        return String::new();
    }
    let numbers: Vec<&str> = waiting.iter().map(|message| message.number.as_str()).collect();
    format!(", with {} waiting for an answer", numbers.join(", "))
}

pub(super) fn promiser(promiser: Promiser) -> &'static str {
    match promiser {
        Promiser::Desk => "the desk",
        Promiser::Customer => "the customer",
    }
}

pub(super) fn call(call: &Call, zone: &TimeZone) -> String {
    let direction = match call.direction {
        Direction::Inbound => "a call from the customer",
        Direction::Outbound => "a call to the customer",
    };
    let outcome = match call.outcome {
        CallOutcome::Answered => "answered by",
        CallOutcome::Missed => "missed by",
        CallOutcome::Voicemail => "that reached the mailbox of",
    };
    format!(
        "logged {direction}, {}, {outcome} {}{}{}{}",
        call.number,
        agent_or_nobody(call.agent.as_ref()),
        span(call.started_at, call.ended_at, zone),
        files(&call.attachments),
        because(call.summary.as_ref())
    )
}

pub(super) fn meeting(meeting: &Meeting, zone: &TimeZone) -> String {
    format!(
        "logged a meeting, {}{}{}: {}",
        meeting.number,
        meeting.agent.as_ref().map(|a| format!(", held by {}", agent(a))).unwrap_or_default(),
        span(meeting.started_at, meeting.ended_at, zone),
        quote(&meeting.summary)
    )
}

pub(super) fn chat(chat: &Chat, zone: &TimeZone) -> String {
    format!(
        "logged a chat, {}, {}{}{}: {}",
        chat.number,
        if chat.abandoned { "abandoned before an answer" } else { "held" },
        chat.agent.as_ref().map(|a| format!(" by {}", agent(a))).unwrap_or_default(),
        span(chat.started_at, chat.ended_at, zone),
        quote(&chat.transcript)
    )
}

pub(super) fn tagged(added: &[String], removed: &[String]) -> String {
    let list =
        |tags: &[String]| tags.iter().map(|tag| format!("“{tag}”")).collect::<Vec<_>>().join(", ");
    match (added.is_empty(), removed.is_empty()) {
        (false, true) => format!("added the tags {}", list(added)),
        (true, _) => format!("removed the tags {}", list(removed)),
        (false, false) => {
            format!("added the tags {} and removed {}", list(added), list(removed))
        }
    }
}

pub(super) fn woken(cause: WakeCause) -> &'static str {
    match cause {
        WakeCause::Timer => "woke the ticket, its time having come",
        WakeCause::Manual => "woke the ticket by hand",
        WakeCause::Message => "woke the ticket by writing",
    }
}

pub(super) fn told(at: Option<Instant>, by: Option<Channel>, zone: &TimeZone) -> String {
    match (at, by) {
        (None, None) => String::new(),
        (at, by) => format!(
            "; the customer was told{}{}",
            at.map(|at| format!(" at {}", moment(at, zone))).unwrap_or_default(),
            by.map(|by| format!(" {}", channel(by))).unwrap_or_default()
        ),
    }
}

pub(super) fn agent_or_service(rated: Option<&AgentRef>) -> String {
    rated.map_or_else(|| "the service".to_owned(), agent)
}

pub(super) fn warned(mark: &ClockMark, zone: &TimeZone) -> String {
    format!(
        "warned that {} is due at {}: {} of {} have counted{}",
        awaited(mark),
        moment(mark.deadline, zone),
        lasting(mark.elapsed_ms),
        lasting(mark.target_ms),
        alerted(mark)
    )
}

pub(super) fn breached(mark: &ClockMark, zone: &TimeZone) -> String {
    let why = match mark.breached_by {
        Some(BreachedBy::Retarget) => "a change made its deadline one that was past",
        Some(BreachedBy::Deadline) | None => "its deadline passed",
    };
    format!(
        "noted that {} is late: {why}, {}, after {} of {}{}",
        awaited(mark),
        moment(mark.deadline, zone),
        lasting(mark.elapsed_ms),
        lasting(mark.target_ms),
        alerted(mark)
    )
}

pub(super) fn reapplied(reapplied: &SlaReapplied, zone: &TimeZone) -> String {
    let SlaReapplied { from, to, clocks, reason } = reapplied;
    let named = |terms: &SlaTerms| {
        let (plan, calendar) = (&terms.plan, &terms.calendar);
        format!("{} v{} with {} v{}", plan.name, plan.version, calendar.name, calendar.version)
    };
    let changed = clocks.iter().map(|clock| {
        let due = clock.deadline.map_or("at no time yet".to_owned(), |due| moment(due, zone));
        format!("{} is due {due}", of_kind((clock.clock, clock.instance)))
    });
    let changed = changed.collect::<Vec<_>>().join(", ");
    // Where all that run are late, only clocks to come go by it.
    let changed = if changed.is_empty() { changed } else { format!(": {changed}") };
    format!(
        "let the plan {} hold in place of {}{changed}{}",
        named(to),
        named(from),
        because(reason.as_ref())
    )
}

/// For which clock something was done.
pub(super) fn in_name_of(mark: &ClockMark) -> String {
    format!(" of {}", awaited(mark))
}

fn awaited(mark: &ClockMark) -> String {
    of_kind(mark.of())
}

fn of_kind((clock, instance): (ClockKind, u32)) -> String {
    let what = match clock {
        ClockKind::Assignment => "an owner",
        ClockKind::FirstResponse => "the first answer",
        ClockKind::NextReply => "an answer",
        ClockKind::Resolution => "the resolution",
        ClockKind::Ola => "the queue's part",
    };
    match instance {
        1 => what.to_owned(),
        many => format!("{what} (no. {many})"),
    }
}

fn alerted(mark: &ClockMark) -> String {
    mark.alerted.as_ref().map_or_else(
        || "; nobody has the ticket".to_owned(),
        |owner| format!("; {} has the ticket", agent(owner)),
    )
}

pub(super) fn raised_to(to: Option<&AgentRef>, rule: Option<&EscalationRule>) -> String {
    match (to, rule) {
        (Some(to), _) => format!(", to {}", agent(to)),
        (None, Some(EscalationRule { whom: Whom::Owner, .. })) => {
            ", to nobody, since it has no owner".to_owned()
        }
        (None, Some(EscalationRule { whom: Whom::Manager, .. })) => {
            ", to nobody, since its queue has no manager".to_owned()
        }
        (None, Some(rule)) => format!(", to {}", whom(&rule.whom, rule)),
        (None, None) => String::new(),
    }
}

pub(super) fn notified(rule: &EscalationRule) -> String {
    let all: Vec<String> = rule.notified.iter().map(|it| whom(it, rule)).collect();
    if all.is_empty() { String::new() } else { format!(", telling {}", all.join(" and ")) }
}

fn whom(whom: &Whom, rule: &EscalationRule) -> String {
    match whom {
        Whom::Owner => "the ticket's owner".to_owned(),
        Whom::Manager => "the queue's manager".to_owned(),
        // Steps from before have no names.
        Whom::Agent(id) => match rule.agents.iter().find(|named| named.id == *id) {
            Some(named) => agent(named),
            None => format!("agent {id}"),
        },
        Whom::Team(queue) => format!("the team of the queue {queue}"),
        Whom::Role(role) => format!("everybody who is {role}"),
    }
}
