//! What reading `$all` has cost.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counted since the double is there.
#[derive(Debug, Default)]
pub struct Counts {
    questions: AtomicUsize,
    told: AtomicUsize,
    looked_at: AtomicUsize,
}

impl Counts {
    /// How often `$all` was asked for.
    pub fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }

    /// Events of `$all` that were sent, with all that they say.
    pub fn told(&self) -> usize {
        self.told.load(Ordering::SeqCst)
    }

    /// Events that were looked at for it, whether they passed the filter or not.
    pub fn looked_at(&self) -> usize {
        self.looked_at.load(Ordering::SeqCst)
    }

    pub(crate) fn count(&self, told: usize, looked_at: usize) {
        self.questions.fetch_add(1, Ordering::SeqCst);
        self.told.fetch_add(told, Ordering::SeqCst);
        self.looked_at.fetch_add(looked_at, Ordering::SeqCst);
    }
}
