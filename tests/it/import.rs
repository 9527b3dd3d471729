//! Foreign logs: imported by the binary, read back through the API.

mod attributes;
mod compliance;
mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use docket_domain::instant::Instant as Moment;
use docket_tests::process::{Process, admin_token, binary, client};
use serde_json::Value;

const DAY: f64 = 86_400_000.0;

/// How long an import may take before the test gives up on seeing it write.
const WRITES_WITHIN: Duration = Duration::from_secs(120);

#[tokio::test]
async fn the_real_logs_give_their_published_figures() {
    let Some(logs) = std::env::var_os("DOCKET_REAL_LOGS").map(PathBuf::from) else {
        eprintln!(
            "\n!! SKIPPED: DOCKET_REAL_LOGS is not set; the real ticket logs were not imported.\n"
        );
        return;
    };
    let helpdesk = figures_of(&logs.join("helpdesk.xes.gz"), "helpdesk.toml").await;
    let incidents =
        figures_of(&logs.join("bpi_challenge_2013_incidents.xes.gz"), "incidents.toml").await;

    let header =
        "cases  activities  events  mean / max events  mean / max days  variants  promises";
    insta::assert_snapshot!(format!("{header}\n{helpdesk}\n{incidents}"), @r"
    cases  activities  events  mean / max events  mean / max days  variants  promises
    4580   14   21348   4.66 / 15   40.86 / 59.99   226   13743 clocks, 4476 met, 9219 breached
    7554   13   65533   8.68 / 123   12.08 / 771.35   2278   32726 clocks, 26236 met, 6466 breached
    ");
}

async fn figures_of(log: &Path, map: &str) -> String {
    let data = tempfile::tempdir().expect("a folder");
    let maps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/maps");
    compliance::publish(data.path()).await;
    let import = import("xes", log, &maps.join(map), data.path(), &[]);
    assert!(import.status.success(), "{}", said(&import));
    let mut server = Process::serve(data.path()).await;
    let events = events(&server, data.path()).await;
    let kept = compliance::agrees(&server, data.path(), &events).await;
    server.kill();
    format!("{}   {kept}", figures(&sourced(&events)))
}

/// The figures by which such logs are described, computed from what the API says alone.
fn figures(events: &[Value]) -> String {
    let mut cases: BTreeMap<&str, Vec<(f64, &str)>> = BTreeMap::new();
    for event in events {
        let source = &event["source"];
        let at: Moment = text(&event["occurred_at"]).parse().expect("an instant");
        let case = cases.entry(text(&source["case"])).or_default();
        case.push((at.millis() as f64, text(&source["activity"])));
    }
    let activities: BTreeSet<_> = cases.values().flatten().map(|(_, activity)| activity).collect();
    let variants: BTreeSet<Vec<_>> =
        cases.values().map(|case| case.iter().map(|(_, activity)| *activity).collect()).collect();
    let lengths = cases.values().map(|case| case.len() as f64);
    let durations: Vec<f64> = cases.values().map(|case| duration(case)).collect();
    let mean = |sum: f64| sum / cases.len() as f64;
    format!(
        "{}   {}   {}   {:.2} / {}   {:.2} / {:.2}   {}",
        cases.len(),
        activities.len(),
        events.len(),
        mean(events.len() as f64),
        lengths.fold(0.0, f64::max),
        mean(durations.iter().sum()),
        durations.iter().copied().fold(0.0, f64::max),
        variants.len(),
    )
}

fn duration(case: &[(f64, &str)]) -> f64 {
    let times = || case.iter().map(|(at, _)| *at);
    (times().fold(f64::MIN, f64::max) - times().fold(f64::MAX, f64::min)) / DAY
}

#[tokio::test]
async fn an_import_killed_anywhere_goes_on_and_a_second_one_adds_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (table, map, data) = table(folder.path(), 400);
    let rehearsal = import("csv", &table, &map, &data, &["--dry-run"]);
    assert!(rehearsal.status.success(), "{}", said(&rehearsal));
    assert_eq!(
        std::fs::read_dir(&data).expect("the folder").count(),
        0,
        "a dry run writes nothing"
    );

    // One that ends before it is killed shows nothing: then another is begun.
    let mut folders = (0..20).map(|n| folder.path().join(format!("data-{n}")));
    let killed = folders.find(|data| was_killed_while_writing(&table, &map, data));
    let data = killed.expect("an import that is killed");
    let rest = import("csv", &table, &map, &data, &[]);
    assert!(rest.status.success() && said(&rest).contains("already there"), "{}", said(&rest));
    let again = import("csv", &table, &map, &data, &[]);
    assert!(said(&again).starts_with("0 events imported, 0 new tickets"), "{}", said(&again));

    let mut server = Process::serve(&data).await;
    let events = sourced(&events(&server, &data).await);
    server.kill();
    let mut cases: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in &events {
        let source = &event["source"];
        cases.entry(text(&source["case"])).or_default().push(text(&source["activity"]));
    }
    assert_eq!(cases.len(), 400);
    let order = ["opened", "taken", "asked", "waited", "closed", "closed"];
    let out_of_order: Vec<_> = cases.iter().filter(|(_, case)| **case != order).collect();
    assert!(out_of_order.is_empty(), "each once, in the file's order: {out_of_order:?}");
}

