//! The script on a desk of our own: what the real logs have nothing of.

use std::process::Command;
use std::time::Duration;

use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

use super::compliance::{SCRIPT, line};

const HOUR: Duration = Duration::from_secs(3600);

/// What the script says as of now, and what it says to whom watches.
async fn script(desk: &Desk) -> (String, String) {
    let events = desk.admin.get("/v1/events?limit=1000").await.is(200).body;
    let lines: Vec<String> =
        events["data"].as_array().unwrap().iter().map(Value::to_string).collect();
    let log = desk.data().join("events.ndjson");
    std::fs::write(&log, lines.join("\n")).expect("a file");
    let mut script = Command::new("python3");
    let script = script.arg(SCRIPT).arg(log).args(["--as-of", &desk.now()]).output();
    let script = script.expect("python3 is there");
    let [told, warned] = [&script.stdout, &script.stderr].map(|it| String::from_utf8_lossy(it));
    assert!(script.status.success(), "{warned}");
    (told.trim().to_owned(), warned.trim().to_owned())
}

/// The same of a ticket, as the API has it.
async fn ours(desk: &Desk, ticket: &GivenTicket) -> Vec<String> {
    let sla = desk.admin.get(&ticket.path("sla")).await.is(200).body;
    let clocks = sla["clocks"].as_array().unwrap().iter().cloned().map(|mut clock| {
        clock["number"] = json!(ticket.number);
        if clock["stopped_at"].is_null() {
            clock["elapsed_ms"] = Value::Null;
        }
        line(&clock)
    });
    clocks.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_late_and_what_was_filed_is_reckoned_and_what_was_merged_is_left_out_and_named() {
    let desk = Desk::open().await;
    let late = desk.given_ticket().await;
    let filed = desk.given_ticket().await;
    desk.admin.post(&filed.path("reply"), &json!({ "body": "Done." })).await.is(200);
    for body in ["Thanks", "Really"] {
        desk.pass(HOUR);
        let said = json!({ "body": body, "channel": "email" });
        desk.admin.post(&filed.path("message"), &said).await.is(200);
    }
    desk.pass(HOUR);
    desk.admin.post(&filed.path("file"), &json!({ "reason": "thanks only" })).await.is(200);
    let (source, root) = (desk.given_ticket().await, desk.given_ticket().await);
    desk.admin.post(&source.path("merge"), &json!({ "into": root.id })).await.is(200);
    desk.pass(20 * 24 * HOUR);

    let (told, warned) = script(&desk).await;
    let mut theirs: Vec<&str> = told.lines().collect();
    let mut both = [ours(&desk, &late).await, ours(&desk, &filed).await].concat();
    theirs.sort_unstable();
    both.sort_unstable();
    assert_eq!(theirs, both);
    assert!(both.iter().any(|it| it.contains("first_response 1 breached")), "{told}");
    assert!(both.iter().any(|it| it.contains("next_reply 1 met")), "{told}");
    let [first, second] = [(&source, "was merged"), (&root, "took in another ticket")]
        .map(|(ticket, why)| format!("ticket {} is left out: it {why}", ticket.number));
    assert_eq!(warned, format!("{first}\n{second}\n2 tickets reckoned, 2 left out"));
}
