//! Durable commands, and how far behind the views are meanwhile.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::load::{self, Run, Target};
use crate::{floor, server};

/// Whatever ends a measurement.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many connections put load on the server.
const CONNECTIONS: usize = 64;

/// What a rate is compared with: how it is called, and what it was, a second.
pub struct Floor {
    /// Its letter.
    pub name: &'static str,
    /// Its rate.
    pub rate: f64,
}

/// The floor and the loads beside it, on SQLite.
pub async fn measure(seconds: u64) -> Result<(), Failure> {
    let dir = server::folder()?;
    let rate = floor::one_event_per_transaction(dir.path(), Duration::from_secs(5)).await?;
    println!("floor F: {rate:.0} events/s, one per transaction, synchronous=FULL");
    let data = dir.path().join("data");
    let server = server::Server::start(&server::binary()?, &data, ADDRESS, &[]).await?;
    println!("idle: {:.0} MiB", server.memory()?);
    loads(&server, &Floor { name: "F", rate }, seconds).await?;
    println!("memory: {:.0} MiB", server.memory()?);
    Ok(())
}

/// What a command costs the server in processor time, with every connection busy.
pub async fn cost(seconds: u64) -> Result<(), Failure> {
    let dir = server::folder()?;
    let server = server::Server::start(&server::binary()?, dir.path(), ADDRESS, &[]).await?;
    let floor = Floor { name: "1/s", rate: 1.0 };
    for (name, seconds) in [("warming up", 3), ("sustained", seconds)] {
        let run = with_lag(&server, |target| async move {
            load::saturate(&target, CONNECTIONS, Duration::from_secs(seconds)).await
        });
        report(name, &floor, run.await?);
    }
    Ok(())
}

/// A burst, the sustained load, and latencies at half of it and at a thousand a second.
pub async fn loads(server: &server::Server, floor: &Floor, seconds: u64) -> Result<(), Failure> {
    let burst = with_lag(server, |target| async move {
        load::saturate(&target, CONNECTIONS, Duration::from_secs(10)).await
    });
    report("burst of 10 s", floor, burst.await?);
    let start = Instant::now();
    caught_up(&server.target).await?;
    println!("  views caught up {:.1} s after the burst", start.elapsed().as_secs_f64());

    let sustained = with_lag(server, |target| async move {
        load::saturate(&target, CONNECTIONS, Duration::from_secs(seconds)).await
    })
    .await?;
    let rate = sustained.0.per_second;
    report(&format!("sustained {seconds} s"), floor, sustained);
    for (name, rate) in [("half of that", rate / 2.0), ("1,000 a second", 1_000.0)] {
        paced(server, name, rate, floor).await?;
    }
    Ok(())
}

/// Commands at a rate, each counted from the moment it was due.
pub async fn paced(
    server: &server::Server,
    name: &str,
    rate: f64,
    floor: &Floor,
) -> Result<(), Failure> {
    let paced = with_lag(server, |target| async move {
        load::pace(&target, CONNECTIONS, rate, Duration::from_secs(20)).await
    });
    report(name, floor, paced.await?);
    Ok(())
}

/// Where the measured server listens.
pub const ADDRESS: &str = "127.0.0.1:18080";

/// Runs a load while another connection asks, again and again, for a list at least as fresh as the
/// log is at that moment: how long the answer takes is how far the views are behind. Of several nodes
/// one after the other is asked.
async fn with_lag<F, Fut>(server: &server::Server, work: F) -> Result<(Run, Run), Failure>
where
    F: FnOnce(Target) -> Fut,
    Fut: Future<Output = std::io::Result<Run>>,
{
    let (stop, stopped) = watch::channel(false);
    let target = &server.target;
    let probe = tokio::spawn(lag(target.clone(), stopped));
    let before = server.processor_time()?;
    let mut run = work(target.clone()).await?;
    stop.send_replace(true);
    let lag = probe.await??;
    let spent = server.processor_time()? - before;
    run.cost = spent.as_secs_f64() * 1e6 / run.latencies.len() as f64;
    Ok((run, lag))
}

async fn lag(target: Target, stopped: watch::Receiver<bool>) -> std::io::Result<Run> {
    let mut connections = Vec::new();
    for node in 0..target.addresses.len() {
        connections.push(target.connect(node).await?);
    }
    let mut latencies = load::histogram();
    let (mut failed, mut turn) = (0, 0);
    while !*stopped.borrow() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        turn = (turn + 1) % connections.len();
        let Some(connection) = connections.get_mut(turn) else { break };
        let head = connection.call("GET", "/v1/queues", "").await?.position;
        let start = Instant::now();
        let answer = connection.fresh("/v1/tickets?page_size=1", head).await?;
        failed += u64::from(answer.status != 200);
        latencies.saturating_record(start.elapsed().as_micros() as u64);
    }
    Ok(Run { per_second: 0.0, cost: f64::NAN, failed, latencies })
}

async fn caught_up(target: &Target) -> std::io::Result<()> {
    let mut connection = target.connect(0).await?;
    let head = connection.call("GET", "/v1/queues", "").await?.position;
    while connection.fresh("/v1/tickets?page_size=1", head).await?.status != 200 {}
    Ok(())
}

fn report(name: &str, floor: &Floor, (run, lag): (Run, Run)) {
    let ms = |run: &Run, quantile| run.latencies.value_at_quantile(quantile) as f64 / 1000.0;
    println!(
        "{name}: {:.0} commands/s = {:.2} × {}, {:.0} µs of processor time each, p50 {:.1} ms, \
         p99 {:.1} ms, {} failed",
        run.per_second,
        run.per_second / floor.rate,
        floor.name,
        run.cost,
        ms(&run, 0.5),
        ms(&run, 0.99),
        run.failed,
    );
    println!(
        "  views behind by p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms; {} asked in vain",
        ms(&lag, 0.5),
        ms(&lag, 0.99),
        lag.latencies.max() as f64 / 1000.0,
        lag.failed,
    );
}
