//! Erasing somebody: in one place, so that nothing is forgotten to be forgotten.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use docket_domain::instant::Instant;
use docket_store::Millis;
use tokio::time::timeout;

use super::Docket;
use crate::problem::Problem;

/// How long whoever asks for an erasure waits until no file holds anything of the subject.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the views may take to forget one subject, before others have their turn.
const LONGEST: Duration = Duration::from_mins(5);

/// How far an erasure has come. Nobody can read the subject any more in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// No file holds anything of it.
    Clean,
    /// A long read of the log, such as a backup, keeps traces of the key in the write-ahead log;
    /// the server empties it as soon as that ends.
    TracesLeft,
}

impl Docket {
    /// Destroys a subject's key and forgets what it sealed, everywhere. The log itself stays as it
    /// is. `subject` is a stream name, such as `customer-0192…`.
    ///
    /// It is marked on disk before it begins: after an error, and after a crash, the server goes on
    /// with it by itself, as it does where that takes longer than whoever asks can wait.
    pub async fn erase(self: &Arc<Self>, subject: &str) -> Result<Erased, Problem> {
        let mut to_erase = self.to_erase.lock().await;
        // Written down first, so that no backup brings back what this destroys.
        let noted = self.erasures.note(subject, self.now());
        noted.and_then(|()| self.erasures.mark(subject)).map_err(|error| {
            tracing::error!(%error, "the ledger of erasures cannot be written");
            Problem::unavailable("erasure_not_recorded", "nothing was erased; try again", 5)
        })?;
        to_erase.insert(subject.to_owned());
        drop(to_erase);
        // Whatever others wait for: from here on nobody can read the subject.
        let erased = self.desk.vault().erase(subject).await;
        self.forget(subject);
        erased?;
        let docket = self.clone();
        let goes_on = tokio::spawn(async move { docket.finish_erasures().await });
        match timeout(PATIENCE, goes_on).await {
            Ok(Ok(erased)) => erased,
            Ok(Err(_)) | Err(_) => {
                let detail = "nobody can read it any more; the server goes on to remove it from \
                              where it is kept for lists";
                Err(Problem::unavailable("erasure_not_finished", detail, 5))
            }
        }
    }

    /// Goes on with erasures that are not finished. Does nothing when there are none.
    pub async fn finish_erasures(&self) -> Result<Erased, Problem> {
        let mut left = self.erasing.lock().await;
        left.append(&mut *self.to_erase.lock().await);
        if left.is_empty() && self.erasures.unfinished().map_err(unmarked)?.is_empty() {
            return Ok(Erased::Clean);
        }
        self.destroy_all(&mut left).await
    }

    /// Erases these subjects and takes their marks away, once no file holds anything of anybody.
    async fn destroy_all(&self, left: &mut BTreeSet<String>) -> Result<Erased, Problem> {
        let mut failed = None;
        for subject in left.clone() {
            match self.destroy(&subject).await {
                Ok(()) => drop(left.remove(&subject)),
                // One that cannot be finished must not keep the keys of others.
                Err(problem) => failed = Some(problem),
            }
        }
        if let Some(problem) = failed {
            return Err(problem);
        }
        if !self.store.scrub().await? {
            return Ok(Erased::TracesLeft);
        }
        // Whoever was marked meanwhile has not been destroyed yet.
        let to_erase = self.to_erase.lock().await;
        let finished = self.erasures.unfinished().map_err(unmarked)?;
        let finished = finished.difference(&to_erase).cloned().collect();
        self.erasures.finish(&finished).map_err(unmarked)?;
        Ok(Erased::Clean)
    }

