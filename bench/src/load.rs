//! Durable commands over HTTP: a mix of create, assign, reply and status, with texts of 40 words.
//!
//! Two drivers. [`saturate`] keeps every connection busy and finds the most a server can do.
//! [`pace`] is open-loop: commands are due at fixed moments whether or not earlier ones have been
//! answered, and a latency counts from the moment its command was due, so a stall of the server is
//! seen by every command that it delayed (no coordinated omission).

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::http::Connection;

/// What a run measured.
pub struct Run {
    /// Commands acknowledged per second.
    pub per_second: f64,
    /// Microseconds of the server's processor time for each, views included.
    pub cost: f64,
    /// Commands that were answered with anything but success.
    pub failed: u64,
    /// Latencies in microseconds.
    pub latencies: Histogram<u64>,
}

/// Where the server is, and with which token it is called.
#[derive(Clone)]
pub struct Target {
    /// Host and port of each of its nodes.
    pub addresses: Vec<String>,
    /// An administrator's token.
    pub token: String,
    /// The agent that tickets are assigned to.
    pub agent: String,
}

impl Target {
    /// Opens a connection, to one node after the other.
    pub async fn connect(&self, number: usize) -> io::Result<Connection> {
        let address = &self.addresses[number % self.addresses.len()];
        Connection::open(address, &self.token).await
    }
}

/// Keeps `connections` busy for `time`.
pub async fn saturate(target: &Target, connections: usize, time: Duration) -> io::Result<Run> {
    let until = Instant::now() + time;
    run(target, connections, time, move |_, _| {
        let now = Instant::now();
        (now < until).then_some(now)
    })
    .await
}

/// Sends `rate` commands a second over `connections` for `time`, each at its due moment.
pub async fn pace(
    target: &Target,
    connections: usize,
    rate: f64,
    time: Duration,
) -> io::Result<Run> {
    let start = Instant::now() + Duration::from_millis(50);
    run(target, connections, time, move |connection, count| {
        let nth = (count * connections + connection) as f64;
        let due = start + Duration::from_secs_f64(nth / rate);
        (due < start + time).then_some(due)
    })
    .await
}

async fn run<F>(target: &Target, connections: usize, time: Duration, due: F) -> io::Result<Run>
where
    F: Fn(usize, usize) -> Option<Instant> + Send + Sync + 'static,
{
    let due = Arc::new(due);
    let workers: Vec<_> = (0..connections)
        .map(|number| {
            let (target, due) = (target.clone(), due.clone());
            tokio::spawn(async move { work(&target, number, &*due).await })
        })
        .collect();
    let mut latencies = histogram();
    let mut failed = 0;
    for worker in workers {
        let (theirs, failures) = worker.await.map_err(io::Error::other)??;
        latencies.add(theirs).map_err(io::Error::other)?;
        failed += failures;
    }
    let per_second = latencies.len() as f64 / time.as_secs_f64();
    Ok(Run { per_second, cost: f64::NAN, failed, latencies })
}

async fn work(
    target: &Target,
    number: usize,
    due: &(dyn Fn(usize, usize) -> Option<Instant> + Send + Sync),
) -> io::Result<(Histogram<u64>, u64)> {
    let mut connection = target.connect(number).await?;
    let mut latencies = histogram();
    let (mut failed, mut ticket) = (0, String::new());
    let mut count = 0;
    while let Some(due) = due(number, count) {
        tokio::time::sleep_until(due.into()).await;
        let (path, body) = command(target, number, count, &ticket);
        let answer = connection.call("POST", &path, &body).await?;
        if answer.status >= 300 {
            failed += 1;
        } else if count % STEPS == 0 {
            ticket = field(answer.body, "id").unwrap_or_default();
        }
        latencies.saturating_record(due.elapsed().as_micros() as u64);
        count += 1;
    }
    Ok((latencies, failed))
}

/// How many commands one ticket gets.
const STEPS: usize = 6;

fn command(target: &Target, number: usize, count: usize, ticket: &str) -> (String, String) {
    let text = words(number * 7919 + count);
    let to = |verb: &str| format!("/v1/tickets/{ticket}/{verb}");
    match count % STEPS {
        0 => {
            let customer = format!("c{}@example.com", (number * 31 + count) % 5_000);
            let body = format!(
                r#"{{"subject":"Order {count} of {number}","body":"{text}","channel":"email","customer":{{"email":"{customer}"}}}}"#
            );
            ("/v1/tickets".into(), body)
        }
        1 => (to("assign"), format!(r#"{{"agent":"{}"}}"#, target.agent)),
        2 | 4 => (to("reply"), format!(r#"{{"body":"{text}"}}"#)),
        3 => (to("message"), format!(r#"{{"body":"{text}","channel":"email"}}"#)),
        _ => (to("status"), r#"{"status":"in_progress"}"#.into()),
    }
}

/// A text of 40 words, another one for every seed.
pub fn words(seed: usize) -> String {
    const WORDS: [&str; 16] = [
        "the", "parcel", "arrived", "late", "and", "our", "invoice", "shows", "another", "amount",
        "please", "check", "delivery", "address", "before", "Friday",
    ];
    let mut text = String::with_capacity(280);
    let mut state = seed as u64 | 1;
    for index in 0..40 {
        if index > 0 {
            text.push(' ');
        }
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(WORDS[(state >> 60) as usize]);
    }
    text
}

/// A text field at the top of a JSON document.
pub fn field(body: &[u8], name: &str) -> Option<String> {
    let document: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(document.get(name)?.as_str()?.to_owned())
}

/// From a microsecond to five minutes, three digits.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(300_000_000, 3).unwrap_or_else(|_| unreachable!("valid bounds"))
}
