//! One append: what it writes, what it refuses, and what it answers when it comes again.

use super::{Store, appended, command, event, note, write};
use crate::{NewEvent, Outcome, Sealed, StoreError, StoredEvent, event_id};

pub(super) async fn events_come_back_as_they_were_given(store: Store) {
    let given = NewEvent {
        event_type: "TicketCreated".to_owned(),
        schema: 3,
        occurred_at: Some(-5),
        envelope: r#"{ "b": 1,  "a": 2 }"#.to_owned(),
        payload: "{\n\t\"z\": 1.0, \"a\": 1e3, \"a\": \"\\u001f\" }".to_owned(),
        sealed: Some("[]".to_owned()),
    };
    let append = command(vec![write("ticket-1", 0, vec![given.clone(), event("{}")])]);
    let id = append.command_id;
    let receipt = appended(&store, append).await;
    assert_eq!((receipt.first, receipt.last, store.head()), (1, 2, 2));

    let expected = StoredEvent {
        position: 1,
        stream: "ticket-1".to_owned(),
        version: 1,
        event_id: event_id(id, 0),
        event_type: given.event_type,
        schema: 3,
        occurred_at: -5,
        recorded_at: receipt.recorded_at,
        envelope: given.envelope,
        payload: given.payload,
        sealed: given.sealed,
    };
    let read = store.read_stream("ticket-1", 0, 10, Sealed::With).await.unwrap();
    assert_eq!(read[0], expected);
    assert_eq!(read[1].event_id, event_id(id, 1));
    assert_eq!(read[1].occurred_at, receipt.recorded_at, "none given means when it is recorded");
    assert_eq!(read[1].sealed, None);
    let unsealed = store.read_all(0, 1, Sealed::Without).await.unwrap();
    assert_eq!(unsealed, [StoredEvent { sealed: None, ..expected }]);
}

pub(super) async fn an_append_needs_an_event_and_names_a_stream_once(store: Store) {
    let empty = [command(vec![]), command(vec![write("ticket-1", 0, vec![])])];
    let twice = note("ticket-1", 0);
    let twice = command([twice.writes.clone(), twice.writes].concat());
    for append in empty.into_iter().chain([twice]) {
        let refused = store.append(append).await.unwrap_err();
        assert!(matches!(refused, StoreError::Refused(_)), "{refused}");
    }
    assert_eq!(store.head(), 0);

    // Beside events elsewhere, a write without events only insists on what it expects.
    let mut append = note("ticket-1", 0);
    append.writes.push(write("queue-1", 1, vec![]));
    let outcome = store.append(append.clone()).await.unwrap();
    assert_eq!(outcome, Outcome::WrongVersion { stream: "queue-1".to_owned(), actual: 0 });
    append.writes[1] = write("queue-1", 0, vec![]);
    appended(&store, append).await;
}

pub(super) async fn large_events_and_all_of_unicode_survive(store: Store) {
    let odd = "zażółć 🦀 e\u{301} \u{202e}right\u{feff} \u{10ffff} \u{7f} \u{85} ' \" % _ ?1 --";
    let large = "ß".repeat(512 << 10);
    let payloads = [odd, &large, "", "[]"];
    let events = payloads
        .iter()
        .map(|payload| NewEvent { sealed: Some((*payload).to_owned()), ..event(payload) });
    appended(&store, command(vec![write("ticket-żółw", 0, events.collect())])).await;
    let read = store.read_stream("ticket-żółw", 0, 10, Sealed::With).await.unwrap();
    let payloads_read: Vec<_> = read.iter().map(|event| event.payload.as_str()).collect();
    assert!(payloads_read == payloads, "payloads differ");
    assert!(read.iter().all(|event| event.sealed.as_ref() == Some(&event.payload)));
    assert_eq!(store.read_all(0, 10, Sealed::With).await.unwrap(), read);
}

pub(super) async fn separators_of_the_storage_are_refused(store: Store) {
    for text in ["\u{1e}", "\u{1f}", "\0"] {
        let mut in_stream = note("ticket-1", 0);
        in_stream.writes[0].stream.push_str(text);
        let mut in_type = note("ticket-1", 0);
        in_type.writes[0].events[0].event_type.push_str(text);
        let in_payload = command(vec![write("ticket-1", 0, vec![event(text)])]);
        for append in [in_stream, in_type, in_payload] {
            let refused = store.append(append).await.unwrap_err();
            assert!(matches!(refused, StoreError::Refused(_)), "{refused}");
        }
    }
    assert_eq!(store.head(), 0);
}

