//! Personal text is never in the clear where the log is: not in its file, its write-ahead log, its
//! backup, nor in what the server says.

use std::path::Path;
use std::process::Command;

use docket_api::docket::Erased;
use docket_api::erasures::Erasures;
use docket_domain::instant::Instant;
use docket_store::{EventStore, Sealed};
use docket_tests::desk::{Desk, GivenTicket};
use docket_tests::process::{Process, admin_token, binary};
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

/// Texts that occur nowhere else, one for each kind of personal field.
const CANARIES: [&str; 11] = [
    "canary-subject",
    "canary-body",
    "canary-customer-name",
    "canary-address",
    "canary-agent-name",
    "canary-draft",
    "canary-reply",
    "canary-note",
    "canary-reason",
    "canary-promise",
    "canary-file-name",
];

/// A text inside a file.
const IN_A_FILE: &str = "canary-inside-a-file";

#[tokio::test]
async fn no_personal_text_is_in_the_clear_beside_the_vault() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let mut process = Process::serve(&data).await;
    let ticket = plant(&process.url, &admin_token(&data)).await;

    let backup = dir.path().join("backup");
    let made = Command::new(binary()).arg("backup").arg(&backup).arg("--data").arg(&data).output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    process.kill();

    let files = files_under(&data).chain(files_under(&backup));
    let scanned: Vec<_> = files.filter(|path| !is_view(path)).collect();
    let names = |name: &str| scanned.iter().any(|path| path.to_string_lossy().contains(name));
    assert!(names("data/log.sqlite") && names("log.sqlite-wal") && names("backup/"), "{scanned:?}");
    assert!(names("data/attachments/") && names("backup/attachments/"), "{scanned:?}");
    for path in &scanned {
        let bytes = std::fs::read(path).unwrap();
        for canary in CANARIES.into_iter().chain([IN_A_FILE]) {
            let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} is in {}", path.display());
        }
    }
    // The scan is only worth something if the texts are really there to be read.
    let process = Process::serve(&data).await;
    let history =
        get(&process.url, &admin_token(&data), &format!("tickets/{ticket}/history")).await;
    for canary in CANARIES.iter().filter(|canary| **canary != "canary-address") {
        assert!(history.contains(canary), "{canary} is not in the history");
    }
    let history: Value = serde_json::from_str(&history).unwrap();
    let named = history.pointer("/data/0/data/message/attachments/0/id").and_then(Value::as_str);
    let file = format!("attachments/{}", named.expect("the first message has a file"));
    assert_eq!(get(&process.url, &admin_token(&data), &file).await, IN_A_FILE);
}

