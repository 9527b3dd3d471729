//! What a plan must be like: every cell a value that exists, no two rows that say different things of
//! the same tickets, and no ticket without a deadline (S-94).

use super::{ANY, ClockKind, Plan, escalation};
use crate::customer::TIERS;
use crate::definition::{Catalogue, DefinitionKind, FieldError, Problem};
use crate::duration::{self, Length};
use crate::limits;
use crate::party::Channel;

const SECOND_MS: i64 = 1000;
const DAY_MS: i64 = 24 * 60 * 60 * SECOND_MS;
const YEAR_DAYS: i64 = 365;

pub(super) fn check(plan: &Plan, catalogue: &Catalogue) -> Vec<FieldError> {
    let mut check = Check { catalogue, errors: Vec::new() };
    if let Err(error) = limits::name(&plan.name) {
        check.wrong("/name", error.into());
    }
    check.names("/calendar", DefinitionKind::Calendar, &plan.calendar);
    for (clock, statuses) in &plan.pauses {
        for (index, key) in statuses.iter().enumerate() {
            let pointer = format!("/pauses/{}/{index}", clock.word());
            check.names(&pointer, DefinitionKind::Status, key);
        }
    }
    check.respond(plan);
    check.resolve(plan);
    check.internal(plan);
    check.errors.extend(escalation::errors(&plan.escalation, catalogue));
    check.errors
}

/// The length of a target or an alarm in minutes, hours or days (S-51): at least a second, at most a
/// year.
pub(crate) fn target_length(text: &str) -> Result<(), Problem> {
    let Length { weeks, days, millis } = duration::parse(text)?;
    let some = days > 0 || millis >= SECOND_MS;
    let whole = days.saturating_mul(DAY_MS).saturating_add(millis);
    match some && whole <= YEAR_DAYS * DAY_MS {
        _ if weeks > 0 => Err(Problem::Weeks),
        true => Ok(()),
        false => Err(Problem::Range { least: "PT1S", most: "P365D" }),
    }
}

struct Check<'a> {
    catalogue: &'a Catalogue,
    errors: Vec<FieldError>,
}

impl Check<'_> {
    fn respond(&mut self, plan: &Plan) {
        let mut seen = Vec::new();
        let mut fallback = false;
        for (index, row) in plan.respond.iter().enumerate() {
            let at = |field: &str| format!("/respond/{index}/{field}");
            self.tier(&at("tier"), &row.tier);
            self.channel(&at("channel"), &row.channel);
            self.priority(&at("priority"), &row.priority);
            for (clock, target) in row.targets() {
                self.length(&at(clock.word()), target);
            }
            let sets = row.targets().next().is_some();
            self.row(&format!("/respond/{index}"), sets, (at("alarm"), row.alarm.as_ref()));
            let keys = [row.tier.as_str(), &row.channel, &row.priority];
            self.contradicts(&mut seen, keys, &format!("/respond/{index}"));
            fallback |= keys == [ANY; 3] && row.first_response.is_some();
        }
        if !fallback {
            self.wrong("/respond", Problem::NoFallback(ClockKind::FirstResponse.word()));
        }
    }

    fn resolve(&mut self, plan: &Plan) {
        let mut seen = Vec::new();
        let mut fallback = false;
        for (index, row) in plan.resolve.iter().enumerate() {
            let at = |field: &str| format!("/resolve/{index}/{field}");
            self.tier(&at("tier"), &row.tier);
            if row.ticket_type != ANY {
                self.names(&at("type"), DefinitionKind::Type, &row.ticket_type);
            }
            self.priority(&at("priority"), &row.priority);
            if let Some(target) = &row.resolution {
                self.length(&at("resolution"), target);
            }
            let sets = row.resolution.is_some();
            self.row(&format!("/resolve/{index}"), sets, (at("alarm"), row.alarm.as_ref()));
            let keys = [row.tier.as_str(), &row.ticket_type, &row.priority];
            self.contradicts(&mut seen, keys, &format!("/resolve/{index}"));
            fallback |= keys == [ANY; 3] && row.resolution.is_some();
        }
        if !fallback {
            self.wrong("/resolve", Problem::NoFallback(ClockKind::Resolution.word()));
        }
    }

    fn internal(&mut self, plan: &Plan) {
        let mut seen = Vec::new();
        for (index, row) in plan.internal.iter().enumerate() {
            let at = |field: &str| format!("/internal/{index}/{field}");
            self.tier(&at("tier"), &row.tier);
            if row.queue != ANY {
                self.names(&at("queue"), DefinitionKind::Queue, &row.queue);
            }
            self.priority(&at("priority"), &row.priority);
            self.length(&at("ola"), &row.ola);
            self.row(&format!("/internal/{index}"), true, (at("alarm"), row.alarm.as_ref()));
            let keys = [row.tier.as_str(), &row.queue, &row.priority];
            self.contradicts(&mut seen, keys, &format!("/internal/{index}"));
        }
    }

    fn row(&mut self, pointer: &str, sets: bool, (at, alarm): (String, Option<&String>)) {
        if !sets {
            self.wrong(pointer, Problem::NoTarget);
        }
        if let Some(alarm) = alarm {
            self.length(&at, alarm);
        }
    }

    /// Two rows of the same keys: nobody could say which one holds.
    fn contradicts<'r>(&mut self, seen: &mut Vec<[&'r str; 3]>, keys: [&'r str; 3], pointer: &str) {
        if let Some(earlier) = seen.iter().position(|it| *it == keys) {
            self.wrong(pointer, Problem::Contradiction(earlier));
        }
        seen.push(keys);
    }

    fn tier(&mut self, pointer: &str, tier: &str) {
        if tier != ANY && !TIERS.contains(&tier) {
            self.wrong(pointer, Problem::Tier);
        }
    }

    fn channel(&mut self, pointer: &str, channel: &str) {
        if channel != ANY && Channel::ALL.into_iter().all(|it| it.word() != channel) {
            self.wrong(pointer, Problem::Channel);
        }
    }

    fn priority(&mut self, pointer: &str, priority: &str) {
        if priority != ANY {
            self.names(pointer, DefinitionKind::Priority, priority);
        }
    }

    fn length(&mut self, pointer: &str, text: &str) {
        if let Err(problem) = target_length(text) {
            self.wrong(pointer, problem);
        }
    }

    fn names(&mut self, pointer: &str, kind: DefinitionKind, key: &str) {
        if self.catalogue.document(kind, key).is_none() {
            self.wrong(pointer, Problem::Unknown { kind, key: key.into() });
        }
    }

    fn wrong(&mut self, pointer: &str, problem: Problem) {
        self.errors.push(FieldError::at(pointer, problem));
    }
}
