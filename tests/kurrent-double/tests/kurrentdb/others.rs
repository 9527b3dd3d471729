//! A KurrentDB in which others write: other programs, and much more than Docket; other desks; and another server
//! of the same log, which is the one that must not be.
//!
//! Each was seen to fail: with the filter that leaves out the system's events alone, and where what was passed over
//! is not remembered, those that count what reading costs; where names say nothing, that of the conformance suite
//! and that of a stream that would not be found; where any other store stops a desk, and where none does, those of
//! other desks; and where what is under way is passed over and nothing doubts it, that one.

use std::sync::Arc;
use std::time::Duration;

use docket_kurrent_double::Expected;
use docket_store::kurrent::{KurrentStore, Settings};
use docket_store::{EventStore, Sealed, StoreError};

use crate::conformance::of_a_test;
use crate::placing::{all, foreign, some_history};
use crate::stores::{Place, appended, clock, command, impatient, note, write};

/// What others write in a night.
const MANY: usize = 20_000;

/// A page of what is Docket's own, and the few questions around it.
const FEW: usize = 20;

fn others_write(place: &Place) {
    for _ in 0..MANY / 500 {
        let events = (0..500).map(|_| foreign("OrderPlaced")).collect();
        place.double.log().append("orders-1", Expected::Any, events);
    }
}

/// What something has cost: questions for `$all`, events that were sent, events that were looked at.
async fn cost<T>(place: &Place, doing: impl Future<Output = T>) -> (T, [usize; 3]) {
    let counts = place.double.counts();
    let now = || [counts.questions(), counts.told(), counts.looked_at()];
    let before = now();
    let done = doing.await;
    let after = now();
    (done, std::array::from_fn(|of| after[of] - before[of]))
}

async fn open_at(
    place: &Place,
    file: &str,
    settings: Settings,
) -> Result<KurrentStore, StoreError> {
    let file = place.file().with_file_name(file);
    KurrentStore::open(&place.double.url(), file, clock(), settings).await
}

