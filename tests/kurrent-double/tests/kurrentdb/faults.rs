//! Appends that KurrentDB fails, in each of the ways that the double has. What is promised is the same
//! in all: an append is in the log once or not at all, and asked again it says where.
//!
//! Each says on which broken adapter it was seen to fail, or is meant to.

use docket_kurrent_double::Fault::{
    DeadlineAfterCommit, DeadlineBeforeCommit, Denied, LeaderGone, LostAfterCommit, NotLeader,
    Serve, TooLarge,
};
use docket_store::kurrent::{KurrentStore, Settings};
use docket_store::{Append, Claim, EventStore, NewKey, Outcome, Sealed, StoreError};

use crate::stores::{Place, appended, clock, command, impatient, note, write};

/// Seen to fail on an adapter that takes this answer for a refusal.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_is_sent_again_where_another_node_leads() {
    let place = Place::new().await;
    let store = place.open().await;
    place.double.faults().next_appends([NotLeader]);
    let receipt = appended(&store, note("ticket-1", 0)).await;
    assert_eq!((receipt.first, place.double.log().stream("ticket-1").count()), (1, 1));
}

/// Meant to fail with ids made anew for each try, and without an expected revision.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_before_the_answer_was_lost_is_written_once() {
    let place = Place::new().await;
    let store = place.open().await;
    for (version, fault) in
        [DeadlineBeforeCommit, DeadlineAfterCommit, LostAfterCommit].into_iter().enumerate()
    {
        place.double.faults().next_appends([fault]);
        appended(&store, note("ticket-1", version as u64)).await;
    }
    assert_eq!(place.double.log().stream("ticket-1").count(), 3);
    assert_eq!(store.head(), 3);
}

/// Meant to fail when an append whose outcome is unknown is forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_found_by_the_same_command_again() {
    let place = Place::new().await;
    let store = place.open().await;
    let append = note("ticket-1", 0);
    place.double.faults().next_appends([DeadlineBeforeCommit; 2]);
    let unknown = store.append(append.clone()).await.unwrap_err();
    assert!(matches!(unknown, StoreError::Unknown(_)), "{unknown}");
    assert_eq!(store.read_stream("ticket-1", 0, 9, Sealed::With).await.unwrap(), []);

    let Outcome::AlreadyAppended(receipt) = store.append(append.clone()).await.unwrap() else {
        panic!("it was begun, so it is finished first")
    };
    let found = store.find_command(append.command_id).await.unwrap();
    assert_eq!(found, Some((receipt, append.fingerprint)));
    // A command with the same id and another request is told apart all the same.
    let other = Append { fingerprint: [8; 32], ..append };
    assert_eq!(store.append(other).await.unwrap(), Outcome::KeyReused);
    assert_eq!(place.double.log().stream("ticket-1").count(), 1);
}

/// Meant to fail when only an answer counts: the log itself is asked.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_never_answered_is_found_in_the_log() {
    let place = Place::new().await;
    let store = place.open().await;
    place.double.faults().next_appends([DeadlineAfterCommit; 2]);
    assert_eq!(appended(&store, note("ticket-1", 0)).await.last, 1);
    assert_eq!(place.double.log().stream("ticket-1").count(), 1);
}

/// Meant to fail when the start does not take up what was begun.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_start_finishes_what_was_begun() {
    let place = Place::new().await;
    let store = place.open().await;
    let append = note("ticket-1", 0);
    place.double.faults().next_appends([DeadlineBeforeCommit; 2]);
    store.append(append.clone()).await.unwrap_err();
    store.close().await;

    let store = place.open().await;
    let events = store.read_stream("ticket-1", 0, 9, Sealed::With).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].sealed.as_deref(), Some("sealed {}"), "its texts came with it");
    assert!(matches!(store.append(append).await.unwrap(), Outcome::AlreadyAppended(_)));
}

