//! PostgreSQL from the machine's own binaries (Debian's package `postgresql`).
//!
//! ```no_run
//! use docket_test_servers::postgres;
//!
//! let Some(database) = postgres::database() else { return };
//! println!("{}", database.url());
//! ```

#![expect(clippy::expect_used, reason = "a test without its server is a panic")]

#[cfg(test)]
mod tests;

mod proxy;
mod server;
mod standby;

pub use self::proxy::{Cut, Proxy};
pub use self::server::Server;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names a running server, as `postgres://user@host:port`, to be used instead of one of the
/// process's own. Its user must be allowed to create databases.
pub const SERVER: &str = "DOCKET_TEST_POSTGRES";

/// Set to anything, it makes a test without PostgreSQL fail rather than be skipped.
pub const REQUIRED: &str = "DOCKET_TEST_POSTGRES_REQUIRED";

/// A fresh database, dropped with this value.
pub struct Database {
    server: String,
    bin: PathBuf,
    name: String,
    url: String,
}

impl Database {
    /// Where it is, as `postgres://user@host:port/name`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn create(bin: &Path, server: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        // The process's id keeps apart those that share a server.
        let name = format!("docket_{}_{n}", std::process::id());
        let maintenance = format!("--maintenance-db={server}/postgres");
        let encoding = ["--template=template0", "--encoding=UTF8"];
        succeed(Command::new(bin.join("createdb")).arg(maintenance).args(encoding).arg(&name));
        let url = format!("{server}/{name}");
        Self { server: server.to_owned(), bin: bin.to_owned(), name, url }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Only to save space while the others run: with its server it goes anyway.
        let maintenance = format!("--maintenance-db={}/postgres", self.server);
        let _ = Command::new(self.bin.join("dropdb"))
            .args([&maintenance, "--force", "--if-exists", &self.name])
            .stdin(Stdio::null())
            .output();
    }
}

/// A fresh database on the server that this process shares, started with the first of them.
///
/// `None`, loudly, where PostgreSQL is not installed; a test then returns and has shown nothing.
///
/// # Panics
/// When the server does not start, and where PostgreSQL is missing but [`REQUIRED`].
pub fn database() -> Option<Database> {
    static SHARED: OnceLock<Option<(PathBuf, String)>> = OnceLock::new();
    // Never dropped, so that it lives as long as the process; the watchdog ends it.
    static STARTED: OnceLock<Server> = OnceLock::new();
    let shared = SHARED.get_or_init(|| {
        let bin = binaries()?;
        let server = std::env::var(SERVER)
            .unwrap_or_else(|_| STARTED.get_or_init(|| Server::start_from(&bin, &[])).url());
        Some((bin, server))
    });
    match shared {
        Some((bin, server)) => Some(Database::create(bin, server)),
        None => skipped(),
    }
}

/// The folder of PostgreSQL's programs, the newest where Debian keeps several.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // The link, if it is one, leads to the folder that has the others too.
    let on_path = std::env::split_paths(&path)
        .find_map(|folder| Some(folder.join("initdb").canonicalize().ok()?.parent()?.to_owned()));
    on_path.or_else(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let version = |name: &Path| name.file_name()?.to_str()?.parse::<u32>().ok();
        let newest = versions.map(|entry| entry.path()).max_by_key(|path| version(path))?;
        Some(newest.join("bin")).filter(|bin| bin.join("initdb").exists())
    })
}

fn skipped<T>() -> Option<T> {
    assert!(
        std::env::var_os(REQUIRED).is_none(),
        "PostgreSQL is not installed, and {REQUIRED} says that it must be"
    );
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Not by a macro: the test harness would keep what those print of a test that passes.
    let _ = writeln!(
        std::io::stderr(),
        "\n!! SKIPPED: {test} needs PostgreSQL (Debian: apt-get install postgresql)"
    );
    None
}

fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn succeed(command: &mut Command) {
    let done = output(command);
    assert!(done.status.success(), "{command:?}: {}", said(&done));
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}
