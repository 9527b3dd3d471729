//! A real desk in a folder of its own: log, vault and views, and hands that write events.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use docket_domain::codec::{Event, encode};
use docket_domain::envelope::Envelope;
use docket_domain::party::Actor;
use docket_projections::REGISTRY;
use docket_projections::documents::Views;
use docket_projections::names::Names;
use docket_projections::recorded::Reader;
use docket_projections::runner::Projections;
use docket_projections::view::Registered;
use docket_store::postgres::Hosts;
use docket_store::sqlite::SqliteStore;
use docket_store::vault::{KeyFile, Vault};
use docket_store::{
    Append, Clock, EventStore, Expected, NewEvent, Outcome, Position, StreamWrite, event_id,
};
use docket_test_servers::postgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::story::{MONDAY, by_customer, jan};

/// Long enough for the slowest machine; nothing waits for it unless a test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where a desk has its views.
#[derive(Clone)]
pub enum On {
    Sqlite,
    Postgres(Arc<postgres::Database>),
}

impl On {
    /// Both databases, each empty; PostgreSQL only where it is installed.
    pub fn each() -> impl Iterator<Item = Self> {
        let server = postgres::database().map(Arc::new).map(Self::Postgres);
        [Self::Sqlite].into_iter().chain(server)
    }

    pub fn views(&self, folder: &Path) -> Views {
        match self {
            Self::Sqlite => Views::File(folder.join("views.sqlite")),
            Self::Postgres(database) => Views::Postgres(Hosts::parse(database.url()).unwrap()),
        }
    }
}

pub struct Desk {
    pub on: On,
    pub reader: Reader,
    pub names: Arc<Names>,
    pub views: Projections,
    pub folder: TempDir,
    sqlite: Arc<SqliteStore>,
    now: Arc<AtomicI64>,
    clock: Clock,
    pub registry: Vec<Registered>,
}

impl Desk {
    /// With its views in a file: for what concerns no view, or only the file.
    pub async fn open() -> Self {
        Self::open_on(&On::Sqlite).await
    }

    pub async fn open_on(on: &On) -> Self {
        Self::open_with(on, REGISTRY).await
    }

    pub async fn open_with(on: &On, registry: &[Registered]) -> Self {
        Self::open_in(on.clone(), tempfile::tempdir().unwrap(), MONDAY.0, registry).await
    }

    async fn open_in(on: On, folder: TempDir, now: i64, registry: &[Registered]) -> Self {
        let now = Arc::new(AtomicI64::new(now));
        let ticking = now.clone();
        let clock: Clock = Arc::new(move || ticking.load(Ordering::SeqCst));
        let path = folder.path().join("log.sqlite");
        let sqlite = Arc::new(SqliteStore::open(path, clock.clone()).await.unwrap());
        let store: Arc<dyn EventStore> = sqlite.clone();
        let key = KeyFile::load_or_create(&folder.path().join("key"), &*store).await.unwrap();
        let vault = Arc::new(Vault::new(store.clone(), key));
        let reader = Reader::new(store, vault);
        let names = Arc::new(Names::new(reader.clone()));
        let views = on.views(folder.path());
        let following = clock.clone();
        let views = Projections::start(&views, reader.clone(), names.clone(), following, registry)
            .await
            .unwrap();
        Self { on, reader, names, views, folder, sqlite, now, clock, registry: registry.to_vec() }
    }

    /// Does something while nobody projects. Who was asked for names before goes on knowing them.
    pub async fn unwatched(&mut self, something: impl AsyncFnOnce(&Self)) {
        self.views.stop().await;
        something(self).await;
        let (reader, names) = (self.reader.clone(), self.names.clone());
        let views = self.on.views(self.folder.path());
        let views =
            Projections::start(&views, reader, names, self.clock.clone(), &self.registry).await;
        self.views = views.unwrap();
    }

    /// Closes everything and opens it again; `between` may do something to the folder.
    pub async fn reopened(self, between: impl FnOnce(&Path)) -> Self {
        self.views.stop().await;
        self.sqlite.close().await;
        let now = self.now.load(Ordering::SeqCst);
        let Self { on, folder, registry, .. } = self;
        between(folder.path());
        Self::open_in(on, folder, now, &registry).await
    }

