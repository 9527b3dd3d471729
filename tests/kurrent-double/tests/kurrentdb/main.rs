//! The store on KurrentDB, against the double of its protocol: what every store promises, and what
//! becomes of those promises when KurrentDB fails in the ways that it has.

#![expect(clippy::unwrap_used, reason = "a failed check is a panic")]

mod conformance;
mod faults;
mod moving;
mod nodes;
mod other_client;
mod others;
mod placing;
mod reading;
mod stores;
