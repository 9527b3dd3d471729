//! The one settings document: how the desk behaves (S-58).

use serde::{Deserialize, Serialize};

use crate::definition::rounding::{end_of_block, nearest_boundary};
use crate::definition::{Editor, ZoneOffsets};
use crate::duration::parse_millis;
use crate::instant::Instant;
use crate::sla::defaults::PLAN;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// How the desk behaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The IANA zone of the desk.
    pub zone: String,
    /// How long after closing a customer's message reopens the ticket (S-53): ISO 8601, days are
    /// 24 hours.
    pub reopen_within: String,
    /// How long a snooze block is (S-42): ISO 8601, at least a minute, at most a day.
    pub snooze_block: String,
    /// How a snooze's end is rounded (S-42).
    pub snooze_rounding: Rounding,
    /// The priority of a ticket when neither it nor its queue names one.
    pub default_priority: String,
    /// The queue of a ticket when neither it nor its category names one.
    pub default_queue: String,
    /// The service plan that new tickets are promised by (S-06).
    pub plan: String,
    /// How long a ticket is kept after it was closed, until it may be purged (S-55): ISO 8601; off when
    /// left out or zero. Never below the dispute retention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purge_after: Option<String>,
    /// How long a dispute may come up after a ticket was closed; a year when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispute_retention: Option<String>,
    /// How long a reply may be kept without being sent, until it is shown that it is (S-56): ISO 8601; half
    /// an hour when left out, and never shown when zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsent_after: Option<String>,
    /// What the editors of clients begin with (S-57).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub editor: Option<Editor>,
    /// Which commands move the status, and whereto (S-52, S-54).
    pub status_on: StatusOn,
}

/// How the end of a snooze is rounded to blocks, which count from local midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the end of the block that holds it: 15:00 → 15:15, 14:50 → 15:00.
    EndOfBlock,
    /// To the nearest block boundary that is not before the time asked for, since nobody wants to
    /// be woken earlier than said: 15:00 stays, 14:50 → 15:00.
    Nearest,
    /// Not at all.
    Exact,
}

/// Which commands move the status, and whereto.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatusOn {
    /// The initial status of a ticket that a customer opened.
    pub created_by_customer: String,
    /// The initial status of a ticket that an agent opened.
    pub created_by_agent: String,
    /// On assignment; `null` is off.
    pub assign: Option<StatusRule>,
    /// On a public reply.
    pub reply: Option<StatusRule>,
    /// On a customer's message.
    pub message: Option<StatusRule>,
    /// When a snooze ends.
    pub wake: StatusRule,
    /// On reopening.
    pub reopen: StatusRule,
}

impl StatusOn {
    /// The rules that are on.
    pub fn rules(&self) -> impl Iterator<Item = &StatusRule> {
        let optional = [self.assign.as_ref(), self.reply.as_ref(), self.message.as_ref()];
        optional.into_iter().flatten().chain([&self.wake, &self.reopen])
    }

    /// Whether some command moves tickets to this status.
    pub fn moves_to(&self, key: &str) -> bool {
        let created = [&self.created_by_customer, &self.created_by_agent];
        created.into_iter().chain(self.rules().map(|rule| &rule.to)).any(|to| to == key)
    }

    /// Whether this status is named at all.
    pub fn names(&self, key: &str) -> bool {
        self.moves_to(key) || self.rules().any(|rule| rule.from.iter().any(|from| from == key))
    }
}

/// From which statuses to which one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusRule {
    /// The keys of the statuses it applies to; empty means every one.
    #[serde(default)]
    pub from: Vec<String>,
    /// The key of the status to move to.
    pub to: String,
}

impl Settings {
    /// The reopen window in milliseconds. Durations are checked when the settings are published;
    /// the default stands in for one that was not.
    pub fn reopen_within_ms(&self) -> i64 {
        parse_millis(&self.reopen_within).unwrap_or(14 * DAY_MS)
    }

    /// How long disputes may come up, in milliseconds.
    pub fn dispute_retention_ms(&self) -> i64 {
        let asked = self.dispute_retention.as_deref().and_then(|it| parse_millis(it).ok());
        asked.unwrap_or(365 * DAY_MS)
    }

    /// How long closed tickets are kept, in milliseconds; none when they are not purged.
    pub fn purge_after_ms(&self) -> Option<i64> {
        let asked = self.purge_after.as_deref().and_then(|it| parse_millis(it).ok());
        asked.filter(|it| *it > 0).map(|it| it.max(self.dispute_retention_ms()))
    }

    /// How long a reply may be kept without being sent, in milliseconds; none for any time.
    pub fn unsent_after_ms(&self) -> Option<i64> {
        let asked = self.unsent_after.as_deref().and_then(|it| parse_millis(it).ok());
        Some(asked.unwrap_or(30 * MINUTE_MS)).filter(|it| *it > 0)
    }

    /// The snooze block in milliseconds.
    pub fn snooze_block_ms(&self) -> i64 {
        let block = parse_millis(&self.snooze_block).unwrap_or(15 * MINUTE_MS);
        block.clamp(MINUTE_MS, DAY_MS)
    }

    /// The block that rounding uses, in milliseconds; 0 when snoozes are not rounded.
    pub fn rounding_block_ms(&self) -> i64 {
        match self.snooze_rounding {
            Rounding::EndOfBlock | Rounding::Nearest => self.snooze_block_ms(),
            Rounding::Exact => 0,
        }
    }

    /// When a snooze that was asked for until `until` ends (S-42). Without a zone's offsets, blocks
    /// count from midnight UTC.
    pub fn snooze_end(&self, until: Instant, zone: Option<&ZoneOffsets>) -> Instant {
        match self.snooze_rounding {
            Rounding::EndOfBlock => end_of_block(until, self.snooze_block_ms(), zone),
            Rounding::Nearest => nearest_boundary(until, self.snooze_block_ms(), zone),
            Rounding::Exact => until,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone: "UTC".into(),
            reopen_within: "P14D".into(),
            snooze_block: "PT15M".into(),
            snooze_rounding: Rounding::EndOfBlock,
            default_priority: "medium".into(),
            default_queue: "inbox".into(),
            plan: PLAN.into(),
            purge_after: None,
            unsent_after: None,
            dispute_retention: None,
            editor: None,
            status_on: StatusOn::default(),
        }
    }
}

impl Default for StatusOn {
    fn default() -> Self {
        let to = |key: &str| StatusRule { from: Vec::new(), to: key.into() };
        Self {
            created_by_customer: "new".into(),
            created_by_agent: "awaiting_customer".into(),
            assign: Some(StatusRule { from: vec!["new".into()], to: "in_progress".into() }),
            reply: Some(to("awaiting_customer")),
            message: Some(to("new")),
            wake: to("new"),
            reopen: to("new"),
        }
    }
}
