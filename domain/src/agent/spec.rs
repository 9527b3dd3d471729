//! Agents join, change, are away and leave.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use uuid::Uuid;

use super::*;
use crate::codec::Event;
use crate::party::AgentRef;
use crate::transcript::{happened, refused, transcript};

fn spec(given: &[AgentEvent], when: AgentCommand) -> String {
    let agent = given.iter().fold(None, evolve);
    let phrase = match &when {
        AgentCommand::Add { .. } => "add",
        AgentCommand::Change { .. } => "change",
        AgentCommand::BeAbsent { .. } => "be absent",
        AgentCommand::EndAbsence { .. } => "end the absence",
    };
    let then = match decide(agent.as_ref(), when) {
        Ok(events) => happened(events.into_iter().map(Event::Agent), &BTreeMap::new()),
        Err(refusal) => refused(refusal.code(), refusal.field(), &refusal),
    };
    transcript(given.iter().cloned().map(Event::Agent), phrase, &then)
}

fn named(name: &str) -> AgentProfile {
    AgentProfile {
        name: Personal::text(name),
        email: None,
        active: true,
        discretion: None,
        calendar: None,
        skills: Vec::new(),
        capacity: None,
    }
}

fn added() -> Vec<AgentEvent> {
    vec![AgentEvent::AgentAdded { profile: named("Anna") }]
}

fn add(profile: AgentProfile) -> AgentCommand {
    AgentCommand::Add { profile }
}

fn change(to: AgentProfile) -> AgentCommand {
    AgentCommand::Change { to }
}

