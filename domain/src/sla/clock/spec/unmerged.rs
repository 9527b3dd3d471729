//! How a clock fared where it was not, when an unmerge brings it back (rules 8 and 12).

use super::*;

#[test]
fn what_comes_back_paused_behind_a_closing_as_its_own_plan_says() {
    let mut life = Life::under(json!({ "pauses": { "resolution": [] } }));
    let source = life.open("2026-03-02 09:00");
    life.set_plan(json!({ "pauses": { "resolution": ["awaiting_customer"] } }));
    let survivor = life.open("2026-03-02 09:00");
    let merge = life.merge("2026-03-02 10:00", source, survivor);
    life.tell(survivor, "2026-03-02 11:00", close());
    life.tell(survivor, "2026-03-02 12:00", reopen());
    life.tell(survivor, "2026-03-02 12:30", reply());
    life.unmerge("2026-03-02 15:00", merge, source, survivor);
    assert_snapshot!(life.said(source, "2026-03-02 16:00", DONE), @r#"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by merge at 2026-03-02 10:00, 1:00 elapsed, merged
    resolution 2 (cumulative): 45:00 by * * *, due 2026-03-09 10:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      2026-03-02 11:00 – 2026-03-02 12:00  paused while closed
      2026-03-02 12:00 – 2026-03-02 16:00  open
      running, 6:00 elapsed
    "#);
}

#[test]
fn a_case_that_was_open_at_a_further_survivor_was_not_closed() {
    let mut life = Life::new();
    let [source, survivor, root] = ["2026-03-02 09:00"; 3].map(|at| life.open(at));
    let merge = life.merge("2026-03-02 10:00", source, survivor);
    life.tell(survivor, "2026-03-02 11:00", close());
    life.tell(survivor, "2026-03-02 12:00", reopen());
    life.merge("2026-03-02 13:00", survivor, root);
    life.tell(root, "2026-03-02 14:00", reply());
    life.unmerge("2026-03-02 15:00", merge, source, survivor);
    assert_snapshot!(life.said(source, "2026-03-02 16:00", DONE), @r#"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by merge at 2026-03-02 10:00, 1:00 elapsed, merged
    resolution 2 (cumulative): 45:00 by * * *, due 2026-03-09 11:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      2026-03-02 11:00 – 2026-03-02 12:00  paused while closed
      2026-03-02 12:00 – 2026-03-02 14:00  open
      2026-03-02 14:00 – 2026-03-02 15:00  paused in awaiting_customer
      2026-03-02 15:00 – 2026-03-02 16:00  open
      running, 5:00 elapsed
    "#);
}

#[test]
fn a_case_that_was_merged_when_it_was_closed_stayed_closed() {
    let mut life = Life::new();
    let [source, survivor, root] = ["2026-03-02 09:00"; 3].map(|at| life.open(at));
    let merge = life.merge("2026-03-02 10:00", source, survivor);
    life.tell(survivor, "2026-03-02 11:00", close());
    life.merge("2026-03-02 12:00", survivor, root);
    life.unmerge("2026-03-02 15:00", merge, source, survivor);
    assert_snapshot!(life.said(source, "2026-03-02 16:00", DONE), @r#"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by merge at 2026-03-02 10:00, 1:00 elapsed, merged
    resolution 2 (cumulative): 45:00 by * * *, due 2026-03-09 13:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      2026-03-02 11:00 – 2026-03-02 15:00  paused while closed
      2026-03-02 15:00 – 2026-03-02 16:00  open
      running, 3:00 elapsed
    "#);
}

#[test]
fn what_falls_due_where_it_was_open_is_told_when_it_comes_back() {
    let mut life = Life::under(json!({ "resolve": [{ "resolution": "PT3H" }] }));
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:00"));
    let merge = life.merge("2026-03-02 10:00", source, survivor);
    life.tell(survivor, "2026-03-02 11:00", close());
    life.tell(survivor, "2026-03-02 12:00", reopen());
    life.unmerge("2026-03-02 15:00", merge, source, survivor);
    let due = life.family().clocks(source).last().unwrap().due();
    let due: Vec<String> = due.iter().map(|it| format!("{:?} {}", it.mark, shown(it.at))).collect();
    assert_eq!(due, ["Warned 2026-03-02 12:15", "Breached 2026-03-02 13:00"]);
}

#[test]
fn the_late_word_of_another_ticket_ends_no_snooze() {
    let mut life = Life::under(json!({ "pauses": { "resolution": ["snoozed"] } }));
    let [asleep, other] = ["2026-03-02 09:00"; 2].map(|at| life.open(at));
    let until = "2026-03-02 10:00";
    life.tell(asleep, "2026-03-02 09:10", snooze(until, SnoozeReason::CustomerAsked));
    life.tell(other, "2026-03-02 10:30", reply());
    // Told late: it came before the snooze was over.
    life.tell(asleep, "2026-03-02 09:50", message());
    let alone = life.said(asleep, "2026-03-02 11:00", DONE);
    life.merge("2026-03-02 11:00", other, asleep);
    assert_eq!(
        life.said(asleep, "2026-03-02 11:00", &DONE[..1]).lines().take(4).collect::<Vec<_>>(),
        alone.lines().take(4).collect::<Vec<_>>()
    );
    assert!(alone.contains("09:50  paused by snooze"), "{alone}");
}
