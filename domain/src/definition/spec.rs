//! The rules of definitions by example.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::codec::Event;
use crate::transcript::{happened, refused};

/// A desk with the defaults.
struct Desk(Catalogue);

impl Desk {
    fn new() -> Self {
        let mut desk = Self(Catalogue::default());
        for (key, document) in defaults() {
            desk.take(publish(&desk.0, &key, document, Some(utc())).unwrap());
        }
        desk
    }

    fn take(&mut self, events: Vec<DefinitionEvent>) {
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        events.iter().for_each(|event| self.0.apply(1, at, event));
    }

    /// Publishes a document given as JSON, and tells what follows.
    fn put(&self, kind: &str, key: &str, document: serde_json::Value) -> String {
        let then = told(self.published(kind, key, document));
        format!("when  publish {kind} {key}\nthen  {then}")
    }

    fn published(&self, kind: &str, key: &str, document: serde_json::Value) -> Decided {
        let document = serde_json::from_value(json!({ kind: document })).unwrap();
        publish(&self.0, key, document, Some(utc()))
    }

    fn with(mut self, kind: &str, key: &str, document: serde_json::Value) -> Self {
        let events = self.published(kind, key, document).unwrap();
        self.take(events);
        self
    }

    fn delete(&self, kind: DefinitionKind, key: &str) -> String {
        format!("when  retire {} {key}\nthen  {}", kind.word(), told(retire(&self.0, kind, key)))
    }
}

type Decided = Result<Vec<DefinitionEvent>, DefinitionRefusal>;

fn told(decided: Decided) -> String {
    match decided {
        Ok(events) => happened(events.into_iter().map(Event::Definition), &BTreeMap::new()),
        Err(refusal) => {
            let errors: &[FieldError] = match &refusal {
                DefinitionRefusal::Invalid { errors } => errors,
                DefinitionRefusal::InvalidKey
                | DefinitionRefusal::NoSuchDefinition
                | DefinitionRefusal::BuiltIn
                | DefinitionRefusal::InUse { .. } => &[],
            };
            let errors = errors.iter().map(|error| format!("\n      {error}")).collect::<String>();
            refused(refusal.code(), None, &refusal) + &errors
        }
    }
}

fn utc() -> ZoneOffsets {
    ZoneOffsets { tzdb: "2026a".into(), offsets: vec![(631_152_000_000, 0)] }
}

#[test]
fn the_defaults_can_be_published_one_after_the_other() {
    let mut kinds: Vec<DefinitionKind> = defaults().iter().map(|(_, it)| it.kind()).collect();
    kinds.dedup();
    // A desk begins without templates: their words are its own.
    let all = DefinitionKind::ALL.into_iter().filter(|kind| *kind != DefinitionKind::Template);
    assert!(kinds.iter().copied().eq(all), "{kinds:?}");
    let desk = Desk::new();
    for (key, document) in defaults() {
        assert_eq!(publish(&desk.0, &key, document, Some(utc())), Ok(Vec::new()), "{key}");
    }
}

