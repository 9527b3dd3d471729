//! Which targets a plan sets, by example, and what is wrong with one.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;
use crate::customer::TIERS;
use crate::definition::{Document, ZoneOffsets, defaults, publish};
use crate::party::Channel;

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    let utc = ZoneOffsets { tzdb: "2026a".into(), offsets: vec![(0, 0)] };
    for (key, document) in defaults() {
        for event in publish(&catalogue.clone(), &key, document, Some(utc.clone())).unwrap() {
            catalogue.apply(1, "2026-01-01T00:00:00Z".parse().unwrap(), &event);
        }
    }
    catalogue
}

fn plan(document: Value) -> Plan {
    serde_json::from_value(document).unwrap()
}

fn of_the_api() -> Value {
    json!({
        "name": "Default", "calendar": "office", "time": "open",
        "pauses": { "next_reply": [], "resolution": ["awaiting_customer"] },
        "respond": [
            { "tier": "premium", "channel": "*", "priority": "critical", "assignment": "PT5M",
              "first_response": "PT15M", "next_reply": "PT30M", "alarm": "PT10M" },
            { "tier": "*", "channel": "*", "priority": "*", "first_response": "P1D" },
        ],
        "resolve": [
            { "tier": "*", "type": "technical", "priority": "high", "resolution": "P2D",
              "alarm": "PT4H" },
            { "tier": "*", "type": "*", "priority": "*", "resolution": "P5D" },
        ],
    })
}

fn asked(tier: &str, channel: &str, ticket_type: &str, priority: &str) -> RowKeys {
    RowKeys {
        tier: tier.into(),
        channel: Some(channel.into()),
        ticket_type: Some(ticket_type.into()),
        queue: Some("inbox".into()),
        priority: priority.into(),
    }
}

fn told(matrix: &Matrix, asked: &RowKeys) -> String {
    let clocks = [
        ClockKind::Assignment,
        ClockKind::FirstResponse,
        ClockKind::NextReply,
        ClockKind::Resolution,
    ];
    let told = clocks.map(|clock| match matrix.target(clock, asked, None) {
        None => format!("{}: none", clock.word()),
        Some(Target { row, target_ms, alarm_ms }) => format!(
            "{}: {} min, alarm {} min, by {} {} {}",
            clock.word(),
            target_ms / 60_000,
            alarm_ms / 60_000,
            row.tier,
            row.channel.or(row.ticket_type).unwrap_or_default(),
            row.priority,
        ),
    });
    told.join("\n")
}

#[test]
fn the_document_of_the_api_is_read_and_written_as_it_is() {
    let plan = plan(of_the_api());
    assert_eq!(plan.errors(&catalogue()), Vec::new());
    assert_eq!(serde_json::to_value(plan).unwrap(), of_the_api());
}

