//! Tickets that grow out of another: what they take over from it.

use docket_domain::definition::Catalogue;
use docket_domain::ids::{MessageId, TicketId};
use docket_domain::party::Channel;
use docket_domain::personal::Personal;
use docket_domain::ticket::command::{NewMessage, TicketDetails};
use docket_domain::ticket::event::{OpenedBy, Origin, OriginKind, TicketRef, WaitingMessage};
use docket_domain::ticket::state::TicketState;

use crate::intake::NewTicket;
use crate::requester::CustomerInput;

/// What a follow-up takes over from the ticket it follows: all that says where it belongs, not how
/// urgent it was.
pub(crate) fn following(
    ticket: &TicketState,
    id: TicketId,
    message: NewMessage,
    channel: Channel,
    catalogue: &Catalogue,
) -> NewTicket {
    let origin = origin(OriginKind::FollowUp, ticket, id);
    let placed = placed_as(ticket, ticket.subject.clone(), origin, catalogue);
    of_the_same(ticket, TicketDetails { channel, message: Some(message), ..placed })
}

/// What is split off: messages of a ticket, with the wait for an answer to them.
pub(crate) struct SplitOff<'a> {
    pub messages: Vec<MessageId>,
    pub waiting: Vec<WaitingMessage>,
    pub subject: &'a str,
}

/// What a split-off ticket takes over from the one it comes from.
pub(crate) fn split_off(
    ticket: &TicketState,
    id: TicketId,
    off: SplitOff<'_>,
    catalogue: &Catalogue,
) -> NewTicket {
    let SplitOff { messages, waiting, subject } = off;
    let origin = Origin { messages, waiting, ..origin(OriginKind::Split, ticket, id) };
    let priority = catalogue.priority(&ticket.priority.key).map(|term| term.key);
    let placed = placed_as(ticket, Personal::text(subject), origin, catalogue);
    of_the_same(ticket, TicketDetails { priority, tags: ticket.tags.clone(), ..placed })
}

fn of_the_same(ticket: &TicketState, details: TicketDetails) -> NewTicket {
    NewTicket { customer: CustomerInput::Id(ticket.customer.id), details }
}

/// A ticket in the same place. What was retired since, or no longer fits
/// together, is left out, and the defaults take its place: nobody who writes to an old ticket can
/// know what became of its definitions.
fn placed_as(
    ticket: &TicketState,
    subject: Personal<String>,
    origin: Origin,
    catalogue: &Catalogue,
) -> TicketDetails {
    let in_force = |path: &&str| catalogue.category(path).is_some();
    let category = ticket.category.as_ref().map(|term| term.key.as_str()).filter(in_force);
    let queue = catalogue.queue(&ticket.queue.key).map(|term| term.key);
    let by_category = || catalogue.queue_of_category(category?);
    let lies = queue.as_deref().or_else(by_category);
    let lies = lies.unwrap_or(&catalogue.settings().default_queue);
    let category = category.filter(|path| catalogue.queue_takes(lies, path)).map(str::to_owned);
    let ticket_type = ticket.ticket_type.as_ref().and_then(|it| catalogue.ticket_type(&it.key));
    TicketDetails {
        opened_by: OpenedBy::Customer,
        channel: ticket.channel,
        endpoint: None,
        queue,
        category,
        ticket_type: ticket_type.map(|term| term.key),
        priority: None,
        subject,
        tags: Vec::new(),
        message: None,
        origin: Some(origin),
    }
}

fn origin(kind: OriginKind, ticket: &TicketState, id: TicketId) -> Origin {
    let ticket = TicketRef { id, number: ticket.number.clone() };
    Origin { kind, ticket, messages: Vec::new(), waiting: Vec::new() }
}
