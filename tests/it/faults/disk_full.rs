//! A disk that is full: a clear 503, reads go on, nothing is lost, and writing goes on by itself once
//! there is space again.
//!
//! The server runs on a small tmpfs in a mount namespace of its own; the test reaches that through
//! `/proc/<pid>/root`. Where namespaces are not allowed the test says so loudly and is skipped.
//!
//! It was seen to fail on a build whose writer acknowledges an append that failed, and on one whose
//! writer never opens a new connection after a failure. It does not notice a writer that goes on with
//! the old connection: SQLite rolls a transaction back by itself when the disk is full.

use std::path::Path;
use std::process::Command;

use docket_tests::process::{Process, admin_token};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::ledger::{Acknowledged, Ledger, Sent, Target};

/// The size of the disk, and of the ballast whose removal makes space again.
const DISK: &str = "24m";
const BALLAST: usize = 6 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_loses_nothing() {
    if !namespaces_are_allowed() {
        eprintln!("!! SKIPPED: no mount namespaces here; the full disk was not tested.");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let process = Process::serve_on_tmpfs(dir.path(), DISK).await;
    let disk = process.inside(dir.path());
    std::fs::write(disk.join("ballast"), vec![0_u8; BALLAST]).unwrap();
    let target = Target::new(&process.url, admin_token(&disk));

    let mut ledger = Ledger::default();
    let refused = fill(&target, &mut ledger).await;
    let problem: Value = serde_json::from_str(&refused.1).unwrap();
    assert_eq!(
        (refused.0, &problem["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("disk_full"))
    );
    let ticket: Value = serde_json::from_str(&ledger.acknowledged[0].answer).unwrap();
    let url = format!("{}/v1/tickets/{}", target.url, ticket["id"].as_str().unwrap());
    let read = target.client.get(url).bearer_auth(&target.token).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::OK, "reads go on");

    std::fs::remove_file(disk.join("ballast")).unwrap();
    ledger.resend(&target).await;
    ledger.every_text_is_in_the_log_once(&target).await;
    ledger.every_key_gets_its_first_answer(&target).await;
}

/// Writes until the disk is full; answers what was said then.
async fn fill(target: &Target, ledger: &mut Ledger) -> (StatusCode, String) {
    for number in 0..10_000 {
        let text = format!("{number:06}{}", "x".repeat(100_000));
        let body = json!({ "subject": "Large", "body": text, "channel": "web",
                           "customer": { "email": "c@example.com" } });
        let sent = Sent { key: format!("key-{number}"), path: "/v1/tickets".into(), body, text };
        let (status, answer) = target.send(&sent).await.expect("an answer");
        if !status.is_success() {
            ledger.unanswered.push(sent);
            return (status, answer);
        }
        ledger.acknowledged.push(Acknowledged { sent, status, answer });
    }
    panic!("the disk never got full");
}

fn namespaces_are_allowed() -> bool {
    let allowed = Command::new("unshare").args(["-rm", "true"]).status();
    Path::new("/proc/self/root").exists() && allowed.is_ok_and(|status| status.success())
}
