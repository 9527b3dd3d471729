//! What SQLite alone promises: its lock, its schema, its crashes and its full disk.

use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use uuid::Uuid;

use super::SqliteStore;
use super::writer::Task;
use crate::{
    Append, Clock, EventStore, Expected, NewEvent, Outcome, Sealed, StoreError, StreamWrite,
    conformance,
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
    store.ask(|reply| Task::LimitPages(1, reply)).await.unwrap();

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
