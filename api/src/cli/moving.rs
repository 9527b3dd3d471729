//! `docket move`: a log between PostgreSQL and SQLite or KurrentDB, beside the server that writes it, with a
//! short stop at the end.

mod report;
mod views;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use docket_store::StoreError;
use docket_store::moving::{Moving, Place, give_up};

use super::{Failure, verify};
use crate::config::Config;
use crate::docket::{
    ACCESS_FILE, KURRENT_FILE, Log, SIDE_FILE, StartError, StoreUrl, create_private,
};
use crate::side::Side;

/// How often to look whether the source has been let go of, and what it wrote since.
const LOOK: Duration = Duration::from_millis(250);

/// From where to where.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  docket move --from sqlite:data/log.sqlite --to postgres://docket@db1.example.org/desk --data data

Give a password in DOCKET_MOVE_FROM or DOCKET_MOVE_TO, or a PGPASSFILE, not on the command line.

It copies beside the server that writes, and says when it is level: then stop every server of the source;
it does the rest, and what it copied is read from both and compared. It may be ended at any time: begun
again, it goes on where it was. Nobody can serve from the target before all was found equal, and nobody
from the source after. --data is the folder with docket.key, which stays where it is.")]
pub struct Args {
    /// The store to be left, as --store names it
    #[arg(long, env = "DOCKET_MOVE_FROM", hide_env_values = true, value_name = "URL")]
    from: String,
    /// The store to move into: an empty database, a file that does not exist yet, or a KurrentDB without a log
    #[arg(long, env = "DOCKET_MOVE_TO", hide_env_values = true, value_name = "URL")]
    to: String,
    /// Serve from the source again, after a move that was not finished
    #[arg(long)]
    give_up: bool,
}

/// Moves, or gives up moving.
pub async fn run(args: Args, config: Config) -> Result<(), Failure> {
    if config.views.is_some() {
        return Err(StartError::NotMoved.into());
    }
    create_private(&config.data)
        .map_err(StartError::io(format!("cannot create {}", config.data.display())))?;
    let access = config.data.join(ACCESS_FILE);
    let beside = config.data.join(KURRENT_FILE);
    let from = place(&args.from, &access, &beside)?;
    let to = place(&args.to, &access, &beside)?;
    if args.give_up {
        give_up(from, to).await?;
        return say(
            "The source may be served from again. The same move, run again, goes on from what the target has",
        );
    }
    let mut moving = Moving::begin(from, to).await?;
    let (source, target) = moving.places();
    say(&format!("Moving {source} into {target}"))?;
    copy(&mut moving).await?;
    say("Copied what there is; comparing")?;
    let bar = verify::progress(0);
    let mut shown = |at, end| {
        bar.set_length(end);
        bar.set_position(at);
    };
    moving.compare(&mut shown).await?;
    bar.finish_and_clear();
    say("Compared; building the views at the target")?;
    views::build_anew(&args.to, &config).await?;
    until_let_go(&mut moving).await?;
    let moved = moving.finish().await?;
    say("Everything is copied, and was read from both: comparing the views")?;
    views::catch_up(&args.to, &config, moving.erased()).await?;
    let compared = views::compare(&args.from, &args.to, &config).await?;
    bring_side(&args.from, &config).await?;
    moving.welcome().await?;
    report::say_all(&moved, &compared, (&source, &target), &config)
}

#[cfg_attr(
    not(feature = "kurrentdb"),
    expect(unused_variables, reason = "only KurrentDB has a file beside the log")
)]
fn place<'a>(url: &'a str, access: &'a Path, beside: &'a Path) -> Result<Place<'a>, StartError> {
    Ok(match StoreUrl::parse(url)? {
        StoreUrl::Sqlite(log) => Place::Sqlite { log, access },
        StoreUrl::Postgres(url) => Place::Postgres(url),
        #[cfg(feature = "kurrentdb")]
        StoreUrl::Kurrent(url) => Place::Kurrent { url, beside, access },
        #[cfg(not(feature = "kurrentdb"))]
        StoreUrl::Kurrent(_) => return Err(StartError::WithoutKurrent),
    })
}

/// Brings what is kept beside a log in PostgreSQL into the data folder. In the other direction the first
/// server that starts takes it in.
async fn bring_side(from: &str, config: &Config) -> Result<(), Failure> {
    let log = Log::open_read_only(&config.at(from)).await?;
    if let Log::Postgres(store, _) = &log {
        let there = Side::beside(store).await?;
        let here = Side::open(&config.data.join(SIDE_FILE)).await.map_err(StartError::Side)?;
        here.take_in(&there).await.map_err(StartError::Side)?;
        here.close().await;
    }
    log.close().await;
    Ok(())
}

/// Copies what there is; a terminal sees how far it is.
async fn copy(moving: &mut Moving) -> Result<u64, StoreError> {
    let bar = verify::progress(0);
    let mut shown = |at, end| {
        bar.set_length(end);
        bar.set_position(at);
    };
    let copied = moving.copy(&mut shown).await;
    bar.finish_and_clear();
    copied
}

/// Copies what is written meanwhile until nobody uses the source any more.
async fn until_let_go(moving: &mut Moving) -> Result<(), Failure> {
    let mut told = false;
    loop {
        copy(moving).await?;
        moving.compare(&mut |_, _| {}).await?;
        let Some(users) = moving.users().await? else { return Ok(()) };
        if !told {
            say(&format!("Level with the source. Now stop every server of it ({users})"))?;
            told = true;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Tells a line, at once also where nobody sits at a terminal.
fn say(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
