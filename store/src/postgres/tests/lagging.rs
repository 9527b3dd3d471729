//! A standby that took over without all that was acknowledged.

use std::time::{Duration, Instant};

use docket_test_servers::postgres::{Database, Server};

use super::super::PostgresStore;
use super::{DEAF, PATIENCE, clock, first, note};
use crate::{EventStore, StoreError};

const PAUSE: Duration = Duration::from_millis(20);

/// Waits until the standby has all that the primary has: it may not have begun to follow yet.
async fn level(primary: &Server) {
    let level = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()";
    let began = Instant::now();
    while tokio::task::block_in_place(|| primary.ask(level)) != "1" {
        assert!(began.elapsed() < PATIENCE, "the standby does not follow");
        tokio::time::sleep(PAUSE).await;
    }
}

/// A primary with a database, and its standby.
fn servers() -> Option<(Server, Database, Server)> {
    let primary = Server::start(&[])?;
    let database = primary.database();
    let standby = primary.standby("s1", &[]);
    Some((primary, database, standby))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_standby_that_lacks_what_was_acknowledged_is_refused() {
    let Some((primary, database, standby)) = servers() else { return };
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), standby.port());
    let url = format!("postgres://docket@{hosts}/{}", database.name());
    let store = PostgresStore::open(&url, clock(), DEAF).await.unwrap();
    assert_eq!(first(store.append(note("ticket-1", 0)).await), 1);
    // Of the second event the standby never hears.
    level(&primary).await;
    standby.stop("fast");
    assert_eq!(first(store.append(note("ticket-1", 1)).await), 2);
    primary.kill();
    standby.up();
    standby.promote();

    // Finding the new primary takes a moment, during which nothing can be written either.
    let began = Instant::now();
    let refused = loop {
        match store.append(note("ticket-2", 0)).await {
            Err(StoreError::Unavailable(_) | StoreError::Unknown(_))
                if began.elapsed() < PATIENCE =>
            {
                tokio::time::sleep(PAUSE).await;
            }
            other => break other,
        }
    };
    let Err(StoreError::Integrity(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("but 2 was committed before: a server took over without"), "{why}");
    assert_eq!(store.head(), 2, "what was acknowledged is not forgotten");
    store.close().await;

    // Started anew, it knows no more than the server does: whoever decides that has been told.
    let store = PostgresStore::open(&url, clock(), DEAF).await.unwrap();
    assert_eq!(store.head(), 1, "the second event is lost");
    assert_eq!(first(store.append(note("ticket-3", 0)).await), 2);
}
