//! Who spoke last in a ticket, and what waits there for an answer (S-81).

use docket_domain::ids::MessageId;
use docket_domain::ticket::event::{
    CallOutcome, MergeSide, Message, OpenedBy, TicketEvent, WaitingMessage,
};
use uuid::Uuid;

use crate::recorded::Recorded;

/// What a ticket's events say about who waits for whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Attention {
    /// The customers' messages that wait for an answer, those of its aliases too.
    waiting: Vec<Uuid>,
    /// The version of the latest event that brought a customer's message.
    customer_spoke: u64,
    /// The version of the last event that an employee caused.
    employee_acted: u64,
}

impl Attention {
    /// Whether no employee did anything here since a customer's message came in. Who merges or splits
    /// a ticket did something; what waits then, the icon says.
    pub fn is_unread(&self) -> bool {
        self.customer_spoke > self.employee_acted
    }

    /// Whether a customer waits for an answer.
    pub fn is_awaited(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub fn evolve(&mut self, event: &TicketEvent, recorded: &Recorded) {
        let human = recorded.envelope.actor.kind.is_human();
        let said = customers_message(event);
        let came: Vec<Uuid> = match said {
            Some(message) => vec![message.id.0],
            None => brought(event).iter().map(|message| message.id.0).collect(),
        };
        if said.is_none() && human {
            self.employee_acted = recorded.version;
        } else if !came.is_empty() {
            self.customer_spoke = recorded.version;
        }
        if !came.is_empty() {
            self.waiting.retain(|known| !came.contains(known));
            self.waiting.extend(came);
        }
        match event {
            _ if human && is_answer(event) => self.waiting.clear(),
            TicketEvent::TicketClosed { .. } => self.waiting.clear(),
            TicketEvent::MessageFiled { message_ids, .. } => self.forget(message_ids.iter()),
            TicketEvent::TicketUnmerged { side: MergeSide::Source, answered, .. } => {
                self.forget(answered.iter());
            }
            TicketEvent::TicketUnmerged { side: MergeSide::Survivor, waiting, .. }
            | TicketEvent::TicketSplit { waiting, .. } => {
                self.forget(waiting.iter().map(|message| &message.id));
            }
            _ => {}
        }
    }

    fn forget<'a>(&mut self, gone: impl Iterator<Item = &'a MessageId>) {
        for id in gone {
            self.waiting.retain(|waiting| *waiting != id.0);
        }
    }
}

/// What waits here since this event, though it was said elsewhere.
fn brought(event: &TicketEvent) -> &[WaitingMessage] {
    match event {
        TicketEvent::TicketAbsorbed { waiting, .. }
        | TicketEvent::TicketUnmerged { side: MergeSide::Source, waiting, .. } => waiting,
        TicketEvent::TicketCreated(created) => {
            created.origin.as_ref().map_or(&[], |origin| &origin.waiting)
        }
        _ => &[],
    }
}

/// What the customer said with this event, if that is what it is.
fn customers_message(event: &TicketEvent) -> Option<&Message> {
    match event {
        TicketEvent::MessageReceived { message, .. } => Some(message),
        TicketEvent::TicketCreated(created) if created.opened_by == OpenedBy::Customer => {
            created.message.as_ref()
        }
        _ => None,
    }
}

/// Whether this is a public answer, given that a person gave it (SLA rule 4).
fn is_answer(event: &TicketEvent) -> bool {
    match event {
        TicketEvent::TicketReplied { .. } | TicketEvent::ContactLogged(_) => true,
        TicketEvent::CallLogged(call) => call.outcome == CallOutcome::Answered,
        TicketEvent::ChatLogged(chat) => !chat.abandoned,
        _ => false,
    }
}
