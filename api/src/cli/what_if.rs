//! `docket what-if`: verdicts of past tickets under a draft plan or calendar, in a terminal.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use docket_commands::{Desk, Drafts};
use docket_domain::instant::Instant;
use docket_projections::recorded::Reader;
use docket_projections::what_if::{Answer, WhatIf, what_if};
use docket_store::vault::{KeyFile, Vault};
use serde::de::DeserializeOwned;

use super::Failure;
use crate::config::Config;
use crate::docket::{KEY_FILE, Log};
use crate::problem::Problem;
use crate::routes::definitions::document;

/// What is tried, and on which tickets.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  docket what-if default --plan draft.json --from 2026-01-01T00:00:00Z
  docket what-if default --calendar longer-hours.json --from 2026-01-01T00:00:00Z --to 2026-04-01T00:00:00Z
  docket what-if default --plan draft.json --from 2026-01-01T00:00:00Z --json | jq .changed

It only reads, so it works while a server runs. Without a draft it says how things are.")]
pub struct Args {
    /// The key of the plan that the draft stands for
    key: String,
    /// A file with the plan as it would be, as PUT /v1/plans takes it [default: the one in force]
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// A file with its calendar as it would be [default: the one in force]
    #[arg(long, value_name = "FILE")]
    calendar: Option<PathBuf>,
    /// Of tickets that were opened at this instant or later
    #[arg(long, value_name = "INSTANT")]
    from: Instant,
    /// And before this one [default: now]
    #[arg(long, value_name = "INSTANT")]
    to: Option<Instant>,
    /// Print the whole answer as JSON
    #[arg(long)]
    json: bool,
}

/// Prints what would have been.
pub async fn run(args: Args, config: Config) -> Result<(), Failure> {
    let store = Log::open_read_only(&config).await?.store();
    let key = KeyFile::load_or_create(&config.data.join(KEY_FILE), &*store).await?;
    let vault = Arc::new(Vault::new(store.clone(), key));
    let clock = super::clock();
    let now = Instant(clock());
    let desk = Desk::open(store.clone(), vault.clone(), clock).await?;
    let drafts =
        Drafts { plan: read(args.plan.as_deref())?, calendar: read(args.calendar.as_deref())? };
    let draft = desk.draft(&args.key, drafts);
    let draft = Arc::new(draft.map_err(|error| Failure::Other(Problem::from(error).told()))?);
    let asked = WhatIf { draft, from: args.from, to: args.to.unwrap_or(now), now };
    let answer = what_if(&Reader::new(store, vault), None, &asked).await;
    let answer = answer.map_err(|error| Failure::Other(error.to_string()))?;
    let told = if args.json {
        serde_json::to_string_pretty(&answer).map_err(|error| Failure::Other(error.to_string()))?
    } else {
        table(&answer)
    };
    Ok(writeln!(std::io::stdout(), "{told}")?)
}

/// A document from a file, as `GET` shows it or it alone.
fn read<T: DeserializeOwned>(path: Option<&Path>) -> Result<Option<T>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let wrong = |error: String| Failure::Other(format!("{}: {error}", path.display()));
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    document::draft(&text).map(Some).map_err(|problem| wrong(problem.told()))
}

fn table(answer: &Answer) -> String {
    let mut told = format!("{} tickets\n", answer.tickets);
    told += &format!(
        "{:<26} {:<16} {:<10} {:>17} {:>17} {:>7} {:>6}\n",
        "clock", "queue", "priority", "was met/late", "would met/late", "better", "worse"
    );
    for line in &answer.data {
        let verdicts = |met: u64, late: u64| format!("{met}/{late}");
        told += &format!(
            "{:<26} {:<16} {:<10} {:>17} {:>17} {:>7} {:>6}\n",
            format!("{} {}", line.clock, line.measure).trim_end(),
            line.queue,
            line.priority,
            verdicts(line.was.met, line.was.breached),
            verdicts(line.would.met, line.would.breached),
            line.better,
            line.worse,
        );
    }
    told.trim_end().to_owned()
}
