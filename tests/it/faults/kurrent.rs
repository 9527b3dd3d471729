//! A server of Docket over the double of KurrentDB, killed under load and in the middle of a merge.
//!
//! The double stays alive: it is Docket that must find out what KurrentDB holds of what it began. The
//! merges are meant to fail on a build whose start leaves alone what was begun.

use std::time::{Duration, Instant};

use docket_kurrent_double::Double;
use docket_kurrent_double::Fault::{self, HangAfterCommit, HangBeforeCommit, Serve};
use docket_test_servers::postgres;
use docket_tests::process::{Process, STORE, VIEWS, admin_token};
use serde_json::{Value, json};

use super::kill;
use super::ledger::{Sent, Target};

/// How long the slowest machine may take; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// KurrentDB is asked for nothing else, so a category that is missing there would never be found again.
#[test]
fn every_category_of_streams_is_found_in_kurrentdb() {
    let begin = docket_domain::codec::CATEGORIES.map(|category| format!("{category}-"));
    assert_eq!(begin, docket_store::kurrent::STREAMS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_over_kurrentdb_is_lost_or_doubled_by_kills() {
    let double = Double::start().await;
    let url = format!("{}&streamPrefix=desk-", double.url());
    kill::under_load(&[(STORE, &url)], 5).await;
    let log = double.log();
    let streams = log.events().iter().map(|kept| kept.stream.as_str());
    let mut streams = streams.filter(|stream| !stream.starts_with('$'));
    assert!(streams.all(|stream| stream.starts_with("desk-")), "another desk may live there, too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_with_a_database_beside() {
    let Some(database) = postgres::database() else { return };
    let double = Double::start().await;
    kill::under_load(&[(STORE, &double.url()), (VIEWS, database.url())], 5).await;
}

/// A merge writes to the survivor and then to the source. Wherever the kill strikes, both are there after
/// the next start, without anybody asking again; and who asks again gets that answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_that_was_begun_is_whole_after_a_kill() {
    let points: [&[Fault]; 4] = [
        &[HangBeforeCommit],
        &[HangAfterCommit],
        &[Serve, HangBeforeCommit],
        &[Serve, HangAfterCommit],
    ];
    let double = Double::start().await;
    let folder = tempfile::tempdir().unwrap();
    for (round, point) in points.into_iter().enumerate() {
        let mut process = Process::serve_from(folder.path(), Some(&double.url())).await;
        let target = Target::new(&process.url, admin_token(folder.path()));
        let source = open(&target, &format!("source-{round}")).await;
        let survivor = open(&target, &format!("survivor-{round}")).await;
        let merge = merge(&source, &survivor, round);
        double.faults().next_appends(point.iter().copied());
        killed_in(&merge, &target, &double, &mut process).await;

        let process = Process::serve_from(folder.path(), Some(&double.url())).await;
        let target = Target::new(&process.url, target.token);
        let merged = show(&target, &source).await;
        assert_eq!(merged["merged_into"], survivor, "{point:?}: {merged:#}");
        let absorbed = show(&target, &survivor).await;
        assert_eq!(absorbed["absorbed"].as_array().map(Vec::len), Some(1), "{absorbed:#}");
        target.accepted(&merge).await.expect("an answer");
        assert_eq!(show(&target, &source).await["version"], merged["version"]);
        assert_eq!(show(&target, &survivor).await["version"], absorbed["version"]);
    }
}

/// Two servers on one log, of which one is killed in the middle of a merge and never comes back: the other
/// finishes it, without anybody asking again. Meant to fail where each server finishes only its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_that_one_server_began_another_finishes() {
    let Some(database) = postgres::database() else { return };
    let double = Double::start().await;
    let url = double.url();
    let places = [(STORE, url.as_str()), (VIEWS, database.url())];
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut killed = Process::serve_at(folder.path(), &places).await;
    let target = Target::new(&killed.url, admin_token(folder.path()));
    // Whoever adds a server gives it a copy of the key.
    let key = |folder: &std::path::Path| folder.join("docket.key");
    std::fs::copy(key(folder.path()), key(other.path())).unwrap();
    let stays = Process::serve_at(other.path(), &places).await;
    let there = Target::new(&stays.url, target.token.clone());
    let source = open(&target, "source").await;
    let survivor = open(&there, "survivor").await;
    let merge = merge(&source, &survivor, 0);
    double.faults().next_appends([Serve, HangBeforeCommit]);
    killed_in(&merge, &target, &double, &mut killed).await;

    let began = Instant::now();
    let merged = loop {
        let shown = show(&there, &source).await;
        if shown["merged_into"] == survivor {
            break shown;
        }
        assert!(began.elapsed() < PATIENCE, "nobody finishes it: {shown:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let absorbed = show(&there, &survivor).await;
    assert_eq!(absorbed["absorbed"].as_array().map(Vec::len), Some(1), "{absorbed:#}");
    there.accepted(&merge).await.expect("an answer");
    assert_eq!(show(&there, &source).await["version"], merged["version"]);
}

fn merge(source: &Value, survivor: &Value, round: usize) -> Sent {
    Sent {
        key: format!("merge-{round}"),
        path: format!("/v1/tickets/{}/merge", source.as_str().unwrap()),
        body: json!({ "into": survivor }),
        text: String::new(),
    }
}

/// Sends a merge, and kills the server once an append of it hangs.
async fn killed_in(merge: &Sent, target: &Target, double: &Double, process: &mut Process) {
    let asking = tokio::spawn({
        let (target, merge) = (target.clone(), merge.clone());
        async move { target.send(&merge).await }
    });
    double.faults().hangs().await;
    process.kill();
    assert!(asking.await.unwrap().is_none(), "it was never answered");
}

async fn open(target: &Target, name: &str) -> Value {
    let body = json!({ "subject": name, "body": "Where is it?", "channel": "web",
                       "customer": { "email": "jan@example.com" } });
    let (key, path) = (name.to_owned(), "/v1/tickets".to_owned());
    let sent = Sent { key, path, body, text: String::new() };
    let (_, answer) = target.accepted(&sent).await.expect("an answer");
    serde_json::from_str::<Value>(&answer).unwrap()["id"].take()
}

async fn show(target: &Target, id: &Value) -> Value {
    let url = format!("{}/v1/tickets/{}", target.url, id.as_str().unwrap());
    let answer = target.client.get(url).bearer_auth(&target.token).send().await.unwrap();
    answer.json().await.unwrap()
}
