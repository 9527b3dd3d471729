//! The access log on a real file and in a real database.

use std::sync::Arc;

use docket_test_servers::postgres;

use super::{Access, AccessEntry, AccessFilter, AccessLog, PostgresAccessLog, SqliteAccessLog};
use crate::postgres::{PostgresStore, Settings};

fn reading(at: i64, token: &str, subject: &str) -> Access {
    Access {
        at,
        token_id: token.to_owned(),
        actor_kind: "agent".to_owned(),
        actor_id: "agent-1".to_owned(),
        action: "history".to_owned(),
        subject: subject.to_owned(),
    }
}

async fn times(log: &dyn AccessLog, filter: AccessFilter) -> Vec<i64> {
    let found = log.query(&filter, 0, 100).await.unwrap();
    found.into_iter().map(|entry| entry.access.at).collect()
}

#[tokio::test]
async fn an_auditor_finds_who_read_what() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.sqlite");
    finds_who_read_what(&SqliteAccessLog::open(&path).await.unwrap()).await;
    entries_are_paged(async || SqliteAccessLog::open(&path).await.unwrap()).await;
}

#[tokio::test]
async fn an_auditor_finds_who_read_what_on_postgresql() {
    let Some(database) = postgres::database() else { return };
    let store = PostgresStore::open(database.url(), Arc::new(|| 1), Settings::default()).await;
    let store = store.unwrap();
    finds_who_read_what(&PostgresAccessLog::open(&store).await.unwrap()).await;
    entries_are_paged(async || PostgresAccessLog::open(&store).await.unwrap()).await;
}

async fn finds_who_read_what(log: &dyn AccessLog) {
    for (at, token, subject) in [
        (10, "t1", "ticket-1"),
        (20, "t2", "ticket-1"),
        (30, "t1", "ticket-2"),
        (40, "t1", "żółw'"),
    ] {
        log.record(reading(at, token, subject)).unwrap();
    }
    let all = log.query(&AccessFilter::default(), 0, 100).await.unwrap();
    assert_eq!(all[3], AccessEntry { seq: 4, access: reading(40, "t1", "żółw'") });

    let of_case = AccessFilter { subject: Some("ticket-1".to_owned()), ..Default::default() };
    assert_eq!(times(log, of_case).await, [10, 20]);
    let with_token = AccessFilter { token_id: Some("t1".to_owned()), ..Default::default() };
    assert_eq!(times(log, with_token.clone()).await, [10, 30, 40]);
    let between = AccessFilter { from: Some(20), to: Some(40), ..with_token };
    assert_eq!(times(log, between).await, [30]);
}

/// Behind the entries of [`finds_who_read_what`].
async fn entries_are_paged<L: AccessLog>(open: impl AsyncFn() -> L) {
    let log = open().await;
    for at in 0..3000 {
        log.record(reading(at, "t", "ticket-9")).unwrap();
    }
    log.flush().await.unwrap();
    drop(log);
    let log = open().await;
    let (mut after, mut seen) = (4, Vec::new());
    loop {
        let page = log.query(&AccessFilter::default(), after, 700).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        seen.extend(page.into_iter().map(|entry| entry.access.at));
    }
    assert_eq!(seen, (0..3000).collect::<Vec<_>>());
}
