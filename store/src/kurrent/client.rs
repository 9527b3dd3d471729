//! The client, and another in its place when it is of no more use.

use std::sync::{Mutex, MutexGuard, PoisonError};

use eventstore::{Client, ClientSettings, Error};

use super::failure::{is_dead, may_be_gone};
use crate::StoreError;

/// A client that can be replaced, with how often it was.
pub(super) struct Renewable {
    settings: ClientSettings,
    current: Mutex<(u64, Client)>,
}

impl Renewable {
    /// Prepares to connect; the first question does.
    pub fn new(settings: ClientSettings) -> Result<Self, StoreError> {
        let current = Mutex::new((0, client(&settings)?));
        Ok(Self { settings, current })
    }

    /// The client of now, and which it is.
    pub fn current(&self) -> (u64, Client) {
        self.lock().clone()
    }

    /// A client whose first connection failed is dead for good, and one that found its node among several
    /// stays with that node when it is gone: another takes its place, which asks who leads. Of all the calls
    /// that failed on one client the first brings another; the rest find it.
    pub fn renew_after(&self, generation: u64, error: &Error) {
        let settings = &self.settings;
        let several = settings.hosts().len() > 1 || settings.is_dns_discovery_enabled();
        let mut current = self.lock();
        if current.0 != generation || !(is_dead(error) || (several && may_be_gone(error))) {
            return;
        }
        match client(settings) {
            Ok(fresh) => *current = (generation + 1, fresh),
            Err(error) => tracing::warn!(%error, "no new client for KurrentDB"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, (u64, Client)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn client(settings: &ClientSettings) -> Result<Client, StoreError> {
    Client::new(settings.clone())
        .map_err(|error| StoreError::Refused(format!("no client for KurrentDB: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Meant to fail where each call that failed makes a client: the second would throw away the one that
    /// the first has just made, with its connection.
    #[tokio::test]
    async fn of_many_calls_that_fail_on_one_client_one_makes_another() {
        let settings = "esdb://127.0.0.1:1?tls=false".parse().unwrap();
        let clients = Renewable::new(settings).unwrap();
        let (first, _) = clients.current();
        let (another, _) = clients.current();
        clients.renew_after(first, &Error::ConnectionClosed);
        let (renewed, _) = clients.current();
        assert_ne!(renewed, first);
        clients.renew_after(another, &Error::ConnectionClosed);
        assert_eq!(clients.current().0, renewed);
        // What says nothing of the client leaves it, and one that is new may fail as well.
        clients.renew_after(renewed, &Error::AccessDenied);
        assert_eq!(clients.current().0, renewed);
        clients.renew_after(renewed, &Error::ConnectionClosed);
        assert_ne!(clients.current().0, renewed);
    }
}
