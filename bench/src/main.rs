//! Measurements: what Docket does in a second, beside a floor measured in the same run.
//!
//! Every figure is a ratio to something measured here and now, or an absolute bar with the machine
//! named beside it; `docs/performance.md` says how to repeat them and what was reached.

mod appends;
mod desk;
mod fill;
mod floor;
mod http;
#[cfg(feature = "kurrentdb")]
mod kurrent;
mod load;
mod postgres;
mod reads;
mod server;
mod writes;

use clap::{Parser, Subcommand};

/// Measure Docket's release binary on this machine.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Durable commands over HTTP beside one-event-per-transaction SQLite, with the lag of views.
    Commands {
        /// How long the sustained load is held, in seconds.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// What a command costs the server in processor time, by the system's account: to compare builds on a
    /// machine that does other things as well.
    Cost {
        /// How long the load is held, in seconds.
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// The same with PostgreSQL behind the server, beside what pgbench inserts into the same table;
    /// appends through the store alone, what they cost as the log grows, and building views.
    Postgres(postgres::Options),
    /// Histories, as-of readings and queue pages on filled desks; start, memory, rebuild.
    Reads {
        /// How many tickets the large desk has; 0 for histories only.
        #[arg(long, default_value_t = 150_000)]
        tickets: u64,
    },
    /// One queue page at ten thousand tickets and at many more.
    Pages {
        /// How many tickets the large desk has.
        #[arg(long, default_value_t = 1_000_000)]
        tickets: u64,
    },
    /// Reports and what-if over a year of a desk with promises, and the arithmetic of calendars.
    Desk {
        /// How many tickets the year has.
        #[arg(long, default_value_t = 1_000_000)]
        tickets: u64,
    },
    /// The adapter's own cost over a double of KurrentDB's protocol: nothing of KurrentDB itself.
    #[cfg(feature = "kurrentdb")]
    Kurrent {
        /// How many events are appended, and then read.
        #[arg(long, default_value_t = 12_800)]
        appends: usize,
    },
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match Options::parse().what {
        What::Commands { seconds } => writes::measure(seconds).await,
        What::Cost { seconds } => writes::cost(seconds).await,
        What::Postgres(options) => postgres::measure(&options).await,
        What::Reads { tickets } => reads::measure(tickets).await,
        What::Pages { tickets } => reads::pages(tickets).await,
        What::Desk { tickets } => desk::measure(tickets).await,
        #[cfg(feature = "kurrentdb")]
        What::Kurrent { appends } => kurrent::measure(appends).await,
    }
}
