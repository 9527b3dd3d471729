//! Everything that can happen to a ticket.
//!
//! **These names and shapes are the storage format.** A variant's name is the event's type in the
//! log; a field's name is its name in every payload ever written. Changing a shape means a new
//! schema version and an upcaster in [`codec`](crate::codec).
//!
//! An event is complete alone: it carries old and new values, ids, and the labels they had then.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::codes::{
    AssignMethod, CallOutcome, Decision, Direction, DraftEnd, LinkKind, MergeSide, OpenedBy,
    OriginKind, Outcome, Promiser, ReopenCause, Severity, SnoozeReason, WakeCause,
};
pub use self::complaint::{Authority, Finding, PreparedSolution};
pub use self::mark::{ClockMark, EscalationRule, ReappliedClock, SlaReapplied};
pub use self::notice::{HoursOf, Notice};
pub use self::parts::{
    AttachmentRef, Call, Chat, GivenContact, Meeting, Message, Origin, StatusChange, TicketCreated,
    TicketRef, WaitingMessage,
};
pub use self::routing::{Candidate, MOST_CANDIDATES, Routed};
use crate::definition::{BaseStatus, PriorityTerm, StatusTerm, Term};
use crate::ids::{AbsenceId, CommitmentId, ComplaintId, MergeId, MessageId};
use crate::instant::Instant;
use crate::money::Money;
use crate::party::{AgentRef, Channel};
use crate::personal::Personal;

mod codes;
mod complaint;
mod mark;
mod notice;
mod parts;
mod routing;

