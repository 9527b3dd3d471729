//! `docket import`: a foreign log into a store that no server holds.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;
use docket_store::sqlite::SqliteStore;
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use crate::config::Config;
use crate::docket::{Docket, Log, StoreUrl};
use crate::import::map::Map;
use crate::import::rehearse;
use crate::import::report::Report;
use crate::import::row::Reject;
use crate::import::run::{Format, Job, run as import};

/// Which log, by which map.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  docket import xes helpdesk.xes.gz --map docs/examples/maps/helpdesk.toml --dry-run
  docket import xes helpdesk.xes.gz --map docs/examples/maps/helpdesk.toml
  docket import csv tickets.csv --map tickets.toml --data /var/lib/docket

The same import again adds nothing, and goes on where an earlier one was stopped. Rows that cannot
be imported are listed on standard error; the exit code is then 1. docs/importing.md explains maps.")]
pub struct Args {
    #[command(subcommand)]
    format: FormatArg,
}

#[derive(Debug, Subcommand)]
enum FormatArg {
    /// An event log in XES (IEEE 1849), packed with gzip or not
    #[command(after_help = "Example:
  docket import xes helpdesk.xes.gz --map docs/examples/maps/helpdesk.toml --dry-run")]
    Xes(FileArgs),
    /// A table with a header line, one event a row
    #[command(after_help = "Example:
  docket import csv tickets.csv --map tickets.toml --data /var/lib/docket")]
    Csv(FileArgs),
}

#[derive(Debug, clap::Args)]
struct FileArgs {
    /// The file
    file: PathBuf,
    /// What its columns mean: a TOML file
    #[arg(long)]
    map: PathBuf,
    /// Say what would happen, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Imports a log and says what became of it.
pub async fn run(args: Args, config: Config) -> Result<(), Failure> {
    let (format, args) = match args.format {
        FormatArg::Xes(args) => (Format::Xes, args),
        FormatArg::Csv(args) => (Format::Csv, args),
    };
    let text = std::fs::read_to_string(&args.map)
        .map_err(|error| Failure::Other(format!("{}: {error}", args.map.display())))?;
    let map = Map::parse(&text)
        .map_err(|error| Failure::Other(format!("{}: {error}", args.map.display())))?;
    let bar = bar(std::fs::metadata(&args.file).map_or(0, |file| file.len()));
    let (moving, pausing) = (bar.clone(), bar.clone());
    let job = Job {
        path: args.file,
        format,
        map: Arc::new(map),
        untouched: None,
        progress: Arc::new(move |read| moving.set_position(read)),
        rejected: Arc::new(move |reject| pausing.suspend(|| complain(reject))),
    };
    let report =
        if args.dry_run { try_out(&config, job).await } else { bring_in(&config, job).await };
    bar.finish_and_clear();
    let report = report?;
    if args.dry_run {
        writeln!(std::io::stdout(), "Nothing was written. An import would give:")?;
    }
    write!(std::io::stdout(), "{report}")?;
    match report.rejected() {
        0 => Ok(()),
        rejected => Err(Failure::Other(format!("{rejected} rows were rejected, see above"))),
    }
}

async fn bring_in(config: &Config, job: Job) -> Result<Report, Failure> {
    let docket = Docket::open(config, super::clock()).await?;
    let report = import(Arc::clone(&docket.desk), job).await;
    docket.close().await;
    report.map_err(|stopped| Failure::Other(stopped.to_string()))
}

/// Imports into a store that is thrown away, with the definitions of the real one.
async fn try_out(config: &Config, mut job: Job) -> Result<Report, Failure> {
    let folder = tempfile::tempdir()?;
    let trial = SqliteStore::open(folder.path().join("log.sqlite"), super::clock()).await?;
    let trial = Arc::new(super::desk(Arc::new(trial), folder.path(), super::clock()).await?);
    let none_yet =
        matches!(StoreUrl::parse(&config.store)?, StoreUrl::Sqlite(path) if !path.exists());
    if !none_yet {
        let real = Log::open_read_only(config).await?.store();
        let real = super::desk(real, &config.data, super::clock()).await?;
        rehearse::copy_definitions(&real.catalogue(), &trial).await?;
        job.untouched = Some(Arc::clone(real.store()));
    }
    let report = import(trial, job).await;
    report.map_err(|stopped| Failure::Other(stopped.to_string()))
}

fn complain(reject: &Reject) {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "line {}: {}", reject.line, reject.reason);
}

/// A progress bar over the bytes of the file; it shows on a terminal only.
fn bar(bytes: u64) -> ProgressBar {
    let style = "{bar:40} {bytes}/{total_bytes} {elapsed_precise}, about {eta} left";
    let bar = ProgressBar::new(bytes);
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}
