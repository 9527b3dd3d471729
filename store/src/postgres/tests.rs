//! What only this backend can show, on real servers.

mod lagging;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use docket_test_servers::postgres::{self, Database, Server};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::task::{JoinHandle, JoinSet};
use uuid::Uuid;

use super::{PostgresStore, Settings};
use crate::check::check_log;
use crate::{
    Append, Claim, Clock, EventStore, Expected, KeyState, NewEvent, NewKey, Outcome, Sealed,
    StoreError, StreamWrite, conformance,
};

/// A clock that ticks with each look.
fn clock() -> Clock {
    let now = AtomicI64::new(1_700_000_000_000);
    Arc::new(move || now.fetch_add(1, Ordering::SeqCst))
}

async fn open_with(database: &Database, settings: Settings) -> Arc<PostgresStore> {
    Arc::new(PostgresStore::open(database.url(), clock(), settings).await.unwrap())
}

async fn open(database: &Database) -> Arc<PostgresStore> {
    open_with(database, Settings::default()).await
}

/// Long enough for the slowest machine; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// Without notifications: another process is only found by looking.
const DEAF: Settings = Settings { connections: 4, notify: false, poll: Duration::from_millis(10) };

fn note(stream: &str, version: u64) -> Append {
    let event = NewEvent {
        event_type: "Noted".to_owned(),
        schema: 1,
        occurred_at: None,
        envelope: "{}".to_owned(),
        payload: "{}".to_owned(),
        sealed: Some("[]".to_owned()),
    };
    let expected = if version == 0 { Expected::NoStream } else { Expected::Exact(version) };
    Append {
        command_id: Uuid::now_v7(),
        fingerprint: [0; 32],
        writes: vec![StreamWrite { stream: stream.to_owned(), expected, events: vec![event] }],
        claims: vec![],
        releases: vec![],
        new_keys: vec![],
    }
}

fn first(outcome: Result<Outcome, StoreError>) -> u64 {
    match outcome {
        Ok(Outcome::Appended(receipt)) => receipt.first,
        other => panic!("it was not written: {other:?}"),
    }
}

fn refusal(opened: Result<PostgresStore, StoreError>) -> String {
    match opened {
        Err(StoreError::Refused(why)) => why,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was opened"),
    }
}

/// A connection as anybody has who may use the database.
async fn other(database: &Database) -> PgConnection {
    PgConnection::connect(database.url()).await.unwrap()
}

async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// Starts another process's append of one event, and leaves it open.
async fn begin_append(connection: &mut PgConnection, stream: &str, position: u64) {
    run(connection, "BEGIN").await;
    run(connection, "UPDATE log_end SET position = position + 1, turn = turn + 1").await;
    let insert = format!(
        "INSERT INTO events VALUES ({position}, '{stream}', 1, decode('{:032x}', 'hex'), 'Noted', \
           1, 0, 0, sha256('{{}}'), '{{}}', '{{}}')",
        position
    );
    run(connection, &insert).await;
}

/// Appends, and answers once the append waits for another's turn to end.
async fn waiting(
    store: &Arc<PostgresStore>,
    append: Append,
    watcher: &mut PgConnection,
) -> JoinHandle<Result<Outcome, StoreError>> {
    let store = Arc::clone(store);
    let waiting = tokio::spawn(async move { store.append(append).await });
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    sessions(watcher, sql, 1).await;
    waiting
}

