//! Resolution: pauses, closing, reopening (rules 6, 7, 8).

use super::*;

#[test]
fn t11_the_clock_pauses_while_the_customer_is_awaited_and_goes_on_with_the_message() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", reply());
    assert_snapshot!(life.said(ticket, "2026-03-03 12:00", DONE), @"
    resolution 1: 45:00 by * * *, no deadline
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-03 12:00  paused in awaiting_customer
      paused, 1:00 elapsed
    ");
    life.tell(ticket, "2026-03-04 10:00", message());
    life.tell(ticket, "2026-03-04 11:00", close());
    assert_snapshot!(life.said(ticket, "2026-03-05 12:00", DONE), @"
    resolution 1: 45:00 by * * *, due 2026-03-11 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-04 10:00  paused in awaiting_customer
      2026-03-04 10:00 – 2026-03-04 11:00  open
      stopped by resolution at 2026-03-04 11:00, 2:00 elapsed, met
    ");
}

#[test]
fn no_stretch_counts_twice_where_a_message_is_told_late() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 12:00", reply());
    life.tell(ticket, "2026-03-02 10:00", message());
    life.tell(ticket, "2026-03-02 14:00", close());
    assert_snapshot!(life.said(ticket, "2026-03-03 12:00", DONE), @"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 12:00  open
      2026-03-02 12:00 – 2026-03-02 14:00  open
      stopped by resolution at 2026-03-02 14:00, 5:00 elapsed, met
    ");
}

#[test]
fn a_status_of_ones_own_pauses_as_the_one_that_it_is_based_on() {
    let mut life = Life::new();
    let own = json!({ "name": "Waits for a document", "based_on": "awaiting_customer" });
    life.publish("document", Document::Status(serde_json::from_value(own).unwrap()), &[(0, 0)]);
    let ticket = life.open("2026-03-02 09:00");
    let status = C::SetStatus { status: "document".into(), substatus: None };
    life.tell(ticket, "2026-03-02 10:00", status);
    assert_snapshot!(life.said(ticket, "2026-03-03 12:00", DONE), @"
    resolution 1: 45:00 by * * *, no deadline
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-03 12:00  paused in document
      paused, 1:00 elapsed
    ");
}

#[test]
fn t15_ninety_days_closed_do_not_count_and_the_old_verdict_stands() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", close());
    life.tell(ticket, "2026-06-01 09:00", reopen());
    life.tell(ticket, "2026-06-08 09:30", close());
    assert_snapshot!(life.said(ticket, "2026-06-09 12:00", DONE), @"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by resolution at 2026-03-02 10:00, 1:00 elapsed, met
    resolution 2 (cumulative): 45:00 by * * *, due 2026-06-05 17:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-06-01 09:00  paused while closed
      2026-06-01 09:00 – 2026-06-01 17:00  open
      2026-06-01 17:00 – 2026-06-02 08:00  closed
      2026-06-02 08:00 – 2026-06-02 17:00  open
      2026-06-02 17:00 – 2026-06-03 08:00  closed
      2026-06-03 08:00 – 2026-06-03 17:00  open
      2026-06-03 17:00 – 2026-06-04 08:00  closed
      2026-06-04 08:00 – 2026-06-04 17:00  open
      2026-06-04 17:00 – 2026-06-05 08:00  closed
      2026-06-05 08:00 – 2026-06-05 17:00  open
      2026-06-05 17:00 – 2026-06-08 08:00  closed
      2026-06-08 08:00 – 2026-06-08 09:30  open
      stopped by resolution at 2026-06-08 09:30, 46:30 elapsed, breached, breached at 2026-06-05 17:00 by deadline
    ");
    assert_snapshot!(life.said(ticket, "2026-06-09 12:00", ANSWERS), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by resolution at 2026-03-02 10:00, 1:00 elapsed, met
    ");
    assert_snapshot!(life.said(ticket, "2026-06-09 12:00", OWNER), @"
    assignment 1: 4:30 by * * *, due 2026-03-02 13:30
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by resolution at 2026-03-02 10:00, 1:00 elapsed, cancelled
    assignment 2: 4:30 by * * *, due 2026-06-01 13:30
      2026-06-01 09:00 – 2026-06-01 17:00  open
      2026-06-01 17:00 – 2026-06-02 08:00  closed
      2026-06-02 08:00 – 2026-06-02 17:00  open
      2026-06-02 17:00 – 2026-06-03 08:00  closed
      2026-06-03 08:00 – 2026-06-03 17:00  open
      2026-06-03 17:00 – 2026-06-04 08:00  closed
      2026-06-04 08:00 – 2026-06-04 17:00  open
      2026-06-04 17:00 – 2026-06-05 08:00  closed
      2026-06-05 08:00 – 2026-06-05 17:00  open
      2026-06-05 17:00 – 2026-06-08 08:00  closed
      2026-06-08 08:00 – 2026-06-08 09:30  open
      stopped by resolution at 2026-06-08 09:30, 45:30 elapsed, breached, breached at 2026-06-01 13:30 by deadline
    ");
}

#[test]
fn t26_a_reply_and_a_closing_in_the_same_millisecond_are_in_the_order_of_the_stream() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", reply());
    life.tell(ticket, "2026-03-02 10:00", close());
    let clocks = &[ClockKind::FirstResponse, ClockKind::Resolution];
    assert_snapshot!(life.said(ticket, "2026-03-02 11:00", clocks), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by reply at 2026-03-02 10:00, 1:00 elapsed, met
    resolution 1: 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by resolution at 2026-03-02 10:00, 1:00 elapsed, met
    ");
}

#[test]
fn t31_a_snooze_until_three_pauses_only_where_the_plan_says_so_and_the_customer_asked() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", snooze("2026-03-02 15:00", SnoozeReason::CustomerAsked));
    assert_snapshot!(life.said(ticket, "2026-03-02 12:00", DONE), @"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 12:00  open
      running, 3:00 elapsed
    ");

    let mut life = Life::under(json!({ "pauses": { "resolution": ["snoozed"] } }));
    let asked = life.open("2026-03-02 09:00");
    life.tell(asked, "2026-03-02 10:00", snooze("2026-03-02 15:00", SnoozeReason::CustomerAsked));
    let wake = C::Wake { cause: crate::ticket::event::WakeCause::Timer };
    life.tell_by(ActorKind::System, asked, "2026-03-02 15:15", wake);
    assert_snapshot!(life.said(asked, "2026-03-02 16:00", DONE), @"
    resolution 1: 45:00 by * * *, due 2026-03-09 14:15
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-02 15:15  paused by snooze
      2026-03-02 15:15 – 2026-03-02 16:00  open
      running, 1:45 elapsed
    ");
    let waiting = life.open("2026-03-02 09:00");
    life.tell(waiting, "2026-03-02 10:00", snooze("2026-03-02 15:00", SnoozeReason::Waiting));
    assert_snapshot!(life.said(waiting, "2026-03-02 16:00", DONE), @"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 16:00  open
      running, 7:00 elapsed
    ");
}

#[test]
fn t32_two_clocks_that_are_due_are_each_breached_at_their_own_deadline() {
    let mut life = Life::new();
    let ticket = life.open_with("2026-03-02 09:00", |new| new.priority = Some("critical".into()));
    assert_snapshot!(life.said(ticket, "2026-03-04 09:00", &[ClockKind::FirstResponse, ClockKind::Resolution]), @"
    first_response 1: 1:00 by standard * critical, due 2026-03-02 10:00
      2026-03-02 09:00 – 2026-03-02 17:00  open
      2026-03-02 17:00 – 2026-03-03 08:00  closed
      2026-03-03 08:00 – 2026-03-03 17:00  open
      2026-03-03 17:00 – 2026-03-04 08:00  closed
      2026-03-04 08:00 – 2026-03-04 09:00  open
      running, 18:00 elapsed, breached, breached at 2026-03-02 10:00 by deadline
    resolution 1: 9:00 by standard * critical, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 17:00  open
      2026-03-02 17:00 – 2026-03-03 08:00  closed
      2026-03-03 08:00 – 2026-03-03 17:00  open
      2026-03-03 17:00 – 2026-03-04 08:00  closed
      2026-03-04 08:00 – 2026-03-04 09:00  open
      running, 18:00 elapsed, breached, breached at 2026-03-03 09:00 by deadline
    ");
}

#[test]
fn t8_where_the_calendar_never_opens_again_there_is_no_deadline() {
    let mut life = Life::new();
    let mut office = life.catalogue.calendars["office"].document.clone();
    office.weekly.clear();
    office.exceptions =
        serde_json::from_value(json!([{ "date": "2026-03-02", "open": ["08:00-09:00"] }])).unwrap();
    life.publish("office", Document::Calendar(office), &[(0, 0)]);
    let ticket = life.open("2026-03-02 08:30");
    life.tell(ticket, "2026-03-03 08:30", close());
    assert_snapshot!(life.said(ticket, "2026-03-04 09:00", DONE), @"
    resolution 1: 45:00 by * * *, no deadline
      2026-03-02 08:30 – 2026-03-02 09:00  open
      2026-03-02 09:00 – 2026-03-03 08:30  closed
      stopped by resolution at 2026-03-03 08:30, 0:30 elapsed
    ");
}

#[test]
fn a_deadline_at_closing_time_is_kept_until_then_and_breached_at_the_next_opening() {
    let closed_at = |at: &str| {
        let mut life = Life::under(json!({ "resolve": [{ "resolution": "P1D" }] }));
        let ticket = life.open("2026-03-02 08:00");
        life.tell(ticket, at, close());
        life.family().clocks(ticket)[2].verdict(instant("2026-03-20 08:00"))
    };
    assert_eq!(closed_at("2026-03-02 17:00"), Some(Verdict::Met));
    assert_eq!(closed_at("2026-03-02 17:00:00.001"), Some(Verdict::Breached));
}
