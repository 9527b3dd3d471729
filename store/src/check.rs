//! Is the log what was written? A check of all of it, over the port.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::{EventStore, Millis, Position, Sealed, StoreError, StoredEvent, Version};

/// Events that are looked at together.
const BATCH: usize = 1000;

/// Faults that are told one by one; more would help nobody.
const FAULTS_TOLD: usize = 100;

/// Something in the log that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFault {
    /// At which event.
    pub position: Position,
    /// What is wrong, in one sentence.
    pub what: String,
}

/// What a check of the log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogReport {
    /// How many events were checked.
    pub events: u64,
    /// In how many streams.
    pub streams: u64,
    /// What is wrong: the first hundred faults.
    pub faults: Vec<LogFault>,
}

/// Reads the whole log as it stands at the start, and checks that positions and the versions of
/// every stream have no gaps, that `recorded_at` never goes back, and that every payload has the hash
/// that it had when it was appended. Tells `progress` the position it has reached.
///
/// # Errors
/// When the log cannot be read at all; faults are not errors but part of the report.
pub async fn check_log(
    store: &dyn EventStore,
    progress: &mut (dyn FnMut(Position) + Send),
) -> Result<LogReport, StoreError> {
    let head = store.head();
    let mut check = Check::default();
    while check.position < head {
        let limit = BATCH.min((head - check.position) as usize);
        let events = store.read_all(check.position, limit, Sealed::Without).await?;
        let hashes = store.payload_hashes(check.position, limit).await?;
        if events.is_empty() || events.len() != hashes.len() {
            check.fault(check.position + 1, "the log ends here, but its head is further on".into());
            break;
        }
        for (event, hash) in events.iter().zip(&hashes) {
            check.event(event, hash);
        }
        progress(check.position);
    }
    Ok(check.report())
}

/// A check that is under way: event by event, in the order of the log.
#[derive(Default)]
pub(crate) struct Check {
    position: Position,
    recorded_at: Option<Millis>,
    versions: HashMap<String, Version>,
    report: LogReport,
}

impl Check {
    /// The position that was checked last.
    pub fn position(&self) -> Position {
        self.position
    }

    /// What was found so far.
    pub fn report(&self) -> LogReport {
        LogReport { streams: self.versions.len() as u64, ..self.report.clone() }
    }

    /// Checks the event that follows.
    pub fn event(&mut self, event: &StoredEvent, hash: &[u8; 32]) {
        let position = event.position;
        if position != self.position + 1 {
            let missing = self.position + 1;
            self.fault(position, format!("the position before it is missing (from {missing} on)"));
        }
        let version = self.versions.get(&event.stream).copied().unwrap_or(0);
        if event.version != version + 1 {
            let (stream, found) = (&event.stream, event.version);
            self.fault(position, format!("{stream} goes from version {version} to {found}"));
        }
        if self.recorded_at.is_some_and(|earlier| event.recorded_at < earlier) {
            self.fault(position, "it was recorded before its predecessor".to_owned());
        }
        if Sha256::digest(event.payload.as_bytes())[..] != hash[..] {
            let (stream, version) = (&event.stream, event.version);
            self.fault(position, format!("the payload of {stream} version {version} was altered"));
        }
        self.position = position;
        self.recorded_at = Some(event.recorded_at);
        match self.versions.get_mut(&event.stream) {
            Some(version) => *version = event.version,
            None => {
                self.versions.insert(event.stream.clone(), event.version);
            }
        }
        self.report.events += 1;
    }

    fn fault(&mut self, position: Position, what: String) {
        if self.report.faults.len() < FAULTS_TOLD {
            self.report.faults.push(LogFault { position, what });
        }
    }
}
