//! Several servers on one log: a PostgreSQL database beside it, which they share. What is promised is what
//! one server promises, whichever of them is asked.
//!
//! Each says on which broken adapter it was seen to fail, or is meant to.

use std::sync::Arc;
use std::time::Duration;

use docket_kurrent_double::Double;
use docket_kurrent_double::Fault::{DeadlineBeforeCommit, HangBeforeCommit, Serve};
use docket_store::check::check_log;
use docket_store::kurrent::{KurrentStore, Settings};
use docket_store::postgres::{self as on_postgres, PostgresStore};
use docket_store::{Claim, EventStore, KeyState, NewKey, Outcome, Sealed, StoreError};
use docket_test_servers::postgres::{self, Database};
use tokio::task::JoinSet;

use crate::placing::{all, some_history};
use crate::stores::{Place, appended, clock, command, impatient, note, write};

/// A double, and the database beside its log.
struct Shared {
    double: Double,
    database: Database,
}

impl Shared {
    /// `None` on a machine without PostgreSQL.
    async fn new() -> Option<Self> {
        let database = postgres::database()?;
        Some(Self { double: Double::start().await, database })
    }

    async fn node(&self) -> KurrentStore {
        self.node_with(impatient()).await
    }

    async fn node_with(&self, settings: Settings) -> KurrentStore {
        self.try_node(self.double.url(), settings).await.unwrap()
    }

    /// One on a log elsewhere, with the same database beside it.
    async fn try_node(&self, url: String, settings: Settings) -> Result<KurrentStore, StoreError> {
        KurrentStore::open_shared(&url, self.database.url(), clock(), settings).await
    }

    /// One that takes everybody else for gone at once.
    async fn helper(&self) -> KurrentStore {
        self.node_with(Settings { take_up_after: Duration::ZERO, ..impatient() }).await
    }
}

/// Meant to fail where a node reads what it has written itself, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_writes_another_reads() {
    let Some(shared) = Shared::new().await else { return };
    let (one, other) = (shared.node().await, shared.node().await);
    some_history(&one).await;
    other.wait_beyond(7).await;
    let events = all(&one).await;
    assert_eq!(all(&other).await, events);
    let sealed = other.read_stream("ticket-1", 0, 9, Sealed::With).await.unwrap();
    assert_eq!(sealed[0].sealed.as_deref(), Some("sealed 1"), "its texts as well");

    // And the other way round, on the same streams.
    appended(&other, note("ticket-1", 4)).await;
    one.wait_beyond(8).await;
    assert_eq!(one.read_stream("ticket-1", 4, 9, Sealed::With).await.unwrap().len(), 1);
    assert_eq!(appended(&one, note("ticket-1", 5)).await.first, 10);
}

