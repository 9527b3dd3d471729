//! Assignment, first response and next reply (rules 3, 4, 5, 10).

use super::*;

#[test]
fn t1_a_ticket_of_fridays_last_millisecond_is_due_in_mondays_last() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-06 16:59:59.999");
    life.tell(ticket, "2026-03-09 16:59:59.999", reply());
    assert_snapshot!(life.said(ticket, "2026-03-10 08:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-09 16:59:59.999
      2026-03-06 16:59:59.999 – 2026-03-06 17:00  open
      2026-03-06 17:00 – 2026-03-09 08:00  closed
      2026-03-09 08:00 – 2026-03-09 16:59:59.999  open
      stopped by reply at 2026-03-09 16:59:59.999, 9:00 elapsed, met
    ");
    let late = life.open("2026-03-06 16:59:59.999");
    life.tell(late, "2026-03-09 17:00", reply());
    assert_snapshot!(life.said(late, "2026-03-10 08:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-09 16:59:59.999
      2026-03-06 16:59:59.999 – 2026-03-06 17:00  open
      2026-03-06 17:00 – 2026-03-09 08:00  closed
      2026-03-09 08:00 – 2026-03-09 17:00  open
      stopped by reply at 2026-03-09 17:00, 9:00 1 ms elapsed, breached, breached at 2026-03-09 16:59:59.999 by deadline
    ");
}

#[test]
fn t9_a_weekend_does_not_count() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-06 16:00");
    life.tell(ticket, "2026-03-09 09:30", reply());
    assert_snapshot!(life.said(ticket, "2026-03-09 12:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-09 16:00
      2026-03-06 16:00 – 2026-03-06 17:00  open
      2026-03-06 17:00 – 2026-03-09 08:00  closed
      2026-03-09 08:00 – 2026-03-09 09:30  open
      stopped by reply at 2026-03-09 09:30, 2:30 elapsed, met
    ");
}

#[test]
fn t5_a_holiday_published_later_touches_no_clock_that_was_promised_before() {
    let mut life = Life::new();
    let before = life.open("2026-03-06 16:00");
    life.set_office(json!([{ "date": "2026-03-09", "open": [] }]), &[(0, 0)]);
    let after = life.open("2026-03-06 16:00");
    assert_snapshot!(life.said(before, "2026-03-09 16:30", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-09 16:00
      2026-03-06 16:00 – 2026-03-06 17:00  open
      2026-03-06 17:00 – 2026-03-09 08:00  closed
      2026-03-09 08:00 – 2026-03-09 16:30  open
      running, 9:30 elapsed, breached, breached at 2026-03-09 16:00 by deadline
    ");
    assert_snapshot!(life.said(after, "2026-03-09 16:30", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-10 16:00
      2026-03-06 16:00 – 2026-03-06 17:00  open
      2026-03-06 17:00 – 2026-03-09 16:30  closed
      running, 1:00 elapsed
    ");
}

#[test]
fn t4_a_zone_that_changes_mid_clock_changes_only_what_is_promised_after() {
    let mut life = Life::new();
    let before = life.open("2026-03-02 10:00");
    life.set_office(json!([]), &[(0, 3600)]);
    let after = life.open("2026-03-02 10:00");
    let due = |id| life.family().clocks(id)[1].deadline().map(shown).unwrap();
    assert_eq!(
        (due(before).as_str(), due(after).as_str()),
        ("2026-03-03 10:00", "2026-03-03 10:00")
    );
    let due = |id| life.family().clocks(id)[1].stretches(instant("2026-03-03 09:00"))[0].to;
    assert_eq!(
        (shown(due(before)), shown(due(after))),
        ("2026-03-02 17:00".into(), "2026-03-02 16:00".into())
    );
}

#[test]
fn t30_the_calendar_frozen_at_the_start_holds_wherever_the_ticket_goes() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 10:00");
    let before = life.said(ticket, "2026-03-02 12:00", ANSWERS);
    life.tell(ticket, "2026-03-02 11:00", C::Transfer { queue: "billing".into(), reason: None });
    assert_eq!(life.said(ticket, "2026-03-02 12:00", ANSWERS), before);
}

#[test]
fn t30_a_queue_in_another_zone_counts_what_is_opened_there_and_not_what_is_moved_there() {
    let mut life = Life::new();
    // Eight hours ahead of the office: its day ends at 09:00 here.
    let manila = life.catalogue.calendars["office"].document.clone();
    life.publish("manila", Document::Calendar(manila), &[(0, 8 * 3600)]);
    let mut billing = life.catalogue.queues["billing"].document.clone();
    billing.calendar = Some("manila".into());
    life.publish("billing", Document::Queue(billing), &[(0, 0)]);
    let moved = life.open("2026-03-02 08:30");
    let before = life.said(moved, "2026-03-02 12:00", ANSWERS);
    life.tell(moved, "2026-03-02 09:30", C::Transfer { queue: "billing".into(), reason: None });
    assert_eq!(life.said(moved, "2026-03-02 12:00", ANSWERS), before);
    let there = life.open_with("2026-03-02 08:30", |new| new.queue = Some("billing".into()));
    life.tell(there, "2026-03-02 09:30", C::Transfer { queue: "inbox".into(), reason: None });
    assert_snapshot!(life.said(there, "2026-03-02 12:00", ANSWERS), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 08:30
      2026-03-02 08:30 – 2026-03-02 09:00  open
      2026-03-02 09:00 – 2026-03-02 12:00  closed
      running, 0:30 elapsed
    ");
}

#[test]
fn t16_three_messages_and_one_reply_are_one_instance() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 09:10", message());
    life.tell(ticket, "2026-03-02 09:30", reply());
    life.tell(ticket, "2026-03-02 10:00", message());
    life.tell(ticket, "2026-03-02 11:00", message());
    life.tell(ticket, "2026-03-02 12:00", message());
    life.tell(ticket, "2026-03-02 13:00", reply());
    assert_snapshot!(life.said(ticket, "2026-03-02 14:00", ANSWERS), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 09:30  open
      stopped by reply at 2026-03-02 09:30, 0:30 elapsed, met
    next_reply 1: 9:00 by * * *, due 2026-03-03 10:00
      2026-03-02 10:00 – 2026-03-02 13:00  open
      stopped by reply at 2026-03-02 13:00, 3:00 elapsed, met
    ");
}

#[test]
fn t17_a_customers_note_is_a_message() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 09:30", reply());
    life.tell(ticket, "2026-03-02 10:00", message());
    assert_snapshot!(life.said(ticket, "2026-03-02 10:30", NEXT), @"
    next_reply 1: 9:00 by * * *, due 2026-03-03 10:00
      2026-03-02 10:00 – 2026-03-02 10:30  open
      running, 0:30 elapsed
    ");
}

#[test]
fn t18_while_the_customer_is_silent_no_reply_is_awaited() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 09:30", reply());
    assert_eq!(life.said(ticket, "2026-03-20 09:30", NEXT), "");
}

#[test]
fn t19_the_targets_are_independent_of_each_other() {
    let mut life = Life::under(json!({ "respond": [
        { "first_response": "P1D", "next_reply": "PT30M", "assignment": "PT4H" },
    ]}));
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 12:00", reply());
    life.tell(ticket, "2026-03-02 13:00", message());
    life.tell(ticket, "2026-03-02 13:45", reply());
    assert_snapshot!(life.said(ticket, "2026-03-02 14:00", ANSWERS), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 12:00  open
      stopped by reply at 2026-03-02 12:00, 3:00 elapsed, met
    next_reply 1: 0:30 by * * *, due 2026-03-02 13:30
      2026-03-02 13:00 – 2026-03-02 13:45  open
      stopped by reply at 2026-03-02 13:45, 0:45 elapsed, breached, breached at 2026-03-02 13:30 by deadline
    ");
}

#[test]
fn t20_a_ticket_that_an_agent_opened_awaits_an_answer_from_the_first_message_on() {
    let mut life = Life::new();
    let ticket = life.open_with("2026-03-02 09:00", |new| new.opened_by = OpenedBy::Agent);
    assert_eq!(life.said(ticket, "2026-03-02 12:00", ANSWERS), "");
    life.tell(ticket, "2026-03-02 13:00", message());
    life.tell(ticket, "2026-03-02 13:30", reply());
    assert_snapshot!(life.said(ticket, "2026-03-02 14:00", ANSWERS), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 13:00
      2026-03-02 13:00 – 2026-03-02 13:30  open
      stopped by reply at 2026-03-02 13:30, 0:30 elapsed, met
    ");
}

#[test]
fn t21_what_a_program_or_a_note_says_is_no_answer_and_neither_is_a_missed_call() {
    use crate::ticket::command::NewCall;
    use crate::ticket::event::{CallOutcome, Direction};
    let call = |outcome| {
        C::LogCall(Box::new(NewCall {
            agent: None,
            direction: Direction::Outbound,
            outcome,
            line: None,
            phone: None,
            ivr_path: Vec::new(),
            wait_ms: None,
            started_at: None,
            ended_at: None,
            summary: None,
            attachments: Vec::new(),
        }))
    };
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell_by(ActorKind::System, ticket, "2026-03-02 09:00", reply());
    life.tell_by(ActorKind::Bot, ticket, "2026-03-02 09:01", reply());
    let note = C::AddNote { message: text("hm"), mentions: Vec::new() };
    life.tell(ticket, "2026-03-02 09:30", note);
    life.tell(ticket, "2026-03-02 10:00", call(CallOutcome::Missed));
    life.tell(ticket, "2026-03-02 10:30", call(CallOutcome::Answered));
    assert_snapshot!(life.said(ticket, "2026-03-02 11:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 10:30  open
      stopped by call at 2026-03-02 10:30, 1:30 elapsed, met
    ");
}

#[test]
fn t23_mail_that_is_ingested_late_counts_from_when_it_was_received() {
    let mut life = Life::new();
    life.recorded_later_ms = 3_600_000;
    let ticket = life.open("2026-03-02 09:00");
    assert_snapshot!(life.said(ticket, "2026-03-02 10:00", FIRST), @"
    first_response 1: 9:00 by * * *, late_ingest, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      running, 1:00 elapsed
    ");
}

#[test]
fn a_closing_without_an_answer_ends_the_wait_as_a_resolution() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", close());
    let clocks = &[ClockKind::Assignment, ClockKind::FirstResponse];
    assert_snapshot!(life.said(ticket, "2026-03-02 11:00", clocks), @"
    assignment 1: 4:30 by * * *, due 2026-03-02 13:30
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by resolution at 2026-03-02 10:00, 1:00 elapsed, cancelled
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by resolution at 2026-03-02 10:00, 1:00 elapsed, met
    ");
}

#[test]
fn a_message_filed_as_needing_no_reply_ends_the_wait_apart_and_never_the_first_response() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    let file = || C::File { message: None, reason: "a thank-you".into() };
    life.tell(ticket, "2026-03-02 09:10", file());
    life.tell(ticket, "2026-03-02 09:30", reply());
    life.tell(ticket, "2026-03-02 10:00", message());
    life.tell(ticket, "2026-03-02 10:30", file());
    assert_snapshot!(life.said(ticket, "2026-03-02 11:00", ANSWERS), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 09:30  open
      stopped by reply at 2026-03-02 09:30, 0:30 elapsed, met
    next_reply 1: 9:00 by * * *, due 2026-03-03 10:00
      2026-03-02 10:00 – 2026-03-02 10:30  open
      stopped by no_reply_needed at 2026-03-02 10:30, 0:30 elapsed, met
    ");
}

#[test]
fn the_assignment_clock_re_arms_when_the_ticket_loses_its_owner_or_is_transferred() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 09:30", assign());
    life.tell(ticket, "2026-03-02 10:00", C::Unassign { reason: None });
    let transfer = C::Transfer { queue: "billing".into(), reason: None };
    life.tell(ticket, "2026-03-02 10:15", transfer);
    life.tell(ticket, "2026-03-02 15:00", assign());
    assert_snapshot!(life.said(ticket, "2026-03-02 16:00", OWNER), @"
    assignment 1: 4:30 by * * *, due 2026-03-02 13:30
      2026-03-02 09:00 – 2026-03-02 09:30  open
      stopped by owner at 2026-03-02 09:30, 0:30 elapsed, met
    assignment 2: 4:30 by * * *, due 2026-03-02 14:30
      2026-03-02 10:00 – 2026-03-02 15:00  open
      stopped by owner at 2026-03-02 15:00, 5:00 elapsed, breached, breached at 2026-03-02 14:30 by deadline
    ");
}

#[test]
fn an_owner_who_came_along_from_another_queue_takes_the_ticket_there_by_being_named_again() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 09:30", assign());
    let transfer = C::Transfer { queue: "billing".into(), reason: None };
    life.tell(ticket, "2026-03-02 10:00", transfer);
    assert_snapshot!(life.said(ticket, "2026-03-02 14:00", OWNER), @"
    assignment 1: 4:30 by * * *, due 2026-03-02 13:30
      2026-03-02 09:00 – 2026-03-02 09:30  open
      stopped by owner at 2026-03-02 09:30, 0:30 elapsed, met
    assignment 2: 4:30 by * * *, due 2026-03-02 14:30
      2026-03-02 10:00 – 2026-03-02 14:00  open
      running, 4:00 elapsed
    ");
    life.tell(ticket, "2026-03-02 14:00", assign());
    let said = life.said(ticket, "2026-03-02 16:00", OWNER);
    assert!(said.ends_with("stopped by owner at 2026-03-02 14:00, 4:00 elapsed, met"), "{said}");
    life.tell(ticket, "2026-03-02 15:00", assign());
    assert_eq!(life.said(ticket, "2026-03-02 16:00", OWNER), said, "taken once");
}

#[test]
fn t22_a_first_reply_that_bounced_stands_and_says_so() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", reply());
    let sent = life.ticket(ticket).present().unwrap().messages[1].id;
    let bounced = || C::ReportBounce {
        message: sent,
        recipient: Some("jan@example.com".into()),
        code: Some("5.1.1".into()),
        reason: None,
    };
    life.tell(ticket, "2026-03-02 10:05", bounced());
    life.tell(ticket, "2026-03-02 10:10", bounced());
    life.tell(ticket, "2026-03-02 11:00", message());
    assert_snapshot!(life.said(ticket, "2026-03-02 12:00", ANSWERS), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by reply at 2026-03-02 10:00, bounced at 2026-03-02 10:05, 1:00 elapsed, met
    next_reply 1: 9:00 by * * *, due 2026-03-03 11:00
      2026-03-02 11:00 – 2026-03-02 12:00  open
      running, 1:00 elapsed
    ");
}

#[test]
fn without_a_plan_there_are_no_clocks() {
    let mut life = Life::new();
    life.catalogue.plans.clear();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 09:30", reply());
    assert_eq!(life.family().clocks(ticket), []);
}

#[test]
fn an_answer_that_is_told_of_before_what_it_answers_ends_it_where_it_began() {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", reply());
    life.tell(ticket, "2026-03-02 12:00", message());
    life.tell(ticket, "2026-03-02 11:00", reply());
    assert_snapshot!(life.said(ticket, "2026-03-02 13:00", NEXT), @r#"
    next_reply 1: 9:00 by * * *, due 2026-03-03 12:00
      stopped by reply at 2026-03-02 12:00, 0:00 elapsed, met
    "#);
}
