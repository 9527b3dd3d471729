//! From PostgreSQL into KurrentDB.
//!
//! Seen to fail: on a build that takes a page for whole commands, that of a command longer than a page, which
//! stands still; on one that looks for what it sent from the beginning of `$all`, that and those of a log that
//! is written meanwhile, or cut short.

use std::path::PathBuf;

use docket_kurrent_double::Fault::{DeadlineBeforeCommit, LostAfterCommit};
use docket_kurrent_double::Kept;
use docket_store::kurrent::{KurrentStore, Settings};
use docket_store::moving::{Moved, Moving, Place as House};
use docket_store::{Append, EventStore, Outcome, Sealed, StoredEvent};
use docket_test_servers::postgres::{self, Database};

use super::{answers, arrived, finished, furnish, moving as leaving};
use crate::placing::{all, some_history};
use crate::stores::{Place, appended, clock, command, impatient, note, write};

/// A log that was in one KurrentDB and is in PostgreSQL now, with what was asked of it before.
pub(super) async fn in_postgres(database: &Database) -> Append {
    let place = Place::new().await;
    let store = place.open().await;
    let furnished = furnish(&store).await;
    store.close().await;
    finished(leaving(&place, database).await).await;
    furnished
}

/// Begins a move, or goes on with one, copies what there is and compares it.
pub(super) async fn entering(place: &Place, database: &Database) -> Moving {
    let mut moving = begun(place, database).await;
    moving.copy(&mut |_, _| {}).await.unwrap();
    moving.compare(&mut |_, _| {}).await.unwrap();
    moving
}

pub(super) async fn begun(place: &Place, database: &Database) -> Moving {
    let (url, beside, access) = (place.double.url(), place.file(), readings(place));
    let to = House::Kurrent { url: &url, beside: &beside, access: &access };
    Moving::begin(House::Postgres(database.url()), to).await.unwrap()
}

pub(super) fn readings(place: &Place) -> PathBuf {
    place.file().with_extension("a")
}

pub(super) fn empty(place: &Place) {
    for name in ["kurrent.sqlite", "kurrent.sqlite-wal", "kurrent.sqlite-shm"] {
        // Some of them may not be there.
        let _ = std::fs::remove_file(place.file().with_file_name(name));
    }
}

