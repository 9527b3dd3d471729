//! `docket doctor`: what keeps this Docket from working well, and how to mend it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use docket_store::EventStore;
use docket_store::vault::KeyFile;

use super::Failure;
use super::tables;
use crate::config::Config;
use crate::docket::{KEY_FILE, Log};

/// How long a server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much of an answer is read, in bytes.
const LONGEST_ANSWER: u64 = 8 << 10;

/// Nothing to choose.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  docket doctor --data /var/lib/docket\n\nIt only reads.")]
pub struct Args {}

/// One thing looked at: what, whether it is well, and what to know or do.
type Finding = (&'static str, bool, String);

/// Looks, and says what it found.
pub async fn run(_: Args, config: Config) -> Result<(), Failure> {
    let mut findings = vec![data_folder(&config), open_to_others(&config), server(&config)];
    match Log::open_read_only(&config).await {
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
        1 => Err(Failure::Other("one thing needs a look".to_owned())),
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

/// Files of the data folder that others than its owner may read: those that an earlier release made, or
/// that somebody copied there.
fn open_to_others(config: &Config) -> Finding {
    let mode = |path: &Path| Some(std::fs::metadata(path).ok()?.permissions().mode());
    let files = std::fs::read_dir(&config.data).into_iter().flatten().flatten();
    let open = files.map(|entry| entry.path()).filter(|path| {
        // A folder that others cannot search keeps what lies in it.
        mode(path).is_some_and(|mode| mode & 0o077 != 0)
    });
    let mut open: Vec<String> =
        open.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
    open.sort_unstable();
    let folder = config.data.display();
    match mode(&config.data) {
        Some(mode) if mode & 0o077 != 0 && !open.is_empty() => {
            let said = format!("others may read in {folder}: {}; chmod go= them", open.join(", "));
            ("privacy", false, said)
        }
        _ => ("privacy", true, format!("only its owner reads what lies in {folder}")),
    }
}

fn server(config: &Config) -> Finding {
    let address = config.listen;
    match health(address) {
        Ok(true) => ("server", true, format!("a Docket answers on {address}")),
        Ok(false) => {
            ("server", true, format!("{address} is taken, but not by a Docket that answers"))
        }
        Err(_) => (
            "server",
            true,
            format!("nothing listens on {address}, the only address looked at (--listen)"),
        ),
    }
}

/// Whether whoever listens on an address answers as a server of ours; an error where nobody listens.
fn health(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    let ask = || {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = ask().unwrap_or_default();
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.starts_with("HTTP/1.1 200") && answer.contains("\"status\":\"ok\""))
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
    let mut tables = match tables::open(config, log).await {
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
