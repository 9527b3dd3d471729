//! Appending: what is begun beside the log, sent to KurrentDB, placed, and then acknowledged.
//!
//! One task does it, batch by batch. Of a batch, appends that touch nothing in common go together; one
//! that touches what another has not finished yet waits for it. So while an append is under way nobody
//! else writes its streams or takes its keys, and what is decided here stays true until it is in the log.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;
use uuid::Uuid;

use super::begun::{Begun, BegunTable, apart, names};
use super::connection::{Connection, Sent};
use super::judge;
use super::send::{foreign, send};
use super::sequencer::{Reach, Sequencer};
use crate::appending::checked::Checked;
use crate::appending::queue::{self, Answer, Reply};
use crate::sqlite::SqliteStore;
use crate::{Clock, EventStore, Outcome, StoreError};

/// How often the log is read again for an append that KurrentDB has acknowledged.
const LOOKS: usize = 8;

/// What is written beside appends.
pub(super) enum Other {
    /// Finish what was begun: all of it.
    Finish(Reply<()>),
    EraseKey {
        subject: String,
        reply: Reply<()>,
    },
}

/// The commands that were begun and are not finished, for those who ask.
pub(super) type Unfinished = Arc<Mutex<HashSet<Uuid>>>;

pub(super) struct Writer {
    pub kurrent: Connection,
    pub beside: Arc<SqliteStore>,
    pub table: BegunTable,
    pub sequencer: Sequencer,
    pub clock: Clock,
    pub unfinished: Unfinished,
    pub begun: BTreeMap<Uuid, Begun>,
    /// Finished, and still in the table.
    pub finished: Vec<Uuid>,
    /// Begun, and perhaps not in the table.
    pub unsure: Vec<Uuid>,
    pub pause: std::time::Duration,
    /// The store's id, which each event names: nobody else writes this log.
    pub store: Uuid,
}

impl Writer {
    /// Takes up what was begun before a crash, and places all that is in the log.
    pub async fn recover(&mut self) -> Result<(), StoreError> {
        for begun in self.table.all().await? {
            self.opened().insert(begun.append.command_id);
            self.begun.insert(begun.append.command_id, begun);
        }
        self.sequencer.check(&self.kurrent).await?;
        self.sequencer.catch_up(&self.kurrent, &self.begun, Reach::End).await?;
        let commands: Vec<Uuid> = self.begun.keys().copied().collect();
        for command in commands {
            if self.beside.find_command(command).await?.is_some() {
                self.done(command);
            }
        }
        if !self.begun.is_empty() {
            tracing::warn!(
                appends = self.begun.len(),
                "finishing what was begun before the last end"
            );
        }
        self.finish_all().await;
        self.forget_finished().await
    }

