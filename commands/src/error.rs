//! Why a command did not take effect: refused by a rule, in conflict with what others did, or the
//! store could not.

use docket_domain::agent::AgentRefusal;
use docket_domain::codec::DecodeError;
use docket_domain::customer::CustomerRefusal;
use docket_domain::definition::DefinitionRefusal;
use docket_domain::instant::Instant;
use docket_domain::ticket::command::TicketRefusal;
use docket_domain::token::TokenRefusal;
use docket_store::{StoreError, StoredEvent};

/// Why a command did not take effect.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A rule of the ticket refuses it.
    #[error(transparent)]
    Ticket(#[from] TicketRefusal),
    /// A rule of the customer refuses it.
    #[error(transparent)]
    Customer(#[from] CustomerRefusal),
    /// A rule of the agent refuses it.
    #[error(transparent)]
    Agent(#[from] AgentRefusal),
    /// A rule of the definitions refuses it.
    #[error(transparent)]
    Definition(#[from] DefinitionRefusal),
    /// A rule of the tokens refuses it.
    #[error(transparent)]
    Token(#[from] TokenRefusal),
    /// No agent has that id, or the agent left.
    #[error("there is no active agent {agent}")]
    UnknownAgent {
        /// The id given.
        agent: String,
    },
    /// Who is away takes no ticket from a queue (S-91).
    #[error("the agent is absent until {until}")]
    AgentAbsent {
        /// When the absence ends.
        until: Instant,
    },
    /// Who has as many open tickets as their capacity allows is given no more (S-17).
    #[error("the agent has as many open tickets as their capacity allows: {capacity}")]
    AtCapacity {
        /// The capacity.
        capacity: u32,
    },
    /// Somebody else gave the agent a ticket since it was looked how many there are.
    #[error("the agent was given another ticket meanwhile")]
    GivenMeanwhile,
    /// No customer has that id.
    #[error("there is no customer {customer}")]
    UnknownCustomer {
        /// The id given.
        customer: String,
    },
    /// No ticket has the id or number that a field names.
    #[error("there is no ticket {ticket}")]
    UnknownTicket {
        /// The id or number given.
        ticket: String,
    },
    /// A command names a ticket that does not lead to the one it was given to.
    #[error("that ticket is no alias of this one")]
    NoAlias,
    /// The queue takes no customers who are not registered (S-37).
    #[error("the customer is not registered, and the queue {queue:?} registers nobody by itself")]
    NotRegistered {
        /// The queue.
        queue: String,
    },
    /// Two addresses of one customer belong to two customers.
    #[error("the address belongs to another customer")]
    AddressTaken,
    /// A free ticket of one queue was asked for that the agent can do; this one has an owner, or lies elsewhere
    /// or needs other skills by now.
    #[error("the ticket has an owner already, lies in another queue, or needs other skills")]
    NotFree,
    /// The zone is not in the time-zone database.
    #[error("there is no time zone {zone:?}")]
    UnknownZone {
        /// The zone given.
        zone: String,
    },
    /// A time before what somebody caused.
    #[error("occurred_at must not lie before the last event that somebody caused ({after})")]
    TooEarly {
        /// When that event of the stream occurred.
        after: Instant,
    },
    /// A time in the future.
    #[error("occurred_at must not lie in the future")]
    NotYet,
    /// The asker insists on a version that people or customers have passed since.
    #[error("the ticket is at version {actual}")]
    Stale {
        /// The version now.
        actual: u64,
        /// The events that the asker has not seen.
        missed: Vec<StoredEvent>,
    },
    /// The command id belongs to another command.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// Too many others write to the same place at the same time.
    #[error("too many commands at once on the same stream; try again")]
    Contended,
    /// A person whose data was erased takes part in no new event.
    #[error("personal data of {subject} was erased; nothing new can be recorded about it")]
    Erased {
        /// The stream of the person.
        subject: String,
    },
    /// A stored event cannot be understood.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}
