//! Getting it done: load, decide, append.
//!
//! [`Desk`] is the one way to change anything: it folds the streams that a command concerns, asks
//! the domain, seals what is personal, and appends. A handler gets a function of its own only where
//! outside facts must be gathered first (who the customer is, which ticket a number leads to).
//! Nothing here reads a view: what must be unique is a claim of the store.

mod absences;
mod agents;
mod aliases;
mod append;
mod cache;
mod definitions;
mod desk;
mod drafts;
mod error;
mod giving;
mod intake;
mod load;
mod lookup;
mod merging;
mod minting;
mod notices;
mod offspring;
mod owners;
mod pairs;
mod people;
mod reapplying;
mod repeating;
mod request;
mod requester;
mod stale;
mod tickets;
mod timers;
mod tokens;
pub mod zones;

pub use agents::AgentInput;
pub use aliases::Home;
pub use desk::Desk;
pub use drafts::Drafts;
pub use error::CommandError;
pub use giving::Counted;
pub use intake::NewTicket;
pub use people::CustomerChanges;
pub use reapplying::Reapplication;
pub use request::{Done, Occurred, Request};
pub use requester::CustomerInput;
pub use tokens::KnownToken;
