//! Service levels: opening hours, service plans, and the clocks that run by them (S-06 … S-19, S-94,
//! S-95).
//!
//! [`calendar`] says when the desk is open, and counts open time in milliseconds. [`plan`] says how
//! soon what is to be done, by tier, channel or type, and priority. [`clock`] is what a ticket's events
//! amount to under both. Everything here is arithmetic on what was frozen; nothing asks what time it
//! is.

pub mod calendar;
pub mod clock;
pub mod defaults;
pub mod frozen;
pub mod plan;
