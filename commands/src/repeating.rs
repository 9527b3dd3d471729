//! A command that was given before: what it did then is the answer.

use docket_store::{Receipt, Sealed, StoreError};

use crate::desk::Desk;
use crate::error::CommandError;
use crate::load;
use crate::request::{Done, Request};

impl Desk {
    /// What an earlier command with this id did, if it wrote anything: read from the log as it
    /// stood then. An edge that gathers outside facts asks this first, so that a repetition is
    /// answered even where those facts have changed.
    pub async fn earlier(&self, request: &Request) -> Result<Option<Done>, CommandError> {
        match request.repeatable {
            // Most commands are none: what a repetition takes is in a box of its own.
            true => Box::pin(self.answered_before(request)).await,
            false => Ok(None),
        }
    }

    async fn answered_before(&self, request: &Request) -> Result<Option<Done>, CommandError> {
        match self.store.find_command(request.command_id).await? {
            None => Ok(None),
            Some((_, fingerprint)) if fingerprint != request.fingerprint => {
                Err(CommandError::KeyReused)
            }
            Some((receipt, _)) => self.repeat(receipt).await.map(Some),
        }
    }

    pub(crate) async fn repeat(&self, receipt: Receipt) -> Result<Done, CommandError> {
        let count = (receipt.last - receipt.first + 1) as usize;
        let stored = self.store.read_all(receipt.first - 1, count, Sealed::With).await?;
        let events = load::decode_all(&self.vault, &stored).await?;
        let last = events.last().ok_or_else(|| {
            StoreError::Integrity(format!("no event at position {}", receipt.last))
        })?;
        Ok(Done {
            stream: last.stream.clone(),
            version: last.version,
            position: receipt.last,
            repeated: true,
            events,
        })
    }
}
