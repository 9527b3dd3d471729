//! Merging and unmerging across streams.

use docket_commands::CommandError;
use docket_domain::ids::{MergeId, MessageId, TicketId};
use docket_domain::instant::Instant;
use docket_domain::party::Channel;
use docket_domain::ticket::command::{TicketCommand, TicketRefusal};
use docket_domain::ticket::event::SnoozeReason;
use docket_domain::ticket::state::TicketState;

use crate::{DAY, NOON, Scene, request, said, scene};

#[tokio::test]
async fn a_merge_chain_leads_to_its_root_and_no_cycle_comes_about() {
    let scene = scene().await;
    let (a, b, c) = (scene.open("a").await, scene.open("b").await, scene.open("c").await);
    scene.desk.merge(&request("ab"), a, b).await.unwrap();
    scene.desk.merge(&request("bc"), b, c).await.unwrap();
    assert_eq!(scene.desk.root_of(a).await.unwrap(), c);
    let cycle = scene.desk.merge(&request("ca"), c, a).await;
    assert!(matches!(cycle, Err(CommandError::Ticket(TicketRefusal::MergeCycle))));
    let written = scene.desk.receive_message(&request("m"), a, said("Hello?"), Channel::Web).await;
    let root = scene.state(c).await.number;
    assert!(
        matches!(written, Err(CommandError::Ticket(TicketRefusal::TicketMerged { into })) if into == root),
        "the root takes writes, not what lies between"
    );
    let itself = scene.desk.merge(&request("cc"), c, c).await;
    assert!(matches!(itself, Err(CommandError::Ticket(TicketRefusal::MergeCycle))));
}

#[tokio::test]
async fn a_merge_undone_gives_the_source_back() {
    let scene = scene().await;
    let (a, b) = (scene.open("a").await, scene.open("b").await);
    scene.desk.merge(&request("ab"), a, b).await.unwrap();
    let merge_id = {
        let folded = scene.desk.ticket(a).await.unwrap();
        folded.state.present().unwrap().merged.as_ref().unwrap().merge_id
    };
    let refused = scene.desk.receive_message(&request("m"), a, said("Hello?"), Channel::Web).await;
    assert!(matches!(refused, Err(CommandError::Ticket(TicketRefusal::TicketMerged { .. }))));
    scene.desk.unmerge(&request("ba"), a, merge_id, &[]).await.unwrap();
    assert_eq!(scene.desk.root_of(a).await.unwrap(), a);
    scene.desk.receive_message(&request("n"), a, said("Hello?"), Channel::Web).await.unwrap();
}

#[tokio::test]
async fn a_merge_undone_twice_is_undone_once() {
    let scene = scene().await;
    let (a, b) = (scene.open("a").await, scene.open("b").await);
    let merge_id = scene.merge(a, b).await;
    let done = scene.desk.unmerge(&request("ba"), a, merge_id, &[]).await.unwrap();
    let again = scene.desk.unmerge(&request("ba again"), a, merge_id, &[]).await.unwrap();
    assert_eq!((again.stream, again.version), (done.stream, done.version));
    assert!(again.events.is_empty() && !again.repeated);
    let other = scene.desk.unmerge(&request("other"), a, MergeId(a.0), &[]).await;
    assert!(matches!(other, Err(CommandError::Ticket(TicketRefusal::NoSuchMerge))));
}

#[tokio::test]
async fn who_waits_at_the_source_waits_at_the_survivor_and_is_answered_there() {
    let scene = scene().await;
    let (a, b) = (scene.open("a").await, scene.open("b").await);
    let first = scene.waiting(a).await;
    scene.reply("at b", b).await;
    let merge_id = scene.merge(a, b).await;
    assert_eq!(scene.waiting(b).await, first);
    assert_eq!(scene.state(b).await.status.key, "new");
    scene.reply("to both", b).await;
    assert_eq!(scene.waiting(b).await, []);

    scene.desk.unmerge(&request("ba"), a, merge_id, &[]).await.unwrap();
    assert_eq!(scene.waiting(a).await, [], "answered at the survivor");
}

#[tokio::test]
async fn what_nobody_answered_goes_back_with_its_time() {
    let scene = scene().await;
    let a = scene.open("a").await;
    scene.pass(60_000);
    let b = scene.open("b").await;
    let (at_a, at_b) = (scene.waiting(a).await, scene.waiting(b).await);
    let merge_id = scene.merge(a, b).await;
    assert_eq!(scene.waiting(b).await, [at_b.clone(), at_a.clone()].concat());
    let others = scene.state(b).await.waiting_from_others;
    assert_eq!(others[0].since.millis(), NOON);

    scene.desk.unmerge(&request("ba"), a, merge_id, &[]).await.unwrap();
    assert_eq!((scene.waiting(a).await, scene.waiting(b).await), (at_a, at_b));
}

