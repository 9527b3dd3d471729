//! Beginning appends: nothing is sent before it is certain that it is written down beside the log, and
//! that nobody else writes down what touches the same.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::begun::{Begun, Numbered, names};
use super::judge;
use super::writer::{Round, Writer};
use crate::{Append, Millis, StoreError};

impl Writer {
    /// Decides appends that have nothing in common, and writes down those that are to be sent, which are
    /// answered with their places. Those that wait for what others have begun are left.
    pub(super) async fn begin(&mut self, asked: Numbered) -> (Vec<(usize, Uuid)>, Round) {
        let mut round = Round::default();
        let (mut fresh, mut places) = (Vec::new(), BTreeMap::new());
        let recorded_at = match self.sequencer.recorded_at().await {
            Ok(last) => (self.clock)().max(last),
            Err(error) => return (Vec::new(), Round::failed(&asked, &error)),
        };
        for (place, checked) in asked {
            if let Err(error) = self.refuse_while_open(&checked.append) {
                round.answers.push((place, Err(error)));
                continue;
            }
            fresh.push(begun(checked.append.clone(), recorded_at));
            places.insert(checked.append.command_id, (place, checked));
        }
        let all = |error: &StoreError, places: BTreeMap<_, _>| {
            Round::failed(&places.into_values().collect::<Vec<_>>(), error)
        };
        let blocked = match self.table.reserve(&fresh).await {
            Ok(blocked) => blocked,
            Err(error) => return (Vec::new(), round.and(all(&error, places))),
        };
        round.blocked = blocked.iter().filter_map(|command| places.remove(command)).collect();
        fresh.retain(|begun| !blocked.contains(&begun.append.command_id));
        fresh = self.judge(fresh, &mut places, &mut round).await;
        if let Err(error) = self.write_down(fresh).await {
            return (Vec::new(), round.and(all(&error, places)));
        }
        let begun = places.into_iter().map(|(command, (place, _))| (place, command));
        (begun.collect(), round)
    }

    /// Answers what is not to be written; the rest is.
    async fn judge(
        &self,
        fresh: Vec<Begun>,
        places: &mut BTreeMap<Uuid, (usize, crate::appending::checked::Checked)>,
        round: &mut Round,
    ) -> Vec<Begun> {
        let mut written = Vec::with_capacity(fresh.len());
        for begun in fresh {
            let named = self.kurrent.names().refuse_others(&begun.append);
            let judged = match named {
                Ok(()) => judge::judge(self.beside.store(), &begun.append).await,
                Err(refused) => Err(refused),
            };
            let answer = match judged {
                Ok(None) => {
                    written.push(begun);
                    continue;
                }
                Ok(Some(outcome)) => Ok(outcome),
                Err(error) => Err(error),
            };
            if let Some((place, _)) = places.remove(&begun.append.command_id) {
                round.answers.push((place, answer));
            }
        }
        written
    }

    /// Writes down what is about to be sent.
    async fn write_down(&mut self, fresh: Vec<Begun>) -> Result<(), StoreError> {
        let written = self.table.begin(&fresh.iter().collect::<Vec<_>>(), &self.finished).await;
        match &written {
            Ok(()) if fresh.is_empty() => return Ok(()),
            Ok(()) if !self.is_shared() => self.finished.clear(),
            Ok(()) => {}
            // It may be found in the table later. What others see, too, is read from there.
            Err(StoreError::Unknown(_)) if self.is_shared() => return written,
            // It may be found in the table at the next start: so it is begun, and not to be sent before
            // it is certain that it is written down.
            Err(StoreError::Unknown(_)) => {
                self.unsure.extend(fresh.iter().map(|begun| begun.append.command_id));
            }
            Err(_) => return written,
        }
        for begun in fresh {
            self.open(begun);
        }
        written
    }

    /// Writes down again what may not be written down, and takes up what others have left.
    ///
    /// # Errors
    /// When it is not certain what is written down, so that nothing is to be sent.
    pub(super) async fn make_sure(&mut self) -> Result<(), StoreError> {
        if self.is_shared() {
            return self.take_up().await;
        }
        let unsure = self.unsure.iter().filter_map(|id| self.begun.get(id));
        let unsure: Vec<&Begun> = unsure.collect();
        if !unsure.is_empty() {
            self.table.begin(&unsure, &[]).await?;
            self.unsure.clear();
        }
        Ok(())
    }

    /// Takes the table's word for what is begun. What is not there any more somebody else has finished.
    pub(super) async fn take_up(&mut self) -> Result<(), StoreError> {
        let rows = self.table.take_up().await?;
        let mut before = std::mem::take(&mut self.begun);
        self.opened().clear();
        for row in rows {
            let command = row.append.command_id;
            if let Some(known) = before.remove(&command) {
                self.open(known);
            } else if !self.finished.contains(&command) {
                tracing::warn!(%command, "taking up an append that was begun and not finished");
                self.open(row);
            }
        }
        Ok(())
    }

    fn open(&mut self, begun: Begun) {
        self.opened().insert(begun.append.command_id);
        self.begun.insert(begun.append.command_id, begun);
    }

    /// Refuses what touches something that this process has begun and cannot finish at present.
    fn refuse_while_open(&self, append: &Append) -> Result<(), StoreError> {
        let mine = names(append);
        if self.begun.contains_key(&append.command_id) {
            return Err(StoreError::Unknown("an earlier try is not finished".to_owned()));
        }
        let blocking = |begun: &Begun| begun.names().iter().any(|name| mine.contains(name));
        if self.begun.values().any(blocking) {
            return Err(StoreError::Unavailable(
                "an append before this one is not finished; KurrentDB does not answer".to_owned(),
            ));
        }
        Ok(())
    }
}

fn begun(append: Append, recorded_at: Millis) -> Begun {
    Begun { append, recorded_at, doubtful: false }
}
