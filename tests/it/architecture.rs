//! The rules of the house that a compiler alone does not hold: which crate may see which, what the
//! pure crate may name, how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// No source file is longer, so that one sitting is enough to read it.
const LONGEST_FILE: usize = 300;

/// Tests are read one at a time.
const LONGEST_SPEC: usize = 400;

/// Files that are longer, each with its reason. The aim is an empty list.
const LONGER_FILES: &[(&str, &str)] = &[
    ("domain/src/ticket/event.rs", "the catalogue of a ticket's events, read as one document"),
    ("domain/src/ticket/command.rs", "the catalogue of its commands and refusals"),
];

/// What would let the pure crate see the world: runtimes, databases, servers, randomness.
const IMPURE: &[&str] =
    &["tokio", "sqlx", "actix-web", "actix-rt", "rand", "rand_core", "fastrand", "getrandom"];

/// What would let it see the clock.
const CLOCKS: &[&str] = &["std::time", "SystemTime", "Timestamp::now", "Zoned::now"];

#[test]
fn our_crates_see_each_other_only_as_drawn() {
    let metadata = cargo(&["metadata", "--format-version=1", "--no-deps"]);
    let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let names: BTreeSet<&str> = packages.iter().map(|p| text(&p["name"])).collect();
    let mut graph = BTreeMap::new();
    for package in packages {
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        let ours: BTreeSet<&str> = dependencies
            .iter()
            .map(|dependency| text(&dependency["name"]))
            .filter(|name| names.contains(name))
            .collect();
        graph.insert(text(&package["name"]), ours);
    }
    let drawn: Vec<String> = graph
        .iter()
        .map(|(name, ours)| {
            let ours: Vec<&str> = ours.iter().map(|name| &name["docket-".len()..]).collect();
            format!("{} → {}", &name["docket-".len()..], ours.join(" "))
        })
        .collect();

    insta::assert_snapshot!(drawn.join("\n"), @r"
    api → commands domain projections store
    bench → commands domain kurrent-double store test-servers
    commands → domain store
    domain → 
    kurrent-double → store test-servers
    projections → domain store test-servers
    store → test-servers
    test-servers → 
    tests → api commands domain kurrent-double projections store test-servers
    ");
}

#[test]
fn nothing_below_the_domain_knows_a_runtime_a_database_or_randomness() {
    let tree = cargo(&["tree", "--package=docket-domain", "--edges=normal", "--prefix=none"]);
    let crates: BTreeSet<&str> = tree.lines().filter_map(|l| l.split_whitespace().next()).collect();
    assert!(crates.contains("serde"), "the tree was read: {crates:?}");
    let seen: Vec<&&str> = IMPURE.iter().filter(|name| crates.contains(**name)).collect();
    assert!(seen.is_empty(), "the domain must stay pure, but depends on {seen:?}");
}

#[test]
fn the_domain_names_no_clock() {
    for file in rust_files("domain/src") {
        let source = read(&file);
        for clock in CLOCKS {
            assert!(!source.contains(clock), "{} names {clock}", shown(&file));
        }
    }
}

/// Shows that `domain/clippy.toml` is read and bites, and not only that it lies there.
#[test]
fn the_domains_lints_refuse_a_clock() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = folder.path().join("clock.rs");
    let source = "//! Looks at the clock.\n\
        /// Now.\npub fn now() -> std::time::SystemTime { std::time::SystemTime::now() }\n";
    std::fs::write(&fixture, source).expect("a fixture");
    let lint = |configuration: &Path| {
        let output = Command::new("clippy-driver")
            .env("CLIPPY_CONF_DIR", configuration)
            .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--out-dir"])
            .arg(folder.path())
            .args(["-Dclippy::disallowed_methods", "-Dclippy::disallowed_types"])
            .arg(&fixture)
            .output()
            .expect("clippy is installed: rustup component add clippy");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };

    let (accepted, said) = lint(&root().join("domain"));
    assert!(
        !accepted && said.contains("disallowed"),
        "the domain's lints let a clock pass: {said}"
    );
    let (accepted, said) = lint(&root());
    assert!(accepted, "without them the fixture is clean: {said}");
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let mut too_long = Vec::new();
    for folder in ["domain", "store", "commands", "projections", "api", "tests", "bench"] {
        for file in rust_files(folder) {
            let (name, lines) = (shown(&file), read(&file).lines().count());
            let excused = LONGER_FILES.iter().any(|(longer, _)| *longer == name);
            let spec = ["spec.rs", "tests.rs"].iter().any(|end| name.ends_with(end))
                || ["/spec/", "/tests/"].iter().any(|folder| name.contains(folder));
            let longest = if spec { LONGEST_SPEC } else { LONGEST_FILE };
            if lines > longest && !excused {
                too_long.push(format!("{name}: {lines} lines"));
            }
            if lines <= longest && excused {
                too_long.push(format!("{name}: short enough, take it off the list"));
            }
        }
    }
    assert!(too_long.is_empty(), "split these or justify them here:\n{}", too_long.join("\n"));
}

#[test]
fn every_page_can_be_reached_from_the_architecture() {
    let docs = root().join("docs");
    let mut reached = BTreeSet::from([docs.join("architecture.md"), root().join("README.md")]);
    let mut next: Vec<PathBuf> = reached.iter().cloned().collect();
    while let Some(page) = next.pop() {
        for link in links(&read(&page)) {
            let target = page.parent().expect("a folder").join(&link);
            let target = target.canonicalize();
            let target = target.unwrap_or_else(|_| panic!("{} links to {link}", shown(&page)));
            if target.extension().is_some_and(|end| end == "md") && reached.insert(target.clone()) {
                next.push(target);
            }
        }
    }
    let pages = files("docs", "md");
    let lost: Vec<String> =
        pages.iter().filter(|page| !reached.contains(*page)).map(|page| shown(page)).collect();
    assert!(lost.is_empty(), "nothing leads to {lost:?}");
}

/// The files of the project that a page links to.
fn links(page: &str) -> Vec<String> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let paths = targets.map(|target| target.split('#').next().unwrap_or(target).to_owned());
    paths.filter(|path| !path.is_empty() && !path.contains("://") && !path.contains(' ')).collect()
}

/// The text that cargo prints; offline, since whoever runs tests has everything already.
fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").canonicalize().expect("a folder")
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    files(folder, "rs")
}

fn files(folder: &str, end: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                // What a workspace of its own has built is not ours.
                folders.extend((!path.ends_with("target")).then_some(path));
            } else if path.extension().is_some_and(|extension| extension == end) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("a source file")
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).expect("inside the project").display().to_string()
}

fn text(value: &serde_json::Value) -> &str {
    value.as_str().expect("text")
}
