//! The HTTP server and the command line.

pub mod access;
pub mod attachments;
pub mod auth;
pub mod body;
pub mod call;
pub mod check;
pub mod cli;
pub mod config;
pub mod demo;
pub mod docket;
pub mod documents;
pub mod erasures;
pub mod filter;
pub mod fresh;
pub mod gate;
pub mod import;
pub mod logging;
pub mod metrics;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod rate;
pub mod routes;
pub mod server;
pub mod side;
pub mod workers;
