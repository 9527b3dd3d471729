//! The real binary as a process of its own: started, killed without warning, started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use docket_test_servers::free_port;

/// How long a start, or an end, may take before the test gives up: generous, for a debug build on a busy
/// machine.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A `docket serve` on a data directory.
pub struct Process {
    child: Child,
    /// Where it listens, such as `http://127.0.0.1:41234`.
    pub url: String,
    data: PathBuf,
    /// Variables that say where its store is, where that is not in its folder.
    places: Vec<(&'static str, String)>,
}

/// Variables that name a store, and a database beside a log in KurrentDB.
pub const STORE: &str = "DOCKET_STORE";
/// See [`STORE`].
pub const VIEWS: &str = "DOCKET_VIEWS";

impl Process {
    /// Starts the server on `data` and waits until it says that it is ready.
    ///
    /// # Panics
    /// When the binary is missing or does not get ready.
    pub async fn serve(data: &Path) -> Self {
        Self::serve_at(data, &[]).await
    }

    /// As [`serve`](Self::serve), from a store that is elsewhere.
    ///
    /// # Panics
    /// When the binary is missing or does not get ready.
    pub async fn serve_from(data: &Path, store: Option<&str>) -> Self {
        let places: Vec<_> = store.map(|store| (STORE, store)).into_iter().collect();
        Self::serve_at(data, &places).await
    }

    /// As [`serve`](Self::serve), told by variables where its store is. URLs go the way that operators
    /// are told to use: not on the command line, where everybody on the machine sees them.
    ///
    /// # Panics
    /// When the binary is missing or does not get ready.
    pub async fn serve_at(data: &Path, places: &[(&'static str, &str)]) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let places: Vec<_> = places.iter().map(|(name, url)| (*name, (*url).to_owned())).collect();
        let child = start(serving(&places), &address, data, &log_of(data));
        let url = format!("http://{address}");
        let mut process = Self { child, url, data: data.to_owned(), places };
        process.wait_until_ready(&log_of(data)).await;
        process
    }

    /// As [`serve`](Self::serve), with a small disk of its own mounted at `data`, which only this
    /// process sees; [`inside`](Self::inside) leads there.
    ///
    /// # Panics
    /// When the binary is missing or does not get ready.
    pub async fn serve_on_tmpfs(data: &Path, size: &str) -> Self {
        let mount = format!("mount -t tmpfs -o size={size} tmpfs \"$0\" && exec \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &mount]);
        command.arg(data).arg(binary());
        let log = data.with_extension("log");
        let address = format!("127.0.0.1:{}", free_port());
        let child = start(command, &address, data, &log);
        let url = format!("http://{address}");
        let mut process = Self { child, url, data: data.to_owned(), places: Vec::new() };
        process.wait_until_ready(&log).await;
        process
    }

    /// A path as the process sees it.
    pub fn inside(&self, path: &Path) -> PathBuf {
        let relative = path.strip_prefix("/").unwrap_or(path);
        Path::new(&format!("/proc/{}/root", self.child.id())).join(relative)
    }

    /// Asks the process to end, and starts it again where it was, once it has.
    ///
    /// # Panics
    /// When it does not end as it should, or does not get ready again.
    pub async fn restart(&mut self) {
        self.end().await;
        let address = self.url.trim_start_matches("http://").to_owned();
        let log = log_of(&self.data);
        self.child = start(serving(&self.places), &address, &self.data, &log);
        self.wait_until_ready(&log).await;
    }

    /// Asks the process to end, and waits until it has.
    ///
    /// # Panics
    /// When it does not end as it should.
    pub async fn end(&mut self) {
        self.signal("TERM");
        let ended = self.ended().await;
        assert!(ended.success(), "it ended with {ended}");
    }

    async fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(ended) = self.child.try_wait().expect("the process can be asked") {
                return ended;
            }
            assert!(began.elapsed() < READY_WITHIN, "the server does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends the process a signal, by name (`STOP`, `CONT`, `TERM`).
    ///
    /// # Panics
    /// When it is gone.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.is_ok_and(|sent| sent.success()), "the process is there");
    }

    /// Kills the process with SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(&mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process ends");
    }

    async fn wait_until_ready(&mut self, log: &Path) {
        let client = client();
        let start = Instant::now();
        while start.elapsed() < READY_WITHIN {
            let answer = client.get(format!("{}/readyz", self.url)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            if let Some(status) = self.child.try_wait().expect("the process can be asked") {
                let log = std::fs::read_to_string(log).unwrap_or_default();
                panic!("the server ended with {status}:\n{log}");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server was not ready within {READY_WITHIN:?}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A process that was killed already cannot be killed again, and that is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary, told where its store is where that is not in its folder.
fn serving(places: &[(&'static str, String)]) -> Command {
    let mut command = Command::new(binary());
    command.envs(places.iter().map(|(name, url)| (name, url)));
    command
}

fn log_of(data: &Path) -> PathBuf {
    data.join("server.log")
}

fn start(mut command: Command, address: &str, data: &Path, log: &Path) -> Child {
    let stderr = std::fs::File::create(log).expect("a log");
    command.args(["serve", "--listen", address, "--data"]).arg(data);
    command.stdout(Stdio::null()).stderr(stderr).spawn().expect("it starts")
}

/// The `docket` binary that was built beside the tests.
///
/// # Panics
/// When it was not built: `cargo build --bins` does that.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let binary = profile.join("docket");
    assert!(binary.exists(), "{} is missing: run `cargo build --bins`", binary.display());
    binary
}

/// The administrator's token that a server leaves beside its data on first start.
///
/// # Panics
/// When there is none.
pub fn admin_token(data: &Path) -> String {
    std::fs::read_to_string(data.join("admin.token")).expect("an admin token").trim().to_owned()
}

/// How long a connection may lie idle before another is opened in its place: a server closes what was
/// idle for five seconds, and a request that is sent at that moment is lost.
const IDLE: Duration = Duration::from_secs(2);

/// A client for many requests, with pauses of any length between them.
///
/// # Panics
/// When the system has no source of randomness or no certificates.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().pool_idle_timeout(IDLE).build().expect("a client")
}
