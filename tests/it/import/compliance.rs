//! How promises were kept in a real log, reckoned twice: by the read model, and from exported events by
//! a script that shares nothing with it but the rules.

use std::path::Path;
use std::process::Command;

use docket_tests::process::{Process, admin_token, client};
use serde_json::{Value, json};

/// The script.
pub const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/it/import/compliance.py");

/// Before everything that is in the logs, and behind all that can be due.
const PERIOD: &str = "from=1990-01-01T00:00:00Z&to=9999-12-30T00:00:00Z";

/// Office hours with a lunch break, holidays and a half day, in a zone with summer time.
fn calendar() -> Value {
    let (long, short) = (json!(["09:00-13:00", "14:00-18:00"]), json!(["09:00-13:00"]));
    json!({
        "name": "Office", "zone": "Europe/Rome", "day": "PT8H",
        "weekly": { "mon": long, "tue": long, "wed": long, "thu": long, "fri": long, "sat": short },
        "exceptions": [
            { "date": "--12-25", "open": [] }, { "date": "--01-01", "open": [] },
            { "date": "2012-05-10", "open": ["09:00-12:00"] },
            { "date": "2012-05-11", "open": ["22:00-06:00"] },
        ],
    })
}

/// Targets by priority, which the one log has and the other has not.
fn plan() -> Value {
    json!({
        "name": "Help desk", "calendar": "office", "pauses": { "resolution": ["awaiting_customer"] },
        "respond": [
            { "assignment": "PT4H", "first_response": "P1D", "next_reply": "P1D" },
            { "priority": "high", "assignment": "PT30M", "first_response": "PT4H" },
        ],
        "resolve": [
            { "resolution": "P20D" }, { "priority": "high", "resolution": "P1D" },
            { "priority": "medium", "resolution": "P5D" },
        ],
    })
}

/// Publishes both on a desk that has no tickets yet.
pub async fn publish(data: &Path) {
    let mut server = Process::serve(data).await;
    for (path, document) in [("calendars/office", calendar()), ("plans/default", plan())] {
        let put = reqwest::Client::new().put(format!("{}/v1/{path}", server.url));
        let put = put.bearer_auth(admin_token(data)).json(&document).send().await;
        assert_eq!(put.expect("an answer").status(), 200, "{path}");
    }
    server.kill();
}

/// Holds every clock of the read model against the script's. Answers how many there are, and how many
/// of them were kept.
pub async fn agrees(server: &Process, data: &Path, events: &[Value]) -> String {
    let log = data.join("events.ndjson");
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    std::fs::write(&log, lines.join("\n")).expect("a file");
    // The rows of a clock that runs say only what was decided by a change: as of before all deadlines.
    let mut script = Command::new("python3");
    let script = script.arg(SCRIPT).arg(&log).args(["--as-of", "1970-01-01T00:00:00Z"]);
    let script = script.output().expect("python3 is there");
    assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
    let script = String::from_utf8(script.stdout).expect("text");
    let mut theirs: Vec<&str> = script.lines().collect();
    let end = events.last().map(|event| event["position"].to_string()).unwrap_or_default();
    let ours = clocks(server, data, &end).await;
    let mut ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    theirs.sort_unstable();
    ours.sort_unstable();
    let differs = ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
    assert_eq!((differs, ours.len()), (None, theirs.len()), "ours, and the script's");
    let of = |verdict: &str| ours.iter().filter(|it| it.contains(verdict)).count();
    format!("{} clocks, {} met, {} breached", ours.len(), of(" met "), of(" breached "))
}

/// Every clock as the read model has it once it knows of an event, in the script's words.
async fn clocks(server: &Process, data: &Path, end: &str) -> Vec<String> {
    let (client, token) = (client(), admin_token(data));
    let (mut told, mut cursor, mut tries) = (Vec::new(), String::new(), 0);
    loop {
        let url = format!("{}/v1/compliance/clocks?{PERIOD}&page_size=200{cursor}", server.url);
        let page = client.get(url).bearer_auth(&token).header("docket-min-position", end);
        let page = page.send().await.expect("an answer");
        if page.status() == 503 && tries < 60 {
            // The server has waited for its views before it says so, and goes on building them.
            tries += 1;
            continue;
        }
        assert_eq!(page.status(), 200);
        let page: Value = page.json().await.expect("JSON");
        told.extend(page["data"].as_array().expect("clocks").iter().map(line));
        match page["page"]["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return told,
        }
    }
}

/// A clock in the words of the script.
pub fn line(clock: &Value) -> String {
    let columns = [
        "number",
        "clock",
        "instance",
        "verdict",
        "started_at",
        "deadline",
        "stopped_at",
        "elapsed_ms",
    ];
    let told = columns.map(|column| match &clock[column] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    told.join(" ")
}
