//! How far the log reaches, across processes.
//!
//! A process knows of its own appends when they are committed. For those of others it looks, often; a
//! notification of what it does not know only makes it look at once. Missing any number of them loses
//! nothing but milliseconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::failure::failed;
use super::hosts::{self, Hosts};
use super::inserts::CHANNEL;
use super::reads;
use crate::{Position, StoreError};

/// How long the log's end is not read again after it was, however often others append: with three servers
/// at work a quarter of all statements asked for nothing else.
const REST: Duration = Duration::from_millis(10);

/// How long to wait before what failed is tried again.
const RETRY: Duration = Duration::from_millis(250);

/// What notifications told since somebody last looked.
#[derive(Default)]
struct Hints {
    told: Notify,
    position: AtomicU64,
}

impl Hints {
    /// Takes in how far the log reaches, as a notification says it. What says nothing may mean anything.
    fn hear(&self, payload: &str) {
        self.position.fetch_max(payload.parse().unwrap_or(Position::MAX), Ordering::Relaxed);
        self.told.notify_one();
    }

    /// Waits until there is something behind what is known.
    async fn beyond(&self, known: impl Fn() -> Position) {
        loop {
            self.told.notified().await;
            if self.position.swap(0, Ordering::Relaxed) > known() {
                return;
            }
        }
    }
}

/// Raises the head to what was committed. It never goes back.
pub(super) fn raise(head: &watch::Sender<Position>, reached: Position) {
    head.send_if_modified(|known| {
        let higher = reached > *known;
        *known = (*known).max(reached);
        higher
    });
}

/// The position that was committed last.
pub(super) async fn last_position(readers: &PgPool) -> Result<Position, StoreError> {
    let query = sqlx::query("SELECT position FROM log_end");
    let position: Vec<i64> = reads::fetch_column(readers, query).await?;
    let position = position.first().ok_or_else(|| {
        StoreError::Integrity("the log's end is missing from the database".to_owned())
    })?;
    Ok(*position as Position)
}

/// Follows the log until nobody is left who could wait for it, and leads the readers to whichever host
/// takes writes.
pub(super) async fn follow(
    hosts: Hosts,
    readers: PgPool,
    head: watch::Sender<Position>,
    listen: bool,
    poll: Duration,
) {
    let hints = Arc::new(Hints::default());
    let listening = listen.then(|| tokio::spawn(listen_to(readers.clone(), Arc::clone(&hints))));
    let mut failing = false;
    let mut looked = Instant::now();
    loop {
        let hinted = async {
            hints.beyond(|| *head.borrow()).await;
            sleep_until(looked + REST).await;
        };
        tokio::select! {
            () = head.closed() => break,
            () = readers.close_event() => break,
            () = hinted => {}
            () = sleep(if failing { RETRY } else { poll }) => {}
        }
        let found = last_position(&readers).await;
        looked = Instant::now();
        match found {
            Ok(position) => {
                if failing {
                    tracing::info!("PostgreSQL can be read again");
                }
                failing = false;
                raise(&head, position);
            }
            Err(_) if readers.is_closed() => break,
            Err(error) => {
                if !failing {
                    tracing::warn!(%error, "the log's end cannot be read");
                }
                failing = true;
                if let Ok((_, options)) = hosts.primary().await {
                    readers.set_connect_options(hosts::for_the_log(options));
                }
            }
        }
    }
    if let Some(listening) = listening {
        listening.abort();
    }
}

async fn listen_to(readers: PgPool, hints: Arc<Hints>) {
    loop {
        if let Err(error) = listen_once(&readers, &hints).await {
            tracing::debug!(%error, "notifications are not heard at present");
        }
        if readers.is_closed() {
            return;
        }
        sleep(RETRY).await;
    }
}

async fn listen_once(readers: &PgPool, hints: &Hints) -> Result<(), StoreError> {
    let connecting = timeout(Duration::from_secs(5), PgListener::connect_with(readers));
    let too_long = |_| StoreError::Unavailable("no connection for notifications".to_owned());
    let mut listener = connecting.await.map_err(too_long)?.map_err(|error| failed(&error))?;
    listener.listen(CHANNEL).await.map_err(|error| failed(&error))?;
    loop {
        // `None` means that the connection was lost, and with it perhaps a notification.
        match listener.try_recv().await.map_err(|error| failed(&error))? {
            Some(notification) => hints.hear(notification.payload()),
            None => return Ok(()),
        }
    }
}