/// Both write their own streams, and the same one against each other. Meant to fail where an append that
/// another node has begun is refused instead of waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_append_at_once() {
    let Some(shared) = Shared::new().await else { return };
    let nodes = [Arc::new(shared.node().await), Arc::new(shared.node().await)];
    let mut writing = JoinSet::new();
    for (n, node) in nodes.iter().enumerate() {
        let (own, both) = (Arc::clone(node), Arc::clone(node));
        writing.spawn(async move {
            for version in 0..20 {
                appended(&own, note(&format!("ticket-{n}"), version)).await;
            }
        });
        writing.spawn(async move {
            let mut written = 0;
            while written < 10 {
                let there = both.read_stream("ticket-both", 0, 99, Sealed::Without).await.unwrap();
                let here = command(vec![
                    write("ticket-both", there.len() as u64, &[r#"{"at":1}"#]),
                    write(&format!("ticket-also-{n}"), written, &[r#"{"at":2}"#]),
                ]);
                match both.append(here).await.unwrap() {
                    Outcome::Appended(_) => written += 1,
                    Outcome::WrongVersion { stream, .. } => assert_eq!(stream, "ticket-both"),
                    other => panic!("{other:?}"),
                }
            }
        });
    }
    while let Some(done) = writing.join_next().await {
        done.unwrap();
    }
    let last = 2 * 20 + 2 * 10 * 2;
    for node in &nodes {
        node.wait_beyond(last - 1).await;
        let report = check_log(node.as_ref(), &mut |_| ()).await.unwrap();
        assert_eq!((report.events, report.faults), (last, vec![]));
    }
    assert_eq!(all(&nodes[0]).await, all(&nodes[1]).await);
    assert_eq!(shared.double.log().stream("ticket-both").count(), 20);
}

/// Meant to fail where a command id is unique to the node that it was given to.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_command_at_both_is_written_once() {
    let Some(shared) = Shared::new().await else { return };
    let (one, other) = (shared.node().await, shared.node().await);
    for version in 0..10 {
        let append = note("ticket-1", version);
        let (here, there) = tokio::join!(one.append(append.clone()), other.append(append.clone()));
        let first = |outcome: Result<Outcome, StoreError>| match outcome.unwrap() {
            Outcome::Appended(receipt) | Outcome::AlreadyAppended(receipt) => receipt.first,
            other => panic!("{other:?}"),
        };
        assert_eq!((first(here), first(there)), (version + 1, version + 1));
        let found = other.find_command(append.command_id).await.unwrap();
        assert!(found.is_some_and(|(receipt, _)| receipt.first == version + 1));
    }
    assert_eq!(shared.double.log().stream("ticket-1").count(), 10);
}

/// One node ends between the event that decides and those that follow it. Seen to fail where only the
/// process that has begun something finishes it.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_has_begun_and_left_another_finishes() {
    let Some(shared) = Shared::new().await else { return };
    let one = shared.node().await;
    appended(&one, note("ticket-2", 0)).await;
    let mut both = command(vec![write("ticket-1", 0, &["1", "2"]), write("ticket-2", 1, &["3"])]);
    let claim = Claim { space: "address".into(), key: "k".into(), owner: "ticket-1".into() };
    both.claims = vec![claim.clone()];
    both.new_keys = vec![NewKey { subject: "customer-1".to_owned(), wrapped: vec![9; 40] }];
    shared.double.faults().next_appends([Serve, DeadlineBeforeCommit, DeadlineBeforeCommit]);
    one.append(both.clone()).await.unwrap_err();
    drop(one);
    assert_eq!(shared.double.log().stream("ticket-1").count(), 2, "the first half is there");

    let other = shared.helper().await;
    let mut rival = note("customer-9", 0);
    rival.claims = vec![Claim { owner: "customer-9".to_owned(), ..claim.clone() }];
    assert_eq!(other.append(rival).await.unwrap(), Outcome::Claimed(claim));
    let events = other.read_all(0, 9, Sealed::With).await.unwrap();
    let found: Vec<_> = events.iter().map(|e| (e.position, e.stream.as_str(), e.version)).collect();
    let expected = [(1, "ticket-2", 1), (2, "ticket-1", 1), (3, "ticket-1", 2), (4, "ticket-2", 2)];
    assert_eq!(found, expected);
    assert_eq!(events[3].sealed.as_deref(), Some("sealed 3"), "its texts came with it");
    let keys = other.keys(&["customer-1".to_owned()]).await.unwrap();
    assert_eq!(keys, [KeyState::Wrapped(vec![9; 40])], "and its key");
    let Outcome::AlreadyAppended(receipt) = other.append(both).await.unwrap() else {
        panic!("it is finished")
    };
    assert_eq!((receipt.first, receipt.last), (2, 4));
}

/// Nobody asks, and nobody has waited long: the others see that it is gone, and finish it. Seen to wait for ever
/// where only the process that has begun something finishes it.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_is_finished_though_nobody_asks() {
    let Some(shared) = Shared::new().await else { return };
    let one = shared.node().await;
    let both = command(vec![write("ticket-1", 0, &["1"]), write("ticket-2", 0, &["2"])]);
    shared.double.faults().next_appends([Serve, DeadlineBeforeCommit, DeadlineBeforeCommit]);
    one.append(both.clone()).await.unwrap_err();
    drop(one);
    let finish_every = Duration::from_millis(5);
    let settings =
        Settings { finish_every, take_up_after: Duration::from_secs(3600), ..impatient() };
    let other = shared.node_with(settings).await;
    other.wait_beyond(1).await;
    assert!(other.find_command(both.command_id).await.unwrap().is_some());
}