/// Seen to fail on an adapter that takes the answer to what is too large for an unknown outcome.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_certainly_not_written_is_given_up() {
    let place = Place::new().await;
    let store = place.open().await;
    place.double.faults().next_appends([Denied, TooLarge, NotLeader, NotLeader]);
    for _ in [Denied, TooLarge] {
        let refused = store.append(note("ticket-1", 0)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Refused(_)), "{refused}");
    }
    let unavailable = store.append(note("ticket-1", 0)).await.unwrap_err();
    assert!(matches!(unavailable, StoreError::Unavailable(_)), "{unavailable}");
    assert_eq!(appended(&store, note("ticket-1", 0)).await.first, 1);
    assert_eq!(place.double.log().stream("ticket-1").count(), 1);
}

/// It was written and cannot be read back, and the next try is refused for certain: that says nothing of the first.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_not_given_up_when_it_is_refused_later() {
    let place = Place::new().await;
    let store = place.open().await;
    let append = note("ticket-1", 0);
    place.double.faults().fail_reads(usize::MAX);
    let unknown = store.append(append.clone()).await.unwrap_err();
    assert!(matches!(unknown, StoreError::Unknown(_)), "{unknown}");
    place.double.faults().next_appends([NotLeader; 2]);
    store.append(append.clone()).await.unwrap_err();

    place.double.faults().fail_reads(0);
    assert!(matches!(store.append(append).await.unwrap(), Outcome::AlreadyAppended(_)));
    let events = store.read_stream("ticket-1", 0, 9, Sealed::With).await.unwrap();
    assert_eq!(events[0].sealed.as_deref(), Some("sealed {}"));
}

/// Two streams, of which the second fails: `faults` are those of the two appends and their repetitions.
async fn half_done(place: &Place) -> Append {
    let store = place.open().await;
    appended(&store, note("ticket-2", 0)).await;
    let both = command(vec![write("ticket-1", 0, &["1", "2"]), write("ticket-2", 1, &["3"])]);
    place.double.faults().next_appends([Serve, DeadlineBeforeCommit, DeadlineBeforeCommit]);
    let unknown = store.append(both.clone()).await.unwrap_err();
    assert!(matches!(unknown, StoreError::Unknown(_)), "{unknown}");
    assert_eq!(place.double.log().stream("ticket-1").count(), 2, "the first half is there");
    assert_eq!(store.head(), 1, "and nobody who reads through the port sees it");
    assert_eq!(store.read_stream("ticket-1", 0, 9, Sealed::With).await.unwrap(), []);

    // Nobody writes in between: neither stream is free until it is finished.
    place.double.faults().next_appends([DeadlineBeforeCommit; 4]);
    for waiting in [note("ticket-1", 2), note("ticket-2", 1)] {
        let error = store.append(waiting).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    }
    store.close().await;
    both
}

/// Meant to fail when the start does not take up what was begun, and when halves are placed as they come.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_to_several_streams_is_finished_after_its_first_half() {
    let place = Place::new().await;
    let both = half_done(&place).await;
    let store = place.open().await;
    let events = store.read_all(0, 9, Sealed::Without).await.unwrap();
    let found: Vec<_> = events.iter().map(|e| (e.position, e.stream.as_str(), e.version)).collect();
    let expected = [(1, "ticket-2", 1), (2, "ticket-1", 1), (3, "ticket-1", 2), (4, "ticket-2", 2)];
    assert_eq!(found, expected);
    assert!(
        matches!(store.append(both).await.unwrap(), Outcome::AlreadyAppended(r) if r.last == 4)
    );
    appended(&store, note("ticket-1", 2)).await;
    appended(&store, note("ticket-2", 2)).await;
}

/// Meant to fail when claims are taken after the append instead of before.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_reserved_before_anything_is_sent() {
    let place = Place::new().await;
    let store = place.open().await;
    let claim = |owner: &str| Claim {
        space: "address".to_owned(),
        key: "k".to_owned(),
        owner: owner.to_owned(),
    };
    let mut first = note("customer-1", 0);
    first.claims = vec![claim("customer-1")];
    place.double.faults().next_appends([DeadlineBeforeCommit; 4]);
    store.append(first.clone()).await.unwrap_err();

    let mut second = note("customer-2", 0);
    second.claims = vec![claim("customer-2")];
    let error = store.append(second.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    // Now KurrentDB answers: the first is finished, and has the key.
    assert_eq!(store.append(second).await.unwrap(), Outcome::Claimed(claim("customer-1")));
    assert!(matches!(store.append(first).await.unwrap(), Outcome::AlreadyAppended(_)));
    assert_eq!(place.double.log().stream("customer-2").count(), 0);
}

