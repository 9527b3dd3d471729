//! Real database servers for tests.
//!
//! [`postgres::database`] gives a test a fresh database on a PostgreSQL server that the whole test
//! process shares; [`postgres::Server`] is one of a test's own, for what must be stopped or killed.
//! Whatever becomes of the process, no server and no folder is left behind.

pub mod postgres;

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// A port on which nobody listens. It lies below those that the system gives to outgoing connections,
/// one of which could else take it before the server does; and no port is given twice.
pub fn free_port() -> u16 {
    const FIRST: u16 = 10_000;
    const PORTS: u16 = 22_000;
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Test processes that run at the same time look in different places.
    let start = u16::try_from(std::process::id() % u32::from(PORTS)).unwrap_or_default();
    loop {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (start.wrapping_mul(61).wrapping_add(given)) % PORTS;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
