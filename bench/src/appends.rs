//! Appends through the store alone on PostgreSQL: how many a second, beside other crates that do the
//! same, and what one costs when the log is long.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use docket_store::postgres::{PostgresStore, Settings};
use docket_store::{Append, EventStore, Expected, NewEvent, Outcome, StreamWrite};
use docket_test_servers::postgres::Server;
use tokio::process::Command;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::fill::now;
use crate::writes::{Failure, Floor};

/// How many events a stream gets, one append each, in the part that counts appends.
const STREAM: u64 = 5;

/// How many tasks append at once: as many as `pgbench` has clients, and many.
const TASKS: [u64; 2] = [32, 256];

/// The event stores of other crates, as `bench/peers` calls them.
const PEERS: [&str; 2] = ["cqrs-es", "disintegrate"];

/// How many appends stand at each end of a growing log.
const END: u64 = 100_000;

/// Opens a log in a database, and makes its tables.
pub async fn open(url: &str) -> Result<Arc<PostgresStore>, Failure> {
    Ok(Arc::new(PostgresStore::open(url, Arc::new(now), Settings::default()).await?))
}

/// Appends of one event each by so many tasks, beside the floor; then what other crates manage, one
/// after the other on the same server, each in a database of its own.
pub async fn alone(
    postgres: &Server,
    floor: &Floor,
    seconds: u64,
    peers: Option<&Path>,
) -> Result<(), Failure> {
    for tasks in TASKS {
        let database = postgres.database();
        let store = open(database.url()).await?;
        let start = Instant::now();
        let until = start + Duration::from_secs(seconds);
        let done = many(&store, tasks, move |_| Instant::now() < until).await?;
        let ours = done as f64 / start.elapsed().as_secs_f64();
        store.close().await;
        let ratio = ours / floor.rate;
        println!("appends, {tasks} tasks: {ours:.0}/s = {ratio:.2} × {}", floor.name);
        let Some(program) = peers else { continue };
        for name in PEERS {
            let rate = peer(postgres, program, name, tasks, seconds).await?;
            println!("  {name}: {rate:.0}/s; ours are {:.2} × that", ours / rate);
        }
    }
    Ok(())
}

async fn peer(
    postgres: &Server,
    program: &Path,
    name: &str,
    tasks: u64,
    seconds: u64,
) -> Result<f64, Failure> {
    let database = postgres.database();
    let (tasks, seconds) = (tasks.to_string(), seconds.to_string());
    let output = Command::new(program)
        .args([name, database.url(), &tasks, &seconds])
        .stderr(std::process::Stdio::inherit())
        .output()
        .await?;
    if !output.status.success() {
        return Err(format!("{name} ended with {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// What an append costs in an empty log and in one of `events`, at 64 tasks. What lies between is
/// loaded many events at a time, in streams as long as a ticket's.
pub async fn growth(url: &str, events: u64) -> Result<(), Failure> {
    let end = END.min(events / 2);
    let store = open(url).await?;
    let first = cost(&store, end).await?;
    let start = Instant::now();
    load(&store, events - 2 * end).await?;
    println!("loaded up to {} events in {:.0} s", store.head(), start.elapsed().as_secs_f64());
    let last = cost(&store, end).await?;
    println!(
        "an append in an empty log {first:.1} µs, in one of {} events {last:.1} µs: {:.2} ×",
        store.head(),
        last / first
    );
    store.close().await;
    Ok(())
}

/// Microseconds for each of so many appends.
async fn cost(store: &Arc<PostgresStore>, appends: u64) -> Result<f64, Failure> {
    const TASKS: u64 = 64;
    let start = Instant::now();
    let each = appends.div_ceil(TASKS);
    let done = many(store, TASKS, move |done| done < each).await?;
    Ok(start.elapsed().as_secs_f64() * 1e6 / done as f64)
}

/// Appends one event after the other in each task, as long as it `goes_on` after so many; how many
/// it were in all.
async fn many<F>(store: &Arc<PostgresStore>, tasks: u64, goes_on: F) -> Result<u64, Failure>
where
    F: Fn(u64) -> bool + Copy + Send + 'static,
{
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        let store = Arc::clone(store);
        running.spawn(async move {
            let mut done = 0;
            let mut stream = String::new();
            while goes_on(done) {
                if done % STREAM == 0 {
                    stream = format!("ticket-{}", Uuid::now_v7());
                }
                append(&store, vec![write(stream.clone(), done % STREAM, 1)]).await?;
                done += 1;
            }
            Ok::<u64, Failure>(done)
        });
    }
    let mut done = 0;
    while let Some(task) = running.join_next().await {
        done += task??;
    }
    Ok(done)
}

async fn load(store: &Arc<PostgresStore>, events: u64) -> Result<(), Failure> {
    const TASKS: u64 = 8;
    const LONG: u64 = 10;
    let mut running = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(store);
        let mut left = events / TASKS + u64::from(task < events % TASKS);
        running.spawn(async move {
            while left > 0 {
                let mut writes = Vec::new();
                while left > 0 && writes.len() < 50 {
                    let stream = format!("ticket-{}", Uuid::now_v7());
                    writes.push(write(stream, 0, left.min(LONG)));
                    left -= left.min(LONG);
                }
                append(&store, writes).await?;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(task) = running.join_next().await {
        task??;
    }
    Ok(())
}

async fn append(store: &PostgresStore, writes: Vec<StreamWrite>) -> Result<(), Failure> {
    let append = Append {
        command_id: Uuid::now_v7(),
        fingerprint: [0; 32],
        writes,
        claims: Vec::new(),
        releases: Vec::new(),
        new_keys: Vec::new(),
    };
    match store.append(append).await? {
        Outcome::Appended(_) => Ok(()),
        other => Err(format!("not appended: {other:?}").into()),
    }
}

/// So many events of some 330 bytes behind the version.
fn write(stream: String, version: u64, events: u64) -> StreamWrite {
    let event = NewEvent {
        event_type: "MessageReceived".to_owned(),
        schema: 1,
        occurred_at: None,
        envelope: "{}".to_owned(),
        payload: format!("{{\"text\":\"{}\"}}", "x".repeat(319)),
        sealed: None,
    };
    let expected = if version == 0 { Expected::NoStream } else { Expected::Exact(version) };
    StreamWrite { stream, expected, events: vec![event; events as usize] }
}
