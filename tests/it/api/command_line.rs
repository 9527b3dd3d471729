//! The command line, as the real binary.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use docket_tests::process::binary;

fn docket(data: &Path, arguments: &[&str]) -> Output {
    let run = Command::new(binary()).args(arguments).arg("--data").arg(data).output();
    run.expect("the binary runs")
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

#[test]
fn a_store_is_made_verified_backed_up_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy, back) =
        (folder.path().join("data"), folder.path().join("copy"), folder.path().join("back"));
    let token = docket(&data, &["token", "create", "--name", "ann", "--role", "agent"]);
    assert!(said(&token).starts_with("dkt_"), "{}", said(&token));
    let listed = docket(&data, &["token", "list"]);
    assert!(said(&listed).contains("ann"), "{}", said(&listed));

    let verified = docket(&data, &["verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(said(&verified).contains("all is as it was written"), "{}", said(&verified));
    let views = docket(&data, &["views", "list"]);
    assert!(said(&views).contains("ticket_list"), "{}", said(&views));
    let rebuilt = docket(&data, &["views", "rebuild", "ticket_list"]);
    assert!(rebuilt.status.success(), "{}", said(&rebuilt));

    let copied = docket(&data, &["backup", copy.to_str().unwrap()]);
    assert!(copied.status.success(), "{}", said(&copied));
    assert!(!copy.join("docket.key").exists(), "the key is never in a backup");
    let restored = docket(&back, &["restore", copy.to_str().unwrap()]);
    assert!(restored.status.success(), "{}", said(&restored));
    let keyless = docket(&back, &["token", "list"]);
    assert!(said(&keyless).contains("docket.key"), "{}", said(&keyless));
    std::fs::copy(data.join("docket.key"), back.join("docket.key")).unwrap();
    let listed = docket(&back, &["token", "list"]);
    assert!(said(&listed).contains("ann"), "{}", said(&listed));
    let again = docket(&back, &["restore", copy.to_str().unwrap()]);
    assert!(said(&again).contains("never overwrites"), "{}", said(&again));
    std::fs::remove_file(back.join("log.sqlite")).unwrap();
    // Where the store was closed to its end, this one is gone already.
    let _ = std::fs::remove_file(back.join("log.sqlite-shm"));
    std::fs::write(back.join("log.sqlite-wal"), "of another log").unwrap();
    let beside = docket(&back, &["restore", copy.to_str().unwrap()]);
    assert!(said(&beside).contains("log.sqlite-wal exists already"), "{}", said(&beside));
    std::fs::remove_file(back.join("log.sqlite-wal")).unwrap();
    let last = docket(&back, &["restore", copy.to_str().unwrap()]);
    assert!(last.status.success(), "{}", said(&last));
    let mode = std::fs::metadata(&back).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "personal data lies here");
    let well = docket(&back, &["doctor"]);
    assert!(well.status.success(), "{}", said(&well));
}

#[test]
fn help_has_examples_and_completions_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let commands = [
        "serve",
        "demo",
        "token",
        "import",
        "history",
        "views",
        "verify",
        "backup",
        "restore",
        "openapi",
        "doctor",
        "completions",
    ];
    for command in commands {
        let help = Command::new(binary()).args([command, "--help"]).output().unwrap();
        assert!(said(&help).contains("Example"), "{command}: {}", said(&help));
    }
    let completions = docket(folder.path(), &["completions", "bash"]);
    assert!(said(&completions).contains("_docket"));
    let document = docket(folder.path(), &["openapi"]);
    let document: serde_json::Value = serde_json::from_slice(&document.stdout).unwrap();
    assert_eq!(document["info"]["title"], "Docket");
}
