//! Clocks in words: a sentence for every way that a clock can stand, and what a desk shows beside it.

use std::sync::Arc;

use docket_domain::definition::{BaseStatus, SlaTerms, ZoneOffsets};
use docket_domain::ids::{MessageId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::personal::Personal;
use docket_domain::sla::calendar::OpenHours;
use docket_domain::sla::clock::Family;
use docket_domain::sla::clock::fact::Fact;
use docket_domain::sla::frozen::FrozenPlan;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::ticket_sla::TicketSla;
use serde_json::{Value, json};

use crate::story::{
    MONDAY, Story, anna, assigned, by_agent, by_customer, closed, created, jan, merged, priority,
    received, replied, term, uuid,
};

fn terms() -> SlaTerms {
    SlaTerms {
        plan: term("default"),
        calendar: term("office"),
        own_calendar: false,
        queue_calendar: false,
        tzdb: "2026a".into(),
    }
}

/// Ticket 1042, opened by Jan under the plan.
fn promised() -> Story {
    let mut created = created("1042");
    created.sla = Some(terms());
    let opened = TicketEvent::TicketCreated(Box::new(created));
    Story::of(TicketId(uuid(1))).then(by_customer(&jan()), opened)
}

fn frozen(time: &str, respond: Value, hours: &str) -> Arc<FrozenPlan> {
    let plan = json!({
        "name": "Default", "calendar": "office", "time": time,
        "pauses": { "resolution": ["awaiting_customer"] }, "respond": respond,
        "resolve": [{ "priority": "critical", "resolution": "PT1M" }, { "resolution": "PT30M" }],
    });
    let calendar = json!({
        "name": "Office", "zone": "UTC", "day": "PT8H", "weekly": {},
        "exceptions": [{ "date": "2026-03-02", "open": [hours] }],
    });
    let zone = ZoneOffsets { tzdb: "2026a".into(), offsets: vec![(0, 0)] };
    let hours = OpenHours::of(&serde_json::from_value(calendar).unwrap(), &zone).unwrap();
    Arc::new(FrozenPlan::new(terms(), serde_json::from_value(plan).unwrap(), Arc::new(hours)))
}

fn minutes() -> Arc<FrozenPlan> {
    let row = json!({ "assignment": "PT2M", "first_response": "PT3M", "next_reply": "PT1M" });
    frozen("open", json!([row]), "08:00-17:00")
}

fn sla(story: &Story, plan: &Arc<FrozenPlan>, now: Instant) -> TicketSla {
    let facts: Vec<Fact> = story.events.iter().filter_map(Fact::of).collect();
    let id = TicketId(uuid(1));
    let family = Family::of(&[(id, &facts)], |_| Some(plan.clone()));
    TicketSla::of(&family, id, now, true)
}

fn told(story: &Story, plan: &Arc<FrozenPlan>, minutes: i64) -> String {
    let sla = sla(story, plan, MONDAY.plus_millis(minutes * 60_000));
    let clocks = sla.clocks.iter();
    let told = clocks.map(|it| format!("{} {}: {}", it.clock.word(), it.instance, it.because));
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_open_says_when_it_is_due_and_what_is_late_since_when() {
    insta::assert_snapshot!(told(&promised(), &minutes(), 1), @"
    assignment 1: An owner was promised within 2 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 min have counted, and it is due at 2026-03-02T09:02:00.000Z.
    first_response 1: A first answer by a person was promised within 3 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 min have counted, and it is due at 2026-03-02T09:03:00.000Z.
    resolution 1: A resolution was promised within 30 min of open time (tier *, type *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 min have counted, and it is due at 2026-03-02T09:30:00.000Z.
    ");
    insta::assert_snapshot!(told(&promised(), &minutes(), 90), @"
    assignment 1: An owner was promised within 2 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 h 30 min have counted, and the deadline passed at 2026-03-02T09:02:00.000Z.
    first_response 1: A first answer by a person was promised within 3 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 h 30 min have counted, and the deadline passed at 2026-03-02T09:03:00.000Z.
    resolution 1: A resolution was promised within 30 min of open time (tier *, type *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 h 30 min have counted, and the deadline passed at 2026-03-02T09:30:00.000Z.
    ");
}

#[test]
fn what_ended_says_how_and_whether_in_time() {
    let story = promised()
        .then(by_agent(&anna()), assigned(anna()))
        .then(by_agent(&anna()), replied(2, "We look."))
        .then(by_customer(&jan()), received(3, "Thanks."))
        .then(
            by_agent(&anna()),
            TicketEvent::MessageFiled {
                message_ids: vec![MessageId(uuid(0x1003))],
                reason: Personal::text("a thank-you"),
            },
        );
    insta::assert_snapshot!(told(&story, &minutes(), 10), @"
    assignment 1: An owner was promised within 2 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; somebody became the owner at 2026-03-02T09:01:00.000Z after 1 min, in time: due at 2026-03-02T09:02:00.000Z.
    first_response 1: A first answer by a person was promised within 3 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; a reply came at 2026-03-02T09:02:00.000Z after 2 min, in time: due at 2026-03-02T09:03:00.000Z.
    resolution 1: A resolution was promised within 30 min of open time (tier *, type *, priority *), counted since 2026-03-02T09:00:00.000Z; 9 min have counted, and it is due at 2026-03-02T09:31:00.000Z.
    next_reply 1: An answer to what the customer wrote since was promised within 1 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:03:00.000Z; it was filed as needing no reply at 2026-03-02T09:04:00.000Z after 1 min, in time: due at 2026-03-02T09:04:00.000Z.
    ");
    let paused = promised().then(by_agent(&anna()), replied(2, "And which parcel?"));
    insta::assert_snapshot!(told(&paused, &minutes(), 2), @"
    assignment 1: An owner was promised within 2 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; 2 min have counted, and it is due at 2026-03-02T09:02:00.000Z.
    first_response 1: A first answer by a person was promised within 3 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; a reply came at 2026-03-02T09:01:00.000Z after 1 min, in time: due at 2026-03-02T09:03:00.000Z.
    resolution 1: A resolution was promised within 30 min of open time (tier *, type *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 min have counted, and it pauses in the status awaiting_customer.
    ");
    let late = paused.then(by_agent(&anna()), closed(MONDAY.plus_millis(120_000)));
    insta::assert_snapshot!(told(&late, &minutes(), 3), @"
    assignment 1: An owner was promised within 2 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; the ticket was closed without one at 2026-03-02T09:02:00.000Z, which nobody can own.
    first_response 1: A first answer by a person was promised within 3 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; a reply came at 2026-03-02T09:01:00.000Z after 1 min, in time: due at 2026-03-02T09:03:00.000Z.
    resolution 1: A resolution was promised within 30 min of open time (tier *, type *, priority *), counted since 2026-03-02T09:00:00.000Z; the ticket was closed at 2026-03-02T09:02:00.000Z after 1 min, in time: due at 2026-03-02T09:31:00.000Z.
    ");
}

#[test]
fn a_change_and_a_merge_are_told() {
    let change =
        TicketEvent::TicketPrioritized { from: priority("medium", 3), to: priority("critical", 5) };
    let story = promised()
        .then(by_agent(&anna()), assigned(anna()))
        .then(by_agent(&anna()), assigned(anna()))
        .then(by_agent(&anna()), change);
    insta::assert_snapshot!(told(&story, &minutes(), 4), @"
    assignment 1: An owner was promised within 2 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; somebody became the owner at 2026-03-02T09:01:00.000Z after 1 min, in time: due at 2026-03-02T09:02:00.000Z.
    first_response 1: A first answer by a person was promised within 3 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; 4 min have counted, and the deadline passed at 2026-03-02T09:03:00.000Z.
    resolution 1: A resolution was promised within 1 min of open time (tier *, type *, priority critical), counted since 2026-03-02T09:00:00.000Z; 4 min have counted, and the change at 2026-03-02T09:03:00.000Z gave it a deadline that was past already, 2026-03-02T09:01:00.000Z.
    ");
    let story = story.then(by_agent(&anna()), merged(BaseStatus::InProgress));
    insta::assert_snapshot!(told(&story, &minutes(), 10), @"
    assignment 1: An owner was promised within 2 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; somebody became the owner at 2026-03-02T09:01:00.000Z after 1 min, in time: due at 2026-03-02T09:02:00.000Z.
    first_response 1: A first answer by a person was promised within 3 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; 4 min had counted when a merge carried it to the survivor at 2026-03-02T09:04:00.000Z.
    resolution 1: A resolution was promised within 1 min of open time (tier *, type *, priority critical), counted since 2026-03-02T09:00:00.000Z; 4 min had counted when a merge carried it to the survivor at 2026-03-02T09:04:00.000Z.
    ");
}

#[test]
fn what_has_nothing_to_reach_says_why() {
    let answer = frozen("wall", json!([{ "first_response": "PT3M" }]), "08:00-17:00");
    insta::assert_snapshot!(told(&promised(), &answer, 1), @"
    assignment 1: The plan sets no target for an owner.
    first_response 1: A first answer by a person was promised within 3 min of wall time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 min have counted, and it is due at 2026-03-02T09:03:00.000Z.
    resolution 1: A resolution was promised within 30 min of wall time (tier *, type *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 min have counted, and it is due at 2026-03-02T09:30:00.000Z.
    ");
    let row = json!({ "assignment": "PT90M", "first_response": "PT3H", "next_reply": "PT3H" });
    let never = frozen("open", json!([row]), "08:00-09:01");
    insta::assert_snapshot!(told(&promised(), &never, 600), @"
    assignment 1: An owner was promised within 1 h 30 min of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 min have counted, and no opening within ten years follows.
    first_response 1: A first answer by a person was promised within 3 h of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 min have counted, and no opening within ten years follows.
    resolution 1: A resolution was promised within 30 min of open time (tier *, type *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 min have counted, and no opening within ten years follows.
    ");
}

#[test]
fn a_ticket_without_clocks_says_so_and_still_shows_that_a_message_waits() {
    let facts: Vec<Fact> = Story::opened().events.iter().filter_map(Fact::of).collect();
    let id = TicketId(uuid(1));
    let family = Family::of(&[(id, &facts)], |_| None);
    let sla = TicketSla::of(&family, id, MONDAY, true);
    insta::assert_snapshot!(serde_json::to_string(&sla).unwrap(), @r#"{"as_of":"2026-03-02T09:00:00.000Z","plan":null,"calendar":null,"tzdb":null,"indicator":{"message":"blue","ticket":"none","green_at":null,"orange_at":null,"red_at":null},"clocks":[]}"#);
}

#[test]
fn at_the_deadline_itself_it_is_late_in_every_colour() {
    let at = |seconds: i64| MONDAY.plus_millis(seconds * 1000);
    let shown = |seconds: i64| {
        let indicator = sla(&promised(), &minutes(), at(seconds)).indicator;
        // When the colours change does not depend on when they are looked at.
        let changes = [indicator.green_at, indicator.orange_at, indicator.red_at];
        assert_eq!(changes, [at(180), at(1350), at(1800)].map(Some));
        format!("{seconds} s: {:?} {:?}", indicator.message, indicator.ticket)
    };
    insta::assert_snapshot!([179, 180, 1349, 1350, 1799, 1800].map(shown).join("\n"), @"
    179 s: Blue None
    180 s: Green None
    1349 s: Green None
    1350 s: Green Orange
    1799 s: Green Orange
    1800 s: Green Red
    ");
}
