//! What can be asked of a ticket, and why it can be refused.
//!
//! A command carries what its asker said, parsed, and the outside facts that its handler gathered
//! (who the agent is, which ticket the number leads to). Definitions are named by key; the decision
//! looks them up in the context's catalogue.

use std::collections::BTreeMap;

pub use self::refusal::TicketRefusal;
use crate::customer::Entitlement;
use crate::definition::BaseStatus;
use crate::ids::{AbsenceId, AgentId, CommitmentId, ComplaintId, MergeId, MessageId, TicketId};
use crate::instant::Instant;
use crate::money::Money;
use crate::party::{AgentRef, Channel, CustomerRef};
use crate::personal::Personal;
use crate::sla::clock::Due;
use crate::ticket::event::{
    AssignMethod, AttachmentRef, Authority, CallOutcome, Decision, Direction, Finding,
    GivenContact, LinkKind, MergeSide, OpenedBy, Origin, Outcome, Promiser, Routed, Severity,
    SlaReapplied, SnoozeReason, TicketRef, WaitingMessage, WakeCause,
};

mod refusal;

/// By when what was promised is to be kept from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewDue {
    /// As before.
    Stays,
    /// By this time, or by none.
    Is(Option<Instant>),
}

/// How a complaint is to be decided.
#[derive(Clone, Debug, PartialEq)]
pub struct ComplaintDecision {
    /// What is decided.
    pub ruling: Ruling,
    /// The compensation in words, with its unit.
    pub compensation: Option<String>,
    /// The compensation in money, in place of what a solution grants.
    pub amount: Option<Money>,
    /// When the customer was told.
    pub told_at: Option<Instant>,
    /// By which way.
    pub told_by: Option<Channel>,
    /// Who decides, if an agent does.
    pub decided_by: Option<AgentRef>,
    /// Those who are away now and in whose place that agent stands (S-63): what is theirs to decide, the
    /// agent decides meanwhile.
    pub in_place_of: Vec<AgentRef>,
    /// By what right.
    pub authority: Authority,
}

/// Whose the open complaint is from now on, and how grave.
#[derive(Clone, Debug, PartialEq)]
pub struct ComplaintReassignment {
    /// Who owns it; a major one belongs to somebody who manages a queue, and stays whose it is where nobody is said.
    pub to: Option<AgentRef>,
    /// Who manages the ticket's queue and is there: whose a complaint is that becomes a major one, where nobody is said.
    pub manager: Option<AgentRef>,
    /// Whether it is a major one from now on. None becomes a minor one again: what was a manager's to decide
    /// stays so.
    pub is_major: bool,
    /// Why.
    pub reason: Option<String>,
    /// Who asks, if an agent does.
    pub asked_by: Option<AgentRef>,
    /// Those who are away now and in whose place that agent stands.
    pub in_place_of: Vec<AgentRef>,
    /// By what right.
    pub authority: Authority,
}

/// What is decided of a complaint.
#[derive(Clone, Debug, PartialEq)]
pub enum Ruling {
    /// As whoever decides finds.
    Own {
        /// Whether it is accepted.
        decision: Decision,
        /// Why.
        reasoning: String,
    },
    /// As it was prepared; what is said besides holds in its place.
    Prepared {
        /// The key of the prepared solution.
        solution: String,
        /// Whether it is accepted.
        decision: Option<Decision>,
        /// Why.
        reasoning: Option<String>,
    },
}

