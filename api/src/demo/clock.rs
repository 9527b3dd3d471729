//! The clock of a desk that lives through a year in seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use docket_domain::instant::Instant;
use docket_store::Clock;

/// A clock that is set by hand while the desk is filled, and goes by itself afterwards.
#[derive(Clone)]
pub struct DemoClock {
    set: Arc<AtomicI64>,
    real: Clock,
}

impl DemoClock {
    /// A clock that shows `start` until it is set.
    pub fn starting_at(start: Instant, real: Clock) -> Self {
        Self { set: Arc::new(AtomicI64::new(start.millis())), real }
    }

    /// What a store and a desk read the time from.
    pub fn reading(&self) -> Clock {
        let this = self.clone();
        Arc::new(move || match this.set.load(Ordering::Relaxed) {
            i64::MAX => (this.real)(),
            set => set,
        })
    }

    /// Sets it forward; it never goes back.
    pub fn advance(&self, to: Instant) {
        self.set.fetch_max(to.millis(), Ordering::Relaxed);
    }

    /// Lets it show the real time from now on.
    pub fn let_go(&self) {
        self.set.store(i64::MAX, Ordering::Relaxed);
    }
}
