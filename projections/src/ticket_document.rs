//! What a ticket is, as `GET /v1/tickets/{id}` answers it: a pure fold of its stream.
//!
//! The same fold over a shorter history answers `at_version` and `as_of`; the ticket list stores
//! the same document. Erased text is `null`.

mod attention;
mod drafting;
mod fold;
mod offering;
mod owning;
mod promising;

use std::collections::{BTreeMap, BTreeSet};

use docket_domain::definition::BaseStatus;
use docket_domain::instant::Instant;
use docket_domain::party::Channel;
use docket_domain::sla::clock::Clock;
use docket_domain::ticket::event::{LinkKind, Outcome};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use self::drafting::{Draft, DraftSummary, drafts};
pub use self::fold::TicketFold;
pub use self::offering::{OfferSummary, PassedOffers};
pub use self::promising::OpenCommitment;
use crate::indicator::{Indicator, MessageIcon, due_at};

/// A ticket as it stands after the last event that was folded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TicketDocument {
    /// Its id.
    pub id: Uuid,
    /// Its number, unique and rising (S-20).
    pub number: String,
    /// The version of its last event: what `ETag` says.
    pub version: u64,
    /// The key of its status.
    pub status: String,
    /// Which of the six statuses that one behaves as (S-41).
    #[schema(value_type = String)]
    pub status_base: BaseStatus,
    /// The key of its substatus (S-43).
    pub substatus: Option<String>,
    /// Its subject; `null` once erased.
    pub subject: Option<String>,
    /// By which way it came (S-05).
    #[schema(value_type = String)]
    pub channel: Channel,
    /// Who asks.
    pub customer: CustomerSummary,
    /// The key of its queue.
    pub queue: String,
    /// The path of its category.
    pub category: Option<String>,
    /// The key of its type.
    #[serde(rename = "type")]
    pub ticket_type: Option<String>,
    /// The key of its priority.
    pub priority: String,
    /// That priority's level, 1 lowest … 5 highest (S-49).
    pub level: u8,
    /// Its tags, sorted.
    #[schema(value_type = Vec<String>)]
    pub tags: BTreeSet<String>,
    /// Its owner.
    pub assignee: Option<AgentSummary>,
    /// Since when its owner has it without a break: since it was given, taken up again or reopened, or
    /// since the owner is back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub owner_since: Option<Instant>,
    /// How its owner is away, while that is so (S-91).
    pub owner_away: Option<OwnerAway>,
    /// To whom it is offered, and until when (S-15).
    #[serde(default)]
    pub offer: Option<OfferSummary>,
    /// Who had it offered and did not take it, in the round that lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<PassedOffers>,
    /// When it was created, in the real world.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When its last event happened, in the real world.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Instant,
    /// When it was closed, while it is.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Instant>,
    /// How it ended, while it is closed.
    #[schema(value_type = Option<String>)]
    pub outcome: Option<Outcome>,
    /// Until when it was asked to be put aside, while it is (S-42).
    #[schema(value_type = Option<String>, format = DateTime)]
    pub snoozed_until: Option<Instant>,
    /// When it wakes: the same, rounded to a block.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub wakes_at: Option<Instant>,
    /// The id of the ticket that it is an alias of.
    pub merged_into: Option<Uuid>,
    /// How far it was escalated; 0 is not at all.
    pub escalation_level: u8,
    /// How many public messages it holds, the customer's and ours; those that it was split off with too.
    pub messages: u32,
    /// Whether the customer's latest message is newer than the last thing an employee did.
    pub unread: bool,
    /// Whether a complaint waits for a decision (S-72).
    pub complaint_open: bool,
    /// Custom fields by name; `null` once erased.
    pub fields: BTreeMap<String, Option<String>>,
    /// Links with other tickets.
    pub links: Vec<LinkSummary>,
    /// The tickets that are aliases of this one.
    pub absorbed: Vec<AbsorbedSummary>,
    /// What was promised in it and is neither kept nor broken (S-96); what its aliases hold is theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_commitments: Vec<OpenCommitment>,
    /// The replies that somebody began and has not sent (S-56).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drafts: Vec<DraftSummary>,
    /// From when on one of them has been left unsent for too long: from then on it is to be shown in red.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub unsent_at: Option<Instant>,
    /// When the next of its open promises is due, or was: what `sort=due` sorts by.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Instant>,
    /// What a desk shows beside it (S-45 to S-48).
    pub indicator: Indicator,
}

impl TicketDocument {
    /// Shows what its clocks say beside it, before any deadline: [`Indicator::at`] tells the colours.
    pub fn show(&mut self, clocks: &[Clock]) {
        let waits = self.indicator.message != MessageIcon::None;
        self.due_at = due_at(clocks);
        self.indicator = Indicator::of(clocks, waits);
    }
}

/// A customer, as a ticket names one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CustomerSummary {
    /// Which customer.
    pub id: Uuid,
    /// The name; `null` when unknown or erased.
    pub name: Option<String>,
    /// The e-mail address; `null` when unknown or erased.
    pub email: Option<String>,
    /// The phone number, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The name on a social network or messenger, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// The tier that its clocks go by (S-07): that of its opening, unless it was corrected.
    pub tier: String,
}

/// An agent, as a ticket names one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgentSummary {
    /// Which agent.
    pub id: Uuid,
    /// The name; `null` once erased.
    pub name: Option<String>,
}

/// How the owner of a ticket is away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OwnerAway {
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Instant,
    /// The absence; `null` where the owner has left the desk.
    pub absence: Option<Uuid>,
    /// Until when the absence was to last when it began.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Instant>,
    /// Who stands in.
    pub substitute: Option<AgentSummary>,
}

/// A link with another ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinkSummary {
    /// The other ticket's id.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// How they are linked.
    #[schema(value_type = String)]
    pub kind: LinkKind,
}

/// A ticket that is an alias of this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AbsorbedSummary {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// The merge, as `unmerge` wants it.
    pub merge_id: Uuid,
}
