//! The desk: everything a command needs at hand, and the loop that every command goes through.

use std::sync::{Arc, PoisonError, RwLock};

use docket_domain::codec::Event;
use docket_domain::context::Context;
use docket_domain::definition::Catalogue;
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_domain::party::{Actor, ActorKind, Channel};
use docket_domain::ticket::command::{TicketCommand, TicketRefusal};
use docket_domain::ticket::decide::{Decision, decide};
use docket_domain::ticket::event::TicketEvent;
use docket_domain::ticket::state::{Ticket, TicketState};
use docket_store::vault::{Pepper, Vault};
use docket_store::{Claim, Clock, EventStore};
use uuid::Uuid;

use crate::append::{Appended, Write};
use crate::cache::Kept;
use crate::error::CommandError;
use crate::load::{Folded, Last};
use crate::request::{Done, Occurred, Request};

/// How often a command is decided again because others were faster, before it gives up.
pub(crate) const TRIES: usize = 32;

/// The one way to change anything.
pub struct Desk {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) kept: Kept,
    pub(crate) pepper: Pepper,
    clock: Clock,
    catalogue: RwLock<Arc<Catalogue>>,
    /// Held while definitions change, so that each is decided on all those before it at this desk; of desks
    /// on one store a claim lets one through.
    pub(crate) defining: tokio::sync::Mutex<()>,
    pub(crate) numbers: tokio::sync::Mutex<std::ops::Range<u64>>,
}

impl Desk {
    /// Opens the desk: reads the definitions in force, and publishes the defaults on a store that
    /// has none yet.
    pub async fn open(
        store: Arc<dyn EventStore>,
        vault: Arc<Vault>,
        clock: Clock,
    ) -> Result<Self, CommandError> {
        let pepper = vault.pepper().await?;
        let desk = Self {
            store,
            pepper,
            vault,
            kept: Kept::new(),
            clock,
            catalogue: RwLock::default(),
            defining: tokio::sync::Mutex::default(),
            numbers: tokio::sync::Mutex::new(0..0),
        };
        desk.load_catalogue().await?;
        if desk.catalogue().settings.is_none() {
            desk.publish_defaults().await?;
        } else if desk.catalogue().plans.is_empty() {
            desk.publish_service_defaults().await?;
        }
        Ok(desk)
    }

    /// The definitions in force.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The time now.
    pub fn now(&self) -> Instant {
        Instant((self.clock)())
    }

    /// The event log.
    pub fn store(&self) -> &Arc<dyn EventStore> {
        &self.store
    }

    /// The vault of personal data.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// Drops everything folded from memory: after a key was destroyed, nothing it sealed may be
    /// remembered.
    pub fn forget_folded(&self) {
        self.kept.forget_all();
    }

    /// Notes that the log has the stream of a person up to a version, which another process may have
    /// written.
    pub fn outdate(&self, stream: &str, version: u64) {
        self.kept.outdate(stream, version);
    }

    /// A keyed hash of a request, for [`Request::fingerprint`].
    pub fn fingerprint(&self, request: &[u8]) -> [u8; 32] {
        self.pepper.fingerprint(request)
    }

