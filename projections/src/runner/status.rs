//! How far the views are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use docket_store::{Clock, EventStore, Position};
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::documents::{Build, Differences, Parked, Table};
use crate::view::Registered;

/// How far all views are behind the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lag {
    /// The position up to which they are written.
    pub position: Position,
    /// The position of the log's last event.
    pub head: Position,
    /// For how many milliseconds events have been waiting; 0 when none wait.
    pub lag_ms: i64,
    /// How many milliseconds after it was recorded the last event could be seen in the views.
    pub last_delay_ms: i64,
    /// What keeps them from being written, if anything does.
    pub failing: Option<String>,
    /// Whether all views have a table.
    pub ready: bool,
}

/// What `GET /v1/projections` says of a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ViewStatus {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: u32,
    /// The position up to which it is written.
    pub position: Position,
    /// How many events it is behind the log.
    pub lag: u64,
    /// For how many milliseconds events have been waiting.
    pub lag_ms: i64,
    /// How it is.
    pub state: State,
    /// The streams for which it stands still.
    pub parked: Vec<Parked>,
    /// How far its new table is, while one is being built.
    pub build: Option<BuildStatus>,
    /// The table that answers.
    pub table: Option<String>,
    /// The table that answered before, until it is dropped.
    pub kept: Option<KeptStatus>,
}

/// A table that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptStatus {
    /// Its name.
    pub table: String,
    /// The position up to which it is written.
    pub position: Position,
}

/// What the tables themselves say of views.
#[derive(Default)]
pub(super) struct Told {
    pub parked: Vec<Parked>,
    pub builds: Vec<Build>,
    pub in_use: Vec<(Registered, Table)>,
    pub kept: Vec<(Table, Position)>,
}

/// How far a table is that is being built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BuildStatus {
    /// How many events it has behind it.
    pub position: Position,
    /// How many there are.
    pub head: Position,
    /// In how many milliseconds it will be there, if it goes on as it did; null while nothing can be
    /// said.
    pub left_ms: Option<i64>,
}

/// How a view is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It follows the log.
    Live,
    /// It follows the log, but stands still for some streams.
    Degraded,
    /// It is being built; until it has a table it answers nothing, else the old table answers.
    Building,
    /// It cannot be written at the moment.
    Failing,
}

/// What the task tells about itself.
pub(super) struct Progress {
    store: Arc<dyn EventStore>,
    clock: Clock,
    cursor: watch::Sender<Position>,
    /// When the oldest event that waits was recorded; 0 when none is known to wait.
    waiting_since: AtomicI64,
    last_delay: AtomicI64,
    failing: Mutex<Option<String>>,
    building: Mutex<BTreeSet<String>>,
    compared: Mutex<BTreeMap<&'static str, Differences>>,
    ready: watch::Sender<bool>,
    /// Whether this node projects.
    leads: AtomicBool,
}

impl Progress {
    pub fn new(store: Arc<dyn EventStore>, clock: Clock, cursor: Position) -> Self {
        Self {
            store,
            clock,
            cursor: watch::channel(cursor).0,
            waiting_since: AtomicI64::new(0),
            last_delay: AtomicI64::new(0),
            failing: Mutex::new(None),
            building: Mutex::new(BTreeSet::new()),
            compared: Mutex::new(BTreeMap::new()),
            ready: watch::channel(false).0,
            leads: AtomicBool::new(false),
        }
    }

    /// This node projects from now on, or does not.
    pub fn leads(&self, leads: bool) {
        self.leads.store(leads, Ordering::Relaxed);
    }

    pub fn is_leading(&self) -> bool {
        self.leads.load(Ordering::Relaxed)
    }

    /// The batch that begins with an event recorded at this time is being worked on.
    pub fn begins(&self, recorded_at: i64) {
        self.waiting_since.store(recorded_at, Ordering::Relaxed);
    }

    /// Everything up to this position is written.
    pub fn arrived(&self, cursor: Position) {
        let began = self.waiting_since.swap(0, Ordering::Relaxed);
        if began > 0 {
            self.last_delay.store(((self.clock)() - began).max(0), Ordering::Relaxed);
        }
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.cursor.send_replace(cursor);
    }

    /// Up to where the views are written, as far as this node knows.
    pub fn cursor(&self) -> Position {
        *self.cursor.borrow()
    }

