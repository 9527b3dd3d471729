//! What aliases hold, asked of their root and written at home.

use docket_commands::{CommandError, Done, Home, Request};
use docket_domain::codec::Event;
use docket_domain::ids::{CommitmentId, TicketId};
use docket_domain::ticket::command::{TicketCommand, TicketRefusal};
use docket_domain::ticket::event::{Promiser, TicketEvent};

use crate::{Scene, request, scene};

type Settled = Result<Done, CommandError>;

fn is_unknown(settled: &Settled) -> bool {
    matches!(settled, Err(CommandError::Ticket(TicketRefusal::UnknownCommitment)))
}

#[tokio::test]
async fn a_promise_is_settled_at_the_end_of_a_chain_and_stays_so_when_that_is_undone() {
    let scene = scene().await;
    let (a, b, c) = (scene.open("a").await, scene.open("b").await, scene.open("c").await);
    let (kept, open) = (scene.promise("kept", a).await, scene.promise("open", a).await);
    let ab = scene.merge(a, b).await;
    let bc = scene.merge(b, c).await;
    let before = scene.state(c).await;

    let done = scene.keep(&request("keep"), c, kept).await.unwrap();
    assert_eq!((done.stream, done.version), (c.stream(), before.version), "c is answered");
    assert_eq!(scene.state(c).await, before, "and has nothing of it");
    let written: Vec<&str> = done.events.iter().map(|event| event.stream.as_str()).collect();
    assert_eq!(written, [a.stream()]);
    assert_eq!(scene.open_promises(a).await, [open]);

    let again = scene.keep(&request("keep once more"), c, kept).await.unwrap();
    assert!(again.events.is_empty() && !again.repeated, "it is kept already");
    assert_eq!(again.stream, c.stream());
    let between = scene.keep(&request("between"), b, open).await;
    let to_the_root = matches!(&between, Err(CommandError::Ticket(TicketRefusal::TicketMerged { into })) if *into == before.number);
    assert!(to_the_root, "an alias takes none, not for its own aliases either");

    scene.desk.unmerge(&request("bc undone"), b, bc, &[]).await.unwrap();
    assert!(is_unknown(&scene.keep(&request("at c"), c, open).await));
    scene.desk.unmerge(&request("ab undone"), a, ab, &[]).await.unwrap();
    assert_eq!(scene.open_promises(a).await, [open]);
    assert!(is_unknown(&scene.keep(&request("at b"), b, open).await));
    scene.keep(&request("at a"), a, open).await.unwrap();
    assert_eq!(scene.open_promises(a).await, []);
}

#[tokio::test]
async fn a_repetition_is_answered_as_the_root_stood_then() {
    let scene = scene().await;
    let (a, b) = (scene.open("a").await, scene.open("b").await);
    let promise = scene.promise("promise", a).await;
    let merge_id = scene.merge(a, b).await;
    let first = scene.keep(&request("keep"), b, promise).await.unwrap();
    scene.promise("another", b).await;
    scene.desk.unmerge(&request("undone"), a, merge_id, &[]).await.unwrap();

    let again = scene.keep(&request("keep"), b, promise).await.unwrap();
    assert!(again.repeated);
    assert_eq!(
        (again.stream, again.version, again.position),
        (first.stream, first.version, first.position)
    );
    assert_eq!(again.events, first.events);
}

#[tokio::test]
async fn who_insists_on_a_version_means_that_of_the_ticket_that_is_asked() {
    let scene = scene().await;
    let (a, b) = (scene.open("a").await, scene.open("b").await);
    let promise = scene.promise("promise", a).await;
    scene.merge(a, b).await;
    let seen = scene.state(b).await.version;
    scene.promise("meanwhile", b).await;
    let stale = Request { if_match: Some(seen), ..request("stale") };
    let stale = scene.keep(&stale, b, promise).await;
    assert!(matches!(stale, Err(CommandError::Stale { actual, .. }) if actual == seen + 1));
    let fresh = Request { if_match: Some(seen + 1), ..request("fresh") };
    scene.keep(&fresh, b, promise).await.unwrap();
    assert_eq!(scene.open_promises(a).await, []);
}

#[tokio::test]
async fn of_many_who_settle_one_promise_at_once_one_does() {
    let scene = scene().await;
    let (a, b) = (scene.open("a").await, scene.open("b").await);
    let promise = scene.promise("promise", a).await;
    scene.merge(a, b).await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..16 {
        let desk = scene.desk.clone();
        tasks.spawn(async move {
            let keep = TicketCommand::KeepCommitment { commitment: promise, note: None };
            let request = request(&format!("keep {task}"));
            desk.execute_at_home(&request, b, Home::OfPromise(promise), &keep).await.unwrap()
        });
    }
    let done = tasks.join_all().await;
    assert_eq!(done.iter().filter(|done| !done.events.is_empty()).count(), 1);
    assert!(done.iter().all(|done| done.stream == b.stream()));
}

impl Scene {
    async fn promise(&self, name: &str, id: TicketId) -> CommitmentId {
        let promise = TicketCommand::RecordCommitment {
            promiser: Promiser::Desk,
            text: "money back".into(),
            kind: None,
            amount: None,
            due: None,
            evidence: None,
            evidence_in: None,
            accepted: None,
        };
        let done = self.desk.execute(&request(name), id, &promise).await.unwrap();
        let recorded = done.events.iter().find_map(|event| match &event.event {
            Event::Ticket(TicketEvent::CommitmentRecorded { commitment_id, .. }) => {
                Some(*commitment_id)
            }
            _ => None,
        });
        recorded.unwrap()
    }

    async fn keep(&self, request: &Request, id: TicketId, commitment: CommitmentId) -> Settled {
        let keep = TicketCommand::KeepCommitment { commitment, note: Some("paid".into()) };
        self.desk.execute_at_home(request, id, Home::OfPromise(commitment), &keep).await
    }

    async fn open_promises(&self, id: TicketId) -> Vec<CommitmentId> {
        self.state(id).await.open_commitments().map(|promise| promise.id).collect()
    }
}