    async fn destroy(&self, subject: &str) -> Result<(), Problem> {
        // The key first: whatever is read from here on is folded without it, so that what is
        // forgotten next cannot come back. An error may come after it was destroyed, so the rest
        // goes in any case, and the error is told last.
        let erased = self.desk.vault().erase(subject).await;
        self.forget(subject);
        match timeout(LONGEST, self.views.refold_subject(subject)).await {
            Ok(refolded) => refolded?,
            Err(_) => {
                let detail = "the views have not forgotten it yet; the server goes on";
                return Err(Problem::unavailable("erasure_not_finished", detail, 5));
            }
        }
        self.attachments.scrub().await?;
        Ok(erased?)
    }

    /// Forgets what is remembered of a subject whose key was destroyed, here or by another process.
    fn forget(&self, subject: &str) {
        self.desk.vault().forget(subject);
        self.desk.forget_folded();
        self.cases.forget_all();
        self.names.forget(subject);
    }

    /// Whom other processes, or this one, have erased since a time, and when, in that order.
    pub async fn erased_since(&self, at: Millis) -> Result<Vec<(String, Millis)>, Problem> {
        Ok(self.log.erased_since(at).await?)
    }

    /// Hears that others erased these: what is remembered of them goes, and they stand in the ledger
    /// of this process, too. Of those that did not stand there yet and were erased `since`, views may
    /// show something: they are marked before, so that it is known at the next start as well.
    pub async fn hear_of(&self, erased: &[(String, Millis)], since: Millis) -> Result<(), Problem> {
        let unknown = self.unknown_of(erased)?;
        if unknown.is_empty() {
            return Ok(());
        }
        for (subject, _) in &unknown {
            self.forget(subject);
        }
        // Before the ledger is taken: whoever erases must not wait until files are looked through.
        self.attachments.scrub().await?;
        let ledger = self.to_erase.lock().await;
        let unknown = self.unknown_of(erased)?;
        for (subject, _) in unknown.iter().filter(|(_, at)| at.0 >= since) {
            self.erasures.hear(subject).map_err(unmarked)?;
        }
        self.erasures.note_all(&unknown).map_err(unmarked)?;
        drop(ledger);
        Ok(())
    }

    /// Those of whose erasure the ledger does not know.
    fn unknown_of(&self, erased: &[(String, Millis)]) -> Result<Vec<(String, Instant)>, Problem> {
        let known = self.erasures.subjects().map_err(unmarked)?;
        let unknown = erased.iter().filter(|(subject, _)| !known.contains(subject));
        Ok(unknown.map(|(subject, at)| (subject.clone(), Instant(*at))).collect())
    }

    /// Sees to it that the views forget whom others have erased. Whoever erased asks the server that folds
    /// to do so; that one does not wait to be asked, since whoever should may be gone. And whoever does
    /// not fold keeps the mark until that is done: it may be its turn before.
    pub async fn settle_heard(&self) -> Result<(), Problem> {
        let mut settled = Ok(());
        for subject in self.erasures.heard().map_err(unmarked)? {
            // One that cannot be forgotten must not keep the others.
            settled = settled.and(self.settle(&subject).await);
        }
        settled
    }

    async fn settle(&self, subject: &str) -> Result<(), Problem> {
        if !self.views.has_forgotten(subject).await? {
            if !self.views.projects() {
                return Ok(());
            }
            self.views.refold_subject(subject).await?;
        }
        self.erasures.settle(subject).map_err(unmarked)
    }

    /// Erases again whoever stands in the ledger and has a key again, since the database is not the
    /// one it was: an older one was restored, or a standby took over that had not heard of it.
    pub async fn erase_again(&self) -> Result<(), Problem> {
        let mut to_erase = self.to_erase.lock().await;
        to_erase.append(&mut self.erasures.replay(&*self.store).await?);
        to_erase.iter().for_each(|subject| self.forget(subject));
        Ok(())
    }
}

fn unmarked(error: std::io::Error) -> Problem {
    tracing::error!(%error, "the ledger or the marks of erasures cannot be read or written");
    Problem::unavailable("erasure_not_finished", "the server tries again by itself", 5)
}
