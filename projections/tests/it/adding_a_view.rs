//! The worked example of `docs/adding-a-view.md`: it compiles, works, and is what the guide shows.

#[path = "../../../docs/adding-a-view/open_promises.rs"]
mod open_promises;

use docket_domain::ids::{CommitmentId, TicketId};
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{Promiser, TicketEvent};
use docket_projections::view::register;

use self::open_promises::{OpenPromise, OpenPromises, due};
use crate::desk::{Desk, On};
use crate::story::{MONDAY, created, uuid};

fn promised(n: u128, kind: &str, minutes: i64) -> TicketEvent {
    TicketEvent::CommitmentRecorded {
        commitment_id: CommitmentId(uuid(n)),
        promiser: Promiser::Desk,
        text: Personal::text("we will"),
        kind: Some(kind.into()),
        amount: None,
        due: Some(MONDAY.plus_millis(minutes * 60_000)),
        evidence: None,
        evidence_in: None,
        accepted: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_promises_are_listed_by_when_they_are_due() {
    for on in On::each() {
        let desk = Desk::open_with(&on, &[register::<OpenPromises>()]).await;
        let opening = TicketEvent::TicketCreated(Box::new(created("1042")));
        let kept = TicketEvent::CommitmentKept { commitment_id: CommitmentId(uuid(2)), note: None };
        let events = vec![
            opening,
            promised(1, "refund", 30),
            promised(2, "call", 10),
            promised(3, "visit", 20),
            kept,
        ];
        desk.ticket(&TicketId(uuid(1)).stream(), events).await;
        desk.shown().await;

        let open = due(desk.views.documents(), MONDAY.plus_millis(3_600_000)).await.unwrap();
        let open: Vec<OpenPromise> =
            open.iter().map(|doc| serde_json::from_str(doc).unwrap()).collect();
        let kinds: Vec<_> = open.iter().map(|promise| promise.kind.as_deref()).collect();
        assert_eq!(kinds, [Some("visit"), Some("refund")]);
    }
}

#[test]
fn the_guide_shows_the_example_as_it_is() {
    let guide = include_str!("../../../docs/adding-a-view.md");
    assert!(guide.contains(include_str!("../../../docs/adding-a-view/open_promises.rs")));
    let migrations = [
        include_str!("../../../docs/adding-a-view/open_promises.sqlite.sql"),
        include_str!("../../../docs/adding-a-view/open_promises.postgres.sql"),
    ];
    assert!(migrations.iter().all(|migration| guide.contains(migration)));
}
