//! Why a clock stands as it does, in one plain sentence.

use docket_domain::instant::Instant;
use docket_domain::sla::clock::{Breach, BreachedBy, Clock, Pause, Stop, StoppedBy, Verdict};
use docket_domain::sla::plan::{ClockKind, Reckoning, Target};

use crate::timeline::words::lasting;

/// The sentence.
pub(super) fn sentence(clock: &Clock, now: Instant) -> String {
    let what = promised(clock.kind);
    let Some(target) = &clock.target else {
        return format!("The plan sets no target for {what}.");
    };
    format!(
        "{} was promised within {} of {}{}, counted since {}; {}{}.",
        capital(what),
        lasting(target.target_ms),
        if clock.frozen().plan().time == Reckoning::Wall { "wall time" } else { "open time" },
        row(target),
        clock.started_at,
        stands(clock, now),
        clock.bounced_at.map(|at| format!(" (the reply bounced at {at})")).unwrap_or_default()
    )
}

fn promised(clock: ClockKind) -> &'static str {
    match clock {
        ClockKind::Assignment => "an owner",
        ClockKind::FirstResponse => "a first answer by a person",
        ClockKind::NextReply => "an answer to what the customer wrote since",
        ClockKind::Resolution => "a resolution",
        ClockKind::Ola => "its queue's part",
    }
}

fn row(target: &Target) -> String {
    let row = &target.row;
    let by = match (&row.channel, &row.ticket_type, &row.queue) {
        (Some(channel), ..) => format!("channel {channel}"),
        (None, Some(ticket_type), _) => format!("type {ticket_type}"),
        (None, None, Some(queue)) => format!("queue {queue}"),
        (None, None, None) => return String::new(),
    };
    format!(" (tier {}, {by}, priority {})", row.tier, row.priority)
}

fn stands(clock: &Clock, now: Instant) -> String {
    let counted = lasting(clock.elapsed(now));
    match (clock.stop, clock.verdict(now), clock.breach(now)) {
        (Some(Stop { at, by: StoppedBy::Merge(_), .. }), ..) => {
            format!("{counted} had counted when a merge carried it to the survivor at {at}")
        }
        (Some(Stop { at, by: StoppedBy::Unmerge, .. }), ..) => {
            format!("the merge that brought it was undone at {at}, and it went back")
        }
        (Some(Stop { at, by: StoppedBy::Split, .. }), Some(Verdict::Cancelled), _) => {
            format!("{counted} had counted when all that waited was split off at {at}")
        }
        (Some(stop), Some(Verdict::Cancelled), _) => {
            format!("the ticket was closed without one at {}, which nobody can own", stop.at)
        }
        (Some(stop), _, Some(breach)) => {
            format!("{}, but {}", came(&stop, &counted), missed(&breach))
        }
        (Some(stop), None, None) => {
            format!("{}, and no opening within ten years set a deadline", came(&stop, &counted))
        }
        (Some(stop), ..) => match clock.deadline() {
            Some(deadline) => format!("{}, in time: due at {deadline}", came(&stop, &counted)),
            None => format!("{}, in time: while it paused", came(&stop, &counted)),
        },
        (None, _, Some(breach)) => format!("{counted} have counted, and {}", missed(&breach)),
        (None, ..) => open(clock, &counted),
    }
}

/// How it stands while it has not ended and nothing is missed.
fn open(clock: &Clock, counted: &str) -> String {
    match (clock.deadline(), clock.pause()) {
        (None, Some(pause)) => {
            format!("{counted} have counted, and it pauses {}", pausing(pause))
        }
        (None, None) => format!("{counted} have counted, and no opening within ten years follows"),
        (Some(deadline), _) => format!("{counted} have counted, and it is due at {deadline}"),
    }
}

fn came(stop: &Stop, counted: &str) -> String {
    let by = match stop.by {
        StoppedBy::Owner => "somebody became the owner",
        StoppedBy::Return => "the owner came back",
        StoppedBy::Reply => "a reply came",
        StoppedBy::Call => "a call was answered",
        StoppedBy::Meeting => "people met",
        StoppedBy::Chat => "people chatted",
        StoppedBy::Transfer => "it went to another queue",
        StoppedBy::NoReplyNeeded => "it was filed as needing no reply",
        StoppedBy::Resolution(_) => "the ticket was closed",
        StoppedBy::Split => "all that waited was split off",
        StoppedBy::Merge(_) | StoppedBy::Unmerge => "it ended here",
    };
    format!("{by} at {} after {counted}", stop.at)
}

fn missed(breach: &Breach) -> String {
    match breach.by {
        BreachedBy::Deadline => format!("the deadline passed at {}", breach.deadline),
        BreachedBy::Retarget => format!(
            "the change at {} gave it a deadline that was past already, {}",
            breach.at, breach.deadline
        ),
    }
}

fn pausing(pause: &Pause) -> String {
    match pause {
        Pause::Status(status) => format!("in the status {status}"),
        Pause::Snooze => "because the customer asked to wait".to_owned(),
        Pause::Closed => "while the ticket is closed".to_owned(),
        Pause::Elsewhere => "while another queue has the ticket".to_owned(),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
