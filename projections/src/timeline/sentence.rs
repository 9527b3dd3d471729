//! What a ticket's event means, in one plain English sentence: what changed, from what to what.
//!
//! Every match here is exhaustive on purpose: a new event does not compile before it can be told.

mod complaints;
mod notices;
mod parts;
mod routing;

use docket_domain::party::AgentRef;
use docket_domain::ticket::event::{DraftEnd, MergeSide, ReopenCause, TicketEvent};
use jiff::tz::TimeZone;

use super::words::{
    agent, agent_or_nobody, because, channel, due, link, messages, moment, moved, outcome, quote,
    raised, said, snooze_reason, status, term, ticket,
};

/// The sentence, `who` being its subject; moments in it are those of `zone`, which they name.
#[expect(clippy::too_many_lines, reason = "one arm for each event, and no wildcard")]
pub fn of(event: &TicketEvent, who: &str, zone: &TimeZone) -> String {
    let what = match event {
        TicketEvent::TicketCreated(created) => parts::created(created),
        TicketEvent::TicketAssigned { from, to, method, routed, status } => format!(
            "assigned the ticket to {} (before: {}){}{}{}",
            agent(to),
            agent_or_nobody(from.as_ref()),
            parts::assigned_by(*method),
            routed.as_deref().map(routing::chosen).unwrap_or_default(),
            moved(status.as_ref())
        ),
        TicketEvent::TicketOffered { .. }
        | TicketEvent::OfferAccepted { .. }
        | TicketEvent::OfferDeclined { .. }
        | TicketEvent::OfferExpired { .. } => routing::offer(event, zone).unwrap_or_default(),
        TicketEvent::TicketUnassigned { from, reason } => {
            format!("took the ticket from {}{}", agent(from), because(reason.as_ref()))
        }
        TicketEvent::OwnerAbsent { owner, until, substitute, .. } => {
            parts::owner_absent(owner, *until, substitute.as_ref(), zone)
        }
        TicketEvent::OwnerReturned { owner } => format!("noted that {} is back", agent(owner)),
        TicketEvent::TicketHandedOver { from, to, until, open_commitments, note } => format!(
            "handed the ticket over from {} to {}{}, {} still open{}",
            agent(from),
            agent(to),
            until.map(|until| format!(" until {}", moment(until, zone))).unwrap_or_default(),
            parts::promises(open_commitments),
            because(note.as_ref())
        ),
        TicketEvent::MessageReceived { message, channel: by, status } => {
            format!("wrote {} {}{}", channel(*by), said(message), moved(status.as_ref()))
        }
        TicketEvent::MessageOpened { .. } => "opened the customer's message".to_owned(),
        TicketEvent::MessageFiled { message_ids, reason } => {
            format!("filed {} as needing no reply: {}", messages(message_ids.len()), quote(reason))
        }
        TicketEvent::TicketReplied { message, channel: by, status, .. } => {
            format!("replied {} {}{}", channel(*by), said(message), moved(status.as_ref()))
        }
        TicketEvent::ReplyDrafted { author, body, unsent_at } => format!(
            "kept {}: {}{}",
            draft_of(author, who),
            quote(body),
            unsent_at.map(|at| format!(", to be sent by {}", moment(at, zone))).unwrap_or_default()
        ),
        TicketEvent::DraftEnded { author, end } => {
            let did = match end {
                DraftEnd::Sent => "sent",
                DraftEnd::Discarded => "threw away",
            };
            format!("{did} {}", draft_of(author, who))
        }
        TicketEvent::DeliveryFailed { recipient, code, reason, .. } => format!(
            "noted that a reply bounced{}{}{}",
            recipient.as_ref().map(|it| format!(", meant for {}", quote(it))).unwrap_or_default(),
            code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default(),
            because(reason.as_ref())
        ),
        TicketEvent::NoteAdded { message, mentions } => {
            let mentioned: Vec<String> = mentions.iter().map(agent).collect();
            let mentioned = if mentioned.is_empty() {
                String::new()
            } else {
                format!(", mentioning {}", mentioned.join(" and "))
            };
            format!("noted {}{mentioned}", said(message))
        }
        TicketEvent::CallLogged(call) => parts::call(call, zone),
        TicketEvent::ContactLogged(meeting) => parts::meeting(meeting, zone),
        TicketEvent::ChatLogged(chat) => parts::chat(chat, zone),
        TicketEvent::CommitmentRecorded { promiser, text, kind, amount, due: by, .. } => format!(
            "recorded that {} promised {}{}{}, due {}",
            parts::promiser(*promiser),
            quote(text),
            kind.as_ref().map(|kind| format!(" ({kind})")).unwrap_or_default(),
            amount.as_ref().map(|amount| format!(" of {amount}")).unwrap_or_default(),
            due(*by, zone)
        ),
        TicketEvent::CommitmentKept { note, .. } => {
            format!("recorded that a promise was kept{}", because(note.as_ref()))
        }
        TicketEvent::CommitmentChanged { text, from_due, due: by, reason, .. } => format!(
            "changed a promise to {}, due {} instead of {}: {}",
            quote(text),
            due(*by, zone),
            due(*from_due, zone),
            quote(reason)
        ),
        TicketEvent::CommitmentBroken { reason, .. } => {
            format!("recorded that a promise was broken: {}", quote(reason))
        }
        TicketEvent::TicketPrioritized { from, to } => format!(
            "changed the priority from “{}” (level {}) to “{}” (level {})",
            from.name, from.level, to.name, to.level
        ),
        TicketEvent::TicketReclassified {
            from_category, category, from_type, ticket_type, ..
        } => {
            let mut changes = Vec::new();
            if from_category != category {
                let (from, to) = (term(from_category.as_ref()), term(category.as_ref()));
                changes.push(format!("the category from {from} to {to}"));
            }
            if from_type != ticket_type {
                let (from, to) = (term(from_type.as_ref()), term(ticket_type.as_ref()));
                changes.push(format!("the type from {from} to {to}"));
            }
            format!("changed {}", changes.join(" and "))
        }
        TicketEvent::TicketTermsChanged { from_tier, tier, from_channel, channel } => {
            let mut changes = Vec::new();
            if from_tier != tier {
                changes.push(format!("the tier from {from_tier} to {tier}"));
            }
            if from_channel != channel {
                let (from, to) = (from_channel.word(), channel.word());
                changes.push(format!("the channel from {from} to {to}"));
            }
            format!("changed {}, by which the ticket is promised", changes.join(" and "))
        }
        TicketEvent::TicketTransferred { from, to, reason } => format!(
            "moved the ticket from the queue “{}” to “{}”{}",
            from.name,
            to.name,
            because(reason.as_ref())
        ),
        TicketEvent::TicketStatusChanged { from, to } => {
            format!("changed the status from {} to {}", status(from), status(to))
        }
        TicketEvent::TicketTagged { added, removed } => parts::tagged(added, removed),
        TicketEvent::CustomFieldChanged { field, from, to } => {
            let value = |value: &Option<_>| value.as_ref().map_or_else(|| "empty".into(), quote);
            format!("changed the field “{field}” from {} to {}", value(from), value(to))
        }
        TicketEvent::TicketSnoozed { until, wakes_at, reason, note, status, .. } => format!(
            "put the ticket aside until {} (it wakes at {}), because {}{}{}",
            moment(*until, zone),
            moment(*wakes_at, zone),
            snooze_reason(*reason),
            because(note.as_ref()),
            moved(Some(status))
        ),
        TicketEvent::TicketWoken { cause, due, status } => {
            format!("{}, due {}{}", parts::woken(*cause), moment(*due, zone), moved(Some(status)))
        }
        TicketEvent::TicketMerged { into, status, .. } => {
            format!("merged this ticket into {}{}", ticket(into), moved(Some(status)))
        }
        TicketEvent::TicketAbsorbed { source, waiting, status, .. } => {
            let waiting = parts::still_waiting(waiting);
            format!("merged {} into this one{waiting}{}", ticket(source), moved(status.as_ref()))
        }
        TicketEvent::TicketUnmerged { other, side, messages: back, waiting, status, .. } => {
            let merge = match side {
                MergeSide::Source => format!("into {}", ticket(other)),
                MergeSide::Survivor => format!("of {} into this one", ticket(other)),
            };
            format!(
                "undid the merge {merge}, giving back {}{}{}",
                messages(back.len()),
                parts::still_waiting(waiting),
                moved(status.as_ref())
            )
        }
        TicketEvent::TicketSplit { into, messages: split, waiting } => {
            let waiting = parts::still_waiting(waiting);
            format!("split {} off into {}{waiting}", messages(split.len()), ticket(into))
        }
        TicketEvent::TicketLinked { other, kind } => {
            format!("linked this ticket as {} {}", link(*kind), ticket(other))
        }
        TicketEvent::TicketUnlinked { other, kind } => {
            format!("removed the link as {} {}", link(*kind), ticket(other))
        }
        TicketEvent::TicketEscalated { from_level, level, to, reason, rule } => format!(
            "escalated the ticket {}{}{}: {}",
            raised(*from_level, *level),
            parts::raised_to(to.as_ref(), rule.as_deref()),
            rule.as_deref().map(parts::notified).unwrap_or_default(),
            quote(reason)
        ),
        TicketEvent::TicketDeescalated { from_level, level, reason } => format!(
            "lowered the escalation from level {from_level} to {level}{}",
            because(reason.as_ref())
        ),
        TicketEvent::SlaWarned(mark) => parts::warned(mark, zone),
        TicketEvent::SlaBreached(mark) => parts::breached(mark, zone),
        TicketEvent::PurgeMarked { due } => {
            format!(
                "noted that the ticket was kept long enough: it may be purged since {}",
                moment(*due, zone)
            )
        }
        TicketEvent::DelayAnnounced { text, expected, clock } => format!(
            "{} of a delay{}: {}{}",
            if clock.is_some() {
                "noted that the customer is to be told"
            } else {
                "told the customer"
            },
            clock.as_deref().map(parts::in_name_of).unwrap_or_default(),
            quote(text),
            expected.map(|at| format!("; expected {}", moment(at, zone))).unwrap_or_default()
        ),
        TicketEvent::NoticeDue { template, notice, .. } => notices::due(template, notice, zone),
        TicketEvent::SlaReapplied(reapplied) => parts::reapplied(reapplied, zone),
        TicketEvent::ComplaintRaised { .. }
        | TicketEvent::ComplaintReassigned { .. }
        | TicketEvent::ComplaintDecided { .. }
        | TicketEvent::ComplaintReviewed { .. } => {
            complaints::told(event, zone).unwrap_or_default()
        }
        TicketEvent::TicketClosed { outcome: how, resolution, reason, owner, status, .. } => {
            format!(
                "closed the ticket as {}{}{}; its owner was {}{}",
                outcome(*how),
                because(resolution.as_ref()),
                reason.as_ref().map(|r| format!(", internally {}", quote(r))).unwrap_or_default(),
                agent_or_nobody(owner.as_ref()),
                moved(Some(status))
            )
        }
        TicketEvent::TicketReopened { cause, reason, days_closed, status } => format!(
            "reopened the ticket {}, {days_closed} days after it was closed{}{}",
            match cause {
                ReopenCause::Manual => "by hand",
                ReopenCause::Message => "by writing again",
            },
            because(reason.as_ref()),
            moved(Some(status))
        ),
        TicketEvent::RatingRequested { agent: rated, scale } => format!(
            "asked the customer to rate {} from 1 to {scale}",
            parts::agent_or_service(rated.as_ref())
        ),
        TicketEvent::RatingGiven { agent: rated, score, scale, comment } => format!(
            "rated {} {score} of {scale}{}",
            parts::agent_or_service(rated.as_ref()),
            because(comment.as_ref())
        ),
        TicketEvent::QualityScored { agent: scored, score, scale, rubric, comment } => format!(
            "scored the work of {} {score} of {scale}{}{}",
            agent_or_nobody(scored.as_ref()),
            rubric.as_ref().map(|rubric| format!(" by “{rubric}”")).unwrap_or_default(),
            because(comment.as_ref())
        ),
        TicketEvent::TimeLogged { agent: whose, minutes, note } => {
            format!("logged {minutes} minutes of {}{}", agent(whose), because(note.as_ref()))
        }
        TicketEvent::CorrectionRecorded { corrects, text } => {
            format!("corrected event {corrects}: {}", quote(text))
        }
        TicketEvent::ExternalActivityRecorded { activity, performer, refused, .. } => format!(
            "recorded the activity “{activity}” of another system{}{}",
            performer.as_ref().map(|p| format!(", done by {}", quote(p))).unwrap_or_default(),
            refused.as_ref().map(|r| format!(", which the rules refuse ({r})")).unwrap_or_default()
        ),
    };
    format!("{who} {what}.")
}

/// A draft, and whose reply it is where somebody else kept or ended it.
fn draft_of(author: &AgentRef, who: &str) -> String {
    let author = agent(author);
    if author == who {
        "a draft of a reply".to_owned()
    } else {
        format!("a draft of {author}'s reply")
    }
}
