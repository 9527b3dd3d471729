//! Tests that need more than one crate or a running server.