pub(super) async fn the_same_command_again_gets_its_first_receipt(store: Store) {
    let first = note("ticket-1", 0);
    let receipt = appended(&store, first.clone()).await;
    appended(&store, note("ticket-1", 1)).await;

    // The stream has moved on; the repetition is recognised all the same, also many at once.
    let again = || {
        tokio::spawn({
            let (store, append) = (store.clone(), first.clone());
            async move { store.append(append).await }
        })
    };
    let repetitions: Vec<_> = std::iter::repeat_with(again).take(16).collect();
    for repetition in repetitions {
        assert_eq!(repetition.await.unwrap().unwrap(), Outcome::AlreadyAppended(receipt));
    }
    assert_eq!(store.head(), 2);
    let found = store.find_command(first.command_id).await.unwrap();
    assert_eq!(found, Some((receipt, first.fingerprint)));
    assert_eq!(store.find_command(uuid::Uuid::nil()).await.unwrap(), None);
}

pub(super) async fn a_command_id_serves_one_request_only(store: Store) {
    let first = note("ticket-1", 0);
    appended(&store, first.clone()).await;
    let mut other = note("ticket-2", 0);
    other.command_id = first.command_id;
    other.fingerprint = [8; 32];
    assert_eq!(store.append(other).await.unwrap(), Outcome::KeyReused);
    assert_eq!(store.head(), 1);
}

pub(super) async fn a_wrong_version_writes_nothing_and_tells_the_right_one(store: Store) {
    appended(&store, note("ticket-1", 0)).await;
    for (expected, actual, stream) in [(0, 1, "ticket-1"), (2, 1, "ticket-1"), (1, 0, "ticket-2")] {
        let append = note(stream, expected);
        let outcome = store.append(append.clone()).await.unwrap();
        assert_eq!(outcome, Outcome::WrongVersion { stream: stream.to_owned(), actual });
        assert_eq!(store.find_command(append.command_id).await.unwrap(), None);
    }
    assert_eq!(store.head(), 1);
}

pub(super) async fn several_streams_are_written_together_or_not_at_all(store: Store) {
    appended(&store, note("ticket-2", 0)).await;
    let two = |expected| {
        command(vec![
            write("ticket-1", 0, vec![event("1"), event("2")]),
            write("ticket-2", expected, vec![event("3")]),
        ])
    };
    let outcome = store.append(two(0)).await.unwrap();
    assert_eq!(outcome, Outcome::WrongVersion { stream: "ticket-2".to_owned(), actual: 1 });
    assert_eq!(store.read_stream("ticket-1", 0, 10, Sealed::Without).await.unwrap(), []);

    let append = two(1);
    let id = append.command_id;
    let receipt = appended(&store, append).await;
    assert_eq!((receipt.first, receipt.last), (2, 4));
    let read = store.read_all(1, 10, Sealed::Without).await.unwrap();
    let places: Vec<_> = read.iter().map(|e| (e.stream.as_str(), e.version, e.event_id)).collect();
    let expected = [
        ("ticket-1", 1, event_id(id, 0)),
        ("ticket-1", 2, event_id(id, 1)),
        ("ticket-2", 2, event_id(id, 2)),
    ];
    assert_eq!(places, expected);
}

pub(super) async fn payload_hashes_are_those_of_the_bytes(store: Store) {
    use sha2::{Digest, Sha256};

    let payloads = ["{}", "{ }", "\"zażółć\""];
    let events = payloads.iter().map(|payload| event(payload)).collect();
    appended(&store, command(vec![write("ticket-1", 0, events)])).await;
    let expected: Vec<[u8; 32]> = payloads.iter().map(|p| Sha256::digest(p).into()).collect();
    assert_eq!(store.payload_hashes(0, 10).await.unwrap(), expected);
    assert_eq!(store.payload_hashes(1, 1).await.unwrap(), expected[1..2]);
    assert_eq!(store.payload_hashes(3, 1).await.unwrap(), <[[u8; 32]; 0]>::default());
}
