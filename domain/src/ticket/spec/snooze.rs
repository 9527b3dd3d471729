use insta::assert_snapshot;

use super::*;
use crate::definition::{Rounding, StatusRule};
use crate::ticket::event::WakeCause;

fn wake(cause: WakeCause) -> C {
    C::Wake { cause }
}

#[test]
fn a_snooze_until_three_ends_at_a_quarter_past() {
    assert_snapshot!(spec(&story([]), snooze("2026-03-02T15:00:00Z")), @"
    given TicketCreated → new
    when  snooze until 2026-03-02T15:00:00.000Z
    then  TicketSnoozed block_ms: 900000, reason: waiting, status: new → snoozed, until: 2026-03-02T15:00:00.000Z, wakes_at: 2026-03-02T15:15:00.000Z, wakes_on_message: true
    ");
}

#[test]
fn a_snooze_until_ten_to_three_ends_at_three() {
    assert_snapshot!(spec(&story([]), snooze("2026-03-02T14:50:00Z")), @"
    given TicketCreated → new
    when  snooze until 2026-03-02T14:50:00.000Z
    then  TicketSnoozed block_ms: 900000, reason: waiting, status: new → snoozed, until: 2026-03-02T14:50:00.000Z, wakes_at: 2026-03-02T15:00:00.000Z, wakes_on_message: true
    ");
}

#[test]
fn settings_say_how_a_snooze_is_rounded() {
    let ends = |snooze_rounding, until| {
        let settings = Settings { snooze_rounding, ..Settings::default() };
        let told = Desk::under(settings).spec(&story([]), snooze(until));
        told.split("wakes_at: ").nth(1).unwrap()[11..19].to_owned()
    };
    assert_eq!(ends(Rounding::EndOfBlock, "2026-03-02T15:00:00Z"), "15:15:00");
    assert_eq!(ends(Rounding::Nearest, "2026-03-02T15:00:00Z"), "15:00:00");
    assert_eq!(ends(Rounding::Nearest, "2026-03-02T14:50:00Z"), "15:00:00");
    assert_eq!(ends(Rounding::Exact, "2026-03-02T14:50:01Z"), "14:50:01");
}

#[test]
fn a_snooze_ends_in_the_future() {
    assert_snapshot!(spec(&story([]), snooze("2026-03-02T10:00:00Z")), @r#"
    given TicketCreated → new
    when  snooze until 2026-03-02T10:00:00.000Z
    then  refused snooze_in_past at "/until": a snooze must end in the future
    "#);
}

#[test]
fn a_snooze_ends_within_ten_years() {
    assert_snapshot!(spec(&story([]), snooze("2036-03-03T10:00:00Z")), @r#"
    given TicketCreated → new
    when  snooze until 2036-03-03T10:00:00.000Z
    then  refused snooze_too_far at "/until": a snooze must end within ten years
    "#);
    let last = Desk::at("9999-12-30T21:00:00Z").spec(&story([]), snooze("9999-12-30T22:00:00Z"));
    assert!(last.contains("refused snooze_too_far"), "its block ends after the calendar: {last}");
}

#[test]
fn a_snooze_can_be_changed_and_the_same_again_changes_nothing() {
    let given = story([snooze("2026-03-02T15:00:00Z")]);
    assert_snapshot!(spec(&given, snooze("2026-03-03T15:00:00Z")), @"
    given TicketCreated → new, TicketSnoozed → snoozed
    when  snooze until 2026-03-03T15:00:00.000Z
    then  TicketSnoozed block_ms: 900000, reason: waiting, status: snoozed → snoozed, until: 2026-03-03T15:00:00.000Z, wakes_at: 2026-03-03T15:15:00.000Z, wakes_on_message: true
    ");
    assert_snapshot!(spec(&given, snooze("2026-03-02T15:00:00Z")), @"
    given TicketCreated → new, TicketSnoozed → snoozed
    when  snooze until 2026-03-02T15:00:00.000Z
    then  nothing
    ");
}

#[test]
fn a_closed_ticket_is_not_snoozed() {
    assert_snapshot!(spec(&story([close()]), snooze("2026-03-02T15:00:00Z")), @"
    given TicketCreated → new, TicketClosed → closed
    when  snooze until 2026-03-02T15:00:00.000Z
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn the_timer_wakes_when_it_is_due_and_not_before() {
    let given = story([snooze("2026-03-02T15:00:00Z")]);
    let due = Desk::at("2026-03-02T15:15:00Z");
    assert_snapshot!(due.spec(&given, wake(WakeCause::Timer)), @"
    given TicketCreated → new, TicketSnoozed → snoozed
    when  wake (Timer)
    then  TicketWoken cause: timer, due: 2026-03-02T15:15:00.000Z, status: snoozed → new
    ");
    let early = Desk::at("2026-03-02T15:14:59.999Z");
    assert_snapshot!(early.spec(&given, wake(WakeCause::Timer)), @"
    given TicketCreated → new, TicketSnoozed → snoozed
    when  wake (Timer)
    then  nothing
    ");
}

#[test]
fn a_timer_that_comes_too_late_finds_nothing_to_do() {
    let late = Desk::at("2026-03-02T16:00:00Z");
    let asleep = || snooze("2026-03-02T15:00:00Z");
    let twice = story([asleep(), wake(WakeCause::Manual)]);
    assert_snapshot!(late.spec(&twice, wake(WakeCause::Timer)), @"
    given TicketCreated → new, TicketSnoozed → snoozed, TicketWoken → new
    when  wake (Timer)
    then  nothing
    ");
    assert_snapshot!(late.spec(&story([asleep(), close()]), wake(WakeCause::Timer)), @"
    given TicketCreated → new, TicketSnoozed → snoozed, TicketClosed → closed
    when  wake (Timer)
    then  nothing
    ");
    let merged = story([asleep(), merge(ticket(1))]);
    assert_snapshot!(late.spec(&merged, wake(WakeCause::Timer)), @"
    given TicketCreated → new, TicketSnoozed → snoozed, TicketMerged → merged
    when  wake (Timer)
    then  nothing
    ");
}

#[test]
fn a_person_wakes_a_ticket_at_any_time() {
    let given = story([snooze("2026-03-02T15:00:00Z")]);
    assert_snapshot!(spec(&given, wake(WakeCause::Manual)), @"
    given TicketCreated → new, TicketSnoozed → snoozed
    when  wake (Manual)
    then  TicketWoken cause: manual, due: 2026-03-02T15:15:00.000Z, status: snoozed → new
    ");
}

#[test]
fn what_is_awake_cannot_be_woken() {
    assert_snapshot!(spec(&story([]), wake(WakeCause::Manual)), @"
    given TicketCreated → new
    when  wake (Manual)
    then  refused ticket_not_snoozed: the ticket is not snoozed
    ");
    assert_snapshot!(spec(&story([close()]), wake(WakeCause::Manual)), @"
    given TicketCreated → new, TicketClosed → closed
    when  wake (Manual)
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn settings_say_to_which_status_a_ticket_wakes() {
    let mut settings = Settings::default();
    settings.status_on.wake = StatusRule { from: Vec::new(), to: "in_progress".into() };
    let given = story([snooze("2026-03-02T15:00:00Z")]);
    let told = Desk::under(settings).spec(&given, wake(WakeCause::Manual));
    assert!(told.ends_with("status: snoozed → in_progress"), "{told}");
}
