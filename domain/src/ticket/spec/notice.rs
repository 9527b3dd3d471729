use insta::assert_snapshot;

use super::*;
use crate::definition::Template;
use crate::sla::calendar::Calendar;

/// The desk when its customers are told that nobody is there: the inbox by a template, from eight to five
/// on weekdays. Anna, where it is said that she works by night, from ten to six.
fn desk(now: &'static str) -> Desk {
    let mut desk = Desk::at(now);
    let template = Template {
        name: "Read later".into(),
        subject: None,
        body: "We will read your message on {opens_at}.".into(),
    };
    desk.publish("read_later", Document::Template(template));
    let night = serde_json::json!({
        "name": "Night", "zone": "UTC", "day": "PT8H", "weekly": { "mon": ["22:00-06:00"] },
    });
    let night: Calendar = serde_json::from_value(night).unwrap();
    desk.publish("night", Document::Calendar(night));
    set_inbox(&mut desk, |inbox| inbox.after_hours_notice = Some("read_later".into()));
    desk
}

fn set_inbox(desk: &mut Desk, change: impl FnOnce(&mut Queue)) {
    let mut inbox = desk.catalogue.queues["inbox"].document.clone();
    change(&mut inbox);
    desk.publish("inbox", Document::Queue(inbox));
}

fn received() -> C {
    C::Receive { message: text("Still nothing"), channel: Channel::Email }
}

/// The question that is put for a message that was taken in at the moment of the decision.
fn look(now: &str, owner_calendar: Option<&str>) -> C {
    C::NoticeAfterHours {
        owner_calendar: owner_calendar.map(Into::into),
        told_at: now.parse().unwrap(),
    }
}

fn at(now: &'static str, given: &[TicketEvent], owner_calendar: Option<&str>) -> String {
    desk(now).spec(given, look(now, owner_calendar))
}

#[test]
fn who_writes_by_night_is_told_when_it_will_be_read() {
    assert_snapshot!(at("2026-03-02T21:30:00Z", &story([received()]), None), @"
    given TicketCreated → new, MessageReceived
    when  look whether somebody is there
    then  AfterHoursNoticed calendar: office, message_id: 1042-2, opens_at: 2026-03-03T08:00:00.000Z, template: read_later
    ");
}

#[test]
fn who_writes_on_friday_evening_is_told_of_monday() {
    assert_snapshot!(at("2026-03-06T17:00:00Z", &story([received()]), None), @"
    given TicketCreated → new, MessageReceived
    when  look whether somebody is there
    then  AfterHoursNoticed calendar: office, message_id: 1042-2, opens_at: 2026-03-09T08:00:00.000Z, template: read_later
    ");
}

#[test]
fn who_writes_while_somebody_is_there_is_told_nothing() {
    assert_snapshot!(at("2026-03-02T16:59:59.999Z", &story([received()]), None), @"
    given TicketCreated → new, MessageReceived
    when  look whether somebody is there
    then  nothing
    ");
}

#[test]
fn nobody_is_told_anything_where_the_queue_names_no_template() {
    let quiet = Desk::at("2026-03-02T21:30:00Z");
    let told = quiet.spec(&story([received()]), look("2026-03-02T21:30:00Z", None));
    assert_snapshot!(told, @"
    given TicketCreated → new, MessageReceived
    when  look whether somebody is there
    then  nothing
    ");
}

#[test]
fn many_messages_of_one_night_make_one_notice_and_the_next_night_one_more() {
    let told = |now: &'static str, given: &[TicketEvent]| {
        let (desk, at): (_, Instant) = (desk(now), now.parse().unwrap());
        let context = desk.context(at, Uuid::from_u128(77));
        decide(&fold(given), look(now, None), &context).unwrap()
    };
    let mut given = story([received()]);
    given.extend(told("2026-03-02T21:30:00Z", &given));
    assert_eq!(told("2026-03-02T23:00:00Z", &given), []);
    assert_eq!(told("2026-03-03T07:59:00Z", &given), []);
    assert_eq!(told("2026-03-03T17:00:00Z", &given).len(), 1);
}

#[test]
fn the_owners_hours_count_before_the_queues() {
    let given = story([assign(anna()), received()]);
    assert_snapshot!(at("2026-03-02T21:30:00Z", &given, Some("night")), @"
    given TicketCreated → new, TicketAssigned → in_progress, MessageReceived → new
    when  look whether somebody is there, the owner by night
    then  AfterHoursNoticed calendar: night, message_id: 1042-2, opens_at: 2026-03-02T22:00:00.000Z, template: read_later
    ");
    assert_snapshot!(at("2026-03-02T23:00:00Z", &given, Some("night")), @"
    given TicketCreated → new, TicketAssigned → in_progress, MessageReceived → new
    when  look whether somebody is there, the owner by night
    then  nothing
    ");
}

#[test]
fn the_queues_hours_count_before_the_desks() {
    let mut desk = desk("2026-03-02T23:00:00Z");
    set_inbox(&mut desk, |inbox| inbox.calendar = Some("night".into()));
    let told = desk.spec(&story([received()]), look("2026-03-02T23:00:00Z", None));
    assert_snapshot!(told, @"
    given TicketCreated → new, MessageReceived
    when  look whether somebody is there
    then  nothing
    ");
}

#[test]
fn an_owners_calendar_that_was_retired_counts_no_more() {
    let told = at("2026-03-02T21:30:00Z", &story([received()]), Some("retired"));
    assert!(told.contains("opens_at: 2026-03-03T08:00:00.000Z"), "{told}");
}

#[test]
fn what_is_taken_down_after_the_opening_has_come_is_told_to_nobody() {
    let now = "2026-03-02T21:30:00Z";
    let told = desk(now).spec(&story([received()]), look("2026-03-03T08:00:00Z", None));
    assert_snapshot!(told, @"
    given TicketCreated → new, MessageReceived
    when  look whether somebody is there
    then  nothing
    ");
}

#[test]
fn a_template_that_a_queue_tells_by_stays() {
    let refused = crate::definition::retire(
        &desk("2026-03-02T21:30:00Z").catalogue,
        crate::definition::DefinitionKind::Template,
        "read_later",
    );
    assert_snapshot!(refused.unwrap_err(), @"
    it is used by the queue inbox
    ");
}
