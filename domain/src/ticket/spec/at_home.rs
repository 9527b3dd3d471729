//! What is asked of a root and is about what an alias of it holds. Given is the alias's story.

use insta::assert_snapshot;

use super::*;
use crate::ticket::command::NewDue;
use crate::ticket::decide::decide_for;

/// The transcript of what follows at an alias from what is asked of the root.
fn spec_for(root: &[TicketEvent], alias: &[TicketEvent], when: C) -> String {
    let (desk, phrase) = (Desk::default(), wording::phrase(&when));
    let context = desk.context(desk.now.parse().unwrap(), Uuid::from_u128(u128::from(u64::MAX)));
    let then = decide_for(&state(root), &state(alias), when, &context);
    transcript::transcript(alias, &fold(alias), &phrase, &then)
}

/// A ticket that promised and replied, and was merged.
fn merged() -> Vec<TicketEvent> {
    story([promise("money back"), reply("You get it back."), merge(ticket(900))])
}

fn keep(commitment: CommitmentId) -> C {
    C::KeepCommitment { commitment, note: Some("paid".into()) }
}

fn change(commitment: CommitmentId) -> C {
    let (text, reason) = ("half of it".into(), "the bank is slow".into());
    C::ChangeCommitment { commitment, text, due: NewDue::Stays, reason }
}

#[test]
fn a_promise_of_an_alias_is_settled_and_changed_by_its_root() {
    let (alias, root) = (merged(), story([]));
    let id = first_promise(&alias);
    assert_snapshot!(spec_for(&root, &alias, keep(id)), @r#"
    given TicketCreated → new, CommitmentRecorded, TicketReplied → awaiting_customer, TicketMerged → merged
    when  say that a promise was kept
    then  CommitmentKept commitment_id: promise 1, note: "paid"
    "#);
    assert_snapshot!(spec_for(&root, &alias, change(id)), @r#"
    given TicketCreated → new, CommitmentRecorded, TicketReplied → awaiting_customer, TicketMerged → merged
    when  change a promise to "half of it"
    then  CommitmentChanged commitment_id: promise 1, reason: "the bank is slow", text: "half of it"
    "#);
    let broken = C::BreakCommitment { commitment: id, reason: "no stock".into() };
    assert_snapshot!(spec_for(&story([close()]), &alias, broken), @r#"
    given TicketCreated → new, CommitmentRecorded, TicketReplied → awaiting_customer, TicketMerged → merged
    when  say that a promise was broken
    then  CommitmentBroken commitment_id: promise 1, reason: "no stock"
    "#);
    assert_snapshot!(spec(&alias, keep(id)), @"
    given TicketCreated → new, CommitmentRecorded, TicketReplied → awaiting_customer, TicketMerged → merged
    when  say that a promise was kept
    then  refused ticket_merged: the ticket was merged into 900; write there
    ");
}

#[test]
fn the_root_takes_what_it_would_take_for_itself() {
    let alias = merged();
    let id = first_promise(&alias);
    assert_snapshot!(spec_for(&story([close()]), &alias, change(id)), @r#"
    given TicketCreated → new, CommitmentRecorded, TicketReplied → awaiting_customer, TicketMerged → merged
    when  change a promise to "half of it"
    then  refused ticket_closed: the ticket is closed; reopen it first
    "#);
    assert_snapshot!(spec_for(&story([merge(ticket(901))]), &alias, keep(id)), @"
    given TicketCreated → new, CommitmentRecorded, TicketReplied → awaiting_customer, TicketMerged → merged
    when  say that a promise was kept
    then  refused ticket_merged: the ticket was merged into 901; write there
    ");
}

#[test]
fn what_is_settled_is_settled_at_home_and_stays_so() {
    let mut alias = merged();
    let id = first_promise(&alias);
    let desk = Desk::default();
    let context = desk.context(desk.now.parse().unwrap(), Uuid::from_u128(99));
    alias.extend(decide_for(&state(&story([])), &state(&alias), keep(id), &context).unwrap());
    assert_eq!(state(&alias).open_commitments().count(), 0);
    assert!(state(&alias).merged.is_some());
    assert_snapshot!(spec_for(&story([]), &alias, keep(id)), @"
    given TicketCreated → new, CommitmentRecorded, TicketReplied → awaiting_customer, TicketMerged → merged, CommitmentKept
    when  say that a promise was kept
    then  nothing
    ");
    assert_snapshot!(spec_for(&story([]), &alias, change(id)), @r#"
    given TicketCreated → new, CommitmentRecorded, TicketReplied → awaiting_customer, TicketMerged → merged, CommitmentKept
    when  change a promise to "half of it"
    then  refused unknown_commitment at "/commitment": there is no such open commitment in the ticket
    "#);
}

#[test]
fn a_reply_of_an_alias_bounces_and_nothing_else_of_it_does() {
    let alias = merged();
    let bounced = |place| C::ReportBounce {
        message: said(&alias, place),
        recipient: None,
        code: Some("5.1.1".into()),
        reason: None,
    };
    assert_snapshot!(spec_for(&story([]), &alias, bounced(2)), @r#"
    given TicketCreated → new, CommitmentRecorded, TicketReplied → awaiting_customer, TicketMerged → merged
    when  note that a reply bounced: Some("5.1.1")
    then  DeliveryFailed code: 5.1.1, message_id: 1042-2
    "#);
    assert_snapshot!(spec_for(&story([]), &alias, bounced(1)), @r#"
    given TicketCreated → new, CommitmentRecorded, TicketReplied → awaiting_customer, TicketMerged → merged
    when  note that a reply bounced: Some("5.1.1")
    then  refused unknown_message at "/message": there is no such message in the ticket
    "#);
}