#[tokio::test]
async fn a_later_message_that_is_listed_goes_back_and_waits_at_the_source() {
    let scene = scene().await;
    let (a, b) = (scene.open("a").await, scene.open("b").await);
    let merge_id = scene.merge(a, b).await;
    scene.reply("to both", b).await;
    let (late, kept) = (said("About the first parcel"), said("About the second"));
    scene.desk.receive_message(&request("late"), b, late, Channel::Email).await.unwrap();
    let listed = scene.waiting(b).await;
    scene.desk.receive_message(&request("kept"), b, kept, Channel::Email).await.unwrap();

    scene.desk.unmerge(&request("ba"), a, merge_id, &listed).await.unwrap();
    assert_eq!(scene.waiting(a).await, listed);
    assert_eq!(scene.waiting(b).await.len(), 1);
    assert!(scene.waiting(b).await.iter().all(|id| !listed.contains(id)));
}

#[tokio::test]
async fn the_end_of_a_chain_answers_for_all_and_gives_back_what_it_did_not() {
    let scene = scene().await;
    let (a, b, c) = (scene.open("a").await, scene.open("b").await, scene.open("c").await);
    let (at_a, at_b, at_c) =
        (scene.waiting(a).await, scene.waiting(b).await, scene.waiting(c).await);
    let ab = scene.merge(a, b).await;
    let bc = scene.merge(b, c).await;
    assert_eq!(scene.waiting(c).await.len(), 3);

    scene.desk.unmerge(&request("ab undone"), a, ab, &[]).await.unwrap();
    assert_eq!(scene.waiting(a).await, at_a);
    assert_eq!(scene.waiting(c).await, [at_c.clone(), at_b.clone()].concat());

    scene.reply("to b and c", c).await;
    scene.desk.unmerge(&request("bc undone"), b, bc, &[]).await.unwrap();
    assert_eq!((scene.waiting(b).await, scene.waiting(c).await), (vec![], vec![]));
}

impl Scene {
    pub(crate) async fn merge(&self, source: TicketId, into: TicketId) -> MergeId {
        let name = format!("{source} into {into}");
        self.desk.merge(&request(&name), source, into).await.unwrap();
        self.state(source).await.merged.unwrap().merge_id
    }

    async fn reply(&self, name: &str, id: TicketId) {
        let message = said("It is on its way");
        let reply = TicketCommand::Reply { message, channel: None, seen_version: u64::MAX };
        self.desk.execute(&request(name), id, &reply).await.unwrap();
    }

    pub(crate) async fn state(&self, id: TicketId) -> TicketState {
        self.desk.ticket(id).await.unwrap().state.present().unwrap().clone()
    }

    /// What waits for an answer there.
    async fn waiting(&self, id: TicketId) -> Vec<MessageId> {
        self.state(id).await.all_waiting().collect()
    }
}

#[tokio::test]
async fn what_was_due_while_the_ticket_was_merged_happens_when_it_is_back() {
    let scene = scene().await;
    let (a, b, c) = (scene.open("a").await, scene.open("b").await, scene.open("c").await);
    let snooze = TicketCommand::Snooze {
        until: Instant(NOON + 3_600_000),
        reason: SnoozeReason::Other,
        note: None,
        wakes_on_message: true,
    };
    let of_a = scene.desk.execute(&request("snooze a"), a, &snooze).await.unwrap();
    let of_c = scene.desk.execute(&request("snooze c"), c, &snooze).await.unwrap();
    // One was merged by mistake, and comes back before anything is due.
    let mistaken = scene.merge(c, b).await;
    scene.desk.unmerge(&request("bc"), c, mistaken, &[]).await.unwrap();
    let merge_id = scene.merge(a, b).await;
    scene.pass(DAY);
    scene.desk.unmerge(&request("ba"), a, merge_id, &[]).await.unwrap();
    scene.pass(DAY);
    let woken = scene.desk.wake_due(a, of_a.version).await.unwrap();
    assert_eq!(woken.events[0].occurred_at, Instant(NOON + DAY), "it was an alias before");
    let woken = scene.desk.wake_due(c, of_c.version).await.unwrap();
    assert_eq!(woken.events[0].occurred_at, Instant(NOON + 75 * 60_000));
}