/// One hangs in the middle, another takes its append up, and then the first goes on. Meant to fail where
/// who was helped sends with other ids, or says that nothing was written.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_helped_finds_what_it_began() {
    let Some(shared) = Shared::new().await else { return };
    let deadline = Duration::from_millis(300);
    let one = Arc::new(shared.node_with(Settings { deadline, ..impatient() }).await);
    shared.double.faults().next_appends([HangBeforeCommit]);
    let slow = tokio::spawn({
        let one = Arc::clone(&one);
        async move { one.append(note("ticket-1", 0)).await }
    });
    shared.double.faults().hangs().await;
    let other = shared.helper().await;
    assert_eq!(appended(&other, note("ticket-1", 1)).await.first, 2);
    let outcome = slow.await.unwrap().unwrap();
    assert!(matches!(outcome, Outcome::Appended(receipt) if receipt.first == 1), "{outcome:?}");
    assert_eq!(shared.double.log().stream("ticket-1").count(), 2);
    assert_eq!(appended(&one, note("ticket-1", 2)).await.first, 3);
}

/// What a node has begun holds the others up as long as that node is not taken for gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_another_node_brings_is_erased_after_it_has_arrived() {
    let Some(shared) = Shared::new().await else { return };
    let one = shared.node().await;
    let mut append = note("ticket-1", 0);
    append.new_keys = vec![NewKey { subject: "customer-1".to_owned(), wrapped: vec![9; 40] }];
    shared.double.faults().next_appends([DeadlineBeforeCommit; 2]);
    one.append(append).await.unwrap_err();
    let other = shared.helper().await;
    other.erase_key("customer-1").await.unwrap();
    assert_eq!(other.head(), 1, "it was finished first");
    for node in [&one, &other] {
        let keys = node.keys(&["customer-1".to_owned()]).await.unwrap();
        assert!(matches!(keys[..], [KeyState::Erased(_)]), "{keys:?}");
    }
    appended(&one, note("ticket-1", 1)).await;
}

/// Meant to fail where a database is taken for whatever it is given as.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_a_log_or_stands_beside_one() {
    let (Some(shared), Some(own)) = (Shared::new().await, postgres::database()) else { return };
    let node = shared.node().await;
    some_history(&node).await;
    let why = |error: StoreError| match error {
        StoreError::Refused(why) => why,
        other => panic!("{other}"),
    };
    let settings = on_postgres::Settings::default();
    let as_log = PostgresStore::open(shared.database.url(), clock(), settings).await;
    let refused = why(as_log.map(|_| ()).unwrap_err());
    assert!(refused.contains("beside a log in KurrentDB"), "{refused}");
    let read = PostgresStore::open_read_only(shared.database.url(), settings).await;
    assert_eq!(why(read.map(|_| ()).unwrap_err()), refused);

    let log = PostgresStore::open(own.url(), clock(), settings).await.unwrap();
    log.append(note("ticket-1", 0)).await.unwrap();
    let url = shared.double.url();
    let beside = KurrentStore::open_shared(&url, own.url(), clock(), impatient()).await;
    let refused = why(beside.map(|_| ()).unwrap_err());
    assert!(refused.contains("one of its own"), "{refused}");

    // Nor what belongs to another log, or to none yet.
    let other = Place::new().await;
    let elsewhere = shared.try_node(other.double.url(), impatient()).await;
    let refused = why(elsewhere.map(|_| ()).unwrap_err());
    assert!(refused.contains("do not belong together"), "{refused}");
}