#[test]
fn an_agent_joins_once() {
    assert_snapshot!(spec(&[], add(named(" Anna "))), @r#"
    given nothing
    when  add
    then  AgentAdded profile: {active: true, name: "Anna"}
    "#);
    assert_snapshot!(spec(&added(), add(named("Anna"))), @"
    given AgentAdded
    when  add
    then  refused already_added: the agent was added already
    ");
}

#[test]
fn an_agent_has_a_name_and_an_address_that_is_one() {
    assert_snapshot!(spec(&[], add(named(" "))), @r#"
    given nothing
    when  add
    then  refused invalid_name at "/name": the name must not be blank
    "#);
    let email = Some(Personal::text("anna"));
    assert_snapshot!(spec(&[], add(AgentProfile { email, ..named("Anna") })), @r#"
    given nothing
    when  add
    then  refused invalid_address at "/email": not an e-mail address such as jan@example.com
    "#);
}

#[test]
fn an_agent_leaves_by_being_inactive() {
    let gone = AgentProfile { active: false, ..named("Anna") };
    assert_snapshot!(spec(&added(), change(gone)), @r#"
    given AgentAdded
    when  change
    then  AgentChanged from: {active: true, name: "Anna"}, to: {active: false, name: "Anna"}
    "#);
    assert_snapshot!(spec(&added(), change(named("Anna"))), @"
    given AgentAdded
    when  change
    then  nothing
    ");
    assert_snapshot!(spec(&[], change(named("Anna"))), @"
    given nothing
    when  change
    then  refused not_found: there is no such agent
    ");
}

const MORNING: Instant = Instant(1_772_438_400_000);
const NOON: Instant = Instant(1_772_452_800_000);
const EVENING: Instant = Instant(1_772_467_200_000);

fn someone(id: u128, name: &str) -> AgentRef {
    AgentRef { id: AgentId(Uuid::from_u128(id)), name: Personal::text(name) }
}

fn away(id: u128, from: Instant, until: Instant) -> Absence {
    Absence { id: AbsenceId(Uuid::from_u128(id)), from, until, substitute: None }
}

fn be_absent(absence: Absence) -> AgentCommand {
    AgentCommand::BeAbsent { agent: AgentId(Uuid::from_u128(1)), absence, now: MORNING }
}

fn end(id: u128, now: Instant) -> AgentCommand {
    AgentCommand::EndAbsence { absence: AbsenceId(Uuid::from_u128(id)), now }
}

fn anna_away() -> Vec<AgentEvent> {
    vec![added().remove(0), AgentEvent::AbsenceRecorded { absence: away(7, NOON, EVENING) }]
}

#[test]
fn an_agent_is_away_for_a_while_and_somebody_stands_in() {
    let absence = Absence { substitute: Some(someone(2, "Piotr")), ..away(7, NOON, EVENING) };
    assert_snapshot!(spec(&added(), be_absent(absence)), @"
    given AgentAdded
    when  be absent
    then  AbsenceRecorded absence: {from: 2026-03-02T12:00:00.000Z, id: new, substitute: Piotr, until: 2026-03-02T16:00:00.000Z}
    ");
    assert_snapshot!(spec(&[], be_absent(away(7, NOON, EVENING))), @"
    given nothing
    when  be absent
    then  refused not_found: there is no such agent
    ");
}

#[test]
fn an_absence_ends_after_it_begins_and_nobody_stands_in_for_oneself() {
    assert_snapshot!(spec(&added(), be_absent(away(7, EVENING, NOON))), @r#"
    given AgentAdded
    when  be absent
    then  refused absence_over at "/until": an absence must end after it begins, and in the future
    "#);
    let over = away(7, MORNING.plus_millis(-2), MORNING);
    assert_snapshot!(spec(&added(), be_absent(over)), @r#"
    given AgentAdded
    when  be absent
    then  refused absence_over at "/until": an absence must end after it begins, and in the future
    "#);
    let oneself = Absence { substitute: Some(someone(1, "Anna")), ..away(7, NOON, EVENING) };
    assert_snapshot!(spec(&added(), be_absent(oneself)), @r#"
    given AgentAdded
    when  be absent
    then  refused own_substitute at "/substitute": the substitute must be somebody else
    "#);
}

#[test]
fn absences_follow_upon_each_other_and_never_overlap() {
    let longer = away(8, EVENING.plus_millis(-1), EVENING.plus_millis(1));
    assert_snapshot!(spec(&anna_away(), be_absent(longer)), @"
    given AgentAdded, AbsenceRecorded
    when  be absent
    then  refused absence_overlaps: the agent is absent from 2026-03-02T12:00:00.000Z until 2026-03-02T16:00:00.000Z already
    ");
    let after = spec(&anna_away(), be_absent(away(8, EVENING, EVENING.plus_millis(1))));
    assert!(after.contains("then  AbsenceRecorded"), "{after}");
}

#[test]
fn an_absence_ends_early_or_does_not_take_place() {
    assert_snapshot!(spec(&anna_away(), end(7, NOON.plus_millis(1))), @"
    given AgentAdded, AbsenceRecorded
    when  end the absence
    then  AbsenceEnded absence_id: new, until: 2026-03-02T12:00:00.001Z, was_until: 2026-03-02T16:00:00.000Z
    ");
    assert_snapshot!(spec(&anna_away(), end(7, MORNING)), @"
    given AgentAdded, AbsenceRecorded
    when  end the absence
    then  AbsenceEnded absence_id: new, until: 2026-03-02T12:00:00.000Z, was_until: 2026-03-02T16:00:00.000Z
    ");
    assert_snapshot!(spec(&anna_away(), end(7, EVENING)), @"
    given AgentAdded, AbsenceRecorded
    when  end the absence
    then  refused absence_ended: the absence was over at 2026-03-02T16:00:00.000Z
    ");
    assert_snapshot!(spec(&anna_away(), end(8, NOON)), @"
    given AgentAdded, AbsenceRecorded
    when  end the absence
    then  refused not_found: the agent has no such absence
    ");
}

#[test]
fn who_is_away_is_so_from_the_first_instant_to_the_last_and_not_when_it_was_withdrawn() {
    let agent = anna_away().iter().fold(None, evolve).unwrap();
    let is_away = |at| agent.absence_at(at).is_some();
    assert!(is_away(NOON) && is_away(EVENING.plus_millis(-1)));
    assert!(!is_away(NOON.plus_millis(-1)) && !is_away(EVENING));
    let withdrawn = decide(Some(&agent), end(7, MORNING)).unwrap();
    let agent = withdrawn.iter().fold(Some(agent), evolve).unwrap();
    assert_eq!(agent.absences, []);
}
