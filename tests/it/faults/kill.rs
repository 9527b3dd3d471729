//! SIGKILL at random moments under load.
//!
//! Writers keep a ledger: each command goes out under its own `Idempotency-Key` with a text of its
//! own, and its answer is written down. A command whose answer never came is sent again, under the
//! same key, to the process that comes up next. In the end the log must hold every text of the
//! ledger exactly once, and every key must get its first answer again, to the byte.
//!
//! `DOCKET_KILL_CYCLES` says how many kills; 10 unless said. The harness was first seen to fail: with
//! the acknowledgement moved before `COMMIT` in the store's writer, 10 cycles lose commands.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use docket_tests::process::{Process, admin_token};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

const WRITERS: usize = 16;

/// One command as it went out.
#[derive(Clone)]
struct Sent {
    key: String,
    path: String,
    body: Value,
    text: String,
}

/// One command and the answer it got.
struct Acknowledged {
    sent: Sent,
    status: StatusCode,
    answer: String,
}

#[derive(Default)]
struct Ledger {
    acknowledged: Vec<Acknowledged>,
    unanswered: Vec<Sent>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_by_kills() {
    let cycles = std::env::var("DOCKET_KILL_CYCLES").ok().and_then(|n| n.parse().ok());
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::default();
    let count = Arc::new(AtomicU64::new(0));
    for cycle in 0..cycles.unwrap_or(10_u64) {
        let mut process = Process::serve(dir.path()).await;
        resend(&process.url, dir.path(), &mut ledger).await;
        let (stop, stopped) = watch::channel(false);
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let writer = write(process.url.clone(), token(dir.path()), count.clone());
                tokio::spawn(writer(stopped.clone()))
            })
            .collect();
        // Where in the work the kill strikes is what is random here; nothing waits for it.
        tokio::time::sleep(Duration::from_millis(60 + pseudo_random(cycle) % 400)).await;
        process.kill();
        stop.send_replace(true);
        for writer in writers {
            let theirs = writer.await.unwrap();
            ledger.acknowledged.extend(theirs.acknowledged);
            ledger.unanswered.extend(theirs.unanswered);
        }
    }
    let process = Process::serve(dir.path()).await;
    resend(&process.url, dir.path(), &mut ledger).await;
    assert!(ledger.acknowledged.len() > 100, "only {} commands ran", ledger.acknowledged.len());
    every_text_is_in_the_log_once(&process.url, dir.path(), &ledger).await;
    every_key_gets_its_first_answer(&process.url, dir.path(), &ledger).await;
}

fn token(data: &Path) -> String {
    admin_token(data)
}

/// A writer that opens a ticket and works on it until the server is gone.
fn write(
    url: String,
    token: String,
    count: Arc<AtomicU64>,
) -> impl FnOnce(watch::Receiver<bool>) -> std::pin::Pin<Box<dyn Future<Output = Ledger> + Send>> {
    move |stopped| {
        Box::pin(async move {
            let client = Client::new();
            let mut ledger = Ledger::default();
            let mut ticket: Option<String> = None;
            while !*stopped.borrow() {
                let number = count.fetch_add(1, Ordering::Relaxed);
                let sent = command(number, ticket.as_deref());
                match send(&client, &url, &token, &sent).await {
                    Some((status, answer)) => {
                        let id = serde_json::from_str(&answer)
                            .ok()
                            .and_then(|ticket: Value| Some(ticket.get("id")?.as_str()?.to_owned()));
                        ticket = if number.is_multiple_of(7) { None } else { id };
                        ledger.acknowledged.push(Acknowledged { sent, status, answer });
                    }
                    None => {
                        ledger.unanswered.push(sent);
                        return ledger;
                    }
                }
            }
            ledger
        })
    }
}

fn command(number: u64, ticket: Option<&str>) -> Sent {
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

/// Sends a command; `None` when no whole answer came.
async fn send(
    client: &Client,
    url: &str,
    token: &str,
    sent: &Sent,
) -> Option<(StatusCode, String)> {
    let request = client
        .post(format!("{url}{}", sent.path))
        .bearer_auth(token)
        .header("idempotency-key", &sent.key)
        .json(&sent.body);
    let answer = request.send().await.ok()?;
    let status = answer.status();
    let body = answer.text().await.ok()?;
    assert!(status.is_success(), "{} answered {status}: {body}", sent.path);
    Some((status, body))
}

/// Sends again, under the same key, what the last process left without an answer.
async fn resend(url: &str, data: &Path, ledger: &mut Ledger) {
    let (client, token) = (Client::new(), token(data));
    for sent in std::mem::take(&mut ledger.unanswered) {
        let (status, answer) = send(&client, url, &token, &sent).await.expect("an answer");
        ledger.acknowledged.push(Acknowledged { sent, status, answer });
    }
}

async fn every_text_is_in_the_log_once(url: &str, data: &Path, ledger: &Ledger) {
    let client = Client::new();
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut after = 0;
    loop {
        let page = client
            .get(format!("{url}/v1/events?limit=1000&after={after}"))
            .bearer_auth(token(data))
            .send();
        let page: Value = page.await.unwrap().json().await.unwrap();
        let events = page["data"].as_array().unwrap();
        for event in events {
            assert_eq!(event["position"].as_u64().unwrap(), after + 1, "positions are dense");
            after += 1;
            if let Some(text) = event["data"]["message"]["body"].as_str() {
                *seen.entry(text.to_owned()).or_default() += 1;
            }
        }
        if events.is_empty() {
            break;
        }
    }
    for acknowledged in &ledger.acknowledged {
        let text = &acknowledged.sent.text;
        assert_eq!(seen.remove(text), Some(1), "{text} is in the log exactly once");
    }
    assert!(seen.is_empty(), "texts nobody was answered for: {seen:?}");
}

async fn every_key_gets_its_first_answer(url: &str, data: &Path, ledger: &Ledger) {
    let (client, token) = (Client::new(), token(data));
    for first in &ledger.acknowledged {
        let again = send(&client, url, &token, &first.sent).await.expect("an answer");
        assert_eq!(again, (first.status, first.answer.clone()), "{}", first.sent.key);
    }
}

fn pseudo_random(seed: u64) -> u64 {
    let mixed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33
}
