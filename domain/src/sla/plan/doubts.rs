//! What a plan leaves open, or says in vain. It may be published all the same; whoever does is told,
//! cell by cell.

use super::contradictions::contradictions;
use super::{ANY, ClockKind, Matrix, Plan, RowKeys};
use crate::customer::TIERS;
use crate::definition::{BaseStatus, Catalogue, FieldError, Problem};
use crate::duration::parse_millis;
use crate::party::Channel;

/// The clocks that a plan need not set for every ticket.
const MAY_LACK: [ClockKind; 2] = [ClockKind::Assignment, ClockKind::NextReply];

pub(super) fn doubts(plan: &Plan, catalogue: &Catalogue) -> Vec<FieldError> {
    let calendar = catalogue.calendars.get(&plan.calendar);
    let day_ms = calendar.and_then(|it| parse_millis(&it.document.day).ok()).unwrap_or_default();
    let matrix = Matrix::of(plan, day_ms);
    let mut doubts = Vec::new();
    for clock in MAY_LACK {
        doubts.extend(gaps(&matrix, catalogue, clock));
    }
    doubts.extend(early_alarms(plan, &matrix));
    doubts.extend(idle_pauses(plan, catalogue));
    for (index, step) in plan.escalation.iter().enumerate() {
        if step.clock == ClockKind::Ola && plan.internal.is_empty() {
            let pointer = format!("/escalation/{index}/clock");
            doubts.push(FieldError::at(&pointer, Problem::NeverRuns));
        }
    }
    doubts.extend(contradictions(plan, &matrix, catalogue));
    doubts
}

/// For which tickets no row sets this clock: whole tiers and priorities where all channels lack it.
fn gaps(matrix: &Matrix, catalogue: &Catalogue, clock: ClockKind) -> Vec<FieldError> {
    let mut gaps = Vec::new();
    for tier in TIERS {
        for (priority, document) in &catalogue.priorities {
            let lacks = |channel: &Channel| {
                let asked = RowKeys {
                    tier: tier.into(),
                    channel: Some(channel.word().into()),
                    ticket_type: Some(ANY.into()),
                    queue: Some(ANY.into()),
                    priority: priority.clone(),
                };
                let own = document.document.times.as_ref();
                matrix.target(clock, &asked, own).is_none()
            };
            let channels: Vec<&str> =
                Channel::ALL.iter().filter(|it| lacks(it)).map(|it| it.word()).collect();
            let channels = match channels.len() {
                0 => continue,
                all if all == Channel::ALL.len() => ANY.to_owned(),
                _ => channels.join(", "),
            };
            gaps.push(Problem::Gap {
                clock: clock.word(),
                tier,
                channels,
                priority: priority.clone(),
            });
        }
    }
    gaps.into_iter().map(|gap| FieldError::at("/respond", gap)).collect()
}

/// Alarms that are not shorter than any target of their row: they warn when the clock begins.
fn early_alarms(plan: &Plan, matrix: &Matrix) -> Vec<FieldError> {
    let respond = plan.respond.iter().enumerate().map(|(index, row)| {
        let longest = row.targets().filter_map(|(_, target)| matrix.millis(target)).max();
        (format!("/respond/{index}/alarm"), row.alarm.as_ref(), longest)
    });
    let resolve = plan.resolve.iter().enumerate().map(|(index, row)| {
        let target = row.resolution.as_ref().and_then(|target| matrix.millis(target));
        (format!("/resolve/{index}/alarm"), row.alarm.as_ref(), target)
    });
    let internal = plan.internal.iter().enumerate().map(|(index, row)| {
        (format!("/internal/{index}/alarm"), row.alarm.as_ref(), matrix.millis(&row.ola))
    });
    let early = respond.chain(resolve).chain(internal).filter(|(_, alarm, longest)| {
        alarm.and_then(|alarm| matrix.millis(alarm)).is_some_and(|alarm| Some(alarm) >= *longest)
    });
    early.map(|(pointer, ..)| FieldError::at(&pointer, Problem::EarlyAlarm)).collect()
}

/// Statuses that are named twice for a clock, or in which none runs.
fn idle_pauses(plan: &Plan, catalogue: &Catalogue) -> Vec<FieldError> {
    let mut idle = Vec::new();
    for (clock, statuses) in &plan.pauses {
        for (index, key) in statuses.iter().enumerate() {
            let base = catalogue.statuses.get(key).map(|it| it.document.based_on);
            let problem = match base {
                Some(BaseStatus::Closed | BaseStatus::Merged) => Problem::NeverRuns,
                _ if statuses[..index].contains(key) => Problem::Repeated,
                _ => continue,
            };
            idle.push(FieldError::at(&format!("/pauses/{}/{index}", clock.word()), problem));
        }
    }
    idle
}
