//! `docket move` on the real binary: a desk moves while it is written, in both directions, whatever is
//! killed meanwhile; and it is the same desk where it arrives.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use docket_api::config::Options;
use docket_test_servers::postgres;
use docket_tests::desk::Desk;
use docket_tests::process::{Process, admin_token, binary};
use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::faults::kill;
use crate::faults::ledger::{Ledger, Target};

/// A `docket move` under way.
struct Mover {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Mover {
    fn start(data: &Path, from: &str, to: &str) -> Self {
        let mut command = Command::new(binary());
        command.arg("move").arg("--data").arg(data);
        command.env("DOCKET_MOVE_FROM", from).env("DOCKET_MOVE_TO", to);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Waits until it says a line that begins so.
    fn says(&mut self, beginning: &str) {
        let mut said = String::new();
        loop {
            let mut line = String::new();
            if self.out.read_line(&mut line).unwrap() == 0 {
                let mut why = String::new();
                self.child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
                panic!("it never said {beginning:?}, but:\n{said}{why}");
            }
            if line.starts_with(beginning) {
                return;
            }
            said.push_str(&line);
        }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What it says until it ends well.
    fn ends(mut self) -> String {
        let (mut said, mut why) = (String::new(), String::new());
        self.out.read_to_string(&mut said).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
        assert!(self.child.wait().unwrap().success(), "{said}{why}");
        said
    }
}

impl Drop for Mover {
    fn drop(&mut self) {
        // It may have ended already, and that is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn docket(data: &Path, store: &str, args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(args).env("DOCKET_STORE", store).arg("--data").arg(data);
    block_in_place(|| command.output()).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn file(data: &Path, name: &str) -> String {
    format!("sqlite:{}", data.join(name).display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_written_while_a_desk_moves_is_lost_or_doubled() {
    let Some(database) = postgres::database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let mut server = Process::serve(data).await;
    let target = Target::new(&server.url, admin_token(data));
    let count = Arc::new(AtomicU64::new(0));
    let writers: Vec<_> =
        (0..2).map(|_| tokio::spawn(kill::write(target.clone(), count.clone()))).collect();
    while count.load(Ordering::SeqCst) < 40 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let from = file(data, "log.sqlite");
    let mut mover = Mover::start(data, &from, database.url());
    block_in_place(|| mover.says("Level with the source. Now stop every server of it"));
    let refused = docket(data, database.url(), &["token", "list"]);
    assert!(said(&refused).contains("was not verified yet"), "{}", said(&refused));
    server.kill();
    let mut ledger = Ledger::default();
    for writer in writers {
        ledger.add(writer.await.unwrap());
    }
    let report = block_in_place(|| mover.ends());
    for part in ["docket.key", "erasures.log", "attachments: 0 files", "side.sqlite", "view stays:"]
    {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert!(!report.contains("had none to compare"), "{report}");
    let gone = docket(data, &from, &["token", "list"]);
    assert!(said(&gone).contains("this log has moved to postgres://"), "{}", said(&gone));

    let server = Process::serve_from(data, Some(database.url())).await;
    let target = Target::new(&server.url, admin_token(data));
    ledger.resend(&target).await;
    assert!(ledger.acknowledged.len() > 20, "only {} commands ran", ledger.acknowledged.len());
    ledger.every_text_is_in_the_log_once(&target).await;
    ledger.every_key_gets_its_first_answer(&target).await;
}

/// What the desk shows of its tickets: lists, cases, and who read them.
async fn shown(url: &str, token: &str, tickets: &[String]) -> Vec<Value> {
    let lists = ["/v1/tickets?view=all", "/v1/customers", "/v1/events?limit=1000"];
    let mut paths = lists.map(str::to_owned).to_vec();
    for ticket in tickets {
        for what in ["", "/history", "/timeline"] {
            paths.push(format!("/v1/tickets/{ticket}{what}"));
        }
    }
    paths.push("/v1/access-log?page_size=3".to_owned());
    let client = reqwest::Client::new();
    let mut shown = Vec::new();
    for path in paths {
        let answer = client.get(format!("{url}{path}")).bearer_auth(token).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {text}");
        shown.push(serde_json::from_str(&text).unwrap());
    }
    shown
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_is_killed_anywhere_goes_on_and_the_desk_is_the_same() {
    let Some(database) = postgres::database() else { return };
    let url = database.url().to_owned();
    let desk = Desk::open_on(Some(database), Options::default()).await;
    // The binary knows no other time than the real one: nothing shall be due for it that is not here.
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    desk.jump(i64::try_from(now).unwrap() - desk.server.docket.now().0);
    let mut tickets = Vec::new();
    for n in 0..5 {
        let said = json!({ "subject": format!("Case {n}"), "body": "żółw \u{0} 🐢",
            "customer": { "email": format!("c{n}@example.com"), "name": format!("Customer {n}") } });
        let ticket = desk.given_ticket_with(said).await;
        let field = json!({ "field": "order", "value": format!("4711\u{0}{n}") });
        desk.admin.post(&ticket.path("field"), &field).await.is(200);
        desk.admin.post(&ticket.path("reply"), &json!({ "body": "Here." })).await.is(200);
        desk.admin.post(&ticket.path("tags"), &json!({ "add": ["late"] })).await.is(200);
        tickets.push(ticket.id);
    }
    let first = desk.admin.get(&format!("/v1/tickets/{}", tickets[0])).await.is(200);
    let customer = format!("customer-{}", first.text("/customer/id"));
    desk.server.docket.erase(&customer).await.unwrap();
    desk.views_caught_up().await;
    let data = desk.data().to_owned();
    let Desk { server, .. } = desk;
    server.stop().await;
    let token = docket(&data, &url, &["token", "create", "--name", "a", "--role", "admin"]);
    let token = said(&token).split_whitespace().next().unwrap().to_owned();
    let before = {
        let server = Process::serve_from(&data, Some(&url)).await;
        shown(&server.url, &token, &tickets).await
    };
    let verified = docket(&data, &url, &["verify"]);
    assert!(verified.status.success(), "{}", said(&verified));

    let to = file(&data, "moved.sqlite");
    for line in ["Moving", "Copied what", "Compared; building"] {
        let mut mover = Mover::start(&data, &url, &to);
        block_in_place(|| mover.says(line));
        mover.kill();
        let refused = docket(&data, &to, &["token", "list"]);
        assert!(said(&refused).contains("was not verified yet"), "{line}: {}", said(&refused));
    }
    let report = block_in_place(|| Mover::start(&data, &url, &to).ends());
    let gone = docket(&data, &url, &["token", "list"]);
    assert!(said(&gone).contains("this log has moved to sqlite:"), "{}", said(&gone));
    assert!(report.contains("erasures.log: 1 erasures"), "{report}");
    let verified = docket(&data, &to, &["verify"]);
    assert!(verified.status.success(), "{}", said(&verified));

    let server = Process::serve_from(&data, Some(&to)).await;
    let after = shown(&server.url, &token, &tickets).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(without_null(before), without_null(after));
    }
    assert_eq!(after[0]["data"].as_array().map(Vec::len), Some(5));
    assert!(!json!(after).to_string().contains("Customer 0"), "who was erased stays erased");
}

/// PostgreSQL shows U+FFFD for the character that it cannot hold.
fn without_null(answer: &Value) -> String {
    answer.to_string().replace(r"\u0000", "\u{fffd}")
}