/// One thing asked of a ticket.
#[derive(Clone, Debug, PartialEq)]
pub enum TicketCommand {
    /// Bring it into being.
    Open(Box<OpenTicket>),
    /// Give it an owner.
    Assign {
        /// The owner.
        to: AgentRef,
        /// How the owner was found.
        method: AssignMethod,
    },
    /// Give it, or offer it, to whom the desk chose (S-15).
    Give {
        /// The owner.
        to: AgentRef,
        /// How the owner was chosen.
        routed: Box<Routed>,
        /// For how long it is offered to them, in milliseconds; it is simply given where nothing is said.
        offer_ms: Option<i64>,
    },
    /// Take what is offered.
    AcceptOffer {
        /// Who.
        agent: AgentRef,
    },
    /// Do not take what is offered.
    DeclineOffer {
        /// Who.
        agent: AgentRef,
        /// Why.
        reason: String,
    },
    /// Note that an offer ran out.
    ExpireOffer {
        /// The version of the ticket in which it was made.
        offered_in: u64,
    },
    /// Take its owner away.
    Unassign {
        /// Why.
        reason: Option<String>,
    },
    /// Pass it on to another owner (S-93).
    HandOver {
        /// The next owner.
        to: AgentRef,
        /// What its aliases have promised and is open still.
        aliases_promise: Vec<CommitmentId>,
        /// Until when, for a substitution.
        until: Option<Instant>,
        /// What the next owner should know.
        note: Option<String>,
    },
    /// Take in a customer's message. On a closed ticket it reopens within the reopen window and is
    /// refused as [`TicketRefusal::ReopenWindowPassed`] after it; the handler then opens a new one.
    Receive {
        /// What was said.
        message: NewMessage,
        /// By which way.
        channel: Channel,
    },
    /// Note, where nobody is there to read what the customer just wrote, that the customer is to be told
    /// when somebody will be (S-34).
    NoteAfterHours {
        /// What the customer wrote.
        message: MessageId,
        /// By which way.
        channel: Channel,
        /// The key of the calendar by which the ticket's owner works, if the owner has one and is there.
        owner_calendar: Option<String>,
        /// When the customer can be told: the time now, where what was written was written before.
        told_at: Instant,
    },
    /// Note that an employee opened a customer's message; only the first time is on record.
    OpenMessage {
        /// Which message; the latest of the customer's when not said.
        message: Option<MessageId>,
    },
    /// File waiting messages: they need no reply.
    File {
        /// Which message; all that wait when not said.
        message: Option<MessageId>,
        /// Why.
        reason: String,
    },
    /// Answer in public.
    Reply {
        /// What is said.
        message: NewMessage,
        /// By which way; the ticket's own when not said.
        channel: Option<Channel>,
        /// The ticket's version that the author saw; the current one when not said.
        seen_version: u64,
    },
    /// Keep a reply that is not sent yet, in place of what its author kept of it before.
    Draft {
        /// Whose it is.
        author: AgentRef,
        /// All that it says so far.
        body: String,
    },
    /// Throw somebody's draft away.
    DiscardDraft {
        /// Whose it is.
        author: AgentRef,
    },
    /// Note that a reply never arrived.
    ReportBounce {
        /// Which reply.
        message: MessageId,
        /// Whom it was meant for.
        recipient: Option<String>,
        /// The provider's code.
        code: Option<String>,
        /// Why, in the provider's words.
        reason: Option<String>,
    },
    /// Write an internal note.
    AddNote {
        /// What is written.
        message: NewMessage,
        /// The agents it mentions.
        mentions: Vec<AgentRef>,
    },
    /// Log a phone call.
    LogCall(Box<NewCall>),
    /// Log a meeting.
    LogMeeting {
        /// Who held it.
        agent: Option<AgentRef>,
        /// When it began.
        started_at: Option<Instant>,
        /// When it ended.
        ended_at: Option<Instant>,
        /// What was said.
        summary: String,
    },
    /// Log a chat.
    LogChat {
        /// Who answered.
        agent: Option<AgentRef>,
        /// When it began.
        started_at: Option<Instant>,
        /// When it ended.
        ended_at: Option<Instant>,
        /// Whether the customer left before an answer.
        abandoned: bool,
        /// What was said.
        transcript: String,
    },
    /// Record a promise.
    RecordCommitment {
        /// Who promised.
        promiser: Promiser,
        /// What.
        text: String,
        /// The coded kind.
        kind: Option<String>,
        /// The amount with its unit.
        amount: Option<String>,
        /// By when.
        due: Option<Instant>,
        /// What shows it.
        evidence: Option<MessageId>,
        /// The alias of the ticket that holds it; none where that is to be the ticket itself.
        evidence_in: Option<TicketRef>,
        /// Whether the customer accepted it.
        accepted: Option<bool>,
    },
    /// Say that a promise was kept.
    KeepCommitment {
        /// Which promise.
        commitment: CommitmentId,
        /// How.
        note: Option<String>,
    },
    /// Change a promise.
    ChangeCommitment {
        /// Which promise.
        commitment: CommitmentId,
        /// What is promised now.
        text: String,
        /// By when now.
        due: NewDue,
        /// Why.
        reason: String,
    },
    /// Say that a promise was broken.
    BreakCommitment {
        /// Which promise.
        commitment: CommitmentId,
        /// Why.
        reason: String,
    },
    /// Set the priority.
    Prioritize {
        /// Its key.
        priority: String,
    },
    /// Set category or type, or the tier or the channel that it is promised by; what is `None` stays.
    Reclassify {
        /// The category's path.
        category: Option<String>,
        /// The type's key.
        ticket_type: Option<String>,
        /// The tier.
        tier: Option<String>,
        /// The channel.
        channel: Option<Channel>,
    },
    /// Move to another queue.
    Transfer {
        /// Its key.
        queue: String,
        /// Why.
        reason: Option<String>,
    },
    /// Set the status by hand.
    SetStatus {
        /// Its key.
        status: String,
        /// The substatus' key.
        substatus: Option<String>,
    },
    /// Add and remove tags.
    Tag {
        /// Tags to add.
        add: Vec<String>,
        /// Tags to remove.
        remove: Vec<String>,
    },
    /// Set a custom field, or clear it with `None`.
    SetField {
        /// Its name.
        field: String,
        /// Its value.
        value: Option<String>,
    },
    /// Put it aside until a time.
    Snooze {
        /// Until when.
        until: Instant,
        /// Why, as a code.
        reason: SnoozeReason,
        /// Why, in words.
        note: Option<String>,
        /// Whether a customer's message wakes it.
        wakes_on_message: bool,
    },
    /// End a snooze. With [`WakeCause::Timer`] it does nothing unless the snooze is due.
    Wake {
        /// Why.
        cause: WakeCause,
    },
    /// Become an alias of another ticket.
    Merge {
        /// The survivor: the root that the named ticket leads to.
        into: TicketRef,
        /// Whether that root can take it: its base status.
        survivor_status: BaseStatus,
    },
    /// Take another ticket as an alias: the other half of [`Merge`](Self::Merge).
    Absorb {
        /// Which merge.
        merge_id: MergeId,
        /// The ticket that becomes an alias.
        source: TicketRef,
        /// What waits for an answer there, the longest waiting first.
        waiting: Vec<WaitingMessage>,
    },
    /// Undo a merge, on either side.
    Unmerge {
        /// Which merge.
        merge_id: MergeId,
        /// Which side this ticket is.
        side: MergeSide,
        /// The survivor's later messages that go back with the source.
        messages: Vec<MessageId>,
        /// What of the source's and of those messages waits for an answer still, where it led to.
        waiting: Vec<WaitingMessage>,
        /// What the source brought and was answered meanwhile.
        answered: Vec<MessageId>,
    },
    /// Give back what waits here for an alias of an alias that is undone: the survivor was merged
    /// into this ticket since.
    GiveBack {
        /// Which merge is undone.
        merge_id: MergeId,
        /// The ticket that is no alias any more.
        source: TicketRef,
        /// What goes back.
        waiting: Vec<WaitingMessage>,
    },
    /// Note that messages were copied into a new ticket.
    Split {
        /// The new ticket.
        into: TicketRef,
        /// Which messages.
        messages: Vec<MessageId>,
        /// What waits for an answer here, which the handler gathers; what is not split off stays.
        waiting: Vec<WaitingMessage>,
    },
    /// Link with another ticket.
    Link {
        /// The other ticket.
        other: TicketRef,
        /// How.
        kind: LinkKind,
    },
    /// Remove a link; all links with that ticket when no kind is said.
    Unlink {
        /// The other ticket.
        other: TicketId,
        /// How they were linked.
        kind: Option<LinkKind>,
    },
    /// Raise the level of attention.
    Escalate {
        /// The level; one more than now when not said.
        level: Option<u8>,
        /// To whom.
        to: Option<AgentRef>,
        /// Why.
        reason: String,
    },
    /// Lower it.
    Deescalate {
        /// The level; none (0) when not said.
        level: Option<u8>,
        /// Why.
        reason: Option<String>,
    },
    /// Note that a clock warns or is breached.
    MarkClock {
        /// What is due, as it was found.
        due: Box<Due>,
        /// The ticket's version that it was found in: whatever happened since may have stopped the clock
        /// or moved its deadline.
        found_in: u64,
        /// When it was noticed.
        detected_at: Instant,
        /// Whom a step of a chain raises the ticket to, where that is one agent.
        to: Option<AgentRef>,
    },
    /// Note that the owner is away, in another way than before, or is back (S-91).
    NoteOwner {
        /// How the owner is away; none where the owner is there.
        away: Option<Box<OwnerAway>>,
        /// The ticket's version that it was found in: somebody else may own it since.
        found_in: u64,
    },
    /// Tell the customer that it takes longer (S-92).
    AnnounceDelay {
        /// What is told.
        text: String,
        /// When it is expected to be done.
        expected: Option<Instant>,
    },
    /// Let another version of its plan or its calendar hold for its clocks that run.
    ReapplySla {
        /// What that comes to.
        reapplied: Box<SlaReapplied>,
        /// The ticket's version that it was found in.
        found_in: u64,
    },
    /// Raise a complaint.
    RaiseComplaint {
        /// What is claimed.
        claim: String,
        /// How grave.
        severity: Severity,
        /// What is demanded.
        remedy: Option<String>,
        /// Who owns it; the ticket's owner when not said.
        owner: Option<AgentRef>,
        /// Who raises it, and in whose place, as far as they have only discretion: none of these makes a
        /// complaint a major one of their own.
        limited: Vec<AgentId>,
    },
    /// Give the open complaint to another owner, or make it a major one.
    ReassignComplaint(Box<ComplaintReassignment>),
    /// Decide the open complaint.
    DecideComplaint(Box<ComplaintDecision>),
    /// Say what is thought of how a complaint was decided.
    ReviewComplaint {
        /// Which complaint.
        complaint: ComplaintId,
        /// What was found.
        finding: Finding,
        /// In the reviewer's words.
        note: Option<String>,
    },
    /// Close.
    Close {
        /// How it ended.
        outcome: Outcome,
        /// What solved it.
        resolution: Option<String>,
        /// Why, internally.
        reason: Option<String>,
    },
    /// Note that it was kept as long as it must be (S-55).
    MarkPurge,
    /// Reopen by hand.
    Reopen {
        /// Why.
        reason: String,
    },
    /// Ask the customer for a rating.
    RequestRating {
        /// The highest score.
        scale: u8,
    },
    /// Record the customer's rating.
    Rate {
        /// The score, from 1.
        score: u8,
        /// The highest score.
        scale: u8,
        /// In the customer's words.
        comment: Option<String>,
    },
    /// Score the work.
    ScoreQuality {
        /// Whose work; the owner's when not said.
        agent: Option<AgentRef>,
        /// The score, from 0.
        score: u8,
        /// The highest score.
        scale: u8,
        /// The rubric and its version.
        rubric: Option<String>,
        /// The reviewer's words.
        comment: Option<String>,
    },
    /// Log working time.
    LogTime {
        /// Whose time.
        agent: AgentRef,
        /// How many minutes.
        minutes: u32,
        /// What for.
        note: Option<String>,
    },
    /// Put an earlier event right.
    Correct {
        /// Its version in this stream.
        corrects: u64,
        /// What is right.
        text: String,
    },
    /// Keep an activity of another system.
    RecordActivity {
        /// Its name there.
        activity: String,
        /// Who did it there.
        performer: Option<String>,
        /// Its attributes.
        attributes: BTreeMap<String, String>,
        /// Its public attributes.
        public: BTreeMap<String, String>,
        /// The code of the refusal of the mapped event, if it was refused.
        refused: Option<String>,
    },
}

