//! Names for new things: time-ordered ids, and ticket numbers from reserved blocks.

use uuid::Uuid;

use crate::desk::Desk;
use crate::error::CommandError;

/// The space of claims that leads from a ticket's number to its stream.
pub(crate) const TICKET_NUMBER: &str = "ticket-number";

/// How many ticket numbers are reserved at once; a restart leaves at most that many unused.
const NUMBER_BLOCK: u64 = 50;

/// The first ticket has the number after this one.
const NUMBER_BASE: u64 = 1_000;

impl Desk {
    /// A fresh time-ordered id.
    pub(crate) fn mint(&self) -> Uuid {
        let millis = u64::try_from(self.now().millis()).unwrap_or(0);
        let (seconds, rest) = (millis / 1000, (millis % 1000) as u32);
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, rest * 1_000_000))
    }

    /// The next ticket number: unique, rising on this node.
    pub(crate) async fn next_number(&self) -> Result<String, CommandError> {
        let mut numbers = self.numbers.lock().await;
        if numbers.is_empty() {
            let first = self.store.reserve_numbers(TICKET_NUMBER, NUMBER_BLOCK).await?;
            *numbers = first..first + NUMBER_BLOCK;
        }
        let number = numbers.next().ok_or(CommandError::Contended)?;
        Ok((NUMBER_BASE + number).to_string())
    }
}
