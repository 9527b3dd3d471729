//! What only the last millisecond tells, or a ticket of which two things are true at once: each of these
//! failed to be told by any other test when the rule behind it was broken on purpose.

use super::*;

fn running(life: &Life, id: TicketId, kind: ClockKind) -> usize {
    let family = life.family();
    family.clocks(id).iter().filter(|it| it.kind == kind && it.is_running()).count()
}

fn clock(life: &Life, id: TicketId, kind: ClockKind, instance: u32) -> Clock {
    let family = life.family();
    let mut clocks = family.clocks(id).iter();
    clocks.find(|it| (it.kind, it.instance) == (kind, instance)).unwrap().clone()
}

fn transfer(queue: &str) -> C {
    C::Transfer { queue: queue.into(), reason: None }
}

#[test]
fn an_alarm_longer_than_the_target_comes_at_the_start_and_not_before() {
    for time in ["open", "wall"] {
        let row = json!({ "first_response": "PT1H", "alarm": "PT2H" });
        let mut life = Life::under(json!({ "time": time, "respond": [row] }));
        let id = life.open("2026-03-02 09:00");
        let first = clock(&life, id, ClockKind::FirstResponse, 1);
        assert_eq!(first.alarm_at().map(shown).as_deref(), Some("2026-03-02 09:00"), "{time}");
    }
}

