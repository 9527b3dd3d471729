//! What a ticket's events mean to its clocks, and nothing else: no text, no names.

use std::sync::Arc;

use crate::codec::Event;
use crate::definition::{PriorityTerm, SlaTerms};
use crate::envelope::Recorded;
use crate::ids::{MergeId, MessageId, TicketId};
use crate::instant::Instant;
use crate::party::ActorKind;
use crate::sla::clock::standing::Standing;
use crate::sla::clock::{BreachedBy, Mark, StoppedBy};
use crate::sla::plan::{ANY, ClockKind};
use crate::ticket::event::{CallOutcome, OpenedBy, Outcome, TicketCreated, TicketEvent, TicketRef};

/// One event, as clocks see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its place in the log: what orders the facts of several tickets.
    pub position: u64,
    /// When it happened.
    pub at: Instant,
    /// Whether it was recorded later than it happened (T23).
    pub late: bool,
    /// The status from then on, where it moved.
    pub status: Option<Standing>,
    /// What it was.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The ticket came into being.
    Opened(Arc<Opened>),
    /// Somebody became its owner.
    Owned,
    /// It lost its owner.
    Disowned,
    /// Its owner went away, and stays its owner.
    OwnerLeft,
    /// Its owner is back.
    OwnerBack,
    /// It went to another queue: the key.
    Transferred(String),
    /// The customer wrote.
    Asked(MessageId),
    /// A person answered, in which way, and by which message.
    Answered(StoppedBy, Option<MessageId>),
    /// That message never arrived.
    Bounced(MessageId),
    /// Messages were filed as needing no reply.
    Filed(Vec<MessageId>),
    /// Messages wait at a ticket that was split off, and here no more.
    SplitOff(Vec<MessageId>),
    /// Its priority changed.
    Prioritized(PriorityTerm),
    /// Its type changed: the key now, and whether what it is promised by changes with it, which is told next.
    Retyped(String, bool),
    /// The tier and the channel's word that it is promised by now.
    Promised(String, &'static str),
    /// Another version of its plan or its calendar holds.
    Reapplied(Box<SlaTerms>),
    /// It was closed.
    Closed(Outcome),
    /// It was reopened.
    Reopened,
    /// It became an alias of another ticket.
    Merged(MergeId, TicketRef),
    /// Another ticket became its alias.
    Absorbed(MergeId, TicketRef),
    /// A merge was undone.
    Unmerged(Unmerged),
    /// Something was noted of a clock: of which, and what.
    Marked((ClockKind, u32), Mark),
    /// A breach was noted of a clock: the deadline that was missed, and why.
    Breached((ClockKind, u32), Instant, BreachedBy),
    /// Nothing but its status moved.
    Moved,
}

impl Fact {
    /// Whether it is what Docket noted of a clock: as it was counted then, by the plan that held.
    pub fn is_note(&self) -> bool {
        matches!(self.what, What::Marked(..) | What::Breached(..))
    }
}

/// The undoing of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmerged {
    /// Which merge.
    pub merge: MergeId,
    /// The other ticket of it, or the one that was an alias.
    pub other: TicketId,
    /// The survivor's messages that go back.
    pub messages: Vec<MessageId>,
}

/// What a ticket was opened with, as far as clocks ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// Its number.
    pub number: String,
    /// The plan that it was promised by; none before there were plans.
    pub sla: Option<SlaTerms>,
    /// Whether the customer opened it.
    pub by_customer: bool,
    /// The customer's tier.
    pub tier: String,
    /// The channel's word.
    pub channel: &'static str,
    /// The type's key, `*` for none.
    pub ticket_type: String,
    /// The queue's key.
    pub queue: String,
    /// Its priority.
    pub priority: PriorityTerm,
    /// The customer's messages that an answer is awaited for from the beginning.
    pub waiting: Vec<MessageId>,
    /// Since when the longest of them waits, where it was said in the ticket that this one was split
    /// off from.
    pub waits_since: Option<Instant>,
    /// When an import told of it, if one did.
    pub imported_at: Option<Instant>,
}

impl Fact {
    /// The ticket that a merge, or its undoing, ties this one to.
    pub fn tied(&self) -> Option<TicketId> {
        if let What::Merged(_, other) | What::Absorbed(_, other) = &self.what {
            return Some(other.id);
        }
        if let What::Unmerged(undone) = &self.what { Some(undone.other) } else { None }
    }

    /// What an event means to clocks; none where it means nothing.
    pub fn of(recorded: &Recorded<Event>) -> Option<Self> {
        let Event::Ticket(event) = &recorded.event else { return None };
        let status = Standing::after(event);
        let what = match what(event, recorded.envelope.actor.kind) {
            None if status.is_none() => return None,
            None => What::Moved,
            Some(What::Opened(opened)) if recorded.envelope.actor.kind == ActorKind::External => {
                let imported_at = Some(recorded.recorded_at);
                What::Opened(Arc::new(Opened { imported_at, ..Opened::clone(&opened) }))
            }
            Some(what) => what,
        };
        // What Docket notes itself it notes a moment afterwards: nobody told of it late.
        let told = recorded.envelope.actor.kind != ActorKind::System;
        let (at, late) =
            (recorded.occurred_at, told && recorded.occurred_at < recorded.recorded_at);
        Some(Self { position: recorded.position, at, late, status, what })
    }
}

