//! What a ticket is at its beginning.

use std::collections::BTreeMap;

use crate::ticket::event::{OpenedBy, TicketCreated};
use crate::ticket::state::{MessageKind, Offers, TicketState};

impl TicketState {
    /// The ticket that an event brings into being.
    pub(super) fn of(created: &TicketCreated) -> Self {
        let mut state = Self {
            version: 1,
            number: created.number.clone(),
            subject: created.subject.clone(),
            customer: created.customer.clone(),
            tier: created.tier.clone(),
            opened_by: created.opened_by,
            channel: created.channel,
            queue: created.queue.clone(),
            category: created.category.clone(),
            ticket_type: created.ticket_type.clone(),
            priority: created.priority.clone(),
            status: created.status.clone(),
            tags: created.tags.clone(),
            fields: BTreeMap::new(),
            assignee: None,
            untaken: false,
            offers: Offers::default(),
            messages: Vec::new(),
            drafts: Vec::new(),
            split_off_with: Vec::new(),
            waiting_from_others: Vec::new(),
            opened_from_others: Vec::new(),
            snooze: None,
            merged: None,
            absorbed: Vec::new(),
            undone_merges: Vec::new(),
            links: Vec::new(),
            escalation_level: 0,
            marks: Vec::new(),
            open_complaint: None,
            decided_complaints: Vec::new(),
            commitments: Vec::new(),
            closed_at: None,
            purge_at: None,
            noticed_opening: None,
        };
        if let Some(message) = &created.message {
            let kind = match created.opened_by {
                OpenedBy::Customer => MessageKind::Customer,
                OpenedBy::Agent => MessageKind::Reply,
            };
            state.said(message.id, &message.number, kind);
        }
        if let Some(origin) = &created.origin {
            state.link(&origin.ticket, origin.kind.link());
            state.split_off_with = origin.waiting.iter().map(|message| message.id).collect();
            state.await_answer(&origin.waiting);
        }
        state
    }
}
