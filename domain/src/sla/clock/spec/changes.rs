//! What a change does to a clock that runs: of the ticket (rule 9), and of the plan (rule 11).

use super::*;

fn urgent_plan() -> Value {
    json!({ "resolve": [
        { "priority": "critical", "resolution": "PT4H" },
        { "priority": "high", "resolution": "P1D" },
        { "resolution": "P3D" },
    ]})
}

#[test]
fn t10_after_a_pause_a_higher_priority_counts_what_had_elapsed_before() {
    let mut life = Life::under(urgent_plan());
    let mut plan = urgent_plan();
    plan["pauses"] = json!({ "resolution": ["awaiting_customer"] });
    life.set_plan(plan);
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", status("awaiting_customer"));
    life.tell(ticket, "2026-03-02 15:00", status("in_progress"));
    life.tell(ticket, "2026-03-02 16:00", priority("critical"));
    assert_snapshot!(life.said(ticket, "2026-03-03 08:30", DONE), @"
    resolution 1: 4:00 by * * critical, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-02 15:00  paused in awaiting_customer
      2026-03-02 15:00 – 2026-03-02 17:00  open
      2026-03-02 17:00 – 2026-03-03 08:00  closed
      2026-03-03 08:00 – 2026-03-03 08:30  open
      running, 3:30 elapsed
    ");
}

#[test]
fn t12_a_downgrade_never_erases_a_breach() {
    let mut life = Life::under(urgent_plan());
    let ticket = life.open_with("2026-03-02 09:00", |new| new.priority = Some("critical".into()));
    life.tell(ticket, "2026-03-02 14:00", priority("low"));
    life.tell(ticket, "2026-03-02 15:00", close());
    assert_snapshot!(life.said(ticket, "2026-03-03 09:00", DONE), @"
    resolution 1: 4:00 by * * critical, due 2026-03-02 13:00
      2026-03-02 09:00 – 2026-03-02 15:00  open
      stopped by resolution at 2026-03-02 15:00, 6:00 elapsed, breached, breached at 2026-03-02 13:00 by deadline
    ");
    // A downgrade in time gives more of it.
    let in_time = life.open_with("2026-03-02 09:00", |new| new.priority = Some("critical".into()));
    life.tell(in_time, "2026-03-02 13:00", priority("low"));
    assert_snapshot!(life.said(in_time, "2026-03-02 13:30", DONE), @"
    resolution 1: 27:00 by * * *, due 2026-03-05 09:00
      2026-03-02 09:00 – 2026-03-02 13:30  open
      running, 4:30 elapsed
    ");
}

#[test]
fn t13_an_upgrade_to_a_target_that_is_past_is_a_breach_at_the_upgrade() {
    let mut life = Life::under(urgent_plan());
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 16:00", priority("critical"));
    assert_snapshot!(life.said(ticket, "2026-03-02 16:00", DONE), @"
    resolution 1: 4:00 by * * critical, due 2026-03-02 13:00
      2026-03-02 09:00 – 2026-03-02 16:00  open
      running, 7:00 elapsed, breached, breached at 2026-03-02 16:00 by retarget
    ");
    // What has elapsed exactly is not past.
    let just = life.open("2026-03-02 09:00");
    life.tell(just, "2026-03-02 13:00", priority("critical"));
    life.tell(just, "2026-03-02 13:00", close());
    assert_snapshot!(life.said(just, "2026-03-02 16:00", DONE), @"
    resolution 1: 4:00 by * * critical, due 2026-03-02 13:00
      2026-03-02 09:00 – 2026-03-02 13:00  open
      stopped by resolution at 2026-03-02 13:00, 4:00 elapsed, met
    ");
}

#[test]
fn a_change_of_type_takes_the_row_of_that_type() {
    let mut life = Life::under(json!({ "resolve": [
        { "type": "technical", "resolution": "P2D", "alarm": "PT4H" }, { "resolution": "P5D" },
    ]}));
    let ticket = life.open("2026-03-02 09:00");
    let technical = C::Reclassify {
        category: None,
        ticket_type: Some("technical".into()),
        tier: None,
        channel: None,
    };
    life.tell(ticket, "2026-03-02 10:00", technical);
    assert_snapshot!(life.said(ticket, "2026-03-02 10:30", DONE), @"
    resolution 1: 18:00 by * technical *, due 2026-03-04 09:00
      2026-03-02 09:00 – 2026-03-02 10:30  open
      running, 1:30 elapsed
    ");
    let alarm = life.family().clocks(ticket)[2].alarm_at().map(shown);
    assert_eq!(alarm.as_deref(), Some("2026-03-03 14:00"));
}

fn terms(tier: Option<&str>, channel: Option<Channel>) -> C {
    C::Reclassify { category: None, ticket_type: None, tier: tier.map(Into::into), channel }
}

#[test]
fn a_change_of_tier_or_channel_takes_the_row_of_what_it_is_now_and_carries_over_what_has_elapsed() {
    let mut life = Life::under(json!({ "respond": [
        { "tier": "premium", "channel": "chat", "first_response": "PT1H" },
        { "tier": "premium", "first_response": "PT4H" },
        { "first_response": "P1D" },
    ] }));
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", terms(Some("premium"), None));
    assert_snapshot!(life.said(ticket, "2026-03-02 10:30", FIRST), @"
    first_response 1: 4:00 by premium * *, due 2026-03-02 13:00
      2026-03-02 09:00 – 2026-03-02 10:30  open
      running, 1:30 elapsed
    ");
    // An hour is over already when it turns out to have come by chat.
    life.tell(ticket, "2026-03-02 11:00", terms(None, Some(Channel::Chat)));
    assert_snapshot!(life.said(ticket, "2026-03-02 11:30", FIRST), @"
    first_response 1: 1:00 by premium chat *, due 2026-03-02 10:00
      2026-03-02 09:00 – 2026-03-02 11:30  open
      running, 2:30 elapsed, breached, breached at 2026-03-02 11:00 by retarget
    ");
    // What was late stays late.
    life.tell(ticket, "2026-03-02 12:00", terms(Some("standard"), Some(Channel::Email)));
    assert_eq!(
        life.said(ticket, "2026-03-02 11:30", FIRST).lines().next_back(),
        Some("  running, 2:30 elapsed, breached, breached at 2026-03-02 11:00 by retarget")
    );
}

#[test]
fn a_type_and_a_tier_that_change_together_set_one_target_and_none_in_between() {
    let mut life = Life::under(json!({ "resolve": [
        { "tier": "premium", "type": "technical", "resolution": "P2D" },
        { "type": "technical", "resolution": "PT1H" },
        { "tier": "premium", "resolution": "PT1H" },
        { "resolution": "P5D" },
    ]}));
    let ticket = life.open("2026-03-02 09:00");
    // An hour is over, which a technical ticket has, and a premium customer's, but not one that is both.
    let both = C::Reclassify {
        category: None,
        ticket_type: Some("technical".into()),
        tier: Some("premium".into()),
        channel: None,
    };
    life.tell(ticket, "2026-03-02 11:00", both);
    assert_snapshot!(life.said(ticket, "2026-03-02 11:30", DONE), @"
    resolution 1: 18:00 by premium technical *, due 2026-03-04 09:00
      2026-03-02 09:00 – 2026-03-02 11:30  open
      running, 2:30 elapsed
    ");
}

#[test]
fn a_prioritys_own_times_hold_before_the_fallback_row_and_behind_every_other() {
    let mut life = Life::new();
    let times = json!({ "reaction": "PT3H", "alarm": "PT1H", "execution": "P2D" });
    for key in ["low", "high"] {
        let document = json!({ "priority": { "name": key, "level": 2, "times": times } });
        life.publish(key, serde_json::from_value(document).unwrap(), &[(0, 0)]);
    }
    let low = life.open_with("2026-03-02 09:00", |new| new.priority = Some("low".into()));
    assert_snapshot!(life.said(low, "2026-03-02 09:00", &[ClockKind::Assignment, ClockKind::FirstResponse, ClockKind::Resolution]), @"
    assignment 1: 4:30 by * * *, due 2026-03-02 13:30
      running, 0:00 elapsed
    first_response 1: 3:00 by * * low, due 2026-03-02 12:00
      running, 0:00 elapsed
    resolution 1: 18:00 by * * low, due 2026-03-04 09:00
      running, 0:00 elapsed
    ");
    let high = life.open_with("2026-03-02 09:00", |new| new.priority = Some("high".into()));
    assert_snapshot!(life.said(high, "2026-03-02 09:00", DONE), @"
    resolution 1: 18:00 by standard * high, due 2026-03-04 09:00
      running, 0:00 elapsed
    ");
}

#[test]
fn t14_a_new_version_of_the_plan_touches_neither_running_nor_finished_clocks() {
    let mut life = Life::new();
    let (running, finished) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:00"));
    life.tell(finished, "2026-03-02 10:00", close());
    let all = &[ClockKind::FirstResponse, ClockKind::Resolution];
    let before = [running, finished].map(|it| life.said(it, "2026-03-03 12:00", all));
    life.set_plan(urgent_plan());
    let after = [running, finished].map(|it| life.said(it, "2026-03-03 12:00", all));
    assert_eq!(before, after);
    // What changes on such a ticket later still looks into the plan that it was promised by.
    life.tell(running, "2026-03-03 09:00", priority("critical"));
    assert_snapshot!(life.said(running, "2026-03-03 12:00", DONE), @"
    resolution 1: 9:00 by standard * critical, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 17:00  open
      2026-03-02 17:00 – 2026-03-03 08:00  closed
      2026-03-03 08:00 – 2026-03-03 12:00  open
      running, 12:00 elapsed, breached, breached at 2026-03-03 09:00 by deadline
    ");
}
