//! What SQLite alone promises: its lock, its schema, its crashes and its full disk.

use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use uuid::Uuid;

use super::SqliteStore;
use super::writer::Other;
use crate::{
    Append, Clock, EventStore, Expected, NewEvent, NewKey, Outcome, Sealed, StoreError,
    StreamWrite, check::check_log, conformance,
};

fn clock() -> Clock {
    Arc::new(|| 1_700_000_000_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn conforms_to_the_port() {
    let folder = tempfile::tempdir().unwrap();
    let next = std::sync::atomic::AtomicU32::new(0);
    conformance::check_all(async |clock| {
        let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = folder.path().join(format!("log-{n}.sqlite"));
        Arc::new(SqliteStore::open(path, clock).await.unwrap()) as Arc<dyn EventStore>
    })
    .await;
}

fn note(stream: &str, expected: Expected, payload: &str) -> Append {
    let event = NewEvent {
        event_type: "Noted".to_owned(),
        schema: 1,
        occurred_at: None,
        envelope: "{}".to_owned(),
        payload: payload.to_owned(),
        sealed: Some("[]".to_owned()),
    };
    Append {
        command_id: Uuid::now_v7(),
        fingerprint: [0; 32],
        writes: vec![StreamWrite { stream: stream.to_owned(), expected, events: vec![event] }],
        claims: vec![],
        releases: vec![],
        new_keys: vec![],
    }
}

fn refusal(opened: Result<SqliteStore, StoreError>) -> String {
    match opened {
        Err(StoreError::Refused(why)) => why,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was opened"),
    }
}

/// A connection as anybody has who holds the file.
async fn intruder(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}

#[tokio::test]
async fn only_one_process_writes_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    let first = SqliteStore::open(&path, clock()).await.unwrap();
    let why = refusal(SqliteStore::open(&path, clock()).await);
    assert!(why.starts_with("another process is writing "), "{why}");

    first.append(note("ticket-1", Expected::NoStream, "{}")).await.unwrap();
    first.close().await;
    let second = SqliteStore::open(&path, clock()).await.unwrap();
    assert_eq!(second.head(), 1);
}

#[tokio::test]
async fn a_full_disk_is_told_and_space_heals_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("log.sqlite"), clock()).await.unwrap();
    store.append(note("ticket-1", Expected::NoStream, "{}")).await.unwrap();
    store.queue().unwrap().ask(|reply| Other::LimitPages(1, reply)).await.unwrap();

    let large = note("ticket-2", Expected::NoStream, &"x".repeat(1 << 20));
    assert_eq!(store.append(large.clone()).await, Err(StoreError::Full));
    assert_eq!(store.head(), 1);
    assert_eq!(store.read_all(0, 10, Sealed::With).await.unwrap().len(), 1, "reads go on");

    // The limit went with the connection that failed, as if space had been made.
    let receipt = match store.append(large).await.unwrap() {
        Outcome::Appended(receipt) => receipt,
        other => panic!("{other:?}"),
    };
    assert_eq!((receipt.first, store.head()), (2, 2));
}

#[tokio::test]
async fn a_commit_that_fails_is_unknown_and_trying_again_settles_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("log.sqlite"), clock()).await.unwrap();
    store.append(note("ticket-1", Expected::NoStream, "{}")).await.unwrap();
    store.queue().unwrap().ask(Other::FailCommit).await.unwrap();

    let append = note("ticket-2", Expected::NoStream, "{}");
    let unknown = store.append(append.clone()).await;
    assert!(matches!(unknown, Err(StoreError::Unknown(_))), "{unknown:?}");
    assert_eq!(store.head(), 1);
    let Outcome::Appended(receipt) = store.append(append.clone()).await.unwrap() else {
        panic!("it was not written")
    };
    assert_eq!(receipt.first, 2);
    assert_eq!(store.append(append).await, Ok(Outcome::AlreadyAppended(receipt)));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_a_closed_log_open() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..20 {
        let path = folder.path().join(format!("log-{n}.sqlite"));
        let store = SqliteStore::open(&path, clock()).await.unwrap();
        store.append(note("ticket-1", Expected::NoStream, "{}")).await.unwrap();
        store.close().await;
        let open = std::fs::read_dir("/proc/self/fd").unwrap();
        let open = open.filter_map(|it| std::fs::read_link(it.ok()?.path()).ok());
        let open: Vec<_> = open.filter(|it| it.starts_with(folder.path())).collect();
        assert!(open.is_empty(), "round {n}: {open:?}");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    SqliteStore::open(&path, clock()).await.unwrap().close().await;
    let mut connection = intruder(&path).await;
    sqlx::query("INSERT INTO _sqlx_migrations VALUES (9000, 'later', 0, TRUE, x'00', 0)")
        .execute(&mut connection)
        .await
        .unwrap();
    for opened in
        [SqliteStore::open(&path, clock()).await, SqliteStore::open_read_only(&path).await]
    {
        let why = refusal(opened);
        assert!(why.contains("was written by a newer Docket (schema step 9000)"), "{why}");
    }
}