    pub(crate) fn set_catalogue(&self, catalogue: Catalogue) {
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalogue);
    }

    /// One command on one ticket: load, decide, append; again if others were faster.
    pub async fn execute(
        &self,
        request: &Request,
        id: TicketId,
        command: &TicketCommand,
    ) -> Result<Done, CommandError> {
        self.execute_if(request, id, command, |_| Ok(()), None).await
    }

    /// As [`execute`](Self::execute), where the state the decision is made on must pass a check, and
    /// perhaps a claim must be free, on which the check was made.
    pub(crate) async fn execute_if(
        &self,
        request: &Request,
        id: TicketId,
        command: &TicketCommand,
        check: impl Fn(&TicketState) -> Result<(), CommandError>,
        claim: Option<Claim>,
    ) -> Result<Done, CommandError> {
        if let Some(done) = self.earlier(request).await? {
            return Ok(done);
        }
        let stream = id.stream();
        for _ in 0..TRIES {
            let folded = self.at_hand(&self.kept.tickets, &stream).await?;
            let decided = match folded.state.present().map(&check) {
                Some(Err(refused)) => Err(refused),
                Some(Ok(())) | None => self.decide(request, id, &folded, command).await,
            };
            let writes = decided.as_ref().is_ok_and(|write| !write.events.is_empty());
            if !writes && self.is_behind(&stream, folded.version).await? {
                self.kept.forget(&stream);
                continue;
            }
            let write = decided?;
            if !writes {
                return Ok(self.nothing_to_do(stream, folded.version));
            }
            let mut plan = self.with_notice(request, &folded.state, write).await?;
            plan.claims.extend(claim.clone());
            // Held by nobody else, it is carried forward without a copy.
            drop(folded);
            if let Appended::Done(done) = self.append(request, plan).await? {
                return Ok(done);
            }
            self.check_free(claim.as_ref()).await?;
        }
        Err(CommandError::Contended)
    }

    /// Decides one command on a ticket that was loaded, under all conditions of the request.
    pub(crate) async fn decide(
        &self,
        request: &Request,
        id: TicketId,
        folded: &Folded<Ticket>,
        command: &TicketCommand,
    ) -> Result<Write, CommandError> {
        self.check_version(request, &id.stream(), folded.version).await?;
        let decided = self.follow(request, id, folded, command, |context| {
            decide(&folded.state, command.clone(), context)
        });
        match decided {
            Err(CommandError::Ticket(refusal @ TicketRefusal::TicketMerged { .. })) => {
                Err(Box::pin(self.naming_the_root(id, refusal)).await?.into())
            }
            decided => decided,
        }
    }

    /// What is to be written to a ticket, as `decided` under the circumstances of the request.
    pub(crate) fn follow(
        &self,
        request: &Request,
        id: TicketId,
        folded: &Folded<Ticket>,
        command: &TicketCommand,
        decided: impl FnOnce(&Context<'_>) -> Decision,
    ) -> Result<Write, CommandError> {
        let ticket = folded.state.present().ok_or(TicketRefusal::NoSuchTicket)?;
        let actor = actor(request, command, ticket);
        let catalogue = self.catalogue();
        let context = Context {
            actor: actor.clone(),
            now: self.moment(request, folded.last)?,
            command_id: request.command_id,
            catalogue: &catalogue,
        };
        let events = decided(&context)?;
        Ok(Write {
            stream: id.stream(),
            version: folded.version,
            subjects: vec![id.stream(), ticket.customer.id.stream()],
            actor,
            channel: channel(command, ticket),
            events: events.into_iter().map(Event::Ticket).collect(),
        })
    }

    /// The moment a command happens at; a claimed one must lie between the stream's last event that
    /// a person or a channel caused and now.
    pub(crate) fn moment(&self, request: &Request, last: Last) -> Result<Instant, CommandError> {
        let now = self.now();
        match request.occurred {
            Occurred::Now => Ok(now.max(last.occurred_at)),
            Occurred::Imported(at) | Occurred::Due(at) => Ok(at),
            Occurred::At(at) if at > now => Err(CommandError::NotYet),
            Occurred::At(at) if at < last.caused_at => {
                Err(CommandError::TooEarly { after: last.caused_at })
            }
            Occurred::At(at) => Ok(at),
        }
    }

    pub(crate) fn nothing_to_do(&self, stream: String, version: u64) -> Done {
        let position = self.store.head();
        Done { stream, version, position, events: Vec::new(), repeated: false }
    }
}

/// What a customer says or rates is the customer's event, whoever carried it in.
fn actor(request: &Request, command: &TicketCommand, ticket: &TicketState) -> Actor {
    match command {
        TicketCommand::Receive { .. } | TicketCommand::Rate { .. } => {
            customer_actor(&request.actor, ticket.customer.id.0)
        }
        _ => request.actor.clone(),
    }
}

/// By which way a contact came or goes; a command that is none came in as its request did.
fn channel(command: &TicketCommand, ticket: &TicketState) -> Option<Channel> {
    match command {
        TicketCommand::Receive { channel, .. } => Some(*channel),
        TicketCommand::Reply { channel, .. } => channel.or(Some(ticket.channel)),
        TicketCommand::LogCall(_) => Some(Channel::Phone),
        TicketCommand::LogMeeting { .. } => Some(Channel::InPerson),
        TicketCommand::LogChat { .. } => Some(Channel::Chat),
        _ => None,
    }
}

/// The customer as an actor, unless the event comes from an imported log.
pub(crate) fn customer_actor(asker: &Actor, customer: Uuid) -> Actor {
    match asker.kind {
        ActorKind::External => asker.clone(),
        _ => Actor::new(ActorKind::Customer, customer.to_string()),
    }
}

/// Whether a decision wrote the event that a follow-up needs, and what it says.
pub(crate) fn find_event<T>(write: &Write, pick: impl Fn(&TicketEvent) -> Option<T>) -> Option<T> {
    write.events.iter().find_map(|event| match event {
        Event::Ticket(event) => pick(event),
        Event::Customer(_) | Event::Agent(_) | Event::Definition(_) | Event::Token(_) => None,
    })
}
