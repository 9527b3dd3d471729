//! The HTTP server and the command line.
pub mod access;
pub mod auth;
pub mod body;
pub mod config;
pub mod logging;
pub mod metrics;
pub mod problem;
