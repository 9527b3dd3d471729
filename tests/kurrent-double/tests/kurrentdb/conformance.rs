//! The suite that every store passes: on the double, and on a server where there is one.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use docket_kurrent_double::Double;
use docket_store::Clock;
use docket_store::conformance::check_all;
use docket_store::kurrent::{KurrentStore, Settings, TESTS};
use docket_test_servers::postgres::{self, Database};
use tempfile::TempDir;
use uuid::Uuid;

/// Files that no store has had yet.
struct Files {
    folder: TempDir,
    given: Mutex<usize>,
}

impl Files {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), given: Mutex::default() }
    }

    fn next(&self) -> PathBuf {
        let mut given = self.given.lock().unwrap();
        *given += 1;
        self.folder.path().join(format!("{given}.sqlite"))
    }
}

/// Streams whose names begin with what no desk's do, so that none in the same KurrentDB takes them for its own;
/// behind that they are called as the suite likes.
pub fn of_a_test() -> Settings {
    let prefix = format!("{TESTS}{}-", Uuid::now_v7());
    Settings { prefix, streams: vec![String::new()], ..Settings::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_keeps_what_every_store_promises() {
    let files = Files::new();
    // A double lives as long as the checks of its store.
    let kept: Mutex<Vec<Double>> = Mutex::default();
    check_all(async |clock: Clock| {
        let double = Double::start().await;
        let url = double.url();
        let opened = KurrentStore::open(&url, files.next(), clock, of_a_test()).await;
        kept.lock().unwrap().push(double);
        Arc::new(opened.unwrap()) as _
    })
    .await;
}

/// The same with PostgreSQL beside the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_keeps_them_with_a_database_beside() {
    if postgres::database().is_none() {
        return;
    }
    let kept: Mutex<Vec<(Double, Database)>> = Mutex::default();
    check_all(async |clock: Clock| {
        let (double, database) = (Double::start().await, postgres::database().unwrap());
        let (url, settings) = (double.url(), of_a_test());
        let opened = KurrentStore::open_shared(&url, database.url(), clock, settings).await;
        kept.lock().unwrap().push((double, database));
        Arc::new(opened.unwrap()) as _
    })
    .await;
}

/// Each store has streams of its own there ([`of_a_test`]), which stay when the test is over. The suite has events of
/// more than a mebibyte: the server must take appends of that size.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs a server: DOCKET_KURRENT_URL"]
async fn a_real_server_keeps_what_every_store_promises() {
    let url = std::env::var("DOCKET_KURRENT_URL").expect("DOCKET_KURRENT_URL names a server");
    let files = Files::new();
    check_all(async |clock: Clock| {
        Arc::new(KurrentStore::open(&url, files.next(), clock, of_a_test()).await.unwrap()) as _
    })
    .await;
}
