//! Where the database is: a URL that may name several hosts, of which one at a time is the primary.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::time::timeout;

use super::failure::failed;
use crate::StoreError;

/// How long one host may take to answer before the next is tried.
const PATIENCE: Duration = Duration::from_secs(3);

/// Settings of every session, whatever it is for.
const SESSION: [(&str, &str); 4] = [
    // Nothing here is long enough to be worth compiling.
    ("jit", "off"),
    // Whoever waits longer for the log's end is told that nothing was written.
    ("lock_timeout", "10s"),
    ("statement_timeout", "60s"),
    // A process that is stopped in the middle of an append holds the others up no longer than this.
    ("idle_in_transaction_session_timeout", "5s"),
];

/// How the sessions of the log plan. A statement finds each row by its key; the planner would rather
/// read whole tables while they are small, and keep that plan when they have grown.
const PLANNING: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("plan_cache_mode", "force_generic_plan"),
];

/// The hosts of a store URL, in its order, with all that is needed to connect.
#[derive(Clone)]
pub struct Hosts {
    hosts: Vec<PgConnectOptions>,
}

impl Hosts {
    /// Reads `postgres://user:password@host:port,host:port/database?sslmode=…`.
    ///
    /// # Errors
    /// [`StoreError::Refused`], which never repeats the URL: it may hold a password.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let refused = |why: &str| {
            StoreError::Refused(format!(
                "the store URL cannot be read: {why}; \
                 it is postgres://user@host:5432/database, with several hosts joined by commas"
            ))
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| refused("it has no ://"))?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (format!("{user}@"), hosts),
            None => (String::new(), authority),
        };
        let hosts: Vec<_> = hosts
            .split(',')
            .map(|host| PgConnectOptions::from_str(&format!("{scheme}://{user}{host}{path}")))
            .collect::<Result<_, _>>()
            .map_err(|_| refused("a part of it is not as it should be"))?;
        if hosts.iter().any(|host| host.get_database().is_none()) {
            return Err(refused("it names no database"));
        }
        let hosts = hosts.into_iter().map(|host| {
            host.application_name("docket").options(SESSION).disable_statement_logging()
        });
        Ok(Self { hosts: hosts.collect() })
    }

    /// The same hosts, with another name for the sessions.
    pub(crate) fn named(self, name: &str) -> Self {
        let hosts = self.hosts.into_iter().map(|host| host.application_name(name));
        Self { hosts: hosts.collect() }
    }

    /// How to connect to the first of them, whatever it is at present.
    pub fn first(&self) -> PgConnectOptions {
        self.hosts.first().cloned().unwrap_or_default()
    }

    /// Connects to the one that takes writes; answers the connection and how to make more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none of them answers as a primary.
    pub async fn primary(&self) -> Result<(PgConnection, PgConnectOptions), StoreError> {
        let mut why = String::new();
        for host in &self.hosts {
            let place = format!("{}:{}", host.get_host(), host.get_port());
            let said = match timeout(PATIENCE, writable(host)).await {
                Ok(Ok(Some(connection))) => return Ok((connection, host.clone())),
                Ok(Ok(None)) => "is a standby".to_owned(),
                Ok(Err(error)) => match failed(&error) {
                    // It will not come right by itself: a wrong password, say.
                    refused @ StoreError::Refused(_) => return Err(refused),
                    other => other.to_string(),
                },
                Err(_) => "does not answer".to_owned(),
            };
            why = format!("{why}{}{place}: {said}", if why.is_empty() { "" } else { "; " });
        }
        Err(StoreError::Unavailable(format!("no PostgreSQL takes writes ({why})")))
    }
}

/// Never the password, which a derived form would show.
impl fmt::Debug for Hosts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_string())
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first();
        write!(formatter, "postgres://{}@", first.get_username())?;
        for (n, host) in self.hosts.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(formatter, "{comma}{}:{}", host.get_host(), host.get_port())?;
        }
        write!(formatter, "/{}", first.get_database().unwrap_or_default())
    }
}

/// A connection to a host, if it takes writes.
async fn writable(host: &PgConnectOptions) -> Result<Option<PgConnection>, sqlx::Error> {
    let mut connection = host.connect().await?;
    if is_standby(&mut connection).await? {
        // It answers all the same if closing fails.
        let _ = connection.close().await;
        return Ok(None);
    }
    Ok(Some(connection))
}

/// How the log's own sessions connect to a host.
pub(super) fn for_the_log(host: PgConnectOptions) -> PgConnectOptions {
    host.options(PLANNING)
}

/// Whether the server only follows another.
pub(super) async fn is_standby(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(connection).await
}

#[cfg(test)]
mod tests {
    use super::Hosts;

    #[test]
    fn several_hosts_share_the_rest_of_the_url() {
        let hosts =
            Hosts::parse("postgres://me:s%40cret@h1:5433,h2,[::1]:5434/desk?sslmode=disable");
        let hosts = hosts.unwrap();
        let shown: Vec<_> = hosts.hosts.iter().map(|h| (h.get_host(), h.get_port())).collect();
        assert_eq!(shown, [("h1", 5433), ("h2", 5432), ("[::1]", 5434)]);
        assert!(hosts.hosts.iter().all(|host| host.get_database() == Some("desk")));
        assert_eq!(hosts.to_string(), "postgres://me@h1:5433,h2:5432,[::1]:5434/desk");
        assert_eq!(format!("{hosts:?}"), hosts.to_string(), "the password is never shown");
    }

    #[test]
    fn a_url_that_cannot_be_read_is_refused_without_repeating_it() {
        for url in ["postgres:/x", "postgres://me:s3cret@h:port/desk", "postgres://me:s3cret@h1"] {
            let refused = Hosts::parse(url).unwrap_err().to_string();
            assert!(!refused.contains("s3cret"), "{refused}");
            assert!(refused.contains("the store URL cannot be read"), "{refused}");
        }
    }
}
