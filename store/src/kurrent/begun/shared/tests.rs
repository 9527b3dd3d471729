//! Two processes on one table, on a real server.

use std::sync::Arc;

use docket_test_servers::postgres::{self, Database};

use super::*;
use crate::postgres::Settings;
use crate::postgres::alongside::Keeps;
use crate::{Append, Expected, StreamWrite};

const LONG: Duration = Duration::from_secs(3600);

/// Who takes others for gone after so long.
async fn server(database: &Database, take_up_after: Duration) -> SharedTable {
    let (url, settings) = (database.url(), Settings::default());
    let store = PostgresStore::open_as(Keeps::BesideKurrent, url, Arc::new(|| 0), settings);
    SharedTable::open(&store.await.unwrap(), take_up_after).await.unwrap()
}

fn touching(streams: &[&str]) -> Begun {
    let write = |stream: &&str| StreamWrite {
        stream: (*stream).to_owned(),
        expected: Expected::NoStream,
        events: vec![],
    };
    let append = Append {
        command_id: Uuid::now_v7(),
        fingerprint: [0; 32],
        writes: streams.iter().map(write).collect(),
        claims: vec![],
        releases: vec![],
        new_keys: vec![],
    };
    Begun { append, recorded_at: 7, doubtful: false }
}

fn ids<'a>(all: impl IntoIterator<Item = &'a Begun>) -> HashSet<Uuid> {
    all.into_iter().map(|begun| begun.append.command_id).collect()
}

/// Meant to fail where an append that is blocked keeps what it got of its names, or one that was refused does.
#[tokio::test]
async fn a_name_is_had_once_and_by_what_is_begun_alone() {
    let Some(database) = postgres::database() else { return };
    let (mut one, mut other) = (server(&database, LONG).await, server(&database, LONG).await);
    let (begun, refused) = (touching(&["a", "b"]), touching(&["c"]));
    let asked = [begun.clone(), refused.clone()];
    assert_eq!(one.reserve(&asked).await.unwrap(), HashSet::new());
    one.begin(&[&begun]).await.unwrap();

    // The first finds `b` taken, and leaves `d`; and who asks for the same command again waits, too.
    let asked = [touching(&["b", "d"]), touching(&["c"]), begun.clone()];
    let blocked = other.reserve(&asked).await.unwrap();
    assert_eq!(blocked, ids([&asked[0], &begun]));
    other.begin(&[&asked[1]]).await.unwrap();
    let asked = [touching(&["d"])];
    assert_eq!(one.reserve(&asked).await.unwrap(), HashSet::new());
    one.begin(&[]).await.unwrap();

    one.forget(&[begun.append.command_id]).await.unwrap();
    let again = [touching(&["a", "b", "d"])];
    assert_eq!(other.reserve(&again).await.unwrap(), HashSet::new());
    other.begin(&[&again[0]]).await.unwrap();
    assert_eq!(one.take_up().await.unwrap().len(), 0, "nothing of it is this server's");
    assert_eq!(other.take_up().await.unwrap().len(), 2);
}

/// Meant to fail where who gives up does not ask whether it is still his.
#[tokio::test]
async fn what_another_has_taken_up_is_not_given_up() {
    let Some(database) = postgres::database() else { return };
    let mut one = server(&database, LONG).await;
    let mut other = server(&database, Duration::ZERO).await;
    let begun = touching(&["a"]);
    one.reserve(std::slice::from_ref(&begun)).await.unwrap();
    one.begin(&[&begun]).await.unwrap();
    let taken = other.take_up().await.unwrap();
    assert_eq!(ids(&taken), ids([&begun]));
    assert!(taken[0].doubtful, "who began it may have sent it");
    assert!(!one.give_up(begun.append.command_id).await.unwrap());
    assert!(other.give_up(begun.append.command_id).await.unwrap());
    assert_eq!(one.reserve(&[touching(&["a"])]).await.unwrap(), HashSet::new());
}

/// Who goes on is not taken for gone, however long it takes.
#[tokio::test]
async fn what_is_looked_after_is_taken_up_by_nobody() {
    let Some(database) = postgres::database() else { return };
    let (mut one, mut other) = (server(&database, LONG).await, server(&database, LONG).await);
    let begun = touching(&["a"]);
    one.reserve(std::slice::from_ref(&begun)).await.unwrap();
    one.begin(&[&begun]).await.unwrap();
    other
        .ask(async |c| sqlx::raw_sql("UPDATE begun SET taken_at = 'epoch'").execute(c).await)
        .await
        .unwrap();
    assert_eq!(one.take_up().await.unwrap().len(), 1, "it looks after its own");
    assert_eq!(other.take_up().await.unwrap().len(), 0);
}