/// Waits until so many sessions are as a question says.
async fn sessions(watcher: &mut PgConnection, sql: &'static str, many: i64) {
    let looking = async {
        while sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut *watcher).await.unwrap() < many {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.expect("the sessions never come to be so");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_passes_the_conformance_suite() {
    if postgres::database().is_none() {
        return;
    }
    let databases = std::sync::Mutex::new(Vec::new());
    conformance::check_all(async |clock| {
        let database = postgres::database().unwrap();
        let store = PostgresStore::open(database.url(), clock, Settings::default()).await.unwrap();
        databases.lock().unwrap().push(database);
        Arc::new(store) as Arc<dyn EventStore>
    })
    .await;
}

#[tokio::test]
async fn no_reader_passes_an_event_that_appears_later() {
    let Some(database) = postgres::database() else { return };
    let store = open(&database).await;
    let (mut held, mut watcher) = (other(&database).await, other(&database).await);
    begin_append(&mut held, "ticket-1", 1).await;
    let waiting = waiting(&store, note("ticket-2", 0), &mut watcher).await;

    // One append is open and another waits: nobody sees either, nor a place beyond them.
    let seen = store.read_all(0, 9, Sealed::Without).await.unwrap();
    assert_eq!((seen.len(), store.head()), (0, 0));

    run(&mut held, "COMMIT").await;
    assert_eq!(first(waiting.await.unwrap()), 2);
    let seen = store.read_all(0, 9, Sealed::Without).await.unwrap();
    let seen: Vec<_> = seen.iter().map(|event| (event.position, event.stream.as_str())).collect();
    assert_eq!(seen, [(1, "ticket-1"), (2, "ticket-2")]);
}

#[tokio::test]
async fn an_append_that_is_rolled_back_leaves_no_hole() {
    let Some(database) = postgres::database() else { return };
    let store = open(&database).await;
    let (mut held, mut watcher) = (other(&database).await, other(&database).await);
    begin_append(&mut held, "ticket-1", 1).await;
    let waiting = waiting(&store, note("ticket-1", 0), &mut watcher).await;
    run(&mut held, "ROLLBACK").await;
    assert_eq!(first(waiting.await.unwrap()), 1);
}

#[tokio::test]
async fn who_waited_decides_on_what_the_others_wrote_meanwhile() {
    let Some(database) = postgres::database() else { return };
    let store = open(&database).await;
    let (mut held, mut watcher) = (other(&database).await, other(&database).await);

    begin_append(&mut held, "ticket-1", 1).await;
    let stream = waiting(&store, note("ticket-1", 0), &mut watcher).await;
    run(&mut held, "COMMIT").await;
    let wrong = Outcome::WrongVersion { stream: "ticket-1".to_owned(), actual: 1 };
    assert_eq!(stream.await.unwrap(), Ok(wrong));

    begin_append(&mut held, "ticket-2", 2).await;
    run(&mut held, "INSERT INTO claims VALUES ('address', 'k', 'customer-1')").await;
    let claim = |owner: &str| Claim {
        space: "address".to_owned(),
        key: "k".to_owned(),
        owner: owner.to_owned(),
    };
    let append = Append { claims: vec![claim("customer-2")], ..note("customer-2", 0) };
    let claimed = waiting(&store, append, &mut watcher).await;
    run(&mut held, "COMMIT").await;
    assert_eq!(claimed.await.unwrap(), Ok(Outcome::Claimed(claim("customer-1"))));

    // Erasing moves no position, and is seen all the same.
    run(&mut held, "BEGIN; UPDATE log_end SET turn = turn + 1").await;
    run(&mut held, "INSERT INTO subject_keys VALUES ('customer-3', NULL, 7)").await;
    let key = NewKey { subject: "customer-3".to_owned(), wrapped: vec![1; 40] };
    let append = Append { new_keys: vec![key], ..note("ticket-3", 0) };
    let erased = waiting(&store, append, &mut watcher).await;
    run(&mut held, "COMMIT").await;
    let outcome = erased.await.unwrap().unwrap();
    assert!(matches!(outcome, Outcome::Claimed(lost) if lost.key == "customer-3"));
    let keys = store.keys(&["customer-3".to_owned()]).await.unwrap();
    assert_eq!(keys, [KeyState::Erased(7)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_write_one_log_without_hearing_each_other() {
    const EACH: u64 = 40;
    const TICKETS: u64 = 5;
    let Some(database) = postgres::database() else { return };
    let nodes = [open_with(&database, DEAF).await, open_with(&database, DEAF).await];
    let mut tasks = JoinSet::new();
    for writer in 0..8 {
        let node = Arc::clone(&nodes[writer % 2]);
        tasks.spawn(async move {
            let (mut written, mut version, mut ticket) = (0, 0, 0);
            while written < EACH {
                match node.append(note(&format!("ticket-{ticket}"), version)).await.unwrap() {
                    Outcome::Appended(_) => {
                        written += 1;
                        ticket = (ticket + 1) % TICKETS;
                        version = 0;
                    }
                    Outcome::WrongVersion { actual, .. } => version = actual,
                    other => panic!("{other:?}"),
                }
            }
        });
    }
    for node in &nodes {
        let node = Arc::clone(node);
        tasks.spawn(async move {
            let mut seen = 0;
            while seen < 8 * EACH {
                node.wait_beyond(seen).await;
                for event in node.read_all(seen, 7, Sealed::Without).await.unwrap() {
                    seen += 1;
                    assert_eq!(event.position, seen, "the next event is the next position");
                }
            }
        });
    }
    tasks.join_all().await;
    let report = check_log(&*nodes[0], &mut |_| {}).await.unwrap();
    assert_eq!((report.events, report.streams, report.faults), (8 * EACH, TICKETS, vec![]));
}

#[tokio::test]
async fn a_notification_wakes_who_would_look_too_late() {
    let Some(database) = postgres::database() else { return };
    let late = Settings { poll: Duration::from_hours(1), ..Settings::default() };
    let (here, there) = (open(&database).await, open_with(&database, late).await);
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    let mut watcher = other(&database).await;
    sessions(&mut watcher, sql, 2).await;
    here.append(note("ticket-1", 0)).await.unwrap();
    let woken = tokio::time::timeout(PATIENCE, there.wait_beyond(0)).await;
    woken.expect("it is woken long before it would look");
    assert_eq!(there.head(), 1);
}

#[tokio::test]
async fn connections_that_were_cut_are_replaced_without_a_word() {
    let Some(database) = postgres::database() else { return };
    let store = open(&database).await;
    let mut watcher = other(&database).await;
    for round in 0..3 {
        assert_eq!(first(store.append(note("ticket-1", round)).await), round + 1);
        let read = store.read_stream("ticket-1", 0, 9, Sealed::With).await.unwrap();
        assert_eq!(read.len() as u64, round + 1);
        run(
            &mut watcher,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
    }
}

#[tokio::test]
async fn a_server_that_was_killed_is_waited_for_and_nothing_is_lost() {
    let Some(server) = Server::start(&[]) else { return };
    let database = server.database();
    let store = open(&database).await;
    let append = note("ticket-1", 0);
    assert_eq!(first(store.append(append.clone()).await), 1);
    server.kill();
    let down = store.append(note("ticket-2", 0)).await;
    assert!(matches!(down, Err(StoreError::Unavailable(_))), "{down:?}");
    server.up();
    let again = store.append(append).await.unwrap();
    assert!(matches!(again, Outcome::AlreadyAppended(receipt) if receipt.first == 1));
    assert_eq!(first(store.append(note("ticket-2", 0)).await), 2);
    store.wait_beyond(1).await;
    assert_eq!(store.read_all(0, 9, Sealed::With).await.unwrap().len(), 2);
}

#[tokio::test]
async fn servers_that_may_lose_what_they_acknowledge_are_refused() {
    for (setting, mended) in
        [("fsync=off", "set fsync = on"), ("full_page_writes=off", "set full_page_writes = on")]
    {
        let Some(server) = Server::start(&[setting]) else { return };
        let database = server.database();
        let opened = PostgresStore::open(database.url(), clock(), DEAF).await;
        let why = refusal(opened);
        assert!(why.ends_with(mended), "{why}");
    }
    let Some(database) = postgres::database() else { return };
    let mut connection = other(&database).await;
    let set = format!("ALTER DATABASE {} SET synchronous_commit = off", database.name());
    run(&mut connection, &set).await;
    let why = refusal(PostgresStore::open(database.url(), clock(), DEAF).await);
    assert!(why.contains("set synchronous_commit = on"), "{why}");
}

#[tokio::test]
async fn the_host_that_takes_writes_is_found() {
    let Some(database) = postgres::database() else { return };
    // Nobody listens at the first.
    let several = database.url().replacen("127.0.0.1", "127.0.0.1:1,127.0.0.1", 1);
    let store = PostgresStore::open(&several, clock(), DEAF).await.unwrap();
    assert_eq!(first(store.append(note("ticket-1", 0)).await), 1);

    let nowhere = PostgresStore::open("postgres://me:s3cret@127.0.0.1:1/desk", clock(), DEAF).await;
    let error = nowhere.err().unwrap();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(!error.to_string().contains("s3cret"), "{error}");
}

#[tokio::test]
async fn who_only_reads_writes_nothing_and_a_newer_schema_is_refused() {
    let Some(database) = postgres::database() else { return };
    let why = refusal(PostgresStore::open_read_only(database.url(), DEAF).await);
    assert!(why.contains("there is no Docket log"), "{why}");
    let writer = open(&database).await;
    let reader = PostgresStore::open_read_only(database.url(), DEAF).await.unwrap();
    writer.append(note("ticket-1", 0)).await.unwrap();
    reader.wait_beyond(0).await;
    let refused = reader.append(note("ticket-2", 0)).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");

    let mut connection = other(&database).await;
    let later = "INSERT INTO _sqlx_migrations VALUES (9000, 'later', now(), TRUE, '', 0)";
    run(&mut connection, later).await;
    for opened in [
        PostgresStore::open(database.url(), clock(), DEAF).await,
        PostgresStore::open_read_only(database.url(), DEAF).await,
    ] {
        let why = refusal(opened);
        assert!(why.contains("was written by a newer Docket (schema step 9000)"), "{why}");
    }
}

#[tokio::test]
async fn whoever_alters_the_log_is_refused_or_found_out() {
    let Some(database) = postgres::database() else { return };
    let store = open(&database).await;
    for n in 0..3 {
        store.append(note(&format!("ticket-{n}"), 0)).await.unwrap();
    }
    let mut connection = other(&database).await;
    let alter = "UPDATE events SET payload = '[]' WHERE position = 2";
    for (sql, what) in [
        (alter, "changed"),
        ("UPDATE events SET sealed = '[1]' WHERE position = 2", "changed"),
        ("DELETE FROM events", "deleted"),
        ("TRUNCATE events", "deleted"),
    ] {
        let refused = sqlx::raw_sql(sql).execute(&mut connection).await.unwrap_err().to_string();
        assert!(refused.contains(&format!("events are never {what}")), "{refused}");
    }
    run(&mut connection, "UPDATE events SET sealed = NULL WHERE position = 2").await;
    run(&mut connection, "ALTER TABLE events DISABLE TRIGGER ALL").await;
    run(&mut connection, alter).await;
    // From the database: the store that wrote the log remembers its end.
    let reader = PostgresStore::open_read_only(database.url(), DEAF).await.unwrap();
    let report = check_log(&reader, &mut |_| {}).await.unwrap();
    let faults: Vec<_> = report.faults.iter().map(|f| (f.position, f.what.as_str())).collect();
    assert_eq!(faults, [(2, "the payload of ticket-1 version 1 was altered")]);
}

#[tokio::test]
async fn erasures_are_in_the_order_of_their_times_whatever_clocks_say() {
    let Some(database) = postgres::database() else { return };
    let at = async |now: i64| {
        let clock: Clock = Arc::new(move || now);
        PostgresStore::open(database.url(), clock, DEAF).await.unwrap()
    };
    let (ahead, behind) = (at(2_000).await, at(1_000).await);
    ahead.erase_key("customer-1").await.unwrap();
    behind.erase_key("customer-2").await.unwrap();
    let erased = |subject: &str| (subject.to_owned(), 2_000);
    let all = [erased("customer-1"), erased("customer-2")];
    assert_eq!(behind.erased_since(2_000).await.unwrap(), all);
    assert_eq!(behind.erased_since(2_001).await.unwrap(), []);
}