#[tokio::test]
async fn a_reader_beside_the_writer_follows_it_and_never_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    assert!(refusal(SqliteStore::open_read_only(&path).await).contains("cannot open"));
    let writer = SqliteStore::open(&path, clock()).await.unwrap();
    let reader = SqliteStore::open_read_only(&path).await.unwrap();
    writer.append(note("ticket-1", Expected::NoStream, "{}")).await.unwrap();
    reader.wait_beyond(0).await;
    assert_eq!(reader.head(), 1);
    assert_eq!(
        reader.read_all(0, 9, Sealed::With).await,
        writer.read_all(0, 9, Sealed::With).await
    );
    let refused = reader.append(note("ticket-2", Expected::NoStream, "{}")).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    // It needs no writer, nor what a writer leaves open.
    writer.close().await;
    reader.close().await;
    let alone = SqliteStore::open_read_only(&path).await.unwrap();
    assert_eq!(alone.head(), 1);
}

/// Copies the files of a log as a crash would leave them: whatever has reached them by now.
fn crashed(path: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let with = |path: &Path| format!("{}{suffix}", path.display());
        std::fs::copy(with(path), with(to)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_crash_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    let store = Arc::new(SqliteStore::open(&path, clock()).await.unwrap());
    let append = |n: u32| note(&format!("ticket-{n}"), Expected::NoStream, "{}");
    store.append(append(0)).await.unwrap();
    for crash in 1..=10 {
        let writers: Vec<_> = (0..20)
            .map(|n| {
                let (store, append) = (store.clone(), append(crash * 100 + n));
                tokio::spawn(async move { (append.clone(), store.append(append).await.unwrap()) })
            })
            .collect();
        let mut acknowledged = Vec::new();
        for (n, writer) in writers.into_iter().enumerate() {
            acknowledged.push(writer.await.unwrap());
            if n == crash as usize {
                break;
            }
        }
        let copy = folder.path().join(format!("crash-{crash}.sqlite"));
        crashed(&path, &copy);

        let recovered = SqliteStore::open(&copy, clock()).await.unwrap();
        let report = check_log(&recovered, &mut |_| {}).await.unwrap();
        assert_eq!(report.faults, []);
        for (append, outcome) in acknowledged {
            let Outcome::Appended(receipt) = outcome else { panic!("{outcome:?}") };
            // The client never heard the answer and asks again.
            let again = recovered.append(append).await.unwrap();
            assert_eq!(again, Outcome::AlreadyAppended(receipt));
        }
        let next = recovered.append(append(999)).await.unwrap();
        let Outcome::Appended(next) = next else { panic!("{next:?}") };
        assert_eq!(next.first, report.events + 1, "it goes on without a gap");
    }
}

#[tokio::test]
async fn whoever_alters_the_log_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    let store = SqliteStore::open(&path, clock()).await.unwrap();
    for n in 0..5 {
        store.append(note(&format!("ticket-{n}"), Expected::NoStream, "{\"n\":1}")).await.unwrap();
    }
    let mut connection = intruder(&path).await;
    let alter = "UPDATE events SET payload = '{\"n\":2}' WHERE position = 3";
    let refused = sqlx::query(alter).execute(&mut connection).await.unwrap_err();
    assert!(refused.to_string().contains("events are never changed"), "{refused}");
    let refused = sqlx::query("DELETE FROM events").execute(&mut connection).await.unwrap_err();
    assert!(refused.to_string().contains("events are never deleted"), "{refused}");

    let reseal = "UPDATE events SET sealed = '[1]' WHERE position = 3";
    assert!(sqlx::query(reseal).execute(&mut connection).await.is_err());
    let shred = "UPDATE events SET sealed = NULL WHERE position = 3";
    sqlx::query(shred).execute(&mut connection).await.unwrap();

    for sql in [
        "DROP TRIGGER events_are_never_changed",
        "DROP TRIGGER events_are_never_deleted",
        alter,
        "UPDATE events SET version = 2 WHERE position = 4",
        "DELETE FROM events WHERE position = 2",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    let mut reached = 0;
    // From the file: the store that wrote the log remembers its end.
    let file = SqliteStore::open_read_only(&path).await.unwrap();
    let report = check_log(&file, &mut |position| reached = position).await.unwrap();
    let faults: Vec<_> = report.faults.iter().map(|f| (f.position, f.what.as_str())).collect();
    let expected = [
        (3, "the position before it is missing (from 2 on)"),
        (3, "the payload of ticket-2 version 1 was altered"),
        (4, "ticket-3 goes from version 0 to 2"),
    ];
    assert_eq!(faults, expected);
    assert_eq!((report.events, report.streams, reached), (4, 4, 5));
}

#[tokio::test]
async fn what_is_remembered_of_the_logs_end_is_what_stands_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    SqliteStore::open(&path, clock()).await.unwrap().close().await;
    let write = async |store: &SqliteStore, n: u64| {
        store.append(note(&format!("ticket-{n}"), Expected::NoStream, "{}")).await.unwrap();
    };
    let earlier = SqliteStore::open(&path, clock()).await.unwrap();
    write(&earlier, 1).await;
    earlier.close().await;
    // This one remembers only what it wrote itself.
    let store = SqliteStore::open(&path, clock()).await.unwrap();
    for n in 2..6 {
        write(&store, n).await;
    }
    let file = SqliteStore::open_read_only(&path).await.unwrap();
    for (after, limit) in [(0, 9), (1, 9), (1, 2), (3, 9), (4, 1), (5, 9), (99, 9), (u64::MAX, 9)] {
        for sealed in [Sealed::With, Sealed::Without] {
            let remembered = store.read_all(after, limit, sealed).await.unwrap();
            assert_eq!(remembered, file.read_all(after, limit, sealed).await.unwrap(), "{after}");
        }
    }
}

