//! An event that cannot be folded holds up its own stream and no other.

use std::sync::Arc;

use docket_domain::ids::TicketId;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::REGISTRY;
use docket_projections::plans::Plans;
use docket_projections::recorded::Recorded;
use docket_projections::runner::State;
use docket_projections::view::{Contribution, Folding, Registered};
use docket_store::{Append, Expected, NewEvent, Outcome, Sealed, StreamWrite};
use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;

use crate::desk::{Desk, On};
use crate::story::{anna, assigned, created, received, uuid};

fn stream(n: u128) -> String {
    TicketId(uuid(n)).stream()
}

fn opening(number: &str) -> TicketEvent {
    TicketEvent::TicketCreated(Box::new(created(number)))
}

/// An event that no release ever wrote.
async fn nonsense(desk: &Desk, stream: &str, version: u64) {
    let like =
        desk.reader.store.read_stream(stream, 0, 1, Sealed::Without).await.unwrap().remove(0);
    let event = NewEvent {
        event_type: "TicketAssigned".into(),
        schema: 1,
        occurred_at: None,
        envelope: like.envelope,
        payload: r#"{"to":"somebody secret"}"#.into(),
        sealed: None,
    };
    let stream = stream.to_owned();
    let write = StreamWrite { stream, expected: Expected::Exact(version), events: vec![event] };
    let append = Append {
        command_id: Uuid::now_v7(),
        fingerprint: [0; 32],
        writes: vec![write],
        claims: Vec::new(),
        releases: Vec::new(),
        new_keys: Vec::new(),
    };
    let outcome = desk.reader.store.append(append).await.unwrap();
    assert!(matches!(outcome, Outcome::Appended(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_cannot_be_decoded_is_parked_and_the_others_go_on() {
    for on in On::each() {
        let desk = Desk::open_on(&on).await;
        desk.ticket(&stream(1), vec![opening("1")]).await;
        desk.ticket(&stream(2), vec![opening("2")]).await;
        nonsense(&desk, &stream(1), 1).await;
        desk.ticket(&stream(2), vec![assigned(anna())]).await;
        desk.ticket(&stream(1), vec![assigned(anna())]).await;

        let rows = desk.table("ticket_list").await;
        assert!(
            rows[0].contains(r#""version":1"#) && rows[0].contains(r#""stale":true"#),
            "{}",
            rows[0]
        );
        assert!(rows[1].contains(r#""version":2"#) && !rows[1].contains("stale"), "{}", rows[1]);
        let status = desk.views.status().await.unwrap();
        let list = status.iter().find(|view| view.name == "ticket_list").unwrap();
        assert_eq!((list.state, list.lag), (State::Degraded, 0));
        assert_eq!(
            (list.parked[0].stream.as_str(), list.parked[0].position),
            (stream(1).as_str(), 3)
        );
        assert!(list.parked[0].reason.contains("TicketAssigned"));
        assert!(!list.parked[0].reason.contains("secret"), "a reason holds no values");

        let desk = desk.reopened(|_| {}).await;
        assert_eq!(desk.table("ticket_list").await, rows, "it is still parked");
        desk.views.rebuild("ticket_list").await.unwrap().await.unwrap().unwrap();
        let parked = desk.views.parked().await.unwrap();
        assert!(parked.iter().any(|parked| parked.view == "ticket_list"), "{parked:?}");
        assert_eq!(desk.table("ticket_list").await, rows);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_mended_is_folded_again() {
    for on in On::each() {
        let desk = Desk::open_on(&on).await;
        desk.ticket(&stream(1), vec![opening("1")]).await;
        desk.shown().await;
        desk.views.stop().await;
        let position = desk.ticket(&stream(1), vec![received(2, "hello?")]).await as i64;

        let log = format!("sqlite://{}", desk.folder.path().join("log.sqlite").display());
        let mut log = SqliteConnection::connect(&log).await.unwrap();
        // Somebody with the file in hand, past all that guards it.
        sqlx::query("DROP TRIGGER events_are_never_changed").execute(&mut log).await.unwrap();
        let read = "SELECT sealed FROM events WHERE position = $1";
        let sealed: String =
            sqlx::query_scalar(read).bind(position).fetch_one(&mut log).await.unwrap();
        let set = "UPDATE events SET sealed = $2 WHERE position = $1";
        sqlx::query(set).bind(position).bind(None::<String>).execute(&mut log).await.unwrap();
        let desk = desk.reopened(|_| {}).await;
        let rows = desk.table("ticket_list").await;
        assert!(rows[0].contains(r#""stale":true"#), "{}", rows[0]);
        assert!(desk.views.unpark(&stream(1)).await.is_err(), "it is still broken");

        sqlx::query(set).bind(position).bind(sealed).execute(&mut log).await.unwrap();
        desk.views.unpark(&stream(1)).await.unwrap();
        let rows = desk.table("ticket_list").await;
        assert!(rows[0].contains(r#""version":2"#) && !rows[0].contains("stale"), "{}", rows[0]);
        assert_eq!(desk.views.parked().await.unwrap(), []);
        desk.ticket(&stream(1), vec![assigned(anna())]).await;
        let sums = desk.table("queue_summary").await;
        assert_eq!(sums.len(), 1, "{sums:?}");
        assert!(sums[0].contains("in_progress") && sums[0].ends_with(" 1"), "{sums:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_stands_still_shows_nothing_of_who_is_erased() {
    let desk = Desk::open().await;
    desk.ticket(&stream(1), vec![opening("1")]).await;
    nonsense(&desk, &stream(1), 1).await;
    desk.ticket(&stream(2), vec![opening("2")]).await;
    desk.shown().await;
    for view in ["ticket_list", "ticket_text"] {
        let rows = desk.table(view).await;
        assert!(rows.iter().any(|row| row.starts_with(&stream(1))), "{view}: {rows:?}");
    }
    desk.reader.vault.erase(&stream(1)).await.unwrap();
    desk.views.refold_subject(&stream(1)).await.unwrap();
    for view in ["ticket_list", "ticket_text"] {
        let rows = desk.table(view).await;
        assert!(rows.iter().all(|row| !row.starts_with(&stream(1))), "{view}: {rows:?}");
    }
}

/// A fold that understands nothing.
struct Stubborn;

impl Folding for Stubborn {
    fn evolve(&mut self, _: &Recorded) {
        panic!("a test says so");
    }

    fn evolve_tied(&mut self, _: &Recorded) {}

    fn contribution(&self) -> Result<Contribution, serde_json::Error> {
        Ok(Contribution::default())
    }
}

/// All views, the list of tickets being one that panics over each.
pub fn with_a_list_that_panics() -> Vec<Registered> {
    let stubborn: fn(&Arc<Plans>) -> Box<dyn Folding> = |_| Box::new(Stubborn);
    let mut registry = REGISTRY.to_vec();
    for list in registry.iter_mut().filter(|view| view.name == "ticket_list") {
        list.start = stubborn;
    }
    registry
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_panics_stands_still_alone_also_over_what_came_before() {
    for on in On::each() {
        let desk = Desk::open_with(&on, &with_a_list_that_panics()).await;
        desk.ticket(&stream(1), vec![opening("1")]).await;
        assert_eq!(desk.table("ticket_list").await, [""; 0]);
        // Nothing is kept in memory of what was parked, so this folds the ticket from its beginning.
        desk.ticket(&stream(1), vec![received(2, "hello?")]).await;
        assert!(desk.table("ticket_text").await.len() > 1);
        let desk = desk.reopened(|_| {}).await;
        desk.ticket(&stream(1), vec![assigned(anna())]).await;
        assert!(desk.table("queue_summary").await[0].contains("in_progress"));
        let parked = desk.views.parked().await.unwrap();
        assert_eq!(parked.len(), 1, "{parked:?}");
    }
}
