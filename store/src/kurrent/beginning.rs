//! Beginning appends: nothing is sent before it is certain that it is written down beside the log.

use super::begun::Begun;
use super::writer::Writer;
use crate::{Millis, StoreError};

impl Writer {
    /// Writes down what is about to be sent.
    pub(super) async fn begin(&mut self, mut fresh: Vec<Begun>) -> Result<(), StoreError> {
        if fresh.is_empty() {
            return Ok(());
        }
        let recorded_at: Millis = (self.clock)().max(self.sequencer.recorded_at().await?);
        for begun in &mut fresh {
            begun.recorded_at = recorded_at;
        }
        let written = self.table.write(&fresh.iter().collect::<Vec<_>>(), &self.finished).await;
        match &written {
            Ok(()) => self.finished.clear(),
            // It may be found in the table at the next start: so it is begun, and not to be sent before
            // it is certain that it is written down.
            Err(StoreError::Unknown(_)) => {
                self.unsure.extend(fresh.iter().map(|begun| begun.append.command_id));
            }
            Err(_) => return written,
        }
        for begun in fresh {
            self.opened().insert(begun.append.command_id);
            self.begun.insert(begun.append.command_id, begun);
        }
        written
    }

    /// Writes down again what may not be written down.
    pub(super) async fn make_sure(&mut self) -> Result<(), StoreError> {
        let unsure = self.unsure.iter().filter_map(|id| self.begun.get(id));
        let unsure: Vec<&Begun> = unsure.collect();
        if !unsure.is_empty() {
            self.table.write(&unsure, &[]).await?;
            self.unsure.clear();
        }
        Ok(())
    }
}
