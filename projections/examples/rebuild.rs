//! How fast views are built and asked: `cargo run --release --example rebuild -p docket-projections
//! -- [tickets] [folder]`. Fills a log in the folder (kept, so that a second run only measures) with
//! tickets of about seven events, half of which carry a text of 40 words, then builds all views, then
//! each alone, and asks for pages.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on stops")]

#[path = "../tests/it/story.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod story;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use docket_domain::codec::{Event, encode};
use docket_domain::definition::BaseStatus;
use docket_domain::envelope::Envelope;
use docket_domain::ids::{AgentId, CustomerId, TicketId};
use docket_domain::personal::Personal;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::documents::Views;
use docket_projections::names::Names;
use docket_projections::recorded::{Moment, Reader};
use docket_projections::runner::Projections;
use docket_projections::ticket_list::filter::{Filter, Sort};
use docket_projections::{REGISTRY, history, stays, ticket_list};
use docket_store::sqlite::SqliteStore;
use docket_store::vault::{KeyFile, Vault};
use docket_store::{Append, EventStore, Expected, NewEvent, Outcome, StreamWrite, event_id};
use futures::{StreamExt, stream};
use uuid::Uuid;

use crate::story::{anna, assigned, by_agent, by_customer, closed, created, jan, message, moved};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let tickets: u64 = arguments.next().map_or(10_000, |n| n.parse().unwrap());
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "/tmp/docket-rebuild".into()));
    std::fs::create_dir_all(&folder).unwrap();
    let clock: docket_store::Clock = {
        let ticks = std::sync::atomic::AtomicI64::new(story::MONDAY.0);
        Arc::new(move || ticks.fetch_add(1, std::sync::atomic::Ordering::SeqCst))
    };
    let sqlite = SqliteStore::open(folder.join("log.sqlite"), clock.clone()).await.unwrap();
    let store: Arc<dyn EventStore> = Arc::new(sqlite);
    let key = KeyFile::load_or_create(&folder.join("key"), &*store).await.unwrap();
    let vault = Arc::new(Vault::new(store.clone(), key));
    let reader = Reader::new(store, vault);
    fill(&reader, tickets).await;
    let views = build(&reader, &folder, clock).await;
    ask(&reader, &views, tickets).await;
    views.stop().await;
}

async fn fill(reader: &Reader, tickets: u64) {
    if reader.store.head() > 0 {
        println!("the log holds {} events", reader.store.head());
        return;
    }
    let start = Instant::now();
    let writes = stream::iter(0..tickets).map(|n| write(reader, n));
    writes.buffer_unordered(256).collect::<Vec<()>>().await;
    let head = reader.store.head();
    println!("filled {head} events at {:.0}/s", head as f64 / start.elapsed().as_secs_f64());
}

/// One ticket's whole life, in one append.
async fn write(reader: &Reader, n: u64) {
    let mut agent = anna();
    agent.id = AgentId(story::uuid(0xa000 + u128::from(n % 50)));
    let mut opening = created(&(1_000 + n).to_string());
    opening.queue = story::term(&format!("queue-{}", n % 7));
    opening.priority =
        story::priority(["low", "medium", "high"][(n % 3) as usize], 2 + (n % 3) as u8);
    opening.customer.id = CustomerId(story::uuid(0xc000 + u128::from(n % 5_000)));
    opening.message = Some(message(1, &words(n)));
    opening.subject = Personal::text(words(n).chars().take(40).collect::<String>());
    let reply = TicketEvent::TicketReplied {
        message: message(2, &words(n + 1)),
        answers: Vec::new(),
        seen_version: 2,
        channel: docket_domain::party::Channel::Email,
        status: Some(moved(BaseStatus::InProgress, BaseStatus::AwaitingCustomer)),
    };
    let again = story::received(3, &words(n + 2));
    let mut events = vec![
        TicketEvent::TicketCreated(Box::new(opening)),
        assigned(agent.clone()),
        reply,
        again,
        TicketEvent::TicketPrioritized {
            from: story::priority("low", 2),
            to: story::priority("high", 4),
        },
        TicketEvent::TicketTagged { added: vec![format!("tag-{}", n % 100)], removed: Vec::new() },
    ];
    if !n.is_multiple_of(10) {
        events.push(closed(story::MONDAY));
    }
    append(reader, TicketId(Uuid::now_v7()).stream(), &agent, n, events).await;
}

fn words(n: u64) -> String {
    const WORDS: [&str; 16] = [
        "parcel",
        "courier",
        "invoice",
        "lost",
        "where",
        "depot",
        "refund",
        "please",
        "order",
        "address",
        "never",
        "came",
        "yesterday",
        "again",
        "phone",
        "answer",
    ];
    let mut seed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut text = format!("case{n}");
    for _ in 0..39 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        text.push(' ');
        text.push_str(WORDS[(seed >> 60) as usize]);
    }
    text
}