#[test]
fn the_most_specific_row_wins_and_leaves_to_the_next_what_it_does_not_say() {
    let matrix = Matrix::of(&plan(of_the_api()), 8 * 3_600_000);
    assert_snapshot!(told(&matrix, &asked("premium", "email", "technical", "critical")), @"
    assignment: 5 min, alarm 10 min, by premium * critical
    first_response: 15 min, alarm 10 min, by premium * critical
    next_reply: 30 min, alarm 10 min, by premium * critical
    resolution: 2400 min, alarm 600 min, by * * *
    ");
    assert_snapshot!(told(&matrix, &asked("premium", "email", "technical", "high")), @"
    assignment: none
    first_response: 480 min, alarm 120 min, by * * *
    next_reply: none
    resolution: 960 min, alarm 240 min, by * technical high
    ");
}

#[test]
fn more_columns_beat_fewer_then_tier_then_channel_then_priority() {
    let row = |tier: &str, channel: &str, priority: &str, minutes: u32| {
        json!({ "tier": tier, "channel": channel, "priority": priority,
                "first_response": format!("PT{minutes}M") })
    };
    let mut document = of_the_api();
    // From the least to the most specific, the other way round than they are to win.
    document["respond"] = json!([
        row("*", "*", "*", 8),
        row("*", "*", "high", 7),
        row("*", "chat", "*", 6),
        row("premium", "*", "*", 5),
        row("*", "chat", "high", 4),
        row("premium", "*", "high", 3),
        row("premium", "chat", "*", 2),
        row("premium", "chat", "high", 1),
    ]);
    for take in 1..=8_usize {
        let mut fewer = document.clone();
        fewer["respond"].as_array_mut().unwrap().truncate(take);
        let matrix = Matrix::of(&plan(fewer), 1);
        let target =
            matrix.target(ClockKind::FirstResponse, &asked("premium", "chat", "*", "high"), None);
        assert_eq!(target.unwrap().target_ms, (9 - take as i64) * 60_000);
    }
}

#[test]
fn a_day_is_the_calendars_day_in_open_time_and_24_hours_in_wall_time() {
    let resolution = |document: Value| {
        let matrix = Matrix::of(&plan(document), 9 * 3_600_000);
        let target =
            matrix.target(ClockKind::Resolution, &asked("standard", "web", "*", "low"), None);
        target.unwrap().target_ms / 3_600_000
    };
    let mut wall = of_the_api();
    wall["time"] = json!("wall");
    assert_eq!((resolution(of_the_api()), resolution(wall)), (45, 120));
}

#[test]
fn everything_wrong_with_a_plan_is_said_with_its_cell() {
    let plan = plan(json!({
        "name": "", "calendar": "moon", "pauses": { "resolution": ["limbo"] },
        "respond": [
            { "tier": "gold", "channel": "fax", "priority": "utmost", "first_response": "soon" },
            { "priority": "high", "alarm": "PT1M" },
            { "priority": "high", "next_reply": "P1W", "assignment": "PT0S", "alarm": "P365DT24H" },
        ],
        "resolve": [
            { "type": "riddle", "resolution": "P1M" },
            { "tier": "premium" },
        ],
    }));
    let told: Vec<String> = plan.errors(&catalogue()).iter().map(ToString::to_string).collect();
    assert_snapshot!(told.join("\n"), @r#"
    /name: must not be blank
    /calendar: there is no calendar named "moon"
    /pauses/resolution/0: there is no status named "limbo"
    /respond/0/tier: there is no such tier: tiers are standard and premium
    /respond/0/channel: there is no such channel
    /respond/0/priority: there is no priority named "utmost"
    /respond/0/first_response: not an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as PT3H or P14D
    /respond/1: sets no target
    /respond/2/assignment: must last from PT1S to P365D
    /respond/2/next_reply: weeks have no length in open time: say days
    /respond/2/alarm: must last from PT1S to P365D
    /respond/2: has the same keys as row 1
    /respond: needs a row for every other ticket, * in all columns, with a target for first_response
    /resolve/0/type: there is no type named "riddle"
    /resolve/0/resolution: not an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as PT3H or P14D
    /resolve/1: sets no target
    /resolve: needs a row for every other ticket, * in all columns, with a target for resolution
    "#);
}

#[test]
fn the_default_plan_has_a_target_for_every_clock_of_every_ticket() {
    let catalogue = catalogue();
    let plan = &catalogue.plans["default"].document;
    let matrix = Matrix::of(plan, 9 * 3_600_000);
    for tier in TIERS {
        for channel in Channel::ALL {
            for priority in catalogue.priorities.keys() {
                let asked = asked(tier, channel.word(), "*", priority);
                assert!(!told(&matrix, &asked).contains("none"), "{asked:?}");
            }
        }
    }
    assert_snapshot!(told(&matrix, &asked("premium", "chat", "*", "critical")), @"
    assignment: 2 min, alarm 0 min, by premium chat critical
    first_response: 5 min, alarm 1 min, by premium chat critical
    next_reply: 5 min, alarm 1 min, by premium chat critical
    resolution: 240 min, alarm 60 min, by premium * critical
    ");
    assert_snapshot!(told(&matrix, &asked("standard", "email", "*", "medium")), @"
    assignment: 270 min, alarm 67 min, by * * *
    first_response: 540 min, alarm 135 min, by * * *
    next_reply: 540 min, alarm 135 min, by * * *
    resolution: 2700 min, alarm 675 min, by * * *
    ");
}

#[test]
fn a_calendar_or_plan_that_is_named_cannot_be_retired() {
    let catalogue = catalogue();
    let refused =
        |kind, key: &str| crate::definition::retire(&catalogue, kind, key).unwrap_err().to_string();
    use crate::definition::DefinitionKind as K;
    assert_snapshot!(refused(K::Calendar, "office"), @"it is used by the plan default");
    assert_snapshot!(refused(K::Plan, "default"), @"it is used by the settings");
    assert_snapshot!(refused(K::Status, "awaiting_customer"), @"it is one that the desk cannot do without");
    assert_snapshot!(refused(K::Priority, "high"), @"it is used by the plan default");
    assert!(matches!(catalogue.document(K::Plan, "default"), Some(Document::Plan(_))));
}

#[test]
fn a_chain_names_what_exists_and_says_what_is_wrong_cell_by_cell() {
    let mut document = of_the_api();
    document["escalation"] = json!([
        { "clock": "resolution", "at": "warning", "level": 1, "to": "owner" },
        { "clock": "resolution", "at": "breach", "after": "P2W", "level": 10, "to": { "team": "attic" },
          "notify": ["manager", { "role": "king" }], "priority": "utmost", "queue": "limbo" },
        { "clock": "resolution", "at": "warning", "level": 1, "to": "owner" },
    ]);
    let errors = plan(document).errors(&catalogue());
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_snapshot!(told.join("\n"), @r#"
    /escalation/1/level: a level of attention is from 1 to 9
    /escalation/1/after: weeks have no length in open time: say days
    /escalation/1/priority: there is no priority named "utmost"
    /escalation/1/queue: there is no queue named "limbo"
    /escalation/1/to: there is no queue named "attic"
    /escalation/1/notify/1: there is no such role: agent, supervisor, auditor, analyst, admin
    /escalation/2: is there already
    "#);
}

#[test]
fn what_a_plan_leaves_open_or_says_in_vain_is_told_cell_by_cell() {
    let mut document = of_the_api();
    document["pauses"] =
        json!({ "resolution": ["awaiting_customer", "awaiting_customer", "closed"] });
    document["resolve"][0]["alarm"] = json!("P2D");
    document["respond"].as_array_mut().unwrap().push(json!({ "tier": "standard",
        "channel": "phone", "assignment": "PT5M", "next_reply": "PT1H" }));
    document["escalation"] = json!([{ "clock": "ola", "at": "breach", "level": 1, "to": "owner" }]);
    let doubts = plan(document).doubts(&catalogue());
    let told: Vec<String> = doubts.iter().map(ToString::to_string).collect();
    assert_snapshot!(told.join("\n"), @"
    /respond: no row sets assignment for tier standard, channels email, web, chat, social, messenger, in_person, api, priority critical
    /respond: no row sets assignment for tier standard, channels email, web, chat, social, messenger, in_person, api, priority high
    /respond: no row sets assignment for tier standard, channels email, web, chat, social, messenger, in_person, api, priority low
    /respond: no row sets assignment for tier standard, channels email, web, chat, social, messenger, in_person, api, priority medium
    /respond: no row sets assignment for tier premium, channels *, priority high
    /respond: no row sets assignment for tier premium, channels *, priority low
    /respond: no row sets assignment for tier premium, channels *, priority medium
    /respond: no row sets next_reply for tier standard, channels email, web, chat, social, messenger, in_person, api, priority critical
    /respond: no row sets next_reply for tier standard, channels email, web, chat, social, messenger, in_person, api, priority high
    /respond: no row sets next_reply for tier standard, channels email, web, chat, social, messenger, in_person, api, priority low
    /respond: no row sets next_reply for tier standard, channels email, web, chat, social, messenger, in_person, api, priority medium
    /respond: no row sets next_reply for tier premium, channels *, priority high
    /respond: no row sets next_reply for tier premium, channels *, priority low
    /respond: no row sets next_reply for tier premium, channels *, priority medium
    /resolve/0/alarm: warns when the clock begins: no target of the row is longer
    /pauses/resolution/1: is there already
    /pauses/resolution/2: no such clock ever runs
    /escalation/0/clock: no such clock ever runs
    ");
}

#[test]
fn what_defeats_itself_is_told_cell_by_cell() {
    let doubts = |changed: Value| {
        let mut document = serde_json::to_value(&catalogue().plans["default"].document).unwrap();
        for (field, value) in changed.as_object().unwrap() {
            document[field] = value.clone();
        }
        let doubts = plan(document).doubts(&catalogue());
        doubts.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(doubts(json!({})), "", "a new desk has no doubts");
    let everywhere = json!(["new", "in_progress", "awaiting_customer"]);
    let pauses = json!({ "resolution": everywhere, "first_response": ["new"] });
    assert_snapshot!(doubts(json!({ "pauses": pauses })), @"
    /pauses/resolution: pauses wherever a ticket is worked on: what is promised so is hardly ever due
    ");
    assert_snapshot!(doubts(json!({
        "respond": [
            { "tier": "premium", "first_response": "P2D", "assignment": "PT1H", "next_reply": "PT1H" },
            { "tier": "standard", "first_response": "P2D", "assignment": "PT2H", "next_reply": "P2D" },
            { "first_response": "P1D", "assignment": "P2D", "next_reply": "P1D" },
            { "channel": "chat", "first_response": "P7D", "assignment": "PT1H", "next_reply": "P1D" },
        ],
        "resolve": [
            { "tier": "premium", "type": "problem", "resolution": "P6D" },
            { "type": "problem", "resolution": "P5D" },
            { "resolution": "P6D" },
        ],
    })), @"
    /respond/2/assignment: is later than first_response
    /respond/3/first_response: is later than /resolve/2/resolution
    /respond/0/first_response: is later than /respond/2/first_response
    /resolve/0/resolution: is later than /resolve/1/resolution
    ");
    assert_snapshot!(doubts(json!({ "escalation": [
        { "clock": "resolution", "at": "warning", "after": "P2D", "level": 1, "to": "owner" },
        { "clock": "resolution", "at": "warning", "after": "PT11H", "level": 1, "to": "owner" },
        { "clock": "resolution", "at": "breach", "after": "P20D", "level": 1, "to": "manager" },
    ] })), @"
    /escalation/0/after: comes after the deadline: no alarm of this clock is as long
    /escalation/2/to: leads to nobody from queues without a manager: billing, complaints, inbox, technical
    ");
}
