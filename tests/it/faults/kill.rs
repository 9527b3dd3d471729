//! SIGKILL at random moments under load.
//!
//! Writers keep a ledger: each command goes out under its own `Idempotency-Key` with a text of its
//! own, and its answer is written down. A command whose answer never came is sent again, under the
//! same key, to the process that comes up next. In the end the log must hold every text of the
//! ledger exactly once, and every key must get its first answer again, to the byte.
//!
//! `DOCKET_KILL_CYCLES` says how many kills; 10 unless said. A hundred take 80 s in a debug build.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use docket_tests::process::{Process, admin_token};
use serde_json::{Value, json};

use super::ledger::{Acknowledged, Ledger, Sent, Target};

const WRITERS: usize = 16;

/// How many commands each server accepts at least before it is killed.
const BETWEEN_KILLS: u64 = 20;

/// How long the slowest machine may take for them.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_by_kills() {
    under_load(&[], 10).await;
}

/// Kills a server on a store, in its own folder where none is named.
pub async fn under_load(places: &[(&'static str, &str)], cycles: u64) {
    let said = std::env::var("DOCKET_KILL_CYCLES").ok().and_then(|n| n.parse().ok());
    let cycles = said.unwrap_or(cycles);
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::default();
    let count = Arc::new(AtomicU64::new(0));
    let accepted = Arc::new(AtomicU64::new(0));
    for cycle in 0..cycles {
        let mut process = Process::serve_at(dir.path(), places).await;
        let target = Target::new(&process.url, admin_token(dir.path()));
        ledger.resend(&target).await;
        let before = accepted.load(Ordering::SeqCst);
        let writer = || tokio::spawn(write(target.clone(), count.clone(), accepted.clone()));
        let writers: Vec<_> = (0..WRITERS).map(|_| writer()).collect();
        reached(&accepted, before + BETWEEN_KILLS).await;
        // Where in the work the kill strikes is what is random here; nothing waits for it.
        tokio::time::sleep(Duration::from_millis(pseudo_random(cycle) % 400)).await;
        process.kill();
        for writer in writers {
            ledger.add(writer.await.unwrap());
        }
        assert_eq!(ledger.unanswered.len(), WRITERS, "each was waiting for an answer");
    }
    let process = Process::serve_at(dir.path(), places).await;
    let target = Target::new(&process.url, admin_token(dir.path()));
    ledger.resend(&target).await;
    ledger.every_text_is_in_the_log_once(&target).await;
    ledger.every_key_gets_its_first_answer(&target).await;
}

/// Waits until so many commands were accepted.
pub async fn reached(accepted: &AtomicU64, many: u64) {
    let began = Instant::now();
    while accepted.load(Ordering::SeqCst) < many {
        assert!(began.elapsed() < PATIENCE, "the server accepts nothing any more");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Opens tickets and works on them until the server is gone; counts what is sent, and what is accepted.
pub async fn write(target: Target, count: Arc<AtomicU64>, accepted: Arc<AtomicU64>) -> Ledger {
    let mut ledger = Ledger::default();
    let mut ticket: Option<String> = None;
    loop {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let sent = command(number, ticket.as_deref());
        let Some((status, answer)) = target.accepted(&sent).await else {
            ledger.unanswered.push(sent);
            return ledger;
        };
        accepted.fetch_add(1, Ordering::SeqCst);
        let id = serde_json::from_str::<Value>(&answer).unwrap()["id"].as_str().map(str::to_owned);
        ticket = if number.is_multiple_of(7) { None } else { id };
        ledger.acknowledged.push(Acknowledged { sent, status, answer });
    }
}

pub fn command(number: u64, ticket: Option<&str>) -> Sent {
    let text = format!("text-{number:08}-end");
    let (path, body) = match ticket {
        None => (
            "/v1/tickets".to_owned(),
            json!({ "subject": format!("Case {number}"), "body": text, "channel": "web",
                    "customer": { "email": format!("c{}@example.com", number % 50) } }),
        ),
        Some(id) if number.is_multiple_of(2) => {
            (format!("/v1/tickets/{id}/reply"), json!({ "body": text }))
        }
        Some(id) => {
            (format!("/v1/tickets/{id}/message"), json!({ "body": text, "channel": "web" }))
        }
    };
    Sent { key: format!("key-{number}"), path, body, text }
}

fn pseudo_random(seed: u64) -> u64 {
    let mixed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33
}
