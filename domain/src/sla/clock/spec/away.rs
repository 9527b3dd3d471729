//! A ticket whose owner is away needs somebody who is there (rule 3, S-91).

use super::*;
use crate::ids::AbsenceId;
use crate::ticket::command::OwnerAway;

fn away(life: &Life, id: TicketId) -> C {
    let until = Some(instant("2026-03-04 09:00"));
    let away =
        OwnerAway { absence_id: Some(AbsenceId(Uuid::from_u128(5))), until, substitute: None };
    note(life, id, Some(Box::new(away)))
}

fn back(life: &Life, id: TicketId) -> C {
    note(life, id, None)
}

fn note(life: &Life, id: TicketId, away: Option<Box<OwnerAway>>) -> C {
    C::NoteOwner { away, found_in: life.ticket(id).present().unwrap().version }
}

fn noted(life: &mut Life, id: TicketId, at: &str, what: fn(&Life, TicketId) -> C) {
    let command = what(life, id);
    life.tell_by(ActorKind::System, id, at, command);
}

#[test]
fn the_owners_absence_rearms_the_assignment_clock_until_the_owner_is_back() {
    let mut life = Life::new();
    life.recorded_later_ms = 300;
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 09:30", assign());
    noted(&mut life, id, "2026-03-02 12:00", away);
    noted(&mut life, id, "2026-03-02 13:00", back);
    noted(&mut life, id, "2026-03-02 14:00", away);
    assert_snapshot!(life.said(id, "2026-03-03 10:00", OWNER), @"
    assignment 1: 4:30 by * * *, late_ingest, due 2026-03-02 13:30
      2026-03-02 09:00 – 2026-03-02 09:30  open
      stopped by owner at 2026-03-02 09:30, 0:30 elapsed, met
    assignment 2: 4:30 by * * *, due 2026-03-02 16:30
      2026-03-02 12:00 – 2026-03-02 13:00  open
      stopped by return at 2026-03-02 13:00, 1:00 elapsed, met
    assignment 3: 4:30 by * * *, due 2026-03-03 09:30
      2026-03-02 14:00 – 2026-03-02 17:00  open
      2026-03-02 17:00 – 2026-03-03 08:00  closed
      2026-03-03 08:00 – 2026-03-03 10:00  open
      running, 5:00 elapsed, breached, breached at 2026-03-03 09:30 by deadline
    ");
    let promised = [ClockKind::FirstResponse, ClockKind::Resolution];
    let mut other = Life::new();
    other.recorded_later_ms = 300;
    let stays = other.open("2026-03-02 09:00");
    other.tell(stays, "2026-03-02 09:30", assign());
    assert_eq!(
        life.said(id, "2026-03-03 10:00", &promised),
        other.said(stays, "2026-03-03 10:00", &promised),
        "no clock of the customer's is touched"
    );
}

#[test]
fn somebody_elses_taking_it_ends_the_wait_and_a_return_then_ends_nothing() {
    let mut life = Life::new();
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 09:30", assign());
    noted(&mut life, id, "2026-03-02 12:00", away);
    let piotr = AgentRef { id: AgentId(Uuid::from_u128(12)), name: Personal::text("Piotr") };
    life.tell(id, "2026-03-02 12:30", C::Assign { to: piotr, method: AssignMethod::Manual });
    assert_snapshot!(life.said(id, "2026-03-02 15:00", OWNER), @"
    assignment 1: 4:30 by * * *, due 2026-03-02 13:30
      2026-03-02 09:00 – 2026-03-02 09:30  open
      stopped by owner at 2026-03-02 09:30, 0:30 elapsed, met
    assignment 2: 4:30 by * * *, due 2026-03-02 16:30
      2026-03-02 12:00 – 2026-03-02 12:30  open
      stopped by owner at 2026-03-02 12:30, 0:30 elapsed, met
    ");
}

#[test]
fn a_wait_never_ends_before_it_began_though_who_took_it_says_so_late() {
    let mut life = Life::new();
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 09:30", assign());
    noted(&mut life, id, "2026-03-02 12:00", away);
    let piotr = AgentRef { id: AgentId(Uuid::from_u128(12)), name: Personal::text("Piotr") };
    life.tell(id, "2026-03-02 11:00", C::Assign { to: piotr, method: AssignMethod::Manual });
    let said = life.said(id, "2026-03-02 15:00", OWNER);
    assert!(said.ends_with("stopped by owner at 2026-03-02 12:00, 0:00 elapsed, met"), "{said}");
}

#[test]
fn whoever_comes_back_has_still_to_take_what_went_to_another_queue() {
    let mut life = Life::new();
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 09:30", assign());
    noted(&mut life, id, "2026-03-02 12:00", away);
    life.tell(id, "2026-03-02 12:30", C::Transfer { queue: "billing".into(), reason: None });
    noted(&mut life, id, "2026-03-02 13:00", back);
    assert!(life.said(id, "2026-03-02 13:30", OWNER).contains("running, 1:30 elapsed"));
}

#[test]
fn a_ticket_reopened_while_its_owner_is_away_needs_somebody_else() {
    let mut life = Life::new();
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 09:30", assign());
    noted(&mut life, id, "2026-03-02 12:00", away);
    life.tell(id, "2026-03-02 12:30", close());
    life.tell(id, "2026-03-02 14:00", reopen());
    assert!(life.said(id, "2026-03-02 14:30", OWNER).ends_with("running, 0:30 elapsed"));
}

#[test]
fn what_was_found_in_an_older_version_is_not_noted() {
    let mut life = Life::new();
    let id = life.open("2026-03-02 09:00");
    life.tell(id, "2026-03-02 09:30", assign());
    let found = away(&life, id);
    life.tell(id, "2026-03-02 10:00", reply());
    let context = Context {
        actor: Actor::new(ActorKind::System, "timer"),
        now: instant("2026-03-02 12:00"),
        command_id: Uuid::nil(),
        catalogue: &life.catalogue,
    };
    let refused = decide(&life.ticket(id), found, &context);
    assert_eq!(refused, Err(crate::ticket::command::TicketRefusal::ClocksChanged));
}