#[test]
fn a_pause_at_the_very_deadline_does_not_move_it() {
    let mut life = Life::under(json!({ "resolve": [{ "resolution": "PT2H" }] }));
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 11:00", status("awaiting_customer"));
    assert_snapshot!(life.said(id, "2026-03-02 15:00", DONE), @"
    resolution 1: 2:00 by * * *, due 2026-03-02 11:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      2026-03-02 11:00 – 2026-03-02 15:00  paused in awaiting_customer
      paused, 2:00 elapsed, breached, breached at 2026-03-02 11:00 by deadline
    ");
}

#[test]
fn a_clock_that_ended_ran_before_it_ended() {
    let mut life = Life::new();
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 11:00", reply());
    let first = clock(&life, id, ClockKind::FirstResponse, 1);
    assert_eq!(first.state(instant("2026-03-02 10:59:59.999")), ClockState::Running);
    assert_eq!(first.state(instant("2026-03-02 11:00")), ClockState::Stopped);
}

#[test]
fn what_is_due_at_the_very_instant_of_the_import_is_somebodys_to_act_on() {
    for (later_minutes, noted) in [(6 * 60 + 45, 1), (6 * 60 + 46, 0)] {
        let mut life = Life::new();
        life.recorded_later_ms = later_minutes * 60_000;
        let id = life.open("2026-03-02 09:00");
        life.tickets.get_mut(&id).unwrap()[0].envelope.actor.kind = ActorKind::External;
        let family = life.family();
        let first = family.clocks(id).iter().filter(|it| it.kind == ClockKind::FirstResponse);
        let warnings = first.flat_map(Clock::due).filter(|due| due.mark == Mark::Warned).count();
        assert_eq!(warnings, noted, "{later_minutes} minutes later");
    }
}

#[test]
fn a_breach_stands_against_the_step_that_it_brings_about_in_the_same_millisecond() {
    let respond = json!([{ "priority": "high", "first_response": "P9D" },
        { "first_response": "PT1H" }]);
    let mut life = Life::under(json!({ "respond": respond, "escalation": [
        { "clock": "first_response", "at": "breach", "level": 1, "to": "owner", "priority": "high" },
    ] }));
    let id = life.open("2026-03-02 09:00");
    for _ in 0..3 {
        // Its warning, its breach, its step: all noted at the instants at which they were due.
        let family = life.family();
        let first = family.clocks(id).iter().filter(|it| it.kind == ClockKind::FirstResponse);
        let due = first.flat_map(Clock::due).min_by_key(|due| due.at).unwrap();
        let (found_in, at) = (life.tickets[&id].len() as u64, shown(due.at));
        let (due, detected_at) = (Box::new(due), instant("2026-03-02 10:00"));
        let note = C::MarkClock { due, found_in, detected_at, to: None };
        life.tell_by(ActorKind::System, id, &at, note);
    }
    assert_eq!(life.ticket(id).present().unwrap().priority.key, "high");
    let said = life.said(id, "2026-03-02 12:00", FIRST);
    assert!(said.starts_with("first_response 1: 1:00 by * * *, due 2026-03-02 10:00"), "{said}");
    assert!(said.ends_with("breached at 2026-03-02 10:00 by deadline"), "{said}");
}

#[test]
fn an_owner_ends_what_waits_for_one_and_not_the_queues_part() {
    let mut life = Life::under(json!({ "internal": [{ "ola": "PT2H" }] }));
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 09:30", assign());
    assert_eq!(running(&life, id, ClockKind::Assignment), 0);
    assert_eq!(running(&life, id, ClockKind::Ola), 1);
}

#[test]
fn what_a_merge_brought_keeps_its_target_whatever_becomes_of_the_survivor() {
    let mut life = Life::new();
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:00"));
    life.merge("2026-03-02 09:30", source, survivor);
    let brought = |life: &Life| clock(life, survivor, ClockKind::FirstResponse, 2);
    assert!(brought(&life).carried.is_some());
    let before = brought(&life).target;
    life.tell(survivor, "2026-03-02 09:40", priority("high"));
    assert_eq!(brought(&life).target, before, "promised under another ticket's keys (rule 12)");
    assert_ne!(clock(&life, survivor, ClockKind::FirstResponse, 1).target, before);
    life.set_plan(json!({ "respond": [{ "first_response": "P9D" }] }));
    life.reapply(survivor, "2026-03-02 09:50");
    assert_eq!(brought(&life).target, before, "and by another ticket's plan");
}

#[test]
fn who_came_along_with_a_transfer_has_not_taken_the_ticket_after_a_reopening_either() {
    let mut life = Life::new();
    let [moved, owned] = std::array::from_fn(|_| life.open("2026-03-02 09:00"));
    for id in [moved, owned] {
        life.tell(id, "2026-03-02 09:10", assign());
    }
    life.tell(moved, "2026-03-02 09:20", transfer("technical"));
    for id in [moved, owned] {
        life.tell(id, "2026-03-02 09:30", close());
        life.tell(id, "2026-03-02 10:00", reopen());
    }
    assert_eq!(running(&life, moved, ClockKind::Assignment), 1, "still to be taken (S-70)");
    assert_eq!(running(&life, owned, ClockKind::Assignment), 0, "the owner is the owner");
}

#[test]
fn a_return_goes_on_with_the_tickets_own_clock_and_not_with_one_that_a_merge_brought() {
    let mut life = Life::under(json!({ "internal": [{ "queue": "inbox", "ola": "PT2H" }] }));
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:30"));
    life.merge("2026-03-02 09:40", source, survivor);
    life.tell(survivor, "2026-03-02 09:50", transfer("technical"));
    life.tell(survivor, "2026-03-02 10:00", transfer("inbox"));
    let back = clock(&life, survivor, ClockKind::Ola, 3);
    assert_eq!((back.started_at, back.carried), (instant("2026-03-02 09:30"), None));
    assert_eq!(running(&life, survivor, ClockKind::Ola), 1);
}

#[test]
fn a_merge_of_two_that_nobody_owns_leaves_both_waiting_for_an_owner() {
    let mut life = Life::new();
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:30"));
    life.merge("2026-03-02 10:00", source, survivor);
    assert_eq!(running(&life, survivor, ClockKind::Assignment), 2);
}

#[test]
fn what_was_noted_at_the_survivor_is_not_noted_again_when_the_merge_is_undone() {
    let mut life = Life::new();
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:00"));
    let merge = life.merge("2026-03-02 10:00", source, survivor);
    let warnings = |life: &Life, id| {
        let family = life.family();
        let first = family.clocks(id).iter().filter(|it| it.kind == ClockKind::FirstResponse);
        first.flat_map(Clock::due).filter(|due| due.mark == Mark::Warned).collect::<Vec<_>>()
    };
    while let Some(due) = warnings(&life, survivor).pop() {
        let found_in = life.tickets[&survivor].len() as u64;
        let (due, detected_at) = (Box::new(due), instant("2026-03-02 16:00"));
        let note = C::MarkClock { due, found_in, detected_at, to: None };
        life.tell_by(ActorKind::System, survivor, "2026-03-02 16:00", note);
    }
    life.unmerge("2026-03-02 16:30", merge, source, survivor);
    assert_eq!(running(&life, source, ClockKind::FirstResponse), 1);
    assert_eq!(warnings(&life, source), []);
}

#[test]
fn a_chat_that_the_customer_left_is_no_answer() {
    for (abandoned, waits) in [(true, 1), (false, 0)] {
        let mut life = Life::new();
        let id = life.open("2026-03-02 09:00");
        let (agent, transcript) = (Some(anna()), "Hi".into());
        let (started_at, ended_at) = (None, None);
        let chat = C::LogChat { agent, started_at, ended_at, abandoned, transcript };
        life.tell(id, "2026-03-02 09:40", chat);
        assert_eq!(running(&life, id, ClockKind::FirstResponse), waits);
    }
}

#[test]
fn a_breach_stands_as_it_was_noted_though_it_would_be_reckoned_otherwise_now() {
    let mut life = Life::under(json!({ "respond": [{ "first_response": "PT1H" }] }));
    let id = life.open("2026-03-02 09:00");
    let family = life.family();
    let first = family.clocks(id).iter().filter(|it| it.kind == ClockKind::FirstResponse);
    let due = first.flat_map(Clock::due).find(|due| due.mark == Mark::Breached).unwrap();
    let (due, detected_at) = (Box::new(due), instant("2026-03-02 10:00"));
    let note = C::MarkClock { due, found_in: 1, detected_at, to: None };
    life.tell_by(ActorKind::System, id, "2026-03-02 10:00", note);
    // As a release noted it by whose reckoning it was due half an hour before.
    let noted = life.tickets.get_mut(&id).unwrap().last_mut().unwrap();
    noted.occurred_at = instant("2026-03-02 09:30");
    let Event::Ticket(TicketEvent::SlaBreached(mark)) = &mut noted.event else {
        panic!("{noted:?}")
    };
    mark.deadline = noted.occurred_at;
    life.tell(id, "2026-03-02 09:45", reply());
    let said = life.said(id, "2026-03-02 12:00", FIRST);
    assert!(said.ends_with("breached at 2026-03-02 09:30 by deadline"), "{said}");
}
