//! The same loads with PostgreSQL behind the server, beside what `pgbench` inserts into the same
//! table: durable, one row a transaction.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use docket_test_servers::postgres::{Database, Server};
use serde_json::Value;
use sqlx::{Connection, PgConnection};

use crate::fill::{self, Desk};
use crate::http::Connection as Http;
use crate::writes::{ADDRESS, Failure, Floor, loads};
use crate::{appends, server, writes};

/// What is measured, and how much of it.
#[derive(Args)]
pub struct Options {
    /// How long the sustained load is held, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Up to how many events appends are measured as the log grows.
    #[arg(long, default_value_t = 2_000_000)]
    events: u64,
    /// How many tickets of seven events the views are built from.
    #[arg(long, default_value_t = 150_000)]
    tickets: u64,
    /// The program that does the same appends by other crates: `bench/peers`, built with --release.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Which parts; all unless said.
    #[arg(long, value_enum)]
    only: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Commands over HTTP: a burst, the sustained load, three nodes.
    Loads,
    /// Appends through the store alone, and by other crates.
    Appends,
    /// What an append costs in an empty log and in a long one.
    Growth,
    /// Building all views, and one without text.
    Views,
}

/// What must stand in the table for `pgbench` to insert rows as large as an event is.
const TABLE: &str = "
    CREATE SCHEMA floor;
    CREATE SEQUENCE floor.positions;
    CREATE TABLE floor.events (LIKE public.events INCLUDING ALL);
    ALTER TABLE floor.events ALTER position SET DEFAULT nextval('floor.positions');
    ALTER TABLE floor.events ALTER payload SET DEFAULT repeat('x', 330);";

/// One row, in a stream of its own.
const INSERT: &str = "
    INSERT INTO floor.events (stream, version, event_id, event_type, schema, occurred_at,
        recorded_at, payload_hash, envelope)
    VALUES ('ticket-' || gen_random_uuid(), 1, uuid_send(gen_random_uuid()), 'MessageReceived', 1,
        1700000000000, 1700000000000, sha256('x'), '{}');";

/// The floor, then each part in a database of its own on the same server.
pub async fn measure(options: &Options) -> Result<(), Failure> {
    // On a disk, which the folder for temporary files need not be: set TMPDIR where it is not.
    let postgres = Server::start(&[]).ok_or_else(|| io::Error::other("install PostgreSQL"))?;
    let dir = server::folder()?;
    let floor = Floor { name: "P", rate: rows_a_second(&postgres, dir.path()).await? };
    println!("floor P: {:.0} rows/s, pgbench at 32 clients, one row a transaction", floor.rate);
    let wanted = |part| options.only.is_empty() || options.only.contains(&part);
    if wanted(Part::Loads) {
        nodes(&postgres.database(), dir.path(), &floor, options.seconds).await?;
    }
    if wanted(Part::Appends) {
        let peers = options.peers.as_deref();
        appends::alone(&postgres, &floor, options.seconds, peers).await?;
    }
    if wanted(Part::Growth) {
        appends::growth(postgres.database().url(), options.events).await?;
    }
    if wanted(Part::Views) {
        views(&postgres.database(), &dir.path().join("views"), options.tickets).await?;
    }
    Ok(())
}

/// The loads on one node; then a thousand commands a second on three.
async fn nodes(
    database: &Database,
    folder: &Path,
    floor: &Floor,
    seconds: u64,
) -> Result<(), Failure> {
    let (binary, data) = (server::binary()?, folder.join("data"));
    let store = ["--store", database.url()];
    let mut first = server::Server::start(&binary, &data, ADDRESS, &store).await?;
    loads(&first, floor, seconds).await?;

    let mut nodes = Vec::new();
    for (name, address) in [("second", "127.0.0.1:18081"), ("third", "127.0.0.1:18082")] {
        let other = folder.join(name);
        std::fs::create_dir(&other)?;
        std::fs::copy(data.join("docket.key"), other.join("docket.key"))?;
        nodes.push(first.and_another(&binary, &other, address, &store).await?);
    }
    writes::paced(&first, "three nodes, 1,000 a second", 1_000.0, floor).await
}

async fn rows_a_second(postgres: &Server, folder: &Path) -> Result<f64, Failure> {
    let database = postgres.database();
    // The table that rows are inserted into is made like that of the log.
    appends::open(database.url()).await?.close().await;
    let mut connection = PgConnection::connect(database.url()).await?;
    sqlx::raw_sql(TABLE).execute(&mut connection).await?;
    let script = folder.join("insert.sql");
    std::fs::write(&script, INSERT.replace('\n', " "))?;
    let said = postgres.pgbench(&database, &script, &["-c", "32", "-j", "2", "-T", "10"]);
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    Ok(rate.ok_or("pgbench gave no rate")?.parse()?)
}

/// A view that reads no personal text.
const WITHOUT_TEXT: &str = "stays";

/// All views from the log, as a first start builds them; then one by itself.
async fn views(database: &Database, data: &Path, tickets: u64) -> Result<(), Failure> {
    let desk = Desk { tickets, events: 7, text_every: 2 };
    std::fs::create_dir_all(data)?;
    let log = appends::open(database.url()).await?;
    fill::write(data, log.clone(), tickets, move |number| desk.story(number)).await?;
    log.close().await;
    let events = (tickets * 7) as f64;
    let store = ["--store", database.url()];
    let server = server::Server::start(&server::binary()?, data, ADDRESS, &store).await?;
    let all = events / server.ready_after.as_secs_f64();
    println!("all views built at the first start: {all:.0} events/s of {events}");

    let mut connection = server.target.connect(0).await?;
    let before = table(&mut connection).await?;
    let start = Instant::now();
    let path = format!("/v1/projections/{WITHOUT_TEXT}/rebuild");
    let status = connection.call("POST", &path, "").await?.status;
    if status != 202 {
        return Err(format!("{path} answered {status}").into());
    }
    // The new table takes the old one's place when it is whole.
    while table(&mut connection).await? == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let one = events / start.elapsed().as_secs_f64();
    println!("{WITHOUT_TEXT} alone, which reads no text: {one:.0} events/s");
    Ok(())
}

/// The table from which the view without text answers.
async fn table(connection: &mut Http) -> Result<String, Failure> {
    let answer = connection.call("GET", "/v1/projections", "").await?;
    let page: Value = serde_json::from_slice(answer.body)?;
    let views = page["data"].as_array().map_or(&[][..], Vec::as_slice);
    let view = views.iter().find(|view| view["name"] == WITHOUT_TEXT);
    let table = view.and_then(|view| view["table"].as_str());
    Ok(table.ok_or("the view has no table")?.to_owned())
}
