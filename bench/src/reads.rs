//! Reading: histories, as-of, queue pages, and what a full desk costs to open and to rebuild.

use std::time::{Duration, Instant};

use crate::fill::{Desk, FIRST_NUMBER, fill};
use crate::http::Connection;
use crate::load::{self, Target};
use crate::server::{self, Server};
use crate::writes::ADDRESS;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many connections read.
const CONNECTIONS: u64 = 16;

/// Histories of 50 events over ten thousand tickets; start, memory and rebuild at a million events.
pub async fn measure(tickets: u64) -> Result<(), Failure> {
    let dir = tempfile::tempdir_in(".")?;
    let histories = dir.path().join("histories");
    fill(&histories, Desk { tickets: 10_000, events: 50, text_every: 1 }).await?;
    let server = Server::start(&server::binary()?, &histories, ADDRESS).await?;
    caught_up(&server.target).await?;
    let as_of = "2099-01-01T00:00:00.000Z";
    for (name, suffix) in [("history", "/history".to_owned()), ("as of", format!("?as_of={as_of}"))]
    {
        let (rate, p99) = read_all(&server.target, 10_000, &suffix).await?;
        println!(
            "{name}, 50 events with texts, 10,000 tickets, cold: {rate:.0}/s, p99 {p99:.1} ms"
        );
    }
    drop(server);

    let large = dir.path().join("large");
    let start = Instant::now();
    fill(&large, Desk { tickets, events: 7, text_every: 2 }).await?;
    let seconds = start.elapsed().as_secs_f64();
    let events = (tickets * 7) as f64;
    println!("written through the port: {:.0} events/s", events / seconds);
    let server = Server::start(&server::binary()?, &large, ADDRESS).await?;
    println!("first start, views empty: ready after {:.2} s", server.ready_after.as_secs_f64());
    let start = Instant::now();
    caught_up(&server.target).await?;
    println!("all views built: {:.0} events/s", events / start.elapsed().as_secs_f64());
    drop(server);
    let server = Server::start(&server::binary()?, &large, ADDRESS).await?;
    println!(
        "start with {events} events: ready after {:.2} s, {:.0} MiB",
        server.ready_after.as_secs_f64(),
        server.memory()?
    );
    Ok(())
}

/// The same page at ten thousand tickets and at many more, the first and the 150th.
pub async fn pages(tickets: u64) -> Result<(), Failure> {
    let dir = tempfile::tempdir_in(".")?;
    let mut small = Vec::new();
    for tickets in [10_000, tickets] {
        let data = dir.path().join(tickets.to_string());
        fill(&data, Desk { tickets, events: 2, text_every: u64::MAX }).await?;
        let server = Server::start(&server::binary()?, &data, ADDRESS).await?;
        caught_up(&server.target).await?;
        let mut costs = Vec::new();
        for sort in ["-created", "-updated", "-priority"] {
            let path = format!("/v1/tickets?queue=inbox&page_size=50&sort={sort}");
            costs.extend(page_costs(&server.target, &path).await?);
        }
        println!("{tickets} tickets, µs by sort, page 1 and 150: {costs:?}");
        if small.is_empty() {
            small = costs;
        } else {
            let ratios = costs.iter().zip(&small).map(|(large, small)| large / small);
            println!("ratios: {:?}", ratios.collect::<Vec<_>>());
        }
    }
    Ok(())
}

/// The median cost, in microseconds, of the first and of a deep page.
async fn page_costs(target: &Target, path: &str) -> Result<[f64; 2], Failure> {
    let mut connection = Connection::open(&target.address, &target.token).await?;
    let first = median(&mut connection, path).await?;
    let mut cursor = path.to_owned();
    // At ten thousand tickets a queue has fifty pages, so the deep page is the last that both have.
    for _ in 0..45 {
        let answer = connection.call("GET", &cursor, "").await?;
        let page: serde_json::Value = serde_json::from_slice(answer.body)?;
        let Some(next) = page["page"]["next"].as_str() else { break };
        cursor = format!("{path}&cursor={next}");
    }
    Ok([first, median(&mut connection, &cursor).await?])
}

async fn median(connection: &mut Connection, path: &str) -> Result<f64, Failure> {
    let mut times = Vec::new();
    for _ in 0..101 {
        let start = Instant::now();
        let status = connection.call("GET", path, "").await?.status;
        if status != 200 {
            return Err(format!("{path} answered {status}").into());
        }
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[50])
}

/// Reads every ticket once, over many connections; answers requests per second and the 99th
/// percentile in milliseconds.
async fn read_all(target: &Target, tickets: u64, suffix: &str) -> Result<(f64, f64), Failure> {
    let start = Instant::now();
    let readers: Vec<_> = (0..CONNECTIONS)
        .map(|reader| {
            let (target, suffix) = (target.clone(), suffix.to_owned());
            tokio::spawn(async move {
                let mut connection = Connection::open(&target.address, &target.token).await?;
                let mut latencies = load::histogram();
                for number in (reader..tickets).step_by(CONNECTIONS as usize) {
                    let path = format!("/v1/tickets/{}{suffix}", FIRST_NUMBER + number);
                    let start = Instant::now();
                    let status = connection.call("GET", &path, "").await?.status;
                    if status != 200 {
                        return Err(format!("{path} answered {status}").into());
                    }
                    latencies.saturating_record(start.elapsed().as_micros() as u64);
                }
                Ok::<_, Failure>(latencies)
            })
        })
        .collect();
    let mut latencies = load::histogram();
    for reader in readers {
        latencies.add(reader.await??)?;
    }
    let rate = tickets as f64 / start.elapsed().as_secs_f64();
    Ok((rate, latencies.value_at_quantile(0.99) as f64 / 1000.0))
}

/// Waits until the views have everything.
async fn caught_up(target: &Target) -> Result<(), Failure> {
    let mut connection = Connection::open(&target.address, &target.token).await?;
    let head = connection.call("GET", "/v1/queues", "").await?.position;
    while connection.fresh("/v1/tickets?page_size=1", head).await?.status != 200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
