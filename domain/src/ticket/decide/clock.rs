//! What is noted of a ticket's clocks when its time comes, and what their plan's chain then does.

use crate::context::Context;
use crate::instant::Instant;
use crate::party::AgentRef;
use crate::sla::clock::{Due, DueStep, Mark};
use crate::ticket::command::TicketRefusal;
use crate::ticket::decide::{Decision, classification};
use crate::ticket::event::{ClockMark, EscalationRule, SlaReapplied, TicketEvent};
use crate::ticket::state::TicketState;

/// Notes a warning or a breach or takes a step, once. Clocks are no part of a ticket's state, since they
/// follow from plans too; so what is due holds for the very version that it was found in, and whoever
/// comes with an older one looks again.
pub(super) fn mark(
    state: &TicketState,
    due: Due,
    found_in: u64,
    (detected_at, to): (Instant, Option<AgentRef>),
    context: &Context<'_>,
) -> Decision {
    if state.marks.contains(&(due.of(), due.mark)) {
        return Ok(Vec::new());
    }
    if state.version != found_in {
        return Err(TicketRefusal::ClocksChanged);
    }
    let alerted = state.assignee.clone();
    let noted = Box::new(ClockMark { detected_at, alerted, ..due.clock });
    match (due.mark, due.step) {
        (Mark::Warned, _) => Ok(vec![TicketEvent::SlaWarned(noted)]),
        (Mark::Breached, _) => Ok(vec![TicketEvent::SlaBreached(noted)]),
        (Mark::Stepped(_), Some(step)) => Ok(take(state, &noted, step, to, context)),
        (Mark::Stepped(_), None) => Ok(Vec::new()),
    }
}

/// Lets another plan or calendar hold, as it was found for the very version of the ticket.
pub(super) fn reapply(
    state: &TicketState,
    reapplied: Box<SlaReapplied>,
    found_in: u64,
) -> Decision {
    match state.version == found_in {
        true if reapplied.from == reapplied.to => Ok(Vec::new()),
        true => Ok(vec![TicketEvent::SlaReapplied(reapplied)]),
        false => Err(TicketRefusal::ClocksChanged),
    }
}

/// A step raises the ticket, and gives it the priority and the queue that it names. What cannot be done
/// any more, since a definition was retired, the queue does not take the category or the ticket is closed
/// meanwhile, is left out: it is raised all the same, late rather than never.
fn take(
    state: &TicketState,
    clock: &ClockMark,
    due: DueStep,
    to: Option<AgentRef>,
    context: &Context<'_>,
) -> Vec<TicketEvent> {
    let mut events = vec![escalated(state, clock, &due, to)];
    if state.is_closed() || state.merged.is_some() {
        return events;
    }
    let step = due.step;
    let raised = |key: &String| context.catalogue.priority(key).map(|it| it.level);
    if let Some(key) = step.priority.filter(|key| raised(key) > Some(state.priority.level)) {
        events.extend(classification::prioritize(state, &key, context).unwrap_or_default());
    }
    if let Some(queue) = step.queue {
        let moved = classification::transfer(state, &queue, None, context);
        events.extend(moved.unwrap_or_default());
    }
    if let Some(text) = step.announce {
        let clock = Some(Box::new(clock.clone()));
        events.push(TicketEvent::DelayAnnounced { text: text.into(), expected: None, clock });
    }
    events
}

/// That a step of a plan raised the ticket, and by which rule. It never lowers it.
fn escalated(
    state: &TicketState,
    clock: &ClockMark,
    due: &DueStep,
    to: Option<AgentRef>,
) -> TicketEvent {
    let (step, from_level) = (&due.step, state.escalation_level);
    let later = step.after.as_ref().map(|after| format!(", {after} after it"));
    let reason = format!(
        "step {} of the plan {}: {} of {}{}",
        due.place + 1,
        due.plan.name,
        step.at.word(),
        clock.clock.word(),
        later.unwrap_or_default()
    );
    let rule = EscalationRule {
        plan: due.plan.clone(),
        step: due.place,
        nth: due.nth,
        clock: clock.clock,
        instance: clock.instance,
        at: step.at,
        after: step.after.clone(),
        whom: step.to.clone(),
        notified: step.notify.clone(),
        agents: due.agents.clone(),
        detected_at: clock.detected_at,
    };
    TicketEvent::TicketEscalated {
        from_level,
        level: step.level.max(from_level),
        to,
        reason: reason.into(),
        rule: Some(Box::new(rule)),
    }
}