/// One thing that happened to a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TicketEvent {
    /// It came into being.
    TicketCreated(Box<TicketCreated>),
    /// Somebody became its owner.
    TicketAssigned {
        /// The owner before.
        from: Option<AgentRef>,
        /// The owner now.
        to: AgentRef,
        /// How the owner was found.
        method: AssignMethod,
        /// How the owner was chosen, where the desk chose by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        routed: Option<Box<Routed>>,
        /// The status move it caused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<StatusChange>,
    },
    /// It was offered to an agent, who may take it or not (S-15). It has no owner by that. The offer ends with
    /// one of the three events below, or with whatever gives it to somebody, moves it or ends the wait for
    /// an owner otherwise: see [`ends_offer`](Self::ends_offer).
    TicketOffered {
        /// To whom.
        agent: AgentRef,
        /// Until when: from that instant on it can be accepted no more.
        until: Instant,
        /// How the agent was chosen.
        routed: Box<Routed>,
    },
    /// Whom it was offered to takes it; the event after this one makes them its owner.
    OfferAccepted {
        /// Who.
        agent: AgentRef,
    },
    /// Whom it was offered to does not take it.
    OfferDeclined {
        /// Who.
        agent: AgentRef,
        /// Why.
        reason: Personal<String>,
    },
    /// Whom it was offered to said nothing in time.
    OfferExpired {
        /// Who.
        agent: AgentRef,
        /// When that was due.
        due: Instant,
    },
    /// It lost its owner.
    TicketUnassigned {
        /// The owner before.
        from: AgentRef,
        /// Why.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        reason: Option<Personal<String>>,
    },
    /// An owner passed it on, with what is still promised (S-93).
    TicketHandedOver {
        /// The owner before.
        from: AgentRef,
        /// The owner now.
        to: AgentRef,
        /// Until when, for a substitution.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
        /// The promises still open.
        open_commitments: Vec<CommitmentId>,
        /// What the next owner should know.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        note: Option<Personal<String>>,
    },
    /// Its owner is away, or has left the desk: nobody acts on it, though somebody owns it (S-91).
    OwnerAbsent {
        /// The owner, who stays that.
        owner: AgentRef,
        /// Which absence of the owner; none where the owner has left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        absence_id: Option<AbsenceId>,
        /// Until when the absence was to last then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
        /// Who stands in, if somebody does (S-63).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        substitute: Option<AgentRef>,
    },
    /// Its owner is back.
    OwnerReturned {
        /// The owner.
        owner: AgentRef,
    },
    /// The customer wrote.
    MessageReceived {
        /// What was said.
        message: Message,
        /// By which way.
        channel: Channel,
        /// The status move it caused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<StatusChange>,
    },
    /// An employee first opened a customer's message (S-33).
    MessageOpened {
        /// Which message.
        message_id: MessageId,
    },
    /// The waiting messages need no reply (S-76).
    MessageFiled {
        /// Which messages.
        message_ids: Vec<MessageId>,
        /// Why.
        reason: Personal<String>,
    },
    /// An agent answered in public.
    TicketReplied {
        /// What was said.
        message: Message,
        /// The customer's messages it answers.
        answers: Vec<MessageId>,
        /// The ticket's version that its author saw.
        seen_version: u64,
        /// By which way it goes out.
        channel: Channel,
        /// The status move it caused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<StatusChange>,
    },
    /// Somebody began a reply that is not sent yet, or went on with it (S-56).
    ReplyDrafted {
        /// Whose it is: each has one draft in a ticket.
        author: AgentRef,
        /// All that it says so far.
        body: Personal<String>,
        /// From when on it has been left unsent for too long, as the settings were when it was begun.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unsent_at: Option<Instant>,
    },
    /// A draft is no more.
    DraftEnded {
        /// Whose it was.
        author: AgentRef,
        /// What became of it.
        end: DraftEnd,
    },
    /// A reply never arrived, so its provider says (T22).
    DeliveryFailed {
        /// Which reply.
        message_id: MessageId,
        /// Whom it was meant for.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        recipient: Option<Personal<String>>,
        /// The provider's code, such as `5.1.1`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// Why, in the provider's words.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        reason: Option<Personal<String>>,
    },
    /// Somebody wrote an internal note.
    NoteAdded {
        /// What was written.
        message: Message,
        /// The agents it mentions.
        mentions: Vec<AgentRef>,
    },
    /// A phone call took place, or was missed (S-64).
    CallLogged(Box<Call>),
    /// A meeting face to face took place (S-67).
    ContactLogged(Box<Meeting>),
    /// A chat took place, or was abandoned (S-66).
    ChatLogged(Box<Chat>),
    /// Something was promised (S-96).
    CommitmentRecorded {
        /// Its id.
        commitment_id: CommitmentId,
        /// Who promised.
        promiser: Promiser,
        /// What was promised.
        text: Personal<String>,
        /// The coded kind, such as `refund`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        /// The amount, as text with its unit, such as `49.90 EUR`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<String>,
        /// By when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Instant>,
        /// The message or call that shows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<MessageId>,
        /// The alias in which that was said, where it was not said here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence_in: Option<TicketRef>,
        /// Whether the customer accepted it, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accepted: Option<bool>,
    },
    /// A promise was kept.
    CommitmentKept {
        /// Which promise.
        commitment_id: CommitmentId,
        /// How.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        note: Option<Personal<String>>,
    },
    /// A promise was changed.
    CommitmentChanged {
        /// Which promise.
        commitment_id: CommitmentId,
        /// What is promised now.
        text: Personal<String>,
        /// By when before.
        from_due: Option<Instant>,
        /// By when now.
        due: Option<Instant>,
        /// Why.
        reason: Personal<String>,
    },
    /// A promise was broken.
    CommitmentBroken {
        /// Which promise.
        commitment_id: CommitmentId,
        /// Why.
        reason: Personal<String>,
    },
    /// Its priority changed.
    TicketPrioritized {
        /// Before.
        from: PriorityTerm,
        /// Now.
        to: PriorityTerm,
    },
    /// Its category or type changed; what was chosen before stays on record (S-16).
    TicketReclassified {
        /// The category before.
        from_category: Option<Term>,
        /// The category now.
        category: Option<Term>,
        /// The type before.
        from_type: Option<Term>,
        /// The type now.
        #[serde(rename = "type")]
        ticket_type: Option<Term>,
        /// Whether the tier or the channel changes with it, by the event after this one: clocks get their
        /// targets then, by all of it. Not said means no.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        terms_follow: bool,
    },
    /// The tier or the channel that it is promised by changed: it was wrong, or a contract was found (rule 9,
    /// S-16). Whoever the customer is stays.
    TicketTermsChanged {
        /// The tier before.
        from_tier: String,
        /// The tier now.
        tier: String,
        /// The channel before.
        from_channel: Channel,
        /// The channel now.
        channel: Channel,
    },
    /// It went to another queue.
    TicketTransferred {
        /// The queue before.
        from: Term,
        /// The queue now.
        to: Term,
        /// Why.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        reason: Option<Personal<String>>,
    },
    /// Its status or substatus was set.
    TicketStatusChanged {
        /// Before.
        from: StatusTerm,
        /// Now.
        to: StatusTerm,
    },
    /// Tags were added or removed.
    TicketTagged {
        /// Tags it did not have.
        added: Vec<String>,
        /// Tags it had.
        removed: Vec<String>,
    },
    /// A custom field was set or cleared.
    CustomFieldChanged {
        /// The field's name.
        field: String,
        /// Before, if it was set.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        from: Option<Personal<String>>,
        /// Now, if it is set.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        to: Option<Personal<String>>,
    },
    /// It was put aside until a time (S-42).
    TicketSnoozed {
        /// Until when, as asked.
        until: Instant,
        /// When it wakes: `until`, rounded.
        wakes_at: Instant,
        /// The block that the rounding used, in milliseconds; 0 for none.
        block_ms: i64,
        /// Why, as a code.
        reason: SnoozeReason,
        /// Why, in words.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        note: Option<Personal<String>>,
        /// Whether a customer's message wakes it.
        wakes_on_message: bool,
        /// The status move it caused.
        status: StatusChange,
    },
    /// The snooze ended.
    TicketWoken {
        /// Why.
        cause: WakeCause,
        /// When it was due.
        due: Instant,
        /// The status move it caused.
        status: StatusChange,
    },
    /// It became an alias of another ticket, and takes no writes.
    TicketMerged {
        /// Which merge.
        merge_id: MergeId,
        /// The surviving ticket.
        into: TicketRef,
        /// The status move it caused.
        status: StatusChange,
    },
    /// Another ticket became its alias.
    TicketAbsorbed {
        /// Which merge.
        merge_id: MergeId,
        /// The ticket that is an alias now.
        source: TicketRef,
        /// The customer's messages that waited for an answer there: from now on they wait here
        /// (S-81).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        waiting: Vec<WaitingMessage>,
        /// The status move it caused: what waits here moves the status as a message does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<StatusChange>,
    },
    /// A merge was undone; written to both tickets, and to those that the survivor was merged into
    /// since, where what waited at the source has waited there.
    TicketUnmerged {
        /// Which merge.
        merge_id: MergeId,
        /// The other ticket of that merge.
        other: TicketRef,
        /// Whether this is the stream of the source or of the survivor.
        side: MergeSide,
        /// The survivor's later messages that go back with the source.
        messages: Vec<MessageId>,
        /// What goes back and waits for an answer still: of what the source brought, and of the
        /// messages that go back with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        waiting: Vec<WaitingMessage>,
        /// What the source brought and was answered meanwhile.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        answered: Vec<MessageId>,
        /// The status move it caused: at the source only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<StatusChange>,
    },
    /// Messages were copied, by reference, into a new ticket.
    TicketSplit {
        /// The new ticket.
        into: TicketRef,
        /// The messages that the new ticket refers to.
        messages: Vec<MessageId>,
        /// Those of them that wait for an answer at the new ticket from now on, and here no more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        waiting: Vec<WaitingMessage>,
    },
    /// It was linked with another ticket; written to both.
    TicketLinked {
        /// The other ticket.
        other: TicketRef,
        /// How they are linked.
        kind: LinkKind,
    },
    /// A link was removed; written to both.
    TicketUnlinked {
        /// The other ticket.
        other: TicketRef,
        /// How they were linked.
        kind: LinkKind,
    },
    /// It was raised to a higher level of attention.
    TicketEscalated {
        /// The level before.
        from_level: u8,
        /// The level now.
        level: u8,
        /// To whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<AgentRef>,
        /// Why.
        reason: Personal<String>,
        /// The step of a chain that did it; none where somebody did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<Box<EscalationRule>>,
    },
    /// The escalation was lowered or ended.
    TicketDeescalated {
        /// The level before.
        from_level: u8,
        /// The level now.
        level: u8,
        /// Why.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        reason: Option<Personal<String>>,
    },
    /// A clock came so close to its deadline that its plan warns (S-46).
    SlaWarned(Box<ClockMark>),
    /// A clock's deadline passed, or a change found it past (S-47).
    SlaBreached(Box<ClockMark>),
    /// Its clocks that run go on by another version of its plan or its calendar (rule 11).
    SlaReapplied(Box<SlaReapplied>),
    /// The customer was told that it takes longer (S-92). Sending it is the channels' part.
    DelayAnnounced {
        /// What was told.
        text: Personal<String>,
        /// When it is expected to be done, if that was told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected: Option<Instant>,
        /// The clock in whose name a step of a chain did it; none where somebody did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        clock: Option<Box<ClockMark>>,
    },
    /// The customer, who wrote something, is to be told something of it by itself. Sending it is the channels'
    /// part.
    NoticeDue {
        /// What the customer wrote.
        message_id: MessageId,
        /// The queue that tells its customers so.
        queue: Term,
        /// The template by which it is told.
        template: Term,
        /// What is told.
        notice: Notice,
    },
    /// The customer complains (S-72).
    ComplaintRaised {
        /// Its id.
        complaint_id: ComplaintId,
        /// What is claimed.
        claim: Personal<String>,
        /// How grave.
        severity: Severity,
        /// What the customer demands.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        remedy: Option<Personal<String>>,
        /// Who owns the complaint.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<AgentRef>,
    },
    /// The complaint got another owner, or is a graver one from then on (S-72).
    ComplaintReassigned {
        /// Which complaint.
        complaint_id: ComplaintId,
        /// How grave it was.
        severity_from: Severity,
        /// How grave it is.
        severity_to: Severity,
        /// Who owned it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<AgentRef>,
        /// Who owns it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<AgentRef>,
        /// By what right a major one was given on; a minor one is anybody's to give.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authority: Option<Authority>,
        /// In whose place, where it was theirs to give and they were away (S-63).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_place_of: Option<AgentRef>,
        /// Why.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        reason: Option<Personal<String>>,
    },
    /// The complaint was decided.
    ComplaintDecided {
        /// Which complaint.
        complaint_id: ComplaintId,
        /// Whether it is accepted.
        decision: Decision,
        /// Why.
        reasoning: Personal<String>,
        /// The compensation, as text with its unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        compensation: Option<String>,
        /// The compensation in money.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Money>,
        /// The prepared solution that it follows, if it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        solution: Option<PreparedSolution>,
        /// Who decided, if an agent did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decided_by: Option<AgentRef>,
        /// By what right; not known of what was decided before this was asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authority: Option<Authority>,
        /// In whose place, where it was theirs to decide and they were away (S-63).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_place_of: Option<AgentRef>,
        /// When the customer was told, if so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told_at: Option<Instant>,
        /// By which way the customer was told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told_by: Option<Channel>,
    },
    /// Somebody looked at how the complaint was decided (S-72).
    ComplaintReviewed {
        /// Which complaint.
        complaint_id: ComplaintId,
        /// What was found.
        finding: Finding,
        /// In the reviewer's words.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        note: Option<Personal<String>>,
    },
    /// It is done.
    TicketClosed {
        /// How it ended.
        outcome: Outcome,
        /// What solved it, for the customer.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        resolution: Option<Personal<String>>,
        /// Why it was closed, internally.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        reason: Option<Personal<String>>,
        /// Its owner then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<AgentRef>,
        /// When; the reopen window counts from here.
        closed_at: Instant,
        /// When it may be purged, if tickets are purged (S-55).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        purge_at: Option<Instant>,
        /// The status move it caused.
        status: StatusChange,
    },
    /// It is not done after all.
    TicketReopened {
        /// What reopened it.
        cause: ReopenCause,
        /// Why, in words.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        reason: Option<Personal<String>>,
        /// How many whole days it was closed.
        days_closed: u32,
        /// The status move it caused.
        status: StatusChange,
    },
    /// It was kept for as long as the settings wanted when it was closed, and may be purged (S-55). That
    /// erases nothing by itself.
    PurgeMarked {
        /// Since when.
        due: Instant,
    },
    /// The customer was asked to rate the service (S-101).
    RatingRequested {
        /// The agent to be rated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<AgentRef>,
        /// The highest score of the scale; the lowest is 1.
        scale: u8,
    },
    /// The customer rated the service.
    RatingGiven {
        /// The agent rated: the owner then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<AgentRef>,
        /// The score, from 1.
        score: u8,
        /// The highest score of the scale.
        scale: u8,
        /// In the customer's words.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        comment: Option<Personal<String>>,
    },
    /// Quality control scored the work (S-101).
    QualityScored {
        /// The agent whose work it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<AgentRef>,
        /// The score, from 0.
        score: u8,
        /// The highest score.
        scale: u8,
        /// The rubric and its version, such as `tone/3`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rubric: Option<String>,
        /// The reviewer's words.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        comment: Option<Personal<String>>,
    },
    /// Working time was logged.
    TimeLogged {
        /// Whose time.
        agent: AgentRef,
        /// How many minutes.
        minutes: u32,
        /// What for.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        note: Option<Personal<String>>,
    },
    /// An earlier event was wrong; what is right is said here, and the earlier one stays.
    CorrectionRecorded {
        /// The version, in this stream, of the event that was wrong.
        corrects: u64,
        /// What is right.
        text: Personal<String>,
    },
    /// Something that happened in another system and has no counterpart here; kept whole.
    ExternalActivityRecorded {
        /// The activity's name there.
        activity: String,
        /// Who did it there.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "crate::personal::optional"
        )]
        performer: Option<Personal<String>>,
        /// Its attributes, unless the map says they are public.
        attributes: Personal<BTreeMap<String, String>>,
        /// The attributes that the map says are public.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        public: BTreeMap<String, String>,
        /// The code of the refusal, where a rule would have refused the mapped event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
    },
}

