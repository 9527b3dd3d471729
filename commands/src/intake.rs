//! First contact: a new ticket, and the customer it comes from.

use docket_domain::codec::Event;
use docket_domain::context::Context;
use docket_domain::ids::{CustomerId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::party::{Actor, Channel, CustomerRef};
use docket_domain::personal::Personal;
use docket_domain::ticket::command::{NewMessage, OpenTicket, TicketCommand, TicketRefusal};
use docket_domain::ticket::decide::decide;
use docket_domain::ticket::event::{LinkKind, OpenedBy, Origin, OriginKind, TicketRef};
use docket_domain::ticket::state::{Ticket, TicketState};
use docket_store::Claim;

use crate::append::{Appended, Plan, Write};
use crate::desk::{Desk, TRIES, customer_actor};
use crate::error::CommandError;
use crate::minting::TICKET_NUMBER;
use crate::request::{Done, Request};
use crate::requester::{CustomerInput, Requester};

/// A ticket as its opener describes it.
#[derive(Clone, Debug)]
pub struct NewTicket {
    /// Who asks.
    pub customer: CustomerInput,
    /// Who opens it.
    pub opened_by: OpenedBy,
    /// By which way it came.
    pub channel: Channel,
    /// Our endpoint it came to.
    pub endpoint: Option<String>,
    /// The queue's key.
    pub queue: Option<String>,
    /// The category's path.
    pub category: Option<String>,
    /// The type's key.
    pub ticket_type: Option<String>,
    /// The priority's key.
    pub priority: Option<String>,
    /// The subject.
    pub subject: Personal<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The first message.
    pub message: Option<NewMessage>,
    /// The ticket it grows out of.
    pub origin: Option<Origin>,
}

impl Desk {
    /// Opens a ticket. A customer who writes for the first time is registered in the same append,
    /// customer first; of two first contacts at once one claims the address, and the other is
    /// decided again with the customer it finds.
    pub async fn open_ticket(
        &self,
        request: &Request,
        new: &NewTicket,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        let id = TicketId(self.mint());
        let number = self.next_number().await?;
        for _ in 0..TRIES {
            let requester = self.requester(request, &new.customer).await?;
            self.check_registration(&requester, new)?;
            let plan = self.plan_opening(request, id, &number, new, requester)?;
            if let Appended::Done(done) = self.append(request, plan).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    /// Takes in a customer's message. One to a ticket that was closed too long ago to be reopened
    /// opens a new ticket, linked with the old one (S-53); the answer is then about the new one.
    pub async fn receive_message(
        &self,
        request: &Request,
        id: TicketId,
        message: NewMessage,
        channel: Channel,
    ) -> Result<Done, CommandError> {
        let command = TicketCommand::Receive { message: message.clone(), channel };
        match self.execute(request, id, &command).await {
            Err(CommandError::Ticket(TicketRefusal::ReopenWindowPassed)) => {
                self.follow_up(request, id, message, channel).await
            }
            other => other,
        }
    }

    async fn follow_up(
        &self,
        request: &Request,
        old: TicketId,
        message: NewMessage,
        channel: Channel,
    ) -> Result<Done, CommandError> {
        let id = TicketId(self.mint());
        let number = self.next_number().await?;
        for _ in 0..TRIES {
            let folded = self.ticket(old).await?;
            let ticket = folded.state.present().ok_or(TicketRefusal::NoSuchTicket)?;
            let new = following(ticket, old, message.clone(), channel);
            let requester = self.requester(request, &new.customer).await?;
            let mut plan = self.plan_opening(request, id, &number, &new, requester)?;
            let link = TicketCommand::Link {
                other: TicketRef { id, number: number.clone() },
                kind: LinkKind::FollowedUpBy,
            };
            plan.writes.insert(0, self.decide(request, old, &folded, &link).await?);
            if let Appended::Done(done) = self.append(request, plan).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    /// The writes that bring a ticket into being, the ticket's own last.
    pub(crate) fn plan_opening(
        &self,
        request: &Request,
        id: TicketId,
        number: &str,
        new: &NewTicket,
        requester: Requester,
    ) -> Result<Plan, CommandError> {
        let customer = requester.customer.id;
        let actor = opener(request, new.opened_by, customer);
        let catalogue = self.catalogue();
        let context = Context {
            actor: actor.clone(),
            now: self.moment(request, Instant(i64::MIN))?,
            command_id: request.command_id,
            catalogue: &catalogue,
        };
        let open = open_command(id, number, new, requester.customer, requester.tier);
        let events = decide(&Ticket::Absent, TicketCommand::Open(Box::new(open)), &context)?;
        let mut plan = Plan::default();
        if let Some((write, claims)) = requester.first_contact {
            plan.writes.push(write);
            plan.claims = claims;
        }
        plan.claims.push(Claim {
            space: TICKET_NUMBER.into(),
            key: number.into(),
            owner: id.stream(),
        });
        plan.writes.push(Write {
            stream: id.stream(),
            version: 0,
            subjects: vec![id.stream(), customer.stream()],
            actor,
            channel: Some(new.channel),
            events: events.into_iter().map(Event::Ticket).collect(),
        });
        Ok(plan)
    }

    fn check_registration(
        &self,
        requester: &Requester,
        new: &NewTicket,
    ) -> Result<(), CommandError> {
        let catalogue = self.catalogue();
        let Some(queue) = new.queue.as_ref().and_then(|key| catalogue.queues.get_key_value(key))
        else {
            return Ok(());
        };
        if requester.first_contact.is_some() && !queue.1.document.register_customers {
            return Err(CommandError::NotRegistered { queue: queue.0.clone() });
        }
        Ok(())
    }
}

fn opener(request: &Request, opened_by: OpenedBy, customer: CustomerId) -> Actor {
    match opened_by {
        OpenedBy::Customer => customer_actor(&request.actor, customer.0),
        OpenedBy::Agent => request.actor.clone(),
    }
}

fn open_command(
    id: TicketId,
    number: &str,
    new: &NewTicket,
    customer: CustomerRef,
    tier: String,
) -> OpenTicket {
    OpenTicket {
        id,
        number: number.to_owned(),
        customer,
        tier,
        opened_by: new.opened_by,
        channel: new.channel,
        endpoint: new.endpoint.clone(),
        queue: new.queue.clone(),
        category: new.category.clone(),
        ticket_type: new.ticket_type.clone(),
        priority: new.priority.clone(),
        subject: new.subject.clone(),
        tags: new.tags.clone(),
        message: new.message.clone(),
        origin: new.origin.clone(),
    }
}

/// What a follow-up takes over from the ticket it follows: all that says where it belongs, not how
/// urgent it was.
fn following(
    ticket: &TicketState,
    id: TicketId,
    message: NewMessage,
    channel: Channel,
) -> NewTicket {
    NewTicket {
        customer: CustomerInput::Id(ticket.customer.id),
        opened_by: OpenedBy::Customer,
        channel,
        endpoint: None,
        queue: Some(ticket.queue.key.clone()),
        category: ticket.category.as_ref().map(|term| term.key.clone()),
        ticket_type: ticket.ticket_type.as_ref().map(|term| term.key.clone()),
        priority: None,
        subject: ticket.subject.clone(),
        tags: Vec::new(),
        message: Some(message),
        origin: Some(Origin {
            kind: OriginKind::FollowUp,
            ticket: TicketRef { id, number: ticket.number.clone() },
            messages: Vec::new(),
        }),
    }
}
