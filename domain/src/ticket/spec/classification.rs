use insta::assert_snapshot;

use super::*;

fn prioritize(priority: &str) -> C {
    C::Prioritize { priority: priority.into() }
}

fn classify(category: Option<&str>, ticket_type: Option<&str>) -> C {
    C::Reclassify {
        category: category.map(Into::into),
        ticket_type: ticket_type.map(Into::into),
        tier: None,
        channel: None,
    }
}

fn transfer(queue: &str) -> C {
    C::Transfer { queue: queue.into(), reason: Some("wrong desk".into()) }
}

fn tag(add: &[&str], remove: &[&str]) -> C {
    C::Tag { add: tags(add), remove: tags(remove) }
}

fn set_field(field: &str, value: Option<&str>) -> C {
    C::SetField { field: field.into(), value: value.map(Into::into) }
}

#[test]
fn a_priority_is_set_once() {
    assert_snapshot!(spec(&story([]), prioritize("high")), @"
    given TicketCreated → new
    when  set the priority high
    then  TicketPrioritized from: medium, to: high
    ");
    assert_snapshot!(spec(&story([prioritize("high")]), prioritize("high")), @"
    given TicketCreated → new, TicketPrioritized
    when  set the priority high
    then  nothing
    ");
    assert_snapshot!(spec(&story([]), prioritize("utmost")), @r#"
    given TicketCreated → new
    when  set the priority utmost
    then  refused unknown_priority at "/priority": there is no priority named "utmost"
    "#);
    assert_snapshot!(spec(&story([close()]), prioritize("high")), @"
    given TicketCreated → new, TicketClosed → closed
    when  set the priority high
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn what_was_chosen_before_stays_on_record() {
    let given = story([classify(Some("question"), None)]);
    assert_snapshot!(spec(&given, classify(Some("technical/outage"), Some("technical"))), @"
    given TicketCreated → new, TicketReclassified
    when  classify as category technical/outage type technical
    then  TicketReclassified category: technical/outage, from_category: question, type: technical
    ");
}

#[test]
fn what_is_not_said_stays() {
    let given = story([classify(Some("question"), Some("question"))]);
    assert_snapshot!(spec(&given, classify(None, Some("technical"))), @"
    given TicketCreated → new, TicketReclassified
    when  classify as type technical
    then  TicketReclassified category: question, from_category: question, from_type: question, type: technical
    ");
    assert_snapshot!(spec(&given, classify(Some("question"), Some("question"))), @"
    given TicketCreated → new, TicketReclassified
    when  classify as category question type question
    then  nothing
    ");
    assert_snapshot!(spec(&given, classify(None, None)), @"
    given TicketCreated → new, TicketReclassified
    when  classify as nothing
    then  nothing
    ");
}

#[test]
fn a_ticket_is_classified_as_something_that_exists_and_that_its_queue_takes() {
    assert_snapshot!(spec(&story([]), classify(Some("riddle"), None)), @r#"
    given TicketCreated → new
    when  classify as category riddle
    then  refused unknown_category at "/category": there is no category named "riddle"
    "#);
    assert_snapshot!(spec(&story([]), classify(None, Some("riddle"))), @r#"
    given TicketCreated → new
    when  classify as type riddle
    then  refused unknown_type at "/type": there is no type named "riddle"
    "#);
    let mut desk = Desk::default();
    desk.publish("complaints", complaints_only());
    let given = story([transfer("complaints")]);
    assert_snapshot!(desk.spec(&given, classify(Some("question"), None)), @r#"
    given TicketCreated → new, TicketTransferred
    when  classify as category question
    then  refused category_not_allowed at "/category": the queue "complaints" does not take the category "question"
    "#);
    assert_snapshot!(spec(&story([close()]), classify(Some("question"), None)), @"
    given TicketCreated → new, TicketClosed → closed
    when  classify as category question
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn a_transfer_leaves_owner_and_status() {
    assert_snapshot!(spec(&story([assign(anna())]), transfer("billing")), @r#"
    given TicketCreated → new, TicketAssigned → in_progress
    when  transfer to billing
    then  TicketTransferred from: inbox, reason: "wrong desk", to: billing
    "#);
    let events = story([assign(anna()), transfer("billing")]);
    assert_eq!(state(&events).assignee, Some(anna()));
}

#[test]
fn a_transfer_goes_to_a_queue_that_exists_and_takes_the_category() {
    assert_snapshot!(spec(&story([]), transfer("inbox")), @"
    given TicketCreated → new
    when  transfer to inbox
    then  nothing
    ");
    assert_snapshot!(spec(&story([]), transfer("attic")), @r#"
    given TicketCreated → new
    when  transfer to attic
    then  refused unknown_queue at "/queue": there is no queue named "attic"
    "#);
    let mut desk = Desk::default();
    desk.publish("complaints", complaints_only());
    let given = story([classify(Some("question"), None)]);
    assert_snapshot!(desk.spec(&given, transfer("complaints")), @r#"
    given TicketCreated → new, TicketReclassified
    when  transfer to complaints
    then  refused category_not_allowed at "/category": the queue "complaints" does not take the category "question"
    "#);
    assert_snapshot!(spec(&story([close()]), transfer("billing")), @"
    given TicketCreated → new, TicketClosed → closed
    when  transfer to billing
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn a_status_is_set_by_hand_with_its_substatus() {
    let courier =
        C::SetStatus { status: "in_progress".into(), substatus: Some("awaiting_courier".into()) };
    assert_snapshot!(spec(&story([]), courier.clone()), @"
    given TicketCreated → new
    when  set the status in_progress/awaiting_courier
    then  TicketStatusChanged from: new, to: in_progress/awaiting_courier
    ");
    assert_snapshot!(spec(&story([courier.clone()]), courier.clone()), @"
    given TicketCreated → new, TicketStatusChanged → in_progress
    when  set the status in_progress/awaiting_courier
    then  nothing
    ");
    assert_snapshot!(spec(&story([courier]), set_status("in_progress")), @"
    given TicketCreated → new, TicketStatusChanged → in_progress
    when  set the status in_progress
    then  TicketStatusChanged from: in_progress/awaiting_courier, to: in_progress
    ");
}

#[test]
fn a_status_and_its_substatus_must_exist() {
    assert_snapshot!(spec(&story([]), set_status("limbo")), @r#"
    given TicketCreated → new
    when  set the status limbo
    then  refused unknown_status at "/status": there is no status named "limbo"
    "#);
    let limbo = C::SetStatus { status: "new".into(), substatus: Some("limbo".into()) };
    assert_snapshot!(spec(&story([]), limbo), @r#"
    given TicketCreated → new
    when  set the status new/limbo
    then  refused unknown_substatus at "/substatus": the status "new" has no substatus "limbo"
    "#);
}

#[test]
fn what_has_a_command_of_its_own_is_not_set_by_hand() {
    assert_snapshot!(spec(&story([]), set_status("snoozed")), @r#"
    given TicketCreated → new
    when  set the status snoozed
    then  refused status_needs_command at "/status": the status "snoozed" is set by its own command: snooze, merge or close
    "#);
    assert_snapshot!(spec(&story([]), set_status("merged")), @r#"
    given TicketCreated → new
    when  set the status merged
    then  refused status_needs_command at "/status": the status "merged" is set by its own command: snooze, merge or close
    "#);
    assert_snapshot!(spec(&story([]), set_status("closed")), @r#"
    given TicketCreated → new
    when  set the status closed
    then  refused status_needs_command at "/status": the status "closed" is set by its own command: snooze, merge or close
    "#);
    assert_snapshot!(spec(&story([close()]), set_status("new")), @"
    given TicketCreated → new, TicketClosed → closed
    when  set the status new
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

#[test]
fn leaving_a_snooze_by_hand_ends_it() {
    let given = story([snooze("2026-03-03T10:00:00Z")]);
    assert_snapshot!(spec(&given, set_status("in_progress")), @"
    given TicketCreated → new, TicketSnoozed → snoozed
    when  set the status in_progress
    then  TicketStatusChanged from: snoozed, to: in_progress
    ");
    let events = story([snooze("2026-03-03T10:00:00Z"), set_status("in_progress")]);
    assert_eq!(state(&events).snooze, None);
}

#[test]
fn tags_are_added_and_removed_where_that_changes_anything() {
    let given = story([tag(&["courier", "vip"], &[])]);
    assert_snapshot!(spec(&given, tag(&["vip", "lost", "lost"], &["courier", "gone"])), @r#"
    given TicketCreated → new, TicketTagged
    when  tag +["vip", "lost", "lost"] -["courier", "gone"]
    then  TicketTagged added: [lost], removed: [courier]
    "#);
    assert_snapshot!(spec(&given, tag(&["vip"], &["vip", "gone"])), @r#"
    given TicketCreated → new, TicketTagged
    when  tag +["vip"] -["vip", "gone"]
    then  refused tag_both_ways at "/remove": the tag "vip" is to be both added and removed
    "#);
    assert_snapshot!(spec(&story([close()]), tag(&["late"], &[])), @r#"
    given TicketCreated → new, TicketClosed → closed
    when  tag +["late"] -[]
    then  TicketTagged added: [late]
    "#);
}

#[test]
fn a_ticket_has_at_most_fifty_tags() {
    let fifty: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let given = story([C::Tag { add: fifty, remove: Vec::new() }]);
    let exchanged = spec(&given, tag(&["50"], &["0"]));
    assert!(exchanged.contains("TicketTagged"), "{exchanged}");
    let refused = spec(&given, tag(&["50"], &[]));
    assert!(refused.contains("refused too_many_tags"), "{refused}");
}

#[test]
fn a_tag_is_not_added_and_removed_at_once() {
    let refused = spec(&story([]), tag(&["courier", "late"], &["late"]));
    assert!(refused.contains(r#"refused tag_both_ways at "/remove""#), "{refused}");
}

#[test]
fn a_custom_field_is_set_changed_and_cleared() {
    let given = story([set_field("order", Some("A-17"))]);
    assert_snapshot!(spec(&story([]), set_field("order", Some("A-17"))), @r#"
    given TicketCreated → new
    when  set order to "A-17"
    then  CustomFieldChanged field: order, to: "A-17"
    "#);
    assert_snapshot!(spec(&given, set_field("order", Some("A-18"))), @r#"
    given TicketCreated → new, CustomFieldChanged
    when  set order to "A-18"
    then  CustomFieldChanged field: order, from: "A-17", to: "A-18"
    "#);
    assert_snapshot!(spec(&given, set_field("order", None)), @r#"
    given TicketCreated → new, CustomFieldChanged
    when  clear order
    then  CustomFieldChanged field: order, from: "A-17"
    "#);
    assert_snapshot!(spec(&given, set_field("order", Some("A-17"))), @r#"
    given TicketCreated → new, CustomFieldChanged
    when  set order to "A-17"
    then  nothing
    "#);
    assert_snapshot!(spec(&story([close()]), set_field("order", None)), @"
    given TicketCreated → new, TicketClosed → closed
    when  clear order
    then  refused ticket_closed: the ticket is closed; reopen it first
    ");
}

fn terms(tier: Option<&str>, channel: Option<Channel>) -> C {
    C::Reclassify { category: None, ticket_type: None, tier: tier.map(Into::into), channel }
}

#[test]
fn what_a_ticket_is_promised_by_can_be_corrected_and_what_it_was_stays_on_record() {
    assert_snapshot!(spec(&story([]), terms(Some("premium"), None)), @"
    given TicketCreated → new
    when  promise as premium
    then  TicketTermsChanged channel: email, from_channel: email, from_tier: standard, tier: premium
    ");
    let corrected = story([terms(Some("premium"), Some(Channel::Phone))]);
    assert_snapshot!(spec(&corrected, terms(Some("standard"), Some(Channel::Email))), @"
    given TicketCreated → new, TicketTermsChanged
    when  promise as standard email
    then  TicketTermsChanged channel: email, from_channel: phone, from_tier: premium, tier: standard
    ");
    assert_snapshot!(spec(&corrected, terms(Some("premium"), Some(Channel::Phone))), @"
    given TicketCreated → new, TicketTermsChanged
    when  promise as premium phone
    then  nothing
    ");
    assert_snapshot!(spec(&story([]), terms(Some("gold"), None)), @r#"
    given TicketCreated → new
    when  promise as gold
    then  refused unknown_tier at "/tier": there is no tier "gold": tiers are standard and premium
    "#);
    let closed = spec(&story([close()]), terms(Some("premium"), None));
    assert!(closed.contains("refused ticket_closed"), "{closed}");
}
