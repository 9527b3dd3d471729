//! Which row of a plan says what holds for a ticket: the most specific that has the target.

use serde::{Deserialize, Serialize};

use super::{ANY, ClockKind, Plan, Reckoning};
use crate::definition::PriorityTimes;
use crate::duration::{self, Length};

/// A plan's rows, ready to be asked: the most specific first.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: Vec<Row>,
    day_ms: i64,
}

/// One row with the targets that it has.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    keys: RowKeys,
    targets: Vec<(ClockKind, i64)>,
    alarm_ms: Option<i64>,
}

/// What a row is about: the values of its columns, `*` for every value. A row of answers has a
/// channel, a row of resolutions a type, an internal one a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowKeys {
    /// The customer's tier.
    pub tier: String,
    /// The channel, in a row for answering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The ticket type, in a row for resolving.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub ticket_type: Option<String>,
    /// The queue, in an internal row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The priority.
    pub priority: String,
}

/// What a clock has to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The row that says so.
    pub row: RowKeys,
    /// How much time there is, in milliseconds of the plan's time.
    pub target_ms: i64,
    /// How long before the deadline the warning comes.
    pub alarm_ms: i64,
}

impl Matrix {
    /// The rows of a plan, where a day of open time lasts `day_ms`. A length that is none, which no
    /// published plan has, counts as left out.
    pub fn of(plan: &Plan, day_ms: i64) -> Self {
        let day_ms = match plan.time {
            Reckoning::Open => day_ms,
            Reckoning::Wall => 24 * 60 * 60 * 1000,
        };
        let millis = |text: &String| duration::parse(text).ok().map(|it| in_millis(it, day_ms));
        let mut rows: Vec<Row> = Vec::with_capacity(plan.respond.len() + plan.resolve.len());
        rows.extend(plan.respond.iter().map(|row| Row {
            keys: RowKeys {
                tier: row.tier.clone(),
                channel: Some(row.channel.clone()),
                ticket_type: None,
                queue: None,
                priority: row.priority.clone(),
            },
            targets: row.targets().filter_map(|(of, it)| Some((of, millis(it)?))).collect(),
            alarm_ms: row.alarm.as_ref().and_then(millis),
        }));
        rows.extend(plan.resolve.iter().map(|row| {
            Row {
                keys: RowKeys {
                    tier: row.tier.clone(),
                    channel: None,
                    ticket_type: Some(row.ticket_type.clone()),
                    queue: None,
                    priority: row.priority.clone(),
                },
                targets: (row.resolution.as_ref().and_then(millis))
                    .map(|it| (ClockKind::Resolution, it))
                    .into_iter()
                    .collect(),
                alarm_ms: row.alarm.as_ref().and_then(millis),
            }
        }));
        rows.extend(plan.internal.iter().map(|row| Row {
            keys: RowKeys {
                tier: row.tier.clone(),
                channel: None,
                ticket_type: None,
                queue: Some(row.queue.clone()),
                priority: row.priority.clone(),
            },
            targets: millis(&row.ola).map(|it| (ClockKind::Ola, it)).into_iter().collect(),
            alarm_ms: row.alarm.as_ref().and_then(millis),
        }));
        rows.sort_by_key(|row| std::cmp::Reverse(row.keys.specificity()));
        Self { rows, day_ms }
    }

    /// What a clock of such a ticket has to reach: `asked` has a value in every column, and the
    /// type `*` where the ticket has none. `own` are its priority's own times: they stand behind every
    /// row that names something, and before the fallback row (S-49). None where nothing sets it.
    pub fn target(
        &self,
        clock: ClockKind,
        asked: &RowKeys,
        own: Option<&PriorityTimes>,
    ) -> Option<Target> {
        let of_row = |row: &Row| {
            let (_, target_ms) = row.targets.iter().find(|(of, _)| *of == clock)?;
            Some(Target {
                row: row.keys.clone(),
                target_ms: *target_ms,
                alarm_ms: row.alarm_ms.unwrap_or(target_ms / 4),
            })
        };
        let (named, fallback) =
            self.rows.split_at(self.rows.partition_point(|row| !row.keys.is_fallback()));
        let mut named = named.iter().filter(|row| row.keys.matches(asked));
        let mut fallback = fallback.iter().filter(|row| row.keys.matches(asked));
        named
            .find_map(of_row)
            .or_else(|| self.of_priority(clock, &asked.priority, own?))
            .or_else(|| fallback.find_map(of_row))
    }

