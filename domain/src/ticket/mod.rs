//! The ticket.
pub mod command;
pub mod event;
