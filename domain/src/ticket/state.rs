//! What a ticket has become: the fold of its events, and nothing that no decision asks for.
//!
//! It trusts the log; rules are in [`decide`](crate::ticket::decide), never here.

use std::collections::BTreeMap;

pub use self::complaints::{DecidedComplaint, OpenComplaint};
pub use self::drafts::Draft;
pub use self::evolve::evolve;
pub use self::offers::{Offer, Offers};
use crate::definition::{BaseStatus, PriorityTerm, StatusTerm, Term};
use crate::ids::{CommitmentId, MergeId, MessageId, TicketId};
use crate::instant::Instant;
use crate::party::{AgentRef, Channel, CustomerRef};
use crate::personal::Personal;
use crate::sla::clock::Mark;
use crate::sla::plan::ClockKind;
use crate::ticket::event::{
    LinkKind, OpenedBy, SnoozeReason, TicketEvent, TicketRef, WaitingMessage,
};

mod complaints;
mod create;
mod drafts;
mod evolve;
mod offers;

/// A ticket, or the place where one may come into being.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Ticket {
    /// Nothing happened yet.
    #[default]
    Absent,
    /// It exists.
    Present(Box<TicketState>),
}

impl Ticket {
    /// What it has become, if it exists.
    pub fn present(&self) -> Option<&TicketState> {
        match self {
            Self::Absent => None,
            Self::Present(state) => Some(state),
        }
    }
}

/// What a ticket has become, as far as decisions and handlers ask.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketState {
    /// How many events it has: the version of its stream.
    pub version: u64,
    /// Its number, unique in the store.
    pub number: String,
    /// Its subject.
    pub subject: Personal<String>,
    /// Who asks.
    pub customer: CustomerRef,
    /// The customer's tier when it was opened, or as it was corrected since.
    pub tier: String,
    /// Who opened it.
    pub opened_by: OpenedBy,
    /// By which way it came.
    pub channel: Channel,
    /// Where it lies.
    pub queue: Term,
    /// What it is about.
    pub category: Option<Term>,
    /// What kind of request it is.
    pub ticket_type: Option<Term>,
    /// How urgent.
    pub priority: PriorityTerm,
    /// Its status.
    pub status: StatusTerm,
    /// Its tags, oldest first.
    pub tags: Vec<String>,
    /// Its custom fields that are set.
    pub fields: BTreeMap<String, Personal<String>>,
    /// Its owner.
    pub assignee: Option<AgentRef>,
    /// Whether it came to its queue after it got its owner: here it is still to be taken (S-70).
    pub untaken: bool,
    /// To whom it is offered, and who did not take it.
    pub offers: Offers,
    /// Everything said in and around it, oldest first; the numbers follow this order.
    pub messages: Vec<TicketMessage>,
    /// The replies that are not sent yet, the one that was gone on with last at the end.
    pub drafts: Vec<Draft>,
    /// The customer's messages that waited in another ticket when it was split off with them.
    pub split_off_with: Vec<MessageId>,
    /// Customers' messages of other tickets that wait for an answer here, since those tickets are
    /// aliases of this one or gave them back to it, or since it was split off with them (S-81).
    pub waiting_from_others: Vec<WaitingMessage>,
    /// Messages of other tickets that an employee opened here.
    pub opened_from_others: Vec<MessageId>,
    /// Until when it is put aside, if it is.
    pub snooze: Option<Snooze>,
    /// What it is an alias of, if it is one.
    pub merged: Option<Merged>,
    /// The tickets that are its aliases.
    pub absorbed: Vec<Absorbed>,
    /// Merges, on either side, that were undone.
    pub undone_merges: Vec<MergeId>,
    /// How it hangs together with other tickets.
    pub links: Vec<Link>,
    /// 0 is none, 9 the highest.
    pub escalation_level: u8,
    /// What was noted of its clocks.
    pub marks: Vec<((ClockKind, u32), Mark)>,
    /// The complaint that is not decided yet.
    pub open_complaint: Option<OpenComplaint>,
    /// The complaints that were decided, oldest first.
    pub decided_complaints: Vec<DecidedComplaint>,
    /// Everything promised, oldest first.
    pub commitments: Vec<Commitment>,
    /// When it was closed last, while it is closed.
    pub closed_at: Option<Instant>,
    /// When it may be purged, while that is to be noted.
    pub purge_at: Option<Instant>,
    /// The opening of which the customer, who wrote after hours, was last to be told.
    pub noticed_opening: Option<Instant>,
}

