//! Many writers, and the order that readers see.

use tokio::task::JoinSet;

use super::{HandClock, Store, appended, command, event, note, write};
use crate::{Outcome, Sealed, Written};

pub(super) async fn one_of_many_writers_wins_each_version(store: Store) {
    const WRITERS: u64 = 64;
    const VERSIONS: u64 = 20;
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            let (mut version, mut won) = (0, 0);
            while version < VERSIONS {
                match store.append(note("ticket-1", version)).await.unwrap() {
                    Outcome::Appended(_) => {
                        version += 1;
                        won += 1;
                    }
                    Outcome::WrongVersion { actual, .. } => {
                        assert!(actual > version, "versions only rise");
                        version = actual;
                    }
                    other => panic!("{other:?}"),
                }
            }
            won
        });
    }
    let won: u64 = writers.join_all().await.into_iter().sum();
    assert_eq!(won, VERSIONS, "each version has exactly one winner");
    let read = store.read_stream("ticket-1", 0, 100, Sealed::Without).await.unwrap();
    let versions: Vec<_> = read.iter().map(|event| event.version).collect();
    assert_eq!(versions, (1..=VERSIONS).collect::<Vec<_>>());
    assert_eq!(store.head(), VERSIONS, "the losers took no positions");
}

pub(super) async fn a_reader_never_sees_an_event_before_its_predecessor(store: Store) {
    const WRITERS: u64 = 16;
    const EACH: u64 = 30;
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        tasks.spawn(async move {
            for version in 0..EACH {
                appended(&store, note(&format!("ticket-{writer}"), version)).await;
            }
        });
    }
    for _ in 0..4 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut seen = 0;
            while seen < WRITERS * EACH {
                store.wait_beyond(seen).await;
                let head = store.head();
                for event in store.read_all(seen, 7, Sealed::Without).await.unwrap() {
                    seen += 1;
                    assert_eq!(event.position, seen, "the next event is the next position");
                }
                assert!(store.head() >= head, "the head never goes back");
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(store.head(), WRITERS * EACH);
}

pub(super) async fn reading_starts_anywhere_and_stops_anywhere(store: Store) {
    const EVENTS: u64 = 1200;
    let events = (1..=EVENTS).map(|n| event(&n.to_string())).collect();
    appended(&store, command(vec![write("ticket-1", 0, events)])).await;
    for (after, limit) in
        [(0, 1), (0, 5000), (1, 512), (511, 513), (1199, 9), (1200, 9), (1 << 40, 9), (3, 0)]
    {
        let all = store.read_all(after, limit, Sealed::With).await.unwrap();
        let positions: Vec<_> = all.iter().map(|event| event.position).collect();
        let expected: Vec<_> = (after + 1..=EVENTS).take(limit).collect();
        assert_eq!(positions, expected, "after {after}, at most {limit}");
        let stream = store.read_stream("ticket-1", after, limit, Sealed::With).await.unwrap();
        assert_eq!(stream, all);
        let written = store.written(after, limit).await.unwrap();
        assert_eq!(written, all.into_iter().map(Written::from).collect::<Vec<_>>());
    }
    assert_eq!(store.read_stream("ticket-2", 0, 9, Sealed::With).await.unwrap(), []);
    // A name that only begins like the stream is another stream.
    assert_eq!(store.read_stream("ticket-", 0, 9, Sealed::With).await.unwrap(), []);
}

pub(super) async fn a_category_is_read_by_stream_and_version(store: Store) {
    for (stream, version) in [
        ("token-b", 0),
        ("ticket-1", 0),
        ("token-a", 0),
        ("token-b", 1),
        ("tokens-1", 0),
        ("token-a-2", 0),
        ("token", 0),
        ("token-ż", 0),
    ] {
        appended(&store, note(stream, version)).await;
    }
    let expected =
        [("token-a", 1), ("token-a-2", 1), ("token-b", 1), ("token-b", 2), ("token-ż", 1)];
    for limit in [1, 2, 10] {
        let mut found: Vec<(String, u64)> = Vec::new();
        loop {
            let after = found.last().map(|(stream, version)| (stream.as_str(), *version));
            let page = store.read_category("token", after, limit, Sealed::Without).await.unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= limit);
            found.extend(page.into_iter().map(|event| (event.stream, event.version)));
        }
        let found: Vec<_> =
            found.iter().map(|(stream, version)| (stream.as_str(), *version)).collect();
        assert_eq!(found, expected);
    }
}

pub(super) async fn waiting_ends_when_the_head_moves(store: Store) {
    let waiting = tokio::spawn({
        let store = store.clone();
        async move {
            store.wait_beyond(1).await;
            store.head()
        }
    });
    appended(&store, note("ticket-1", 0)).await;
    assert!(!waiting.is_finished(), "the head is 1, which is not beyond 1");
    appended(&store, note("ticket-1", 1)).await;
    assert_eq!(waiting.await.unwrap(), 2);
    store.wait_beyond(0).await;
}

pub(super) async fn recorded_at_never_goes_back(store: Store, clock: &HandClock) {
    for (version, (now, expected)) in
        [(1000, 1000), (400, 1000), (1000, 1000), (1001, 1001), (0, 1001)].into_iter().enumerate()
    {
        clock.set(now);
        let receipt = appended(&store, note("ticket-1", version as u64)).await;
        assert_eq!(receipt.recorded_at, expected, "with the clock at {now}");
    }
    let read = store.read_all(0, 10, Sealed::Without).await.unwrap();
    let recorded: Vec<_> = read.iter().map(|event| event.recorded_at).collect();
    assert_eq!(recorded, [1000, 1000, 1000, 1001, 1001]);
}
