//! Positions: dense, the same whenever they are given, and only for what is Docket's.

use std::collections::HashMap;

use docket_kurrent_double::{Expected, Proposed};
use docket_store::check::check_log;
use docket_store::kurrent::{KurrentStore, Settings};
use docket_store::{EventStore, Sealed, StoreError, StoredEvent};
use serde_json::Value;
use uuid::Uuid;

use crate::stores::{Place, appended, clock, command, event, impatient, note, write};

pub async fn all(store: &KurrentStore) -> Vec<StoredEvent> {
    store.read_all(0, 1_000, Sealed::Without).await.unwrap()
}

pub async fn some_history(store: &KurrentStore) {
    appended(store, note("customer-1", 0)).await;
    appended(store, command(vec![write("ticket-1", 0, &["1", "2", "3"])])).await;
    let both = [write("ticket-1", 3, &["4"]), write("ticket-2", 0, &["5", "6"])];
    appended(store, command(both.into())).await;
    appended(store, note("ticket-2", 2)).await;
}

pub fn foreign(kind: &str) -> Proposed {
    let metadata = [("type", kind), ("content-type", "application/json")];
    Proposed {
        id: Uuid::now_v7(),
        metadata: metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        custom_metadata: b"{}".to_vec(),
        data: b"{}".to_vec(),
    }
}

/// Meant to fail when positions are counted on from what the file has, past what it missed.
#[tokio::test(flavor = "multi_thread")]
async fn positions_are_given_again_as_they_were() {
    let place = Place::new().await;
    let store = place.open().await;
    some_history(&store).await;
    let before = all(&store).await;
    let positions: Vec<_> = before.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=8).collect::<Vec<_>>());
    store.close().await;

    for name in ["kurrent.sqlite", "kurrent.sqlite-wal", "kurrent.sqlite-shm"] {
        // Some of them may not be there.
        let _ = std::fs::remove_file(place.file().with_file_name(name));
    }
    let refused = place.try_open().await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "nobody does that by accident: {refused}");
    let settings = Settings { take_over: true, ..impatient() };
    let opened = KurrentStore::open(&place.double.url(), place.file(), clock(), settings).await;
    let store = opened.unwrap();
    assert_eq!(all(&store).await, before);
    assert_eq!(store.read_stream("ticket-1", 0, 99, Sealed::With).await.unwrap().len(), 4);
    let report = check_log(&store, &mut |_| ()).await.unwrap();
    assert_eq!((report.events, report.streams, report.faults), (8, 3, vec![]));
}

/// Meant to fail when others' events are taken for Docket's.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_write_has_no_position() {
    let place = Place::new().await;
    let store = place.open().await;
    for n in 0..3 {
        place.double.log().append("orders-1", Expected::Any, vec![foreign("OrderPlaced")]);
        assert_eq!(appended(&store, note("ticket-1", n)).await.first, n + 1);
    }
    let system = |kept: &docket_kurrent_double::Kept| kept.stream.starts_with('$');
    assert!(place.double.log().events().iter().any(system), "the double has events of its own");
    assert_eq!(all(&store).await.len(), 3);
}

/// Meant to fail when a stream that moved on is taken for a race that was lost: asked again for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_event_in_a_stream_of_dockets_is_said() {
    let place = Place::new().await;
    let store = place.open().await;
    appended(&store, note("ticket-1", 0)).await;
    place.double.log().append("ticket-1", Expected::Any, vec![foreign("Tampered")]);
    let error = store.append(note("ticket-1", 1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Integrity(_)), "{error}");
    appended(&store, note("ticket-2", 0)).await;
}

/// Meant to fail without looking for the event that was placed last.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_beside_another_log_is_refused() {
    let (place, other) = (Place::new().await, Place::new().await);
    let store = place.open().await;
    some_history(&store).await;
    store.close().await;
    let refused = KurrentStore::open(&other.double.url(), place.file(), clock(), impatient()).await;
    let refused = refused.map(|_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::Refused(_)), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_a_node_that_may_lag_behind_is_refused() {
    let place = Place::new().await;
    for (preference, opens) in [("follower", false), ("readOnlyReplica", false), ("leader", true)] {
        let url = format!("{}&nodePreference={preference}", place.double.url());
        let opened = KurrentStore::open(&url, place.file(), clock(), impatient()).await;
        match opened {
            Ok(store) => {
                assert!(opens, "{preference}");
                store.close().await;
            }
            Err(StoreError::Refused(why)) => {
                assert!(!opens && why.contains("set it to leader"), "{preference}: {why}");
            }
            Err(other) => panic!("{preference}: {other}"),
        }
    }
}

/// What other programs read of an event.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_json_that_other_programs_read() {
    let place = Place::new().await;
    let store = place.open().await;
    let (correlation, causation) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
    let mut append = command(vec![write("ticket-1", 0, &[])]);
    append.writes[0].events = vec![docket_store::NewEvent {
        envelope: format!(
            r#"{{"actor":"agent-1","correlation_id":"{correlation}","causation_id":"{causation}"}}"#
        ),
        ..event(r#"{"to":"agent-2"}"#)
    }];
    let id = append.command_id;
    appended(&store, append).await;

    let log = place.double.log();
    let kept = log.stream("ticket-1").next().unwrap();
    assert_eq!(kept.event.id, docket_store::event_id(id, 0));
    let of = |name: &str| kept.event.metadata[name].clone();
    assert_eq!((of("type"), of("content-type")), ("Noted".into(), "application/json".into()));
    assert_eq!(kept.event.data, br#"{"to":"agent-2"}"#);
    let metadata: HashMap<String, Value> =
        serde_json::from_slice(&kept.event.custom_metadata).unwrap();
    assert_eq!(metadata["$correlationId"], correlation.as_str());
    assert_eq!(metadata["$causationId"], causation.as_str());
    assert_eq!(metadata["docket"]["envelope"]["actor"], "agent-1");
    let text = String::from_utf8_lossy(&kept.event.custom_metadata);
    assert!(!text.contains("sealed"), "what is sealed stays beside the log");
}

/// Meant to fail when the names in KurrentDB are taken for those of the port.
#[tokio::test(flavor = "multi_thread")]
async fn several_logs_lie_in_one_kurrentdb() {
    let place = Place::new().await;
    let open = async |name: &str| {
        let settings = Settings { prefix: format!("{name}-"), ..impatient() };
        let file = place.file().with_file_name(name);
        KurrentStore::open(&place.double.url(), file, clock(), settings).await.unwrap()
    };
    let (north, south) = (open("north").await, open("south").await);
    some_history(&north).await;
    some_history(&south).await;
    for store in [&north, &south] {
        assert_eq!(all(store).await.len(), 8);
        assert_eq!(store.read_stream("ticket-1", 0, 9, Sealed::Without).await.unwrap().len(), 4);
    }
    assert_eq!(place.double.log().stream("south-ticket-1").count(), 4);
}
