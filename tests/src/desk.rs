//! A desk under test: a real server on a free port, over a store in a folder of its own, with a
//! clock that stands still until a test moves it, and a caller for every role.
//!
//! ```no_run
//! # use docket_tests::desk::Desk;
//! # async fn example() {
//! let desk = Desk::open().await;
//! let ticket = desk.given_ticket().await;
//! let answer = desk.admin.post(&ticket.path("note"), &serde_json::json!({ "body": "hm" })).await;
//! answer.is(200);
//! # }
//! ```

mod caller;
mod restarted;

pub use self::caller::{Caller, Reply};

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use docket_api::auth;
use docket_api::cli::token;
use docket_api::config::{Config, Options};
use docket_api::server::{self, Server};
use docket_domain::ids::AgentId;
use docket_domain::token::Role;
#[cfg(feature = "kurrentdb")]
use docket_kurrent_double::Double;
use docket_test_servers::postgres::{self, Database};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::client;

/// When every test begins: a Monday morning.
pub const MORNING: &str = "2026-03-02T09:00:00.000Z";

/// How long the slowest machine may take until requests are welcome.
const READY_WITHIN: Duration = Duration::from_secs(60);

const MORNING_MILLIS: i64 = 1_772_442_000_000;

/// Set to `postgres`, it makes every desk that names no store a desk on PostgreSQL, and set to
/// `kurrentdb`, where these tests are built with it, one on a double of KurrentDB; `kurrentdb+postgres` is
/// that with PostgreSQL beside it. The same tests hold all to account.
const STORE: &str = "DOCKET_TEST_STORE";

/// All roles, by the words of the API.
pub const ROLES: [(&str, Role); 5] = [
    ("agent", Role::Agent),
    ("supervisor", Role::Supervisor),
    ("auditor", Role::Auditor),
    ("analyst", Role::Analyst),
    ("admin", Role::Admin),
];

/// A running server, and who calls it.
pub struct Desk {
    /// The server itself, for what no caller can see or do.
    pub server: Server,
    /// An administrator.
    pub admin: Caller,
    /// Callers by role.
    pub callers: BTreeMap<&'static str, Caller>,
    /// Somebody without a token.
    pub anonymous: Caller,
    /// The id of the agent whom the `agent` token stands for.
    pub ann: String,
    data: TempDir,
    clock: Arc<AtomicI64>,
    /// What was given as `--store`, and as `--views`.
    store: Option<String>,
    views: Option<String>,
    /// Dropped last, when nobody uses it any more.
    database: Option<Database>,
    /// Dropped last, too.
    #[cfg(feature = "kurrentdb")]
    kurrent: Option<Double>,
}

/// Another server on the store of a desk, with the same clock.
pub struct Node {
    /// The server itself.
    pub server: Server,
    /// Its folder of what is its own.
    pub data: TempDir,
}

/// A ticket that a test was given.
#[derive(Clone, Debug)]
pub struct GivenTicket {
    /// Its id.
    pub id: String,
    /// Its number.
    pub number: String,
}

impl GivenTicket {
    /// The path of one of its commands.
    pub fn path(&self, command: &str) -> String {
        format!("/v1/tickets/{}/{command}", self.id)
    }

    /// Its own path.
    pub fn own(&self) -> String {
        format!("/v1/tickets/{}", self.id)
    }
}

impl Desk {
    /// Opens a desk with a token for each role and one agent, Ann.
    pub async fn open() -> Self {
        Self::open_with(Options::default()).await
    }

    /// As [`open`](Self::open), with options.
    pub async fn open_with(options: Options) -> Self {
        let asked = std::env::var(STORE).ok().filter(|_| options.store.is_none());
        match asked.as_deref() {
            Some("postgres") => Self::open_on(postgres::database(), options).await,
            #[cfg(feature = "kurrentdb")]
            Some("kurrentdb") => Self::open_on_kurrent(None, options).await,
            #[cfg(feature = "kurrentdb")]
            Some("kurrentdb+postgres") => {
                Self::open_on_kurrent(postgres::database(), options).await
            }
            _ => Self::open_on(None, options).await,
        }
    }

    /// Opens a desk on a double of KurrentDB, with a database beside it where one is given.
    #[cfg(feature = "kurrentdb")]
    pub async fn open_on_kurrent(database: Option<Database>, options: Options) -> Self {
        let double = Double::start().await;
        let views = database.as_ref().map(|database| database.url().to_owned());
        let options = Options { store: Some(double.url()), views, ..options };
        Self { kurrent: Some(double), database, ..Self::open_on(None, options).await }
    }

