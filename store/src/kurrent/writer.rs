//! Appending: what is begun beside the log, sent to KurrentDB, placed, and then acknowledged.
//!
//! One task does it, batch by batch. Of a batch, appends that touch nothing in common go together; one
//! that touches what another has not finished yet waits for it. So while an append is under way nobody
//! else writes its streams or takes its keys, and what is decided here stays true until it is in the log.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::begun::{Begun, BegunTable, Numbered, apart};
use super::beside::Beside;
use super::connection::Connection;
use super::sequencer::{Reach, Sequencer};
use crate::appending::checked::Checked;
use crate::appending::queue::{self, Answer, Reply};
use crate::{Clock, StoreError};

/// What is written beside appends.
pub(super) enum Other {
    /// Finish what was begun: all of it.
    Finish(Reply<()>),
    /// Read on past what others have written, if nothing is begun; answered is whether there is more.
    PassOver(Reply<bool>),
    EraseKey {
        subject: String,
        reply: Reply<()>,
    },
}

/// The commands that were begun and are not finished, for those who ask.
pub(super) type Unfinished = Arc<Mutex<HashSet<Uuid>>>;

pub(super) struct Writer {
    pub kurrent: Connection,
    pub beside: Arc<Beside>,
    pub table: BegunTable,
    pub sequencer: Sequencer,
    pub clock: Clock,
    pub unfinished: Unfinished,
    pub begun: BTreeMap<Uuid, Begun>,
    /// Finished, and still in the table.
    pub finished: Vec<Uuid>,
    /// Begun, and perhaps not in the table.
    pub unsure: Vec<Uuid>,
    pub pause: Duration,
    /// After how long another process that has begun something is taken for gone.
    pub take_up_after: Duration,
    /// Whether something waits for what another process has begun.
    pub held_up: bool,
    /// The store's id, which each event names: nobody else writes this log.
    pub store: Uuid,
}

/// What became of a round of appends, by their places in the batch.
#[derive(Default)]
pub(super) struct Round {
    pub answers: Vec<(usize, Answer)>,
    /// They touch what another process has begun.
    pub blocked: Numbered,
}

impl Round {
    /// The same error for all.
    pub fn failed(asked: &[(usize, Checked)], error: &StoreError) -> Self {
        let answers = asked.iter().map(|(place, _)| (*place, Err(error.clone())));
        Self { answers: answers.collect(), blocked: Vec::new() }
    }

    pub fn and(mut self, other: Self) -> Self {
        self.answers.extend(other.answers);
        self.blocked.extend(other.blocked);
        self
    }
}

/// How long to wait at most before it is looked again whether another process is done.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

impl Writer {
    /// Takes up what was begun before a crash, and places all that is in the log.
    pub async fn recover(&mut self) -> Result<(), StoreError> {
        self.take_up().await?;
        tracing::info!(
            "KurrentDB looks for what is Docket's; where others write much, this takes a while"
        );
        self.sequencer.check(&self.kurrent).await?;
        self.sequencer.catch_up(&self.kurrent, &self.begun, Reach::End).await?;
        self.sequencer.alone = !self.is_shared();
        let commands: Vec<Uuid> = self.begun.keys().copied().collect();
        for command in commands {
            if self.landed(command).await? {
                self.done(command);
            }
        }
        self.finish_all().await;
        self.forget_finished().await
    }

    pub(super) fn opened(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_shared(&self) -> bool {
        self.beside.database().is_some()
    }

    /// Appends that have nothing in common with each other.
    async fn round(&mut self, appends: Numbered) -> Round {
        // What an earlier try left open decides what is true now.
        self.finish_all().await;
        self.let_go().await;
        let (begun, mut round) = self.begin(appends).await;
        let commands: Vec<Uuid> = begun.iter().map(|(_, command)| *command).collect();
        let mut answers: BTreeMap<Uuid, Answer> =
            self.finish(&commands).await.into_iter().collect();
        self.let_go().await;
        let unanswered = || Err(StoreError::Unknown("the append was not answered".to_owned()));
        round.answers.extend(
            begun.into_iter().map(|(place, command)| {
                (place, answers.remove(&command).unwrap_or_else(unanswered))
            }),
        );
        round
    }

    async fn erase_key(&mut self, subject: &str) -> Result<(), StoreError> {
        let began = Instant::now();
        loop {
            self.finish_all().await;
            // The table holds wrapped keys and sealed texts, too.
            self.forget_finished().await?;
            let brings =
                |begun: &Begun| begun.append.new_keys.iter().any(|key| key.subject == subject);
            if self.begun.values().any(brings) {
                return Err(StoreError::Unavailable(
                    "an append with this key is not finished; KurrentDB does not answer".to_owned(),
                ));
            }
            self.held_up = self.table.brings_key(subject).await?;
            if !self.held_up {
                return self.beside.store().erase_key(subject).await;
            }
            if self.waited_enough(began) {
                return Err(held_up());
            }
            tokio::time::sleep(LONGEST_PAUSE).await;
        }
    }

    /// Whether another process, were it gone, would have been helped by now.
    fn waited_enough(&self, since: Instant) -> bool {
        since.elapsed() > self.take_up_after * 2 + Duration::from_secs(1)
    }
}

fn held_up() -> StoreError {
    StoreError::Unavailable(
        "another server has begun an append before this one and does not finish it".to_owned(),
    )
}

impl queue::Writer for Writer {
    type Other = Other;

    async fn write(&mut self, appends: Vec<Checked>) -> Result<Vec<Answer>, StoreError> {
        let mut answers: Vec<Option<Answer>> = appends.iter().map(|_| None).collect();
        let mut waiting: Numbered = appends.into_iter().enumerate().collect();
        let (mut since, mut pause) = (Instant::now(), Duration::from_millis(2));
        while !waiting.is_empty() {
            let (now, later) = apart(waiting);
            let round = self.round(now).await;
            self.held_up = !round.blocked.is_empty();
            waiting = round.blocked;
            if !round.answers.is_empty() {
                (since, pause) = (Instant::now(), Duration::from_millis(2));
            } else if self.waited_enough(since) {
                answers_for(&mut answers, Round::failed(&waiting, &held_up()));
                waiting.clear();
            } else {
                // Only others can move on now.
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            answers_for(&mut answers, Round { answers: round.answers, ..Round::default() });
            waiting.extend(later);
            waiting.sort_by_key(|(place, _)| *place);
        }
        self.held_up = false;
        Ok(answers.into_iter().flatten().collect())
    }

    async fn work(&mut self, other: Other) {
        // Whoever asked may have stopped waiting.
        match other {
            Other::Finish(reply) => {
                self.held_up = self.is_shared();
                self.finish_all().await;
                self.held_up = false;
                let _ = reply.send(self.forget_finished().await);
            }
            Other::PassOver(reply) => {
                let more = match self.begun.is_empty() {
                    true => self.sequencer.pass_over(&self.kurrent, &self.begun).await,
                    false => Ok(false),
                };
                let _ = reply.send(more);
            }
            Other::EraseKey { subject, reply } => {
                let erased = self.erase_key(&subject).await;
                self.held_up = false;
                let _ = reply.send(erased);
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

fn answers_for(answers: &mut [Option<Answer>], round: Round) {
    for (place, answer) in round.answers {
        answers[place] = Some(answer);
    }
}
