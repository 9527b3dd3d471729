//! Options: flags, then `DOCKET_*` variables, then a TOML file, then defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::rate::Rate;

/// Where help lists the options that every subcommand takes.
const HEADING: &str = "Options of every subcommand";

/// Options that every subcommand takes. `-h` lists those that all of them heed, `--help` those of a
/// server too.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = HEADING)]
pub struct Options {
    /// The address to listen on [default: 127.0.0.1:8080].
    #[arg(long, env = "DOCKET_LISTEN", value_name = "ADDR", global = true)]
    pub listen: Option<SocketAddr>,
    /// The folder of everything that is kept [default: ./data].
    #[arg(long, env = "DOCKET_DATA", value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// The store: sqlite:PATH, or postgres://USER@HOST/DATABASE, also with several hosts, or
    /// esdb://HOST where it was built with KurrentDB, with ?streamPrefix=NAME- where other desks are in it
    /// [default: log.sqlite in the data folder].
    // Its value is never shown: there may be a password in it.
    #[arg(long, env = "DOCKET_STORE", hide_env_values = true, value_name = "URL", global = true)]
    pub store: Option<String>,
    /// Beside a log in KurrentDB: postgres://USER@HOST/DATABASE for the views and all else that KurrentDB
    /// cannot keep, shared by several servers [default: files in the data folder, for one server].
    // Its value is never shown either.
    #[arg(
        long,
        env = "DOCKET_VIEWS",
        hide_env_values = true,
        value_name = "URL",
        global = true,
        hide_short_help = true
    )]
    pub views: Option<String>,
    /// A TOML file with the same options.
    #[arg(long, env = "DOCKET_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// How many threads answer requests [default: one per core].
    #[arg(long, env = "DOCKET_WORKERS", value_name = "N", global = true, hide_short_help = true)]
    pub workers: Option<usize>,
    /// The largest attachment, in bytes [default: 26214400].
    #[arg(
        long,
        env = "DOCKET_ATTACHMENT_LIMIT",
        value_name = "BYTES",
        global = true,
        hide_short_help = true
    )]
    pub attachment_limit: Option<u64>,
    /// The most that all attachments may have together, in bytes [default: 10737418240].
    #[arg(
        long,
        env = "DOCKET_ATTACHMENT_QUOTA",
        value_name = "BYTES",
        global = true,
        hide_short_help = true
    )]
    pub attachment_quota: Option<u64>,
    /// Where attachments lie: a folder, or s3://BUCKET [default: attachments in the data folder].
    #[arg(
        long,
        env = "DOCKET_ATTACHMENTS",
        value_name = "URL",
        global = true,
        hide_short_help = true
    )]
    pub attachments: Option<String>,
    /// How often one token, or one address without a token, may call: 50/s, 600/m, with a burst
    /// 50/s:200 [default: no limit].
    #[arg(
        long,
        env = "DOCKET_RATE_LIMIT",
        value_name = "RATE",
        global = true,
        hide_short_help = true
    )]
    pub rate_limit: Option<Rate>,
    /// How log lines are written [default: human on a terminal, else json].
    #[arg(
        long,
        env = "DOCKET_LOG_FORMAT",
        value_name = "FORMAT",
        global = true,
        hide_short_help = true
    )]
    pub log_format: Option<LogFormat>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// The options in a file: the same names with underscores.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    data: Option<PathBuf>,
    store: Option<String>,
    views: Option<String>,
    workers: Option<usize>,
    attachment_limit: Option<u64>,
    attachment_quota: Option<u64>,
    attachments: Option<String>,
    rate_limit: Option<Rate>,
    log_format: Option<LogFormat>,
}

/// What holds for this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The address to listen on; port 0 is any free one.
    pub listen: SocketAddr,
    /// The folder of everything that is kept.
    pub data: PathBuf,
    /// The store, such as `sqlite:PATH`; it may hold a password and is never shown.
    pub store: String,
    /// The database beside a log in KurrentDB, where there is one; never shown either.
    pub views: Option<String>,
    /// How many threads answer requests.
    pub workers: usize,
    /// The largest attachment, in bytes.
    pub attachment_limit: u64,
    /// The most that all attachments may have together, in bytes.
    pub attachment_quota: u64,
    /// Where attachments lie: a folder, or `s3://BUCKET`.
    pub attachments: String,
    /// How often one token, or one address without a token, may call; no limit when not said.
    pub rate_limit: Option<Rate>,
    /// How log lines are written; by terminal when not said.
    pub log_format: Option<LogFormat>,
}

