//! Reading `$all` on, where it is told in pieces, twice, late, or with much of others between. There is no
//! subscription that could miss something or end unnoticed: see decision 0041.
//!
//! Each says on which broken adapter it was seen to fail, or is meant to.

use docket_kurrent_double::Expected;
use docket_store::kurrent::{KurrentStore, Settings};
use docket_store::{EventStore, Sealed};

use crate::placing::{all, foreign, some_history};
use crate::stores::{Place, appended, clock, command, impatient, note, write};

/// Meant to fail when what is told twice is placed twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_twice_is_placed_once() {
    let place = Place::new().await;
    place.double.faults().tell_twice(true);
    let store = place.open().await;
    appended(&store, command(vec![write("ticket-1", 0, &["1", "2", "3"])])).await;
    appended(&store, note("ticket-1", 3)).await;
    assert_eq!(store.head(), 4);
    let read = store.read_stream("ticket-1", 0, 9, Sealed::Without).await.unwrap();
    assert_eq!(read.len(), 4);
}

/// Seen to fail when the log is read only once after an append.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lags_is_read_again() {
    let place = Place::new().await;
    let store = place.open().await;
    place.double.faults().lag(3);
    assert_eq!(appended(&store, note("ticket-1", 0)).await.last, 1);
}

/// Takes the log over, as if the file beside it were lost: everything is placed anew.
async fn taken_over(place: &Place) -> KurrentStore {
    let settings = Settings { take_over: true, ..impatient() };
    let file = place.file().with_file_name("anew.sqlite");
    KurrentStore::open(&place.double.url(), file, clock(), settings).await.unwrap()
}

/// Seen to fail where a page that is not full counts as the last, both at the start and behind an append.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_ends_early_is_no_end() {
    let place = Place::new().await;
    let store = place.open().await;
    some_history(&store).await;
    let before = all(&store).await;
    place.double.faults().shorten_pages(2);
    assert_eq!(all(&taken_over(&place).await).await, before);
    // Others write more than such a page holds, and then Docket does.
    for _ in 0..5 {
        place.double.log().append("orders-1", Expected::Any, vec![foreign("OrderPlaced")]);
    }
    assert_eq!(appended(&store, note("ticket-3", 0)).await.last, 9);
    assert_eq!(all(&store).await.len(), 9);
}

/// A page of one event, which is the one known already. Seen to fail where a page that does not move on is
/// taken for the end: at the start, behind an append, and when what was placed is read again.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_does_not_move_on_is_no_end() {
    let place = Place::new().await;
    let store = place.open().await;
    some_history(&store).await;
    let before = all(&store).await;
    place.double.faults().shorten_pages(1);
    assert_eq!(all(&taken_over(&place).await).await, before);
    assert_eq!(appended(&store, note("ticket-3", 0)).await.last, 9);
    // The end of the log in memory is not asked.
    store.close().await;
    assert_eq!(all(&place.open().await).await.len(), 9);
}

/// Two pages and a half of what is none of Docket's. Seen to fail where only one page is read.
#[tokio::test(flavor = "multi_thread")]
async fn a_gap_wider_than_a_page_is_crossed() {
    let place = Place::new().await;
    let store = place.open().await;
    some_history(&store).await;
    for _ in 0..1_300 {
        place.double.log().append("orders-1", Expected::Any, vec![foreign("OrderPlaced")]);
    }
    assert_eq!(appended(&store, note("ticket-3", 0)).await.last, 9);
    let before = all(&store).await;
    assert_eq!(all(&taken_over(&place).await).await, before);
}

/// Seen to fail where a read is not asked again.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_in_the_middle_of_a_page_loses_and_doubles_nothing() {
    let place = Place::new().await;
    let store = place.open().await;
    some_history(&store).await;
    let before = all(&store).await;
    place.double.faults().cut_reads(2);
    assert_eq!(store.read_stream("ticket-1", 0, 9, Sealed::With).await.unwrap().len(), 4);
    place.double.faults().cut_reads(2);
    assert_eq!(all(&taken_over(&place).await).await, before);
    place.double.faults().cut_reads(2);
    assert_eq!(appended(&store, note("ticket-1", 4)).await.last, 9);
}
