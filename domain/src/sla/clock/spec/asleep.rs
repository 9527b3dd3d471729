//! A snooze that the customer asked for ends when it was due, whoever comes first to touch the ticket (rule 7, T27).

use super::*;
use crate::ticket::event::WakeCause;

/// Put aside from ten until a quarter past three, with nobody there to wake it then.
fn overslept(life: &mut Life) -> TicketId {
    let ticket = life.open_with("2026-03-02 09:00", |new| new.priority = Some("critical".into()));
    life.tell(ticket, "2026-03-02 10:00", snooze("2026-03-02 15:00", SnoozeReason::CustomerAsked));
    ticket
}

fn life() -> Life {
    Life::under(json!({
        "resolve": [{ "priority": "critical", "resolution": "PT2H" }, { "resolution": "P3D" }],
        "pauses": { "resolution": ["snoozed"] }
    }))
}

#[test]
fn a_customers_message_behind_its_end_lengthens_no_pause() {
    let mut life = life();
    let ticket = overslept(&mut life);
    life.tell(ticket, "2026-03-02 16:00", message());
    assert_snapshot!(life.said(ticket, "2026-03-02 16:10", DONE), @r#"
    resolution 1: 2:00 by * * critical, due 2026-03-02 16:15
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-02 15:15  paused by snooze
      2026-03-02 15:15 – 2026-03-02 16:10  open
      running, 1:55 elapsed
    "#);
}

#[test]
fn a_downgrade_behind_its_end_erases_no_breach() {
    let mut life = life();
    let ticket = overslept(&mut life);
    life.tell(ticket, "2026-03-02 16:30", priority("low"));
    let wake = C::Wake { cause: WakeCause::Timer };
    life.tell_by(ActorKind::System, ticket, "2026-03-02 16:31", wake);
    assert_snapshot!(life.said(ticket, "2026-03-02 16:40", DONE), @r#"
    resolution 1: 2:00 by * * critical, due 2026-03-02 16:15
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-02 15:15  paused by snooze
      2026-03-02 15:15 – 2026-03-02 16:40  open
      running, 2:25 elapsed, breached, breached at 2026-03-02 16:15 by deadline
    "#);
}

#[test]
fn what_falls_due_while_the_ticket_is_merged_is_over_when_it_comes_back() {
    let mut life = life();
    let (ticket, other) = (overslept(&mut life), life.open("2026-03-02 09:00"));
    let merge = life.merge("2026-03-02 11:00", ticket, other);
    life.unmerge("2026-03-02 16:00", merge, ticket, other);
    let state = life.family().clocks(ticket).last().unwrap().state(instant("2026-03-02 16:10"));
    assert_eq!(state, ClockState::Running, "nobody has to touch it first");
    life.tell(ticket, "2026-03-02 16:30", priority("low"));
    assert_snapshot!(life.said(ticket, "2026-03-02 16:40", DONE), @r#"
    resolution 1: 2:00 by * * critical, due 2026-03-02 12:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      2026-03-02 10:00 – 2026-03-02 11:00  paused by snooze
      2026-03-02 11:00 – 2026-03-02 16:00  open
      2026-03-02 16:00 – 2026-03-02 16:40  open
      running, 6:40 elapsed, breached, breached at 2026-03-02 12:00 by deadline
    "#);
}
