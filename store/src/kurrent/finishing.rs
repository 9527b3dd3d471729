//! Finishing what was begun: sending it, placing it, and finding out what became of it.

use tokio::task::JoinSet;
use uuid::Uuid;

use super::connection::Sent;
use super::judge;
use super::send::{foreign, send};
use super::sequencer::Reach;
use super::writer::Writer;
use crate::StoreError;
use crate::appending::queue::Answer;

/// How often the log is read again for an append that KurrentDB has acknowledged.
const LOOKS: usize = 8;

impl Writer {
    pub(super) async fn landed(&self, command: Uuid) -> Result<bool, StoreError> {
        Ok(self.beside.store().find_command(command).await?.is_some())
    }

    pub(super) async fn finish_all(&mut self) {
        if self.begun.is_empty() && !self.held_up {
            return;
        }
        if let Err(error) = self.make_sure().await {
            tracing::warn!(%error, "what was begun cannot be written down; it is not sent");
            return;
        }
        self.pass_over_landed().await;
        let commands: Vec<Uuid> = self.begun.keys().copied().collect();
        if !commands.is_empty() {
            self.finish(&commands).await;
        }
    }

    /// What another process has finished before is not sent again, though that would do no harm.
    async fn pass_over_landed(&mut self) {
        let taken_up = self.begun.values().filter(|begun| self.is_shared() && begun.doubtful);
        let taken_up: Vec<Uuid> = taken_up.map(|begun| begun.append.command_id).collect();
        for command in taken_up {
            if matches!(self.landed(command).await, Ok(true)) {
                self.done(command);
            }
        }
    }

    pub(super) async fn forget_finished(&mut self) -> Result<(), StoreError> {
        if !self.finished.is_empty() {
            self.table.forget(&self.finished).await?;
            self.finished.clear();
        }
        Ok(())
    }

    /// Lets go of what is finished, for which other processes may wait. A file is written with the next append.
    pub(super) async fn let_go(&mut self) {
        if self.is_shared()
            && let Err(error) = self.forget_finished().await
        {
            tracing::warn!(%error, "what is finished holds other servers up a little longer");
        }
    }

    /// Sends what was begun, places it, and says what became of it. What stays unknown stays begun.
    pub(super) async fn finish(&mut self, commands: &[Uuid]) -> Vec<(Uuid, Answer)> {
        if commands.is_empty() {
            return Vec::new();
        }
        let sent = self.send(commands).await;
        for (id, sent) in &sent {
            // Whatever is answered to the next try, something of it may be in the log by now.
            if let Some(begun) = self.begun.get_mut(id) {
                begun.doubtful |= !matches!(sent, Sent::NotWritten(_));
            }
        }
        let written: Vec<Uuid> = sent
            .iter()
            .filter(|(_, sent)| matches!(sent, Sent::Written))
            .map(|(id, _)| *id)
            .collect();
        let placed = self.place(&written).await;
        let mut answers = Vec::with_capacity(sent.len());
        for (id, sent) in sent {
            let answer = match (sent, &placed) {
                (Sent::NotWritten(error), _) => self.give_up(id, error).await,
                (Sent::Unknown(error), _) => self.seek(id, error).await,
                (Sent::Written, Ok(())) => judge::receipt(self.beside.store(), id).await,
                (Sent::Elsewhere, Ok(())) => self.left_behind(id).await,
                (_, Err(error)) => Err(StoreError::Unknown(error.to_string())),
            };
            if answer.is_ok() {
                self.done(id);
            }
            answers.push((id, answer));
        }
        answers
    }

    /// What became of an append that was not answered: it may be in the log, which was just read.
    async fn seek(&mut self, id: Uuid, error: StoreError) -> Answer {
        match self.landed(id).await {
            Ok(true) => judge::receipt(self.beside.store(), id).await,
            _ => Err(error),
        }
    }

    /// It is certain that it was not written; and it never will be, once nobody can find it any more.
    async fn give_up(&mut self, id: Uuid, error: StoreError) -> Answer {
        match self.table.give_up(id).await {
            Ok(true) => {
                self.begun.remove(&id);
                self.opened().remove(&id);
                Err(error)
            }
            Ok(false) => Err(StoreError::Unknown("another server has taken it up".to_owned())),
            Err(unsure) => self.seek(id, StoreError::Unknown(unsure.to_string())).await,
        }
    }

    /// The stream is elsewhere: another process may have finished it before, and gone on. The log was just
    /// read, and what is not there never will be.
    async fn left_behind(&mut self, id: Uuid) -> Answer {
        match self.landed(id).await {
            Ok(true) => judge::receipt(self.beside.store(), id).await,
            Ok(false) => {
                self.done(id);
                Err(foreign())
            }
            Err(error) => Err(StoreError::Unknown(error.to_string())),
        }
    }

    pub(super) fn done(&mut self, id: Uuid) {
        if self.begun.remove(&id).is_some() {
            self.finished.push(id);
        }
        self.opened().remove(&id);
    }

    async fn send(&self, commands: &[Uuid]) -> Vec<(Uuid, Sent)> {
        let mut sending = JoinSet::new();
        for begun in commands.iter().filter_map(|id| self.begun.get(id)) {
            let (kurrent, begun, store) = (self.kurrent.clone(), begun.clone(), self.store);
            sending.spawn(
                async move { (begun.append.command_id, send(&kurrent, store, begun).await) },
            );
        }
        sending.join_all().await
    }

    /// Places what KurrentDB has acknowledged. A node that lags behind shows it a little later.
    async fn place(&mut self, written: &[Uuid]) -> Result<(), StoreError> {
        let mut reach = Reach::Near;
        for look in 1..=LOOKS {
            self.sequencer.catch_up(&self.kurrent, &self.begun, reach).await?;
            let mut missing = false;
            for id in written {
                missing |= !self.landed(*id).await?;
            }
            if !missing {
                return Ok(());
            }
            reach = Reach::End;
            self.sequencer.doubt();
            tokio::time::sleep(self.pause * look as u32).await;
        }
        Err(StoreError::Unknown("KurrentDB does not show yet what it acknowledged".to_owned()))
    }
}