impl TicketEvent {
    /// Whether a snooze is over with this event: leaving it by whatever way ends it. In a merged
    /// ticket it rests, and lasts on when the merge is undone (S-42).
    pub fn ends_snooze(&self) -> bool {
        self.leaves(BaseStatus::Snoozed)
    }

    /// Whether the ticket is no longer done with this event. In a merged ticket that rests too.
    pub fn ends_closure(&self) -> bool {
        self.leaves(BaseStatus::Closed)
    }

    /// Whether an offer of the ticket is over with this event, if there is one: it was answered or ran out, the
    /// ticket went to somebody or to another queue, or waits for no owner any more. The last of these withdraw
    /// it; the event that does so says why.
    pub fn ends_offer(&self) -> bool {
        let waits = |to: &StatusTerm| matches!(to.base, BaseStatus::New | BaseStatus::InProgress);
        let answered = matches!(
            self,
            Self::OfferAccepted { .. }
                | Self::OfferDeclined { .. }
                | Self::OfferExpired { .. }
                | Self::TicketAssigned { .. }
                | Self::TicketHandedOver { .. }
                | Self::TicketTransferred { .. }
        );
        answered || self.status_move().is_some_and(|(_, to)| !waits(to))
    }

    /// Whether those who did not take the ticket may be offered it again from this event on: it had an owner
    /// meanwhile, lies elsewhere or is about something else.
    pub fn ends_round_of_offers(&self) -> bool {
        matches!(
            self,
            Self::TicketAssigned { .. }
                | Self::TicketHandedOver { .. }
                | Self::TicketTransferred { .. }
                | Self::TicketReclassified { .. }
        )
    }

