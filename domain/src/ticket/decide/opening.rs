//! How a ticket comes into being.

use crate::context::Context;
use crate::definition::Term;
use crate::ids::MessageId;
use crate::personal::Personal;
use crate::ticket::command::{NewMessage, OpenTicket, TicketRefusal};
use crate::ticket::decide::classification::{at_most_50_tags, distinct};
use crate::ticket::decide::{Decision, status};
use crate::ticket::event::{Message, OpenedBy, TicketCreated, TicketEvent};

/// Opens a ticket. What it does not name is filled in: the queue by its category or one above
/// (S-25), else by the settings; the priority by the queue (S-38), else by the settings; the status
/// by who opens it (S-54). The queue must take the category (S-39). What a contract entitles the
/// customer to is frozen with it: the tier, and the calendar that counts (S-07); where a contract names
/// none, that is the queue's (S-29, S-60), else the plan's.
pub(super) fn open(new: OpenTicket, context: &Context<'_>) -> Decision {
    let OpenTicket { id: _, number, customer, tier, entitlement, contact, details: new } = new;
    let (contract, calendar) = entitlement.map(|it| (it.contract, it.calendar)).unwrap_or_default();
    let catalogue = context.catalogue;
    let settings = catalogue.settings();
    let category = new.category.map(|path| status::category(&path, context)).transpose()?;
    let ticket_type = new.ticket_type.map(|key| status::ticket_type(&key, context)).transpose()?;
    let queue = queue(new.queue.as_deref(), category.as_ref(), context)?;
    status::queue_takes(&queue, category.as_ref(), context)?;
    let of_queue = catalogue.queues.get(&queue.key);
    let priority = new
        .priority
        .as_deref()
        .or_else(|| of_queue?.document.default_priority.as_deref())
        .unwrap_or(&settings.default_priority);
    let initial = match new.opened_by {
        OpenedBy::Customer => &settings.status_on.created_by_customer,
        OpenedBy::Agent => &settings.status_on.created_by_agent,
    };
    let tags = distinct(new.tags);
    at_most_50_tags(tags.len())?;
    Ok(vec![TicketEvent::TicketCreated(Box::new(TicketCreated {
        priority: status::priority(priority, context)?,
        status: status::status(initial, context)?,
        message: new.message.map(|it| message(it, format!("{number}-1"), context)),
        number,
        customer,
        contact,
        tier,
        contract,
        opened_by: new.opened_by,
        channel: new.channel,
        endpoint: new.endpoint,
        sla: catalogue.terms_of(&settings.plan, calendar.as_deref(), Some(&queue.key)),
        queue,
        category,
        ticket_type,
        subject: new.subject,
        tags,
        origin: new.origin,
    }))])
}

fn queue(
    named: Option<&str>,
    category: Option<&Term>,
    context: &Context<'_>,
) -> Result<Term, TicketRefusal> {
    let by_category = || context.catalogue.queue_of_category(&category?.key);
    let by_settings = &context.catalogue.settings().default_queue;
    status::queue(named.or_else(by_category).unwrap_or(by_settings), context)
}

/// What is said, with the id and the number it has from now on.
pub(super) fn message(new: NewMessage, number: String, context: &Context<'_>) -> Message {
    Message {
        id: MessageId(context.derive_id("message")),
        number,
        body: Personal::text(new.body),
        attachments: new.attachments,
    }
}
