//! Faults on the real binary: what was acknowledged is there, once, whatever happens.
//!
//! A harness that cannot fail proves nothing. `kill` was first seen to fail on a deliberately broken
//! build, in which the store's writer acknowledges before `COMMIT`; `disk_full` was not tried so yet.

mod disk_full;
mod kill;
mod ledger;