/// The log as whoever lost what stands beside it would give it positions.
async fn given_anew(place: &Place) -> Vec<StoredEvent> {
    empty(place);
    let settings = Settings { take_over: true, ..impatient() };
    let opened = KurrentStore::open(&place.double.url(), place.file(), clock(), settings).await;
    all(&opened.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_moves_in_as_it_is_and_is_written_on_there() {
    let Some(database) = postgres::database() else { return };
    let furnished = in_postgres(&database).await;
    let place = Place::new().await;
    let server = arrived(&database).await.unwrap();
    entering(&place, &database).await.leave().await;
    let refused = place.try_open().await.map(drop).unwrap_err().to_string();
    assert!(refused.starts_with("a log is being moved into this store"), "{refused}");

    // It is written while it moves.
    let Outcome::Appended(_) = server.append(note("ticket-9", 0)).await.unwrap() else { panic!() };
    let again = entering(&place, &database).await;
    let both = [write("ticket-9", 1, &["1"]), write("ticket-8", 0, &["2", "3"])];
    server.append(command(both.into())).await.unwrap();
    let before = answers(&server, &furnished).await;
    server.close().await;
    let moved = finished(again).await;
    assert_eq!(moved, Moved { events: 13, streams: 6, readings: 0 });
    let refused = arrived(&database).await.map(drop).unwrap_err().to_string();
    assert!(refused.starts_with("this log has moved to KurrentDB ("), "{refused}");

    let store = place.open().await;
    assert_eq!(answers(&store, &furnished).await, before);
    let repeated = store.append(furnished).await.unwrap();
    assert!(matches!(repeated, Outcome::AlreadyAppended(_)), "{repeated:?}");
    assert_eq!(appended(&store, note("ticket-8", 2)).await.first, 14);
    assert_eq!(store.reserve_numbers("ticket", 1).await.unwrap(), 8);
    let end = store.claim_owner("kurrent-log-end", "").await.unwrap();
    assert!(end.is_some(), "whoever shares the log finds its end");
    let written = all(&store).await;
    store.close().await;
    assert_eq!(given_anew(&place).await, written, "positions are in the order of KurrentDB");
}

/// What was sent is not known beside the log if the process dies before it is written there.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_a_move_was_cut_short_is_found_and_sent_once() {
    let Some(database) = postgres::database() else { return };
    let furnished = in_postgres(&database).await;
    let place = Place::new().await;
    // Nothing was written beside the log, and then a part of it.
    entering(&place, &database).await.leave().await;
    empty(&place);
    let server = arrived(&database).await.unwrap();
    for cut_short in [[LostAfterCommit; 4], [DeadlineBeforeCommit; 4]] {
        entering(&place, &database).await.leave().await;
        for stream in ["ticket-8", "ticket-9"] {
            let after = server.read_stream(stream, 0, 99, Sealed::Without).await.unwrap().len();
            server.append(note(stream, after as u64)).await.unwrap();
        }
        place.double.faults().next_appends(cut_short);
        let mut moving = begun(&place, &database).await;
        moving.copy(&mut |_, _| {}).await.unwrap_err();
        moving.leave().await;
    }
    let before = answers(&server, &furnished).await;
    server.close().await;
    let moved = finished(entering(&place, &database).await).await;
    assert_eq!(moved, Moved { events: 13, streams: 6, readings: 0 });
    let own = |kept: &&Kept| !kept.stream.starts_with('$');
    assert_eq!(place.double.log().events().iter().filter(own).count(), 13, "each once");
    let store = place.open().await;
    assert_eq!(answers(&store, &furnished).await, before);
}

/// A page is a thousand events.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_longer_than_a_page_moves_whole() {
    let Some(database) = postgres::database() else { return };
    let server = arrived(&database).await.unwrap();
    let said = ["{}"; 1_200];
    for stream in 1..3 {
        let long = [write(&format!("ticket-{stream}"), 0, &said[..700]), write("t-3", 0, &[])];
        server.append(note(&format!("customer-{stream}"), 0)).await.unwrap();
        server.append(command(long.into())).await.unwrap();
    }
    let long = [write("ticket-4", 0, &said), write("ticket-5", 0, &["1"])];
    server.append(command(long.into())).await.unwrap();
    let before = server.read_all(0, 9_999, Sealed::With).await.unwrap();
    server.close().await;
    let place = Place::new().await;
    let moved = finished(entering(&place, &database).await).await;
    assert_eq!(moved, Moved { events: 2_603, streams: 6, readings: 0 });
    let store = place.open().await;
    assert_eq!(store.read_all(0, 9_999, Sealed::With).await.unwrap(), before);
}

/// Two desks share a KurrentDB by the names of their streams. Meant to fail where a move takes the log for its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_desk_moves_in_beside_another_and_out_again() {
    let (Some(from), Some(to)) = (postgres::database(), postgres::database()) else { return };
    let furnished = in_postgres(&from).await;
    let place = Place::new().await;
    let other = place.open().await;
    some_history(&other).await;
    let url = format!("{}&streamPrefix=north-", place.double.url());
    let (beside, access) = (place.file().with_file_name("north"), readings(&place));
    let north = House::Kurrent { url: &url, beside: &beside, access: &access };
    let moved = async |from: House<'_>, to: House<'_>| {
        let mut moving = Moving::begin(from, to).await.unwrap();
        moving.copy(&mut |_, _| {}).await.unwrap();
        moving.compare(&mut |_, _| {}).await.unwrap();
        finished(moving).await
    };
    let server = arrived(&from).await.unwrap();
    let before = answers(&server, &furnished).await;
    server.close().await;
    let all_of_it = Moved { events: 9, streams: 4, readings: 0 };
    assert_eq!(moved(House::Postgres(from.url()), north).await, all_of_it);

    let store = KurrentStore::open(&url, beside.clone(), clock(), impatient()).await.unwrap();
    assert_eq!(answers(&store, &furnished).await, before);
    appended(&other, note("ticket-9", 0)).await;
    assert_eq!((all(&store).await.len(), all(&other).await.len()), (9, 9));
    assert_eq!(appended(&store, note("ticket-9", 0)).await.first, 10);
    store.close().await;

    let with_note = Moved { events: 10, streams: 5, readings: 0 };
    assert_eq!(moved(north, House::Postgres(to.url())).await, with_note);
    let server = arrived(&to).await.unwrap();
    assert_eq!(server.read_all(0, 9, Sealed::With).await.unwrap(), before.0);
    assert_eq!(appended(&other, note("ticket-9", 1)).await.first, 10, "the other desk stays");
}
