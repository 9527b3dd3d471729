//! Merging and unmerging (rule 12).

use super::*;
use crate::ticket::event::WaitingMessage;

impl Life {
    /// Both sides of a merge, the survivor's first, as they are written.
    pub(super) fn merge(&mut self, at: &str, source: TicketId, into: TicketId) -> MergeId {
        let survivor_status = self.ticket(into).present().unwrap().status.base;
        let (source_ref, into) = (self.reference(source), self.reference(into));
        let survivor = into.id;
        let waiting = self.waiting(source);
        self.tell(source, at, C::Merge { into, survivor_status });
        let merge_id = self.ticket(source).present().unwrap().merged.clone().unwrap().merge_id;
        self.tell(survivor, at, C::Absorb { merge_id, source: source_ref, waiting });
        merge_id
    }

    /// What waits for an answer at a ticket, its own and what merges brought.
    fn waiting(&self, id: TicketId) -> Vec<WaitingMessage> {
        let ticket = self.ticket(id);
        let state = ticket.present().unwrap();
        let own = state.waiting().map(|message| WaitingMessage {
            id: message.id,
            number: message.number.clone(),
            since: instant("2026-03-02 09:00"),
        });
        own.chain(state.waiting_from_others.iter().cloned()).collect()
    }

    pub(super) fn unmerge(
        &mut self,
        at: &str,
        merge_id: MergeId,
        source: TicketId,
        survivor: TicketId,
    ) {
        self.unmerge_with(at, merge_id, (source, survivor), &[]);
    }

    fn unmerge_with(
        &mut self,
        at: &str,
        merge_id: MergeId,
        (source, survivor): (TicketId, TicketId),
        messages: &[MessageId],
    ) {
        let side = |side| C::Unmerge {
            merge_id,
            side,
            messages: messages.to_vec(),
            waiting: Vec::new(),
            answered: Vec::new(),
        };
        self.tell(survivor, at, side(MergeSide::Survivor));
        let mut next = self.ticket(survivor).present().unwrap().merged.clone();
        while let Some(further) = next {
            let mut waiting = self.waiting(further.into.id);
            waiting.retain(|it| self.ticket(source).present().unwrap().message(it.id).is_some());
            let source = self.reference(source);
            self.tell(further.into.id, at, C::GiveBack { merge_id, source, waiting });
            next = self.ticket(further.into.id).present().unwrap().merged.clone();
        }
        self.tell(source, at, side(MergeSide::Source));
    }
}

