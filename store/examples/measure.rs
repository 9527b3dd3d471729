//! What the store costs by itself: `cargo run --release -p docket-store --example measure [folder]`.
//!
//! Appends of one 300-byte event from 1 to 256 writers at once, reading the whole log, reading single
//! streams, and opening a history with personal fields. Every append is durable.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use docket_store::sqlite::SqliteStore;
use docket_store::vault::{KeyFile, Vault};
use docket_store::{
    Append, EventStore, Expected, NewEvent, NewKey, Sealed, StoredEvent, StreamWrite, event_id,
};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const EVENTS: u64 = 200_000;
const STREAM: u64 = 50;

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = folder.join(format!("docket-measure-{}", Uuid::now_v7()));
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("log.sqlite");
    let store: Arc<dyn EventStore> = Arc::new(SqliteStore::open(path, Arc::new(|| 1_000)).await?);
    let key = KeyFile::load_or_create(&folder.join("key"), &*store).await?;
    let vault = Vault::new(store.clone(), key);
    for writers in [1, 8, 32, 64, 256] {
        appends(&store, writers).await?;
    }
    fill(&store).await?;
    for _ in 0..2 {
        whole_log(&store, Sealed::Without).await?;
        whole_log(&store, Sealed::With).await?;
    }
    streams(&store).await?;
    histories(&store, &vault).await?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn event(payload: String, sealed: Option<String>) -> NewEvent {
    NewEvent {
        event_type: "TicketAssigned".to_owned(),
        schema: 1,
        occurred_at: None,
        envelope: r#"{"actor":{"kind":"agent","id":"0192f0c1"},"channel":"api"}"#.to_owned(),
        payload,
        sealed,
    }
}

fn append(stream: String, version: u64, events: Vec<NewEvent>, new_keys: Vec<NewKey>) -> Append {
    let expected = if version == 0 { Expected::NoStream } else { Expected::Exact(version) };
    Append {
        command_id: Uuid::now_v7(),
        fingerprint: [0; 32],
        writes: vec![StreamWrite { stream, expected, events }],
        claims: vec![],
        releases: vec![],
        new_keys,
    }
}

fn plain() -> NewEvent {
    event(format!("{{\"text\":\"{}\"}}", "x".repeat(230)), None)
}

async fn appends(store: &Arc<dyn EventStore>, writers: u64) -> Outcome<()> {
    let (began, time) = (Instant::now(), Duration::from_secs(3));
    let mut tasks = JoinSet::new();
    for _ in 0..writers {
        let store = store.clone();
        tasks.spawn(async move {
            let mut done = 0_u64;
            while began.elapsed() < time {
                let stream = format!("ticket-{}", Uuid::now_v7());
                for version in 0..5 {
                    store.append(append(stream.clone(), version, vec![plain()], vec![])).await?;
                    done += 1;
                }
            }
            Outcome::Ok(done)
        });
    }
    let mut done = 0;
    while let Some(writer) = tasks.join_next().await {
        done += writer??;
    }
    println!(
        "append, {writers:3} writers: {:8.0} events/s",
        done as f64 / began.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Streams whose events lie far apart, as those of tickets do.
async fn fill(store: &Arc<dyn EventStore>) -> Outcome<()> {
    for version in 0..STREAM {
        let mut tasks = JoinSet::new();
        for n in 0..EVENTS / STREAM {
            let sealed = (n % 2 == 0).then(|| "x".repeat(300));
            let event = NewEvent { sealed, ..plain() };
            let append = append(format!("far-{n}"), version, vec![event], vec![]);
            let store = store.clone();
            tasks.spawn(async move { store.append(append).await });
        }
        while let Some(written) = tasks.join_next().await {
            written??;
        }
    }
    Ok(())
}

async fn whole_log(store: &Arc<dyn EventStore>, sealed: Sealed) -> Outcome<()> {
    let (began, mut seen) = (Instant::now(), 0);
    loop {
        let batch = store.read_all(seen, 2000, sealed).await?;
        let Some(last) = batch.last() else { break };
        seen = last.position;
    }
    println!(
        "read_all {sealed:?}: {:8.0} events/s of {seen}",
        seen as f64 / began.elapsed().as_secs_f64()
    );
    Ok(())
}

async fn streams(store: &Arc<dyn EventStore>) -> Outcome<()> {
    for sealed in [Sealed::Without, Sealed::With] {
        let (began, mut read) = (Instant::now(), 0);
        for n in 0..2000_u64 {
            let stream = format!("far-{}", n * 7919 % (EVENTS / STREAM));
            read += store.read_stream(&stream, 0, 100, sealed).await?.len();
        }
        println!(
            "read_stream {sealed:?} of {} events: {:?} each",
            read / 2000,
            began.elapsed() / 2000
        );
    }
    Ok(())
}

/// Histories of 50 events with 30 personal fields of 40 words, each ticket with keys of its own.
async fn histories(store: &Arc<dyn EventStore>, vault: &Vault) -> Outcome<()> {
    let text = "several words of text that somebody wrote ".repeat(6);
    for n in 0..1000 {
        let stream = format!("history-{n}");
        let subjects = [stream.clone(), format!("customer-{n}")];
        let mut append = append(stream, 0, vec![], vec![]);
        let mut session = vault.seal_session();
        for index in 0..50 {
            let mut payload = if index < 30 {
                json!({ "text": { "$personal": text }, "channel": "email" })
            } else {
                json!({ "status": "open", "channel": "email" })
            };
            let id = event_id(append.command_id, index);
            let sealed = session.seal(&mut payload, id, &subjects).await?;
            append.writes[0].events.push(event(payload.to_string(), sealed));
        }
        append.new_keys = session.into_new_keys();
        store.append(append).await?;
    }
    for pass in ["keys from the store", "keys in memory"] {
        let (mut reading, mut opening) = (Duration::ZERO, Duration::ZERO);
        for n in 0..1000 {
            let began = Instant::now();
            let events: Vec<StoredEvent> =
                store.read_stream(&format!("history-{n}"), 0, 100, Sealed::With).await?;
            reading += began.elapsed();
            let began = Instant::now();
            vault.open_all(&events).await?;
            opening += began.elapsed();
        }
        println!("history, {pass}: read {:?}, open {:?}", reading / 1000, opening / 1000);
    }
    Ok(())
}
