//! What the server does of its own accord.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::docket::Docket;

/// Starts the workers of a server.
pub fn start(_docket: &Arc<Docket>) -> Vec<JoinHandle<()>> {
    Vec::new()
}
