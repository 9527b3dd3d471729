//! `docket views`: how the views stand, and building one anew.

use std::io::Write;

use clap::Subcommand;
use docket_projections::REGISTRY;

use super::Failure;
use super::tables::Tables;
use crate::config::Config;
use crate::docket::{Docket, Log};

/// What to do with views.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  docket views list                   also while a server runs
  docket views rebuild ticket_list    while none runs; else POST /v1/projections/…/rebuild")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the views: name, version, position, lag
    #[command(after_help = "Example:\n  docket views list --data /var/lib/docket")]
    List,
    /// Build a view anew from the log
    #[command(after_help = "Example:\n  docket views rebuild ticket_list")]
    Rebuild {
        /// Its name
        name: String,
    },
}

/// Does it.
pub async fn run(args: Args, config: Config) -> Result<(), Failure> {
    match args.action {
        Action::List => list(&config).await,
        Action::Rebuild { name } => rebuild(&config, &name).await,
    }
}

async fn list(config: &Config) -> Result<(), Failure> {
    let log = Log::open_read_only(&config.store).await?;
    let mut tables = Tables::open(&log.views(&config.data)).await?;
    let (cursor, head) = (tables.cursor, log.store().head());
    let mut out = std::io::stdout();
    writeln!(out, "{:16} {:>7} {:>10} {:>10} parked", "view", "version", "position", "lag")?;
    let built = tables.views().await?;
    for view in REGISTRY {
        let name = view.name;
        match built.iter().find(|(built, ..)| built == name) {
            Some((_, version, parked)) => {
                let lag = head.saturating_sub(cursor);
                writeln!(out, "{name:16} {version:>7} {cursor:>10} {lag:>10} {parked}")?;
            }
            // A server that stopped before its first build was done has left no table yet.
            None => writeln!(out, "{name:16} {:>7} {:>10} {head:>10} not built yet", "-", 0)?,
        }
    }
    log.close().await;
    Ok(())
}

async fn rebuild(config: &Config, name: &str) -> Result<(), Failure> {
    if !REGISTRY.iter().any(|view| view.name == name) {
        let known: Vec<_> = REGISTRY.iter().map(|view| view.name).collect();
        return Err(Failure::Other(format!("there is no view {name}, only {}", known.join(", "))));
    }
    super::must_be_there(config)?;
    let docket = Docket::open(config, super::clock()).await?;
    let other = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
    let rebuilt = match docket.views.rebuild(name).await {
        Ok(building) => building.await.map_err(|error| other(&error)),
        Err(error) => Err(other(&error)),
    };
    docket.close().await;
    rebuilt?.map_err(|error| other(&error))?;
    writeln!(std::io::stdout(), "{name} is built anew")?;
    Ok(())
}
