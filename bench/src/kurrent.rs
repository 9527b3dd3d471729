//! What the adapter for KurrentDB costs by itself: over a double of the protocol, which answers from
//! memory, beside the same questions asked by the client alone.
//!
//! It says nothing of KurrentDB. Client, double and adapter share this machine's cores.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use docket_kurrent_double::Double;
use docket_store::kurrent::{KurrentStore, Settings};
use docket_store::{
    Append, EventStore, Expected, NewEvent, Outcome, Sealed, StreamWrite, event_id,
};
use eventstore::{
    AppendToStreamOptions, Client, EventData, Position, ReadAllOptions, StreamPosition,
    StreamState, SubscriptionFilter,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::server;
use crate::writes::Failure;

/// How many events are read in one question.
const PAGE: usize = 500;

/// How often the whole log is read; the last time counts.
const READINGS: usize = 3;

/// What an event says: as much as one of the floor.
fn payload() -> String {
    format!("{{\"text\":\"{}\"}}", "x".repeat(320))
}

/// Appends one after another and 64 at once, then reads all of them; each by the client alone and
/// through the adapter, on a double of its own.
pub async fn measure(appends: usize) -> Result<(), Failure> {
    let dir = server::folder()?;
    // Each of so many writers makes as many.
    let appends = appends.next_multiple_of(64);
    println!(
        "{appends} appends of one event of {} bytes; reads in pages of {PAGE}",
        payload().len()
    );
    for writers in [1, 64] {
        let bare = client_alone(appends, writers).await?;
        let through = adapter(&dir.path().join(format!("{writers}")), appends, writers).await?;
        println!("{writers} at once, µs by the client alone, through the adapter, of its own:");
        row("an append", bare.append, through.append);
        row("an event read", bare.read, through.read);
    }
    Ok(())
}

fn row(what: &str, bare: f64, through: f64) {
    println!("  {what:<14} {bare:>9.1} {through:>9.1} {:>9.1}", through - bare);
}

/// Microseconds, of the time that passed.
struct Cost {
    append: f64,
    read: f64,
}

fn each(start: Instant, count: usize) -> f64 {
    start.elapsed().as_secs_f64() * 1e6 / count as f64
}

/// Waits for all of them, and for the first that failed.
async fn all(mut writing: JoinSet<Result<(), Failure>>) -> Result<(), Failure> {
    while let Some(written) = writing.join_next().await {
        written??;
    }
    Ok(())
}

async fn client_alone(appends: usize, writers: usize) -> Result<Cost, Failure> {
    let double = Double::start().await;
    let client = Client::new(double.url().parse()?)?;
    let start = Instant::now();
    let mut writing = JoinSet::new();
    for _ in 0..writers {
        let client = client.clone();
        writing.spawn(async move {
            for _ in 0..appends / writers {
                let command = Uuid::now_v7();
                let event = EventData::binary("MessageReceived", payload().into());
                let event = event.id(event_id(command, 0)).metadata_as_json(&command)?;
                let options = AppendToStreamOptions::default().stream_state(StreamState::NoStream);
                client.append_to_stream(format!("ticket-{command}"), &options, event).await?;
            }
            Ok(())
        });
    }
    all(writing).await?;
    let append = each(start, appends);
    let mut read = 0.0;
    for _ in 0..READINGS {
        read = read_by_client(&client, appends).await?;
    }
    Ok(Cost { append, read })
}

async fn read_by_client(client: &Client, appends: usize) -> Result<f64, Failure> {
    let (start, mut found) = (Instant::now(), 0);
    let mut from: Option<Position> = None;
    loop {
        let options = ReadAllOptions::default()
            .position(from.map_or(StreamPosition::Start, StreamPosition::Position))
            .filter(SubscriptionFilter::on_event_type().exclude_system_events())
            .max_count(PAGE);
        let mut told = client.read_all(&options).await?;
        let (mut page, mut last) = (0, from);
        while let Some(event) = told.next().await? {
            page += 1;
            last = event.event.map(|event| event.position).or(last);
        }
        // Each page but the first begins with the end of the one before.
        found += page - usize::from(from.is_some());
        from = last;
        if page < PAGE {
            return if found == appends {
                Ok(each(start, found))
            } else {
                Err("events are missing".into())
            };
        }
    }
}

async fn adapter(folder: &Path, appends: usize, writers: usize) -> Result<Cost, Failure> {
    std::fs::create_dir(folder)?;
    let file = folder.join("kurrent.sqlite");
    let double = Double::start().await;
    let (url, settings) = (double.url(), Settings::default());
    let store = KurrentStore::open(&url, &file, Arc::new(|| 0), settings.clone()).await?;
    let store = Arc::new(store);
    let start = Instant::now();
    let mut writing = JoinSet::new();
    for _ in 0..writers {
        let store = Arc::clone(&store);
        writing.spawn(async move {
            for _ in 0..appends / writers {
                match store.append(append()).await? {
                    Outcome::Appended(_) => {}
                    other => return Err(format!("{other:?}").into()),
                }
            }
            Ok(())
        });
    }
    all(writing).await?;
    let append = each(start, appends);
    // One that keeps nothing of what was appended.
    let reader = KurrentStore::open_read_only(&url, &file, &settings).await?;
    let mut read = 0.0;
    for _ in 0..READINGS {
        let start = Instant::now();
        let mut after = 0;
        while after < appends as u64 {
            let events = reader.read_all(after, PAGE, Sealed::Without).await?;
            after = events.last().ok_or("events are missing")?.position;
        }
        read = each(start, appends);
    }
    reader.close().await;
    store.close().await;
    Ok(Cost { append, read })
}

fn append() -> Append {
    let command = Uuid::now_v7();
    let event = NewEvent {
        event_type: "MessageReceived".to_owned(),
        schema: 1,
        occurred_at: None,
        envelope: r#"{"actor":{"kind":"agent","id":"0192f0c1"},"channel":"api"}"#.to_owned(),
        payload: payload(),
        sealed: None,
    };
    let stream = format!("ticket-{command}");
    Append {
        command_id: command,
        fingerprint: [0; 32],
        writes: vec![StreamWrite { stream, expected: Expected::NoStream, events: vec![event] }],
        claims: vec![],
        releases: vec![],
        new_keys: vec![],
    }
}
