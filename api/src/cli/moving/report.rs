//! What a move says in the end: what was moved, and what was not.

use std::path::Path;

use docket_store::moving::Moved;

use super::say;
use super::views::Compared;
use crate::cli::{Failure, copy};
use crate::config::Config;
use crate::docket::{KEY_FILE, SIDE_FILE};
use crate::erasures::{ERASURES_FILE, Erasures};

/// Says it, and what is to be done now.
pub fn say_all(
    moved: &Moved,
    compared: &[Compared],
    (source, target): (&str, &str),
    config: &Config,
) -> Result<(), Failure> {
    let Moved { events, streams, readings } = moved;
    say(&format!(
        "Moved, and found equal in both: {events} events in {streams} streams, the vault's keys and \
         tombstones, claims, numbers, commands, {readings} entries of the access log"
    ))?;
    for Compared { view, rows } in compared {
        match rows {
            Some(rows) => say(&format!("  view {view}: {rows} rows, as at the source"))?,
            None => say(&format!("  view {view}: built; the source had none to compare with"))?,
        }
    }
    let data = config.data.display();
    say(&format!("Not moved, for it belongs to the data folder ({data}) of every server:"))?;
    say(&format!("  {KEY_FILE}: the key; no text can be read without it"))?;
    let erased = Erasures::of(&config.data).subjects()?.len();
    say(&format!("  {ERASURES_FILE}: {erased} erasures; of several servers take the newest"))?;
    match config.in_a_bucket() {
        true => say(&format!("  attachments: in {}", config.attachments))?,
        false => {
            let files = copy::attachments(Path::new(&config.attachments))?.len();
            say(&format!("  attachments: {files} files in {}", config.attachments))?;
        }
    }
    let saved = "saved views, and uploads that no event names yet";
    match config.data.join(SIDE_FILE).exists() {
        true => say(&format!("  {SIDE_FILE}: {saved}; a server on PostgreSQL takes it in"))?,
        false => say(&format!("  no {SIDE_FILE}: {saved} are in it, and there were none"))?,
    }
    say(&format!("Now serve from {target} with this data folder. {source} is closed for good"))
}
