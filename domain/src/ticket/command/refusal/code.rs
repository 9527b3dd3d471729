//! How clients know a refusal: its code, and the field that it is about.

use super::TicketRefusal;
use crate::definition::DefinitionKind;

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
            Self::Unknown { kind: DefinitionKind::Calendar, .. } => "unknown_calendar",
            Self::Unknown { kind: DefinitionKind::Plan, .. } => "unknown_plan",
            Self::Unknown { kind: DefinitionKind::Template, .. } => "unknown_template",
            Self::Unknown { kind: DefinitionKind::Settings, .. } => "unknown_settings",
            Self::UnknownTier { .. } => "unknown_tier",
            Self::UnknownSubstatus { .. } => "unknown_substatus",
            Self::CategoryNotAllowed { .. } => "category_not_allowed",
            Self::StatusNeedsCommand { .. } => "status_needs_command",
            Self::SnoozeInPast => "snooze_in_past",
            Self::SnoozeTooFar => "snooze_too_far",
            Self::NotSnoozed => "ticket_not_snoozed",
            Self::NotAssigned => "ticket_not_assigned",
            Self::NotOffered => "not_offered",
            Self::OfferEnded { .. } => "offer_ended",
            Self::UnknownMessage => "unknown_message",
            Self::NothingWaits => "nothing_waits",
            Self::UnknownCommitment => "unknown_commitment",
            Self::ComplaintOpen => "complaint_open",
            Self::NoManager { .. } => "no_manager",
            Self::NotAManager => "not_a_manager",
            Self::NotToOneself => "not_to_oneself",
            Self::NotTheOwner => "not_the_owner",
            Self::NoComplaintOpen => "no_complaint_open",
            Self::UnknownComplaint => "unknown_complaint",
            Self::MajorComplaint => "major_complaint",
            Self::UnknownSolution { .. } => "unknown_solution",
            Self::BeyondDiscretion { .. } => "beyond_discretion",
            Self::AmountMissing => "amount_missing",
            Self::OwnDecision => "own_decision",
            Self::EscalationLevel { .. } => "escalation_level",
            Self::DeescalationLevel { .. } => "deescalation_level",
            Self::ClocksChanged => "clocks_changed",
            Self::SelfLink => "self_link",
            Self::UnknownLink => "unknown_link",
            Self::ScoreOutsideScale { .. } => "score_outside_scale",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::StartsLater => "starts_later",
            Self::Past { .. } => "in_the_past",
            Self::TagBothWays { .. } => "tag_both_ways",
            Self::EndsBeforeStart => "ends_before_start",
            Self::ReopenWindowPassed => "reopen_window_passed",
            Self::TooManyTags => "too_many_tags",
            Self::TooManyFields => "too_many_fields",
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
            Self::Unknown {
                kind:
                    DefinitionKind::Calendar
                    | DefinitionKind::Plan
                    | DefinitionKind::Template
                    | DefinitionKind::Settings,
                ..
            } => Some(""),
            Self::UnknownTier { .. } => Some("/tier"),
            Self::UnknownSubstatus { .. } => Some("/substatus"),
            Self::CategoryNotAllowed { .. } => Some("/category"),
            Self::StatusNeedsCommand { .. } => Some("/status"),
            Self::SnoozeInPast | Self::SnoozeTooFar => Some("/until"),
            Self::UnknownMessage => Some("/message"),
            Self::NoSuchMerge => Some("/merge_id"),
            Self::UnknownCommitment => Some("/commitment"),
            Self::NotAManager | Self::NotToOneself => Some("/owner"),
            Self::UnknownComplaint => Some("/complaint_id"),
            Self::MajorComplaint | Self::UnknownSolution { .. } => Some("/solution"),
            Self::BeyondDiscretion { .. } | Self::AmountMissing => Some("/amount"),
            Self::EscalationLevel { .. } | Self::DeescalationLevel { .. } => Some("/level"),
            Self::SelfLink | Self::UnknownLink => Some("/ticket"),
            Self::ScoreOutsideScale { .. } => Some("/score"),
            Self::UnknownVersion { .. } => Some("/corrects"),
            Self::StartsLater => Some("/started_at"),
            Self::Past { field, .. } => Some(field),
            Self::TagBothWays { .. } => Some("/remove"),
            Self::EndsBeforeStart => Some("/ended_at"),
            Self::TooManyTags => Some("/add"),
            Self::TooManyFields => Some("/field"),
            Self::NoSuchTicket
            | Self::AlreadyOpened
            | Self::TicketClosed
            | Self::TicketNotClosed
            | Self::TicketMerged { .. }
            | Self::MergeCycle
            | Self::SurvivorClosed
            | Self::NotSnoozed
            | Self::NotAssigned
            | Self::NotOffered
            | Self::OfferEnded { .. }
            | Self::NothingWaits
            | Self::ClocksChanged
            | Self::ComplaintOpen
            | Self::NoManager { .. }
            | Self::NoComplaintOpen
            | Self::OwnDecision
            | Self::NotTheOwner
            | Self::ReopenWindowPassed => None,
        }
    }
}
