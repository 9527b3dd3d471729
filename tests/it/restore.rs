//! What comes back from a backup: everything that was kept, nothing that was altered, and nobody who
//! was erased since.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use docket_tests::desk::{Desk, GivenTicket};
use docket_tests::process::{Process, binary};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A backup of a desk with one ticket and a file, made before its customer was erased.
struct Old {
    desk: Desk,
    ticket: GivenTicket,
    file: String,
    folder: TempDir,
}

impl Old {
    async fn backup() -> Self {
        let desk = Desk::open().await;
        let upload = desk.admin.request("POST", "/v1/attachments").body("what the customer sent");
        let file = desk.admin.send(upload).await.is(201).text("/id");
        let said = json!({ "body": "the story of a customer", "attachments": [file] });
        let ticket = desk.given_ticket_with(said).await;
        let folder = tempfile::tempdir().unwrap();
        let old = Self { desk, ticket, file, folder };
        let made = docket(old.desk.data(), &["backup", old.at("backup").to_str().unwrap()]);
        assert!(said_by(&made).contains("with 1 attachments"), "{}", said_by(&made));
        let shown = old.desk.admin.get(&old.ticket.own()).await.is(200);
        let customer = format!("customer-{}", shown.text("/customer/id"));
        old.desk.server.docket.erase(&customer).await.unwrap();
        old
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ledger(&self) -> PathBuf {
        self.desk.data().join("erasures.log")
    }

    /// Restores into a folder that holds the key, and what else a test put there.
    fn restore(&self, data: &Path, more: &[&str]) -> Output {
        std::fs::create_dir_all(data).unwrap();
        std::fs::copy(self.desk.data().join("docket.key"), data.join("docket.key")).unwrap();
        let backup = self.at("backup");
        docket(data, &[&["restore", backup.to_str().unwrap()], more].concat())
    }

    /// What a server on a data folder shows: the first message, and the status of its file.
    async fn shown(&self, data: &Path) -> (Value, u16) {
        let token = docket(data, &["token", "create", "--name", "t", "--role", "auditor"]);
        let token = String::from_utf8(token.stdout).unwrap();
        let token = token.split_whitespace().find(|word| word.starts_with("dkt_")).unwrap();
        let server = Process::serve(data).await;
        let get = |path: String| {
            let request = reqwest::Client::new().get(format!("{}{path}", server.url));
            request.bearer_auth(token).send()
        };
        let history = get(self.ticket.path("history")).await.unwrap();
        let history: Value = history.json().await.unwrap();
        let file = get(format!("/v1/attachments/{}", self.file)).await.unwrap();
        (history["data"][0]["data"]["message"]["body"].clone(), file.status().as_u16())
    }
}

fn docket(data: &Path, args: &[&str]) -> Output {
    Command::new(binary()).args(args).arg("--data").arg(data).output().unwrap()
}

fn said_by(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_erased_after_the_backup_does_not_come_back_with_it() {
    let old = Old::backup().await;

    let (named, beside, copied) = (old.at("named"), old.at("beside"), old.at("copied"));
    let ledger = old.ledger();
    let restored = old.restore(&named, &["--erasures", ledger.to_str().unwrap()]);
    assert!(said_by(&restored).contains("Erased again, as they were after the backup: 1"));
    std::fs::create_dir(&beside).unwrap();
    std::fs::copy(&ledger, beside.join("erasures.log")).unwrap();
    let restored = old.restore(&beside, &[]);
    assert!(said_by(&restored).contains("Erased again, as they were after the backup: 1"));
    // Somebody who copies files by hand meets the ledger when the server starts.
    std::fs::create_dir_all(copied.join("attachments")).unwrap();
    for (from, file) in [
        (old.at("backup"), "log.sqlite"),
        (old.desk.data().to_owned(), "docket.key"),
        (old.desk.data().to_owned(), "erasures.log"),
    ] {
        std::fs::copy(from.join(file), copied.join(file)).unwrap();
    }
    for data in [&named, &beside, &copied] {
        assert_eq!(old.shown(data).await, (Value::Null, 410), "{}", data.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_ledger_a_restore_says_so_and_brings_back_all_that_was_there() {
    let old = Old::backup().await;
    let data = old.at("data");
    let restored = old.restore(&data, &[]);
    assert!(restored.status.success(), "{}", said_by(&restored));
    assert!(said_by(&restored).contains("No ledger of erasures"), "{}", said_by(&restored));
    assert_eq!(old.shown(&data).await, (json!("the story of a customer"), 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_altered_or_not_finished_is_not_restored() {
    let old = Old::backup().await;
    let file = old.at("backup").join("attachments").join(&old.file);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, [&bytes[..], b"x"].concat()).unwrap();
    let data = old.at("data");
    let refused = old.restore(&data, &[]);
    assert!(!refused.status.success());
    assert!(said_by(&refused).contains("is not what was backed up"), "{}", said_by(&refused));
    let names = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["docket.key"], "nothing was written");

    std::fs::write(&file, &bytes).unwrap();
    let mut usual = Command::new("sha256sum");
    usual.args(["--check", "--quiet", "SHA256SUMS"]).current_dir(old.at("backup"));
    assert!(usual.status().unwrap().success(), "the list is one that the usual tool reads");
    std::fs::remove_file(old.at("backup").join("SHA256SUMS")).unwrap();
    let refused = old.restore(&data, &[]);
    assert!(said_by(&refused).contains("no whole backup"), "{}", said_by(&refused));
}