    /// A length in milliseconds of the plan's time.
    pub(crate) fn millis(&self, text: &str) -> Option<i64> {
        duration::parse(text).ok().map(|it| in_millis(it, self.day_ms))
    }

    /// The longest that a warning comes before the deadline of such a clock, of whatever ticket; `own` are
    /// the times that priorities have, by key.
    pub(super) fn longest_alarm<'a>(
        &self,
        clock: ClockKind,
        own: impl Iterator<Item = (&'a str, &'a PriorityTimes)>,
    ) -> Option<i64> {
        let of_rows = self.rows.iter().filter_map(|row| {
            let (_, target_ms) = row.targets.iter().find(|(of, _)| *of == clock)?;
            Some(row.alarm_ms.unwrap_or(target_ms / 4))
        });
        let own = own.filter_map(|(key, times)| self.of_priority(clock, key, times));
        of_rows.chain(own.map(|it| it.alarm_ms)).max()
    }

    fn of_priority(&self, clock: ClockKind, key: &str, own: &PriorityTimes) -> Option<Target> {
        let millis = |text: &String| self.millis(text);
        let any = || Some(ANY.to_owned());
        let (target, channel, ticket_type, alarm) = match clock {
            ClockKind::Assignment | ClockKind::Ola => return None,
            ClockKind::FirstResponse | ClockKind::NextReply => (&own.reaction, any(), None, &None),
            ClockKind::Resolution => (&own.execution, None, any(), &own.alarm),
        };
        let target_ms = target.as_ref().and_then(millis)?;
        let alarm_ms = alarm.as_ref().and_then(millis).unwrap_or(target_ms / 4);
        let (tier, priority) = (ANY.into(), key.into());
        let row = RowKeys { tier, channel, ticket_type, queue: None, priority };
        Some(Target { row, target_ms, alarm_ms })
    }
}

impl RowKeys {
    /// More columns named beats fewer, then tier, then channel, type or queue, then priority.
    fn specificity(&self) -> (usize, bool, bool, bool) {
        let by = self.by();
        let named = [&self.tier, by.unwrap_or(&self.tier), &self.priority].map(|it| it != ANY);
        (named.iter().filter(|it| **it).count(), named[0], named[1], named[2])
    }

    /// What stands between tier and priority.
    fn by(&self) -> Option<&String> {
        self.channel.as_ref().or(self.ticket_type.as_ref()).or(self.queue.as_ref())
    }

    fn is_fallback(&self) -> bool {
        self.specificity().0 == 0
    }

    fn matches(&self, asked: &Self) -> bool {
        let is = |mine: &str, theirs: &str| mine == ANY || mine == theirs;
        let may_be = |mine: &Option<String>, theirs: &Option<String>| {
            mine.as_ref().is_none_or(|mine| is(mine, theirs.as_deref().unwrap_or(ANY)))
        };
        is(&self.tier, &asked.tier)
            && may_be(&self.channel, &asked.channel)
            && may_be(&self.ticket_type, &asked.ticket_type)
            && may_be(&self.queue, &asked.queue)
            && is(&self.priority, &asked.priority)
    }
}

fn in_millis(length: Length, day_ms: i64) -> i64 {
    let days = length.weeks.saturating_mul(7).saturating_add(length.days);
    days.saturating_mul(day_ms).saturating_add(length.millis)
}
