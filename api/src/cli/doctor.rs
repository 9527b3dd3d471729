//! `docket doctor`: what keeps this Docket from working well, and how to mend it.

use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use docket_store::EventStore;
use docket_store::vault::KeyFile;

use super::Failure;
use super::tables::Tables;
use crate::config::Config;
use crate::docket::{KEY_FILE, Log};

/// How long a server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// Nothing to choose.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  docket doctor --data /var/lib/docket\n\nIt only reads.")]
pub struct Args {}

/// One thing looked at: what, whether it is well, and what to know or do.
type Finding = (&'static str, bool, String);

/// Looks, and says what it found.
pub async fn run(_: Args, config: Config) -> Result<(), Failure> {
    let mut findings = vec![data_folder(&config), server(&config)];
    match Log::open_read_only(&config.store).await {
        Ok(log) => {
            let store = log.store();
            findings.push(("log", true, format!("{} events", store.head())));
            findings.push(key(&config, &*store).await);
            findings.push(views(&config, &log).await);
            log.close().await;
        }
        Err(error) => findings.push(("log", false, format!("{error}; `docket serve` makes one"))),
    }
    let mut out = std::io::stdout();
    for (what, well, said) in &findings {
        writeln!(out, "{} {what}: {said}", if *well { "ok  " } else { "LOOK" })?;
    }
    let ill = findings.iter().filter(|(_, well, _)| !well).count();
    match ill {
        0 => Ok(()),
        ill => Err(Failure::Other(format!("{ill} things need a look"))),
    }
}

fn data_folder(config: &Config) -> Finding {
    let data = &config.data;
    let writable = std::fs::metadata(data).map(|known| !known.permissions().readonly());
    match writable {
        Ok(true) => ("data", true, data.display().to_string()),
        Ok(false) => ("data", false, format!("{} cannot be written", data.display())),
        Err(error) => ("data", false, format!("{}: {error}", data.display())),
    }
}

fn server(config: &Config) -> Finding {
    let said = match TcpStream::connect_timeout(&config.listen, PATIENCE) {
        Ok(_) => format!("something listens on {}", config.listen),
        Err(_) => format!("nothing listens on {}", config.listen),
    };
    ("server", true, said)
}

async fn key(config: &Config, store: &dyn EventStore) -> Finding {
    let file = config.data.join(KEY_FILE);
    let mode = std::fs::metadata(&file).map(|known| known.permissions().mode() & 0o777);
    match mode {
        Err(error) => ("key", false, format!("{}: {error}; put your copy there", file.display())),
        Ok(mode) if mode & 0o077 != 0 => {
            ("key", false, format!("others may read {}; chmod 600 it", file.display()))
        }
        Ok(_) => match KeyFile::load_or_create(&file, store).await {
            Ok(_) => ("key", true, format!("{} is this store's", file.display())),
            Err(error) => ("key", false, error.to_string()),
        },
    }
}

async fn views(config: &Config, log: &Log) -> Finding {
    let mut tables = match Tables::open(&log.views(&config.data)).await {
        Ok(tables) => tables,
        Err(error) => return ("views", false, error.to_string()),
    };
    let lag = log.store().head().saturating_sub(tables.cursor);
    let views = tables.views().await.unwrap_or_default();
    let parked: i64 = views.iter().map(|(_, _, parked)| parked).sum();
    tables.close().await;
    let said = format!("{} views, {lag} events behind, {parked} streams parked", views.len());
    ("views", parked == 0, said)
}