#[tokio::test]
async fn what_the_desk_refuses_is_kept_and_what_cannot_be_read_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let (table, map, data) = table(folder.path(), 1);
    let mut rows = std::fs::read_to_string(&table).expect("the table");
    rows += "c0,yesterday,taken,Ann,\n,2020-01-01T10:00:00Z,taken,Ann,\n";
    std::fs::write(&table, rows).expect("the table");

    let import = import("csv", &table, &map, &data, &[]);
    assert_eq!(import.status.code(), Some(1), "rejects are an error to whoever scripts it");
    let rejects = String::from_utf8_lossy(&import.stderr);
    assert!(rejects.contains("line 8: not a time: \"yesterday\""), "{rejects}");
    assert!(rejects.contains("line 9: no case: \"case\" is missing"), "{rejects}");

    let mut server = Process::serve(&data).await;
    let events = events(&server, &data).await;
    server.kill();
    let tickets: Vec<&Value> =
        events.iter().filter(|event| text(&event["stream"]).starts_with("ticket-")).collect();
    let mut story = String::new();
    for event in &tickets {
        let at = text(&event["occurred_at"]);
        let activity = event["source"]["activity"].as_str().unwrap_or("-");
        let kind = text(&event["actor"]["kind"]);
        let actor = event["actor"]["name"].as_str().unwrap_or("-");
        let kept = [&event["data"]["refused"], &event["data"]["public"]["note"]];
        let kept = kept.map(|value| value.as_str().unwrap_or(""));
        writeln!(story, "{at} {activity} → {} {kind} {actor} {kept:?}", text(&event["type"]))
            .expect("text");
    }
    insta::assert_snapshot!(story, @r#"
    2020-01-01T10:00:00.000Z opened → TicketCreated external there ["", ""]
    2020-01-01T10:05:00.000Z taken → TicketAssigned external Ann ["", ""]
    2020-01-01T10:05:00.000Z asked → TicketReplied external Ann ["", ""]
    2020-01-01T10:04:00.000Z waited → ExternalActivityRecorded external Ann ["", "for parts"]
    2020-01-01T10:09:00.000Z closed → TicketClosed external Ben ["", ""]
    2020-01-01T10:09:00.000Z closed → ExternalActivityRecorded external Ben ["ticket_closed", "again"]
    "#);
}

/// A table with a map: each case is opened, taken, asked, left to wait and closed twice; two of
/// these happen at the same time, and one before the one that stands above it.
fn table(folder: &Path, cases: usize) -> (PathBuf, PathBuf, PathBuf) {
    let mut rows = String::from("case,when,what,who,note\n");
    for case in 0..cases {
        for (minute, what, who, note) in [
            (0, "opened", "", "first"),
            (5, "taken", "Ann", ""),
            (5, "asked", "Ann", "Which one?"),
            (4, "waited", "Ann", "for parts"),
            (9, "closed", "Ben", ""),
            (9, "closed", "Ben", "again"),
        ] {
            writeln!(rows, "c{case},2020-01-01T10:{minute:02}:00Z,{what},{who},{note}")
                .expect("text");
        }
    }
    let map = r#"
        system = "there"
        case = "case"
        time = "when"
        activity = "what"
        resource = "who"
        public = ["note"]
        [ticket]
        subject = "Case {case}"
        [[event]]
        when = { what = "opened" }
        type = "TicketCreated"
        [[event]]
        when = { what = "taken" }
        type = "TicketAssigned"
        set = { to = "who" }
        [[event]]
        when = { what = "asked" }
        type = "TicketReplied"
        set = { body = "{note}" }
        [[event]]
        when = { what = "closed" }
        type = "TicketClosed"
    "#;
    let at = |name: &str| folder.join(name);
    std::fs::write(at("table.csv"), rows).expect("a table");
    std::fs::write(at("map.toml"), map).expect("a map");
    std::fs::create_dir(at("data")).expect("a folder");
    (at("table.csv"), at("map.toml"), at("data"))
}

fn command(format: &str, log: &Path, map: &Path, data: &Path) -> Command {
    let mut command = Command::new(binary());
    command.args(["import", format]).arg(log).arg("--map").arg(map).arg("--data").arg(data);
    command
}

fn import(format: &str, log: &Path, map: &Path, data: &Path, more: &[&str]) -> Output {
    command(format, log, map, data).args(more).output().expect("the binary runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Starts an import and kills it once a good part of it must have been written; answers whether it had
/// not ended by then.
fn was_killed_while_writing(table: &Path, map: &Path, data: &Path) -> bool {
    let silent = || Stdio::null();
    let mut child = command("csv", table, map, data)
        .stdout(silent())
        .stderr(silent())
        .spawn()
        .expect("the binary starts");
    let written = || std::fs::metadata(data.join("log.sqlite-wal")).map_or(0, |wal| wal.len());
    let begin = Instant::now();
    while written() < 400_000 && begin.elapsed() < WRITES_WITHIN {
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        std::thread::yield_now();
    }
    child.kill().expect("it can be killed");
    !child.wait().expect("it ends").success()
}

/// The whole log, page by page, as the API has it.
async fn events(server: &Process, data: &Path) -> Vec<Value> {
    let client = client();
    let token = admin_token(data);
    let mut events: Vec<Value> = Vec::new();
    loop {
        let after =
            events.last().map_or(0, |event| event["position"].as_u64().expect("a position"));
        let page = client
            .get(format!("{}/v1/events?limit=1000&after={after}", server.url))
            .bearer_auth(&token)
            .send()
            .await
            .expect("an answer");
        assert!(page.status().is_success(), "{}", page.status());
        let mut page: Value = page.json().await.expect("JSON");
        let more = page["page"]["has_more"].as_bool().expect("has_more");
        events.append(page["data"].as_array_mut().expect("data"));
        if !more {
            return events;
        }
    }
}

/// The events that another log told.
fn sourced(events: &[Value]) -> Vec<Value> {
    events.iter().filter(|event| event["source"].is_object()).cloned().collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}
