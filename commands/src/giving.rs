//! Giving free tickets to those who can do them and have room (S-14, S-17, S-50).
//!
//! How much an agent has at hand, a view counts, which may lag. So whoever gives a ticket to somebody with a
//! capacity claims to be the next after so many that were given: of two who counted the same, one gets through,
//! at whatever servers they are, and the other counts again.

use docket_domain::agent::{Agent, AgentProfile};
use docket_domain::definition::Routing;
use docket_domain::ids::{AgentId, TicketId};
use docket_domain::routing::Gift;
use docket_domain::ticket::command::TicketCommand;
use docket_domain::ticket::event::{AssignMethod, MOST_CANDIDATES, Routed};
use docket_domain::ticket::state::TicketState;
use docket_store::Claim;
use uuid::Uuid;

use crate::desk::Desk;
use crate::error::CommandError;
use crate::load::Folded;
use crate::request::{Done, Request};

/// What was counted of an agent who is to be given a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many tickets are open and theirs.
    pub open: u32,
    /// How often they were given one.
    pub given: u64,
}

impl Desk {
    /// Gives a free ticket of a queue to an agent who takes the next one (S-50, S-82); refused when
    /// somebody else was faster, or moved it elsewhere, while the agent is away (S-91), and where the agent
    /// lacks a skill that it needs (S-14) or has no room for it (S-17).
    pub async fn take(
        &self,
        request: &Request,
        id: TicketId,
        queue: &str,
        (agent, counted): (AgentId, Counted),
    ) -> Result<Done, CommandError> {
        let to = self.present_agent(agent).await?;
        let profile = self.profile_of(agent).await?;
        let claim = room(id, agent, &profile, counted)?;
        let command = TicketCommand::Assign { to, method: AssignMethod::Next };
        let free = |ticket: &TicketState| self.is_free_for(ticket, queue, &profile);
        self.execute_if(request, id, &command, free, claim).await
    }

    /// Gives a free ticket to whom the desk chose, or offers it (S-14, S-15), on what was counted of them. The command's id
    /// derives from the version that the ticket has, so however many servers choose, whomever they choose, and
    /// wherever they are killed, it is given once. Refused as [`take`](Self::take) is.
    pub async fn give(&self, gift: &Gift, counted: Counted) -> Result<Done, CommandError> {
        let agent = gift.to().ok_or(CommandError::NotFree)?;
        let to = self.present_agent(agent).await?;
        let profile = self.profile_of(agent).await?;
        let claim = room(gift.ticket, agent, &profile, counted)?;
        let found = self.ticket(gift.ticket).await?;
        let state = found.state.present().ok_or(CommandError::NotFree)?;
        let routed = Box::new(self.routed(gift, state)?);
        let catalogue = self.catalogue();
        let queue = catalogue.queues.get(&gift.queue).ok_or(CommandError::NotFree)?;
        let routing = queue.document.routing.as_deref();
        let offer_ms = routing.and_then(Routing::offer_ms);
        let again_ms = routing.map_or(0, Routing::again_ms);
        let command = TicketCommand::Give { to, routed, offer_ms };
        let now = self.now();
        let free = |ticket: &TicketState| {
            let passed = ticket.offers.passed_at(again_ms, now).contains(&agent);
            match ticket.version == found.version && !(passed && offer_ms.is_some()) {
                true => self.is_free_for(ticket, &gift.queue, &profile),
                false => Err(CommandError::NotFree),
            }
        };
        let name = format!("give/{}", found.version);
        let request = Request::system("routing", Uuid::new_v5(&gift.ticket.0, name.as_bytes()));
        self.execute_if(&request, gift.ticket, &command, free, claim).await
    }

    /// Why it is given to whom.
    fn routed(&self, gift: &Gift, ticket: &TicketState) -> Result<Routed, CommandError> {
        let catalogue = self.catalogue();
        let category = ticket.category.as_ref().map(|category| category.key.as_str());
        Ok(Routed {
            queue: catalogue.queue(&gift.queue).ok_or(CommandError::NotFree)?,
            skills: catalogue.skills_for(&gift.queue, category).into_iter().collect(),
            candidates: gift.candidates.iter().take(MOST_CANDIDATES).copied().collect(),
            of: u32::try_from(gift.candidates.len()).unwrap_or(u32::MAX),
        })
    }

    /// What is known of an agent, as it is at hand.
    ///
    /// # Errors
    /// [`CommandError::UnknownAgent`] where nobody has that id.
    pub async fn profile_of(&self, agent: AgentId) -> Result<AgentProfile, CommandError> {
        let profile = |folded: &Folded<Option<Agent>>| {
            folded.state.as_ref().map(|agent| agent.profile.clone())
        };
        let known = profile(&*self.known_agent(agent).await?);
        known.ok_or_else(|| CommandError::UnknownAgent { agent: agent.to_string() })
    }

    /// Refuses where somebody else was faster to what a command claims.
    pub(crate) async fn check_free(&self, claim: Option<&Claim>) -> Result<(), CommandError> {
        let Some(claim) = claim else { return Ok(()) };
        match self.store.claim_owner(&claim.space, &claim.key).await? {
            Some(_) => Err(CommandError::GivenMeanwhile),
            None => Ok(()),
        }
    }

    fn is_free_for(
        &self,
        ticket: &TicketState,
        queue: &str,
        profile: &AgentProfile,
    ) -> Result<(), CommandError> {
        let category = ticket.category.as_ref().map(|category| category.key.as_str());
        let can = profile.can(&self.catalogue().skills_for(queue, category));
        let free = ticket.is_free() && ticket.queue.key == queue && can;
        if free { Ok(()) } else { Err(CommandError::NotFree) }
    }
}

impl Counted {
    /// Refuses where nothing more is to be given to an agent of whom this was counted (S-17).
    ///
    /// # Errors
    /// [`CommandError::AtCapacity`].
    pub fn check_room(&self, profile: &AgentProfile) -> Result<(), CommandError> {
        match profile.capacity {
            Some(capacity) if capacity <= self.open => Err(CommandError::AtCapacity { capacity }),
            Some(_) | None => Ok(()),
        }
    }
}

/// The right to give an agent a ticket on what was counted; none is needed where nothing limits the agent.
/// The ticket holds it: what one owner claims twice is granted twice.
fn room(
    id: TicketId,
    agent: AgentId,
    profile: &AgentProfile,
    counted: Counted,
) -> Result<Option<Claim>, CommandError> {
    counted.check_room(profile)?;
    Ok(profile.capacity.map(|_| Claim {
        space: "given-after".into(),
        key: format!("{agent}/{}", counted.given),
        owner: id.stream(),
    }))
}
