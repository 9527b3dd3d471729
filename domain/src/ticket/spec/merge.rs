use insta::assert_snapshot;

use super::*;
use crate::ids::MergeId;
use crate::ticket::event::{LinkKind, MergeSide, Severity};
use crate::ticket::state::Snooze;

fn absorb(merge_id: u128) -> C {
    let merge_id = MergeId(Uuid::from_u128(merge_id));
    C::Absorb { merge_id, source: ticket(900), waiting: Vec::new() }
}

fn unmerge(merge_id: MergeId, side: MergeSide) -> C {
    let (messages, waiting, answered) = (Vec::new(), Vec::new(), Vec::new());
    C::Unmerge { merge_id, side, messages, waiting, answered }
}

fn link(kind: LinkKind) -> C {
    C::Link { other: ticket(900), kind }
}

fn unlink(kind: Option<LinkKind>) -> C {
    C::Unlink { other: ticket(900).id, kind }
}

#[test]
fn a_merged_ticket_becomes_an_alias() {
    assert_snapshot!(spec(&story([assign(anna())]), merge(ticket(900))), @"
    given TicketCreated → new, TicketAssigned → in_progress
    when  merge into #900
    then  TicketMerged into: #900, merge_id: new, status: in_progress → merged
    ");
}

#[test]
fn a_closed_ticket_can_be_merged_but_not_into_a_closed_one() {
    assert_snapshot!(spec(&story([close()]), merge(ticket(900))), @"
    given TicketCreated → new, TicketClosed → closed
    when  merge into #900
    then  TicketMerged into: #900, merge_id: new, status: closed → merged
    ");
    let into_closed = C::Merge { into: ticket(900), survivor_status: BaseStatus::Closed };
    assert_snapshot!(spec(&story([]), into_closed), @"
    given TicketCreated → new
    when  merge into #900
    then  refused survivor_closed: the other ticket is closed or merged; reopen it, or name the one it leads to
    ");
}

#[test]
fn no_merge_leads_back_to_where_it_began() {
    assert_snapshot!(spec(&story([]), merge(ticket(1042))), @"
    given TicketCreated → new
    when  merge into #1042
    then  refused merge_cycle: a ticket cannot be merged into itself or into its own alias
    ");
    assert_snapshot!(spec(&story([absorb(5)]), merge(ticket(900))), @"
    given TicketCreated → new, TicketAbsorbed
    when  merge into #900
    then  refused merge_cycle: a ticket cannot be merged into itself or into its own alias
    ");
    let source = ticket(1042);
    let itself = C::Absorb { merge_id: MergeId(nowhere()), source, waiting: Vec::new() };
    assert_snapshot!(spec(&story([]), itself), @"
    given TicketCreated → new
    when  absorb #1042
    then  refused merge_cycle: a ticket cannot be merged into itself or into its own alias
    ");
}

#[test]
fn an_open_complaint_is_decided_before_a_merge() {
    let complaint = C::RaiseComplaint {
        claim: "broken".into(),
        severity: Severity::Minor,
        remedy: None,
        owner: None,
        limited: Vec::new(),
    };
    assert_snapshot!(spec(&story([complaint]), merge(ticket(900))), @"
    given TicketCreated → new, ComplaintRaised
    when  merge into #900
    then  refused complaint_open: a complaint is open; decide it first
    ");
}

#[test]
fn the_survivor_takes_its_alias_once_whatever_became_of_it() {
    assert_snapshot!(spec(&story([]), absorb(5)), @"
    given TicketCreated → new
    when  absorb #900
    then  TicketAbsorbed merge_id: new, source: #900
    ");
    assert_snapshot!(spec(&story([absorb(5)]), absorb(5)), @"
    given TicketCreated → new, TicketAbsorbed
    when  absorb #900
    then  nothing
    ");
    let closed = spec(&story([close()]), absorb(5));
    assert!(closed.contains("TicketAbsorbed"), "{closed}");
    let undone = story([absorb(5), unmerge(MergeId(Uuid::from_u128(5)), MergeSide::Survivor)]);
    assert_snapshot!(spec(&undone, absorb(5)), @"
    given TicketCreated → new, TicketAbsorbed, TicketUnmerged
    when  absorb #900
    then  nothing
    ");
}

#[test]
fn an_unmerged_ticket_is_again_what_it_was() {
    let given = story([assign(anna()), merge(ticket(900))]);
    assert_snapshot!(spec(&given, unmerge(merge_id(&given), MergeSide::Source)), @"
    given TicketCreated → new, TicketAssigned → in_progress, TicketMerged → merged
    when  unmerge at the Source
    then  TicketUnmerged merge_id: the merge, other: #900, side: source, status: merged → in_progress
    ");
}

#[test]
fn a_snooze_rests_while_the_ticket_is_merged() {
    let asleep = || snooze("2026-03-02T15:00:00Z");
    let given = story([asleep(), merge(ticket(900))]);
    assert_eq!(state(&given).snooze, None);
    let back = unmerge(merge_id(&given), MergeSide::Source);
    let after = story([asleep(), merge(ticket(900)), back]);
    let before = state(&story([asleep()])).snooze.unwrap();
    assert_eq!(state(&after).snooze, Some(Snooze { rested: true, ..before }));
    assert_eq!(state(&after).status.base, BaseStatus::Snoozed);
}

#[test]
fn the_survivor_gives_its_alias_back_with_the_messages_listed() {
    let give_back = |messages| C::Unmerge {
        merge_id: MergeId(Uuid::from_u128(5)),
        side: MergeSide::Survivor,
        messages,
        waiting: Vec::new(),
        answered: Vec::new(),
    };
    let given = story([absorb(5), message("About the other parcel")]);
    let messages = vec![said(&given, 2)];
    let back = give_back(messages);
    assert_snapshot!(spec(&given, back), @"
    given TicketCreated → new, TicketAbsorbed, MessageReceived
    when  unmerge at the Survivor
    then  TicketUnmerged merge_id: the merge, messages: [1042-2], other: #900, side: survivor
    ");
    let messages = vec![MessageId(nowhere())];
    assert_snapshot!(spec(&given, give_back(messages)), @r#"
    given TicketCreated → new, TicketAbsorbed, MessageReceived
    when  unmerge at the Survivor
    then  refused unknown_message at "/message": there is no such message in the ticket
    "#);
}

#[test]
fn a_merge_is_undone_once_and_only_where_it_was_made() {
    let given = story([merge(ticket(900))]);
    let elsewhere = unmerge(MergeId(nowhere()), MergeSide::Source);
    assert_snapshot!(spec(&given, elsewhere.clone()), @r#"
    given TicketCreated → new, TicketMerged → merged
    when  unmerge at the Source
    then  refused unknown_merge at "/merge_id": the ticket was not merged by that merge
    "#);
    assert_snapshot!(spec(&story([]), elsewhere), @r#"
    given TicketCreated → new
    when  unmerge at the Source
    then  refused unknown_merge at "/merge_id": the ticket was not merged by that merge
    "#);
    assert_snapshot!(spec(&story([]), unmerge(MergeId(nowhere()), MergeSide::Survivor)), @r#"
    given TicketCreated → new
    when  unmerge at the Survivor
    then  refused unknown_merge at "/merge_id": the ticket was not merged by that merge
    "#);
    let back = unmerge(merge_id(&given), MergeSide::Source);
    assert_snapshot!(spec(&story([merge(ticket(900)), back.clone()]), back), @"
    given TicketCreated → new, TicketMerged → merged, TicketUnmerged → new
    when  unmerge at the Source
    then  nothing
    ");
}

#[test]
fn in_a_chain_the_middle_gives_its_alias_back_though_it_is_merged_itself() {
    let given = story([absorb(5), merge(ticket(901))]);
    let back = unmerge(MergeId(Uuid::from_u128(5)), MergeSide::Survivor);
    assert_snapshot!(spec(&given, back), @"
    given TicketCreated → new, TicketAbsorbed, TicketMerged → merged
    when  unmerge at the Survivor
    then  TicketUnmerged merge_id: the merge, other: #900, side: survivor
    ");
}

#[test]
fn a_merged_ticket_takes_no_writes() {
    let given = story([merge(ticket(900))]);
    assert_snapshot!(spec(&given, message("Hello?")), @r#"
    given TicketCreated → new, TicketMerged → merged
    when  the customer writes "Hello?"
    then  refused ticket_merged: the ticket was merged into 900; write there
    "#);
    assert_snapshot!(spec(&given, note("for the record")), @r#"
    given TicketCreated → new, TicketMerged → merged
    when  note "for the record"
    then  refused ticket_merged: the ticket was merged into 900; write there
    "#);
    assert_snapshot!(spec(&given, merge(ticket(901))), @"
    given TicketCreated → new, TicketMerged → merged
    when  merge into #901
    then  refused ticket_merged: the ticket was merged into 900; write there
    ");
}

#[test]
fn a_split_names_what_the_new_ticket_is_made_of() {
    let given = story([message("And my invoice is wrong")]);
    let split = |into, messages| C::Split { into, messages, waiting: Vec::new() };
    assert_snapshot!(spec(&given, split(ticket(1043), vec![said(&given, 2)])), @"
    given TicketCreated → new, MessageReceived
    when  split 1 message(s) off into #1043
    then  TicketSplit into: #1043, messages: [1042-2]
    ");
    assert_snapshot!(spec(&given, split(ticket(1043), vec![])), @r#"
    given TicketCreated → new, MessageReceived
    when  split 0 message(s) off into #1043
    then  refused unknown_message at "/message": there is no such message in the ticket
    "#);
    assert_snapshot!(spec(&given, split(ticket(1043), vec![MessageId(nowhere())])), @r#"
    given TicketCreated → new, MessageReceived
    when  split 1 message(s) off into #1043
    then  refused unknown_message at "/message": there is no such message in the ticket
    "#);
    assert_snapshot!(spec(&given, split(ticket(1042), vec![said(&given, 2)])), @r#"
    given TicketCreated → new, MessageReceived
    when  split 1 message(s) off into #1042
    then  refused self_link at "/ticket": a ticket cannot be linked with itself
    "#);
}

#[test]
fn a_split_is_noted_once_and_not_after_the_end() {
    let given = story([]);
    let messages = vec![said(&given, 1)];
    let split = C::Split { into: ticket(1043), messages, waiting: Vec::new() };
    assert_snapshot!(spec(&story([split.clone()]), split.clone()), @"
    given TicketCreated → new, TicketSplit
    when  split 1 message(s) off into #1043
    then  nothing
    ");
    assert_snapshot!(spec(&story([close()]), split), @"
    given TicketCreated → new, TicketClosed → closed
    when  split 1 message(s) off into #1043
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn tickets_are_linked_once_for_each_kind() {
    assert_snapshot!(spec(&story([]), link(LinkKind::Related)), @"
    given TicketCreated → new
    when  link with #900 as Related
    then  TicketLinked kind: related, other: #900
    ");
    assert_snapshot!(spec(&story([link(LinkKind::Related)]), link(LinkKind::Related)), @"
    given TicketCreated → new, TicketLinked
    when  link with #900 as Related
    then  nothing
    ");
    assert_snapshot!(spec(&story([link(LinkKind::Related)]), link(LinkKind::Duplicate)), @"
    given TicketCreated → new, TicketLinked
    when  link with #900 as Duplicate
    then  TicketLinked kind: duplicate, other: #900
    ");
    let itself = C::Link { other: ticket(1042), kind: LinkKind::Related };
    assert_snapshot!(spec(&story([]), itself), @r#"
    given TicketCreated → new
    when  link with #1042 as Related
    then  refused self_link at "/ticket": a ticket cannot be linked with itself
    "#);
}

#[test]
fn links_are_removed_all_or_by_kind() {
    let given = story([link(LinkKind::Related), link(LinkKind::Causes), close()]);
    assert_snapshot!(spec(&given, unlink(None)), @"
    given TicketCreated → new, TicketLinked, TicketLinked, TicketClosed → closed
    when  unlink
    then  TicketUnlinked kind: related, other: #900
          TicketUnlinked kind: causes, other: #900
    ");
    assert_snapshot!(spec(&given, unlink(Some(LinkKind::Causes))), @"
    given TicketCreated → new, TicketLinked, TicketLinked, TicketClosed → closed
    when  unlink as Causes
    then  TicketUnlinked kind: causes, other: #900
    ");
    assert_snapshot!(spec(&given, unlink(Some(LinkKind::Duplicate))), @r#"
    given TicketCreated → new, TicketLinked, TicketLinked, TicketClosed → closed
    when  unlink as Duplicate
    then  refused unknown_link at "/ticket": there is no such link
    "#);
}