#[tokio::test]
async fn a_backup_is_a_log_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("log.sqlite"), clock()).await.unwrap();
    store.append(note("ticket-1", Expected::NoStream, "{}")).await.unwrap();
    let copy = folder.path().join("backup.sqlite");
    store.backup_to(&copy).await.unwrap();
    store.append(note("ticket-2", Expected::NoStream, "{}")).await.unwrap();
    let again = store.backup_to(&copy).await.unwrap_err();
    assert!(
        matches!(&again, StoreError::Refused(why) if why.contains("exists already")),
        "{again}"
    );

    let restored = SqliteStore::open(&copy, clock()).await.unwrap();
    assert_eq!(restored.head(), 1);
    assert_eq!(
        restored.read_all(0, 9, Sealed::With).await,
        store.read_all(0, 1, Sealed::With).await
    );
    let id = store.meta(crate::STORE_ID).await.unwrap();
    assert_eq!(restored.meta(crate::STORE_ID).await.unwrap(), id);
}

#[tokio::test]
async fn a_long_read_is_not_waited_for_and_it_is_said_that_it_keeps_traces_of_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    let store = SqliteStore::open(&path, clock()).await.unwrap();
    let mut first = note("ticket-1", Expected::NoStream, "{}");
    first.new_keys =
        vec![NewKey { subject: "ticket-1".into(), wrapped: b"the-wrapped-key".into() }];
    store.append(first).await.unwrap();
    let traces = || {
        let files = ["log.sqlite", "log.sqlite-wal"].map(|name| folder.path().join(name));
        let held = files.map(|file| std::fs::read(file).unwrap_or_default());
        held.iter().any(|bytes| bytes.windows(15).any(|found| found == b"the-wrapped-key"))
    };
    let mut backup = intruder(&path).await;
    let read = "BEGIN; SELECT count(*) FROM events";
    sqlx::raw_sql(read).fetch_all(&mut backup).await.unwrap();

    store.erase_key("ticket-1").await.unwrap();
    assert_eq!(store.scrub().await, Ok(false));
    assert!(traces(), "the reader sees the log as it was");

    sqlx::raw_sql("COMMIT").execute(&mut backup).await.unwrap();
    assert_eq!(store.scrub().await, Ok(true));
    assert!(!traces());
}

#[tokio::test]
async fn the_write_ahead_log_stays_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    let store = SqliteStore::open(&path, clock()).await.unwrap();
    let payload = "x".repeat(1 << 20);
    for n in 0..64 {
        store.append(note(&format!("ticket-{n}"), Expected::NoStream, &payload)).await.unwrap();
    }
    let length = std::fs::metadata(folder.path().join("log.sqlite-wal")).unwrap().len();
    assert!(length < 48 << 20, "{length} bytes after 64 MiB were written");
}