#[test]
fn t24_a_breached_ticket_is_merged_into_a_healthy_one_and_comes_back() {
    let mut life = Life::new();
    let breached = life.open_with("2026-03-02 09:00", |new| new.priority = Some("critical".into()));
    let healthy = life.open("2026-03-02 10:30");
    let merge = life.merge("2026-03-02 11:00", breached, healthy);
    assert_snapshot!(life.said(breached, "2026-03-02 12:00", FIRST), @"
    first_response 1: 1:00 by standard * critical, due 2026-03-02 10:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      stopped by merge at 2026-03-02 11:00, 2:00 elapsed, merged, breached at 2026-03-02 10:00 by deadline
    ");
    assert_snapshot!(life.said(healthy, "2026-03-02 12:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 10:30
      2026-03-02 10:30 – 2026-03-02 12:00  open
      running, 1:30 elapsed
    first_response 2 (from #1042 1): 1:00 by standard * critical, due 2026-03-02 10:00
      2026-03-02 09:00 – 2026-03-02 12:00  open
      running, 3:00 elapsed, breached, breached at 2026-03-02 10:00 by deadline
    ");
    life.unmerge("2026-03-02 12:00", merge, breached, healthy);
    life.tell(breached, "2026-03-02 13:00", reply());
    assert_snapshot!(life.said(breached, "2026-03-02 14:00", FIRST), @"
    first_response 1: 1:00 by standard * critical, due 2026-03-02 10:00
      2026-03-02 09:00 – 2026-03-02 13:00  open
      stopped by reply at 2026-03-02 13:00, 4:00 elapsed, breached, breached at 2026-03-02 10:00 by deadline
    ");
    assert_snapshot!(life.said(healthy, "2026-03-02 14:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 10:30
      2026-03-02 10:30 – 2026-03-02 14:00  open
      running, 3:30 elapsed
    first_response 2 (from #1042 1): 1:00 by standard * critical, due 2026-03-02 10:00
      2026-03-02 09:00 – 2026-03-02 12:00  open
      stopped by unmerge at 2026-03-02 12:00, 3:00 elapsed, cancelled, breached at 2026-03-02 10:00 by deadline
    ");
}

#[test]
fn what_is_satisfied_at_the_survivor_is_not_given_back() {
    let mut life = Life::new();
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:30"));
    let merge = life.merge("2026-03-02 10:00", source, survivor);
    life.tell(survivor, "2026-03-02 11:00", reply());
    life.unmerge("2026-03-02 12:00", merge, source, survivor);
    assert_snapshot!(life.said(source, "2026-03-02 14:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by merge at 2026-03-02 10:00, 1:00 elapsed, merged
    ");
    assert_snapshot!(life.said(survivor, "2026-03-02 14:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:30
      2026-03-02 09:30 – 2026-03-02 11:00  open
      stopped by reply at 2026-03-02 11:00, 1:30 elapsed, met
    first_response 2 (from #1042 1): 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      stopped by reply at 2026-03-02 11:00, 2:00 elapsed, met
    ");
    assert_snapshot!(life.said(source, "2026-03-02 14:00", DONE), @"
    resolution 1: 45:00 by * * *, due 2026-03-09 10:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      2026-03-02 11:00 – 2026-03-02 12:00  paused in awaiting_customer
      2026-03-02 12:00 – 2026-03-02 14:00  open
      running, 4:00 elapsed
    ");
}

#[test]
fn t25_through_a_chain_a_clock_runs_on_at_the_root_until_it_is_answered_there() {
    let mut life = Life::new();
    let [a, b, c] =
        ["2026-03-02 09:00", "2026-03-02 09:10", "2026-03-02 09:20"].map(|at| life.open(at));
    let first = life.merge("2026-03-02 10:00", a, b);
    life.merge("2026-03-02 11:00", b, c);
    assert_snapshot!(life.said(c, "2026-03-02 12:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:20
      2026-03-02 09:20 – 2026-03-02 12:00  open
      running, 2:40 elapsed
    first_response 2 (from #1043 1): 9:00 by * * *, due 2026-03-03 09:10
      2026-03-02 09:10 – 2026-03-02 12:00  open
      running, 2:50 elapsed
    first_response 3 (from #1043 2): 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 12:00  open
      running, 3:00 elapsed
    ");
    // The first link is undone while the second stands: the clock goes home from the end of the chain.
    life.unmerge("2026-03-02 12:00", first, a, b);
    life.tell(c, "2026-03-02 13:00", reply());
    assert_snapshot!(life.said(a, "2026-03-02 14:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 14:00  open
      running, 5:00 elapsed
    ");
    assert_snapshot!(life.said(c, "2026-03-02 14:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 09:20
      2026-03-02 09:20 – 2026-03-02 13:00  open
      stopped by reply at 2026-03-02 13:00, 3:40 elapsed, met
    first_response 2 (from #1043 1): 9:00 by * * *, due 2026-03-03 09:10
      2026-03-02 09:10 – 2026-03-02 13:00  open
      stopped by reply at 2026-03-02 13:00, 3:50 elapsed, met
    first_response 3 (from #1043 2): 9:00 by * * *, due 2026-03-03 09:00
      2026-03-02 09:00 – 2026-03-02 12:00  open
      stopped by unmerge at 2026-03-02 12:00, 3:00 elapsed, cancelled
    ");
}

#[test]
fn a_next_reply_is_awaited_since_the_oldest_unanswered_message_of_both() {
    let mut life = Life::new();
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:00"));
    for ticket in [source, survivor] {
        life.tell(ticket, "2026-03-02 09:30", reply());
    }
    life.tell(source, "2026-03-02 10:00", message());
    life.merge("2026-03-02 11:00", source, survivor);
    life.tell(survivor, "2026-03-02 12:00", message());
    life.tell(survivor, "2026-03-02 13:00", reply());
    assert_snapshot!(life.said(survivor, "2026-03-02 14:00", NEXT), @"
    next_reply 1 (from #1042 1): 9:00 by * * *, due 2026-03-03 10:00
      2026-03-02 10:00 – 2026-03-02 13:00  open
      stopped by reply at 2026-03-02 13:00, 3:00 elapsed, met
    ");
}

#[test]
fn messages_that_go_back_take_the_wait_for_an_answer_along() {
    let mut life = Life::new();
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:00"));
    for ticket in [source, survivor] {
        life.tell(ticket, "2026-03-02 09:30", reply());
    }
    let merge = life.merge("2026-03-02 10:00", source, survivor);
    life.tell(survivor, "2026-03-02 11:00", message());
    let later = life.ticket(survivor).present().unwrap().waiting().next().unwrap().id;
    life.unmerge_with("2026-03-02 12:00", merge, (source, survivor), &[later]);
    assert_snapshot!(life.said(survivor, "2026-03-02 14:00", NEXT), @"
    next_reply 1: 9:00 by * * *, due 2026-03-03 11:00
      2026-03-02 11:00 – 2026-03-02 12:00  open
      stopped by unmerge at 2026-03-02 12:00, 1:00 elapsed, cancelled
    ");
    assert_snapshot!(life.said(source, "2026-03-02 14:00", NEXT), @"
    next_reply 1 (from #1043 1): 9:00 by * * *, due 2026-03-03 11:00
      2026-03-02 11:00 – 2026-03-02 14:00  open
      running, 3:00 elapsed
    ");
}

#[test]
fn what_the_survivors_owner_and_closing_ended_is_still_to_be_done_by_a_ticket_that_comes_back() {
    let mut life = Life::new();
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:00"));
    life.tell(survivor, "2026-03-02 09:30", assign());
    let merge = life.merge("2026-03-02 10:00", source, survivor);
    life.tell(survivor, "2026-03-02 11:00", close());
    life.unmerge("2026-03-02 12:00", merge, source, survivor);
    life.tell(source, "2026-03-02 13:00", assign());
    life.tell(source, "2026-03-02 14:00", close());
    assert_snapshot!(life.said(source, "2026-03-02 15:00", OWNER), @"
    assignment 1: 4:30 by * * *, due 2026-03-02 13:30
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by merge at 2026-03-02 10:00, 1:00 elapsed, merged
    assignment 2: 4:30 by * * *, due 2026-03-02 16:30
      2026-03-02 12:00 – 2026-03-02 13:00  open
      stopped by owner at 2026-03-02 13:00, 1:00 elapsed, met
    ");
    assert_snapshot!(life.said(source, "2026-03-02 15:00", DONE), @"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by merge at 2026-03-02 10:00, 1:00 elapsed, merged
    resolution 2 (cumulative): 45:00 by * * *, due 2026-03-09 10:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      2026-03-02 11:00 – 2026-03-02 12:00  paused while closed
      2026-03-02 12:00 – 2026-03-02 14:00  open
      stopped by resolution at 2026-03-02 14:00, 4:00 elapsed, met
    ");
    assert_snapshot!(life.said(survivor, "2026-03-02 15:00", DONE), @"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      stopped by resolution at 2026-03-02 11:00, 2:00 elapsed, met
    resolution 2 (from #1042 1): 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      stopped by resolution at 2026-03-02 11:00, 2:00 elapsed, met
    ");
}

#[test]
fn what_was_open_at_the_survivor_counts_where_the_ticket_comes_back() {
    let mut life = Life::new();
    let (source, survivor) = (life.open("2026-03-02 09:00"), life.open("2026-03-02 09:00"));
    let merge = life.merge("2026-03-02 10:00", source, survivor);
    life.tell(survivor, "2026-03-02 11:00", close());
    life.tell(survivor, "2026-03-02 12:00", reopen());
    life.unmerge("2026-03-02 15:00", merge, source, survivor);
    assert_snapshot!(life.said(source, "2026-03-02 16:00", DONE), @r#"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 10:00  open
      stopped by merge at 2026-03-02 10:00, 1:00 elapsed, merged
    resolution 2 (cumulative): 45:00 by * * *, due 2026-03-09 10:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      2026-03-02 11:00 – 2026-03-02 12:00  paused while closed
      2026-03-02 12:00 – 2026-03-02 16:00  open
      running, 6:00 elapsed
    "#);
}

#[test]
fn what_came_back_twice_counts_once() {
    let mut life = Life::new();
    let [a, b, c] =
        ["2026-03-02 09:00", "2026-03-02 09:10", "2026-03-02 09:20"].map(|at| life.open(at));
    let first = life.merge("2026-03-02 10:00", a, b);
    let second = life.merge("2026-03-02 11:00", b, c);
    life.tell(c, "2026-03-02 12:00", close());
    life.unmerge("2026-03-02 13:00", second, b, c);
    assert_snapshot!(life.said(b, "2026-03-02 14:00", DONE), @"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:10
      2026-03-02 09:10 – 2026-03-02 11:00  open
      stopped by merge at 2026-03-02 11:00, 1:50 elapsed, merged
    resolution 2 (from #1042 1): 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      stopped by merge at 2026-03-02 11:00, 2:00 elapsed, merged
    resolution 3 (cumulative): 45:00 by * * *, due 2026-03-09 10:10
      2026-03-02 09:10 – 2026-03-02 12:00  open
      2026-03-02 12:00 – 2026-03-02 13:00  paused while closed
      2026-03-02 13:00 – 2026-03-02 14:00  open
      running, 3:50 elapsed
    resolution 4 (cumulative) (from #1042 1): 45:00 by * * *, due 2026-03-09 10:00
      2026-03-02 09:00 – 2026-03-02 12:00  open
      2026-03-02 12:00 – 2026-03-02 13:00  paused while closed
      2026-03-02 13:00 – 2026-03-02 14:00  open
      running, 4:00 elapsed
    ");
    life.unmerge("2026-03-02 14:00", first, a, b);
    assert_snapshot!(life.said(a, "2026-03-02 15:00", DONE), @"
    resolution 1 (cumulative): 45:00 by * * *, due 2026-03-09 10:00
      2026-03-02 09:00 – 2026-03-02 12:00  open
      2026-03-02 12:00 – 2026-03-02 13:00  paused while closed
      2026-03-02 13:00 – 2026-03-02 15:00  open
      running, 5:00 elapsed
    ");
    assert_snapshot!(life.said(b, "2026-03-02 15:00", DONE), @"
    resolution 1: 45:00 by * * *, due 2026-03-09 09:10
      2026-03-02 09:10 – 2026-03-02 11:00  open
      stopped by merge at 2026-03-02 11:00, 1:50 elapsed, merged
    resolution 2 (from #1042 1): 45:00 by * * *, due 2026-03-09 09:00
      2026-03-02 09:00 – 2026-03-02 11:00  open
      stopped by merge at 2026-03-02 11:00, 2:00 elapsed, merged
    resolution 3 (cumulative): 45:00 by * * *, due 2026-03-09 10:10
      2026-03-02 09:10 – 2026-03-02 12:00  open
      2026-03-02 12:00 – 2026-03-02 13:00  paused while closed
      2026-03-02 13:00 – 2026-03-02 15:00  open
      running, 4:50 elapsed
    resolution 4 (cumulative) (from #1042 1): 45:00 by * * *, due 2026-03-09 10:00
      2026-03-02 09:00 – 2026-03-02 12:00  open
      2026-03-02 12:00 – 2026-03-02 13:00  paused while closed
      2026-03-02 13:00 – 2026-03-02 14:00  open
      stopped by unmerge at 2026-03-02 14:00, 4:00 elapsed, cancelled
    ");
}