    /// Closes everything, loses the views, and opens it again.
    pub async fn reopened_without_views(self) -> Self {
        self.views.stop().await;
        if let On::Postgres(database) = &self.on {
            let mut connection = PgConnection::connect(database.url()).await.unwrap();
            sqlx::raw_sql("DROP SCHEMA docket_views CASCADE")
                .execute(&mut connection)
                .await
                .unwrap();
        }
        self.reopened(|folder| drop(std::fs::remove_file(folder.join("views.sqlite")))).await
    }

    /// Changes the views behind everybody's back.
    pub async fn tampers_with_its_views(&self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match &self.on {
            On::Sqlite => {
                let file = self.folder.path().join("views.sqlite");
                let file = format!("sqlite://{}", file.display());
                let mut file = SqliteConnection::connect(&file).await.unwrap();
                sql.execute(&mut file).await.unwrap();
            }
            On::Postgres(database) => {
                let mut server = PgConnection::connect(database.url()).await.unwrap();
                sqlx::raw_sql("SET search_path TO docket_views")
                    .execute(&mut server)
                    .await
                    .unwrap();
                sql.execute(&mut server).await.unwrap();
            }
        }
    }

    /// Lets time pass.
    pub fn later(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    /// Appends events to one stream, as one command; answers the position of the last.
    pub async fn happens(&self, stream: &str, events: Vec<(Actor, Event)>) -> Position {
        let version =
            self.reader.store.read_stream(stream, 0, 10_000, docket_store::Sealed::Without);
        let version = version.await.unwrap().len() as u64;
        let expected = if version == 0 { Expected::NoStream } else { Expected::Exact(version) };
        let command_id = Uuid::now_v7();
        let mut session = self.reader.vault.seal_session();
        let mut new = Vec::new();
        let mut subjects = vec![stream.to_owned()];
        if stream.starts_with("ticket-") {
            subjects.push(jan().id.stream());
        }
        for (index, (actor, event)) in events.into_iter().enumerate() {
            let mut encoded = encode(&event).unwrap();
            let id = event_id(command_id, index);
            let sealed = session.seal(&mut encoded.payload, id, &subjects).await.unwrap();
            new.push(NewEvent {
                event_type: encoded.event_type,
                schema: encoded.schema,
                occurred_at: None,
                envelope: serde_json::to_string(&envelope(actor, command_id)).unwrap(),
                payload: encoded.payload.to_string(),
                sealed,
            });
        }
        let append = Append {
            command_id,
            fingerprint: [0; 32],
            writes: vec![StreamWrite { stream: stream.to_owned(), expected, events: new }],
            claims: Vec::new(),
            releases: Vec::new(),
            new_keys: session.into_new_keys(),
        };
        match self.reader.store.append(append).await.unwrap() {
            Outcome::Appended(receipt) => receipt.last,
            other => panic!("{other:?}"),
        }
    }

    /// Appends ticket events, the customer being the actor of each.
    pub async fn ticket(
        &self,
        stream: &str,
        events: Vec<docket_domain::ticket::event::TicketEvent>,
    ) -> Position {
        let events = events.into_iter().map(|event| (by_customer(&jan()), Event::Ticket(event)));
        self.happens(stream, events.collect()).await
    }

    /// Waits until the views show everything.
    pub async fn shown(&self) {
        let head = self.reader.store.head();
        assert!(self.views.wait_for(head, PATIENCE).await, "{:?}", self.views.lag());
    }

    /// A view's table, row by row.
    pub async fn table(&self, view: &str) -> Vec<String> {
        self.shown().await;
        self.views.documents().dump(view).await.unwrap()
    }
}

fn envelope(actor: Actor, command_id: Uuid) -> Envelope {
    Envelope {
        actor,
        channel: None,
        client: None,
        command_id,
        causation_id: None,
        correlation_id: command_id,
        source: None,
    }
}
