//! The command line, as the real binary.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

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
    assert!(said(&verified).contains("no fault was found"), "{}", said(&verified));
    assert!(said(&verified).contains("not checked: who acted and when"), "{}", said(&verified));
    let views = docket(&data, &["views", "list"]);
    assert!(said(&views).contains("ticket_list"), "{}", said(&views));
    let rebuilt = docket(&data, &["views", "rebuild", "ticket_list"]);
    assert!(rebuilt.status.success(), "{}", said(&rebuilt));
    assert!(said(&rebuilt).contains("it equals the table before"), "{}", said(&rebuilt));

    let copied = docket(&data, &["backup", copy.to_str().unwrap()]);
    assert!(copied.status.success(), "{}", said(&copied));
    assert!(!copy.join("docket.key").exists(), "the key is never in a backup");
    let restored = docket(&back, &["restore", copy.to_str().unwrap()]);
    assert!(restored.status.success(), "{}", said(&restored));
    let keyless = docket(&back, &["token", "list"]);
    assert!(said(&keyless).contains("docket.key"), "{}", said(&keyless));
    std::fs::copy(data.join("docket.key"), back.join("docket.key")).unwrap();
    let verified = docket(&back, &["verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(said(&verified).contains("views: not built yet, so not compared"), "before it serves");
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
fn what_is_written_is_its_owners_alone_also_in_a_folder_that_is_open_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o755)).unwrap();
    docket(data, &["token", "create", "--name", "ann", "--role", "agent"]);
    let files = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    let open: Vec<_> = files.filter(|path| mode(path) & 0o077 != 0).collect();
    assert_eq!(open, Vec::<PathBuf>::new());
    assert!(docket(data, &["doctor"]).status.success());

    let views = data.join("views.sqlite");
    std::fs::set_permissions(&views, std::fs::Permissions::from_mode(0o644)).unwrap();
    let doctor = docket(data, &["doctor"]);
    assert!(!doctor.status.success());
    assert!(said(&doctor).contains("others may read"), "{}", said(&doctor));
    assert!(said(&doctor).contains("views.sqlite;"), "{}", said(&doctor));
}

#[test]
fn what_cannot_work_says_so_in_words_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("typo");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    for (command, why) in [
        ("verify", "log.sqlite: there is no such file"),
        ("history 1", "log.sqlite: there is no such file"),
        ("views list", "log.sqlite: there is no such file"),
        ("views rebuild ticket_lisst", "there is no view ticket_lisst, only "),
        ("views rebuild ticket_list", "there is no log at "),
        ("token list", "there is no log at "),
        (&format!("serve --listen {taken}"), "cannot listen on "),
    ] {
        let run = docket(&data, &command.split(' ').collect::<Vec<_>>());
        assert!(said(&run).contains(why), "{command}: {}", said(&run));
        assert!(!run.status.success() && !data.exists(), "{command}");
    }
}

#[test]
fn a_demo_that_is_stopped_while_it_begins_leaves_no_desk_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Command::new(binary());
    demo.args(["demo", "--listen", "127.0.0.1:0", "--tickets", "100000"]);
    demo.env("TMPDIR", folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut demo = demo.spawn().unwrap();
    let desks = || std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    // The key is made once the log is there: by then the year goes by.
    while !desks().any(|desk| desk.join("docket.key").exists()) {
        assert!(demo.try_wait().unwrap().is_none(), "it ended before it was stopped");
        std::thread::yield_now();
    }
    let stopped = Command::new("kill").args(["-TERM", &demo.id().to_string()]).status();
    assert!(stopped.unwrap().success());
    assert!(demo.wait().unwrap().success());
    assert_eq!(desks().collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn a_demo_takes_no_place_to_keep_what_it_throws_away() {
    let folder = tempfile::tempdir().unwrap();
    let run = docket(&folder.path().join("d1"), &["demo", "--tickets", "1"]);
    assert!(!run.status.success() && said(&run).contains("leave out --data"), "{}", said(&run));
}

#[test]
fn output_that_nobody_reads_ends_the_program_quietly() {
    for command in ["completions bash", "openapi"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut run = Command::new(binary());
        let run = run.args(command.split(' ')).stdout(writer).stderr(Stdio::piped());
        let ended = run.output().unwrap();
        assert_eq!((ended.status.code(), said(&ended).as_str()), (Some(141), ""), "{command}");
    }
}

#[test]
fn help_has_examples_and_completions_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let commands = [
        "serve",
        "demo",
        "token",
        "token create",
        "token list",
        "token revoke",
        "import",
        "import xes",
        "import csv",
        "history",
        "views",
        "views list",
        "views rebuild",
        "verify",
        "backup",
        "restore",
        "openapi",
        "doctor",
        "completions",
    ];
    for command in commands {
        for long in ["--help", "-h"] {
            let help = Command::new(binary()).args(command.split(' ')).arg(long).output().unwrap();
            assert!(said(&help).contains("Example"), "{command}: {}", said(&help));
            let lines = said(&help).lines().count();
            assert!(long == "--help" || lines < 40, "{command} -h has {lines} lines");
        }
    }
    let completions = docket(folder.path(), &["completions", "bash"]);
    assert!(said(&completions).contains("_docket"));
    let document = docket(folder.path(), &["openapi"]);
    let document: serde_json::Value = serde_json::from_slice(&document.stdout).unwrap();
    assert_eq!(document["info"]["title"], "Docket");
}
