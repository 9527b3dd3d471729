//! Merging and unmerging: a ticket becomes an alias of another, and its own again.
//!
//! Nothing moves but the waiting: a customer's message that waits at the source waits at the
//! survivor as long as the merge lasts, wherever that one leads to itself (S-81).

use std::sync::Arc;

use docket_domain::codec::Event;
use docket_domain::envelope::Recorded;
use docket_domain::ids::{MergeId, MessageId, TicketId};
use docket_domain::ticket::command::{TicketCommand, TicketRefusal};
use docket_domain::ticket::event::{MergeSide, TicketEvent, TicketRef, WaitingMessage};
use docket_domain::ticket::state::{Ticket, TicketState};

use crate::desk::{Desk, TRIES, find_event};
use crate::error::CommandError;
use crate::load::{self, Folded};
use crate::pairs::{name, present};
use crate::request::{Done, Request};

impl Desk {
    /// Merges a ticket into the root that another one leads to: an alias, nothing moves.
    pub async fn merge(
        &self,
        request: &Request,
        source: TicketId,
        into: TicketId,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        for _ in 0..TRIES {
            let from = self.ticket(source).await?;
            let root = self.root_of(into).await?;
            let survivor = self.ticket(root).await?;
            let target = present(&survivor)?;
            if root == source && present(&from)?.merged.is_none() {
                return Err(TicketRefusal::MergeCycle.into());
            }
            let merge = TicketCommand::Merge {
                into: TicketRef { id: root, number: target.number.clone() },
                survivor_status: target.status.base,
            };
            let write = self.decide(request, source, &from, &merge).await?;
            let merge_id = find_event(&write, |event| match event {
                TicketEvent::TicketMerged { merge_id, .. } => Some(*merge_id),
                _ => None,
            });
            let Some(merge_id) = merge_id else {
                return Ok(self.nothing_to_do(source.stream(), from.version));
            };
            let waiting = self.waiting_at(source, present(&from)?).await?;
            let absorb = TicketCommand::Absorb { merge_id, source: name(source, &from)?, waiting };
            let other = self.decide_other(request, root, &survivor, &absorb).await?;
            if let Some(done) = self.write_together(request, [other, write].into()).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    /// Undoes a merge, asked at the source; `messages` are the survivor's later ones that go back.
    /// A merge that was undone before needs no undoing.
    pub async fn unmerge(
        &self,
        request: &Request,
        source: TicketId,
        merge_id: MergeId,
        messages: &[MessageId],
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        for _ in 0..TRIES {
            let from = self.ticket(source).await?;
            let state = present(&from)?;
            if state.undone_merges.contains(&merge_id) {
                self.check_version(request, &source.stream(), from.version).await?;
                return Ok(self.nothing_to_do(source.stream(), from.version));
            }
            let merged = state.merged.as_ref().ok_or(TicketRefusal::NoSuchMerge)?;
            let chain = self.chain_from(merged.into.id).await?;
            let fate = self.fate(&chain, merge_id, messages).await?;
            let mut writes = Vec::with_capacity(chain.len() + 1);
            let mut command = fate.at(MergeSide::Survivor);
            for (id, folded) in &chain {
                writes.push(self.decide_other(request, *id, folded, &command).await?);
                command = fate.give_back(name(source, &from)?);
            }
            writes.push(self.decide(request, source, &from, &fate.at(MergeSide::Source)).await?);
            if let Some(done) = self.write_together(request, writes).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    /// A ticket, what it was merged into, and so on to the root.
    async fn chain_from(
        &self,
        id: TicketId,
    ) -> Result<Vec<(TicketId, Arc<Folded<Ticket>>)>, CommandError> {
        let (mut chain, mut next) = (Vec::new(), Some(id));
        while let Some(id) = next {
            let folded = self.ticket(id).await?;
            next = present(&folded)?.merged.as_ref().map(|merged| merged.into.id);
            chain.push((id, folded));
        }
        Ok(chain)
    }

    /// What becomes of the messages when a merge is undone, as it stands at the end of the chain
    /// that begins with the survivor: there they wait, or were answered.
    async fn fate(
        &self,
        chain: &[(TicketId, Arc<Folded<Ticket>>)],
        merge_id: MergeId,
        messages: &[MessageId],
    ) -> Result<Fate, CommandError> {
        let ([(_, survivor), ..], [.., (root, last)]) = (chain, chain) else {
            return Err(TicketRefusal::NoSuchMerge.into());
        };
        let mut waiting = self.waiting_at(*root, present(last)?).await?;
        let alias = present(survivor)?.absorbed.iter().find(|alias| alias.merge_id == merge_id);
        let brought = alias.map(|alias| alias.brought.clone()).unwrap_or_default();
        waiting.retain(|it| brought.contains(&it.id) || messages.contains(&it.id));
        let answered = brought.into_iter().filter(|id| waiting.iter().all(|it| it.id != *id));
        let answered = answered.collect();
        Ok(Fate { merge_id, messages: messages.to_vec(), waiting, answered })
    }

    /// What waits for an answer at a ticket, the longest waiting first. Decisions do not ask since
    /// when, so that a ticket's state does not hold it: its stream says.
    pub(crate) async fn waiting_at(
        &self,
        id: TicketId,
        state: &TicketState,
    ) -> Result<Vec<WaitingMessage>, CommandError> {
        let mut waiting = state.waiting_from_others.clone();
        if state.waiting().next().is_some() {
            let received: Folded<Vec<WaitingMessage>> =
                load::fold(&*self.store, &self.vault, &id.stream(), Folded::default(), received)
                    .await?;
            let own = received.state.into_iter();
            waiting.extend(own.filter(|it| state.waiting().any(|own| own.id == it.id)));
        }
        waiting.sort_by_key(|message| message.since);
        Ok(waiting)
    }
}

/// What becomes of the messages when a merge is undone.
struct Fate {
    merge_id: MergeId,
    messages: Vec<MessageId>,
    waiting: Vec<WaitingMessage>,
    answered: Vec<MessageId>,
}

impl Fate {
    fn at(&self, side: MergeSide) -> TicketCommand {
        TicketCommand::Unmerge {
            merge_id: self.merge_id,
            side,
            messages: self.messages.clone(),
            waiting: self.waiting.clone(),
            answered: self.answered.clone(),
        }
    }

    fn give_back(&self, source: TicketRef) -> TicketCommand {
        let waiting = self.waiting.clone();
        TicketCommand::GiveBack { merge_id: self.merge_id, source, waiting }
    }
}

/// The messages that were received in a ticket, with the moment of each.
fn received(mut messages: Vec<WaitingMessage>, recorded: &Recorded<Event>) -> Vec<WaitingMessage> {
    let message = match &recorded.event {
        Event::Ticket(TicketEvent::TicketCreated(created)) => created.message.as_ref(),
        Event::Ticket(TicketEvent::MessageReceived { message, .. }) => Some(message),
        _ => None,
    };
    messages.extend(message.map(|message| WaitingMessage {
        id: message.id,
        number: message.number.clone(),
        since: recorded.occurred_at,
    }));
    messages
}
