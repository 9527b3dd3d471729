//! The command line: one file for each subcommand.

pub mod backup;
pub mod calendar;
pub mod completions;
mod copy;
pub mod demo;
pub mod doctor;
pub mod history;
pub mod import;
mod moving;
pub mod openapi;
pub mod restore;
mod serve;
mod tables;
pub mod token;
pub mod verify;
pub mod views;
mod what_if;

use std::path::Path;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use docket_commands::Desk;
use docket_store::vault::{KeyFile, Vault};
use docket_store::{Clock, EventStore};

use crate::config::{Config, ConfigError, Options};
use crate::docket::{KEY_FILE, StartError, StoreUrl};
use crate::problem::Problem;

/// An event-sourced ticketing backend: every ticket is its history.
#[derive(Debug, Parser)]
#[command(name = "docket", version, propagate_version = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  docket serve                                  a durable desk in ./data on 127.0.0.1:8080
  docket serve --listen 0.0.0.0:8080 --data /var/lib/docket
  docket token create --name ann --role agent   a token, while no server holds the store
  docket demo                                   a made-up desk to look around in
  docket import xes helpdesk.xes.gz --map helpdesk.toml
  docket history 1042                           a ticket's story, also while a server runs
  docket openapi > openapi.json

Options may also come from DOCKET_* variables and from a TOML file (--config). DOCKET_LOG says what is
logged to standard error: DOCKET_LOG=debug, or by part, DOCKET_LOG=warn,docket_api=debug.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API on a durable store
    Serve(serve::Args),
    /// Issue, list and revoke tokens on a store that no server holds
    Token(token::Args),
    /// Serve a made-up desk from a store that is thrown away
    Demo(demo::Args),
    /// Import a foreign log, while no server holds the store
    Import(import::Args),
    /// Print a ticket's story
    History(history::Args),
    /// Say how verdicts would have been under another plan or calendar
    WhatIf(what_if::Args),
    /// List the views, or build one anew
    Views(views::Args),
    /// Check the log for gaps and altered payloads, and every view against the log
    Verify(verify::Args),
    /// Write a backup, also while a server runs
    Backup(backup::Args),
    /// Restore a backup into an empty data folder
    Restore(restore::Args),
    /// Move the log from SQLite to PostgreSQL or back, beside a server that runs
    Move(moving::Args),
    /// Say what needs a look, and what to do about it
    Doctor(doctor::Args),
    /// Help to write calendars
    Calendar(calendar::Args),
    /// Print the OpenAPI document
    Openapi(openapi::Args),
    /// Print completions for a shell
    Completions(completions::Args),
}

/// Why a subcommand failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The options cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store or the server could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A command was refused.
    #[error(transparent)]
    Command(#[from] docket_commands::CommandError),
    /// The store could not answer.
    #[error(transparent)]
    Store(#[from] docket_store::StoreError),
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Other(problem.to_string())
    }
}

/// Runs what the command line says.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    if matches!(cli.command, Command::Demo(_)) {
        cli.options.name_no_store()?;
    }
    let config = Config::settle(cli.options)?;
    crate::logging::start(config.log_format);
    match cli.command {
        Command::Serve(args) => serve::run(args, config).await,
        Command::Token(args) => token::run(args, config).await,
        Command::Demo(args) => demo::run(args, config).await,
        Command::Import(args) => import::run(args, config).await,
        Command::History(args) => history::run(args, config).await,
        Command::WhatIf(args) => what_if::run(args, config).await,
        Command::Views(args) => views::run(args, config).await,
        Command::Verify(args) => verify::run(args, config).await,
        Command::Backup(args) => backup::run(args, config).await,
        Command::Restore(args) => restore::run(args, config).await,
        Command::Move(args) => moving::run(args, config).await,
        Command::Doctor(args) => doctor::run(args, config).await,
        Command::Calendar(args) => calendar::run(&args),
        Command::Openapi(args) => openapi::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}

/// Refuses to make a store where one was meant to be looked at.
fn must_be_there(config: &Config) -> Result<(), Failure> {
    match StoreUrl::parse(&config.store)? {
        StoreUrl::Sqlite(path) if !path.exists() => {
            Err(Failure::Other(format!("there is no log at {}; is --data right?", path.display())))
        }
        _ => Ok(()),
    }
}

/// A desk over a store that no server holds, with the key of its data folder.
async fn desk(store: Arc<dyn EventStore>, data: &Path, clock: Clock) -> Result<Desk, Failure> {
    let key = KeyFile::load_or_create(&data.join(KEY_FILE), &*store).await?;
    let vault = Arc::new(Vault::new(store.clone(), key));
    Ok(Desk::open(store, vault, clock).await?)
}

/// The real time.
pub fn clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}
