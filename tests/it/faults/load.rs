//! Writers that send each command under its own key until it is accepted: at the same server, or at the
//! next where there are several.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use docket_tests::process::Process;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::kill::command;
use super::ledger::{Acknowledged, Ledger, Target};

const WRITERS: u64 = 8;

/// How long an outage may last for those who wait.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a writer waits for one answer before it asks the next server under the same key: longer than
/// any server of ours waits for its database, so that what stands still is said to and not just given up.
const ANSWERS_WITHIN: Duration = Duration::from_secs(40);

/// Writers at work on some servers.
pub struct Load {
    answered: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    enough: Arc<AtomicBool>,
    writers: Vec<JoinHandle<Ledger>>,
}

impl Load {
    pub fn on(targets: &[Target]) -> Self {
        let counter = Arc::<AtomicU64>::default;
        let (answered, refused, number) = (counter(), counter(), counter());
        let enough = Arc::<AtomicBool>::default();
        let writers = (0..WRITERS).map(|first| {
            tokio::spawn(write(Writer {
                first: first as usize,
                targets: targets.to_vec(),
                number: number.clone(),
                answered: answered.clone(),
                refused: refused.clone(),
                enough: enough.clone(),
            }))
        });
        Self { writers: writers.collect(), answered, refused, enough }
    }

    /// Waits until that many more commands were accepted.
    pub async fn goes_on(&self, commands: u64) {
        more(&self.answered, commands, "nothing is accepted any more").await;
    }

    /// Waits until a command was refused for the time being.
    pub async fn is_refused(&self) {
        more(&self.refused, 1, "nothing is refused").await;
    }

    pub async fn end(self) -> Ledger {
        self.enough.store(true, Ordering::SeqCst);
        let mut ledger = Ledger::default();
        for writer in self.writers {
            ledger.add(writer.await.unwrap());
        }
        ledger
    }
}

async fn more(counter: &AtomicU64, by: u64, otherwise: &str) {
    let (began, before) = (Instant::now(), counter.load(Ordering::SeqCst));
    while counter.load(Ordering::SeqCst) < before + by {
        assert!(began.elapsed() < PATIENCE, "{otherwise}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What one writer has at hand.
struct Writer {
    /// Which of the servers it begins with.
    first: usize,
    targets: Vec<Target>,
    number: Arc<AtomicU64>,
    answered: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    enough: Arc<AtomicBool>,
}

async fn write(writer: Writer) -> Ledger {
    let Writer { first, targets, number, answered, refused, enough } = writer;
    let (mut ledger, mut ticket, mut at) = (Ledger::default(), None::<String>, first);
    while !enough.load(Ordering::SeqCst) {
        let n = number.fetch_add(1, Ordering::SeqCst);
        let sent = command(n, ticket.as_deref());
        let began = Instant::now();
        let (status, answer) = loop {
            let answer = timeout(ANSWERS_WITHIN, targets[at % targets.len()].send(&sent)).await;
            match answer.ok().flatten() {
                Some((status, answer)) if status.is_success() => break (status, answer),
                Some((status, answer)) => {
                    assert_eq!(status.as_u16(), 503, "{answer}");
                    refused.fetch_add(1, Ordering::SeqCst);
                }
                None => {}
            }
            assert!(began.elapsed() < PATIENCE, "{} is not accepted", sent.key);
            at += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        answered.fetch_add(1, Ordering::SeqCst);
        let id = serde_json::from_str::<serde_json::Value>(&answer).unwrap();
        ticket = if n.is_multiple_of(7) { None } else { id["id"].as_str().map(str::to_owned) };
        ledger.acknowledged.push(Acknowledged { sent, status, answer });
    }
    ledger
}

/// Holds what was answered against the log, and against what is answered again.
pub async fn holds(ledger: &Ledger, target: &Target) {
    ledger.every_text_is_in_the_log_once(target).await;
    ledger.every_key_gets_its_first_answer(target).await;
}

/// Starts a server on a database, with the key of the first where there is one.
pub async fn node(url: &str, first: Option<&Path>) -> (TempDir, Process) {
    let folder = tempfile::tempdir().unwrap();
    for name in ["docket.key", "admin.token"] {
        if let Some(first) = first {
            std::fs::copy(first.join(name), folder.path().join(name)).unwrap();
        }
    }
    let process = Process::serve_from(folder.path(), Some(url)).await;
    (folder, process)
}
