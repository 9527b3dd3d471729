//! `docket demo`: a made-up desk, served from a store that is thrown away.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use docket_domain::ids::AgentId;
use docket_domain::instant::Instant;
use docket_domain::token::Role;
use docket_store::sqlite::SqliteStore;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, token};
use crate::config::Config;
use crate::demo::{self, DemoClock, Plan, Seeded};
use crate::docket::Docket;
use crate::server::{self, Server};

/// How the desk is made up.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  docket demo
  docket demo --tickets 500 --seed 7 --listen 127.0.0.1:9000

The desk has lived for a year and ends now. It is gone when the server stops. The same seed tells the
same stories of the same people; ids, tokens, ticket numbers and the order between tickets differ from
run to run, and so do times, which count back from now.")]
pub struct Args {
    /// How many tickets came in during the year
    #[arg(long, env = "DOCKET_TICKETS", default_value_t = 5_000, value_name = "N")]
    tickets: usize,
    /// What decides who asks for what, and what becomes of it
    #[arg(long, env = "DOCKET_SEED", default_value_t = 1, value_name = "N")]
    seed: u64,
}

/// How long the views are waited for before they are waited for again.
const BUILDING: Duration = Duration::from_secs(5);

/// One token for each role is printed.
const ROLES: [(&str, Role); 5] = [
    ("admin", Role::Admin),
    ("supervisor", Role::Supervisor),
    ("agent", Role::Agent),
    ("auditor", Role::Auditor),
    ("analyst", Role::Analyst),
];

/// Makes up a desk, prints how to get in, and serves until the process is asked to end.
pub async fn run(args: Args, mut config: Config) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("docket-demo-").tempdir()?;
    config.data = folder.path().to_owned();
    config.store = format!("sqlite:{}", folder.path().join("log.sqlite").display());
    config.attachments = folder.path().join("attachments").display().to_string();
    let real = super::clock();
    let plan = Plan { tickets: args.tickets, seed: args.seed, until: Instant(real()) };
    let clock = DemoClock::starting_at(plan.begin(), real);
    let (seeded, server) = tokio::select! {
        begun = begin(&config, &clock, plan) => begun?,
        // Returning removes the folder, which a signal alone would leave behind.
        () = server::asked_to_stop() => return Ok(()),
    };
    tracing::debug!(events = seeded.events, refused = seeded.refused.len(), "made up");
    let mut out = std::io::stdout();
    writeln!(out, "{} tickets and {} events since a year ago.", args.tickets, seeded.events)?;
    writeln!(out, "\nDocket listens on http://{}\n", server.address)?;
    for (name, role) in ROLES {
        writeln!(
            out,
            "  {name:10}  {}",
            issue(&server.docket, name, role, plan.first_agent()).await?
        )?;
    }
    writeln!(out, "\nStop it with Ctrl-C; the desk is then gone.")?;
    server.docket.set_ready();
    Ok(server.until_asked_to_stop().await?)
}

/// Makes up the desk and starts its server.
async fn begin(
    config: &Config,
    clock: &DemoClock,
    plan: Plan,
) -> Result<(Seeded, Server), Failure> {
    let seeded = live(config, clock, plan).await?;
    clock.let_go();
    // The views are built at once from the whole year, which is faster than following it.
    let server = server::start(config, clock.reading()).await?;
    let head = server.docket.store.head();
    while !server.docket.views.wait_for(head, BUILDING).await {}
    Ok((seeded, server))
}

/// Lets a year go by on a desk that nobody reads yet.
async fn live(config: &Config, clock: &DemoClock, plan: Plan) -> Result<Seeded, Failure> {
    let log = config.data.join("log.sqlite");
    let store = Arc::new(SqliteStore::open(log, clock.reading()).await?);
    let desk = super::desk(store.clone(), &config.data, clock.reading()).await?;
    let bar = bar();
    let told = bar.clone();
    let seeded = demo::seed(&desk, clock, plan, |played, all| {
        told.set_length(all as u64);
        told.set_position(played as u64);
    });
    let seeded = seeded.await?;
    bar.finish_and_clear();
    store.close().await;
    Ok(seeded)
}

async fn issue(docket: &Docket, name: &str, role: Role, agent: AgentId) -> Result<String, Failure> {
    let secret = crate::auth::mint()?;
    let agent = (role == Role::Agent).then_some(agent);
    token::issue(docket, &format!("demo {name}"), role, agent, &secret).await?;
    Ok(secret)
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("A year goes by {bar:40} {percent} %") {
        bar.set_style(style);
    }
    bar
}
