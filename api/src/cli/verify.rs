//! `docket verify`: is the log whole, has every payload its hash, and is every view what follows from
//! it?

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use docket_projections::REGISTRY;
use docket_projections::documents::Snapshot;
use docket_projections::recorded::{ReadError, Reader};
use docket_projections::view::Registered;
use docket_projections::whole::Whole;
use docket_store::check::{LogReport, check_log};
use docket_store::vault::{KeyFile, Vault};
use docket_store::{Position, Sealed, StoreError, StoredEvent};
use indicatif::{ProgressBar, ProgressStyle};

use super::Failure;
use super::tables;
use crate::config::Config;
use crate::docket::{KEY_FILE, Log};

/// How many events one read asks for.
const PAGE: usize = 1_000;

/// Nothing to choose.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  docket verify
  docket verify --data /var/lib/docket

It only reads, so it works while a server runs. It ends with an error when anything is wrong.

Checked: positions and versions have no gap up to the newest event there is, what is recorded never goes
back in time, every payload has the hash it was stored with, and every view equals a fresh fold of the
log as far as the view has read it. Views that no server has built yet, as after a restore, are left out.
Not checked: who did it, by which way and when an event occurred stand beside the payload and are under no
hash; newest events that were cut off leave no gap; and whoever rewrites a payload with its hash is not
found out; attachments, claims and counters are not looked at. Compare with a backup that is kept where nobody who could alter the log has a hand.")]
pub struct Args {}

/// Said with every verdict: a check must not be taken for more than it is.
const LIMITS: &str = "not checked: who acted and when (no hash covers them), whether newest events were \
                      cut off, payloads rewritten with their hashes; attachments, claims and counters";

/// What was found wrong with one view.
#[derive(Default)]
struct Findings {
    expected_rows: u64,
    sums: BTreeMap<String, i64>,
    wrong: Vec<String>,
    /// Whether a stream could not be read, so that the sums of all are not known.
    unread: bool,
}

/// Checks everything, and says what was checked.
pub async fn run(_: Args, config: Config) -> Result<(), Failure> {
    let log = Log::open_read_only(&config).await?;
    let store = log.store();
    let mut out = std::io::stdout();
    let bar = progress(store.head());
    let report = check_log(&*store, &mut |position| bar.set_position(position)).await?;
    bar.finish_and_clear();
    writeln!(out, "{}", said_of_log(&report))?;
    for fault in &report.faults {
        writeln!(out, "  FAULT at {}: {}", fault.position, fault.what)?;
    }
    let key = KeyFile::load_or_create(&config.data.join(KEY_FILE), &*store).await?;
    let reader = Reader::new(store.clone(), Arc::new(Vault::new(store, key)));
    let mut faults = report.faults.len();
    match tables::open_built(&config, &log).await? {
        None => writeln!(out, "views: not built yet, so not compared; `docket serve` builds them")?,
        Some(mut tables) => {
            writeln!(out, "{}", said_of_cursor(tables.cursor, reader.store.head()))?;
            for view in REGISTRY {
                faults += check_view(&reader, &mut tables, view).await?;
            }
            tables.close().await;
        }
    }
    writeln!(out, "{LIMITS}")?;
    match faults {
        0 => Ok(writeln!(out, "no fault was found in what is checked")?),
        1 => Err(Failure::Other("1 fault was found".to_owned())),
        faults => Err(Failure::Other(format!("{faults} faults were found"))),
    }
}

/// What the log was found to be: whole only where it is.
fn said_of_log(LogReport { events, streams, faults }: &LogReport) -> String {
    let (events, streams) = (counted(*events, "event"), counted(*streams, "stream"));
    let found = if faults.is_empty() {
        "positions and versions are dense, time never goes back, every payload has its hash"
    } else {
        "it is not as it was written"
    };
    format!("log: {events} in {streams}: {found}")
}

/// Up to where the views are written, and so compared.
fn said_of_cursor(cursor: Position, head: Position) -> String {
    match head.saturating_sub(cursor) {
        0 => format!("views: compared as far as position {cursor}, the log's last"),
        behind => {
            let behind = counted(behind, "event");
            format!("views: compared as far as position {cursor}; the log goes {behind} further")
        }
    }
}