    pub(super) fn opened(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn finish_all(&mut self) {
        if let Err(error) = self.make_sure().await {
            tracing::warn!(%error, "what was begun cannot be written down; it is not sent");
            return;
        }
        let commands: Vec<Uuid> = self.begun.keys().copied().collect();
        if !commands.is_empty() {
            self.finish(&commands).await;
        }
    }

    async fn forget_finished(&mut self) -> Result<(), StoreError> {
        if !self.finished.is_empty() {
            self.table.write(&[], &self.finished).await?;
            self.finished.clear();
        }
        Ok(())
    }

    /// Appends that have nothing in common, with each other or with what is unfinished.
    async fn round(&mut self, appends: Vec<Checked>) -> Vec<Answer> {
        // What an earlier try left open decides what is true now.
        self.finish_all().await;
        let mut answers = BTreeMap::new();
        let mut fresh: Vec<Begun> = Vec::new();
        let order: Vec<Uuid> = appends.iter().map(|checked| checked.append.command_id).collect();
        for Checked { append, .. } in appends {
            let id = append.command_id;
            match self.decide(&append).await {
                Ok(Some(outcome)) => {
                    answers.insert(id, Ok(outcome));
                }
                Ok(None) => fresh.push(Begun { append, recorded_at: 0, doubtful: false }),
                Err(error) => {
                    answers.insert(id, Err(error));
                }
            }
        }
        let commands: Vec<Uuid> = fresh.iter().map(|begun| begun.append.command_id).collect();
        match self.begin(fresh).await {
            Ok(()) => answers.extend(self.finish(&commands).await),
            Err(error) => answers.extend(commands.iter().map(|id| (*id, Err(error.clone())))),
        }
        let unanswered = || Err(StoreError::Unknown("the append was not answered".to_owned()));
        order.iter().map(|id| answers.remove(id).unwrap_or_else(unanswered)).collect()
    }

    /// What is answered without writing; `None` when it is to be written.
    async fn decide(&self, append: &crate::Append) -> Result<Option<Outcome>, StoreError> {
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
        judge::judge(&self.beside, append).await
    }

    /// Sends what was begun, places it, and says what became of it. What stays unknown stays begun.
    async fn finish(&mut self, commands: &[Uuid]) -> Vec<(Uuid, Answer)> {
        let sent = self.send(commands).await;
        let written: Vec<Uuid> = sent
            .iter()
            .filter(|(_, sent)| matches!(sent, Sent::Written))
            .map(|(id, _)| *id)
            .collect();
        let placed = self.place(&written).await;
        let mut answers = Vec::with_capacity(sent.len());
        for (id, sent) in sent {
            let answer = match sent {
                Sent::Written => match &placed {
                    Ok(()) => judge::receipt(&self.beside, id).await,
                    Err(error) => Err(StoreError::Unknown(error.to_string())),
                },
                Sent::NotWritten(error) => {
                    self.done(id);
                    Err(error)
                }
                Sent::Elsewhere => {
                    self.done(id);
                    Err(foreign())
                }
                Sent::Unknown(error) => self.seek(id, error).await,
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
        if let Some(begun) = self.begun.get_mut(&id) {
            begun.doubtful = true;
        }
        match self.beside.find_command(id).await {
            Ok(Some(_)) => judge::receipt(&self.beside, id).await,
            _ => Err(error),
        }
    }

    fn done(&mut self, id: Uuid) {
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
                missing |= self.beside.find_command(*id).await?.is_none();
            }
            if !missing {
                return Ok(());
            }
            reach = Reach::End;
            tokio::time::sleep(self.pause * look as u32).await;
        }
        Err(StoreError::Unknown("KurrentDB does not show yet what it acknowledged".to_owned()))
    }

    async fn erase_key(&mut self, subject: &str) -> Result<(), StoreError> {
        self.finish_all().await;
        // The table holds wrapped keys and sealed texts, too.
        self.forget_finished().await?;
        let brings = |begun: &Begun| begun.append.new_keys.iter().any(|key| key.subject == subject);
        if self.begun.values().any(brings) {
            return Err(StoreError::Unavailable(
                "an append with this key is not finished; KurrentDB does not answer".to_owned(),
            ));
        }
        self.beside.erase_key(subject).await
    }
}

impl queue::Writer for Writer {
    type Other = Other;

    async fn write(&mut self, appends: Vec<Checked>) -> Result<Vec<Answer>, StoreError> {
        let mut answers: Vec<Option<Answer>> = appends.iter().map(|_| None).collect();
        let mut waiting: Vec<(usize, Checked)> = appends.into_iter().enumerate().collect();
        while !waiting.is_empty() {
            let (now, later) = apart(waiting);
            let (places, round): (Vec<usize>, Vec<Checked>) = now.into_iter().unzip();
            for (place, answer) in places.into_iter().zip(self.round(round).await) {
                answers[place] = Some(answer);
            }
            waiting = later;
        }
        Ok(answers.into_iter().flatten().collect())
    }

    async fn work(&mut self, other: Other) {
        // Whoever asked may have stopped waiting.
        match other {
            Other::Finish(reply) => {
                self.finish_all().await;
                let _ = reply.send(self.forget_finished().await);
            }
            Other::EraseKey { subject, reply } => {
                let _ = reply.send(self.erase_key(&subject).await);
            }
        }
    }

    async fn close(mut self) {
        if let Err(error) = self.forget_finished().await {
            tracing::warn!(%error, "what is finished is looked at again at the next start");
        }
        self.table.close().await;
        self.beside.close().await;
    }
}