    /// Opens a desk on a database, or in a folder of its own where there is none.
    pub async fn open_on(database: Option<Database>, mut options: Options) -> Self {
        if let Some(database) = &database {
            options.store = Some(database.url().to_owned());
        }
        let data = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(AtomicI64::new(MORNING_MILLIS));
        let (store, views) = (options.store.clone(), options.views.clone());
        let config = config(data.path(), options);
        let reading = clock.clone();
        let server = server::start(&config, Arc::new(move || reading.load(Ordering::SeqCst)));
        let server = server.await.expect("the server starts");
        let url = format!("http://{}", server.address);
        let anonymous = Caller { client: client(), url, token: None };
        let admin = anonymous.with(&issue(&server, "admin", Role::Admin, None).await);
        let ann = admin.post("/v1/agents", &json!({ "name": "Ann" })).await.is(201);
        let ann = ann.text("/id");
        let mut callers = BTreeMap::from([("admin", admin.clone())]);
        for (name, role) in ROLES.into_iter().filter(|(name, _)| *name != "admin") {
            let agent = (name == "agent").then(|| AgentId(ann.parse().expect("a UUID")));
            callers.insert(name, anonymous.with(&issue(&server, name, role, agent).await));
        }
        server.docket.set_ready();
        ready(&server).await;
        Self {
            server,
            admin,
            callers,
            anonymous,
            ann,
            data,
            clock,
            store,
            views,
            database,
            #[cfg(feature = "kurrentdb")]
            kurrent: None,
        }
    }

    /// Opens a desk on what several servers share: a log in a database, or one on a double of KurrentDB
    /// with that database beside it, where [`STORE`] says so.
    pub async fn open_shared(database: Database) -> Self {
        match std::env::var(STORE).as_deref() {
            #[cfg(feature = "kurrentdb")]
            Ok("kurrentdb+postgres") => {
                Self::open_on_kurrent(Some(database), Options::default()).await
            }
            _ => Self::open_on(Some(database), Options::default()).await,
        }
    }

    /// Starts another server on the desk's database.
    ///
    /// # Panics
    /// When the desk is not on a database.
    pub async fn another_node(&self) -> Node {
        assert!(self.database.is_some(), "a desk on a database");
        let data = tempfile::tempdir().expect("a folder");
        // Whoever adds a server gives it a copy of the key.
        let key = |folder: &Path| folder.join(docket_api::docket::KEY_FILE);
        std::fs::copy(key(self.data()), key(data.path())).expect("the key");
        // And all keep their files in one place.
        let attachments = Some(self.data().join("attachments").display().to_string());
        let (store, views) = (self.store.clone(), self.views.clone());
        let options = Options { store, views, attachments, ..Options::default() };
        let clock = self.clock.clone();
        let clock = Arc::new(move || clock.load(Ordering::SeqCst));
        let server = server::start(&config(data.path(), options), clock).await;
        let server = server.expect("the server starts");
        server.docket.set_ready();
        ready(&server).await;
        Node { server, data }
    }

    /// The folder of everything that is kept.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The caller of a role.
    ///
    /// # Panics
    /// When there is no such role.
    pub fn caller(&self, role: &str) -> &Caller {
        self.callers.get(role).expect("a role")
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        let millis = i64::try_from(time.as_millis()).expect("a short time");
        self.clock.fetch_add(millis, Ordering::SeqCst);
    }

    /// Moves the clock, back as well as forth.
    pub fn jump(&self, millis: i64) {
        self.clock.fetch_add(millis, Ordering::SeqCst);
    }

    /// The time now, as JSON says it.
    pub fn now(&self) -> String {
        docket_domain::instant::Instant(self.clock.load(Ordering::SeqCst)).to_string()
    }

    /// A new ticket from a customer of its own.
    pub async fn given_ticket(&self) -> GivenTicket {
        self.given_ticket_with(json!({})).await
    }

    /// A new ticket, of which some things are said.
    pub async fn given_ticket_with(&self, said: Value) -> GivenTicket {
        let mut body = json!({
            "subject": "Parcel lost", "body": "Where is it?", "channel": "email",
            "customer": { "email": "jan@example.com", "name": "Jan Kowalski" },
        });
        for (name, value) in said.as_object().cloned().unwrap_or_default() {
            body[name] = value;
        }
        let created = self.admin.post("/v1/tickets", &body).await.is(201);
        GivenTicket { id: created.text("/id"), number: created.text("/number") }
    }

    /// Waits until the views show everything that was acknowledged.
    pub async fn views_caught_up(&self) {
        let head = self.server.docket.store.head();
        assert!(self.server.docket.views.wait_for(head, Duration::from_secs(30)).await);
    }
}

fn config(data: &Path, options: Options) -> Config {
    let listen = Some(([127, 0, 0, 1], 0).into());
    let data = Some(data.to_owned());
    let options = Options { listen, data, workers: Some(1), ..options };
    Config::settle(options).expect("options")
}

/// Waits until requests are welcome: a server on a database makes the tables of its views first.
async fn ready(server: &Server) {
    let began = Instant::now();
    loop {
        let reasons = server.docket.not_ready().await;
        if reasons.is_empty() {
            return;
        }
        assert!(began.elapsed() < READY_WITHIN, "it does not get ready: {reasons:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn issue(server: &Server, name: &str, role: Role, agent: Option<AgentId>) -> String {
    let secret = auth::mint().expect("randomness");
    let issued = token::issue(&server.docket, name, role, agent, &secret).await;
    issued.expect("a token");
    secret
}
