//! Tests that need more than one crate or a running server.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

pub mod desk;
pub mod process;
