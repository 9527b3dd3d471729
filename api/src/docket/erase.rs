//! Erasing somebody: in one place, so that nothing is forgotten to be forgotten.

use super::Docket;
use crate::problem::Problem;

impl Docket {
    /// Destroys a subject's key and forgets what it sealed, everywhere: when this answers, nobody can
    /// read it, and the files hold none of it. The log itself stays as it is. `subject` is a stream
    /// name, such as `customer-0192…`.
    ///
    /// It can be called again after an error, and must be: what was not reached may still show it.
    pub async fn erase(&self, subject: &str) -> Result<(), Problem> {
        // Written down first, so that no backup brings back what this destroys.
        self.erasures.note(subject, self.now()).map_err(|error| {
            tracing::error!(%error, "the ledger of erasures cannot be written");
            Problem::unavailable("erasure_not_recorded", "nothing was erased; try again", 5)
        })?;
        // Then the key: whatever is read from here on is folded without it, so that what is
        // forgotten next cannot come back. An error may come after it was destroyed (a long read
        // keeps its traces in the file), so the rest goes in any case, and the error is told last.
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
