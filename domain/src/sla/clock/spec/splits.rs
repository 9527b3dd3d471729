//! Splits: a customer who waits goes on waiting where the messages went, and nowhere twice (rule 4).

use super::*;
use crate::ticket::event::{Origin, OriginKind, WaitingMessage};

impl Life {
    /// Both sides of a split of the messages at these places, as they are written.
    fn split(&mut self, at: &str, source: TicketId, waiting: &[(usize, &str)]) -> TicketId {
        let waiting: Vec<WaitingMessage> = waiting
            .iter()
            .map(|(place, since)| {
                let message = self.ticket(source).present().unwrap().messages[*place].clone();
                WaitingMessage { id: message.id, number: message.number, since: instant(since) }
            })
            .collect();
        let messages: Vec<MessageId> = waiting.iter().map(|message| message.id).collect();
        let number = 1042 + self.tickets.len() as u128;
        let into = TicketRef { id: TicketId(Uuid::from_u128(number)), number: number.to_string() };
        let split = C::Split { into, messages: messages.clone(), waiting: waiting.clone() };
        let ticket = self.reference(source);
        self.tell(source, at, split);
        self.open_with(at, |new| {
            new.message = None;
            new.origin = Some(Origin { kind: OriginKind::Split, ticket, messages, waiting });
        })
    }
}

#[test]
fn a_wait_that_is_split_off_counts_at_the_new_ticket_from_its_beginning_and_at_the_old_one_no_more()
{
    let mut life = Life::new();
    let source = life.open("2026-03-02 08:00");
    life.tell(source, "2026-03-02 09:00", reply());
    life.tell(source, "2026-03-02 10:00", message());
    let new = life.split("2026-03-02 13:00", source, &[(2, "2026-03-02 10:00")]);
    assert_snapshot!(life.said(source, "2026-03-02 14:00", NEXT), @"
    next_reply 1: 9:00 by * * *, due 2026-03-03 10:00
      2026-03-02 10:00 – 2026-03-02 13:00  open
      stopped by split at 2026-03-02 13:00, 3:00 elapsed, cancelled
    ");
    assert_snapshot!(life.said(new, "2026-03-02 14:00", ANSWERS), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 10:00
      2026-03-02 10:00 – 2026-03-02 14:00  open
      running, 4:00 elapsed
    ");
    life.tell(new, "2026-03-02 15:00", reply());
    assert_snapshot!(life.said(new, "2026-03-02 16:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-03 10:00
      2026-03-02 10:00 – 2026-03-02 15:00  open
      stopped by reply at 2026-03-02 15:00, 5:00 elapsed, met
    ");
}

#[test]
fn a_breach_before_the_split_stays_where_it_fell_and_the_new_promise_is_late_from_the_split_on() {
    let mut life = Life::new();
    let source = life.open("2026-03-02 08:00");
    let new = life.split("2026-03-04 09:00", source, &[(0, "2026-03-02 08:00")]);
    assert_snapshot!(life.said(source, "2026-03-04 10:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-02 17:00
      2026-03-02 08:00 – 2026-03-02 17:00  open
      2026-03-02 17:00 – 2026-03-03 08:00  closed
      2026-03-03 08:00 – 2026-03-03 17:00  open
      2026-03-03 17:00 – 2026-03-04 08:00  closed
      2026-03-04 08:00 – 2026-03-04 09:00  open
      stopped by split at 2026-03-04 09:00, 19:00 elapsed, breached, breached at 2026-03-02 17:00 by deadline
    ");
    assert_snapshot!(life.said(new, "2026-03-04 10:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-02 17:00
      2026-03-02 08:00 – 2026-03-02 17:00  open
      2026-03-02 17:00 – 2026-03-03 08:00  closed
      2026-03-03 08:00 – 2026-03-03 17:00  open
      2026-03-03 17:00 – 2026-03-04 08:00  closed
      2026-03-04 08:00 – 2026-03-04 10:00  open
      running, 20:00 elapsed, breached, breached at 2026-03-04 09:00 by retarget
    ");
    let family = life.family();
    let due = family.clocks(new).iter().find(|it| it.kind == ClockKind::FirstResponse).unwrap();
    let breached = due.due().into_iter().find(|it| it.mark == Mark::Breached).unwrap();
    assert_eq!(
        shown(breached.at),
        "2026-03-04 09:00",
        "nothing of the new ticket is due before it"
    );
}

#[test]
fn what_else_waits_keeps_the_clock_of_the_old_ticket_running() {
    let mut life = Life::new();
    let source = life.open("2026-03-02 08:00");
    life.tell(source, "2026-03-02 10:00", message());
    life.split("2026-03-02 11:00", source, &[(1, "2026-03-02 10:00")]);
    assert_snapshot!(life.said(source, "2026-03-02 12:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-02 17:00
      2026-03-02 08:00 – 2026-03-02 12:00  open
      running, 4:00 elapsed
    ");
    life.split("2026-03-02 13:00", source, &[(0, "2026-03-02 08:00")]);
    assert_snapshot!(life.said(source, "2026-03-02 14:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-02 17:00
      2026-03-02 08:00 – 2026-03-02 13:00  open
      stopped by split at 2026-03-02 13:00, 5:00 elapsed, cancelled
    ");
    life.tell(source, "2026-03-02 15:00", message());
    assert_snapshot!(life.said(source, "2026-03-02 16:00", NEXT), @"
    next_reply 1: 9:00 by * * *, due 2026-03-03 15:00
      2026-03-02 15:00 – 2026-03-02 16:00  open
      running, 1:00 elapsed
    ");
}

#[test]
fn a_contact_without_words_waits_on_when_a_later_message_is_split_off() {
    let mut life = Life::new();
    let source = life.open_with("2026-03-02 08:00", |new| new.message = None);
    life.tell(source, "2026-03-02 10:00", message());
    life.split("2026-03-02 11:00", source, &[(0, "2026-03-02 10:00")]);
    assert_snapshot!(life.said(source, "2026-03-02 12:00", FIRST), @"
    first_response 1: 9:00 by * * *, due 2026-03-02 17:00
      2026-03-02 08:00 – 2026-03-02 12:00  open
      running, 4:00 elapsed
    ");
}