async fn append(
    reader: &Reader,
    stream: String,
    agent: &docket_domain::party::AgentRef,
    n: u64,
    events: Vec<TicketEvent>,
) {
    let command_id = Uuid::now_v7();
    let mut customer = jan();
    customer.id = CustomerId(story::uuid(0xc000 + u128::from(n % 5_000)));
    let subjects = [stream.clone(), customer.id.stream()];
    loop {
        let mut session = reader.vault.seal_session();
        let mut new = Vec::new();
        for (index, event) in events.iter().enumerate() {
            let actor = if index % 2 == 0 { by_customer(&customer) } else { by_agent(agent) };
            let mut encoded = encode(&Event::Ticket(event.clone())).unwrap();
            let id = event_id(command_id, index);
            let sealed = session.seal(&mut encoded.payload, id, &subjects).await.unwrap();
            let envelope = Envelope {
                actor,
                channel: None,
                client: None,
                command_id,
                causation_id: None,
                correlation_id: command_id,
                source: None,
            };
            new.push(NewEvent {
                event_type: encoded.event_type,
                schema: encoded.schema,
                occurred_at: None,
                envelope: serde_json::to_string(&envelope).unwrap(),
                payload: encoded.payload.to_string(),
                sealed,
            });
        }
        let write =
            StreamWrite { stream: stream.clone(), expected: Expected::NoStream, events: new };
        let append = Append {
            command_id,
            fingerprint: [0; 32],
            writes: vec![write],
            claims: Vec::new(),
            releases: Vec::new(),
            new_keys: session.into_new_keys(),
        };
        match reader.store.append(append).await.unwrap() {
            // Another append made the same person's key first: seal under that one.
            Outcome::Claimed(_) => {}
            Outcome::Appended(_) => return,
            other => panic!("{other:?}"),
        }
    }
}

async fn build(
    reader: &Reader,
    folder: &std::path::Path,
    clock: docket_store::Clock,
) -> Projections {
    let path = folder.join("views.sqlite");
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    let head = reader.store.head();
    let names = Arc::new(Names::new(reader.clone()));
    let start = Instant::now();
    let views = Projections::start(&Views::File(path), reader.clone(), names, clock, REGISTRY)
        .await
        .unwrap();
    assert!(views.wait_for(head, DAY).await);
    report("all views", head, start.elapsed());
    for view in REGISTRY {
        let start = Instant::now();
        views.rebuild(view.name).await.unwrap().await.unwrap().unwrap();
        report(view.name, head, start.elapsed());
    }
    views
}

fn report(what: &str, events: u64, took: Duration) {
    let rate = events as f64 / took.as_secs_f64();
    println!("{what}: {:.2} s, {rate:.0} events/s", took.as_secs_f64());
}

async fn ask(reader: &Reader, views: &Projections, tickets: u64) {
    let documents = views.documents();
    let queue = Filter { queue: vec!["queue-3".into()], ..Filter::default() };
    let open = Filter { status: vec!["new".into()], ..queue.clone() };
    let words = Filter { q: Some("courier inv".into()), ..Filter::default() };
    let rare = Filter { q: Some("case77".into()), ..Filter::default() };
    let now = story::MONDAY;
    for (name, filter) in
        [("queue", queue), ("queue+status", open), ("common words", words), ("rare word", rare)]
    {
        for sort in ["-updated", "created", "-priority", "due"] {
            let sort: Sort = sort.parse().unwrap();
            let mut cursor = None;
            for page in 1..=150 {
                let times = if page == 1 || page == 150 { 40 } else { 1 };
                let start = Instant::now();
                let mut answer = None;
                for _ in 0..times {
                    let asked =
                        ticket_list::page(documents, &filter, sort, 50, cursor.as_deref(), now);
                    answer = Some(asked.await.unwrap());
                }
                let micros = start.elapsed().as_micros() / times;
                if page == 1 || page == 150 {
                    println!("{name} by {sort:?}, page {page}: {micros} µs");
                }
                cursor = answer.and_then(|answer| answer.page.next);
                if cursor.is_none() {
                    break;
                }
            }
        }
    }
    let middle = story::MONDAY.plus_millis(i64::try_from(tickets).unwrap());
    let start = Instant::now();
    let held = stays::as_of(documents, "queue-3", middle, 50, None).await.unwrap();
    println!("a queue as of then: {} µs, {} rows", start.elapsed().as_micros(), held.data.len());
    histories(reader, views).await;
}

async fn histories(reader: &Reader, views: &Projections) {
    let some = reader.store.read_all(0, 70_000, docket_store::Sealed::Without).await.unwrap();
    let streams: std::collections::BTreeSet<String> =
        some.into_iter().map(|event| event.stream).collect();
    let count = streams.len();
    let start = Instant::now();
    let asked = stream::iter(streams).map(|stream| {
        let (reader, names) = (reader.clone(), views.names().clone());
        tokio::spawn(async move {
            let page =
                history::of_stream(&reader, &names, &stream, (0, usize::MAX), Moment::Now).await;
            page.unwrap().events.len()
        })
    });
    asked.buffer_unordered(16).collect::<Vec<_>>().await;
    println!("histories: {:.0}/s over {count}", count as f64 / start.elapsed().as_secs_f64());
}
