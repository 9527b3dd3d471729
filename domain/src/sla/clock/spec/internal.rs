//! What departments agree among themselves: a queue's own clock runs while it has the ticket (rule 10, S-69).

use super::*;

const OLA: &[ClockKind] = &[ClockKind::Ola];

fn to(queue: &str) -> C {
    C::Transfer { queue: queue.into(), reason: None }
}

fn departments() -> Life {
    Life::under(json!({ "internal": [
        { "queue": "inbox", "ola": "PT2H" },
        { "queue": "technical", "ola": "PT4H" },
        { "queue": "technical", "priority": "critical", "ola": "PT1H", "alarm": "PT30M" },
    ], "pauses": { "ola": ["awaiting_customer"] } }))
}

#[test]
fn a_queues_clock_is_closed_by_a_transfer_and_goes_on_where_the_ticket_comes_back() {
    let mut life = departments();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", to("technical"));
    life.tell(ticket, "2026-03-02 12:00", to("inbox"));
    life.tell(ticket, "2026-03-02 13:30", close());
    assert_snapshot!(life.said(ticket, "2026-03-03 09:00", OLA), @"
    ola 1: 2:00 by * inbox *, due 2026-03-02 11:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by transfer at 2026-03-02 10:00, 1:00 elapsed, met
    ola 2: 4:00 by * technical *, due 2026-03-02 14:00
      2026-03-02 10:00 – 2026-03-02 12:00  open
      stopped by transfer at 2026-03-02 12:00, 2:00 elapsed, met
    ola 3 (cumulative): 2:00 by * inbox *, due 2026-03-02 13:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-02 12:00  paused elsewhere
      2026-03-02 12:00 – 2026-03-02 13:30  open
      stopped by resolution at 2026-03-02 13:30, 2:30 elapsed, breached, breached at 2026-03-02 13:00 by deadline
    ");
}

#[test]
fn a_transfer_touches_no_clock_that_a_customer_was_promised() {
    let mut life = departments();
    let [stays, goes] = std::array::from_fn(|_| life.open("2026-03-02 09:00"));
    life.tell(goes, "2026-03-02 10:00", to("technical"));
    let promised = &[ClockKind::FirstResponse, ClockKind::NextReply, ClockKind::Resolution];
    let [stays, goes] = [stays, goes].map(|it| life.said(it, "2026-03-04 09:00", promised));
    assert_eq!(stays, goes);
}

#[test]
fn a_queue_without_a_row_has_no_clock_and_a_reopened_ticket_is_its_queues_again() {
    let mut life = departments();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 09:30", to("billing"));
    assert_eq!(life.family().clocks(ticket).iter().filter(|it| it.is_running()).count(), 3);
    life.tell(ticket, "2026-03-02 10:00", to("technical"));
    life.tell(ticket, "2026-03-02 10:30", priority("critical"));
    life.tell(ticket, "2026-03-02 10:45", reply());
    life.tell(ticket, "2026-03-02 15:00", close());
    life.tell(ticket, "2026-03-02 16:00", reopen());
    assert_snapshot!(life.said(ticket, "2026-03-02 16:30", OLA), @"
    ola 1: 2:00 by * inbox *, due 2026-03-02 11:00
      2026-03-02 09:00 – 2026-03-02 09:30  open
      stopped by transfer at 2026-03-02 09:30, 0:30 elapsed, met
    ola 2: 1:00 by * technical critical, due 2026-03-02 15:15
      2026-03-02 10:00 – 2026-03-02 10:45  open
      2026-03-02 10:45 – 2026-03-02 15:00  paused in awaiting_customer
      stopped by resolution at 2026-03-02 15:00, 0:45 elapsed, met
    ola 3 (cumulative): 1:00 by * technical critical, due 2026-03-02 16:15
      2026-03-02 10:00 – 2026-03-02 10:45  open
      2026-03-02 10:45 – 2026-03-02 15:00  paused in awaiting_customer
      2026-03-02 15:00 – 2026-03-02 16:00  paused while closed
      2026-03-02 16:00 – 2026-03-02 16:30  open
      running, 1:15 elapsed, breached, breached at 2026-03-02 16:15 by deadline
    ");
}

#[test]
fn a_merge_carries_a_queues_clock_along_and_an_unmerge_gives_it_back() {
    let mut life = departments();
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:30"));
    let merge = life.merge("2026-03-02 10:00", source, survivor);
    life.tell(survivor, "2026-03-02 10:30", to("technical"));
    assert_snapshot!(life.said(survivor, "2026-03-02 11:00", OLA), @"
    ola 1: 2:00 by * inbox *, due 2026-03-02 11:30
      2026-03-02 09:30 – 2026-03-02 10:30  open
      stopped by transfer at 2026-03-02 10:30, 1:00 elapsed, met
    ola 2 (from #1042 1): 2:00 by * inbox *, due 2026-03-02 11:00
      2026-03-02 09:00 – 2026-03-02 10:30  open
      stopped by transfer at 2026-03-02 10:30, 1:30 elapsed, met
    ola 3: 4:00 by * technical *, due 2026-03-02 14:30
      2026-03-02 10:30 – 2026-03-02 11:00  open
      running, 0:30 elapsed
    ");
    life.unmerge("2026-03-02 12:00", merge, source, survivor);
    assert_snapshot!(life.said(source, "2026-03-02 12:30", OLA), @"
    ola 1: 2:00 by * inbox *, due 2026-03-02 11:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by merge at 2026-03-02 10:00, 1:00 elapsed, merged
    ola 2 (cumulative): 2:00 by * inbox *, due 2026-03-02 13:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-02 12:00  paused elsewhere
      2026-03-02 12:00 – 2026-03-02 12:30  open
      running, 1:30 elapsed
    ");
}

#[test]
fn what_goes_on_after_a_return_goes_by_the_priority_that_the_ticket_has_then() {
    let mut life = departments();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 09:00", to("technical"));
    life.tell(ticket, "2026-03-02 09:20", to("billing"));
    // No clock of the technicians runs meanwhile: they had four hours, and have one.
    life.tell(ticket, "2026-03-02 09:30", priority("critical"));
    life.tell(ticket, "2026-03-02 10:00", to("technical"));
    assert_snapshot!(life.said(ticket, "2026-03-02 11:00", OLA), @"
    ola 1: 2:00 by * inbox *, due 2026-03-02 11:00
      stopped by transfer at 2026-03-02 09:00, 0:00 elapsed, met
    ola 2: 4:00 by * technical *, due 2026-03-02 13:00
      2026-03-02 09:00 – 2026-03-02 09:20  open
      stopped by transfer at 2026-03-02 09:20, 0:20 elapsed, met
    ola 3 (cumulative): 1:00 by * technical critical, due 2026-03-02 10:40
      2026-03-02 09:00 – 2026-03-02 09:20  open
      2026-03-02 09:20 – 2026-03-02 10:00  paused elsewhere
      2026-03-02 10:00 – 2026-03-02 11:00  open
      running, 1:20 elapsed, breached, breached at 2026-03-02 10:40 by deadline
    ");
}

#[test]
fn a_return_that_finds_the_new_target_past_is_late_at_the_return() {
    let mut life = departments();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 09:00", to("technical"));
    life.tell(ticket, "2026-03-02 11:00", to("billing"));
    life.tell(ticket, "2026-03-02 11:30", priority("critical"));
    life.tell(ticket, "2026-03-02 12:00", to("technical"));
    let said = life.said(ticket, "2026-03-02 12:30", OLA);
    assert!(said.contains("2:00 elapsed, met"), "the stay before was in time: {said}");
    assert!(said.ends_with("breached, breached at 2026-03-02 12:00 by retarget"), "{said}");
}

#[test]
fn a_return_goes_by_the_plan_that_was_reapplied_meanwhile_and_a_queue_without_a_row_has_no_clock() {
    let mut life = departments();
    let [kept, dropped] = std::array::from_fn(|_| life.open("2026-03-02 09:00"));
    for ticket in [kept, dropped] {
        life.tell(ticket, "2026-03-02 09:00", to("technical"));
        life.tell(ticket, "2026-03-02 10:00", to("billing"));
    }
    life.set_plan(json!({ "internal": [{ "queue": "technical", "ola": "PT3H" }] }));
    life.reapply(kept, "2026-03-02 10:30");
    life.tell(kept, "2026-03-02 11:00", to("technical"));
    assert_snapshot!(life.said(kept, "2026-03-02 12:00", OLA), @"
    ola 1: 2:00 by * inbox *, due 2026-03-02 11:00
      stopped by transfer at 2026-03-02 09:00, 0:00 elapsed, met
    ola 2: 4:00 by * technical *, due 2026-03-02 13:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by transfer at 2026-03-02 10:00, 1:00 elapsed, met
    ola 3 (cumulative): 3:00 by * technical *, due 2026-03-02 13:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-02 11:00  paused elsewhere
      2026-03-02 11:00 – 2026-03-02 12:00  open
      running, 2:00 elapsed
    ");
    life.set_plan(json!({ "internal": [] }));
    life.reapply(dropped, "2026-03-02 10:30");
    life.tell(dropped, "2026-03-02 11:00", to("technical"));
    let said = life.said(dropped, "2026-03-02 12:00", OLA);
    assert!(!said.contains("cumulative") && !said.contains("running"), "{said}");
}
