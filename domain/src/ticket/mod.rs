//! The ticket: `event` is what can happen to it, `state` what it becomes, `command` what can be
//! asked of it and why that may be refused, `decide` the rules.

pub mod command;
pub mod decide;
pub mod event;
pub mod state;

#[cfg(test)]
mod spec;
