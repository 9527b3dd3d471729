//! What a new desk starts with, so that its first ticket needs no configuration.

use crate::definition::{
    BaseStatus, Category, Document, Priority, Queue, Settings, Status, TicketType,
};
use crate::sla::defaults::service_defaults;

/// The documents of a new desk, each with its key, in an order in which each names only what came
/// before it.
pub fn defaults() -> Vec<(String, Document)> {
    let mut all = Vec::new();
    for (key, name, level) in [
        ("critical", "Critical", 5),
        ("high", "High", 4),
        ("medium", "Medium", 3),
        ("low", "Low", 2),
    ] {
        all.push((
            key.into(),
            Document::Priority(Priority { name: name.into(), level, times: None }),
        ));
    }
    for (key, name) in [
        ("inbox", "Inbox"),
        ("complaints", "Complaints"),
        ("technical", "Technical support"),
        ("billing", "Billing"),
    ] {
        all.push((key.into(), Document::Queue(queue(name))));
    }
    for (path, name, queue) in [
        ("question", "Question", None),
        ("technical", "Technical", Some("technical")),
        ("technical/outage", "Outage", None),
        ("technical/installation", "Installation", None),
        ("invoice", "Invoice", Some("billing")),
        ("invoice/reprint", "Reprint", None),
        ("complaint", "Complaint", Some("complaints")),
        ("complaint/new", "New", None),
        ("complaint/delivery", "Delivery", None),
    ] {
        let category = Category {
            name: name.into(),
            queue: queue.map(str::to_owned),
            solutions: Vec::new(),
            skills: Vec::new(),
        };
        all.push((path.into(), Document::Category(category)));
    }
    all.extend(statuses());
    for (key, name) in [
        ("question", "Question"),
        ("technical", "Technical"),
        ("invoice_reprint", "Invoice reprint"),
        ("complaint", "Complaint"),
        ("problem", "Problem"),
    ] {
        all.push((key.into(), Document::Type(TicketType { name: name.into() })));
    }
    let settings = Settings::default();
    all.extend(service_defaults(&settings.zone));
    all.push(("settings".into(), Document::Settings(Box::new(settings))));
    all
}

fn queue(name: &str) -> Queue {
    Queue { name: name.into(), ..Queue::default() }
}

/// The six, each under its own key, with the substatuses that most desks come to need (S-43).
fn statuses() -> [(String, Document); 6] {
    [
        status(BaseStatus::New, "New", &[]),
        status(
            BaseStatus::InProgress,
            "In progress",
            &[
                ("awaiting_courier", "Awaiting courier"),
                ("supplier_unreachable", "Supplier unreachable"),
            ],
        ),
        status(
            BaseStatus::AwaitingCustomer,
            "Awaiting customer",
            &[("information", "Information asked for"), ("payment", "Payment asked for")],
        ),
        status(BaseStatus::Snoozed, "Snoozed", &[]),
        status(BaseStatus::Merged, "Merged", &[]),
        status(BaseStatus::Closed, "Closed", &[]),
    ]
}

fn status(base: BaseStatus, name: &str, substatuses: &[(&str, &str)]) -> (String, Document) {
    let substatuses = substatuses.iter().map(|(key, name)| ((*key).into(), (*name).into()));
    let substatuses = substatuses.collect();
    (base.key().into(), Document::Status(Status { name: name.into(), based_on: base, substatuses }))
}