/// Who answers is a person unless it is a program; one that reports a call, a meeting or a chat names
/// the agent who held it (rule 4).
#[expect(clippy::too_many_lines, reason = "one arm for each event, and no wildcard")]
fn what(event: &TicketEvent, actor: ActorKind) -> Option<What> {
    use TicketEvent as E;
    let person = !matches!(actor, ActorKind::Bot | ActorKind::System | ActorKind::Customer);
    let answered = |really: bool, by| really.then_some(What::Answered(by, None));
    match event {
        E::TicketCreated(created) => Some(What::Opened(Arc::new(opened(created)))),
        E::TicketAssigned { .. } | E::TicketHandedOver { .. } => Some(What::Owned),
        E::TicketUnassigned { .. } => Some(What::Disowned),
        E::OwnerAbsent { .. } => Some(What::OwnerLeft),
        E::OwnerReturned { .. } => Some(What::OwnerBack),
        E::TicketTransferred { to, .. } => Some(What::Transferred(to.key.clone())),
        E::MessageReceived { message, .. } => Some(What::Asked(message.id)),
        E::MessageFiled { message_ids, .. } => Some(What::Filed(message_ids.clone())),
        E::TicketReplied { message, .. } => {
            person.then_some(What::Answered(StoppedBy::Reply, Some(message.id)))
        }
        E::DeliveryFailed { message_id, .. } => Some(What::Bounced(*message_id)),
        E::CallLogged(call) => {
            let spoken = call.outcome == CallOutcome::Answered;
            answered(spoken && (person || call.agent.is_some()), StoppedBy::Call)
        }
        E::ContactLogged(meeting) => {
            answered(person || meeting.agent.is_some(), StoppedBy::Meeting)
        }
        E::ChatLogged(chat) => {
            answered(!chat.abandoned && (person || chat.agent.is_some()), StoppedBy::Chat)
        }
        E::TicketPrioritized { to, .. } => Some(What::Prioritized(to.clone())),
        E::TicketReclassified { ticket_type, terms_follow, .. } => {
            let key = ticket_type.as_ref().map_or(ANY, |it| &it.key);
            Some(What::Retyped(key.to_owned(), *terms_follow))
        }
        E::TicketTermsChanged { tier, channel, .. } => {
            Some(What::Promised(tier.clone(), channel.word()))
        }
        E::TicketClosed { outcome, .. } => Some(What::Closed(*outcome)),
        E::TicketReopened { .. } => Some(What::Reopened),
        E::TicketMerged { merge_id, into, .. } => Some(What::Merged(*merge_id, into.clone())),
        E::TicketAbsorbed { merge_id, source, .. } => {
            Some(What::Absorbed(*merge_id, source.clone()))
        }
        E::TicketUnmerged { merge_id, other, messages, .. } => {
            let (merge, messages) = (*merge_id, messages.clone());
            Some(What::Unmerged(Unmerged { merge, other: other.id, messages }))
        }
        E::TicketSplit { waiting, .. } => {
            let moved = waiting.iter().map(|message| message.id).collect();
            (!waiting.is_empty()).then_some(What::SplitOff(moved))
        }
        E::SlaReapplied(reapplied) => Some(What::Reapplied(Box::new(reapplied.to.clone()))),
        E::SlaWarned(mark) => Some(What::Marked(mark.of(), Mark::Warned)),
        E::SlaBreached(mark) => {
            let by = mark.breached_by.unwrap_or(BreachedBy::Deadline);
            Some(What::Breached(mark.of(), mark.deadline, by))
        }
        E::TicketEscalated { rule: Some(rule), .. } => {
            let (of, mark) = rule.of();
            Some(What::Marked(of, mark))
        }
        E::TicketStatusChanged { .. }
        | E::TicketOffered { .. }
        | E::OfferAccepted { .. }
        | E::OfferDeclined { .. }
        | E::OfferExpired { .. }
        | E::TicketSnoozed { .. }
        | E::TicketWoken { .. }
        | E::MessageOpened { .. }
        | E::ReplyDrafted { .. }
        | E::DraftEnded { .. }
        | E::NoteAdded { .. }
        | E::CommitmentRecorded { .. }
        | E::CommitmentKept { .. }
        | E::CommitmentChanged { .. }
        | E::CommitmentBroken { .. }
        | E::TicketTagged { .. }
        | E::CustomFieldChanged { .. }
        | E::TicketLinked { .. }
        | E::TicketUnlinked { .. }
        | E::TicketEscalated { rule: None, .. }
        | E::TicketDeescalated { .. }
        | E::DelayAnnounced { .. }
        | E::NoticeDue { .. }
        | E::PurgeMarked { .. }
        | E::ComplaintRaised { .. }
        | E::ComplaintDecided { .. }
        | E::ComplaintReassigned { .. }
        | E::ComplaintReviewed { .. }
        | E::RatingRequested { .. }
        | E::RatingGiven { .. }
        | E::QualityScored { .. }
        | E::TimeLogged { .. }
        | E::CorrectionRecorded { .. }
        | E::ExternalActivityRecorded { .. } => None,
    }
}

fn opened(created: &TicketCreated) -> Opened {
    let brought = created.origin.as_ref().map_or(&[][..], |origin| &origin.waiting);
    let own = created.message.as_ref().map(|message| message.id);
    Opened {
        number: created.number.clone(),
        sla: created.sla.clone(),
        by_customer: created.opened_by == OpenedBy::Customer,
        tier: created.tier.clone(),
        channel: created.channel.word(),
        ticket_type: created.ticket_type.as_ref().map_or(ANY, |it| &it.key).to_owned(),
        queue: created.queue.key.clone(),
        priority: created.priority.clone(),
        waiting: own.into_iter().chain(brought.iter().map(|message| message.id)).collect(),
        waits_since: brought.iter().map(|message| message.since).min(),
        imported_at: None,
    }
}
