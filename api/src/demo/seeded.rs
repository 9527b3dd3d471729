//! What playing the stories came to.

use docket_commands::CommandError;
use docket_domain::ticket::command::TicketRefusal;

use crate::demo::story::Act;

/// What was made up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// How many events were written.
    pub events: u64,
    /// What the desk refused: nothing, unless the stories break a rule.
    pub refused: Vec<String>,
}

impl Seeded {
    /// Counts more along.
    pub(super) fn add(&mut self, more: Self) {
        self.events += more.events;
        self.refused.extend(more.refused);
    }

    /// What the desk refused is told, unless life brings it along; every other error is one.
    pub(super) fn refuse(&mut self, act: &Act, error: CommandError) -> Result<(), CommandError> {
        match error {
            CommandError::Ticket(refusal) if expected(act, &refusal) => Ok(()),
            CommandError::Ticket(refusal) => {
                self.refused.push(format!("{act:?}: {refusal}"));
                Ok(())
            }
            other => Err(other),
        }
    }
}

/// Refusals that life brings along: somebody else was faster.
fn expected(act: &Act, refusal: &TicketRefusal) -> bool {
    match act {
        Act::Merge { .. } => *refusal == TicketRefusal::SurvivorClosed,
        _ => false,
    }
}
