//! A server: its folder, its process, and what ends both.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Database, binaries, output, said, skipped, succeed};
use crate::free_port;

/// What every server of ours is set to: durable as PostgreSQL is unless told otherwise, reachable
/// from this machine only, and nothing of it outside its folder.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "max_connections=300",
    "shared_buffers=64MB",
    "dynamic_shared_memory_type=mmap",
    "timezone=UTC",
];

/// How long a process may take to end that was killed.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

/// Stops the server and removes its folder once the process that started it is gone: then, however
/// it ended, the pipe that the first line waits for is closed.
const WATCHDOG: &str = r#"read -r _; "$1/pg_ctl" -D "$2/data" -m immediate -w stop; rm -rf "$2""#;

/// A server of one test's own, stopped with this value.
pub struct Server {
    pub(super) bin: PathBuf,
    pub(super) folder: TempDir,
    port: u16,
    /// Waits for its input to end; dropped, it stops the server.
    watchdog: Child,
}

impl Server {
    /// Starts a server with settings of its own (`fsync=off`) beside the usual ones.
    ///
    /// `None`, loudly, where PostgreSQL is not installed.
    ///
    /// # Panics
    /// When it does not start, and where PostgreSQL is missing but [`REQUIRED`].
    pub fn start(settings: &[&str]) -> Option<Self> {
        binaries().map_or_else(skipped, |bin| Some(Self::start_from(&bin, settings)))
    }

    pub(super) fn start_from(bin: &Path, settings: &[&str]) -> Self {
        let server = Self::prepare(bin);
        succeed(
            as_unprivileged(Command::new(bin.join("initdb")))
                .args(["--no-sync", "--auth=trust", "--username=docket", "--encoding=UTF8"])
                .args(["--locale=C", "--pgdata"])
                .arg(server.data()),
        );
        server.configure(settings);
        server.up();
        server
    }

    /// A folder and a port for a server, and what removes them.
    pub(super) fn prepare(bin: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("docket-postgres-").tempdir();
        let folder = folder.expect("a temporary folder");
        hand_over(folder.path());
        let watchdog = as_unprivileged(Command::new("sh"))
            .args(["-c", WATCHDOG, "docket-postgres-watchdog"])
            .args([bin, folder.path()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What interrupts the tests (Ctrl-C) must not end what cleans up after them.
            .process_group(0)
            .spawn()
            .expect("a shell");
        let port = free_port();
        Self { bin: bin.to_owned(), folder, port, watchdog }
    }

    /// Where it is: `postgres://docket@127.0.0.1:port`, without a database.
    pub fn url(&self) -> String {
        format!("postgres://docket@127.0.0.1:{}", self.port)
    }

    /// The port it listens on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A fresh database on it.
    pub fn database(&self) -> Database {
        Database::create(&self.bin, &self.url())
    }

    /// Adds settings to its file; they hold from its next start.
    pub fn configure(&self, settings: &[&str]) {
        let own = [
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.folder.path().display()),
        ];
        let own = own.iter().map(String::as_str);
        let lines = SETTINGS.iter().chain(settings).copied().chain(own).map(|setting| {
            let (name, value) = setting.split_once('=').expect("a setting is name=value");
            format!("{name} = '{}'", value.replace('\'', "''"))
        });
        let lines: Vec<_> = lines.collect();
        let file = self.data().join("postgresql.auto.conf");
        fs::write(file, lines.join("\n") + "\n").expect("writing the server's settings");
    }

    /// Starts it again after [`stop`](Self::stop) or [`kill`](Self::kill); waits until it answers.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn up(&self) {
        for _ in 0..100 {
            let log = self.folder.path().join("server.log");
            // Only what this start says counts.
            let _ = fs::remove_file(&log);
            let start = output(self.pg_ctl().args(["-w", "-t", "60", "-l"]).arg(&log).arg("start"));
            if start.status.success() {
                return;
            }
            let log = fs::read_to_string(log).unwrap_or_default();
            // After a kill the other processes take a moment to notice.
            assert!(log.contains("still in use"), "no PostgreSQL: {}\n{log}", said(&start));
        }
        panic!("processes of the server that was killed do not end");
    }

    /// Stops it in one of `pg_ctl`'s modes: `smart`, `fast`, or `immediate`, which is a crash.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&self, mode: &str) {
        succeed(self.pg_ctl().args(["-w", "-m", mode, "stop"]));
    }

    /// Ends its main process with SIGKILL; the others end when they notice.
    ///
    /// # Panics
    /// When it does not run, or does not end.
    pub fn kill(&self) {
        let process = Path::new("/proc").join(self.process());
        self.signal("KILL");
        let began = Instant::now();
        // Until the system has forgotten it, the next one takes it for one that runs.
        while process.exists() {
            assert!(began.elapsed() < ENDS_WITHIN, "nobody takes note that the server has ended");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends its main process a signal, by name (`STOP`, `CONT`).
    ///
    /// # Panics
    /// When it does not run.
    pub fn signal(&self, name: &str) {
        succeed(Command::new("kill").args(["-s", name, &self.process()]));
    }

    /// Stops all of its processes where they stand, or lets them go on.
    ///
    /// # Panics
    /// When it does not run.
    pub fn freeze(&self, frozen: bool) {
        let signal = if frozen { "STOP" } else { "CONT" };
        // Its first process makes the others: stopped, it makes no more while they are looked for.
        self.signal(signal);
        // One that has ended meanwhile needs no signal.
        output(Command::new("kill").args(["-s", signal]).args(children_of(&self.process())));
    }

    fn process(&self) -> String {
        let pid = fs::read_to_string(self.data().join("postmaster.pid")).expect("it runs");
        pid.lines().next().expect("the first line is its process").to_owned()
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn pg_ctl(&self) -> Command {
        let mut command = as_unprivileged(Command::new(self.bin.join("pg_ctl")));
        command.arg("-D").arg(self.data());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that stands still could not be stopped. It may not run at all, and that is fine.
        if self.data().join("postmaster.pid").exists() {
            let process = self.process();
            let _ = Command::new("kill").args(["-s", "CONT", &process]).output();
            let _ = Command::new("kill").args(["-s", "CONT"]).args(children_of(&process)).output();
        }
        drop(self.watchdog.stdin.take());
        // It removes the folder as well; nothing is left to be done if it failed.
        let _ = self.watchdog.wait();
    }
}

/// The user and group that servers run as: PostgreSQL refuses to run as root.
fn unprivileged() -> Option<(u32, u32)> {
    let me = fs::metadata("/proc/self").expect("a Linux").uid();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    if me == 0 { find("postgres").or_else(|| find("nobody")) } else { None }
}

pub(super) fn as_unprivileged(mut command: Command) -> Command {
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    // The folder of whoever runs the tests may be closed to that user.
    command.current_dir("/");
    command
}

fn hand_over(folder: &Path) {
    if let Some((user, group)) = unprivileged() {
        std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("handing a folder over");
    }
}

/// The processes that a process has made.
fn children_of(parent: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("a Linux").flatten();
    let names = processes.filter_map(|entry| entry.file_name().into_string().ok());
    let is_child = |pid: &String| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Behind the name, which may hold anything, come the state and the parent.
        let behind = stat.rsplit_once(')').map(|(_, behind)| behind).unwrap_or_default();
        behind.split_whitespace().nth(1) == Some(parent)
    };
    names.filter(is_child).collect()
}
