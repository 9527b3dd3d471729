//! Appends by other event stores for PostgreSQL: one event each, by many tasks, in streams as long
//! as those of `docket-bench postgres --only appends`, which runs this and compares.
//!
//! `docket-bench-peers NAME URL TASKS SECONDS` prints how many appends a second were acknowledged.

mod cqrs;
mod disintegrating;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Whatever ends a measurement.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many connections the stores share: as many as `pgbench` has clients.
const CONNECTIONS: u32 = 32;

/// How many events a stream gets, one append each.
const STREAM: usize = 5;

/// An event store that appends the next event to a stream.
trait Store: Send + Sync + 'static {
    /// What has to be known of a stream to append to it; the default is that of an empty one.
    type Version: Default + Send;

    /// Appends one event to the stream, which must stand at this version; answers its next one.
    fn append(
        &self,
        stream: &str,
        at: Self::Version,
        text: &str,
    ) -> impl Future<Output = Result<Self::Version, Failure>> + Send;
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, url, tasks, seconds] = arguments.as_slice() else {
        return Err("docket-bench-peers cqrs-es|disintegrate URL TASKS SECONDS".into());
    };
    let (tasks, time) = (tasks.parse()?, Duration::from_secs(seconds.parse()?));
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(60))
        .connect(url)
        .await?;
    let rate = match name.as_str() {
        "cqrs-es" => appends_a_second(cqrs::open(pool).await?, tasks, time).await?,
        "disintegrate" => appends_a_second(disintegrating::open(pool).await?, tasks, time).await?,
        other => return Err(format!("no such store: {other}").into()),
    };
    println!("{rate:.1}");
    Ok(())
}

async fn appends_a_second<S: Store>(
    store: S,
    tasks: usize,
    time: Duration,
) -> Result<f64, Failure> {
    let store = Arc::new(store);
    let start = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        let store = Arc::clone(&store);
        running.spawn(async move {
            let text = "x".repeat(319);
            let mut appended = 0;
            while start.elapsed() < time {
                let stream = format!("ticket-{}", Uuid::now_v7());
                let mut version = S::Version::default();
                for _ in 0..STREAM {
                    version = store.append(&stream, version, &text).await?;
                    appended += 1;
                }
            }
            Ok::<u64, Failure>(appended)
        });
    }
    let mut appended = 0;
    while let Some(task) = running.join_next().await {
        appended += task??;
    }
    Ok(appended as f64 / start.elapsed().as_secs_f64())
}

/// Runs statements one after the other.
async fn execute(pool: &PgPool, statements: &str) -> Result<(), Failure> {
    sqlx::raw_sql(statements).execute(pool).await?;
    Ok(())
}
