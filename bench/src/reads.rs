//! Reading: histories, as-of, queue pages, and what a full desk costs to open and to rebuild.

use std::path::Path;
use std::time::{Duration, Instant};

use docket_domain::instant::Instant as Moment;

use crate::fill::{self, Desk, FIRST_NUMBER, fill};
use crate::http::Connection;
use crate::load::{self, Run, Target};
use crate::server::{self, Server};
use crate::writes::ADDRESS;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many connections read.
const CONNECTIONS: u64 = 16;

/// Histories of 50 events over ten thousand tickets; start, memory and rebuild at a million events.
pub async fn measure(tickets: u64) -> Result<(), Failure> {
    let dir = server::folder()?;
    histories(&dir.path().join("histories")).await?;
    match tickets {
        0 => Ok(()),
        tickets => start(&dir.path().join("large"), tickets).await,
    }
}

async fn histories(data: &Path) -> Result<(), Failure> {
    const TICKETS: u64 = 10_000;
    fill(data, Desk { tickets: TICKETS, events: 50, text_every: 1 }).await?;
    for (name, suffix) in [("history", "/history"), ("as of", "?as_of=2099-01-01T00:00:00.000Z")] {
        // Started anew for each, so that nothing is at hand; the system's page cache is warm.
        let server = Server::start(&server::binary()?, data, ADDRESS, &[]).await?;
        let before = server.processor_time()?;
        let all = read_all(&server.target, TICKETS, suffix, None).await?;
        let cost = (server.processor_time()? - before).as_secs_f64() * 1e6 / TICKETS as f64;
        drop(server);
        let server = Server::start(&server::binary()?, data, ADDRESS, &[]).await?;
        let half = read_all(&server.target, TICKETS, suffix, Some(all.per_second / 2.0)).await?;
        println!(
            "{name}, 50 events with texts, each of {TICKETS} tickets once: {:.0}/s, {cost:.0} µs of \
             processor time each; p99 {:.1} ms at half of that",
            all.per_second,
            half.latencies.value_at_quantile(0.99) as f64 / 1000.0,
        );
    }
    Ok(())
}

async fn start(data: &Path, tickets: u64) -> Result<(), Failure> {
    let start = Instant::now();
    fill(data, Desk { tickets, events: 7, text_every: 2 }).await?;
    let events = (tickets * 7) as f64;
    println!("written through the port: {:.0} events/s", events / start.elapsed().as_secs_f64());
    let server = Server::start(&server::binary()?, data, ADDRESS, &[]).await?;
    let seconds = server.ready_after.as_secs_f64();
    println!(
        "all views built at the first start: {:.0} events/s, {:.0} MiB",
        events / seconds,
        server.memory()?
    );
    drop(server);
    let server = Server::start(&server::binary()?, data, ADDRESS, &[]).await?;
    println!(
        "start with {events} events: ready after {:.2} s, {:.0} MiB",
        server.ready_after.as_secs_f64(),
        server.memory()?
    );
    Ok(())
}

/// The same page at ten thousand tickets and at many more, the first and the 150th, and a queue as
/// it was half-way.
pub async fn pages(tickets: u64) -> Result<(), Failure> {
    let dir = server::folder()?;
    let mut small = Vec::new();
    for tickets in [10_000, tickets] {
        let data = dir.path().join(tickets.to_string());
        let began = fill::now();
        fill(&data, Desk { tickets, events: 2, text_every: u64::MAX }).await?;
        let halfway = Moment(began + (fill::now() - began) / 2);
        let server = Server::start(&server::binary()?, &data, ADDRESS, &[]).await?;
        let mut costs = Vec::new();
        for sort in ["-created", "-updated", "-priority"] {
            let path = format!("/v1/tickets?queue=inbox&page_size=50&sort={sort}");
            costs.extend(page_costs(&server.target, &path).await?);
        }
        println!("{tickets} tickets, µs by sort, page 1 and {DEEP}: {costs:.0?}");
        let mut connection = server.target.connect(0).await?;
        let path = format!("/v1/queues/inbox/tickets?as_of={halfway}");
        println!("  the queue as of half-way: {:.0} µs", median(&mut connection, &path).await?);
        if small.is_empty() {
            small = costs;
        } else {
            let ratios = costs.iter().zip(&small).map(|(large, small)| large / small);
            println!("ratios: {:.2?}", ratios.collect::<Vec<_>>());
        }
    }
    Ok(())
}

/// The deep page that is measured; ten thousand tickets have as many in one queue.
const DEEP: usize = 150;

/// The median cost, in microseconds, of the first and of a deep page.
async fn page_costs(target: &Target, path: &str) -> Result<[f64; 2], Failure> {
    let mut connection = target.connect(0).await?;
    let first = median(&mut connection, path).await?;
    let mut cursor = path.to_owned();
    for number in 1..DEEP {
        let answer = connection.call("GET", &cursor, "").await?;
        let page: serde_json::Value = serde_json::from_slice(answer.body)?;
        let next = page["page"]["next"].as_str();
        let next = next.ok_or_else(|| format!("{path} has only {number} pages"))?;
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

/// Reads every ticket once, over many connections: as fast as it goes, or each at its due moment,
/// `rate` a second.
async fn read_all(
    target: &Target,
    tickets: u64,
    suffix: &str,
    rate: Option<f64>,
) -> Result<Run, Failure> {
    let start = Instant::now();
    let readers: Vec<_> = (0..CONNECTIONS)
        .map(|reader| {
            let (target, suffix) = (target.clone(), suffix.to_owned());
            tokio::spawn(async move {
                let mut connection = target.connect(0).await?;
                let mut latencies = load::histogram();
                for number in (reader..tickets).step_by(CONNECTIONS as usize) {
                    let path = format!("/v1/tickets/{}{suffix}", FIRST_NUMBER + number);
                    let due = rate.map_or_else(Instant::now, |rate| {
                        start + Duration::from_secs_f64(number as f64 / rate)
                    });
                    tokio::time::sleep_until(due.into()).await;
                    let status = connection.call("GET", &path, "").await?.status;
                    if status != 200 {
                        return Err(format!("{path} answered {status}").into());
                    }
                    latencies.saturating_record(due.elapsed().as_micros() as u64);
                }
                Ok::<_, Failure>(latencies)
            })
        })
        .collect();
    let mut latencies = load::histogram();
    for reader in readers {
        latencies.add(reader.await??)?;
    }
    let per_second = tickets as f64 / start.elapsed().as_secs_f64();
    Ok(Run { per_second, cost: f64::NAN, failed: 0, latencies })
}