/// Something said in or around a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketMessage {
    /// Its id.
    pub id: MessageId,
    /// Its number, such as `1042-3`.
    pub number: String,
    /// What it is, and so whose.
    pub kind: MessageKind,
    /// Whether it waits for an answer; only a customer's message does.
    pub waits: bool,
    /// Whether an employee has opened it (S-33).
    pub opened: bool,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// The customer's.
    Customer,
    /// An agent's, in public.
    Reply,
    /// Internal.
    Note,
    /// A phone call.
    Call,
    /// A meeting.
    Meeting,
    /// A chat.
    Chat,
}

/// How a ticket is put aside.
#[derive(Clone, Debug, PartialEq)]
pub struct Snooze {
    /// Until when, as asked.
    pub until: Instant,
    /// When the timer wakes it.
    pub wakes_at: Instant,
    /// Why.
    pub reason: SnoozeReason,
    /// Why, in words.
    pub note: Option<Personal<String>>,
    /// Whether a customer's message wakes it.
    pub wakes_on_message: bool,
    /// Whether the ticket was merged in the meantime, while its timers rest: it may have been due then.
    pub rested: bool,
}

impl Snooze {
    /// That which an event begins.
    fn of(event: &TicketEvent) -> Option<Self> {
        let TicketEvent::TicketSnoozed { until, wakes_at, reason, note, wakes_on_message, .. } =
            event
        else {
            return None;
        };
        Some(Self {
            until: *until,
            wakes_at: *wakes_at,
            reason: *reason,
            note: note.clone(),
            wakes_on_message: *wakes_on_message,
            rested: false,
        })
    }

    /// That of a ticket which is merged while it is put aside.
    pub(super) fn at_rest(self) -> Self {
        Self { rested: true, ..self }
    }
}

/// What a merged ticket is an alias of, and what it goes back to when that is undone.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// Which merge.
    pub merge_id: MergeId,
    /// The survivor; it may have become an alias itself since.
    pub into: TicketRef,
    /// The status before.
    pub status_before: StatusTerm,
    /// The snooze that rests while it is merged.
    pub snooze_before: Option<Snooze>,
}

/// An alias of this ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absorbed {
    /// Which merge.
    pub merge_id: MergeId,
    /// The ticket that is an alias.
    pub source: TicketRef,
    /// What waited for an answer there when it was merged.
    pub brought: Vec<MessageId>,
}

/// How a ticket hangs together with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The other ticket.
    pub other: TicketRef,
    /// How.
    pub kind: LinkKind,
}

/// A promise.
#[derive(Clone, Debug, PartialEq)]
pub struct Commitment {
    /// Its id.
    pub id: CommitmentId,
    /// What is promised.
    pub text: Personal<String>,
    /// By when.
    pub due: Option<Instant>,
    /// What became of it.
    pub state: CommitmentState,
}

/// What became of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitmentState {
    /// Nothing yet.
    Open,
    /// It was kept.
    Kept,
    /// It was broken.
    Broken,
}

impl TicketState {
    /// Whether it is done.
    pub fn is_closed(&self) -> bool {
        self.status.base == BaseStatus::Closed
    }

    /// The number of the next thing said, such as `1042-4`.
    pub fn next_message_number(&self) -> String {
        format!("{}-{}", self.number, self.messages.len() + 1)
    }

    /// The message of that id.
    pub fn message(&self, id: MessageId) -> Option<&TicketMessage> {
        self.messages.iter().find(|message| message.id == id)
    }

    /// Everything that waits for an answer here: its own messages, oldest first, then those of
    /// other tickets.
    pub fn all_waiting(&self) -> impl Iterator<Item = MessageId> {
        let others = self.waiting_from_others.iter().map(|message| message.id);
        self.waiting().map(|message| message.id).chain(others)
    }

    /// Whether that message is this ticket's, or one of another that waits here or has
    /// waited: of an alias, or of the ticket that it was split off from.
    pub fn knows(&self, id: MessageId) -> bool {
        let brought = || self.absorbed.iter().any(|alias| alias.brought.contains(&id));
        let own = || self.message(id).is_some() || self.split_off_with.contains(&id);
        own() || self.all_waiting().any(|known| known == id) || brought()
    }

    /// Its own messages of the customer that wait for an answer, oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = &TicketMessage> {
        self.messages.iter().filter(|message| message.waits)
    }

    /// The promises that are neither kept nor broken.
    pub fn open_commitments(&self) -> impl Iterator<Item = &Commitment> {
        self.commitments.iter().filter(|promise| promise.state == CommitmentState::Open)
    }

    /// Whether it is linked with that ticket in that way.
    pub fn is_linked(&self, other: TicketId, kind: LinkKind) -> bool {
        self.links.iter().any(|link| link.other.id == other && link.kind == kind)
    }
}
