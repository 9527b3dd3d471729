//! Servers that follow another, and take over from it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::server::as_unprivileged;
use super::{Database, Server, output, said, succeed};

impl Server {
    /// Starts a server that follows this one under a name, from a copy of all it has.
    ///
    /// # Panics
    /// When it cannot be copied or does not start.
    pub fn standby(&self, name: &str, settings: &[&str]) -> Self {
        let standby = Self::prepare(&self.bin);
        succeed(
            as_unprivileged(Command::new(self.bin.join("pg_basebackup")))
                .args(["--no-sync", "--checkpoint=fast", "--wal-method=stream"])
                .args(["--host=127.0.0.1", "--username=docket"])
                .arg(format!("--port={}", self.port()))
                .arg("--pgdata")
                .arg(standby.data()),
        );
        standby.configure(&[&[self.followed_as(name).as_str()], settings].concat());
        fs::write(standby.data().join("standby.signal"), "").expect("its role");
        standby.up();
        standby
    }

    /// Makes a standby follow another server from now on.
    ///
    /// # Panics
    /// When it does not run.
    pub fn follow(&self, primary: &Self, name: &str, settings: &[&str]) {
        self.configure(&[&[primary.followed_as(name).as_str()], settings].concat());
        self.reload();
    }

    /// Makes a standby a primary.
    ///
    /// # Panics
    /// When it does not become one.
    pub fn promote(&self) {
        succeed(self.pg_ctl().args(["-w", "promote"]));
    }

    /// Lets the settings that [`configure`](Self::configure) wrote hold, where they need no restart.
    ///
    /// # Panics
    /// When it does not run.
    pub fn reload(&self) {
        succeed(self.pg_ctl().arg("reload"));
    }

    /// What it answers to one question of SQL, as `psql` prints it.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn ask(&self, sql: &str) -> String {
        let url = format!("{}/postgres", self.url());
        let answer = output(Command::new(self.bin.join("psql")).args([&url, "-XAtc", sql]));
        assert!(answer.status.success(), "{sql}: {}", said(&answer));
        String::from_utf8_lossy(&answer.stdout).trim().to_owned()
    }

    /// What `pgbench` prints of running a script against one of its databases.
    ///
    /// # Panics
    /// When it does not run through.
    pub fn pgbench(&self, database: &Database, script: &Path, options: &[&str]) -> String {
        let mut pgbench = Command::new(self.bin.join("pgbench"));
        let run = output(
            pgbench.args(["--no-vacuum", "--file"]).arg(script).args(options).arg(database.url()),
        );
        assert!(run.status.success(), "{}", said(&run));
        String::from_utf8_lossy(&run.stdout).into_owned()
    }

    fn followed_as(&self, name: &str) -> String {
        let port = self.port();
        format!("primary_conninfo=host=127.0.0.1 port={port} user=docket application_name={name}")
    }
}
