//! What went out and what was answered, and how both are held against the log.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use docket_tests::process::client;
use reqwest::{Client, StatusCode};
use serde_json::Value;

/// How long a server on a busy machine may take to hear of what others wrote.
const HEARS_WITHIN: Duration = Duration::from_secs(30);

/// One command as it went out.
#[derive(Clone)]
pub struct Sent {
    pub key: String,
    pub path: String,
    pub body: Value,
    /// The text that only this command says.
    pub text: String,
}

/// One command and the answer it got.
pub struct Acknowledged {
    pub sent: Sent,
    pub status: StatusCode,
    pub answer: String,
}

#[derive(Default)]
pub struct Ledger {
    pub acknowledged: Vec<Acknowledged>,
    pub unanswered: Vec<Sent>,
}

/// Where a server is, and with which token it is called.
#[derive(Clone)]
pub struct Target {
    pub client: Client,
    pub url: String,
    pub token: String,
}

impl Target {
    pub fn new(url: &str, token: String) -> Self {
        Self { client: client(), url: url.to_owned(), token }
    }

    /// Sends a command; `None` when no whole answer came.
    pub async fn send(&self, sent: &Sent) -> Option<(StatusCode, String)> {
        let request = self
            .client
            .post(format!("{}{}", self.url, sent.path))
            .bearer_auth(&self.token)
            .header("idempotency-key", &sent.key)
            .json(&sent.body);
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let says_when = answer.headers().contains_key("retry-after");
        let text = answer.text().await.ok()?;
        assert!(
            status != StatusCode::SERVICE_UNAVAILABLE || says_when,
            "when to come back: {text}"
        );
        Some((status, text))
    }

    /// Sends a command that must be accepted; `None` when no whole answer came.
    pub async fn accepted(&self, sent: &Sent) -> Option<(StatusCode, String)> {
        let (status, body) = self.send(sent).await?;
        assert!(status.is_success(), "{} answered {status}: {body}", sent.path);
        Some((status, body))
    }

    async fn events_after(&self, position: u64) -> Vec<Value> {
        let url = format!("{}/v1/events?limit=1000&after={position}", self.url);
        let answer = self.client.get(url).bearer_auth(&self.token).send().await.unwrap();
        let mut page: Value = answer.json().await.unwrap();
        serde_json::from_value(page["data"].take()).unwrap()
    }
}

impl Ledger {
    /// Sends again, under the same keys, what was left without an answer.
    pub async fn resend(&mut self, target: &Target) {
        for sent in std::mem::take(&mut self.unanswered) {
            let (status, answer) = target.accepted(&sent).await.expect("an answer");
            self.acknowledged.push(Acknowledged { sent, status, answer });
        }
    }

    pub fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.unanswered.extend(other.unanswered);
    }

    pub async fn every_text_is_in_the_log_once(&self, target: &Target) {
        let mut seen: HashMap<String, u32> = HashMap::new();
        let (mut position, began) = (0, Instant::now());
        loop {
            let events = target.events_after(position).await;
            for event in &events {
                assert_eq!(event["position"].as_u64(), Some(position + 1), "positions are dense");
                position += 1;
                if let Some(text) = event["data"]["message"]["body"].as_str() {
                    *seen.entry(text.to_owned()).or_default() += 1;
                }
            }
            // A server shows the log as far as it has heard of it, which may be a moment behind.
            let all_there = self.acknowledged.iter().all(|it| seen.contains_key(&it.sent.text));
            if events.is_empty() && (all_there || began.elapsed() > HEARS_WITHIN) {
                break;
            }
            if events.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        for acknowledged in &self.acknowledged {
            let text = &acknowledged.sent.text;
            assert_eq!(seen.remove(text), Some(1), "{text:.40} is in the log exactly once");
        }
        assert!(seen.is_empty(), "{} texts nobody was answered for", seen.len());
    }

    pub async fn every_key_gets_its_first_answer(&self, target: &Target) {
        for first in &self.acknowledged {
            let again = target.accepted(&first.sent).await.expect("an answer");
            assert_eq!(again, (first.status, first.answer.clone()), "{}", first.sent.key);
        }
    }
}
