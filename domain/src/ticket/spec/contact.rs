use insta::assert_snapshot;

use super::*;
use crate::ticket::command::NewCall;
use crate::ticket::event::{CallOutcome, Direction};

fn call(outcome: CallOutcome) -> NewCall {
    NewCall {
        agent: Some(anna()),
        direction: Direction::Inbound,
        outcome,
        line: Some("hotline".into()),
        phone: Some("+48221234567".into()),
        ivr_path: vec!["1".into(), "3".into()],
        wait_ms: Some(12_000),
        started_at: Some("2026-03-02T08:30:00Z".parse().unwrap()),
        ended_at: Some("2026-03-02T08:35:00Z".parse().unwrap()),
        summary: Some("Asked for the address".into()),
        attachments: Vec::new(),
    }
}

fn period(from: &str, to: &str) -> (Option<Instant>, Option<Instant>) {
    (Some(from.parse().unwrap()), Some(to.parse().unwrap()))
}

fn waiting(events: &[TicketEvent]) -> usize {
    state(events).waiting().count()
}

#[test]
fn a_call_gets_the_next_number_and_moves_no_status() {
    let answered = C::LogCall(Box::new(call(CallOutcome::Answered)));
    assert_snapshot!(spec(&story([]), answered), @r#"
    given TicketCreated → new
    when  log a call, Inbound and Answered
    then  CallLogged agent: Anna, direction: inbound, ended_at: 2026-03-02T08:35:00.000Z, id: new, ivr_path: [1, 3], line: hotline, number: 1042-2, outcome: answered, phone: "+48221234567", started_at: 2026-03-02T08:30:00.000Z, summary: "Asked for the address", wait_ms: 12000
    "#);
}

#[test]
fn an_answered_call_answers_what_waits_and_a_missed_one_does_not() {
    let log = |outcome| C::LogCall(Box::new(call(outcome)));
    assert_eq!(waiting(&story([])), 1);
    assert_eq!(waiting(&story([log(CallOutcome::Missed)])), 1);
    assert_eq!(waiting(&story([log(CallOutcome::Voicemail)])), 1);
    assert_eq!(waiting(&story([log(CallOutcome::Answered)])), 0);
}

#[test]
fn nothing_ends_before_it_begins() {
    let (started_at, ended_at) = period("2026-03-02T09:30:00Z", "2026-03-02T09:29:59Z");
    let backwards = NewCall { started_at, ended_at, ..call(CallOutcome::Answered) };
    assert_snapshot!(spec(&story([]), C::LogCall(Box::new(backwards))), @r#"
    given TicketCreated → new
    when  log a call, Inbound and Answered
    then  refused ends_before_start at "/ended_at": it ends before it begins
    "#);
    let meeting = C::LogMeeting { agent: None, started_at, ended_at, summary: "Met".into() };
    assert_snapshot!(spec(&story([]), meeting), @r#"
    given TicketCreated → new
    when  log a meeting
    then  refused ends_before_start at "/ended_at": it ends before it begins
    "#);
    let (agent, abandoned, transcript) = (None, false, "Hi".into());
    let chat = C::LogChat { agent, started_at, ended_at, abandoned, transcript };
    assert_snapshot!(spec(&story([]), chat), @r#"
    given TicketCreated → new
    when  log a chat
    then  refused ends_before_start at "/ended_at": it ends before it begins
    "#);
}

#[test]
fn a_meeting_is_a_contact_like_any_other() {
    let (started_at, ended_at) = period("2026-03-02T09:00:00Z", "2026-03-02T09:20:00Z");
    let meeting =
        C::LogMeeting { agent: Some(anna()), started_at, ended_at, summary: "At the desk".into() };
    assert_snapshot!(spec(&story([]), meeting.clone()), @r#"
    given TicketCreated → new
    when  log a meeting
    then  ContactLogged agent: Anna, ended_at: 2026-03-02T09:20:00.000Z, id: new, number: 1042-2, started_at: 2026-03-02T09:00:00.000Z, summary: "At the desk"
    "#);
    assert_eq!(waiting(&story([meeting])), 0);
}

#[test]
fn an_abandoned_chat_answers_nothing() {
    let chat = |abandoned| C::LogChat {
        agent: Some(anna()),
        started_at: None,
        ended_at: None,
        abandoned,
        transcript: "Hello? … Anyone?".into(),
    };
    assert_snapshot!(spec(&story([]), chat(true)), @r#"
    given TicketCreated → new
    when  log an abandoned chat
    then  ChatLogged abandoned: true, agent: Anna, id: new, number: 1042-2, transcript: "Hello? … Anyone?"
    "#);
    assert_eq!(waiting(&story([chat(true)])), 1);
    assert_eq!(waiting(&story([chat(false)])), 0);
}

#[test]
fn a_closed_ticket_takes_no_contact() {
    let answered = C::LogCall(Box::new(call(CallOutcome::Answered)));
    assert_snapshot!(spec(&story([close()]), answered), @"
    given TicketCreated → new, TicketClosed → closed
    when  log a call, Inbound and Answered
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn what_has_not_begun_is_not_logged() {
    let (started_at, ended_at) = period("2027-03-02T09:00:00Z", "2027-03-02T09:20:00Z");
    let next_year = NewCall { started_at, ended_at, ..call(CallOutcome::Answered) };
    let refused = spec(&story([]), C::LogCall(Box::new(next_year)));
    assert!(refused.contains(r#"refused starts_later at "/started_at""#), "{refused}");
    let meeting = C::LogMeeting { agent: None, started_at, ended_at, summary: "Will meet".into() };
    let refused = spec(&story([]), meeting);
    assert!(refused.contains(r#"refused starts_later at "/started_at""#), "{refused}");
}
