//! What stands in a house that is moved, and how to see whether all of it arrived.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use docket_test_servers::postgres::{self, Database};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::access::Access;
use crate::moving::Place;
use crate::postgres::{PostgresStore, Settings};
use crate::sqlite::SqliteStore;
use crate::{
    Append, Claim, Clock, EventStore, Expected, KeyState, NewEvent, NewKey, Outcome, Sealed,
    StoreError, StoredEvent, StreamWrite,
};

/// A clock that ticks with each look.
pub fn clock() -> Clock {
    let now = AtomicI64::new(1_700_000_000_000);
    Arc::new(move || now.fetch_add(7, Ordering::SeqCst))
}

/// A file and a database, to move from one into the other.
pub struct Houses {
    pub folder: TempDir,
    pub database: Database,
}

impl Houses {
    pub fn new() -> Option<Self> {
        Some(Self { database: postgres::database()?, folder: tempfile::tempdir().unwrap() })
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub async fn file(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(self.at("log.sqlite"), clock()).await
    }

    pub async fn server(&self) -> Result<PostgresStore, StoreError> {
        PostgresStore::open(self.database.url(), clock(), Settings::default()).await
    }

    /// Does something with the places of a file and of the database.
    pub async fn between<T>(
        &self,
        log: &str,
        work: impl AsyncFnOnce(Place<'_>, Place<'_>) -> T,
    ) -> T {
        let (log, access) = (self.at(log), self.at(&format!("{log}.access")));
        let file = Place::Sqlite { log: &log, access: &access };
        work(file, Place::Postgres(self.database.url())).await
    }

    pub async fn sqlite(&self, sql: &str) {
        let url = format!("sqlite:{}", self.at("log.sqlite").display());
        let mut file = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut file).await.unwrap();
        file.close().await.unwrap();
    }

    pub async fn postgres(&self, sql: &str) {
        let mut server = PgConnection::connect(self.database.url()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut server).await.unwrap();
    }
}

pub const STREAMS: [&str; 3] = ["ticket-1", "customer-9", "ticket-ż"];

pub fn claim(key: &str, owner: &str) -> Claim {
    Claim { space: "address".to_owned(), key: key.to_owned(), owner: owner.to_owned() }
}

/// A command on a stream: one event for each text.
pub fn says(id: u128, stream: &str, version: u64, texts: &[&str]) -> Append {
    let event = |text: &&str| NewEvent {
        event_type: "Noted".to_owned(),
        schema: 3,
        occurred_at: text.len().is_multiple_of(2).then_some(-86_400_000),
        envelope: format!(r#"{{"actor":"agent-1","note":"{text}"}}"#),
        payload: format!(r#"{{ "body" : "{text}" }}"#),
        sealed: text.len().is_multiple_of(3).then(|| format!("[\"{text}\"]")),
    };
    let expected = if version == 0 { Expected::NoStream } else { Expected::Exact(version) };
    let events = texts.iter().map(event).collect();
    Append {
        command_id: Uuid::from_u128(id),
        fingerprint: [9; 32],
        writes: vec![StreamWrite { stream: stream.to_owned(), expected, events }],
        claims: vec![claim(stream, stream)],
        releases: vec![],
        new_keys: vec![NewKey { subject: format!("{stream}-{id}"), wrapped: vec![0, 255, 7] }],
    }
}

/// Texts that a careless copy would not bring over.
pub const TEXTS: [&str; 7] = [
    "plain",
    r#"\"quoted\" \\ back"#,
    "żółw 🐢 \u{2028} \u{fffd}",
    "\u{7f}\u{1}\r\n\t",
    "'; DROP TABLE events; --",
    r"\u0000 and \x00",
    "",
];

pub async fn furnish(store: &dyn EventStore) {
    for (n, stream) in STREAMS.into_iter().enumerate() {
        store.append(says(n as u128 + 1, stream, 0, &TEXTS)).await.unwrap();
    }
    store.append(says(9, STREAMS[0], 7, &["more"])).await.unwrap();
    let mut moved = says(10, STREAMS[1], 7, &["an address changes hands"]);
    moved.releases = vec![claim("ticket-1", "ticket-1")];
    store.append(moved).await.unwrap();
    store.erase_key("customer-9-2").await.unwrap();
    store.erase_key("nobody-yet").await.unwrap();
    store.init_meta("secret", &[0, 1, 255]).await.unwrap();
    store.reserve_numbers("ticket", 41).await.unwrap();
}

/// All that a store answers.
#[derive(Debug, PartialEq)]
pub struct Answers {
    pub events: Vec<StoredEvent>,
    pub hashes: Vec<[u8; 32]>,
    pub keys: Vec<KeyState>,
    pub owners: Vec<Option<String>>,
    pub commands: Vec<String>,
    pub meta: Vec<Option<Vec<u8>>>,
}

pub async fn answers(store: &dyn EventStore) -> Answers {
    let mut asked = vec!["nobody-yet".to_owned(), "nobody-ever".to_owned()];
    for stream in STREAMS {
        asked.extend((1..12).map(|n| format!("{stream}-{n}")));
    }
    let (mut owners, mut commands, mut meta) = (Vec::new(), Vec::new(), Vec::new());
    for stream in STREAMS {
        owners.push(store.claim_owner("address", stream).await.unwrap());
    }
    for n in 1..12 {
        commands.push(format!("{:?}", store.find_command(Uuid::from_u128(n)).await.unwrap()));
    }
    for name in ["secret", crate::STORE_ID, "none"] {
        meta.push(store.meta(name).await.unwrap());
    }
    Answers {
        events: store.read_all(0, 1000, Sealed::With).await.unwrap(),
        hashes: store.payload_hashes(0, 1000).await.unwrap(),
        keys: store.keys(&asked).await.unwrap(),
        owners,
        commands,
        meta,
    }
}

/// What was there goes on, and what comes follows it.
pub async fn lives_on(store: &dyn EventStore, head: u64) {
    let again = store.append(says(1, STREAMS[0], 0, &TEXTS)).await.unwrap();
    assert!(matches!(again, Outcome::AlreadyAppended(receipt) if receipt.first == 1), "{again:?}");
    let mut taken = says(20, "ticket-4", 0, &["x"]);
    taken.claims = vec![claim(STREAMS[1], "ticket-4")];
    assert!(matches!(store.append(taken).await.unwrap(), Outcome::Claimed(_)));
    let version = store.read_stream(STREAMS[2], 0, 99, Sealed::With).await.unwrap().len() as u64;
    let next = store.append(says(21 + u128::from(head), STREAMS[2], version, &["next"])).await;
    let Outcome::Appended(receipt) = next.unwrap() else { panic!("it was not written") };
    assert_eq!(receipt.first, head + 1);
    assert!(store.reserve_numbers("ticket", 1).await.unwrap() >= 42, "no number is used twice");
}

pub fn reading(at: i64) -> Access {
    let text = |text: &str| text.to_owned();
    Access {
        at,
        token_id: text("t"),
        actor_kind: text("agent"),
        actor_id: text("agent-1"),
        action: text("history"),
        subject: text("żółw'"),
    }
}