/// What a new ticket is made of: what its opener says, and what the handler gathered.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenTicket {
    /// Its id, minted by the handler.
    pub id: TicketId,
    /// Its number, reserved by the handler.
    pub number: String,
    /// Who asks.
    pub customer: CustomerRef,
    /// The customer's tier.
    pub tier: String,
    /// What entitles the customer to it, if something does.
    pub entitlement: Option<Entitlement>,
    /// What the customer gave of themselves that the register does not have.
    pub contact: Option<GivenContact>,
    /// What its opener says.
    pub details: TicketDetails,
}

/// A new ticket as its opener describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketDetails {
    /// Who opens it.
    pub opened_by: OpenedBy,
    /// By which way it came.
    pub channel: Channel,
    /// Our endpoint it came to.
    pub endpoint: Option<String>,
    /// The queue's key; by category, else by settings, when not said.
    pub queue: Option<String>,
    /// The category's path.
    pub category: Option<String>,
    /// The type's key.
    pub ticket_type: Option<String>,
    /// The priority's key; the queue's default, else the settings', when not said.
    pub priority: Option<String>,
    /// The subject; not blank.
    pub subject: Personal<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The first message.
    pub message: Option<NewMessage>,
    /// The ticket it grows out of.
    pub origin: Option<Origin>,
}

/// How an owner is away, as it is to be noted.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnerAway {
    /// Which absence; none where the owner has left.
    pub absence_id: Option<AbsenceId>,
    /// Until when the absence lasts.
    pub until: Option<Instant>,
    /// Who stands in.
    pub substitute: Option<AgentRef>,
}

/// Something to be said.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    /// Its text.
    pub body: String,
    /// Its files, already stored.
    pub attachments: Vec<AttachmentRef>,
}

/// A phone call to be logged.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCall {
    /// Who took or made it.
    pub agent: Option<AgentRef>,
    /// Who called whom.
    pub direction: Direction,
    /// How it ended.
    pub outcome: CallOutcome,
    /// Our line.
    pub line: Option<String>,
    /// The customer's number.
    pub phone: Option<String>,
    /// The path through the voice menu.
    pub ivr_path: Vec<String>,
    /// How long the caller waited, in milliseconds.
    pub wait_ms: Option<i64>,
    /// When it began.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// What was said.
    pub summary: Option<String>,
    /// Its files.
    pub attachments: Vec<AttachmentRef>,
}
