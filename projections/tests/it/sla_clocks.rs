//! What a clock is booked to: what its ticket was when the verdict fell, and not what came of it.

use std::sync::Arc;

use docket_domain::definition::{BaseStatus, SlaTerms, ZoneOffsets};
use docket_domain::ids::MergeId;
use docket_domain::instant::Instant;
use docket_domain::sla::calendar::OpenHours;
use docket_domain::sla::frozen::FrozenPlan;
use docket_domain::sla::plan::ClockKind;
use docket_domain::ticket::event::{MergeSide, TicketCreated, TicketEvent};
use docket_projections::plans::Plans;
use docket_projections::sla_clocks::SlaClocks;
use docket_projections::view::View;
use serde_json::json;

use crate::story::{
    MONDAY, Story, anna, assigned, by_agent, by_customer, by_timer, created, jan,
    moved as status_moved, priority, term, ticket, uuid,
};

/// Half an hour for an owner, an hour for an answer, by the wall clock.
fn plans() -> Arc<Plans> {
    let plan = json!({
        "name": "Default", "calendar": "office", "time": "wall",
        "respond": [{ "assignment": "PT30M", "first_response": "PT1H" }],
        "resolve": [{ "resolution": "P30D" }],
    });
    let calendar = json!({
        "name": "Office", "zone": "UTC", "day": "PT8H", "weekly": { "mon": ["08:00-17:00"] },
    });
    let zone = ZoneOffsets { tzdb: "2026a".into(), offsets: vec![(0, 0)] };
    let hours = OpenHours::of(&serde_json::from_value(calendar).unwrap(), &zone).unwrap();
    let plan = serde_json::from_value(plan).unwrap();
    let plan = FrozenPlan::new(terms(), plan, Arc::new(hours));
    Arc::new(Plans::default().with(Arc::new(plan)))
}

fn terms() -> SlaTerms {
    SlaTerms {
        plan: term("default"),
        calendar: term("office"),
        own_calendar: false,
        queue_calendar: false,
        tzdb: "2026a".into(),
    }
}

fn at(minutes: i64) -> Instant {
    MONDAY.plus_millis(minutes * 60_000)
}

fn opened() -> Story {
    let mut created = created("1042");
    created.sla = Some(terms());
    let opened = TicketEvent::TicketCreated(Box::new(created));
    Story::of(ticket(1).id).then(by_customer(&jan()), opened)
}

fn moved(from: &str, to: &str) -> TicketEvent {
    TicketEvent::TicketTransferred { from: term(from), to: term(to), reason: None }
}

/// The last event happened then, and was recorded then.
fn last(mut story: Story, occurred: Instant, recorded: Instant) -> Story {
    let event = story.events.last_mut().unwrap();
    (event.occurred_at, event.recorded_at) = (occurred, recorded);
    story
}

/// For each clock with this verdict's instant: queue, priority and owner it is booked to.
fn booked(story: &Story, clock: ClockKind) -> Vec<String> {
    let mut state = SlaClocks::start(&plans());
    story.events.iter().for_each(|event| SlaClocks::evolve(&mut state, event));
    let rows = SlaClocks::rows(&state).into_iter().map(|(_, row)| row);
    let rows = rows.filter(|row| row.clock == clock);
    rows.map(|row| {
        let owner = row.agent.map_or("nobody", |_| "Anna");
        format!("{} {} {owner}", row.queue, row.priority)
    })
    .collect()
}

#[test]
fn what_a_step_does_at_a_breach_comes_after_the_breach() {
    let raised =
        TicketEvent::TicketPrioritized { from: priority("medium", 3), to: priority("high", 4) };
    for (noticed, why) in [(at(60), "at once"), (at(200), "after a while")] {
        let story = last(opened().then(by_timer(), raised.clone()), at(60), noticed);
        let story = last(story.then(by_timer(), moved("inbox", "complaints")), at(60), noticed);
        assert_eq!(booked(&story, ClockKind::FirstResponse), ["inbox medium nobody"], "{why}");
        assert_eq!(booked(&story, ClockKind::Resolution), ["complaints high nobody"], "{why}");
    }
}

