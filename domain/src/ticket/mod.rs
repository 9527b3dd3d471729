//! The ticket.
pub mod event;