/// Why the options cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The file says something it must not; the message shows the line.
    #[error("{path}: {reason}")]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// Where, and what.
        reason: Box<toml::de::Error>,
    },
    /// A place is named for what is thrown away.
    #[error(
        "a demo is thrown away when it stops: leave out --data, --store and --views, or use docket serve"
    )]
    KeepsNothing,
}

impl Options {
    /// Refuses a data folder and a store, where whoever names them would look for what is not kept.
    pub fn name_no_store(&self) -> Result<(), ConfigError> {
        let names_one = self.data.is_some() || self.store.is_some() || self.views.is_some();
        if names_one { Err(ConfigError::KeepsNothing) } else { Ok(()) }
    }
}

impl Config {
    /// Settles the options: what was given beats the file, which beats the defaults.
    pub fn settle(given: Options) -> Result<Self, ConfigError> {
        let file = given.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let data = given.data.or(file.data).unwrap_or_else(|| PathBuf::from("data"));
        let in_data = |name: &str| data.join(name).to_string_lossy().into_owned();
        let store = given.store.or(file.store);
        let attachments = given.attachments.or(file.attachments);
        Ok(Self {
            listen: given.listen.or(file.listen).unwrap_or(([127, 0, 0, 1], 8080).into()),
            store: store.unwrap_or_else(|| format!("sqlite:{}", in_data("log.sqlite"))),
            views: given.views.or(file.views),
            workers: given.workers.or(file.workers).unwrap_or_else(cores),
            attachment_limit: given.attachment_limit.or(file.attachment_limit).unwrap_or(25 << 20),
            attachment_quota: given.attachment_quota.or(file.attachment_quota).unwrap_or(10 << 30),
            attachments: attachments.unwrap_or_else(|| in_data("attachments")),
            rate_limit: given.rate_limit.or(file.rate_limit),
            log_format: given.log_format.or(file.log_format),
            data,
        })
    }
}

impl Config {
    /// The same for another store, with nothing in a database beside it.
    pub fn at(&self, store: &str) -> Self {
        Self { store: store.to_owned(), views: None, ..self.clone() }
    }

    /// Whether attachments lie elsewhere than on this machine.
    pub fn in_a_bucket(&self) -> bool {
        self.attachments.starts_with("s3://")
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let path = path.to_owned();
        match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text)
                .map_err(|reason| ConfigError::Wrong { path, reason: Box::new(reason) }),
            Err(reason) => Err(ConfigError::Unreadable { path, reason }),
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_beats_the_file_and_the_file_beats_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("docket.toml");
        std::fs::write(&file, "listen = \"127.0.0.1:9\"\nworkers = 3\n").unwrap();
        let options = Options { config: Some(file), workers: Some(5), ..Options::default() };
        let config = Config::settle(options).unwrap();
        assert_eq!(config.listen.port(), 9);
        assert_eq!(config.workers, 5);
        assert_eq!(config.store, "sqlite:data/log.sqlite");
    }

    #[test]
    fn a_rate_that_is_none_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("docket.toml");
        let settled = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Config::settle(Options { config: Some(file.clone()), ..Options::default() })
        };
        assert_eq!(settled("rate_limit = \"9/s\"").unwrap().rate_limit, "9/s".parse().ok());
        let message = settled("workers = 3\nrate_limit = \"often\"").unwrap_err().to_string();
        assert!(message.contains("line 2") && message.contains("50/s:200"), "{message}");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("docket.toml");
        std::fs::write(&file, "workers = 3\nlisten_on = \"127.0.0.1:9\"\n").unwrap();
        let options = Options { config: Some(file), ..Options::default() };
        let message = Config::settle(options).unwrap_err().to_string();
        assert!(message.contains("line 2") && message.contains("listen_on"), "{message}");
    }
}
