//! Everything a request needs at hand: the desk, the log behind it, what is folded from it, and
//! what is kept beside it.

mod erase;
mod log;
mod start;
mod store_url;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use docket_commands::{CommandError, Desk};
use docket_domain::ids::TicketId;
use docket_domain::instant::Instant;
use docket_projections::names::Names;
use docket_projections::recorded::Reader;
use docket_projections::runner::Projections;
use docket_projections::{REGISTRY, history};
use docket_store::access::{Access, AccessLog};
use docket_store::vault::{KeyFile, Vault};
use docket_store::{Clock, EventStore, Position, Sealed};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::value::RawValue;
use tokio::sync::{Mutex, watch};
use uuid::Uuid;

pub use self::erase::Erased;
pub use self::log::{KURRENT_FILE, Log};
pub use self::start::{StartError, create_private};
pub use self::store_url::StoreUrl;
use crate::attachments::Attachments;
use crate::auth::{self, Principal, Tokens};
use crate::call::Call;
use crate::cases::Cases;
use crate::config::Config;
use crate::erasures::Erasures;
use crate::filter::{self, Pairs};
use crate::metrics;
use crate::problem::Problem;
use crate::rate::Rates;
use crate::side::Side;

/// The file, in the data folder, of the key that wraps the data keys. It is never in a backup.
pub const KEY_FILE: &str = "docket.key";

/// The file, in the data folder, of the views. It can be thrown away: the log makes it again.
pub const VIEWS_FILE: &str = "views.sqlite";

/// The file, in the data folder, of who read what.
pub const ACCESS_FILE: &str = "access.sqlite";

/// The file, in the data folder, of what is kept beside the log, where that is not shared.
pub const SIDE_FILE: &str = "side.sqlite";

/// How far behind the log the views may be before requests are unwelcome.
const STALE_AFTER_MS: i64 = 30_000;

/// How long the end waits for the last readings to be on record.
const FLUSH_PATIENCE: Duration = Duration::from_secs(5);

/// A running Docket, shared by all threads.
pub struct Docket {
    /// The event log.
    pub store: Arc<dyn EventStore>,
    /// The one way to change anything.
    pub desk: Arc<Desk>,
    /// Reads streams with their texts.
    pub reader: Reader,
    /// What actors are called.
    pub names: Arc<Names>,
    /// The answers across streams.
    pub views: Projections,
    /// Tickets as answers show them.
    pub cases: Cases,
    /// Who may call.
    pub tokens: Tokens,
    /// How often they may.
    pub rates: Rates,
    /// Files.
    pub attachments: Attachments,
    /// Who reads what.
    pub access: Box<dyn AccessLog>,
    /// The saved views.
    pub side: Side,
    /// Who was erased.
    erasures: Erasures,
    /// Whose erasure is written down and not begun; held by whoever writes in the ledger.
    to_erase: Mutex<BTreeSet<String>>,
    /// Of whom something is still to be forgotten; held by whoever does that.
    erasing: Mutex<BTreeSet<String>>,
    /// Figures.
    pub figures: PrometheusHandle,
    /// Held by whoever has much of the log read at once, to try a draft on the past or for a report: two at
    /// once would leave no core to commands.
    pub trying: Mutex<()>,
    log: Log,
    /// How far the log reached before anything of it was kept in memory.
    opened_at: Position,
    ready: AtomicBool,
    stopping: watch::Sender<bool>,
}

impl Docket {
    /// Opens everything; creates what is not there yet.
    pub async fn open(config: &Config, clock: Clock) -> Result<Self, StartError> {
        let data = &config.data;
        create_private(data)
            .map_err(StartError::io(format!("cannot create {}", data.display())))?;
        let figures = metrics::install()?;
        let log = Log::open(config, clock.clone()).await?;
        let store = log.store();
        let opened_at = store.head();
        let key = KeyFile::load_or_create(&data.join(KEY_FILE), &*store).await?;
        let erasures = Erasures::of(data);
        let unfinished = erasures.replay(&*store).await?;
        let vault = Arc::new(Vault::new(store.clone(), key));
        let desk = Arc::new(Desk::open(store.clone(), vault.clone(), clock.clone()).await?);
        let reader = Reader::new(store.clone(), vault);
        let names = Arc::new(Names::new(reader.clone()));
        let rates = Rates::new(config.rate_limit, clock.clone());
        let views = log.views(data);
        let views =
            Projections::start(&views, reader.clone(), names.clone(), clock, REGISTRY).await?;
        // What a crash or a backup left may be older than an erasure, and must not be shown.
        for subject in &unfinished {
            tracing::warn!(subject, "forgotten again: the erasure was not finished, or undone");
            views.refold_subject(subject).await?;
        }
        let side = log.side(data).await?;
        Ok(Self {
            names,
            views,
            cases: Cases::new(),
            tokens: Tokens::load(&*store).await?,
            rates,
            attachments: Attachments::open(config, reader.clone(), &side).await?,
            access: log.access(data).await?,
            side,
            erasures,
            to_erase: Mutex::default(),
            erasing: Mutex::new(unfinished),
            figures,
            trying: Mutex::default(),
            log,
            opened_at,
            ready: AtomicBool::new(false),
            stopping: watch::Sender::new(false),
            store,
            desk,
            reader,
        })
    }

