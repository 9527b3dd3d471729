//! Events that nobody here has written, in streams that are named as this store's are.
//!
//! Another desk that writes to the same KurrentDB without a prefix of its own has streams of its own, since ids
//! are: its events are passed over, as those of any other program. In a stream that this store has written they
//! are what nobody but a second server of this very log can have written, under another store's id: somebody who
//! has taken the log over. Then there are two ends of it, and no more is placed.

use std::collections::HashSet;

use super::connection::Event;
use super::sequencer::Sequencer;
use crate::{Sealed, StoreError};

impl Sequencer {
    /// This store's own among some events that follow each other.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when another store has written to a stream of this one.
    pub(super) async fn own(&mut self, events: Vec<Event>) -> Result<Vec<Event>, StoreError> {
        let Some(store) = self.store else { return Ok(events) };
        let (mut own, mut streams) = (Vec::with_capacity(events.len()), HashSet::new());
        let mut looked_for = HashSet::new();
        for event in events {
            if event.told.store == store {
                streams.insert(event.stream.clone());
                own.push(event);
                continue;
            }
            let fresh = looked_for.insert(event.stream.clone());
            if streams.contains(&event.stream) || fresh && self.has(&event.stream).await? {
                return Err(self.broken_by(format!(
                    "store {} has written to {}, a stream of this one: two servers have different ends of \
                     this log, and one of them must stop for good",
                    event.told.store, event.stream
                )));
            }
            if self.strangers.insert(event.told.store) {
                tracing::warn!(
                    store = %event.told.store,
                    stream = event.stream,
                    "another desk writes to the same KurrentDB without a prefix of its own; its events are \
                     passed over"
                );
            }
        }
        Ok(own)
    }

    async fn has(&self, stream: &str) -> Result<bool, StoreError> {
        Ok(!self.beside.store().read_stream(stream, 0, 1, Sealed::Without).await?.is_empty())
    }

    /// Refuses a command that is in the log and was not begun by this process, which alone writes it.
    ///
    /// # Errors
    /// [`StoreError::Integrity`], until the next start.
    pub(super) async fn refuse_unbegun(&mut self, last: &Event) -> Result<(), StoreError> {
        let command = last.told.command;
        if !self.alone || self.beside.store().find_command(command).await?.is_some() {
            return Ok(());
        }
        Err(self.broken_by(format!(
            "{} has an event of this store that this server did not write: another one has a copy of what \
             stands beside the log. Stop it for good; what it wrote has its position after the next start",
            last.stream
        )))
    }

    fn broken_by(&mut self, why: String) -> StoreError {
        tracing::error!(why, "nothing more is appended");
        let broken = StoreError::Integrity(why);
        self.broken = Some(broken.clone());
        broken
    }
}