    /// Another node projects: this far, while it builds these views, and all have a table or not.
    pub fn looks_on(&self, cursor: Position, building: &[String], complete: bool) {
        let moved =
            self.cursor.send_if_modified(|known| std::mem::replace(known, cursor) != cursor);
        let waits = self.waiting_since.load(Ordering::Relaxed) > 0;
        let since = match (cursor >= self.store.head(), moved || !waits) {
            (true, _) => Some(0),
            // Since when an event waits is not known here; since when it is seen to wait, is.
            (false, true) => Some((self.clock)()),
            (false, false) => None,
        };
        if let Some(since) = since {
            self.waiting_since.store(since, Ordering::Relaxed);
        }
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.building.lock().unwrap_or_else(PoisonError::into_inner) =
            building.iter().cloned().collect();
        self.ready.send_replace(complete);
    }

    /// All views have a table.
    pub fn ready(&self) {
        self.ready.send_replace(true);
    }

    pub fn failed(&self, why: impl Into<String>) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.into());
    }

    /// Marks views as being built; answers one of them that is already.
    pub fn builds(&self, views: &[Registered]) -> Result<(), &'static str> {
        let mut building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = views.iter().find(|view| building.contains(view.name)) {
            return Err(view.name);
        }
        building.extend(views.iter().map(|view| view.name.to_owned()));
        Ok(())
    }

    pub fn is_building(&self, view: &str) -> bool {
        self.building.lock().unwrap_or_else(PoisonError::into_inner).contains(view)
    }

    pub fn built(&self, views: &[Registered]) {
        let mut building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        building.retain(|name| !views.iter().any(|view| view.name == name));
    }

    /// A new table of a view was held against the one before.
    pub fn compared(&self, view: &'static str, differences: Differences) {
        self.compared.lock().unwrap_or_else(PoisonError::into_inner).insert(view, differences);
    }

    pub fn compared_of(&self, view: &str) -> Option<Differences> {
        self.compared.lock().unwrap_or_else(PoisonError::into_inner).get(view).copied()
    }

    /// Resolves once the views are ready and hold the event at `position`.
    pub async fn reached(&self, position: Position) {
        let mut ready = self.ready.subscribe();
        let mut cursor = self.cursor.subscribe();
        // Neither sender can be gone: both are ours.
        let _ = ready.wait_for(|ready| *ready).await;
        let _ = cursor.wait_for(|cursor| *cursor >= position).await;
    }

    pub fn lag(&self) -> Lag {
        let (position, head) = (*self.cursor.borrow(), self.store.head());
        let since = self.waiting_since.load(Ordering::Relaxed);
        let waits = position < head && since > 0;
        Lag {
            position,
            head,
            lag_ms: if waits { ((self.clock)() - since).max(0) } else { 0 },
            last_delay_ms: self.last_delay.load(Ordering::Relaxed),
            failing: self.failing.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            ready: *self.ready.borrow(),
        }
    }

    pub fn of_view(&self, view: &Registered, told: &Told) -> ViewStatus {
        let Told { parked, builds, in_use, kept } = told;
        let lag = self.lag();
        let building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        let parked: Vec<Parked> = parked.iter().filter(|p| p.view == view.name).cloned().collect();
        ViewStatus {
            name: view.name,
            version: view.version,
            position: lag.position,
            lag: lag.head.saturating_sub(lag.position),
            lag_ms: lag.lag_ms,
            state: match (building.contains(view.name), &lag.failing, parked.is_empty()) {
                (true, ..) => State::Building,
                (_, Some(_), _) => State::Failing,
                (_, _, false) => State::Degraded,
                (_, None, true) => State::Live,
            },
            parked,
            build: builds.iter().find(|build| build.view == view.name).map(|build| BuildStatus {
                position: build.done.min(lag.head),
                head: lag.head,
                left_ms: build.left(lag.head),
            }),
            table: in_use
                .iter()
                .find(|(of, _)| of.name == view.name)
                .map(|(_, table)| table.name.to_string()),
            kept: kept
                .iter()
                .find(|(table, _)| table.view == view.name)
                .map(|(table, at)| KeptStatus { table: table.name.to_string(), position: *at }),
        }
    }
}
