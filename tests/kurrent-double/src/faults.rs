//! What the double does wrong when it is told to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// What becomes of one append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None.
    Serve,
    /// Nothing is written: another node leads, says the answer, and names this one.
    NotLeader,
    /// Nothing is written: another node leads, says the answer, and names one that is gone.
    LeaderGone,
    /// Nothing is written, and the answer is that the deadline has passed.
    DeadlineBeforeCommit,
    /// It is written, and the answer is that the deadline has passed.
    DeadlineAfterCommit,
    /// It is written, and the connection is lost before the answer.
    LostAfterCommit,
    /// Nothing is written, and there is no answer.
    HangBeforeCommit,
    /// It is written, and there is no answer.
    HangAfterCommit,
    /// Nothing is written: whoever asks may not.
    Denied,
    /// Nothing is written: the append is larger than the server takes.
    TooLarge,
}

/// How a double is made to fail.
#[derive(Default)]
pub struct Faults {
    appends: Mutex<VecDeque<Fault>>,
    twice: AtomicBool,
    failing_reads: AtomicUsize,
    cut_reads: AtomicUsize,
    short_pages: AtomicUsize,
    hidden: AtomicUsize,
    /// In seconds.
    filtering: AtomicUsize,
    dropped: AtomicUsize,
    pub(crate) hanging: Notify,
}

impl Faults {
    /// What becomes of the next appends, one each; those behind them are served.
    pub fn next_appends(&self, faults: impl IntoIterator<Item = Fault>) {
        self.appends.lock().unwrap_or_else(PoisonError::into_inner).extend(faults);
    }

    /// Whether `$all` tells each event twice.
    pub fn tell_twice(&self, twice: bool) {
        self.twice.store(twice, Ordering::SeqCst);
    }

    /// So many reads are answered by a lost connection.
    pub fn fail_reads(&self, reads: usize) {
        self.failing_reads.store(reads, Ordering::SeqCst);
    }

    /// So many reads lose their connection after the first event.
    pub fn cut_reads(&self, reads: usize) {
        self.cut_reads.store(reads, Ordering::SeqCst);
    }

    /// Reads of `$all` with a filter end after so many events, although there are more and more were asked for, as
    /// where a server looks through a part of its log only; 0 for as many as were asked for.
    pub fn shorten_pages(&self, events: usize) {
        self.short_pages.store(events, Ordering::SeqCst);
    }

    /// So many connections are dropped as soon as they are made, before a word is said on them.
    pub fn drop_connections(&self, connections: usize) {
        self.dropped.store(connections, Ordering::SeqCst);
    }

    /// How many of those connections nobody has made yet.
    pub fn connections_to_drop(&self) -> usize {
        self.dropped.load(Ordering::SeqCst)
    }

    /// So many reads of `$all` do not see the newest event yet, as on a node that lags behind.
    pub fn lag(&self, reads: usize) {
        self.hidden.store(reads, Ordering::SeqCst);
    }

    /// As if to filter `$all` took so many seconds: whoever gives the server less is told that its deadline has
    /// passed, at once.
    pub fn filter_slowly(&self, seconds: usize) {
        self.filtering.store(seconds, Ordering::SeqCst);
    }

    /// Resolves once an append hangs.
    pub async fn hangs(&self) {
        self.hanging.notified().await;
    }

    pub(crate) fn of_append(&self) -> Fault {
        let mut appends = self.appends.lock().unwrap_or_else(PoisonError::into_inner);
        appends.pop_front().unwrap_or(Fault::Serve)
    }

    pub(crate) fn are_told_twice(&self) -> bool {
        self.twice.load(Ordering::SeqCst)
    }

    pub(crate) fn read_fails(&self) -> bool {
        one_of(&self.failing_reads)
    }

    pub(crate) fn read_is_cut(&self) -> bool {
        one_of(&self.cut_reads)
    }

    pub(crate) fn page(&self) -> usize {
        match self.short_pages.load(Ordering::SeqCst) {
            0 => usize::MAX,
            events => events,
        }
    }

    pub(crate) fn filtering_takes(&self) -> Duration {
        Duration::from_secs(self.filtering.load(Ordering::SeqCst) as u64)
    }

    pub(crate) fn connection_drops(&self) -> bool {
        one_of(&self.dropped)
    }

    pub(crate) fn lags(&self) -> bool {
        one_of(&self.hidden)
    }
}

/// Takes one of what is left, if anything is.
fn one_of(left: &AtomicUsize) -> bool {
    let fewer = |left: usize| left.checked_sub(1);
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok()
}
