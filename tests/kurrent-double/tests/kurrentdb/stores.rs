//! Stores on doubles.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use docket_kurrent_double::Double;
use docket_store::kurrent::{KurrentStore, Settings};
use docket_store::{
    Append, Clock, EventStore, Expected, NewEvent, Outcome, Receipt, StoreError, StreamWrite,
    Version,
};
use tempfile::TempDir;
use uuid::Uuid;

/// A double with a folder for the file beside its log.
pub struct Place {
    pub double: Double,
    folder: TempDir,
}

impl Place {
    pub async fn new() -> Self {
        Self { double: Double::start().await, folder: tempfile::tempdir().unwrap() }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("kurrent.sqlite")
    }

    pub async fn open(&self) -> KurrentStore {
        self.try_open().await.unwrap()
    }

    pub async fn try_open(&self) -> Result<KurrentStore, StoreError> {
        KurrentStore::open(&self.double.url(), self.file(), clock(), impatient()).await
    }
}

/// It stands still.
pub fn clock() -> Clock {
    Arc::new(|| 1_700_000_000_000)
}

/// Nothing is finished behind a test's back.
pub fn impatient() -> Settings {
    Settings {
        deadline: Duration::from_secs(20),
        attempts: 2,
        pause: Duration::from_millis(1),
        finish_every: Duration::from_secs(3600),
        pass_over_every: Duration::from_secs(3600),
        ..Settings::default()
    }
}

pub fn event(payload: &str) -> NewEvent {
    NewEvent {
        event_type: "Noted".to_owned(),
        schema: 1,
        occurred_at: None,
        envelope: r#"{"actor":"agent-1"}"#.to_owned(),
        payload: payload.to_owned(),
        sealed: Some(format!("sealed {payload}")),
    }
}

pub fn write(stream: &str, expected: Version, payloads: &[&str]) -> StreamWrite {
    let expected = if expected == 0 { Expected::NoStream } else { Expected::Exact(expected) };
    let events = payloads.iter().map(|payload| event(payload)).collect();
    StreamWrite { stream: stream.to_owned(), expected, events }
}

pub fn command(writes: Vec<StreamWrite>) -> Append {
    Append {
        command_id: Uuid::now_v7(),
        fingerprint: [7; 32],
        writes,
        claims: Vec::new(),
        releases: Vec::new(),
        new_keys: Vec::new(),
    }
}

pub fn note(stream: &str, expected: Version) -> Append {
    command(vec![write(stream, expected, &["{}"])])
}

pub async fn appended(store: &KurrentStore, append: Append) -> Receipt {
    match store.append(append).await.unwrap() {
        Outcome::Appended(receipt) => receipt,
        other => panic!("expected the append to be written, but: {other:?}"),
    }
}
