//! Facts and rules of ticketing.
//!
//! Everything here is a pure function or plain data: no I/O, no async, no clock, no randomness.
//! Time and identity come in with the [`Context`](context::Context) of a command.
//!
//! Reading order: [`ticket::event`] is what can happen, [`ticket::state`] what it amounts to,
//! [`ticket::command`] what can be asked, [`ticket::decide`] the rules; `ticket/spec` tells the
//! rules by example. [`customer`], [`agent`], [`token`] and [`definition`] follow the same order in
//! one place each. [`codec`] is where events become stored JSON and back.

#![warn(
    // A new event must make the compiler ask everywhere what it does there.
    clippy::wildcard_enum_match_arm,
    clippy::match_wildcard_for_single_variants
)]

pub mod agent;
pub mod codec;
pub mod context;
pub mod customer;
pub mod definition;
pub mod duration;
pub mod envelope;
pub mod ids;
pub mod instant;
pub mod limits;
pub mod money;
pub mod party;
pub mod personal;
pub mod routing;
pub mod sla;
pub mod ticket;
pub mod token;

#[cfg(test)]
mod transcript;
