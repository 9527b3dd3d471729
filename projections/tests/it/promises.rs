//! A plan and a calendar in the log, for tickets to be promised by.

use docket_domain::codec::Event;
use docket_domain::definition::{DefinitionEvent, DefinitionKind, Document, SlaTerms, ZoneOffsets};
use docket_domain::ticket::event::TicketCreated;
use serde_json::json;

use crate::desk::Desk;
use crate::story::{anna, by_agent, created, term};

/// Always open; an owner within ten seconds, an answer within twenty, the next within five, an end
/// within a minute; what is urgent sooner.
pub async fn publish(desk: &Desk) {
    let plan = json!({
        "name": "Default", "calendar": "office",
        "pauses": { "resolution": ["awaiting_customer"] },
        "respond": [
            { "assignment": "PT10S", "first_response": "PT20S", "next_reply": "PT5S" },
            { "priority": "high", "first_response": "PT15S" },
        ],
        "resolve": [{ "resolution": "PT1M" }, { "priority": "high", "resolution": "PT30S" }],
    });
    let calendar = json!({
        "name": "Office", "zone": "UTC", "day": "PT24H",
        "weekly": {
            "mon": ["00:00-24:00"], "tue": ["00:00-24:00"], "wed": ["00:00-24:00"],
            "thu": ["00:00-24:00"], "fri": ["00:00-24:00"], "sat": ["00:00-24:00"],
            "sun": ["00:00-24:00"],
        },
    });
    let plan = Document::Plan(serde_json::from_value(plan).unwrap());
    let calendar = Document::Calendar(serde_json::from_value(calendar).unwrap());
    let zone = ZoneOffsets { tzdb: "2026a".into(), offsets: vec![(0, 0)] };
    for (kind, key, document, zone_offsets) in [
        (DefinitionKind::Calendar, "office", calendar, Some(zone)),
        (DefinitionKind::Plan, "default", plan, None),
    ] {
        let published =
            DefinitionEvent::DefinitionPublished { key: key.into(), document, zone_offsets };
        desk.happens(&kind.stream(key), vec![(by_agent(&anna()), Event::Definition(published))])
            .await;
    }
}

pub fn terms() -> SlaTerms {
    SlaTerms {
        plan: term("default"),
        calendar: term("office"),
        own_calendar: false,
        queue_calendar: false,
        tzdb: "2026a".into(),
    }
}

/// A ticket that is promised by them.
pub fn promised(number: &str) -> TicketCreated {
    TicketCreated { sla: Some(terms()), ..created(number) }
}
