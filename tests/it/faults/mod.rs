//! Faults on the real binary: what was acknowledged is there, once, whatever happens.
//!
//! A harness that cannot fail proves nothing. These were first seen to fail on deliberately broken
//! builds: `kill` on a store whose writer acknowledges before `COMMIT`, `disk_full` as it says itself.
//! `postgres` shares its ledger with `kill`, but has not been seen to fail on a broken build of its own yet.

mod disk_full;
pub mod kill;
#[cfg(feature = "kurrentdb")]
mod kurrent;
pub mod ledger;
mod load;
mod outages;
mod postgres;
mod timers;
