//! Faults on the real binary: what was acknowledged is there, once, whatever happens.
//!
//! A harness that cannot fail proves nothing. These were first seen to fail on a deliberately broken
//! build, in which the store's writer acknowledges before `COMMIT`.

mod disk_full;
mod kill;
mod ledger;
