//! Why something asked of a ticket is refused.

use crate::definition::DefinitionKind;
use crate::instant::Instant;
use crate::money::Money;

mod code;

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
    /// The survivor of a merge is closed, or was merged itself since its root was looked up.
    #[error("the other ticket is closed or merged; reopen it, or name the one it leads to")]
    SurvivorClosed,
    /// A definition that does not exist, or is retired.
    #[error("there is no {} named {key:?}", kind.word())]
    Unknown {
        /// Its kind.
        kind: DefinitionKind,
        /// The key given.
        key: String,
    },
    /// A tier that no process is made for (S-07).
    #[error("there is no tier {tier:?}: tiers are standard and premium")]
    UnknownTier {
        /// The tier given.
        tier: String,
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
    /// A snooze must end within ten years.
    #[error("a snooze must end within ten years")]
    SnoozeTooFar,
    /// The ticket is not snoozed.
    #[error("the ticket is not snoozed")]
    NotSnoozed,
    /// The ticket has no owner.
    #[error("the ticket has no owner")]
    NotAssigned,
    /// It is offered to nobody, or to somebody else.
    #[error("the ticket is not offered to the agent")]
    NotOffered,
    /// The time to answer an offer is over.
    #[error("the offer ended at {until}")]
    OfferEnded {
        /// When.
        until: Instant,
    },
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
    /// A major complaint belongs to a manager, and there is none (S-72).
    #[error(
        "the queue {queue:?} has no manager, whom a major complaint belongs to; name an owner who manages a queue"
    )]
    NoManager {
        /// The ticket's queue.
        queue: String,
    },
    /// A major complaint was to belong to somebody who manages nothing (S-72).
    #[error("a major complaint belongs to an agent who manages a queue")]
    NotAManager,
    /// Who has only discretion was to make a complaint a major one of their own (S-72).
    #[error(
        "a major complaint is for the queue's manager, or another who manages one, and not for oneself"
    )]
    NotToOneself,
    /// No complaint is open.
    #[error("no complaint is open")]
    NoComplaintOpen,
    /// No complaint of the ticket has this id.
    #[error("there is no such complaint in the ticket")]
    UnknownComplaint,
    /// A major complaint belongs to a manager, who decides it, or somebody above (S-72).
    #[error(
        "a major complaint is decided by its owner, the queue's manager, a supervisor or an administrator"
    )]
    NotTheOwner,
    /// Solutions are prepared for minor complaints only (S-72).
    #[error("the complaint is major: no prepared solution decides it")]
    MajorComplaint,
    /// The ticket's category prepares no such solution.
    #[error("the ticket's category prepares no solution {key:?}")]
    UnknownSolution {
        /// The key given.
        key: String,
    },
    /// More than the agent may grant (S-72).
    #[error("at most {limit} may be granted by whoever decides; ask a manager or a supervisor")]
    BeyondDiscretion {
        /// The most that may be granted.
        limit: Money,
    },
    /// A compensation in words where a limit is to be kept (S-72).
    #[error("say in money what is granted: there is a limit to keep")]
    AmountMissing,
    /// Nobody reviews their own decision (S-72).
    #[error("whoever decided a complaint does not review the decision")]
    OwnDecision,
    /// The level must be higher than the present one, at most 9.
    #[error("the escalation level must be above {present} and at most 9")]
    EscalationLevel {
        /// The level now.
        present: u8,
    },
    /// The level must be lower than the present one.
    #[error("the escalation level is {present}; de-escalating does not raise it")]
    DeescalationLevel {
        /// The level now.
        present: u8,
    },
    /// What is due was found in another version of the ticket.
    #[error("the ticket has changed since its clocks were read")]
    ClocksChanged,
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
    /// A contact that has not begun yet.
    #[error("a contact is logged once it has begun")]
    StartsLater,
    /// A delay until a time that had passed when it was told.
    #[error("what is expected lies ahead, not before {now}")]
    Past {
        /// Where it stands in what was asked.
        field: &'static str,
        /// When it was told.
        now: Instant,
    },
    /// A tag that is to be added and removed at once.
    #[error("the tag {tag:?} is to be both added and removed")]
    TagBothWays {
        /// The tag.
        tag: String,
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
    /// More custom fields than a ticket may have.
    #[error("a ticket has at most 100 custom fields")]
    TooManyFields,
}
