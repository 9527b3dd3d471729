//! PostgreSQL restarted, killed and replaced under load, and a server of Docket killed over it.
//!
//! Writers send each command under its own key until it is accepted: at the same server, or at the next
//! where there are several. In the end every text must be in the log exactly once, and every key must
//! get its first answer again.
//!
//! Seen to fail: the kill of a server on a build that forgets which commands were written (texts were there
//! twice); the crash and the takeover on one whose sessions do not wait for the disk, and which lets that be
//! (texts were lost, and the log ended before what was acknowledged).

use std::path::Path;
use std::time::{Duration, Instant};

use docket_test_servers::postgres::{self, Server};
use docket_tests::process::{Process, STORE, admin_token, binary};
use tokio::task::block_in_place;

use super::kill;
use super::ledger::Target;
use super::load::{Load, holds, node};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_when_a_server_of_docket_is_killed() {
    let Some(database) = postgres::database() else { return };
    kill::under_load(&[(STORE, database.url())], 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_when_postgresql_crashes() {
    let Some(server) = Server::start(&[]) else { return };
    let database = server.database();
    let folder = tempfile::tempdir().unwrap();
    let process = Process::serve_from(folder.path(), Some(database.url())).await;
    let target = Target::new(&process.url, admin_token(folder.path()));
    let load = Load::on(std::slice::from_ref(&target));
    for _ in 0..5 {
        load.goes_on(40).await;
        block_in_place(|| server.stop("immediate"));
        block_in_place(|| server.up());
    }
    load.goes_on(20).await;
    holds(&load.end().await, &target).await;
    is_in_order(database.url(), folder.path());
}

/// The log is what was written, and every view what follows from it.
pub fn is_in_order(url: &str, data: &Path) {
    let verify = || {
        let mut command = std::process::Command::new(binary());
        command.env("DOCKET_STORE", url).arg("verify").arg("--data").arg(data).output()
    };
    let verified = block_in_place(verify).unwrap();
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{said}{}", String::from_utf8_lossy(&verified.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_when_a_standby_takes_over() {
    const QUORUM: &str = "synchronous_standby_names=ANY 1 (s1, s2)";
    let Some(primary) = Server::start(&[]) else { return };
    let database = primary.database();
    let standbys =
        block_in_place(|| [("s1", primary.standby("s1", &[])), ("s2", primary.standby("s2", &[]))]);
    primary.configure(&[QUORUM]);
    primary.reload();
    let following = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'";
    let began = Instant::now();
    while block_in_place(|| primary.ask(following)) != "2" {
        assert!(began.elapsed() < Duration::from_secs(120), "the standbys do not follow");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let hosts = format!(
        "127.0.0.1:{},127.0.0.1:{},127.0.0.1:{}",
        primary.port(),
        standbys[0].1.port(),
        standbys[1].1.port()
    );
    let url = format!("postgres://docket@{hosts}/{}", database.name());
    let (folder, first) = node(&url, None).await;
    let second = node(&url, Some(folder.path())).await;
    let third = node(&url, Some(folder.path())).await;
    let token = admin_token(folder.path());
    let target = |process: &Process| Target::new(&process.url, token.clone());
    let targets = [target(&first), target(&second.1), target(&third.1)];

    let load = Load::on(&targets);
    load.goes_on(100).await;
    block_in_place(|| primary.kill());
    let received = |server: &Server| -> u64 {
        let lsn = "SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')";
        server.ask(lsn).parse().unwrap()
    };
    block_in_place(|| {
        let [(_, one), (_, two)] = &standbys;
        let (best, (name, other)) = match received(one) >= received(two) {
            true => (one, &standbys[1]),
            false => (two, &standbys[0]),
        };
        best.configure(&[QUORUM]);
        best.promote();
        other.follow(best, name, &[]);
    });
    load.goes_on(100).await;
    let ledger = load.end().await;
    for target in &targets {
        ledger.every_text_is_in_the_log_once(target).await;
    }
    ledger.every_key_gets_its_first_answer(&targets[2]).await;
    is_in_order(&url, folder.path());
}