    /// The ticket that an id or a number in a path names. An id is taken at its word: whoever uses
    /// it finds out whether there is such a ticket.
    pub async fn locate(&self, id_or_number: &str) -> Result<Option<TicketId>, Problem> {
        match Uuid::try_parse(id_or_number) {
            Ok(id) => Ok(Some(TicketId(id))),
            Err(_) => Ok(self.desk.find_ticket(id_or_number).await?),
        }
    }

    /// Puts on record who reads what. When that cannot be, the case must not be shown.
    pub fn read_by(&self, who: &Principal, what: &str, subject: String) -> Result<(), Problem> {
        Ok(self.access.record(Access {
            at: self.now().0,
            token_id: who.token.to_string(),
            actor_kind: who.kind().to_owned(),
            actor_id: who.acts_as().to_string(),
            action: what.to_owned(),
            subject,
        })?)
    }

    /// Why a command did not take effect, with the events its asker missed where that is why: whoever is
    /// shown those of a ticket or a customer reads a history, and that is on record.
    pub async fn refusal(&self, who: &Principal, error: CommandError) -> Problem {
        let CommandError::Stale { actual, missed } = error else {
            return Problem::from(error);
        };
        if let Some(("ticket" | "customer", subject)) =
            missed.first().and_then(|it| it.stream.split_once('-'))
            && let Err(problem) = self.read_by(who, "history", subject.to_owned())
        {
            return problem;
        }
        let rendered = history::render(&self.reader, &self.names, &missed).await;
        let events = match rendered {
            Ok(events) => events.into_iter().filter_map(|text| RawValue::from_string(text).ok()),
            Err(error) => return error.into(),
        };
        Problem::stale(actual, events.collect())
    }

    /// The secret of the token that a call issues: random, or, for a call that can be repeated, one
    /// that only this server can find again, so that the repetition is answered with the same.
    pub fn secret(&self, call: &Call) -> Result<String, Problem> {
        if !call.repeatable {
            return auth::mint();
        }
        let name = [b"token/".as_slice(), call.command_id.as_bytes()].concat();
        Ok(auth::secret(self.desk.fingerprint(&name)))
    }

    /// What keeps requests from being welcome; nothing when they are.
    pub async fn not_ready(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.is_stopping() {
            reasons.push("the server stops".to_owned());
        } else if !self.ready.load(Ordering::Relaxed) {
            reasons.push("the server starts".to_owned());
        }
        let lag = self.views.lag();
        if !lag.ready {
            reasons.push("the views are being built".to_owned());
        }
        if lag.lag_ms > STALE_AFTER_MS {
            reasons.push(format!("the views are {} ms behind the log", lag.lag_ms));
        }
        if lag.failing.is_some() {
            // Why is in the log and at `/v1/projections`: whoever asks this shows no token.
            reasons.push("the views cannot be written".to_owned());
        }
        if self.store.read_all(0, 1, Sealed::Without).await.is_err() {
            reasons.push("the store does not answer".to_owned());
        }
        reasons
    }

    /// Takes the figures that are only asked for now and then.
    pub async fn measure(&self) {
        metrics::head(self.store.head());
        metrics::waiting_appends(self.log.waiting());
        // Where the views do not answer, their figures stay as they were.
        for view in self.views.status().await.unwrap_or_default() {
            metrics::view_lag(view.name, view.lag);
            metrics::parked(view.name, view.parked.len() as u64);
            metrics::build(view.name, view.build.as_ref());
        }
    }

    /// The parameters that a saved view of somebody stands for.
    pub async fn saved_filter(&self, who: &Principal, id: Uuid) -> Result<Pairs, Problem> {
        let saved =
            self.side.view(&who.actor().id, id).await.map_err(|error| Problem::side(&error))?;
        let saved = saved.ok_or_else(|| {
            Problem::field("/view", "unknown_view", "there is no such saved view of yours")
        })?;
        let saved = serde_json::from_str(saved.filter.get()).map_err(|_| Problem::internal())?;
        filter::saved_pairs(&saved)
    }

    /// From where on events of other processes must be followed; `None` where there are none.
    pub fn follows_from(&self) -> Option<Position> {
        self.log.is_shared().then_some(self.opened_at)
    }

    /// The time now.
    pub fn now(&self) -> Instant {
        self.desk.now()
    }

    /// Says that requests are welcome.
    pub fn set_ready(&self) {
        self.ready.store(true, Ordering::Relaxed);
    }

    /// Says that the server stops: readiness goes off, streams end.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Whether the server stops.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Resolves when the server stops.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Writes down what waits and closes the files.
    pub async fn close(&self) {
        // A disk that stays full must not keep the process from ending.
        match tokio::time::timeout(FLUSH_PATIENCE, self.access.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the access log was not written to its end"),
            Err(_) => tracing::error!("the access log was not written to its end in time"),
        }
        self.views.stop().await;
        self.side.close().await;
        self.log.close().await;
    }
}
