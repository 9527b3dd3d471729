//! First contact: a new ticket, and the customer it comes from.

use docket_domain::codec::Event;
use docket_domain::context::Context;
use docket_domain::definition::Catalogue;
use docket_domain::ids::TicketId;
use docket_domain::party::{Actor, Channel};
use docket_domain::ticket::command::{
    NewMessage, OpenTicket, TicketCommand, TicketDetails, TicketRefusal,
};
use docket_domain::ticket::decide::decide;
use docket_domain::ticket::event::{LinkKind, OpenedBy, TicketEvent, TicketRef};
use docket_domain::ticket::state::{Link, Ticket};
use docket_store::Claim;

use crate::append::{Appended, Plan, Write};
use crate::desk::{Desk, TRIES, customer_actor};
use crate::error::CommandError;
use crate::load::Last;
use crate::minting::TICKET_NUMBER;
use crate::offspring::following;
use crate::request::{Done, Request};
use crate::requester::{CustomerInput, Requester};

/// A ticket to be opened.
#[derive(Clone, Debug)]
pub struct NewTicket {
    /// Who asks.
    pub customer: CustomerInput,
    /// What its opener says.
    pub details: TicketDetails,
}

impl Desk {
    /// Opens a ticket. A customer who writes for the first time is registered in the same append,
    /// customer first, and what a known one gives that is new is learnt in it. Of two first contacts
    /// at once one claims the address; the other is decided again with the customer it finds.
    pub async fn open_ticket(
        &self,
        request: &Request,
        new: &NewTicket,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        let name = TicketRef { id: TicketId(self.mint()), number: self.next_number().await? };
        for _ in 0..TRIES {
            let requester = self.requester(request, &new.customer).await?;
            let actor = match new.details.opened_by {
                OpenedBy::Customer => customer_actor(&request.actor, requester.customer.id.0),
                OpenedBy::Agent => request.actor.clone(),
            };
            let plan = self.plan_opening(request, actor, &name, &new.details, requester).await?;
            if let Appended::Done(done) = self.append(request, plan).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    /// Takes in a customer's message. One to a ticket that was closed too long ago to be reopened
    /// opens a new ticket, linked with the old one (S-53); those after it go there, and so on. The answer
    /// is then about the ticket that has the message.
    pub async fn receive_message(
        &self,
        request: &Request,
        id: TicketId,
        message: NewMessage,
        channel: Channel,
    ) -> Result<Done, CommandError> {
        let command = TicketCommand::Receive { message: message.clone(), channel };
        let elsewhere = Request { if_match: None, ..request.clone() };
        let (mut at, mut passed, mut tries) = (id, Vec::new(), 0);
        while tries < TRIES {
            let asked = if at == id { request } else { &elsewhere };
            match self.execute(asked, at, &command).await {
                Err(CommandError::Ticket(TicketRefusal::ReopenWindowPassed)) => {}
                // Merged a moment ago: the message goes where the merge leads.
                Err(CommandError::Ticket(TicketRefusal::TicketMerged { .. })) if at != id => {
                    at = Box::pin(self.root_of(at)).await?;
                    tries += 1;
                    continue;
                }
                other => return other,
            }
            passed.push(at);
            if let Some(next) = Box::pin(self.follow_up(at, &passed)).await? {
                at = next;
                continue;
            }
            let plan = Box::pin(self.plan_follow_up(asked, at, message.clone(), channel)).await?;
            if let Appended::Done(done) = self.append(asked, plan).await? {
                return Ok(done);
            }
            // An agent may have reopened the old ticket meanwhile, or another message opened one that
            // follows it: then it is asked again.
            passed.pop();
            tries += 1;
        }
        Err(CommandError::Contended)
    }

    /// The ticket of the same customer that follows a closed one, or what that one was merged into: the
    /// latest, where there are several. None of those that were asked already, for people may link in
    /// circles.
    async fn follow_up(
        &self,
        id: TicketId,
        passed: &[TicketId],
    ) -> Result<Option<TicketId>, CommandError> {
        let folded = self.ticket(id).await?;
        let ticket = folded.state.present().ok_or(TicketRefusal::NoSuchTicket)?;
        let follows = |link: &&Link| link.kind == LinkKind::FollowedUpBy;
        for link in ticket.links.iter().rev().filter(follows) {
            let root = self.root_of(link.other.id).await?;
            let found = self.ticket(root).await?;
            let of_same =
                found.state.present().is_some_and(|it| it.customer.id == ticket.customer.id);
            if of_same && !passed.contains(&root) {
                return Ok(Some(root));
            }
        }
        Ok(None)
    }

    async fn plan_follow_up(
        &self,
        request: &Request,
        old: TicketId,
        message: NewMessage,
        channel: Channel,
    ) -> Result<Plan, CommandError> {
        let other = TicketRef { id: TicketId(self.mint()), number: self.next_number().await? };
        let folded = self.ticket(old).await?;
        let ticket = folded.state.present().ok_or(TicketRefusal::NoSuchTicket)?;
        let new = following(ticket, old, message, channel, &self.catalogue());
        let requester = self.requester(request, &new.customer).await?;
        let actor = customer_actor(&request.actor, requester.customer.id.0);
        let mut plan = self.plan_opening(request, actor, &other, &new.details, requester).await?;
        let link = TicketCommand::Link { other, kind: LinkKind::FollowedUpBy };
        plan.writes.insert(0, self.decide(request, old, &folded, &link).await?);
        Ok(plan)
    }

    /// The writes that bring a ticket into being, the ticket's own last. `actor` is who does it:
    /// an agent who splits a ticket, though the customer is who opened it for the status (S-54).
    pub(crate) async fn plan_opening(
        &self,
        request: &Request,
        actor: Actor,
        name: &TicketRef,
        details: &TicketDetails,
        requester: Requester,
    ) -> Result<Plan, CommandError> {
        let (id, customer) = (name.id, requester.customer.id);
        let catalogue = self.catalogue();
        let context = Context {
            actor: actor.clone(),
            now: self.moment(request, Last::NONE)?,
            command_id: request.command_id,
            catalogue: &catalogue,
        };
        let open = OpenTicket {
            id,
            number: name.number.clone(),
            customer: requester.customer,
            tier: requester.tier,
            entitlement: requester.entitlement,
            contact: requester.contact,
            details: details.clone(),
        };
        let events = decide(&Ticket::Absent, TicketCommand::Open(Box::new(open)), &context)?;
        let mut plan = Plan::default();
        if let Some((write, claims)) = requester.news {
            if write.version == 0 {
                may_register(&events, &catalogue)?;
            }
            plan.writes.push(write);
            plan.claims = claims;
        }
        plan.claims.push(Claim {
            space: TICKET_NUMBER.into(),
            key: name.number.clone(),
            owner: id.stream(),
        });
        let write = Write {
            stream: id.stream(),
            version: 0,
            subjects: vec![id.stream(), customer.stream()],
            actor,
            channel: Some(details.channel),
            events: events.into_iter().map(Event::Ticket).collect(),
        };
        plan.writes.extend(self.with_notice(request, &Ticket::Absent, write).await?.writes);
        Ok(plan)
    }
}

/// Refuses a first contact where the queue that the ticket goes to takes registered customers only
/// (S-37), whoever chose that queue.
fn may_register(events: &[TicketEvent], catalogue: &Catalogue) -> Result<(), CommandError> {
    let queues = events.iter().filter_map(|event| match event {
        TicketEvent::TicketCreated(created) => Some(&created.queue.key),
        _ => None,
    });
    for key in queues {
        if catalogue.queues.get(key).is_some_and(|queue| !queue.document.register_customers) {
            return Err(CommandError::NotRegistered { queue: key.clone() });
        }
    }
    Ok(())
}
