//! Commands that concern two tickets: split, link, and what [merging](crate::merging) shares with
//! them. Both streams are written in one append, the one the answer is about last.

use docket_domain::ids::{MessageId, TicketId};
use docket_domain::ticket::command::{TicketCommand, TicketRefusal};
use docket_domain::ticket::event::{LinkKind, TicketRef};
use docket_domain::ticket::state::{Ticket, TicketState};

use crate::append::{Appended, Plan, Write};
use crate::desk::{Desk, TRIES};
use crate::error::CommandError;
use crate::load::Folded;
use crate::offspring::{SplitOff, split_off};
use crate::request::{Done, Request};

impl Desk {
    /// Opens a new ticket that refers to messages of another; the answer is about the new one.
    pub async fn split(
        &self,
        request: &Request,
        source: TicketId,
        messages: &[MessageId],
        subject: &str,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        let into = TicketRef { id: TicketId(self.mint()), number: self.next_number().await? };
        for _ in 0..TRIES {
            let from = self.ticket(source).await?;
            let mut waiting = self.waiting_at(source, present(&from)?).await?;
            waiting.retain(|message| messages.contains(&message.id));
            let command = TicketCommand::Split {
                into: into.clone(),
                messages: messages.to_vec(),
                waiting: waiting.clone(),
            };
            let write = self.decide(request, source, &from, &command).await?;
            let off = SplitOff { messages: messages.to_vec(), waiting, subject };
            let new = split_off(present(&from)?, source, off, &self.catalogue());
            let requester = self.requester(request, &new.customer).await?;
            let actor = request.actor.clone();
            let mut plan =
                self.plan_opening(request, actor, &into, &new.details, requester).await?;
            plan.writes.insert(0, write);
            if let Appended::Done(done) = self.append(request, plan).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    /// Links two tickets, each side in its own words.
    pub async fn link(
        &self,
        request: &Request,
        id: TicketId,
        other: TicketId,
        kind: LinkKind,
    ) -> Result<Done, CommandError> {
        let command = |other, kind| TicketCommand::Link { other, kind };
        self.both(request, id, other, |this, that| {
            (command(that, kind), command(this, kind.inverse()))
        })
        .await
    }

    /// Removes a link on both sides; every link between the two when no kind is said.
    pub async fn unlink(
        &self,
        request: &Request,
        id: TicketId,
        other: TicketId,
        kind: Option<LinkKind>,
    ) -> Result<Done, CommandError> {
        let command = |other, kind| TicketCommand::Unlink { other, kind };
        self.both(request, id, other, |this, that| {
            (command(that.id, kind), command(this.id, kind.map(LinkKind::inverse)))
        })
        .await
    }

    async fn both(
        &self,
        request: &Request,
        id: TicketId,
        other: TicketId,
        commands: impl Fn(TicketRef, TicketRef) -> (TicketCommand, TicketCommand),
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        if id == other {
            return Err(TicketRefusal::SelfLink.into());
        }
        for _ in 0..TRIES {
            let this = self.ticket(id).await?;
            let that = self.ticket(other).await?;
            let (mine, theirs) = commands(name(id, &this)?, name(other, &that)?);
            let write = self.decide(request, id, &this, &mine).await?;
            let back = self.decide_other(request, other, &that, &theirs).await?;
            if write.events.is_empty() && back.events.is_empty() {
                return Ok(self.nothing_to_do(id.stream(), this.version));
            }
            if let Some(done) = self.write_pair(request, back, write).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    /// Decides at the ticket that was not addressed: the asker's `If-Match` is not about it.
    pub(crate) async fn decide_other(
        &self,
        request: &Request,
        id: TicketId,
        folded: &Folded<Ticket>,
        command: &TicketCommand,
    ) -> Result<Write, CommandError> {
        let unconditional = Request { if_match: None, ..request.clone() };
        self.decide(&unconditional, id, folded, command).await
    }

    async fn write_pair(
        &self,
        request: &Request,
        other: Write,
        own: Write,
    ) -> Result<Option<Done>, CommandError> {
        self.write_together(request, [other, own].into()).await
    }

    /// Writes what was decided at several tickets, or nothing; `None` says that others were faster.
    pub(crate) async fn write_together(
        &self,
        request: &Request,
        mut writes: Vec<Write>,
    ) -> Result<Option<Done>, CommandError> {
        writes.retain(|write| !write.events.is_empty());
        let plan = Plan { writes, ..Plan::default() };
        match self.append(request, plan).await? {
            Appended::Done(done) => Ok(Some(done)),
            Appended::Outrun => Ok(None),
        }
    }
}

pub(crate) fn present(folded: &Folded<Ticket>) -> Result<&TicketState, TicketRefusal> {
    folded.state.present().ok_or(TicketRefusal::NoSuchTicket)
}

pub(crate) fn name(id: TicketId, folded: &Folded<Ticket>) -> Result<TicketRef, TicketRefusal> {
    Ok(TicketRef { id, number: present(folded)?.number.clone() })
}
