//! Where what a plan says in one place defeats what it says in another.

use super::escalation::{Step, StepAt, Whom};
use super::{ANY, ClockKind, Matrix, Plan, RespondRow};
use crate::customer::TIERS;
use crate::definition::{Catalogue, FieldError, Problem};

/// How many queues are named one by one.
const MOST_NAMED: usize = 10;

/// All of it, cell by cell, given what else is defined.
pub(super) fn contradictions(
    plan: &Plan,
    matrix: &Matrix,
    catalogue: &Catalogue,
) -> Vec<FieldError> {
    let mut all = still_clocks(plan, catalogue);
    for (index, row) in plan.respond.iter().enumerate() {
        all.extend(late_parts(plan, matrix, (index, row)));
    }
    all.extend(slow_premium(plan, matrix));
    for (index, step) in plan.escalation.iter().enumerate() {
        if is_after_the_deadline(step, matrix, catalogue) {
            let pointer = format!("/escalation/{index}/after");
            all.push(FieldError::at(&pointer, Problem::AfterDeadline));
        }
        all.extend(unmanaged(step, catalogue).map(|queues| {
            FieldError::at(&format!("/escalation/{index}/to"), Problem::NoManager(queues))
        }));
    }
    all
}

/// Clocks that pause wherever a ticket is worked on, so that they stand still.
fn still_clocks(plan: &Plan, catalogue: &Catalogue) -> Vec<FieldError> {
    let pauses_wherever = |named: &Vec<String>| {
        let statuses = catalogue.statuses.iter().map(|(key, it)| (key, it.document.based_on));
        let mut worked_on = statuses.filter(|(_, base)| base.can_be_set());
        worked_on.all(|(key, base)| named.iter().any(|it| it == key || it == base.key()))
    };
    let still = plan.pauses.iter().filter(|(_, named)| pauses_wherever(named));
    let still = still.map(|(clock, _)| format!("/pauses/{}", clock.word()));
    still.map(|pointer| FieldError::at(&pointer, Problem::StandsStill)).collect()
}

/// What has to come first, and is due later: taking a ticket before answering it, and answering it before
/// it is done, where the row of that is for the same tickets.
fn late_parts(plan: &Plan, matrix: &Matrix, (index, row): (usize, &RespondRow)) -> Vec<FieldError> {
    let millis = |target: &Option<String>| target.as_ref().and_then(|it| matrix.millis(it));
    let mut late = Vec::new();
    let answer = millis(&row.first_response);
    if answer.is_some() && millis(&row.assignment) > answer {
        let pointer = format!("/respond/{index}/assignment");
        late.push(FieldError::at(&pointer, Problem::LaterThan("first_response".into())));
    }
    let alike = plan.resolve.iter().position(|it| {
        (&it.tier, &it.priority, it.ticket_type.as_str()) == (&row.tier, &row.priority, ANY)
    });
    let Some(alike) = alike else { return late };
    let done = millis(&plan.resolve[alike].resolution);
    if done.is_some() && answer > done {
        let pointer = format!("/respond/{index}/first_response");
        let than = format!("/resolve/{alike}/resolution");
        late.push(FieldError::at(&pointer, Problem::LaterThan(than)));
    }
    late
}

/// Rows for a better tier than the first that promise less than those for any tier with the same columns.
fn slow_premium(plan: &Plan, matrix: &Matrix) -> Vec<FieldError> {
    let is_better = |tier: &str| TIERS[1..].contains(&tier);
    let respond = plan.respond.iter().enumerate().filter(|(_, row)| is_better(&row.tier));
    let respond = respond.filter_map(|(index, row)| {
        let columns = |it: &RespondRow| (it.channel.clone(), it.priority.clone());
        let mut all = plan.respond.iter().enumerate();
        let (of, any) = all.find(|(_, it)| it.tier == ANY && columns(it) == columns(row))?;
        let both = row.targets().filter_map(move |(clock, target)| {
            Some((clock, target, any.targets().find(|(it, _)| *it == clock)?.1))
        });
        Some(both.map(move |both| (format!("/respond/{index}/"), format!("/respond/{of}/"), both)))
    });
    let resolve = plan.resolve.iter().enumerate().filter(|(_, row)| is_better(&row.tier));
    let resolve = resolve.filter_map(|(index, row)| {
        let mut all = plan.resolve.iter().enumerate();
        let (of, any) = all.find(|(_, it)| {
            let same = (&it.ticket_type, &it.priority) == (&row.ticket_type, &row.priority);
            it.tier == ANY && same
        })?;
        let both = (ClockKind::Resolution, row.resolution.as_ref()?, any.resolution.as_ref()?);
        Some((format!("/resolve/{index}/"), format!("/resolve/{of}/"), both))
    });
    let slow = respond.flatten().chain(resolve).filter(|(.., (_, target, any))| {
        matrix.millis(any).is_some_and(|any| matrix.millis(target) > Some(any))
    });
    let told = slow.map(|(row, of, (clock, ..))| {
        let word = clock.word();
        FieldError::at(&format!("{row}{word}"), Problem::LaterThan(format!("{of}{word}")))
    });
    told.collect()
}

/// Whether a step that should follow a warning follows the breach, whatever the ticket.
fn is_after_the_deadline(step: &Step, matrix: &Matrix, catalogue: &Catalogue) -> bool {
    let after = step.after.as_ref().and_then(|after| matrix.millis(after));
    let own = catalogue
        .priorities
        .iter()
        .filter_map(|(key, it)| Some((key.as_str(), it.document.times.as_ref()?)));
    let longest = matrix.longest_alarm(step.clock, own);
    step.at == StepAt::Warning && longest.is_some() && after > longest
}

/// The queues from which a step leads to a manager whom nobody is: it is the manager of the queue in which
/// the ticket lay until then, wherever the step moves it.
fn unmanaged(step: &Step, catalogue: &Catalogue) -> Option<String> {
    if step.to != Whom::Manager {
        return None;
    }
    let lacks = catalogue.queues.iter().filter(|(_, queue)| queue.document.manager.is_none());
    let queues: Vec<&str> = lacks.map(|(key, _)| key.as_str()).collect();
    let (named, more) = queues.split_at(queues.len().min(MOST_NAMED));
    match (named.is_empty(), more.len()) {
        (true, _) => None,
        (false, 0) => Some(named.join(", ")),
        (false, more) => Some(format!("{} and {more} more", named.join(", "))),
    }
}
