//! Another version of a plan or a calendar, laid under clocks that run (rule 11, T14).

use super::*;
use crate::ticket::event::{ReappliedClock, SlaReapplied};

impl Life {
    /// What laying the plan and the calendar in force under a ticket's clocks comes to.
    fn dry_run(&self, id: TicketId, at: &str) -> Vec<ReappliedClock> {
        let plan = self.frozen(&self.catalogue.sla_terms().unwrap()).unwrap();
        let changes = self.family().reapplied(id, instant(at), &plan);
        changes.iter().map(|(was, now)| ReappliedClock::of(was, now)).collect()
    }

    pub(super) fn reapply(&mut self, id: TicketId, at: &str) {
        let to = self.catalogue.sla_terms().unwrap();
        let opened = self.tickets[&id].iter().find_map(|it| {
            let Event::Ticket(TicketEvent::TicketCreated(created)) = &it.event else { return None };
            created.sla.clone()
        });
        let (from, clocks) = (opened.unwrap(), self.dry_run(id, at));
        let reapplied = Box::new(SlaReapplied { from, to, clocks, reason: None });
        let found_in = self.tickets[&id].len() as u64;
        self.tell_by(ActorKind::Admin, id, at, C::ReapplySla { reapplied, found_in });
    }
}

/// Lines of what would become of each clock.
fn told(changes: &[ReappliedClock]) -> String {
    let due = |at: Option<Instant>| at.map_or("never".into(), shown);
    let line = |it: &ReappliedClock| {
        let target = [it.from_target_ms, it.target_ms].map(|it| it.map_or("none".into(), lasting));
        format!(
            "{} {}: {} → {}, due {} → {}",
            it.clock.word(),
            it.instance,
            target[0],
            target[1],
            due(it.from_deadline),
            due(it.deadline)
        )
    };
    changes.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn t14_a_plan_that_is_reapplied_keeps_what_has_counted_and_touches_nothing_finished() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", reply());
    life.set_plan(json!({ "pauses": {}, "resolve": [{ "resolution": "P1D" }],
        "respond": [{ "assignment": "PT8H", "first_response": "PT1H", "next_reply": "PT2H" }] }));
    assert_snapshot!(told(&life.dry_run(ticket, "2026-03-02 12:00")), @"
    assignment 1: 4:30 → 8:00, due 2026-03-02 13:30 → 2026-03-02 17:00
    resolution 1: 45:00 → 9:00, due never → 2026-03-03 11:00
    ");
    let before = life.said(ticket, "2026-03-04 09:00", FIRST);
    life.reapply(ticket, "2026-03-02 12:00");
    assert_eq!(life.said(ticket, "2026-03-04 09:00", FIRST), before, "finished under the old plan");
    assert_eq!(life.dry_run(ticket, "2026-03-02 13:00"), [], "it holds already");
    // The new plan pauses nothing; what paused before stays uncounted.
    life.tell(ticket, "2026-03-03 09:30", message());
    assert_snapshot!(life.said(ticket, "2026-03-03 10:00", &[ClockKind::Resolution, ClockKind::NextReply]), @"
    resolution 1: 9:00 by * * *, due 2026-03-03 11:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-02 12:00  paused in awaiting_customer
      2026-03-02 12:00 – 2026-03-02 17:00  open
      2026-03-02 17:00 – 2026-03-03 08:00  closed
      2026-03-03 08:00 – 2026-03-03 10:00  open
      running, 8:00 elapsed
    next_reply 1: 2:00 by * * *, due 2026-03-03 11:30
      2026-03-03 09:30 – 2026-03-03 10:00  open
      running, 0:30 elapsed
    ");
}

#[test]
fn a_calendar_that_is_reapplied_counts_from_then_on() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    // Tuesday becomes a holiday, said on Monday; Monday itself too, which comes too late.
    let days = json!([{ "date": "2026-03-02", "open": [] }, { "date": "2026-03-03", "open": [] }]);
    life.set_office(days, &[(0, 0)]);
    life.reapply(ticket, "2026-03-02 11:00");
    assert_snapshot!(life.said(ticket, "2026-03-04 16:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-04 15:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      2026-03-02 11:00 – 2026-03-04 08:00  closed
      2026-03-04 08:00 – 2026-03-04 16:00  open
      running, 10:00 elapsed, breached, breached at 2026-03-04 15:00 by deadline
    ");
}

#[test]
fn what_was_late_stays_with_the_plan_that_it_missed_and_a_shorter_promise_is_missed_at_the_change()
{
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.set_plan(json!({ "resolve": [{ "resolution": "PT2H" }],
        "respond": [{ "assignment": "P9D", "first_response": "P9D" }] }));
    assert_snapshot!(told(&life.dry_run(ticket, "2026-03-03 12:00")), @"resolution 1: 45:00 → 2:00, due 2026-03-09 09:00 → 2026-03-02 11:00");
    life.reapply(ticket, "2026-03-03 12:00");
    assert_snapshot!(life.said(ticket, "2026-03-03 12:00", &[ClockKind::FirstResponse, ClockKind::Resolution]), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 17:00  open
      2026-03-02 17:00 – 2026-03-03 08:00  closed
      2026-03-03 08:00 – 2026-03-03 12:00  open
      running, 12:00 elapsed, breached, breached at 2026-03-03 09:00 by deadline
    resolution 1: 2:00 by * * *, due 2026-03-02 11:00
      2026-03-02 09:00 – 2026-03-02 17:00  open
      2026-03-02 17:00 – 2026-03-03 08:00  closed
      2026-03-03 08:00 – 2026-03-03 12:00  open
      running, 12:00 elapsed, breached, breached at 2026-03-03 12:00 by retarget
    ");
}

#[test]
fn what_was_found_in_another_version_of_the_ticket_is_found_anew() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.set_plan(json!({ "resolve": [{ "resolution": "P1D" }] }));
    let to = life.catalogue.sla_terms().unwrap();
    let clocks = life.dry_run(ticket, "2026-03-02 10:00");
    let reapplied = SlaReapplied { from: to.clone(), to, clocks, reason: None };
    life.tell(ticket, "2026-03-02 10:00", priority("high"));
    let command = C::ReapplySla { reapplied: Box::new(reapplied), found_in: 1 };
    let context = Context {
        actor: Actor::new(ActorKind::Admin, "somebody"),
        now: instant("2026-03-02 10:00"),
        command_id: Uuid::nil(),
        catalogue: &life.catalogue,
    };
    let refused = decide(&life.ticket(ticket), command, &context);
    assert_eq!(refused, Err(crate::ticket::command::TicketRefusal::ClocksChanged));
}

#[test]
fn where_all_that_run_are_late_the_clocks_to_come_go_by_the_new_plan() {
    let mut life = Life::under(json!({ "resolve": [{ "resolution": "PT1H" }],
        "respond": [{ "assignment": "PT1H", "first_response": "PT1H", "next_reply": "PT1H" }] }));
    let ticket = life.open("2026-03-02 09:00");
    life.set_plan(json!({ "respond": [{ "first_response": "PT1H", "next_reply": "PT2H" }] }));
    life.reapply(ticket, "2026-03-02 12:00");
    let told = life.tickets[&ticket].last().map(|it| &it.event);
    let Some(Event::Ticket(TicketEvent::SlaReapplied(told))) = told else {
        panic!("nothing was reapplied: {told:?}");
    };
    let told = told.clone();
    assert_eq!(told.clocks, [], "what is late stays late");
    assert_eq!(life.family().terms(ticket), Some(&told.to));
    life.tell(ticket, "2026-03-02 12:30", reply());
    life.tell(ticket, "2026-03-02 13:00", message());
    let said = life.said(ticket, "2026-03-02 14:00", NEXT);
    assert!(said.starts_with("next_reply 1: 2:00 by * * *, due 2026-03-02 15:00"), "{said}");
    // Once more changes nothing.
    let before = life.tickets[&ticket].len();
    let again = SlaReapplied { from: told.to.clone(), ..*told };
    let again = C::ReapplySla { reapplied: Box::new(again), found_in: before as u64 };
    life.tell_by(ActorKind::Admin, ticket, "2026-03-02 14:00", again);
    assert_eq!(life.tickets[&ticket].len(), before);
}

/// A chain of steps at the warning of the first response, each by its level and whom it is for.
fn chain(steps: &[(u8, &str, &str)]) -> Value {
    let step = |&(level, to, after): &(u8, &str, &str)| {
        let mut step = json!({ "clock": "first_response", "at": "warning", "level": level,
            "to": { "team": to } });
        if !after.is_empty() {
            step["after"] = json!(after);
        }
        step
    };
    let row = json!({ "first_response": "PT8H", "alarm": "PT4H" });
    json!({ "respond": [row], "escalation": steps.iter().map(step).collect::<Vec<_>>() })
}

#[test]
fn a_chain_that_changes_under_a_clock_neither_repeats_a_step_nor_skips_one() {
    let mut life =
        Life::under(chain(&[(1, "inbox", ""), (2, "billing", ""), (3, "inbox", "PT2H")]));
    let ticket = life.open("2026-03-02 09:00");
    let take_all = |life: &mut Life, at: &str| {
        let due = |life: &Life| -> Vec<Due> {
            let family = life.family();
            let due = family.clocks(ticket).iter().filter(|it| it.kind == ClockKind::FirstResponse);
            due.flat_map(Clock::due).filter(|due| due.at <= instant(at)).collect()
        };
        while let Some(first) = due(life).into_iter().min_by_key(|due| due.at) {
            let found_in = life.tickets[&ticket].len() as u64;
            let (due, detected_at) = (Box::new(first), instant(at));
            let note = C::MarkClock { due, found_in, detected_at, to: None };
            life.tell_by(ActorKind::System, ticket, at, note);
        }
    };
    let taken = |life: &Life| -> Vec<String> {
        let told = life.tickets[&ticket].iter().filter_map(|it| {
            let Event::Ticket(TicketEvent::TicketEscalated { rule, level, .. }) = &it.event else {
                return None;
            };
            let rule = rule.as_ref()?;
            Some(format!("{:?} → {level}, {} of {}", rule.whom, rule.step, rule.plan.version))
        });
        told.collect()
    };
    take_all(&mut life, "2026-03-02 13:00");
    // One step more in front, one for the same people twice, the second said in other words.
    life.set_plan(chain(&[
        (1, "complaints", ""),
        (1, "inbox", ""),
        (2, "billing", ""),
        (4, "billing", ""),
        (3, "inbox", "PT120M"),
    ]));
    life.reapply(ticket, "2026-03-02 13:30");
    take_all(&mut life, "2026-03-02 13:30");
    take_all(&mut life, "2026-03-02 16:59");
    assert_snapshot!(taken(&life).join("\n"), @r#"
    Team("inbox") → 1, 0 of 32
    Team("billing") → 2, 1 of 32
    Team("complaints") → 2, 0 of 37
    Team("billing") → 4, 3 of 37
    Team("inbox") → 4, 4 of 37
    "#);
}
