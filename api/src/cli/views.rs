//! `docket views`: how the views stand, and building one anew.

use std::io::Write;

use clap::Subcommand;
use docket_projections::REGISTRY;
use docket_projections::documents::Differences;
use docket_projections::runner::ProjectionError;

use super::Failure;
use super::tables;
use crate::config::Config;
use crate::docket::{Docket, Log};

/// What to do with views.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  docket views list                   also while a server runs
  docket views rebuild ticket_list    while none runs; else POST /v1/projections/…/rebuild
  docket views back ticket_list       while none runs; else POST /v1/projections/…/back
  docket views drop ticket_list       while none runs; else DELETE /v1/projections/…/kept")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the views: name, version, position, lag
    #[command(after_help = "Example:\n  docket views list --data /var/lib/docket")]
    List,
    /// Build a view anew from the log; the table before is kept
    #[command(after_help = "Example:\n  docket views rebuild ticket_list")]
    Rebuild {
        /// Its name
        name: String,
    },
    /// Answer a view from its table before again, brought forward to now
    #[command(after_help = "Example:\n  docket views back ticket_list")]
    Back {
        /// Its name
        name: String,
    },
    /// Drop the tables of a view that are kept
    #[command(after_help = "Example:\n  docket views drop ticket_list")]
    Drop {
        /// Its name
        name: String,
    },
}

/// Does it.
pub async fn run(args: Args, config: Config) -> Result<(), Failure> {
    match args.action {
        Action::List => list(&config).await,
        Action::Rebuild { name } => rebuild(&config, &name).await,
        Action::Back { name } => {
            let back = async |docket: &Docket| {
                let back = docket.views.take_back(&name).await?;
                back.await.map_err(|_| ProjectionError::Stopped)?
            };
            change(&config, &name, back).await?;
            Ok(writeln!(std::io::stdout(), "{name} is answered from its table before")?)
        }
        Action::Drop { name } => {
            change(&config, &name, async |docket| docket.views.drop_kept(&name).await).await?;
            Ok(writeln!(std::io::stdout(), "nothing is kept of {name} but what is in use")?)
        }
    }
}

async fn list(config: &Config) -> Result<(), Failure> {
    let log = Log::open_read_only(config).await?;
    let mut tables = tables::open(config, &log).await?;
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
    for build in tables.builds().await? {
        let (view, done) = (&build.view, build.done.min(head));
        let left = build.left(head).map_or("?".to_owned(), |left| (left / 1000).to_string());
        writeln!(out, "{view} is being built: {done} of {head} events, {left} s left")?;
    }
    log.close().await;
    Ok(())
}

async fn rebuild(config: &Config, name: &str) -> Result<(), Failure> {
    let compared = change(config, name, async |docket| {
        let building = docket.views.rebuild(name).await?;
        building.await.map_err(|_| ProjectionError::Stopped)?
    });
    let mut out = std::io::stdout();
    match compared.await? {
        Some(Differences { rows, sums }) if rows + sums > 0 => writeln!(
            out,
            "{name} is built anew; it differs from the table before in {rows} rows and {sums} sums"
        )?,
        Some(_) => writeln!(out, "{name} is built anew; it equals the table before")?,
        None => writeln!(out, "{name} is built anew, and was not compared here")?,
    }
    Ok(())
}

/// Changes the tables of a view; answers what a new one differed in from the one before, if this
/// process compared them.
async fn change(
    config: &Config,
    name: &str,
    how: impl AsyncFnOnce(&Docket) -> Result<(), ProjectionError>,
) -> Result<Option<Differences>, Failure> {
    if !REGISTRY.iter().any(|view| view.name == name) {
        let known: Vec<_> = REGISTRY.iter().map(|view| view.name).collect();
        return Err(Failure::Other(format!("there is no view {name}, only {}", known.join(", "))));
    }
    super::must_be_there(config)?;
    let docket = Docket::open(config, super::clock()).await?;
    let changed = how(&docket).await;
    let compared = docket.views.compared(name);
    docket.close().await;
    changed.map_err(|error| Failure::Other(error.to_string()))?;
    Ok(compared)
}