    fn leaves(&self, base: BaseStatus) -> bool {
        self.status_move().is_some_and(|(_, to)| to.base != base && to.base != BaseStatus::Merged)
    }

    /// The move of the status that this event is or causes: from, to. `TicketCreated` sets the
    /// first status and moves none.
    #[expect(clippy::too_many_lines, reason = "one arm for each event, and no wildcard")]
    pub fn status_move(&self) -> Option<(&StatusTerm, &StatusTerm)> {
        match self {
            Self::TicketStatusChanged { from, to } => Some((from, to)),
            Self::TicketSnoozed { status, .. }
            | Self::TicketWoken { status, .. }
            | Self::TicketMerged { status, .. }
            | Self::TicketClosed { status, .. }
            | Self::TicketReopened { status, .. } => Some((&status.from, &status.to)),
            Self::TicketAssigned { status, .. }
            | Self::MessageReceived { status, .. }
            | Self::TicketReplied { status, .. }
            | Self::TicketAbsorbed { status, .. }
            | Self::TicketUnmerged { status, .. } => {
                status.as_ref().map(|status| (&status.from, &status.to))
            }
            Self::TicketCreated(_)
            | Self::TicketUnassigned { .. }
            | Self::TicketOffered { .. }
            | Self::OfferAccepted { .. }
            | Self::OfferDeclined { .. }
            | Self::OfferExpired { .. }
            | Self::TicketHandedOver { .. }
            | Self::OwnerAbsent { .. }
            | Self::OwnerReturned { .. }
            | Self::MessageOpened { .. }
            | Self::MessageFiled { .. }
            | Self::ReplyDrafted { .. }
            | Self::DraftEnded { .. }
            | Self::DeliveryFailed { .. }
            | Self::NoteAdded { .. }
            | Self::CallLogged(_)
            | Self::ContactLogged(_)
            | Self::ChatLogged(_)
            | Self::CommitmentRecorded { .. }
            | Self::CommitmentKept { .. }
            | Self::CommitmentChanged { .. }
            | Self::CommitmentBroken { .. }
            | Self::TicketPrioritized { .. }
            | Self::TicketReclassified { .. }
            | Self::TicketTermsChanged { .. }
            | Self::TicketTransferred { .. }
            | Self::TicketTagged { .. }
            | Self::CustomFieldChanged { .. }
            | Self::TicketSplit { .. }
            | Self::TicketLinked { .. }
            | Self::TicketUnlinked { .. }
            | Self::TicketEscalated { .. }
            | Self::TicketDeescalated { .. }
            | Self::SlaWarned(_)
            | Self::SlaBreached(_)
            | Self::SlaReapplied(_)
            | Self::DelayAnnounced { .. }
            | Self::NoticeDue { .. }
            | Self::PurgeMarked { .. }
            | Self::ComplaintRaised { .. }
            | Self::ComplaintReassigned { .. }
            | Self::ComplaintDecided { .. }
            | Self::ComplaintReviewed { .. }
            | Self::RatingRequested { .. }
            | Self::RatingGiven { .. }
            | Self::QualityScored { .. }
            | Self::TimeLogged { .. }
            | Self::CorrectionRecorded { .. }
            | Self::ExternalActivityRecorded { .. } => None,
        }
    }
}
