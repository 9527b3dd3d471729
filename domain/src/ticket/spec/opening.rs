use insta::assert_snapshot;

use super::*;
use crate::definition::Status;
use crate::ticket::event::{Origin, OriginKind};

pub(super) fn open_with(change: impl FnOnce(&mut TicketDetails)) -> C {
    let mut new = new_ticket();
    change(&mut new.details);
    C::Open(Box::new(new))
}

#[test]
fn a_customers_first_contact_opens_a_ticket_with_the_defaults() {
    assert_snapshot!(spec(&[], open()), @r#"
    given nothing
    when  open 1042 "Parcel lost"
    then  TicketCreated channel: email, customer: Jan Kowalski, message: 1042-1 "Where is it?", number: 1042, opened_by: customer, priority: medium, queue: inbox, sla: {calendar: office, plan: default, tzdb: 2026a}, status: new, subject: "Parcel lost", tier: standard
    "#);
}

#[test]
fn a_ticket_opened_by_an_agent_awaits_the_customer() {
    let by_agent = open_with(|new| new.opened_by = OpenedBy::Agent);
    assert_snapshot!(spec(&[], by_agent), @r#"
    given nothing
    when  open 1042 "Parcel lost"
    then  TicketCreated channel: email, customer: Jan Kowalski, message: 1042-1 "Where is it?", number: 1042, opened_by: agent, priority: medium, queue: inbox, sla: {calendar: office, plan: default, tzdb: 2026a}, status: awaiting_customer, subject: "Parcel lost", tier: standard
    "#);
}

#[test]
fn the_example_of_the_api_works_on_the_defaults() {
    let example = open_with(|new| {
        new.queue = Some("complaints".into());
        new.category = Some("complaint/new".into());
        new.ticket_type = Some("complaint".into());
        new.priority = Some("high".into());
        new.tags = tags(&["courier"]);
    });
    assert_snapshot!(spec(&[], example), @r#"
    given nothing
    when  open 1042 "Parcel lost"
    then  TicketCreated category: complaint/new, channel: email, customer: Jan Kowalski, message: 1042-1 "Where is it?", number: 1042, opened_by: customer, priority: high, queue: complaints, sla: {calendar: office, plan: default, tzdb: 2026a}, status: new, subject: "Parcel lost", tags: [courier], tier: standard, type: complaint
    "#);
}

#[test]
fn without_a_queue_the_category_or_one_above_it_says_where_the_ticket_goes() {
    let reprint = open_with(|new| new.category = Some("invoice/reprint".into()));
    assert_snapshot!(spec(&[], reprint), @r#"
    given nothing
    when  open 1042 "Parcel lost"
    then  TicketCreated category: invoice/reprint, channel: email, customer: Jan Kowalski, message: 1042-1 "Where is it?", number: 1042, opened_by: customer, priority: medium, queue: billing, sla: {calendar: office, plan: default, tzdb: 2026a}, status: new, subject: "Parcel lost", tier: standard
    "#);
}

#[test]
fn without_a_priority_the_queue_says_how_urgent_it_is() {
    let mut desk = Desk::default();
    desk.publish("complaints", complaints_only());
    let complaint = open_with(|new| new.category = Some("complaint".into()));
    assert_snapshot!(desk.spec(&[], complaint), @r#"
    given nothing
    when  open 1042 "Parcel lost"
    then  TicketCreated category: complaint, channel: email, customer: Jan Kowalski, message: 1042-1 "Where is it?", number: 1042, opened_by: customer, priority: high, queue: complaints, sla: {calendar: office, plan: default, tzdb: 2026a}, status: new, subject: "Parcel lost", tier: standard
    "#);
}

#[test]
fn a_queue_takes_only_the_categories_it_allows_and_those_below_them() {
    let mut desk = Desk::default();
    desk.publish("complaints", complaints_only());
    let ask = |category: &str| {
        open_with(|new| {
            new.queue = Some("complaints".into());
            new.category = Some(category.into());
        })
    };
    assert_snapshot!(desk.spec(&[], ask("question")), @r#"
    given nothing
    when  open 1042 "Parcel lost"
    then  refused category_not_allowed at "/category": the queue "complaints" does not take the category "question"
    "#);
    let below = desk.spec(&[], ask("complaint/delivery"));
    assert!(below.contains("category: complaint/delivery"), "{below}");
}

#[test]
fn a_ticket_names_only_what_exists() {
    let unknown = |change: fn(&mut TicketDetails)| spec(&[], open_with(change));
    assert_snapshot!(unknown(|new| new.queue = Some("attic".into())), @r#"
    given nothing
    when  open 1042 "Parcel lost"
    then  refused unknown_queue at "/queue": there is no queue named "attic"
    "#);
    assert_snapshot!(unknown(|new| new.category = Some("complaint/old".into())), @r#"
    given nothing
    when  open 1042 "Parcel lost"
    then  refused unknown_category at "/category": there is no category named "complaint/old"
    "#);
    assert_snapshot!(unknown(|new| new.ticket_type = Some("riddle".into())), @r#"
    given nothing
    when  open 1042 "Parcel lost"
    then  refused unknown_type at "/type": there is no type named "riddle"
    "#);
    assert_snapshot!(unknown(|new| new.priority = Some("utmost".into())), @r#"
    given nothing
    when  open 1042 "Parcel lost"
    then  refused unknown_priority at "/priority": there is no priority named "utmost"
    "#);
}

#[test]
fn a_tag_is_kept_once_and_fifty_are_enough() {
    let twice = open_with(|new| new.tags = tags(&["courier", "vip", "courier"]));
    let told = spec(&[], twice);
    assert!(told.contains("tags: [courier, vip]"), "{told}");
    let many = open_with(|new| new.tags = (0..51).map(|n| n.to_string()).collect());
    assert_snapshot!(spec(&[], many), @r#"
    given nothing
    when  open 1042 "Parcel lost"
    then  refused too_many_tags at "/add": a ticket has at most 50 tags
    "#);
}

#[test]
fn a_follow_up_is_linked_with_the_ticket_it_follows() {
    let events = tell([open_with(|new| {
        new.origin = Some(Origin {
            kind: OriginKind::FollowUp,
            ticket: ticket(900),
            messages: vec![],
            waiting: vec![],
        });
    })]);
    assert_snapshot!(format!("{:?}", state(&events).links[0].kind), @"FollowsUp");
    assert_eq!(state(&events).links[0].other, ticket(900));
}

#[test]
fn the_settings_say_in_which_status_a_ticket_begins() {
    let mut desk = Desk::default();
    let triage =
        Status { name: "Triage".into(), based_on: BaseStatus::InProgress, substatuses: [].into() };
    desk.publish("triage", Document::Status(triage));
    let mut settings = Settings::default();
    settings.status_on.created_by_customer = "triage".into();
    desk.publish("settings", Document::Settings(Box::new(settings)));
    let told = desk.spec(&[], open());
    assert!(told.contains("status: triage"), "{told}");
}

#[test]
fn nothing_can_be_asked_of_a_ticket_that_is_not_there() {
    assert_snapshot!(spec(&[], close()), @"
    given nothing
    when  close as Solved
    then  refused not_found: there is no such ticket
    ");
}

#[test]
fn a_ticket_is_opened_once() {
    assert_snapshot!(spec(&story([]), open()), @r#"
    given TicketCreated → new
    when  open 1042 "Parcel lost"
    then  refused already_opened: the ticket exists already
    "#);
}