/// What an erasure must leave as it was: where every event stands, and what it is.
async fn bones(store: &dyn EventStore) -> (Vec<(u64, String, u64, String)>, Vec<[u8; 32]>) {
    let events = store.read_all(0, 10_000, Sealed::Without).await.unwrap();
    let events = events.into_iter().map(|it| (it.position, it.stream, it.version, it.payload));
    (events.collect(), store.payload_hashes(0, 10_000).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_gone_from_every_answer_and_file_while_the_log_stays_as_it_was() {
    let desk = Desk::open().await;
    let said = json!({ "subject": "erasedsubject", "body": "erasedbody",
        "customer": { "name": "erasedname", "email": "erasedaddress@example.com" } });
    let ticket: GivenTicket = desk.given_ticket_with(said).await;
    desk.admin.post(&ticket.path("note"), &json!({ "body": "erasednote" })).await.is(200);
    desk.views_caught_up().await;
    let shown = desk.admin.get(&ticket.own()).await.is(200);
    let found = desk.admin.get("/v1/tickets?q=erasedbody").await.is(200);
    assert_eq!(found.body["data"].as_array().unwrap().len(), 1, "there is something to be erased");
    let before = bones(&*desk.server.docket.store).await;

    let subject = format!("customer-{}", shown.text("/customer/id"));
    assert_eq!(desk.server.docket.erase(&subject).await.unwrap(), Erased::Clean);

    assert_eq!(bones(&*desk.server.docket.store).await, before);
    let history = desk.admin.get(&ticket.path("history")).await.is(200);
    let created = &history.body["data"][0];
    assert_eq!(created["data"]["subject"], Value::Null);
    assert!(created["erased"].as_array().unwrap().contains(&json!("/data/subject")), "{created}");
    let now = desk.admin.get(&ticket.own()).await.is(200);
    assert_eq!((&now.body["subject"], &now.body["version"]), (&Value::Null, &json!(2)));
    for question in ["erasedbody", "erasedsubject"] {
        let found = desk.admin.get(&format!("/v1/tickets?q={question}")).await.is(200);
        assert_eq!(found.body["data"], json!([]), "{question}");
    }
    let customer = desk.admin.get(&format!("/v1/customers/{}", shown.text("/customer/id"))).await;
    for answer in [&history, &now, &customer] {
        let text = String::from_utf8_lossy(&answer.bytes);
        assert!(!text.contains("erasedname") && !text.contains("erasedbody"), "{text}");
    }
    for path in files_under(desk.data()) {
        let bytes = std::fs::read(&path).unwrap();
        for canary in ["erasedsubject", "erasedbody", "erasedname", "erasedaddress", "erasednote"] {
            let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} is in {}", path.display());
        }
    }
}

/// The texts of `a_customer_to_erase`, as they stand in views.
const OF_ERASED: [&str; 3] = ["erasedsubject", "erasedbody", "erasedname"];

/// A desk with a customer whose texts the views show; answers the subject, too.
async fn a_customer_to_erase() -> (Desk, String) {
    let desk = Desk::open().await;
    let said = json!({ "subject": "erasedsubject", "body": "erasedbody",
        "customer": { "name": "erasedname", "email": "erasedaddress@example.com" } });
    let ticket = desk.given_ticket_with(said).await;
    desk.views_caught_up().await;
    let shown = desk.admin.get(&ticket.own()).await.is(200);
    (desk, format!("customer-{}", shown.text("/customer/id")))
}

/// Which of the texts stand in a file of the folder.
fn left_in(folder: &Path) -> Vec<&'static str> {
    let files: Vec<_> = files_under(folder).map(|path| std::fs::read(path).unwrap()).collect();
    let stands = |text: &&str| {
        let holds = |bytes: &Vec<u8>| bytes.windows(text.len()).any(|it| it == text.as_bytes());
        files.iter().any(holds)
    };
    OF_ERASED.into_iter().filter(stands).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_middle_of_an_erasure_leaves_nothing_to_the_next_start() {
    let (desk, subject) = a_customer_to_erase().await;
    let crashed = tempfile::tempdir().unwrap();
    let ledger = Erasures::of(desk.data());
    ledger.note(&subject, Instant(1_772_442_000_000)).unwrap();
    ledger.mark(&subject).unwrap();
    desk.server.docket.desk.vault().erase(&subject).await.unwrap();
    // Here the process dies: the key is gone, and the views have not heard of it.
    for file in files_under(desk.data()) {
        let to = crashed.path().join(file.strip_prefix(desk.data()).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(&file, to).unwrap();
    }
    assert_eq!(left_in(crashed.path()), OF_ERASED);

    let _server = Process::serve(crashed.path()).await;
    assert_eq!(left_in(crashed.path()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_during_a_backup_holds_nobody_up_and_is_finished_after_it() {
    let (desk, subject) = a_customer_to_erase().await;
    let log = desk.data().join("log.sqlite");
    let mut backup = SqliteConnectOptions::new().filename(log).connect().await.unwrap();
    let read = "BEGIN; SELECT count(*) FROM events";
    sqlx::raw_sql(read).fetch_all(&mut backup).await.unwrap();

    let docket = &desk.server.docket;
    assert_eq!(docket.erase(&subject).await.unwrap(), Erased::TracesLeft);
    assert_eq!(left_in(desk.data()), [""; 0], "only the key, wrapped, has traces");
    let unfinished = || Erasures::of(desk.data()).unfinished().unwrap();
    assert_eq!(unfinished().into_iter().collect::<Vec<_>>(), [subject.as_str()]);
    docket.finish_erasures().await.unwrap();
    assert_eq!(unfinished().len(), 1, "it goes on for as long as the log is read");

    sqlx::raw_sql("COMMIT").execute(&mut backup).await.unwrap();
    docket.finish_erasures().await.unwrap();
    assert_eq!(unfinished().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_ends_with_the_customer_or_the_ticket_that_it_belongs_to() {
    let desk = Desk::open().await;
    let upload = || async {
        let request = desk.admin.request("POST", "/v1/attachments").body("what the customer sent");
        desk.admin.send(request).await.is(201).text("/id")
    };
    let (first, second, forwarded) = (upload().await, upload().await, upload().await);
    let one = desk.given_ticket_with(json!({ "attachments": [first, forwarded] })).await;
    let elsewhere = json!({ "customer": { "email": "other@example.com" } });
    let other = desk.given_ticket_with(elsewhere).await;
    let note = json!({ "body": "from the other case", "attachments": [second, forwarded] });
    desk.admin.post(&other.path("note"), &note).await.is(200);
    let file = |id: &str| format!("/v1/attachments/{id}");
    for id in [&first, &second, &forwarded] {
        assert_eq!(desk.admin.get(&file(id)).await.is(200).bytes, b"what the customer sent");
    }

    let customer = desk.admin.get(&one.own()).await.is(200).text("/customer/id");
    desk.server.docket.erase(&format!("customer-{customer}")).await.unwrap();
    assert_eq!(desk.admin.get(&file(&first)).await.problem(), "410 attachment_erased");
    desk.admin.get(&file(&second)).await.is(200);
    desk.admin.get(&file(&forwarded)).await.is(200);
    let again = json!({ "body": "x", "attachments": [first] });
    let refused = desk.admin.post(&other.path("note"), &again).await;
    assert_eq!(refused.problem(), "422 unknown_attachment /attachments/0:unknown_attachment");

    desk.server.docket.erase(&format!("ticket-{}", other.id)).await.unwrap();
    for id in [&second, &forwarded] {
        assert_eq!(desk.admin.get(&file(id)).await.problem(), "410 attachment_erased");
    }
}

/// Works a ticket so that each canary becomes a personal field.
async fn plant(url: &str, token: &str) -> String {
    let agent = post(url, token, "agents", json!({ "name": "canary-agent-name" })).await;
    let named = upload(url, token, "canary-file-name.txt").await;
    upload(url, token, "canary-file-name-of-a-file-that-nothing-names").await;
    let new = json!({ "attachments": [named], "subject": "canary-subject", "body": "canary-body", "channel": "email",
        "customer": { "name": "canary-customer-name", "email": "canary-address@example.com" } });
    let ticket = post(url, token, "tickets", new).await;
    let id = ticket["id"].as_str().unwrap().to_owned();
    for (verb, body) in [
        ("assign", json!({ "agent": agent["id"] })),
        ("draft", json!({ "body": "canary-draft", "agent": agent["id"] })),
        ("reply", json!({ "body": "canary-reply" })),
        ("note", json!({ "body": "canary-note" })),
        ("commitment", json!({ "text": "canary-promise" })),
        ("escalate", json!({ "reason": "canary-reason" })),
    ] {
        post(url, token, &format!("tickets/{id}/{verb}"), body).await;
    }
    id
}

/// Uploads a file; answers its id.
async fn upload(url: &str, token: &str, name: &str) -> Value {
    let named = format!("attachment; filename=\"{name}\"");
    let request = Client::new().post(format!("{url}/v1/attachments")).bearer_auth(token);
    let request = request.header("content-disposition", named).body(IN_A_FILE);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["id"].clone()
}

async fn post(url: &str, token: &str, path: &str, body: Value) -> Value {
    let request = Client::new().post(format!("{url}/v1/{path}")).bearer_auth(token).json(&body);
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let answer: Value = answer.json().await.unwrap();
    assert!(status.is_success(), "{path} answered {status}: {answer}");
    answer
}

async fn get(url: &str, token: &str, path: &str) -> String {
    let request = Client::new().get(format!("{url}/v1/{path}")).bearer_auth(token);
    request.send().await.unwrap().text().await.unwrap()
}

/// Views hold texts, to be searched; they are no part of the log and are refolded on erasure.
fn is_view(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("views.sqlite"))
}

fn files_under(folder: &Path) -> impl Iterator<Item = std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below: Vec<_> =
        folders.iter().flat_map(|folder| files_under(folder).collect::<Vec<_>>()).collect();
    files.into_iter().chain(below)
}
