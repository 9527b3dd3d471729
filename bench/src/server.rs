//! The server under measurement: the release binary on a directory of its own.

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::load::{Target, field};

/// A running server; killed when it goes out of scope.
pub struct Server {
    child: Child,
    /// How to call it.
    pub target: Target,
    /// From the start of the process until it was ready.
    pub ready_after: Duration,
}

impl Server {
    /// Starts `binary serve` on `data`, with these options beside, and waits until it is ready.
    pub async fn start(
        binary: &Path,
        data: &Path,
        address: &str,
        options: &[&str],
    ) -> io::Result<Self> {
        let (child, ready_after) = run(binary, data, address, options).await?;
        let token = std::fs::read_to_string(data.join("admin.token"))?.trim().to_owned();
        let addresses = vec![address.to_owned()];
        let mut target = Target { addresses, token, agent: String::new() };
        let mut connection = Connection::open(address, &target.token).await?;
        let agent = connection.call("POST", "/v1/agents", r#"{"name":"Load Driver"}"#).await?;
        target.agent = field(agent.body, "id").unwrap_or_default();
        Ok(Self { child, target, ready_after })
    }

    /// Starts another node of the same desk on a folder of its own; both share the load.
    pub async fn and_another(
        &mut self,
        binary: &Path,
        data: &Path,
        address: &str,
        options: &[&str],
    ) -> io::Result<Self> {
        let (child, ready_after) = run(binary, data, address, options).await?;
        self.target.addresses.push(address.to_owned());
        Ok(Self { child, target: self.target.clone(), ready_after })
    }

    /// Resident memory in mebibytes.
    pub fn memory(&self) -> io::Result<f64> {
        let status = std::fs::File::open(format!("/proc/{}/status", self.child.id()))?;
        let lines = io::BufReader::new(status).lines();
        let kib = lines.map_while(Result::ok).find_map(|line| {
            line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok()
        });
        Ok(kib.unwrap_or(f64::NAN) / 1024.0)
    }

    /// Processor time used so far, of all threads, in and for the server: unlike a rate it hardly changes
    /// with what else the machine does.
    pub fn processor_time(&self) -> io::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // Behind the name, which ends in a parenthesis, the twelfth and the thirteenth field: in ticks,
        // of which Linux tells programs a hundred a second.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 =
            fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that is gone already cannot be killed, and that is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder for what is measured, beside the program: on a disk, which a folder for temporary files
/// need not be.
pub fn folder() -> io::Result<tempfile::TempDir> {
    let program = std::env::current_exe()?;
    tempfile::tempdir_in(program.parent().unwrap_or(Path::new(".")))
}

/// The release binary beside this one.
pub fn binary() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("docket");
    if path.exists() {
        Ok(path)
    } else {
        Err(io::Error::other("build docket with --release first"))
    }
}

async fn run(
    binary: &Path,
    data: &Path,
    address: &str,
    options: &[&str],
) -> io::Result<(Child, Duration)> {
    let start = Instant::now();
    let mut child = Command::new(binary)
        .args(["serve", "--listen", address, "--data"])
        .arg(data)
        .args(options)
        .env("DOCKET_LOG", "error")
        .stdout(Stdio::null())
        .spawn()?;
    while !ready(address).await {
        if let Some(status) = child.try_wait()? {
            return Err(io::Error::other(format!("the server ended: {status}")));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok((child, start.elapsed()))
}

async fn ready(address: &str) -> bool {
    let Ok(mut connection) = Connection::open(address, "").await else { return false };
    let answer = connection.call("GET", "/readyz", "").await;
    answer.is_ok_and(|answer| answer.status == 200)
}
