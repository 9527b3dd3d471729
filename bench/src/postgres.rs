//! The same loads with PostgreSQL behind the server, beside what `pgbench` inserts into the same
//! table: durable, one row a transaction.

use std::io;
use std::path::Path;

use docket_test_servers::postgres::{Database, Server};
use sqlx::{Connection, PgConnection};

use crate::writes::{ADDRESS, Floor, loads};
use crate::{server, writes};

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

/// One node and the floor beside it; then a thousand commands a second on three nodes.
pub async fn measure(seconds: u64) -> Result<(), writes::Failure> {
    // On a disk, which the folder for temporary files need not be: set TMPDIR where it is not.
    let postgres = Server::start(&[]).ok_or_else(|| io::Error::other("install PostgreSQL"))?;
    let database = postgres.database();
    let dir = server::folder()?;
    let (binary, data) = (server::binary()?, dir.path().join("data"));
    let store = ["--store", database.url()];
    let mut first = server::Server::start(&binary, &data, ADDRESS, &store).await?;
    let rate = rows_a_second(&postgres, &database, dir.path()).await?;
    println!("floor P: {rate:.0} rows/s, pgbench at 32 clients, one row a transaction");
    loads(&first, &Floor { name: "P", rate }, seconds).await?;

    let mut nodes = Vec::new();
    for (name, address) in [("second", "127.0.0.1:18081"), ("third", "127.0.0.1:18082")] {
        let other = dir.path().join(name);
        std::fs::create_dir(&other)?;
        std::fs::copy(data.join("docket.key"), other.join("docket.key"))?;
        nodes.push(first.and_another(&binary, &other, address, &store).await?);
    }
    writes::paced(&first, "three nodes, 1,000 a second", 1_000.0, &Floor { name: "P", rate }).await
}

async fn rows_a_second(
    postgres: &Server,
    database: &Database,
    folder: &Path,
) -> Result<f64, writes::Failure> {
    let mut connection = PgConnection::connect(database.url()).await?;
    sqlx::raw_sql(TABLE).execute(&mut connection).await?;
    let script = folder.join("insert.sql");
    std::fs::write(&script, INSERT.replace('\n', " "))?;
    let said = postgres.pgbench(database, &script, &["-c", "32", "-j", "2", "-T", "10"]);
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    Ok(rate.ok_or("pgbench gave no rate")?.parse()?)
}
