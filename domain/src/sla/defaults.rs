//! The calendar and the plan that a desk starts with (S-09, S-10, S-94), so that its first ticket has
//! deadlines before anybody sets a table.

use std::collections::BTreeMap;

use crate::definition::{BaseStatus, Document};
use crate::sla::calendar::{Calendar, Weekday};
use crate::sla::plan::{ANY, ClockKind, Plan, Reckoning, ResolveRow, RespondRow};

/// The key of the calendar.
pub const CALENDAR: &str = "office";

/// The key of the plan.
pub const PLAN: &str = "default";

/// The calendar `office`, told by the wall clock of `zone`, and the plan `default`, in this order,
/// since a plan names its calendar.
pub fn service_defaults(zone: &str) -> [(String, Document); 2] {
    [
        (CALENDAR.into(), Document::Calendar(office(zone))),
        (PLAN.into(), Document::Plan(Box::new(default_plan()))),
    ]
}

fn office(zone: &str) -> Calendar {
    let weekdays = Weekday::ALL.into_iter().take(5);
    Calendar {
        name: "Office".into(),
        zone: zone.into(),
        day: "PT9H".into(),
        weekly: weekdays.map(|day| (day, vec!["08:00-17:00".into()])).collect(),
        exceptions: Vec::new(),
    }
}

/// Assignment is half of the first response; a warning a quarter of the target before the deadline is
/// what a row without an alarm means.
fn default_plan() -> Plan {
    let respond = [
        ("premium", "social", "critical", "PT5M", "PT2M30S"),
        ("premium", "chat", "critical", "PT5M", "PT2M30S"),
        ("premium", ANY, "critical", "PT15M", "PT7M30S"),
        ("premium", ANY, ANY, "PT1H", "PT30M"),
        ("standard", ANY, "critical", "PT1H", "PT30M"),
        ("standard", ANY, "high", "PT2H", "PT1H"),
        (ANY, ANY, ANY, "P1D", "PT4H30M"),
    ];
    let resolve = [
        ("premium", "critical", "PT4H"),
        ("premium", "high", "P1D"),
        ("premium", ANY, "P3D"),
        ("standard", "critical", "P1D"),
        ("standard", "high", "P2D"),
        (ANY, ANY, "P5D"),
    ];
    let awaiting_customer = vec![BaseStatus::AwaitingCustomer.key().into()];
    Plan {
        name: "Default".into(),
        calendar: CALENDAR.into(),
        time: Reckoning::Open,
        pauses: BTreeMap::from([(ClockKind::Resolution, awaiting_customer)]),
        respond: respond.map(respond_row).into(),
        resolve: resolve.map(resolve_row).into(),
        internal: Vec::new(),
        escalation: Vec::new(),
    }
}

fn respond_row(
    (tier, channel, priority, answer, owner): (&str, &str, &str, &str, &str),
) -> RespondRow {
    RespondRow {
        tier: tier.into(),
        channel: channel.into(),
        priority: priority.into(),
        assignment: Some(owner.into()),
        first_response: Some(answer.into()),
        next_reply: Some(answer.into()),
        alarm: None,
    }
}

fn resolve_row((tier, priority, resolution): (&str, &str, &str)) -> ResolveRow {
    ResolveRow {
        tier: tier.into(),
        ticket_type: ANY.into(),
        priority: priority.into(),
        resolution: Some(resolution.into()),
        alarm: None,
    }
}