/// Meant to fail when erasing does not wait for what was begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_under_way_is_erased_after_it_has_arrived() {
    let place = Place::new().await;
    let store = place.open().await;
    let mut append = note("ticket-1", 0);
    let key = NewKey { subject: "customer-1".to_owned(), wrapped: vec![9; 40] };
    append.new_keys = vec![key];
    place.double.faults().next_appends([DeadlineBeforeCommit; 4]);
    store.append(append).await.unwrap_err();
    let error = store.erase_key("customer-1").await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");

    store.erase_key("customer-1").await.unwrap();
    let keys = store.keys(&["customer-1".to_owned()]).await.unwrap();
    assert!(matches!(keys[..], [docket_store::KeyState::Erased(_)]), "{keys:?}");
    assert_eq!(store.head(), 1);
}

/// Seen to fail where a read that lost its connection is not asked again. A client that has had one good
/// connection makes the next by itself: those that do not are below.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_kurrentdb_is_survived() {
    let mut place = Place::new().await;
    place.double.stop();
    let unavailable = place.try_open().await.map(|_| ()).unwrap_err();
    assert!(matches!(unavailable, StoreError::Unavailable(_)), "{unavailable}");
    place.double.start_again().await;

    let store = place.open().await;
    appended(&store, note("ticket-1", 0)).await;
    place.double.stop();
    let append = note("ticket-1", 1);
    store.append(append.clone()).await.unwrap_err();
    place.double.start_again().await;
    let outcome = store.append(append).await.unwrap();
    let (Outcome::Appended(receipt) | Outcome::AlreadyAppended(receipt)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(receipt.last, 2);
    place.double.faults().fail_reads(2);
    assert_eq!(store.read_stream("ticket-1", 0, 9, Sealed::With).await.unwrap().len(), 2);
}

/// A client whose first connection fails answers nothing ever after. Seen to fail on an adapter that keeps it:
/// `Connection is closed`, for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_dies_at_its_first_connection_is_replaced() {
    let place = Place::new().await;
    place.double.faults().drop_connections(3);
    let store = place.open().await;
    assert_eq!(place.double.faults().connections_to_drop(), 0, "three clients died of it");
    appended(&store, note("ticket-1", 0)).await;
}

/// Nor does one that is led to a leader that is gone. Seen to fail on an adapter that keeps it.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_led_to_a_leader_that_is_gone_is_replaced() {
    let place = Place::new().await;
    let settings = Settings { attempts: 3, ..impatient() };
    let url = place.double.url();
    let store = KurrentStore::open(&url, place.file(), clock(), settings).await.unwrap();
    place.double.faults().next_appends([LeaderGone]);
    assert_eq!(appended(&store, note("ticket-1", 0)).await.last, 1);
    assert_eq!(place.double.log().stream("ticket-1").count(), 1);
}

/// The node that leads is gone, and the other does now. Seen to fail where only dead clients are replaced: one that
/// found its node among several asks that one for ever.
#[tokio::test(flavor = "multi_thread")]
async fn another_node_that_leads_is_found() {
    let mut place = Place::new().await;
    let other = place.double.start_another().await;
    let url = place.double.url_with(&other);
    let settings = Settings { attempts: 4, ..impatient() };
    let store = KurrentStore::open(&url, place.file(), clock(), settings).await.unwrap();
    appended(&store, note("ticket-1", 0)).await;
    place.double.stop();
    assert_eq!(appended(&store, note("ticket-1", 1)).await.last, 2);
    assert_eq!(store.read_stream("ticket-1", 0, 9, Sealed::With).await.unwrap().len(), 2);

    // It comes back as one that follows.
    place.double.start_again().await;
    assert_eq!(appended(&store, note("ticket-1", 2)).await.last, 3);
    assert_eq!(other.log().stream("ticket-1").count(), 3);
}