#[test]
fn a_step_that_is_taken_late_moved_nothing_before_it_was_taken() {
    // Nobody was there to notice the missing owner at half past nine; Anna moved the ticket at 9:45.
    let anna = by_agent(&anna());
    let story = last(opened().then(anna, moved("inbox", "technical")), at(45), at(45));
    let story = last(story.then(by_timer(), moved("technical", "complaints")), at(30), at(90));
    assert_eq!(booked(&story, ClockKind::Assignment)[0], "inbox medium nobody");
    assert_eq!(booked(&story, ClockKind::FirstResponse), ["technical medium nobody"], "at ten");
    assert_eq!(booked(&story, ClockKind::Resolution), ["complaints medium nobody"]);
}

/// One of three tickets, opened in a queue of its own at nine.
fn opened_in(n: u128, queue: &str) -> Story {
    let created =
        TicketCreated { sla: Some(terms()), queue: term(queue), ..created(&ticket(n).number) };
    Story::of(ticket(n).id).then(by_customer(&jan()), TicketEvent::TicketCreated(Box::new(created)))
}

fn merged_into(n: u128) -> TicketEvent {
    let status = status_moved(BaseStatus::New, BaseStatus::Merged);
    TicketEvent::TicketMerged { merge_id: MergeId(uuid(0xb0 + n)), into: ticket(n), status }
}

fn given_back(n: u128) -> TicketEvent {
    TicketEvent::TicketUnmerged {
        merge_id: MergeId(uuid(0xb0 + n)),
        other: ticket(n),
        side: MergeSide::Source,
        messages: Vec::new(),
        waiting: Vec::new(),
        answered: Vec::new(),
        status: Some(status_moved(BaseStatus::Merged, BaseStatus::New)),
    }
}

/// The queues that the late clocks of the last of these tickets are booked to.
fn late_in(tickets: &[&Story]) -> Vec<String> {
    let mut state = SlaClocks::start(&plans());
    let own = &tickets.last().unwrap().events[0].stream;
    let mut events: Vec<_> = tickets.iter().flat_map(|story| story.events.clone()).collect();
    events.sort_by_key(|event| (event.occurred_at, event.version));
    for (event, position) in events.iter_mut().zip(1..) {
        event.position = position;
        match event.stream == *own {
            true => SlaClocks::evolve(&mut state, event),
            false => SlaClocks::evolve_tied(&mut state, event),
        }
    }
    let rows = SlaClocks::rows(&state).into_iter().map(|(_, row)| row);
    let late = rows.filter(|row| row.clock != ClockKind::Resolution && row.carried_from.is_some());
    late.map(|row| format!("{} in {}", row.clock.word(), row.queue)).collect()
}

#[test]
fn what_was_late_before_a_merge_is_booked_to_whom_it_was_late_at() {
    let by_anna = || by_agent(&anna());
    let customer = by_customer(&jan());
    // Late for an owner at half past nine, merged at 9:40; late with the answer at ten, merged on at 10:20.
    let first = last(opened_in(1, "x").then(customer.clone(), merged_into(2)), at(40), at(40));
    let second = last(opened_in(2, "y").then(customer, merged_into(3)), at(80), at(80));
    let third = opened_in(3, "inbox").then(by_anna(), assigned(anna()));
    assert_eq!(
        late_in(&[&first, &second, &third]),
        ["assignment in y", "first_response in y", "assignment in x", "first_response in y"]
    );
}

#[test]
fn what_was_late_while_it_was_elsewhere_stays_so_when_it_comes_back() {
    let customer = by_customer(&jan());
    let survivor = opened_in(2, "y");
    let source = last(opened_in(1, "x").then(customer.clone(), merged_into(2)), at(40), at(40));
    let source = last(source.then(customer, given_back(2)), at(90), at(90));
    let mut state = SlaClocks::start(&plans());
    SlaClocks::evolve(&mut state, &source.events[0]);
    SlaClocks::evolve_tied(&mut state, &survivor.events[0]);
    source.events[1..].iter().for_each(|event| SlaClocks::evolve(&mut state, event));
    let rows = SlaClocks::rows(&state).into_iter().map(|(_, row)| row);
    let told: Vec<String> = rows
        .filter(|row| row.clock != ClockKind::Resolution)
        .map(|row| format!("{} {} in {}", row.number, row.clock.word(), row.queue))
        .collect();
    assert_eq!(told, ["1042 assignment in x", "1042 first_response in y"]);
}