#[test]
fn a_new_version_is_the_whole_document_and_the_same_again_is_none() {
    let desk = Desk::new();
    assert_snapshot!(desk.put("queue", "inbox", json!({ "name": "Post" })), @"
    when  publish queue inbox
    then  DefinitionPublished document: {queue: {name: Post, register_customers: true}}, key: inbox
    ");
    assert_snapshot!(desk.put("priority", "high", json!({ "name": "High", "level": 4 })), @"
    when  publish priority high
    then  nothing
    ");
}

#[test]
fn a_document_has_no_unknown_fields() {
    let unknown = serde_json::from_value::<Queue>(json!({ "name": "Post", "colour": "red" }));
    assert_snapshot!(unknown.unwrap_err(), @"
    unknown field `colour`, expected one of `name`, `default_priority`, `categories`, `manager`, `register_customers`, `calendar`, `after_hours_notice`, `skills`, `newest_first`, `routing`
    ");
}

#[test]
fn a_key_is_short_and_plain() {
    let desk = Desk::new();
    let name = || json!({ "name": "Some" });
    for key in ["_", "a", "0-9_z", &"k".repeat(64)] {
        assert!(desk.published("queue", key, name()).is_ok(), "{key}");
    }
    for key in ["", "-a", "A", "a b", "a/b", "ł", &"k".repeat(65)] {
        let refused = desk.published("queue", key, name());
        assert_eq!(refused, Err(DefinitionRefusal::InvalidKey), "{key}");
    }
    for path in ["/a", "question/", "question//a"] {
        let refused = desk.published("category", path, name());
        assert_eq!(refused, Err(DefinitionRefusal::InvalidKey), "{path}");
    }
    assert_snapshot!(desk.put("settings", "mine", json!({})), @r#"
    when  publish settings mine
    then  refused invalid_key: a key has 1 to 64 characters of a-z, 0-9, _ and -, and does not begin with -; a category's is a path of such keys, joined by /; the settings' is "settings"
    "#);
}

#[test]
fn a_queue_names_what_exists() {
    let queue = json!({
        "name": " ",
        "default_priority": "utmost",
        "categories": ["question", "riddle"],
    });
    assert_snapshot!(Desk::new().put("queue", "inbox", queue), @r#"
    when  publish queue inbox
    then  refused invalid_definition: the document is not valid
          /name: must not be blank
          /default_priority: there is no priority named "utmost"
          /categories/1: there is no category named "riddle"
    "#);
}

#[test]
fn a_category_lies_under_one_that_exists() {
    let desk = Desk::new();
    let name = || json!({ "name": "Leaf", "queue": "inbox" });
    assert_snapshot!(desk.put("category", "question/price", name()), @"
    when  publish category question/price
    then  DefinitionPublished document: {category: {name: Leaf, queue: inbox}}, key: question/price
    ");
    assert_snapshot!(desk.put("category", "riddle/price", name()), @r#"
    when  publish category riddle/price
    then  refused invalid_definition: the document is not valid
          : there is no category "riddle", under which it would lie
    "#);
    let lost = json!({ "name": "x".repeat(201), "queue": "attic" });
    assert_snapshot!(desk.put("category", "question", lost), @r#"
    when  publish category question
    then  refused invalid_definition: the document is not valid
          /name: must have at most 200 characters
          /queue: there is no queue named "attic"
    "#);
}

#[test]
fn a_category_goes_to_its_queue_or_to_that_of_the_nearest_above() {
    let desk = Desk::new()
        .with("category", "invoice/reprint", json!({ "name": "Reprint", "queue": "inbox" }))
        .with("category", "invoice/reprint/lost", json!({ "name": "Lost" }));
    assert_eq!(desk.0.queue_of_category("invoice"), Some("billing"));
    assert_eq!(desk.0.queue_of_category("invoice/reprint/lost"), Some("inbox"));
    assert_eq!(desk.0.queue_of_category("question"), None);
}

#[test]
fn a_priority_has_a_level_from_one_to_five() {
    let desk = Desk::new();
    for level in [0, 6] {
        let refused = desk.put("priority", "odd", json!({ "name": "Odd", "level": level }));
        assert!(
            refused.ends_with("/level: a level is from 1 (lowest) to 5 (highest)"),
            "{refused}"
        );
    }
    let lowest = json!({ "name": "Lowest", "level": 1 });
    assert_snapshot!(desk.put("priority", "lowest", lowest), @"
    when  publish priority lowest
    then  DefinitionPublished document: {priority: {level: 1, name: Lowest}}, key: lowest
    ");
}

#[test]
fn a_type_has_a_name() {
    assert_snapshot!(Desk::new().put("type", "riddle", json!({ "name": "" })), @"
    when  publish type riddle
    then  refused invalid_definition: the document is not valid
          /name: must not be blank
    ");
}

#[test]
fn one_of_the_six_statuses_can_be_renamed_but_not_rebased() {
    let desk = Desk::new();
    let renamed = json!({ "name": "Open", "based_on": "new" });
    assert_snapshot!(desk.put("status", "new", renamed), @"
    when  publish status new
    then  DefinitionPublished document: {status: {based_on: new, name: Open, substatuses: {}}}, key: new
    ");
    let rebased = json!({ "name": "New", "based_on": "in_progress" });
    assert_snapshot!(desk.put("status", "new", rebased), @"
    when  publish status new
    then  refused invalid_definition: the document is not valid
          /based_on: this status is one of the six and stays based on New
    ");
}

#[test]
fn a_substatus_has_a_key_and_a_name() {
    let waiting =
        json!({ "name": "Waiting", "based_on": "new", "substatuses": { "a/b": "", "ok": "Ok" } });
    assert_snapshot!(Desk::new().put("status", "waiting", waiting), @"
    when  publish status waiting
    then  refused invalid_definition: the document is not valid
          /substatuses/a~1b: a key has 1 to 64 characters of a-z, 0-9, _ and -, and does not begin with -
          /substatuses/a~1b: must not be blank
    ");
}

#[test]
fn a_status_that_tickets_are_moved_to_stays_one_that_people_can_set() {
    let own = |based_on: &str| json!({ "name": "Triage", "based_on": based_on });
    let desk = Desk::new().with("status", "triage", own("new")).with(
        "settings",
        "settings",
        json!({ "status_on": { "wake": { "to": "triage" } } }),
    );
    assert_snapshot!(desk.put("status", "triage", own("in_progress")), @"
    when  publish status triage
    then  DefinitionPublished document: {status: {based_on: in_progress, name: Triage, substatuses: {}}}, key: triage
    ");
    assert_snapshot!(desk.put("status", "triage", own("snoozed")), @"
    when  publish status triage
    then  refused invalid_definition: the document is not valid
          /based_on: the settings move tickets to this status, which needs one that people can set
    ");
}

#[test]
fn settings_name_what_exists_in_ranges_that_make_sense() {
    let settings = json!({
        "reopen_within": "two weeks",
        "snooze_block": "PT30S",
        "purge_after": "P90D",
        "unsent_after": "P1Y",
        "editor": { "font": " ", "size": 200, "colour": "blue" },
        "default_priority": "utmost",
        "default_queue": "attic",
        "status_on": {
            "created_by_customer": "closed",
            "assign": { "from": ["limbo"], "to": "merged" },
            "reply": null,
            "wake": { "from": ["snoozed"], "to": "snoozed" },
            "reopen": { "to": "limbo" },
        },
    });
    assert_snapshot!(Desk::new().put("settings", "settings", settings), @r#"
    when  publish settings settings
    then  refused invalid_definition: the document is not valid
          /reopen_within: not an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as PT3H or P14D
          /snooze_block: must last from PT1M to P1D
          /unsent_after: not an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as PT3H or P14D
          /purge_after: is shorter than the dispute retention
          /editor/font: must not be blank
          /editor/size: a font's size is from 6 to 72 points
          /editor/colour: not a colour such as #1a2b3c
          /default_priority: there is no priority named "utmost"
          /default_queue: there is no queue named "attic"
          /status_on/created_by_customer: a status that means snoozed, merged or closed is set by its own command only
          /status_on/assign/from/0: there is no status named "limbo"
          /status_on/assign/to: a status that means snoozed, merged or closed is set by its own command only
          /status_on/wake/to: a status that means snoozed, merged or closed is set by its own command only
          /status_on/wake/from: must be empty: a ticket wakes from a snooze and reopens from its end, nowhere else
          /status_on/reopen/to: there is no status named "limbo"
    "#);
}

#[test]
fn settings_need_the_offsets_of_their_zone() {
    let desk = Desk::new();
    let settings = || Document::Settings(Box::default());
    let unordered = ZoneOffsets { tzdb: "2026a".into(), offsets: vec![(5, 0), (5, 1)] };
    for offsets in [None, Some(ZoneOffsets { offsets: vec![], ..utc() }), Some(unordered)] {
        let refused = told(publish(&desk.0, "settings", settings(), offsets));
        assert!(refused.ends_with("/zone: there is no such time zone"), "{refused}");
    }
    let moved = Some(ZoneOffsets { offsets: vec![(631_152_000_000, 3600)], ..utc() });
    assert_eq!(publish(&desk.0, "settings", settings(), moved).unwrap().len(), 1);
    let relabelled = Some(ZoneOffsets { tzdb: "2026b".into(), ..utc() });
    assert_eq!(publish(&desk.0, "settings", settings(), relabelled), Ok(Vec::new()));
}

#[test]
fn what_nothing_names_can_be_retired() {
    let mut desk = Desk::new();
    assert_snapshot!(desk.delete(DefinitionKind::Type, "problem"), @"
    when  retire type problem
    then  DefinitionRetired key: problem, kind: type
    ");
    desk.take(retire(&desk.0, DefinitionKind::Type, "problem").unwrap());
    assert_eq!(desk.0.ticket_type("problem"), None);
    assert_snapshot!(desk.delete(DefinitionKind::Type, "problem"), @"
    when  retire type problem
    then  refused not_found: there is no such definition
    ");
}

#[test]
fn what_others_name_cannot_be_retired() {
    let desk = Desk::new().with(
        "queue",
        "complaints",
        json!({
            "name": "Complaints", "default_priority": "high", "categories": ["complaint"],
        }),
    );
    assert_snapshot!(desk.delete(DefinitionKind::Queue, "inbox"), @"
    when  retire queue inbox
    then  refused definition_in_use: it is used by the settings
    ");
    assert_snapshot!(desk.delete(DefinitionKind::Queue, "complaints"), @"
    when  retire queue complaints
    then  refused definition_in_use: it is used by the category complaint
    ");
    assert_snapshot!(desk.delete(DefinitionKind::Priority, "medium"), @"
    when  retire priority medium
    then  refused definition_in_use: it is used by the settings
    ");
    assert_snapshot!(desk.delete(DefinitionKind::Priority, "high"), @"
    when  retire priority high
    then  refused definition_in_use: it is used by the queue complaints, the plan default
    ");
    assert_snapshot!(desk.delete(DefinitionKind::Category, "complaint"), @"
    when  retire category complaint
    then  refused definition_in_use: it is used by the queue complaints, the category complaint/delivery, the category complaint/new
    ");
    let desk =
        Desk::new().with("status", "triage", json!({ "name": "Triage", "based_on": "new" })).with(
            "settings",
            "settings",
            json!({ "status_on": { "assign": { "from": ["triage"], "to": "in_progress" } } }),
        );
    assert_snapshot!(desk.delete(DefinitionKind::Status, "triage"), @"
    when  retire status triage
    then  refused definition_in_use: it is used by the settings
    ");
}

#[test]
fn the_six_statuses_and_the_settings_stay() {
    let desk = Desk::new();
    assert_snapshot!(desk.delete(DefinitionKind::Status, "closed"), @"
    when  retire status closed
    then  refused built_in: it is one that the desk cannot do without
    ");
    assert_snapshot!(desk.delete(DefinitionKind::Settings, "settings"), @"
    when  retire settings settings
    then  refused built_in: it is one that the desk cannot do without
    ");
}

#[test]
fn a_queue_has_the_hours_of_a_calendar_that_is_there_and_keeps_it_there() {
    let night = json!({ "name": "Night", "zone": "Asia/Manila", "day": "PT8H",
        "weekly": { "mon": ["22:00-06:00"] } });
    let post = || json!({ "name": "Post", "calendar": "night" });
    let desk = Desk::new();
    assert_snapshot!(desk.put("queue", "post", post()), @r#"
    when  publish queue post
    then  refused invalid_definition: the document is not valid
          /calendar: there is no calendar named "night"
    "#);
    let desk = desk.with("calendar", "night", night).with("queue", "post", post());
    assert_snapshot!(desk.delete(DefinitionKind::Calendar, "night"), @"
    when  retire calendar night
    then  refused definition_in_use: it is used by the queue post
    ");
}
