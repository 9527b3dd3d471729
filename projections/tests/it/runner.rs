//! The views follow the log, whatever happens between.

use std::time::{Duration, Instant};

use docket_domain::ids::TicketId;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::REGISTRY;
use docket_projections::documents::{Differences, Documents};
use docket_projections::runner::ProjectionError;
use docket_projections::view::Registered;
use docket_store::STORE_ID;

use crate::desk::{Desk, On, PATIENCE};
use crate::story::{anna, assigned, created, received, replied, uuid};

fn stream(n: u128) -> String {
    TicketId(uuid(n)).stream()
}

fn opening(number: &str) -> TicketEvent {
    TicketEvent::TicketCreated(Box::new(created(number)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_shows_what_was_appended() {
    for on in On::each() {
        let desk = Desk::open_on(&on).await;
        desk.ticket(&stream(1), vec![opening("1042")]).await;
        desk.ticket(&stream(1), vec![assigned(anna()), replied(2, "On its way")]).await;

        let rows = desk.table("ticket_list").await;
        assert_eq!(rows.len(), 1);
        assert!(rows[0].contains(r#""version":3,"status":"awaiting_customer""#), "{}", rows[0]);
        assert_eq!(desk.views.lag().position, desk.reader.store.head());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_equals_its_rebuild_under_live_traffic() {
    for on in On::each() {
        let desk = Desk::open_on(&on).await;
        for n in 0..60 {
            desk.ticket(&stream(n), vec![opening(&n.to_string()), assigned(anna())]).await;
        }
        desk.shown().await;
        let rebuilt = desk.views.rebuild("ticket_list").await.unwrap();
        for n in 30..90 {
            if n < 60 {
                desk.ticket(&stream(n), vec![received(2, "hello?")]).await;
            } else {
                desk.ticket(&stream(n), vec![opening(&n.to_string())]).await;
            }
        }
        rebuilt.await.unwrap().unwrap();
        let live = desk.table("ticket_list").await;

        desk.views.rebuild("ticket_list").await.unwrap().await.unwrap().unwrap();
        let fresh = desk.table("ticket_list").await;
        assert_eq!(live.len(), 90);
        assert_eq!(live, fresh);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn views_that_were_lost_or_are_of_another_log_are_made_anew() {
    let desk = Desk::open().await;
    desk.ticket(&stream(1), vec![opening("1")]).await;
    let before = desk.table("ticket_list").await;

    let desk =
        desk.reopened(|folder| std::fs::remove_file(folder.join("views.sqlite")).unwrap()).await;
    assert_eq!(desk.table("ticket_list").await, before);

    let desk = desk
        .reopened(|folder| {
            std::fs::write(folder.join("views.sqlite"), "no database at all").unwrap()
        })
        .await;
    assert_eq!(desk.table("ticket_list").await, before);

    let other = Desk::open().await;
    other.ticket(&stream(2), vec![opening("2")]).await;
    other.shown().await;
    let others = other.folder.path().join("views.sqlite");
    other.views.stop().await;
    let desk = desk
        .reopened(|folder| {
            std::fs::copy(others, folder.join("views.sqlite")).unwrap();
        })
        .await;
    assert_eq!(desk.table("ticket_list").await, before);
}

/// The generation of the ticket list's table that answers now.
fn generation(desk: &Desk) -> String {
    let tables = desk.views.documents().in_use(REGISTRY);
    let list = tables.iter().find(|(view, _)| view.name == "ticket_list");
    list.map(|(_, table)| table.name.to_string()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_before_is_kept_and_taken_back_as_it_would_be_now() {
    for on in On::each() {
        let desk = Desk::open_on(&on).await;
        desk.ticket(&stream(1), vec![opening("1")]).await;
        desk.shown().await;
        let first = generation(&desk);
        desk.views.rebuild("ticket_list").await.unwrap().await.unwrap().unwrap();
        assert_eq!(desk.views.compared("ticket_list"), Some(Differences::default()));
        assert_ne!(generation(&desk), first);

        desk.ticket(&stream(1), vec![assigned(anna())]).await;
        desk.ticket(&stream(2), vec![opening("2")]).await;
        let desk = desk.reopened(|_| {}).await;
        let now = desk.table("ticket_list").await;
        for _ in 0..2 {
            desk.views.take_back("ticket_list").await.unwrap().await.unwrap().unwrap();
            assert_eq!(desk.table("ticket_list").await, now);
            assert_eq!(desk.views.compared("ticket_list"), Some(Differences::default()));
        }
        desk.views.take_back("ticket_list").await.unwrap().await.unwrap().unwrap();
        assert_eq!(generation(&desk), first);
        desk.ticket(&stream(2), vec![assigned(anna())]).await;
        assert!(desk.table("ticket_list").await[1].contains(r#""version":2"#));

        desk.views.drop_kept("ticket_list").await.unwrap();
        let gone = desk.views.take_back("ticket_list").await;
        assert!(matches!(gone, Err(ProjectionError::NothingKept(_))), "{gone:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_differs_from_the_one_before_is_said_to() {
    for on in On::each() {
        let desk = Desk::open_on(&on).await;
        // More than are compared in one step.
        for n in 0..700 {
            desk.ticket(&stream(n), vec![opening(&n.to_string()), assigned(anna())]).await;
        }
        desk.shown().await;
        let table = generation(&desk);
        let (tampered, gone) = (stream(3), stream(650));
        for change in [
            format!("UPDATE {table} SET doc = '{{}}' WHERE stream = '{tampered}'"),
            format!("DELETE FROM {table} WHERE stream = '{gone}'"),
        ] {
            desk.tampers_with_its_views(&change).await;
        }
        desk.views.rebuild("ticket_list").await.unwrap().await.unwrap().unwrap();
        let differences = Differences { rows: 2, sums: 0 };
        assert_eq!(desk.views.compared("ticket_list"), Some(differences));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_returns_takes_its_tables_back_and_brings_them_forward() {
    for on in On::each() {
        let mut desk = Desk::open_on(&on).await;
        desk.ticket(&stream(1), vec![opening("1")]).await;
        desk.shown().await;
        let first = generation(&desk);
        let next = |view: &Registered| Registered { version: view.version + 1, ..*view };
        for changed in ["ticket_list", "queue_summary"] {
            let mut registry = desk.registry.iter_mut();
            let view = registry.find(|view| view.name == changed).unwrap();
            *view = next(view);
        }
        let mut desk = desk.reopened(|_| {}).await;
        desk.ticket(&stream(1), vec![assigned(anna())]).await;
        desk.ticket(&stream(2), vec![opening("2")]).await;
        let (list, sums) = (desk.table("ticket_list").await, desk.table("queue_summary").await);
        assert_ne!(generation(&desk), first);

        desk.registry = REGISTRY.to_vec();
        let desk = desk.reopened(|_| {}).await;
        assert_eq!(desk.table("ticket_list").await, list);
        assert_eq!(desk.table("queue_summary").await, sums);
        assert_eq!(generation(&desk), first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_ended_with_its_process_is_begun_again() {
    for on in On::each() {
        let mut desk = Desk::open_on(&on).await;
        desk.ticket(&stream(1), vec![opening("1042")]).await;
        desk.shown().await;
        let id = desk.reader.store.meta(STORE_ID).await.unwrap().unwrap();
        desk.unwatched(async |desk| {
            // All that a process leaves that was killed while it built: a table that was never in use.
            let views = desk.on.views(desk.folder.path());
            let documents = Documents::open(&views, &id).await.unwrap();
            assert!(documents.take(Duration::from_secs(1), true).await.unwrap());
            let view = REGISTRY.iter().find(|view| view.name == "ticket_list").unwrap();
            documents.create(view).await.unwrap();
            documents.give_back().await.unwrap();
            documents.close().await;
        })
        .await;
        let began = Instant::now();
        while desk.views.compared("ticket_list").is_none() {
            assert!(began.elapsed() < PATIENCE, "it was not begun again");
            tokio::task::yield_now().await;
        }
        assert_eq!(desk.table("ticket_list").await.len(), 1);
        let status = desk.views.status().await.unwrap();
        assert!(status.iter().all(|view| view.build.is_none()), "{status:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_build_that_ended_with_its_process_is_done_once() {
    for on in On::each() {
        let mut desk = Desk::open_on(&on).await;
        desk.ticket(&stream(1), vec![opening("1042")]).await;
        desk.shown().await;
        let id = desk.reader.store.meta(STORE_ID).await.unwrap().unwrap();
        desk.unwatched(async |desk| {
            let views = desk.on.views(desk.folder.path());
            let documents = Documents::open(&views, &id).await.unwrap();
            let documents = documents.emptied(&id).await.unwrap();
            assert!(documents.take(Duration::from_secs(1), true).await.unwrap());
            for view in REGISTRY {
                documents.create(view).await.unwrap();
            }
            documents.give_back().await.unwrap();
            documents.close().await;
        })
        .await;
        assert_eq!(desk.table("ticket_list").await.len(), 1);
        let made = desk.views.documents().in_use(REGISTRY);
        let number = |table: &str| table.rsplit('g').next().unwrap().parse::<u32>().unwrap();
        let last = made.iter().map(|(_, table)| number(&table.name)).max().unwrap();
        desk.views.rebuild("ticket_list").await.unwrap().await.unwrap().unwrap();
        assert_eq!(number(&generation(&desk)), last + 1, "no other table was begun meanwhile");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_view_that_is_being_built_is_answered_with_who_asked_first() {
    for on in On::each() {
        let desk = Desk::open_on(&on).await;
        desk.ticket(&stream(1), vec![opening("1042")]).await;
        desk.shown().await;
        let first = desk.views.rebuild("ticket_list").await.unwrap();
        let second = desk.views.rebuild("ticket_list").await.unwrap();
        first.await.unwrap().unwrap();
        second.await.unwrap().unwrap();
        assert_eq!(desk.table("ticket_list").await.len(), 1);
    }
}
