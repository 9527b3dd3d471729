//! Real database servers for tests.
//!
//! [`postgres::database`] gives a test a fresh database on a PostgreSQL server that the whole test
//! process shares; [`postgres::Server`] is one of a test's own, for what must be stopped or killed.
//! Whatever becomes of the process, no server and no folder is left behind.

pub mod postgres;
