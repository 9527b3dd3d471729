//! The HTTP server and the command line.
pub mod import;
