//! A server of Docket over the double of KurrentDB, killed under load and in the middle of a merge.
//!
//! The double stays alive: it is Docket that must find out what KurrentDB holds of what it began. The
//! merges are meant to fail on a build whose start leaves alone what was begun.

use docket_kurrent_double::Double;
use docket_kurrent_double::Fault::{self, HangAfterCommit, HangBeforeCommit, Serve};
use docket_tests::process::{Process, admin_token};
use serde_json::{Value, json};

use super::kill;
use super::ledger::{Sent, Target};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_over_kurrentdb_is_lost_or_doubled_by_kills() {
    let double = Double::start().await;
    kill::under_load(Some(&double.url()), 5).await;
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
        let merge = Sent {
            key: format!("merge-{round}"),
            path: format!("/v1/tickets/{}/merge", source.as_str().unwrap()),
            body: json!({ "into": survivor }),
            text: String::new(),
        };
        double.faults().next_appends(point.iter().copied());
        let asking = tokio::spawn({
            let (target, merge) = (target.clone(), merge.clone());
            async move { target.send(&merge).await }
        });
        double.faults().hangs().await;
        process.kill();
        assert!(asking.await.unwrap().is_none(), "it was never answered");

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
