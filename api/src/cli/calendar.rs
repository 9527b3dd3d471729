//! `docket calendar`: what helps to write calendars; it needs no store.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use docket_domain::sla::calendar::Calendar;
use serde_json::Value;

use super::Failure;
use crate::ics;

/// The options of `docket calendar`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  docket calendar import-ics holidays.ics --into office.json > next.json"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add the holidays of an iCalendar file to a calendar, and print the document to be published
    ImportIcs {
        /// The file of holidays
        file: PathBuf,
        /// The calendar: a document, or what `GET /v1/calendars/{key}` answered
        #[arg(long)]
        into: PathBuf,
    },
}

/// Runs it.
pub fn run(args: &Args) -> Result<(), Failure> {
    let What::ImportIcs { file, into } = &args.what;
    let named =
        |path: &PathBuf, error: String| Failure::Other(format!("{}: {error}", path.display()));
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).map_err(|error| named(path, error.to_string()))
    };
    let holidays = ics::holidays(&read(file)?).map_err(|error| named(file, error.to_string()))?;
    let mut calendar = document(&read(into)?).map_err(|error| named(into, error))?;
    let found = holidays.len();
    // What the calendar says of a day already was meant so.
    let new = holidays
        .into_iter()
        .filter(|day| !calendar.exceptions.iter().any(|known| known.date == day.date));
    let new: Vec<_> = new.collect();
    eprintln!("{found} days in the file, {} of them new", new.len());
    calendar.exceptions.extend(new);
    let json = serde_json::to_string_pretty(&calendar);
    let json = json.map_err(|error| Failure::Other(error.to_string()))?;
    Ok(writeln!(std::io::stdout(), "{json}")?)
}

/// The calendar of a document, or of an answer, which says more of it.
fn document(text: &str) -> Result<Calendar, String> {
    let mut document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if let Some(members) = document.as_object_mut() {
        for of_the_answer in ["key", "version", "effective_from"] {
            members.remove(of_the_answer);
        }
    }
    serde_json::from_value(document).map_err(|error| error.to_string())
}
