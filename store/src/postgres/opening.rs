//! Opening: what must be true before anything is read or written, and how connections are set up.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::PgPoolOptions;
use tokio::sync::watch;
use uuid::Uuid;

use super::alongside::{self, Keeps};
use super::hosts::{self, Hosts};
use super::writer::Writer;
use super::{PostgresStore, Settings, head, settings};
use crate::appending::queue::Queue;
use crate::{Clock, EventStore, Position, StoreError};

/// How long a read waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

impl PostgresStore {
    /// Opens the log in a database, and creates or migrates its tables where needed.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the server may lose what it acknowledges, or a newer Docket wrote
    /// the log; [`StoreError::Unavailable`] when no host answers as a primary.
    pub async fn open(url: &str, clock: Clock, settings: Settings) -> Result<Self, StoreError> {
        Self::open_as(Keeps::Log, url, clock, settings).await
    }

    pub(crate) async fn open_as(
        keeps: Keeps,
        url: &str,
        clock: Clock,
        settings: Settings,
    ) -> Result<Self, StoreError> {
        let hosts = Hosts::parse(url)?;
        settings::prepare(&hosts).await?;
        let mut store = Self::reading(&hosts, settings).await?;
        let (head, shown) = watch::channel(store.head());
        let writer = Writer {
            hosts: hosts.clone(),
            clock,
            head: head.clone(),
            tail: Arc::clone(&store.tail),
            notify: settings.notify,
            connection: None,
        };
        store.writer = Some(Queue::start(writer));
        store.head = shown;
        store.follow(hosts, head, settings);
        if let Err(refused) = alongside::check(&store, keeps).await {
            store.close().await;
            return Err(refused);
        }
        store.init_meta(crate::STORE_ID, Uuid::now_v7().as_bytes()).await?;
        Ok(store)
    }

    /// Opens the log for reading. Appends are refused.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when there is no log of this release's schema in the database.
    pub async fn open_read_only(url: &str, settings: Settings) -> Result<Self, StoreError> {
        Self::open_read_only_as(Keeps::Log, url, settings).await
    }

    pub(crate) async fn open_read_only_as(
        keeps: Keeps,
        url: &str,
        settings: Settings,
    ) -> Result<Self, StoreError> {
        let hosts = Hosts::parse(url)?;
        let (connection, _) = hosts.primary().await?;
        settings::check_schema(connection).await?;
        let mut store = Self::reading(&hosts, settings).await?;
        let (head, shown) = watch::channel(store.head());
        store.head = shown;
        store.follow(hosts, head, settings);
        alongside::check(&store, keeps).await?;
        Ok(store)
    }

    async fn reading(hosts: &Hosts, settings: Settings) -> Result<Self, StoreError> {
        let (connection, options) = hosts.primary().await?;
        // It was only to find the host.
        let _ = connection.close().await;
        let readers = PgPoolOptions::new()
            // One of them listens.
            .max_connections(settings.connections + u32::from(settings.notify))
            .acquire_timeout(PATIENCE)
            // One that was lost meanwhile is noticed by the read itself, and replaced.
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // A server that has become a standby shows a log that may end earlier.
                    match hosts::is_standby(connection).await? {
                        false => Ok(()),
                        true => Err(sqlx::Error::Protocol("the server is a standby".to_owned())),
                    }
                })
            })
            .connect_lazy_with(hosts::for_the_log(options));
        let position = head::last_position(&readers).await?;
        let (_, head) = watch::channel(position);
        Ok(Self { hosts: hosts.clone(), readers, head, tail: Arc::default(), writer: None })
    }

    fn follow(&self, hosts: Hosts, head: watch::Sender<Position>, settings: Settings) {
        let readers = self.readers.clone();
        tokio::spawn(head::follow(hosts, readers, head, settings.notify, settings.poll));
    }
}
