//! Moves between real files and real databases.
//!
//! Seen to fail: on a build that does not close the source to writers, those of a log that moves and of one
//! that has gone (it could still be opened, and took an event after the move); on one that takes all rows for
//! the same, that of what was altered.

mod furniture;

use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};

use self::furniture::{Houses, STREAMS, answers, claim, clock, furnish, lives_on, reading, says};
use super::{Moved, Moving, Place, give_up};
use crate::access::{AccessFilter, AccessLog, PostgresAccessLog, SqliteAccessLog};
use crate::sqlite::SqliteStore;
use crate::{EventStore, KeyState, StoreError};

/// Long enough for the slowest machine; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until nobody uses the source: a server that closed its connections is counted until its
/// database has noticed, and a lock is held by whatever process is just being started.
async fn let_go(moving: &mut Moving) {
    let began = Instant::now();
    while let Some(users) = moving.users().await.unwrap() {
        assert!(began.elapsed() < PATIENCE, "{users}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Moves to the end, but for the welcome.
async fn arrive(from: Place<'_>, to: Place<'_>) -> (Moving, Moved) {
    let mut moving = Moving::begin(from, to).await.unwrap();
    moving.copy(&mut |_, _| {}).await.unwrap();
    moving.compare(&mut |_, _| {}).await.unwrap();
    let_go(&mut moving).await;
    let moved = moving.finish().await.unwrap();
    (moving, moved)
}

fn refusal<T>(opened: Result<T, StoreError>) -> String {
    match opened {
        Err(StoreError::Refused(why)) => why,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was not refused"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_moves_as_it_is_and_back_again() {
    let Some(houses) = Houses::new() else { return };
    let file = houses.file().await.unwrap();
    furnish(&file).await;
    let before = answers(&file).await;
    let head = file.head();
    let access = SqliteAccessLog::open(houses.at("log.sqlite.access")).await.unwrap();
    (0..5).for_each(|at| access.record(reading(at)).unwrap());
    let readings = access.query(&AccessFilter::default(), 0, 99).await.unwrap();
    file.close().await;

    let moved = houses.between("log.sqlite", async |file, server| {
        let (moving, moved) = arrive(file, server).await;
        let why = refusal(houses.server().await.map(drop));
        assert!(why.starts_with("a log is being moved into this store"), "{why}");
        moving.welcome().await.unwrap();
        moved
    });
    assert_eq!(moved.await, Moved { events: head, streams: 3, readings: 5 });
    let why = refusal(houses.file().await.map(drop));
    assert!(why.starts_with("this log has moved to postgres://"), "{why}");

    let server = houses.server().await.unwrap();
    assert_eq!(answers(&server).await, before);
    lives_on(&server, head).await;
    let access = PostgresAccessLog::open(&server).await.unwrap();
    assert_eq!(access.query(&AccessFilter::default(), 0, 99).await.unwrap(), readings);
    access.record(reading(6)).unwrap();
    let readings = access.query(&AccessFilter::default(), 0, 99).await.unwrap();
    assert_eq!(readings.last().map(|entry| entry.seq), Some(6));
    let before = answers(&server).await;
    server.close().await;

    let moved = houses.between("back.sqlite", async |file, server| {
        let (moving, moved) = arrive(server, file).await;
        moving.welcome().await.unwrap();
        moved
    });
    assert_eq!(moved.await, Moved { events: head + 1, streams: 3, readings: 6 });
    assert!(refusal(houses.server().await.map(drop)).contains("has moved to sqlite:"));
    let file = SqliteStore::open(houses.at("back.sqlite"), clock()).await.unwrap();
    assert_eq!(answers(&file).await, before);
    let access = SqliteAccessLog::open(houses.at("back.sqlite.access")).await.unwrap();
    assert_eq!(access.query(&AccessFilter::default(), 0, 99).await.unwrap(), readings);
    lives_on(&file, head + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_erased_and_given_back_meanwhile_arrives_too() {
    let Some(houses) = Houses::new() else { return };
    let file = houses.file().await.unwrap();
    furnish(&file).await;
    houses
        .between("log.sqlite", async |place, server| {
            let mut moving = Moving::begin(place, server).await.unwrap();
            assert_eq!(moving.copy(&mut |_, _| {}).await.unwrap(), 23);
            let mut more = says(11, STREAMS[1], 8, &["meanwhile"]);
            more.releases = vec![claim(STREAMS[2], STREAMS[2])];
            file.append(more).await.unwrap();
            file.erase_key("ticket-1-1").await.unwrap();
            let why = moving.users().await.unwrap().unwrap();
            assert!(why.contains("stop it first"), "{why}");
            assert_eq!(moving.copy(&mut |_, _| {}).await.unwrap(), 1);
            assert_eq!(moving.erased(), ["ticket-1-1"], "who must be forgotten where it went");
            file.close().await;
            let_go(&mut moving).await;
            moving.finish().await.unwrap();
            moving.welcome().await.unwrap();
        })
        .await;
    let there = answers(&houses.server().await.unwrap()).await;
    let here = SqliteStore::open_read_only(houses.at("log.sqlite")).await.unwrap();
    assert_eq!(there, answers(&here).await);
    assert_eq!(there.owners[2], None);
    assert!(there.keys.iter().filter(|key| matches!(key, KeyState::Erased(_))).count() == 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_was_cut_short_anywhere_goes_on() {
    let Some(houses) = Houses::new() else { return };
    let file = houses.file().await.unwrap();
    furnish(&file).await;
    let before = answers(&file).await;
    file.close().await;
    houses
        .between("log.sqlite", async |file, server| {
            // Each is dropped where it stands, as by a kill: what was committed is all that is left.
            Moving::begin(file, server).await.unwrap();
            let mut moving = Moving::begin(file, server).await.unwrap();
            moving.copy_grown(&super::EVENTS, &mut |_, _| {}).await.unwrap();
            let mut moving = Moving::begin(file, server).await.unwrap();
            assert_eq!(moving.copy(&mut |_, _| {}).await.unwrap(), 0, "nothing is copied twice");
            let mut moving = Moving::begin(file, server).await.unwrap();
            moving.users().await.unwrap();
            moving.from.close_to_writers(&moving.to.shown()).await.unwrap();
            drop(moving);
            assert!(refusal(houses.file().await.map(drop)).starts_with("this log has moved to"));
            drop(arrive(file, server).await);
            refusal(houses.server().await.map(drop));
            let (moving, moved) = arrive(file, server).await;
            assert_eq!((moved.events, moved.streams), (23, 3));
            moving.welcome().await.unwrap();
        })
        .await;
    assert_eq!(answers(&houses.server().await.unwrap()).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_altered_does_not_move() {
    let Some(houses) = Houses::new() else { return };
    let file = houses.file().await.unwrap();
    furnish(&file).await;
    file.close().await;
    let copied = async || {
        houses
            .between("log.sqlite", async |file, server| {
                let mut moving = Moving::begin(file, server).await.unwrap();
                moving.copy(&mut |_, _| {}).await?;
                moving.compare(&mut |_, _| {}).await
            })
            .await
    };
    let integrity = |done: Result<(), StoreError>| match done {
        Err(StoreError::Integrity(why)) => why,
        other => panic!("{other:?}"),
    };
    houses.sqlite("DROP TRIGGER events_are_never_changed").await;
    houses.sqlite("UPDATE events SET payload = replace(payload, 'plain', 'pl41n')").await;
    let why = integrity(copied().await);
    assert_eq!(why, "the payload at position 1 was altered; it does not move");
    houses.sqlite("UPDATE events SET payload = replace(payload, 'pl41n', 'plain')").await;
    copied().await.unwrap();

    // No hash covers who did it; both stores do, while there are two.
    houses.postgres("ALTER TABLE events DISABLE TRIGGER USER").await;
    houses.postgres("UPDATE events SET envelope = '{}' WHERE position = 5").await;
    let why = integrity(copied().await);
    assert!(why.starts_with("events 5 is not the same at the target as at the source"), "{why}");
    let why = refusal(houses.server().await.map(drop));
    assert!(why.starts_with("a log is being moved into this store"), "{why}");

    houses.sqlite("DROP TRIGGER events_are_never_deleted").await;
    houses.sqlite("DELETE FROM events WHERE position = 20").await;
    houses.postgres("DELETE FROM events WHERE position > 10").await;
    let why = integrity(copied().await);
    assert_eq!(why, "position 20 of the log is missing; nothing behind it moves");
}

/// What a repetition is answered by is compared as well as what it wrote.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_not_the_same_at_the_target_does_not_move() {
    let Some(houses) = Houses::new() else { return };
    let file = houses.file().await.unwrap();
    furnish(&file).await;
    file.close().await;
    houses
        .between("log.sqlite", async |file, server| {
            let mut moving = Moving::begin(file, server).await.unwrap();
            moving.copy(&mut |_, _| {}).await.unwrap();
            houses.postgres("UPDATE commands SET last = last + 1 WHERE first = 1").await;
            let Err(StoreError::Integrity(why)) = moving.compare(&mut |_, _| {}).await else {
                panic!("a repetition would be answered with more than its command wrote")
            };
            assert!(why.starts_with("commands at the target are not those of the source"), "{why}");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_has_gone_is_closed_to_all_who_had_it_open_and_may_be_taken_back() {
    let Some(houses) = Houses::new() else { return };
    let server = houses.server().await.unwrap();
    furnish(&server).await;
    houses
        .between("log.sqlite", async |file, place| {
            let mut moving = Moving::begin(place, file).await.unwrap();
            let why = moving.users().await.unwrap().unwrap();
            assert!(why.starts_with("servers of Docket hold"), "{why}");
            // As if one had lost its connection unnoticed, and found it again afterwards.
            moving.finish().await.unwrap();
            let late = server.append(says(30, "ticket-30", 0, &["late"])).await;
            assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
            assert!(server.erase_key("ticket-1-1").await.is_err());
            assert!(server.reserve_numbers("tickets", 1).await.is_err());
            assert_eq!(server.keys(&["ticket-1-1".to_owned()]).await.unwrap().len(), 1);
            server.close().await;
            moving.leave().await;

            let began = Instant::now();
            while let Err(StoreError::Refused(why)) = give_up(place, file).await {
                let counted = why.contains("servers of Docket hold") && began.elapsed() < PATIENCE;
                assert!(counted, "{why}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let server = houses.server().await.unwrap();
            server.append(says(30, "ticket-30", 0, &["late"])).await.unwrap();
            server.close().await;
            // What was copied before is the beginning of what is there now.
            let (moving, moved) = arrive(place, file).await;
            assert_eq!(moved.events, 24);
            moving.welcome().await.unwrap();
            let why = refusal(give_up(place, file).await);
            assert!(why.starts_with("the log has arrived in sqlite:"), "{why}");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_overwrites_no_log_and_mixes_no_two() {
    let Some(houses) = Houses::new() else { return };
    let file = houses.file().await.unwrap();
    furnish(&file).await;
    file.close().await;
    houses
        .between("log.sqlite", async |file, server| {
            let why = refusal(Moving::begin(file, file).await.map(drop));
            assert!(why.starts_with("a log moves between SQLite and PostgreSQL"), "{why}");
            let why = refusal(Moving::begin(server, file).await.map(drop));
            assert!(why.starts_with("there is no Docket log in this database"), "{why}");
            drop(arrive(file, server).await);
            let why = refusal(give_up(server, file).await);
            assert_eq!(why, "this log has not moved: serve from it");
        })
        .await;
    let other = SqliteStore::open(houses.at("other.sqlite"), clock()).await.unwrap();
    furnish(&other).await;
    other.close().await;
    houses
        .between("other.sqlite", async |file, server| {
            let why = refusal(Moving::begin(file, server).await.map(drop));
            assert!(why.starts_with("another log is being moved into"), "{why}");
        })
        .await;
    houses
        .between("log.sqlite", async |file, server| {
            arrive(file, server).await.0.welcome().await.unwrap();
            let why = refusal(Moving::begin(file, server).await.map(drop));
            assert!(why.starts_with("the log has arrived in postgres://"), "{why}");
        })
        .await;
    houses
        .between("other.sqlite", async |file, server| {
            let why = refusal(Moving::begin(file, server).await.map(drop));
            assert!(why.contains("holds a log of its own; a move overwrites none"), "{why}");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_only_grows_the_stop_reads_no_more_than_came_since() {
    let Some(houses) = Houses::new() else { return };
    let file = houses.file().await.unwrap();
    furnish(&file).await;
    let access = SqliteAccessLog::open(houses.at("log.sqlite.access")).await.unwrap();
    (0..5).for_each(|at| access.record(reading(at)).unwrap());
    access.flush().await.unwrap();
    houses
        .between("log.sqlite", async |place, server| {
            let mut moving = Moving::begin(place, server).await.unwrap();
            moving.copy(&mut |_, _| {}).await.unwrap();
            moving.compare(&mut |_, _| {}).await.unwrap();
            file.append(says(11, STREAMS[1], 8, &["meanwhile"])).await.unwrap();
            access.record(reading(6)).unwrap();
            access.flush().await.unwrap();
            file.close().await;
            let_go(&mut moving).await;
            let before = (moving.from.read().clone(), moving.to.read().clone());
            let moved = moving.finish().await.unwrap();
            assert_eq!((moved.events, moved.readings), (24, 6), "all of it was compared");
            for table in ["events", "accesses", "commands"] {
                let here = moving.from.read()[table] - before.0[table];
                let there = moving.to.read()[table] - before.1.get(table).unwrap_or(&0);
                // Copied or levelled, and compared.
                assert_eq!((here, there), (2, 1), "{table}");
            }
            moving.welcome().await.unwrap();
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_refused_is_left_as_it_was() {
    let (Some(houses), Some(empty)) = (Houses::new(), Houses::new()) else { return };
    let file = houses.file().await.unwrap();
    furnish(&file).await;
    file.close().await;
    // A log that nobody has read yet: a move would make a table for that.
    let server = houses.server().await.unwrap();
    furnish(&server).await;
    server.close().await;
    houses
        .between("log.sqlite", async |file, server| {
            let why = refusal(Moving::begin(file, server).await.map(drop));
            assert!(why.contains("holds a log of its own"), "{why}");
            let made = "SELECT count(*) FROM pg_class WHERE relname = 'accesses'";
            let mut connection = PgConnection::connect(houses.database.url()).await.unwrap();
            let made: i64 = sqlx::query_scalar(made).fetch_one(&mut connection).await.unwrap();
            assert_eq!(made, 0, "nothing was made there");
            let uses = format!("{}?application_name=docket", empty.database.url());
            let empty = Place::Postgres(empty.database.url());
            let uses = PgConnection::connect(&uses).await.unwrap();
            let why = refusal(Moving::begin(file, empty).await.map(drop));
            assert!(why.contains("servers of Docket hold 1 sessions"), "{why}");
            uses.close().await.unwrap();
            let began = Instant::now();
            while let Err(error) = Moving::begin(file, empty).await {
                assert!(began.elapsed() < PATIENCE, "{error}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
}
