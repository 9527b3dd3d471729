//! Faults on the real binary: what was acknowledged is there, once, whatever happens.
//!
//! A harness that cannot fail proves nothing. These were first seen to fail on deliberately broken
//! builds: `kill` on a store whose writer acknowledges before `COMMIT`, the others as they say themselves.

mod disk_full;
pub mod kill;
#[cfg(feature = "kurrentdb")]
mod kurrent;
pub mod ledger;
mod load;
mod outages;
mod postgres;
mod routing;
mod timers;
