//! Leaving KurrentDB for PostgreSQL, and moving in from there: a double on one side, a real server on the
//! other.

mod entering;
mod refusing;

use std::time::{Duration, Instant};

use docket_kurrent_double::Fault::DeadlineBeforeCommit;
use docket_store::kurrent::KurrentStore;
use docket_store::moving::{Moved, Moving, Place as House, give_up};
use docket_store::postgres::{PostgresStore, Settings};
use docket_store::{
    Append, Claim, EventStore, KeyState, NewKey, Outcome, Receipt, Sealed, StoreError, StoredEvent,
};
use docket_test_servers::postgres::{self, Database};

use crate::placing::some_history;
use crate::stores::{Place, appended, clock, command, note, write};

/// Long enough for the slowest machine; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

async fn arrived(database: &Database) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(database.url(), clock(), Settings::default()).await
}

/// Begins a move, or goes on with one, and copies what there is.
async fn moving(place: &Place, database: &Database) -> Moving {
    let (url, beside, access) =
        (place.double.url(), place.file(), place.file().with_extension("a"));
    let from = House::Kurrent { url: &url, beside: &beside, access: &access };
    let mut moving = Moving::begin(from, House::Postgres(database.url())).await.unwrap();
    moving.copy(&mut |_, _| {}).await.unwrap();
    moving.compare(&mut |_, _| {}).await.unwrap();
    moving
}

async fn finished(mut moving: Moving) -> Moved {
    let began = Instant::now();
    // A lock is held by whatever process is just being started.
    while let Some(users) = moving.users().await.unwrap() {
        assert!(began.elapsed() < PATIENCE, "{users}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let moved = moving.finish().await.unwrap();
    moving.welcome().await.unwrap();
    moved
}

fn claim(owner: &str) -> Claim {
    Claim { space: "address".to_owned(), key: "k".to_owned(), owner: owner.to_owned() }
}

/// What stands beside events: a claim, a data key, and one that was destroyed.
async fn furnish(store: &KurrentStore) -> Append {
    some_history(store).await;
    let mut furnished = command(vec![write("customer-2", 0, &[r#"{"text":"Grüße"}"#])]);
    furnished.claims = vec![claim("customer-2")];
    let key = |name: &str| NewKey { subject: name.to_owned(), wrapped: vec![9; 40] };
    furnished.new_keys = vec![key("customer-2"), key("customer-3")];
    appended(store, furnished.clone()).await;
    store.erase_key("customer-3").await.unwrap();
    assert_eq!(store.reserve_numbers("ticket", 7).await.unwrap(), 1);
    furnished
}

type Answers = (Vec<StoredEvent>, Vec<[u8; 32]>, Vec<KeyState>, Option<(Receipt, [u8; 32])>);

async fn answers(store: &dyn EventStore, furnished: &Append) -> Answers {
    assert_eq!(store.claim_owner("address", "k").await.unwrap().as_deref(), Some("customer-2"));
    let subjects = ["customer-2", "customer-3", "customer-4"].map(str::to_owned);
    (
        store.read_all(0, 99, Sealed::With).await.unwrap(),
        store.payload_hashes(0, 99).await.unwrap(),
        store.keys(&subjects).await.unwrap(),
        store.find_command(furnished.command_id).await.unwrap(),
    )
}

/// A move that is cut short goes on, and what was written meanwhile arrives. Meant to fail where the rows of
/// the file beside the log are taken for the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_leaves_as_it_is() {
    let Some(database) = postgres::database() else { return };
    let place = Place::new().await;
    let store = place.open().await;
    let furnished = furnish(&store).await;
    moving(&place, &database).await.leave().await;
    let refused = arrived(&database).await.map(drop).unwrap_err().to_string();
    assert!(refused.starts_with("a log is being moved into this store"), "{refused}");

    appended(&store, note("ticket-9", 0)).await;
    let mut again = moving(&place, &database).await;
    assert!(again.users().await.unwrap().is_some(), "the store is still open");
    let before = answers(&store, &furnished).await;
    store.close().await;
    let moved = finished(again).await;
    assert_eq!(moved, Moved { events: 10, streams: 5, readings: 0 });
    let refused = place.try_open().await.map(drop).unwrap_err().to_string();
    assert!(refused.starts_with("this log has moved to postgres://"), "{refused}");

    let server = arrived(&database).await.unwrap();
    assert_eq!(answers(&server, &furnished).await, before);
    assert!(before.0[8].payload.contains("Grüße"), "{:?}", before.0[8]);
    let repeated = server.append(furnished).await.unwrap();
    assert!(matches!(repeated, Outcome::AlreadyAppended(_)), "{repeated:?}");
    let Outcome::Appended(next) = server.append(note("ticket-9", 1)).await.unwrap() else {
        panic!("the log goes on where it is now")
    };
    assert_eq!((next.first, server.reserve_numbers("ticket", 1).await.unwrap()), (11, 8));
    let own = server.claim_owner("kurrent-log-end", "").await.unwrap();
    assert_eq!(own, None, "where KurrentDB's log ends is nothing to PostgreSQL");
}

/// Meant to fail where only the lock of the file counts: what was begun would be left behind.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_is_finished_before_the_log_leaves() {
    let Some(database) = postgres::database() else { return };
    let place = Place::new().await;
    let store = place.open().await;
    some_history(&store).await;
    place.double.faults().next_appends([DeadlineBeforeCommit; 2]);
    store.append(note("ticket-3", 0)).await.unwrap_err();
    store.close().await;
    let mut early = moving(&place, &database).await;
    let refused = early.users().await.unwrap_err();
    assert!(refused.to_string().contains("run the move again"), "{refused}");
    early.leave().await;

    place.open().await.close().await;
    assert_eq!(finished(moving(&place, &database).await).await.events, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_altered_in_kurrentdb_does_not_move() {
    let Some(database) = postgres::database() else { return };
    let place = Place::new().await;
    let store = place.open().await;
    some_history(&store).await;
    store.close().await;
    place.double.log().alter("ticket-1", b"\"another\"");
    let (url, beside, access) =
        (place.double.url(), place.file(), place.file().with_extension("a"));
    let kurrent = House::Kurrent { url: &url, beside: &beside, access: &access };
    let there = House::Postgres(database.url());
    let mut moving = Moving::begin(kurrent, there).await.unwrap();
    let altered = moving.copy(&mut |_, _| {}).await.unwrap_err();
    assert!(matches!(altered, StoreError::Integrity(_)), "{altered}");
    moving.leave().await;
    let refused = give_up(kurrent, there).await.unwrap_err();
    assert!(refused.to_string().contains("has not moved"), "{refused}");
}