/// A number of things: `1 event`, `2 events`.
fn counted(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Folds every stream of a view anew, up to where its table is written, and compares.
async fn check_view(
    reader: &Reader,
    tables: &mut Snapshot,
    view: &Registered,
) -> Result<usize, Failure> {
    let mut out = std::io::stdout();
    let Some(table) = tables.table(view.name).await? else {
        writeln!(out, "view {}: not built yet, so not compared", view.name)?;
        return Ok(0);
    };
    let (cursor, mut found) = (tables.cursor, Findings::default());
    let mut waiting: Vec<StoredEvent> = Vec::new();
    let mut after: Option<(String, u64)> = None;
    loop {
        let behind = after.as_ref().map(|(stream, version)| (stream.as_str(), *version));
        let page = reader.store.read_category(view.category, behind, PAGE, Sealed::With).await?;
        let last = page.len() < PAGE;
        after = page.last().map(|event| (event.stream.clone(), event.version));
        for event in page.into_iter().filter(|event| event.position <= cursor) {
            if waiting.first().is_some_and(|first| first.stream != event.stream) {
                compare(reader, tables, view, &table, &mut found, &waiting).await?;
                waiting.clear();
            }
            waiting.push(event);
        }
        if last {
            break;
        }
    }
    compare(reader, tables, view, &table, &mut found, &waiting).await?;
    let rows = tables.count(&table).await?;
    if rows != found.expected_rows {
        found.wrong.push(format!("it holds {rows} rows, but should {}", found.expected_rows));
    }
    let sums: BTreeMap<String, i64> = tables.sums(&table).await?.into_iter().collect();
    found.sums.retain(|_, sum| *sum != 0);
    if sums != found.sums && !found.unread {
        found.wrong.push("its sums are not those of its streams".to_owned());
    }
    let outcome = if found.wrong.is_empty() { "equal to" } else { "not all equal to" };
    let held = format!("{} and {}", counted(rows, "row"), counted(sums.len() as u64, "sum"));
    writeln!(out, "view {}: {held}, {outcome} a fresh fold", view.name)?;
    for wrong in &found.wrong {
        writeln!(out, "  FAULT in {}: {wrong}", view.name)?;
    }
    Ok(found.wrong.len())
}

async fn compare(
    reader: &Reader,
    tables: &mut Snapshot,
    view: &Registered,
    table: &str,
    found: &mut Findings,
    stored: &[StoredEvent],
) -> Result<(), Failure> {
    let Some(first) = stored.first() else { return Ok(()) };
    let stream = first.stream.as_str();
    let held: BTreeMap<String, String> = tables.rows(table, stream).await?.into_iter().collect();
    let events = match reader.open(stored).await {
        Ok(events) => events,
        Err(ReadError::Store(error @ StoreError::Unavailable(_))) => {
            return Err(Failure::Other(error.to_string()));
        }
        Err(error) => {
            found.wrong.push(format!("{stream} cannot be read: {error}"));
            // What it should hold is not known; its rows are no fault of their own.
            found.expected_rows += held.len() as u64;
            found.unread = true;
            return Ok(());
        }
    };
    let other = |error: String| Failure::Other(error);
    let whole = Whole::of(reader, &events).await.map_err(|error| other(error.to_string()))?;
    let (_, fresh) = whole.fold(view, &reader.plans).map_err(other)?;
    found.expected_rows += fresh.rows.len() as u64;
    for (key, count) in fresh.counts {
        *found.sums.entry(tables.kept(&key).into_owned()).or_default() += count;
    }
    // What the database cannot hold is no fault of the row.
    let kept = |(key, doc): (String, String)| {
        (tables.kept(&key).into_owned(), tables.kept_document(&doc).into_owned())
    };
    let fresh: BTreeMap<String, String> = fresh.rows.into_iter().map(kept).collect();
    if held != fresh {
        found.wrong.push(format!("the rows of {stream} are not what its events amount to"));
    }
    Ok(())
}

/// A bar for so many events, on a terminal.
pub(super) fn progress(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} events, {eta} left");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use docket_store::check::LogFault;

    use super::*;

    #[test]
    fn a_log_is_called_whole_only_where_no_fault_was_found() {
        let whole = LogReport { events: 498, streams: 1, faults: Vec::new() };
        insta::assert_snapshot!(said_of_log(&whole), @"log: 498 events in 1 stream: positions and versions are dense, time never goes back, every payload has its hash");
        let fault = LogFault { position: 101, what: "the position before it is missing".into() };
        let broken = LogReport { faults: vec![fault], ..whole };
        insta::assert_snapshot!(said_of_log(&broken), @"log: 498 events in 1 stream: it is not as it was written");
    }

    #[test]
    fn what_was_compared_is_said_with_how_far() {
        insta::assert_snapshot!(said_of_cursor(7, 7), @"views: compared as far as position 7, the log's last");
        insta::assert_snapshot!(said_of_cursor(6, 7), @"views: compared as far as position 6; the log goes 1 event further");
    }
}
