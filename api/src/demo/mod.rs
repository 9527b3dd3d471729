//! A believable desk, made up: a year of tickets with their seasons, channels, people and texts.
//!
//! The same seed and the same end give the same desk. Every ticket goes through the real commands,
//! at the time it happens, so every rule holds and `as_of` finds the past as it was.

pub mod calendar;
pub mod clock;
mod deeds;
pub mod dice;
pub mod people;
pub mod play;
mod seeded;
pub mod story;
pub mod tale;
pub mod topics;
mod watch;
pub mod words;

pub use clock::DemoClock;
pub use play::{Plan, seed};
pub use seeded::Seeded;

#[cfg(test)]
mod spec;
