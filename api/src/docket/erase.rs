//! Erasing somebody: in one place, so that nothing is forgotten to be forgotten.

use std::collections::BTreeSet;

use super::Docket;
use crate::problem::Problem;

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
    /// with it by itself.
    pub async fn erase(&self, subject: &str) -> Result<Erased, Problem> {
        let mut left = self.erasing.lock().await;
        // Written down first, so that no backup brings back what this destroys.
        let noted = self.erasures.note(subject, self.now());
        noted.and_then(|()| self.erasures.mark(subject)).map_err(|error| {
            tracing::error!(%error, "the ledger of erasures cannot be written");
            Problem::unavailable("erasure_not_recorded", "nothing was erased; try again", 5)
        })?;
        left.insert(subject.to_owned());
        self.destroy_all(&mut left).await
    }

    /// Goes on with erasures that are not finished. Does nothing when there are none.
    pub async fn finish_erasures(&self) -> Result<(), Problem> {
        let mut left = self.erasing.lock().await;
        if left.is_empty() && self.erasures.unfinished().map_err(unmarked)?.is_empty() {
            return Ok(());
        }
        self.destroy_all(&mut left).await.map(drop)
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
        let finished = self.erasures.unfinished().map_err(unmarked)?;
        self.erasures.finish(&finished).map_err(unmarked)?;
        Ok(Erased::Clean)
    }

    async fn destroy(&self, subject: &str) -> Result<(), Problem> {
        // The key first: whatever is read from here on is folded without it, so that what is
        // forgotten next cannot come back. An error may come after it was destroyed, so the rest
        // goes in any case, and the error is told last.
        let erased = self.desk.vault().erase(subject).await;
        self.forget(subject).await?;
        Ok(erased?)
    }

    /// Forgets what is remembered of a subject whose key was destroyed, here or by another process.
    pub async fn forget(&self, subject: &str) -> Result<(), Problem> {
        self.desk.vault().forget(subject);
        self.desk.forget_folded();
        self.documents.forget_all();
        self.names.forget(subject);
        self.views.refold_subject(subject).await?;
        self.attachments.scrub().await
    }
}

fn unmarked(error: std::io::Error) -> Problem {
    tracing::error!(%error, "the marks of unfinished erasures cannot be read or removed");
    Problem::unavailable("erasure_not_finished", "the server tries again by itself", 5)
}
