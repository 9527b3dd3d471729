//! Tickets that are given and offered by the desk (S-14, S-15).

use insta::assert_snapshot;

use super::properties::routed;
use super::*;

const MINUTES: i64 = 60_000;

fn give(to: AgentRef) -> C {
    C::Give { to, routed: Box::new(routed(1)), offer_ms: None }
}

fn offer(to: AgentRef) -> C {
    C::Give { to, routed: Box::new(routed(0)), offer_ms: Some(2 * MINUTES) }
}

fn decline(agent: AgentRef) -> C {
    C::DeclineOffer { agent, reason: "in a meeting".into() }
}

fn expire() -> C {
    C::ExpireOffer { offered_in: 2 }
}

#[test]
fn what_waits_for_an_owner_is_given_to_whom_the_desk_chose() {
    assert_snapshot!(spec(&story([]), give(anna())), @"
    given TicketCreated → new
    when  give to Anna
    then  TicketAssigned method: skill, routed: {candidates: [{agent: new, load: 1}], of: 1, queue: inbox, skills: [german]}, status: new → in_progress, to: Anna
    ");
    assert_snapshot!(spec(&story([assign(piotr())]), give(anna())), @"
    given TicketCreated → new, TicketAssigned → in_progress
    when  give to Anna
    then  nothing
    ");
    assert_snapshot!(spec(&story([reply("Soon.")]), give(anna())), @"
    given TicketCreated → new, TicketReplied → awaiting_customer
    when  give to Anna
    then  nothing
    ");
}

#[test]
fn an_offer_is_no_owner_and_what_is_accepted_in_time_is_one() {
    assert_snapshot!(spec(&story([]), offer(anna())), @"
    given TicketCreated → new
    when  offer to Anna
    then  TicketOffered agent: Anna, routed: {candidates: [{agent: new, load: 0}], of: 1, queue: inbox}, until: 2026-03-02T10:02:00.000Z
    ");
    let offered = story([offer(anna())]);
    assert!(state(&offered).assignee.is_none());
    // It was offered a minute after nine, for two.
    let at = |now| Desk::at(now).spec(&offered, C::AcceptOffer { agent: anna() });
    assert_snapshot!(at("2026-03-02T09:02:59.999Z"), @"
    given TicketCreated → new, TicketOffered
    when  Anna accepts
    then  OfferAccepted agent: Anna
          TicketAssigned method: round_robin, status: new → in_progress, to: Anna
    ");
    assert_snapshot!(at("2026-03-02T09:03:00Z"), @"
    given TicketCreated → new, TicketOffered
    when  Anna accepts
    then  refused offer_ended: the offer ended at 2026-03-02T09:03:00.000Z
    ");
    let other = Desk::at("2026-03-02T09:02:00Z").spec(&offered, C::AcceptOffer { agent: piotr() });
    assert_snapshot!(other, @"
    given TicketCreated → new, TicketOffered
    when  Piotr accepts
    then  refused not_offered: the ticket is not offered to the agent
    ");
    let accepted = story([offer(anna()), C::AcceptOffer { agent: anna() }]);
    assert_snapshot!(spec(&accepted, C::AcceptOffer { agent: anna() }), @"
    given TicketCreated → new, TicketOffered, OfferAccepted, TicketAssigned → in_progress
    when  Anna accepts
    then  nothing
    ");
}

#[test]
fn who_declines_says_why_and_an_offer_that_nobody_answers_runs_out_once() {
    let offered = story([offer(anna())]);
    assert_snapshot!(Desk::at("2026-03-02T09:02:00Z").spec(&offered, decline(anna())), @r#"
    given TicketCreated → new, TicketOffered
    when  Anna declines
    then  OfferDeclined agent: Anna, reason: "in a meeting"
    "#);
    assert_snapshot!(Desk::at("2026-03-02T09:02:00Z").spec(&offered, decline(piotr())), @"
    given TicketCreated → new, TicketOffered
    when  Piotr declines
    then  refused not_offered: the ticket is not offered to the agent
    ");
    assert_snapshot!(spec(&offered, expire()), @"
    given TicketCreated → new, TicketOffered
    when  the offer runs out
    then  OfferExpired agent: Anna, due: 2026-03-02T09:03:00.000Z
    ");
    assert_snapshot!(spec(&story([offer(anna()), decline(anna())]), expire()), @"
    given TicketCreated → new, TicketOffered, OfferDeclined
    when  the offer runs out
    then  nothing
    ");
}

#[test]
fn an_offer_is_withdrawn_by_whatever_ends_the_wait_for_an_owner() {
    let to_billing = C::Transfer { queue: "billing".into(), reason: None };
    for ends in [
        assign(piotr()),
        to_billing,
        close(),
        merge(ticket(900)),
        snooze("2026-03-02T12:00:00Z"),
        reply("Soon."),
    ] {
        let story = story([offer(anna()), ends]);
        assert_eq!(state(&story).offers.open, None);
        assert!(!spec(&story, expire()).contains("OfferExpired"));
    }
    let kept = story([offer(anna()), note("hm"), message("And?"), assign_priority()]);
    assert!(state(&kept).offers.open.is_some());
}

fn assign_priority() -> C {
    C::Prioritize { priority: "high".into() }
}

#[test]
fn nobody_is_asked_twice_in_a_round_and_a_new_one_begins_after_a_while() {
    let passed = story([offer(anna()), decline(anna()), offer(piotr()), decline(piotr())]);
    let offers = state(&passed).offers;
    // The last offer was made three minutes after nine, for two.
    let at = |now: &str| offers.passed_at(30 * MINUTES, now.parse().unwrap()).len();
    assert_eq!((at("2026-03-02T09:34:59Z"), at("2026-03-02T09:35:00Z")), (2, 0));
    let again = [offer(anna()), decline(anna()), offer(piotr()), decline(piotr()), offer(anna())];
    assert_eq!(state(&story(again)).offers.passed, [], "a new round");
    let moved = C::Transfer { queue: "billing".into(), reason: None };
    let elsewhere = story([offer(anna()), decline(anna()), moved]);
    assert_eq!(state(&elsewhere).offers, Offers::default());
}