async fn passed_over(store: &KurrentStore) {
    while store.pass_over().await.unwrap() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_say_is_not_sent() {
    let place = Place::new().await;
    let store = place.open().await;
    some_history(&store).await;
    others_write(&place);
    let (receipt, [questions, told, _]) = cost(&place, appended(&store, note("ticket-3", 0))).await;
    assert_eq!(receipt.last, 9);
    assert!(questions <= FEW && told <= FEW, "{questions} questions, {told} events");
    let before = all(&store).await;
    store.close().await;

    let (store, [questions, told, _]) = cost(&place, place.open()).await;
    assert!(questions <= FEW && told <= FEW, "a start: {questions} questions, {told} events");
    store.close().await;
    let taking_over = open_at(&place, "anew", Settings { take_over: true, ..impatient() });
    let (store, [questions, told, _]) = cost(&place, taking_over).await;
    assert!(questions <= FEW && told <= FEW, "a take-over: {questions} questions, {told} events");
    assert_eq!(all(&store.unwrap()).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_positions_are_read_at_once_whatever_lies_between() {
    let place = Place::new().await;
    let store = place.open().await;
    appended(&store, note("ticket-1", 0)).await;
    others_write(&place);
    appended(&store, note("ticket-2", 0)).await;
    others_write(&place);
    store.close().await;
    // The end of the log in memory is not asked.
    let store = place.open().await;
    let (read, [questions, told, _]) = cost(&place, all(&store)).await;
    assert_eq!(read.len(), 2);
    assert!(questions == 1 && told == 2, "{questions} questions, {told} events");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_wrote_is_looked_at_once() {
    let place = Place::new().await;
    let store = place.open().await;
    some_history(&store).await;
    others_write(&place);
    let (_, [_, told, looked_at]) = cost(&place, passed_over(&store)).await;
    assert!(told <= FEW && looked_at >= MANY, "{told} events of {looked_at}");
    for version in 0..2 {
        let (_, [questions, _, looked_at]) = cost(&place, passed_over(&store)).await;
        assert!(questions == 1 && looked_at == 1, "{questions} questions, {looked_at} events");
        let (_, [_, _, looked_at]) =
            cost(&place, appended(&store, note("ticket-3", version))).await;
        assert!(looked_at <= FEW, "an append behind it: {looked_at} events");
        others_write(&place);
        passed_over(&store).await;
    }
    let before = all(&store).await;
    assert_eq!(before.len(), 10);
    let anew = open_at(&place, "anew", Settings { take_over: true, ..impatient() }).await.unwrap();
    assert_eq!(all(&anew).await, before, "positions are the same without it");
}

/// The store does so by itself.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_desk_reads_on() {
    let place = Place::new().await;
    let soon = Settings { pass_over_every: Duration::from_millis(1), ..impatient() };
    let store = open_at(&place, "kurrent.sqlite", soon).await.unwrap();
    appended(&store, note("ticket-1", 0)).await;
    others_write(&place);
    while place.double.counts().looked_at() < MANY {
        tokio::task::yield_now().await;
    }
    let told = place.double.counts().told();
    assert_eq!(appended(&store, note("ticket-1", 1)).await.last, 2);
    assert!(told < MANY, "{told} events");
}

/// Seen to fail where every question has the same deadline.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_and_an_append_have_time_where_others_have_written_much() {
    let place = Place::new().await;
    place.double.faults().filter_slowly(60);
    let hurried = Settings { deadline: Duration::from_secs(1), ..impatient() };
    let store = open_at(&place, "kurrent.sqlite", hurried.clone()).await.unwrap();
    some_history(&store).await;
    store.close().await;
    let store = open_at(&place, "kurrent.sqlite", hurried).await.unwrap();
    assert_eq!(all(&store).await.len(), 8);
}

/// What was begun before is still found behind what was passed over.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_not_passed_over() {
    use docket_kurrent_double::Fault::{DeadlineAfterCommit, DeadlineBeforeCommit};
    let place = Place::new().await;
    let store = place.open().await;
    some_history(&store).await;
    place.double.faults().next_appends([DeadlineBeforeCommit, DeadlineAfterCommit]);
    place.double.faults().shorten_pages(1);
    let landed = store.append(note("ticket-3", 0)).await;
    others_write(&place);
    passed_over(&store).await;
    place.double.faults().shorten_pages(0);
    appended(&store, note("ticket-4", 0)).await;
    let before = all(&store).await;
    assert_eq!(before.len(), 10, "{landed:?}");
    let anew = open_at(&place, "anew", Settings { take_over: true, ..impatient() }).await.unwrap();
    assert_eq!(all(&anew).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conformance_suite_beside_a_desk_does_not_stop_it() {
    let place = Place::new().await;
    let desk = place.open().await;
    appended(&desk, note("ticket-1", 0)).await;
    let tested = open_at(&place, "tested", of_a_test()).await.unwrap();
    some_history(&tested).await;
    assert_eq!(appended(&desk, note("ticket-1", 1)).await.last, 2);
    desk.close().await;
    assert_eq!(all(&place.open().await).await.len(), 2);
    // Nor does it keep one from beginning there, or another log from being taken over.
    let other = Place::new().await;
    some_history(&open_at(&other, "tested", of_a_test()).await.unwrap()).await;
    appended(&other.open().await, note("ticket-1", 0)).await;
}

/// Two that began at the same moment: none saw the other.
#[tokio::test(flavor = "multi_thread")]
async fn another_desk_without_a_prefix_is_passed_over() {
    let place = Place::new().await;
    let (one, other) = (place.open().await, open_at(&place, "other", impatient()).await.unwrap());
    appended(&one, note("ticket-1", 0)).await;
    let both = [write("ticket-2", 0, &["1"]), write("customer-2", 0, &["2", "3"])];
    appended(&other, command(both.into())).await;
    assert_eq!(appended(&one, note("ticket-3", 0)).await.last, 2);
    // A stream that the other has is not to be had, and that is all.
    let taken = one.append(note("ticket-2", 0)).await.unwrap_err();
    assert!(matches!(taken, StoreError::Integrity(_)), "{taken}");
    assert_eq!(appended(&one, note("ticket-3", 1)).await.last, 3);
    one.close().await;
    let one = place.open().await;
    assert_eq!(appended(&one, note("ticket-1", 1)).await.last, 4);
    assert_eq!(appended(&other, note("ticket-4", 0)).await.last, 4);
    // Nobody begins a third log there.
    let refused = open_at(&place, "third", impatient()).await.map(drop).unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_took_the_log_over_stops_the_one_before() {
    let place = Place::new().await;
    let before = place.open().await;
    some_history(&before).await;
    let settings = Settings { take_over: true, ..impatient() };
    let after = open_at(&place, "anew", settings).await.unwrap();
    appended(&after, note("ticket-1", 4)).await;
    let stopped = before.append(note("ticket-9", 0)).await.unwrap_err();
    assert!(stopped.to_string().contains("a stream of this one"), "{stopped}");
    before.close().await;
    let stopped = place.try_open().await.map(drop).unwrap_err();
    assert!(matches!(stopped, StoreError::Integrity(_)), "{stopped}");
}

/// A data folder that was copied, and both are served.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_copy_of_the_file_stops_the_other() {
    let place = Place::new().await;
    let store = place.open().await;
    some_history(&store).await;
    store.close().await;
    for of in ["", "-wal", "-shm"] {
        let file = |name: &str| place.file().with_file_name(format!("{name}{of}"));
        // Only the first is always there.
        let _ = std::fs::copy(file("kurrent.sqlite"), file("copy"));
    }
    let (store, copy) = (place.open().await, open_at(&place, "copy", impatient()).await.unwrap());
    appended(&copy, note("ticket-8", 0)).await;
    let stopped = store.pass_over().await.unwrap_err();
    assert!(stopped.to_string().contains("a copy of what stands beside the log"), "{stopped}");
    let written = place.double.log().events().len();
    let refused = store.append(note("ticket-9", 0)).await.unwrap_err();
    assert_eq!(refused, stopped);
    assert_eq!(place.double.log().events().len(), written, "nothing is sent any more");
    store.close().await;
    copy.close().await;
    let store = place.open().await;
    assert_eq!(all(&store).await.len(), 9);
    assert_eq!(appended(&store, note("ticket-9", 0)).await.last, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_would_not_be_found_is_not_written() {
    let place = Place::new().await;
    let store = Arc::new(place.open().await);
    let refused = store.append(note("orders-1", 0)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused}");
    let both = [write("ticket-1", 0, &["1"]), write("orders-1", 0, &["2"])];
    store.append(command(both.into())).await.unwrap_err();
    assert!(place.double.log().events().is_empty());
    assert_eq!(store.read_stream("ticket-1", 0, 9, Sealed::Without).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_url_names_a_desks_prefix() {
    let place = Place::new().await;
    let open = async |name: &str| {
        let url = format!("{}&streamPrefix={name}-", place.double.url());
        let file = place.file().with_file_name(name);
        KurrentStore::open(&url, file, clock(), impatient()).await.unwrap()
    };
    let (north, plain) = (open("north").await, place.open().await);
    some_history(&north).await;
    some_history(&plain).await;
    let south = open("south").await;
    appended(&south, note("ticket-1", 0)).await;
    assert_eq!((all(&north).await.len(), all(&plain).await.len()), (8, 8));
    assert_eq!(place.double.log().stream("north-ticket-1").count(), 4);
    assert_eq!(place.double.log().stream("south-ticket-1").count(), 1);
    north.close().await;
    let changed = open_at(&place, "north", impatient()).await.map(drop).unwrap_err().to_string();
    assert!(changed.contains("streamPrefix in the URL is not what it was"), "{changed}");
}
