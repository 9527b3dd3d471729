//! What holds for every clock: nobody's "now" changes a verdict, and a replay gives what it gave
//! (rule 1).

use super::*;
use crate::definition::Status;

fn eventful() -> (Life, TicketId) {
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    life.tell(ticket, "2026-03-02 10:00", assign());
    life.tell(ticket, "2026-03-02 11:00", reply());
    life.tell(ticket, "2026-03-03 09:00", message());
    life.tell(ticket, "2026-03-03 10:00", priority("high"));
    life.tell(ticket, "2026-03-05 10:00", reply());
    life.tell(ticket, "2026-03-09 11:00", message());
    life.tell(ticket, "2026-03-10 11:00", close());
    (life, ticket)
}

#[test]
fn t27_when_somebody_looks_changes_neither_a_deadline_nor_a_verdict() {
    let (life, ticket) = eventful();
    let family = life.family();
    for clock in family.clocks(ticket) {
        let soon = instant("2026-03-10 11:00");
        for later in ["2026-03-10 11:01", "2026-09-01 00:00", "2036-01-01 00:00"] {
            let later = instant(later);
            assert_eq!(clock.verdict(soon), clock.verdict(later), "{}", clock.kind.word());
            assert_eq!(clock.breach(soon), clock.breach(later));
            assert_eq!(clock.stretches(soon), clock.stretches(later));
        }
    }
    // A process that was down across the deadline finds the breach where it was.
    let mut life = Life::new();
    let ticket = life.open("2026-03-02 09:00");
    let breach =
        |now: &str| life.family().clocks(ticket)[1].breach(instant(now)).map(|it| shown(it.at));
    assert_eq!(breach("2026-03-03 09:00"), None, "stopping now would be in time");
    assert_eq!(breach("2026-03-03 09:00:00.001").as_deref(), Some("2026-03-03 09:00"));
    assert_eq!(breach("2027-03-03 12:00").as_deref(), Some("2026-03-03 09:00"));
}

#[test]
fn t28_a_replay_gives_the_same_to_the_byte() {
    let (life, ticket) = eventful();
    let kinds = &[
        ClockKind::Assignment,
        ClockKind::FirstResponse,
        ClockKind::NextReply,
        ClockKind::Resolution,
    ];
    let once = life.said(ticket, "2026-03-11 09:00", kinds);
    assert_eq!(once, life.said(ticket, "2026-03-11 09:00", kinds));
    assert_eq!(life.family(), life.family());
    assert_snapshot!(once, @"
    assignment 1: 4:30 by * * *, due 2026-03-02 13:30
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by owner at 2026-03-02 10:00, 1:00 elapsed, met
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      stopped by reply at 2026-03-02 11:00, 2:00 elapsed, met
    resolution 1: 18:00 by standard * high, due 2026-03-04 16:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      2026-03-02 11:00 – 2026-03-03 09:00  paused in awaiting_customer
      2026-03-03 09:00 – 2026-03-03 17:00  open
      2026-03-03 17:00 – 2026-03-04 08:00  closed
      2026-03-04 08:00 – 2026-03-04 17:00  open
      2026-03-04 17:00 – 2026-03-05 08:00  closed
      2026-03-05 08:00 – 2026-03-05 10:00  open
      2026-03-05 10:00 – 2026-03-09 11:00  paused in awaiting_customer
      2026-03-09 11:00 – 2026-03-09 17:00  open
      2026-03-09 17:00 – 2026-03-10 08:00  closed
      2026-03-10 08:00 – 2026-03-10 11:00  open
      stopped by resolution at 2026-03-10 11:00, 30:00 elapsed, breached, breached at 2026-03-04 16:00 by deadline
    next_reply 1: 2:00 by standard * high, due 2026-03-03 11:00
      2026-03-03 09:00 – 2026-03-03 17:00  open
      2026-03-03 17:00 – 2026-03-04 08:00  closed
      2026-03-04 08:00 – 2026-03-04 17:00  open
      2026-03-04 17:00 – 2026-03-05 08:00  closed
      2026-03-05 08:00 – 2026-03-05 10:00  open
      stopped by reply at 2026-03-05 10:00, 19:00 elapsed, breached, breached at 2026-03-03 11:00 by deadline
    next_reply 2: 2:00 by standard * high, due 2026-03-09 13:00
      2026-03-09 11:00 – 2026-03-09 17:00  open
      2026-03-09 17:00 – 2026-03-10 08:00  closed
      2026-03-10 08:00 – 2026-03-10 11:00  open
      stopped by resolution at 2026-03-10 11:00, 9:00 elapsed, breached, breached at 2026-03-09 13:00 by deadline
    ");
}

#[test]
fn t29_a_status_renamed_later_changes_nothing_in_a_replay() {
    let (mut life, ticket) = eventful();
    let before = life.said(ticket, "2026-03-11 09:00", DONE);
    let mut renamed: Status = life.catalogue.statuses["awaiting_customer"].document.clone();
    renamed.name = "Customer's turn".into();
    life.publish("awaiting_customer", Document::Status(renamed), &[(0, 0)]);
    assert_eq!(life.said(ticket, "2026-03-11 09:00", DONE), before);
}

#[test]
fn a_history_told_up_to_an_event_is_what_was_known_then() {
    let (life, ticket) = eventful();
    let facts: Vec<Fact> = life.tickets[&ticket].iter().filter_map(Fact::of).collect();
    for known in 1..=facts.len() {
        let histories = [(ticket, &facts[..known])];
        let family = Family::of(&histories, |terms| life.frozen(terms));
        let now = facts[known - 1].at;
        let whole = life.family();
        for (then, later) in family.clocks(ticket).iter().zip(whole.clocks(ticket)) {
            assert_eq!(then.elapsed(now), later.elapsed(now), "{} at {now}", then.kind.word());
        }
    }
}
