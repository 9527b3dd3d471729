//! What can be asked of a ticket, and why it can be refused.
//!
//! A command carries what its asker said, parsed, and the outside facts that its handler gathered
//! (who the agent is, which ticket the number leads to). Definitions are named by key; the decision
//! looks them up in the context's catalogue.

use std::collections::BTreeMap;

use crate::definition::{BaseStatus, DefinitionKind};
use crate::ids::{CommitmentId, MergeId, MessageId, TicketId};
use crate::instant::Instant;
use crate::party::{AgentRef, Channel, CustomerRef};
use crate::personal::Personal;
use crate::ticket::event::{
    AssignMethod, AttachmentRef, CallOutcome, Decision, Direction, LinkKind, MergeSide, OpenedBy,
    Origin, Outcome, Promiser, Severity, SnoozeReason, TicketRef, WakeCause,
};

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
    /// Take its owner away.
    Unassign {
        /// Why.
        reason: Option<String>,
    },
    /// Pass it on to another owner (S-93).
    HandOver {
        /// The next owner.
        to: AgentRef,
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
        due: Option<Instant>,
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
    /// Set category or type; what is `None` stays.
    Reclassify {
        /// The category's path.
        category: Option<String>,
        /// The type's key.
        ticket_type: Option<String>,
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
    },
    /// Undo a merge, on either side.
    Unmerge {
        /// Which merge.
        merge_id: MergeId,
        /// Which side this ticket is.
        side: MergeSide,
        /// The survivor's later messages that go back with the source.
        messages: Vec<MessageId>,
    },
    /// Note that messages were copied into a new ticket.
    Split {
        /// The new ticket.
        into: TicketRef,
        /// Which messages.
        messages: Vec<MessageId>,
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
    },
    /// Decide the open complaint.
    DecideComplaint {
        /// Whether it is accepted.
        decision: Decision,
        /// Why.
        reasoning: String,
        /// The compensation with its unit.
        compensation: Option<String>,
        /// When the customer was told.
        told_at: Option<Instant>,
        /// By which way.
        told_by: Option<Channel>,
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

/// What a new ticket is made of.
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

/// Why a command on a ticket is refused: one variant for each rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketRefusal {
    /// There is no such ticket.
    #[error("there is no such ticket")]
    NoSuchTicket,
    /// It exists already.
    #[error("the ticket exists already")]
    AlreadyOpened,
    /// It is closed; reopen it first.
    #[error("the ticket is closed; reopen it first")]
    TicketClosed,
    /// It is not closed.
    #[error("the ticket is not closed")]
    TicketNotClosed,
    /// It is an alias of another ticket and takes no writes.
    #[error("the ticket was merged into {into}; write there")]
    TicketMerged {
        /// The number of the ticket to write to.
        into: String,
    },
    /// It is not merged by that merge.
    #[error("the ticket was not merged by that merge")]
    NoSuchMerge,
    /// A ticket cannot be merged into itself, nor into one that leads to it.
    #[error("a ticket cannot be merged into itself or into its own alias")]
    MergeCycle,
    /// The survivor of a merge is closed.
    #[error("the other ticket is closed; reopen it first")]
    SurvivorClosed,
    /// A definition that does not exist, or is retired.
    #[error("there is no {} named {key:?}", kind.word())]
    Unknown {
        /// Its kind.
        kind: DefinitionKind,
        /// The key given.
        key: String,
    },
    /// The status has no such substatus.
    #[error("the status {status:?} has no substatus {substatus:?}")]
    UnknownSubstatus {
        /// The status.
        status: String,
        /// The substatus given.
        substatus: String,
    },
    /// The queue does not take that category (S-39).
    #[error("the queue {queue:?} does not take the category {category:?}")]
    CategoryNotAllowed {
        /// The queue.
        queue: String,
        /// The category.
        category: String,
    },
    /// A status that only its own command sets.
    #[error("the status {status:?} is set by its own command: snooze, merge or close")]
    StatusNeedsCommand {
        /// The status given.
        status: String,
    },
    /// A snooze must end in the future.
    #[error("a snooze must end in the future")]
    SnoozeInPast,
    /// The ticket is not snoozed.
    #[error("the ticket is not snoozed")]
    NotSnoozed,
    /// The ticket has no owner.
    #[error("the ticket has no owner")]
    NotAssigned,
    /// There is no such message in the ticket.
    #[error("there is no such message in the ticket")]
    UnknownMessage,
    /// No customer's message waits.
    #[error("no message waits for an answer")]
    NothingWaits,
    /// There is no such promise, or it is settled.
    #[error("there is no such open commitment in the ticket")]
    UnknownCommitment,
    /// A complaint is open; decide it first (S-72).
    #[error("a complaint is open; decide it first")]
    ComplaintOpen,
    /// No complaint is open.
    #[error("no complaint is open")]
    NoComplaintOpen,
    /// The level must be higher than the present one, at most 9.
    #[error("the escalation level must be above {present} and at most 9")]
    EscalationLevel {
        /// The level now.
        present: u8,
    },
    /// The level must be lower than the present one.
    #[error("the level must be below {present}")]
    DeescalationLevel {
        /// The level now.
        present: u8,
    },
    /// A ticket cannot be linked with itself.
    #[error("a ticket cannot be linked with itself")]
    SelfLink,
    /// There is no such link.
    #[error("there is no such link")]
    UnknownLink,
    /// A score outside its scale.
    #[error("the score must be from {lowest} to {scale}")]
    ScoreOutsideScale {
        /// The lowest score.
        lowest: u8,
        /// The highest.
        scale: u8,
    },
    /// The event to be corrected does not exist.
    #[error("there is no event {version} in the ticket")]
    UnknownVersion {
        /// The version given.
        version: u64,
    },
    /// An end before its beginning.
    #[error("it ends before it begins")]
    EndsBeforeStart,
    /// The customer wrote to a ticket closed too long ago; the handler opens a new, linked one.
    #[error("the ticket was closed too long ago to be reopened by a message")]
    ReopenWindowPassed,
    /// More tags than a ticket may have.
    #[error("a ticket has at most 50 tags")]
    TooManyTags,
}

impl TicketRefusal {
    /// The stable code that clients act on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchTicket => "not_found",
            Self::AlreadyOpened => "already_opened",
            Self::TicketClosed => "ticket_closed",
            Self::TicketNotClosed => "ticket_not_closed",
            Self::TicketMerged { .. } => "ticket_merged",
            Self::NoSuchMerge => "unknown_merge",
            Self::MergeCycle => "merge_cycle",
            Self::SurvivorClosed => "survivor_closed",
            Self::Unknown { kind: DefinitionKind::Queue, .. } => "unknown_queue",
            Self::Unknown { kind: DefinitionKind::Category, .. } => "unknown_category",
            Self::Unknown { kind: DefinitionKind::Status, .. } => "unknown_status",
            Self::Unknown { kind: DefinitionKind::Priority, .. } => "unknown_priority",
            Self::Unknown { kind: DefinitionKind::Type, .. } => "unknown_type",
            Self::Unknown { kind: DefinitionKind::Settings, .. } => "unknown_settings",
            Self::UnknownSubstatus { .. } => "unknown_substatus",
            Self::CategoryNotAllowed { .. } => "category_not_allowed",
            Self::StatusNeedsCommand { .. } => "status_needs_command",
            Self::SnoozeInPast => "snooze_in_past",
            Self::NotSnoozed => "ticket_not_snoozed",
            Self::NotAssigned => "ticket_not_assigned",
            Self::UnknownMessage => "unknown_message",
            Self::NothingWaits => "nothing_waits",
            Self::UnknownCommitment => "unknown_commitment",
            Self::ComplaintOpen => "complaint_open",
            Self::NoComplaintOpen => "no_complaint_open",
            Self::EscalationLevel { .. } => "escalation_level",
            Self::DeescalationLevel { .. } => "deescalation_level",
            Self::SelfLink => "self_link",
            Self::UnknownLink => "unknown_link",
            Self::ScoreOutsideScale { .. } => "score_outside_scale",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::EndsBeforeStart => "ends_before_start",
            Self::ReopenWindowPassed => "reopen_window_passed",
            Self::TooManyTags => "too_many_tags",
        }
    }

    /// Whether it is about what was asked (the request names something wrong: 422, with the JSON
    /// pointer of the field) rather than about the state the ticket is in (409).
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { kind: DefinitionKind::Queue, .. } => Some("/queue"),
            Self::Unknown { kind: DefinitionKind::Category, .. } => Some("/category"),
            Self::Unknown { kind: DefinitionKind::Status, .. } => Some("/status"),
            Self::Unknown { kind: DefinitionKind::Priority, .. } => Some("/priority"),
            Self::Unknown { kind: DefinitionKind::Type, .. } => Some("/type"),
            Self::Unknown { kind: DefinitionKind::Settings, .. } => Some(""),
            Self::UnknownSubstatus { .. } => Some("/substatus"),
            Self::CategoryNotAllowed { .. } => Some("/category"),
            Self::StatusNeedsCommand { .. } => Some("/status"),
            Self::SnoozeInPast => Some("/until"),
            Self::UnknownMessage => Some("/message"),
            Self::NoSuchMerge => Some("/merge_id"),
            Self::UnknownCommitment => Some("/commitment"),
            Self::EscalationLevel { .. } | Self::DeescalationLevel { .. } => Some("/level"),
            Self::SelfLink | Self::UnknownLink => Some("/ticket"),
            Self::ScoreOutsideScale { .. } => Some("/score"),
            Self::UnknownVersion { .. } => Some("/corrects"),
            Self::EndsBeforeStart => Some("/ended_at"),
            Self::TooManyTags => Some("/add"),
            Self::NoSuchTicket
            | Self::AlreadyOpened
            | Self::TicketClosed
            | Self::TicketNotClosed
            | Self::TicketMerged { .. }
            | Self::MergeCycle
            | Self::SurvivorClosed
            | Self::NotSnoozed
            | Self::NotAssigned
            | Self::NothingWaits
            | Self::ComplaintOpen
            | Self::NoComplaintOpen
            | Self::ReopenWindowPassed => None,
        }
    }
}
