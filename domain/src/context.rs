//! What every decision is told besides the state and the command.

use uuid::Uuid;

use crate::definition::Catalogue;
use crate::instant::Instant;
use crate::party::Actor;

/// Who acts, when, and under which definitions.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// Who acts.
    pub actor: Actor,
    /// When it happens: the `occurred_at` of what is decided.
    pub now: Instant,
    /// The command's id, from which ids of new things are derived.
    pub command_id: Uuid,
    /// The definitions in force.
    pub catalogue: &'a Catalogue,
}

impl Context<'_> {
    /// The id of a new thing that this command makes: the same on every try of the command.
    pub fn derive_id(&self, name: &str) -> Uuid {
        Uuid::new_v5(&self.command_id, name.as_bytes())
    }
}
