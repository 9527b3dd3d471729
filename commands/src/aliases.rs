//! What the aliases of a ticket hold. A merge moves nothing: what was promised, said and written down in
//! an alias stays at home there. Commands about it are given to the root, since an alias takes none, and
//! are written at home: sealed under the keys of the ticket and the customer whom they are about, and still
//! true when the merge is undone (decision 0046).

use std::sync::Arc;

use docket_domain::ids::{CommitmentId, ComplaintId, MessageId, TicketId};
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::decide::decide_for;
use docket_domain::ticket::event::TicketRef;
use docket_domain::ticket::state::{Ticket, TicketState};
use docket_store::batches::Batches;
use docket_store::{Position, Sealed, Version};

use crate::append::{Appended, Plan};
use crate::desk::{Desk, TRIES};
use crate::error::CommandError;
use crate::load::Folded;
use crate::pairs::name;
use crate::request::{Done, Request};

/// Where what a command is about is at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// Where this was promised.
    OfPromise(CommitmentId),
    /// Where this was said.
    OfMessage(MessageId),
    /// Where this was complained of and decided; an open complaint lets no ticket be merged.
    OfComplaint(ComplaintId),
    /// There: what it is about is an event of that ticket's history.
    At(TicketId),
}

/// A ticket that was loaded.
type Loaded = (TicketId, Arc<Folded<Ticket>>);

impl Desk {
    /// One command on a ticket, written at home: to the ticket, or to the one of its aliases, however far
    /// down a chain, that holds what the command is about. It is admitted as the ticket stands, under
    /// whose version the request's `If-Match` is, and the answer is about the ticket.
    ///
    /// # Errors
    /// As [`execute`](Self::execute): where no alias holds it, the ticket itself says so. A ticket that is
    /// named and does not lead to this one is [`CommandError::NoAlias`].
    pub async fn execute_at_home(
        &self,
        request: &Request,
        id: TicketId,
        home: Home,
        command: &TicketCommand,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return self.seen_from(id, 0, done).await;
        }
        for _ in 0..TRIES {
            let root = self.ticket(id).await?;
            let Some(alias) = self.alias_that((id, &root), home).await? else {
                return self.execute(request, id, command).await;
            };
            if let Some(done) = self.try_at(request, (id, root), alias, command).await? {
                return Ok(done);
            }
        }
        Err(CommandError::Contended)
    }

    /// One try to write to an alias what was asked of its root; none where others were faster.
    async fn try_at(
        &self,
        request: &Request,
        (id, root): Loaded,
        (home, alias): Loaded,
        command: &TicketCommand,
    ) -> Result<Option<Done>, CommandError> {
        self.check_version(request, &id.stream(), root.version).await?;
        let (Some(asked), Some(held)) = (root.state.present(), alias.state.present()) else {
            return Ok(None);
        };
        let write = self.follow(request, home, &alias, command, |context| {
            decide_for(asked, held, command.clone(), context)
        })?;
        if write.events.is_empty() {
            return Ok(Some(self.nothing_to_do(id.stream(), root.version)));
        }
        match self.append(request, Plan::of(write)).await? {
            Appended::Done(done) => self.seen_from(id, root.version, done).await.map(Some),
            Appended::Outrun => Ok(None),
        }
    }

    /// The alias of a ticket that is home to something, if one is; none where the ticket itself is, or is
    /// an alias, or does not exist.
    async fn alias_that(
        &self,
        (id, root): (TicketId, &Folded<Ticket>),
        home: Home,
    ) -> Result<Option<Loaded>, CommandError> {
        let Some(state) = root.state.present() else { return Ok(None) };
        if home.is(id, state) || state.merged.is_some() {
            return Ok(None);
        }
        let aliases = self.aliases_of(state).await?;
        let is_home =
            |(id, alias): &Loaded| alias.state.present().is_some_and(|alias| home.is(*id, alias));
        match (aliases.into_iter().find(is_home), home) {
            (None, Home::At(_)) => Err(CommandError::NoAlias),
            (found, _) => Ok(found),
        }
    }

    /// The alias of a ticket that is home to something; none where the ticket itself is, or none is.
    pub async fn alias_home(
        &self,
        id: TicketId,
        home: Home,
    ) -> Result<Option<TicketRef>, CommandError> {
        let root = self.ticket(id).await?;
        let alias = self.alias_that((id, &root), home).await?;
        Ok(alias.map(|(id, alias)| name(id, &alias)).transpose()?)
    }

    /// The promises of a ticket's aliases that are neither kept nor broken.
    pub async fn promised_by_aliases(
        &self,
        id: TicketId,
    ) -> Result<Vec<CommitmentId>, CommandError> {
        let root = self.ticket(id).await?;
        let Some(root) = root.state.present() else { return Ok(Vec::new()) };
        let aliases = self.aliases_of(root).await?;
        let held = aliases.iter().filter_map(|(_, alias)| alias.state.present());
        Ok(held.flat_map(TicketState::open_commitments).map(|promise| promise.id).collect())
    }

    /// All tickets that lead to a ticket, nearest first.
    async fn aliases_of(&self, root: &TicketState) -> Result<Vec<Loaded>, CommandError> {
        let mut found: Vec<Loaded> = Vec::new();
        let mut next = root.absorbed.clone();
        while !next.is_empty() {
            for absorbed in std::mem::take(&mut next) {
                let alias = self.ticket(absorbed.source.id).await?;
                // The merge may have been undone since the other side was read.
                let merged = alias.state.present().filter(|it| {
                    it.merged.as_ref().is_some_and(|it| it.merge_id == absorbed.merge_id)
                });
                let Some(state) = merged else { continue };
                next.extend(state.absorbed.iter().cloned());
                found.push((absorbed.source.id, alias));
            }
        }
        Ok(found)
    }

    /// What was done at an alias, as the ticket answers it that was asked: as it stood then, which its
    /// stream says from version `known` on.
    async fn seen_from(
        &self,
        id: TicketId,
        known: Version,
        done: Done,
    ) -> Result<Done, CommandError> {
        let stream = id.stream();
        if done.stream == stream {
            return Ok(done);
        }
        let version = self.version_at(&stream, known, done.position).await?;
        Ok(Done { stream, version, ..done })
    }

    /// The version that a stream had at a position of the log, which is not before its version `known`.
    async fn version_at(
        &self,
        stream: &str,
        known: Version,
        position: Position,
    ) -> Result<Version, CommandError> {
        let (mut version, mut batches) = (known, Batches::default());
        loop {
            let asked = batches.next();
            let page = self.store.read_stream(stream, version, asked, Sealed::Without).await?;
            batches.learn(&page);
            let before = page.iter().take_while(|event| event.position <= position).count();
            version += before as u64;
            if before < asked {
                return Ok(version);
            }
        }
    }
}

impl Home {
    fn is(self, id: TicketId, ticket: &TicketState) -> bool {
        match self {
            Self::OfPromise(it) => ticket.commitments.iter().any(|promise| promise.id == it),
            Self::OfMessage(it) => ticket.message(it).is_some(),
            Self::OfComplaint(it) => ticket.decided_complaints.iter().any(|known| known.id == it),
            Self::At(it) => it == id,
        }
    }
}
