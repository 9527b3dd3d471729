//! Every event can be told in one sentence.

use docket_domain::party::Channel;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::timeline::sentence;
use insta::assert_snapshot;
use jiff::tz::TimeZone;

use crate::every_event::{promising, relating, speaking, working};
use crate::story::{anna, assigned, message};

fn told(events: &[TicketEvent]) -> String {
    let sentences: Vec<String> =
        events.iter().map(|e| sentence::of(e, "Anna Nowak", &TimeZone::UTC)).collect();
    sentences.join("\n")
}

#[test]
fn a_moment_is_that_of_the_zone_asked_for_and_names_it() {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let told = ["2026-03-28T23:30:00Z", "2026-03-29T10:00:00Z"].map(|due| {
        let marked = TicketEvent::PurgeMarked { due: due.parse().unwrap() };
        sentence::of(&marked, "Docket", &zone)
    });
    assert_snapshot!(told.join("\n"), @"
    Docket noted that the ticket was kept long enough: it may be purged since 2026-03-29 00:30 CET.
    Docket noted that the ticket was kept long enough: it may be purged since 2026-03-29 12:00 CEST.
    ");
}

#[test]
fn what_was_said() {
    assert_snapshot!(told(&speaking()), @"
    Anna Nowak opened ticket 1042 by e-mail: “Parcel lost”, in the queue “inbox” with the priority “medium” and the status “new”, promised by the plan “default” (version 1) in the hours of “office” (version 1), writing 1042-1: “Where is it?”.
    Anna Nowak opened ticket 1042 by e-mail: “Parcel lost”, in the queue “inbox” with the priority “medium” and the status “new”, giving “Janina” and “+48 600 000 000”, which the register does not have of them, writing 1042-1: “Where is it?”.
    Anna Nowak wrote by e-mail 1042-3: “Still not here”; the status went from “awaiting_customer” to “new”.
    Anna Nowak wrote in a chat 1042-5 with a file: “Here is the receipt”.
    Anna Nowak opened the customer's message.
    Anna Nowak filed 1 message as needing no reply: “a thank-you”.
    Anna Nowak replied by e-mail 1042-2: “We are looking for it. We are looking for it. We are looking for it. We are looking for it. We are looking for it. We ar…”; the status went from “in_progress” to “awaiting_customer”.
    Anna Nowak noted that a reply bounced, meant for “jan@example.com” (5.1.1): “no such user”.
    Anna Nowak noted 1042-6: “Depot closed”, mentioning Piotr Zieliński.
    Anna Nowak logged a call from the customer, 1042-7, answered by Anna Nowak from 2026-03-02 09:00 UTC to 2026-03-02 09:10 UTC: “asked for patience”.
    Anna Nowak logged a meeting, 1042-8, held by Piotr Zieliński at 2026-03-02 09:00 UTC: “came to the counter”.
    Anna Nowak logged a chat, 1042-9, abandoned before an answer: “hello?”.
    ");
}

#[test]
fn another_plan_for_clocks_to_come_alone_is_told_without_a_list_of_them() {
    let mut events = promising();
    events.retain_mut(|event| match event {
        TicketEvent::SlaReapplied(reapplied) => {
            reapplied.clocks.clear();
            true
        }
        _ => false,
    });
    assert_snapshot!(told(&events), @"Anna Nowak let the plan default v2 with office v1 hold in place of default v1 with office v1: “agreed with the team”.");
}

#[test]
fn what_was_promised_and_judged() {
    assert_snapshot!(told(&promising()), @"
    Anna Nowak recorded that the desk promised “we refund it” (refund) of 49.90 EUR, due 2026-03-02 09:00 UTC.
    Anna Nowak recorded that a promise was kept: “paid”.
    Anna Nowak changed a promise to “we replace it”, due no date instead of 2026-03-02 09:00 UTC: “asked by the customer”.
    Anna Nowak recorded that a promise was broken: “out of stock”.
    Anna Nowak let the plan default v2 with office v1 hold in place of default v1 with office v1: the resolution (no. 2) is due 2026-03-02 09:00 UTC: “agreed with the team”.
    Anna Nowak noted that the ticket was kept long enough: it may be purged since 2026-03-02 09:00 UTC.
    Anna Nowak noted that nobody is there, in the hours of the queue, “office” (version 1), and that the customer is to be told by the template “read_later” (version 1) that it will be read from 2026-03-02 09:00 UTC on.
    Anna Nowak noted that nobody is there, in the hours of Anna Nowak, “office” (version 1), and that the customer is to be told by the template “read_later” (version 1) that it will be read from 2026-03-02 09:00 UTC on.
    Anna Nowak noted that the owner Anna Nowak is away until 2026-03-02 09:00 UTC; Piotr Zieliński stands in.
    Anna Nowak noted that the owner Anna Nowak has left the desk.
    Anna Nowak noted that Anna Nowak is back.
    Anna Nowak told the customer of a delay: “It takes a day longer.”; expected 2026-03-02 09:00 UTC.
    Anna Nowak noted that the customer is to be told of a delay of the resolution: “It takes longer.”.
    Anna Nowak warned that the resolution is due at 2026-03-02 13:00 UTC: 3 h of 4 h have counted; Anna Nowak has the ticket.
    Anna Nowak noted that the resolution is late: its deadline passed, 2026-03-02 13:00 UTC, after 3 h of 4 h; nobody has the ticket.
    Anna Nowak noted that an answer (no. 3) is late: a change made its deadline one that was past, 2026-03-02 13:00 UTC, after 3 h of 4 h; Piotr Zieliński has the ticket.
    Anna Nowak raised a major complaint: “it took a month”, demanding “a discount”; its owner is Anna Nowak.
    Anna Nowak decided the complaint: accepted in part with 10 EUR, because “the courier was late”; the customer was told at 2026-03-02 09:00 UTC by phone.
    Anna Nowak decided the complaint: accepted in part as prepared by “A voucher” with 30.00 EUR, because “broken on the way”.
    Anna Nowak decided the complaint, in place of Piotr Zieliński, who was away: rejected, because “no fault of ours”.
    Anna Nowak gave the complaint as a major one to Anna Nowak: “the lamp burnt”.
    Anna Nowak gave the complaint to Piotr Zieliński, in place of Anna Nowak, who was away; Anna Nowak owned it.
    Anna Nowak reviewed the complaint's decision and found fault with it: “too much for a scratch”.
    Anna Nowak offered the ticket to Anna Nowak until 2026-03-02 09:02 UTC, chosen by the queue “inbox” (version 1): of 2 who could take it the one with least, 1 at hand.
    Anna Nowak declined the offer of the ticket to Anna Nowak: “in a meeting”.
    Anna Nowak offered the ticket to Anna Nowak until 2026-03-02 09:02 UTC, chosen for german and refunds by the queue “inbox” (version 1): of 2 who could take it the one with least, 1 at hand.
    Anna Nowak noted that Anna Nowak did not answer the offer of the ticket until 2026-03-02 09:02 UTC.
    Anna Nowak offered the ticket to Anna Nowak until 2026-03-02 09:02 UTC, chosen by the queue “inbox” (version 1): of 2 who could take it the one with least, 1 at hand.
    Anna Nowak accepted the offer of the ticket to Anna Nowak.
    Anna Nowak assigned the ticket to Piotr Zieliński (before: nobody), chosen by the queue “inbox” (version 1): the only one who could take it, 1 at hand.
    Anna Nowak kept a draft of a reply: “We are looking”, to be sent by 2026-03-02 09:00 UTC.
    Anna Nowak kept a draft of Piotr Zieliński's reply: “Here it is”.
    Anna Nowak sent a draft of a reply.
    Anna Nowak threw away a draft of Piotr Zieliński's reply.
    Anna Nowak asked the customer to rate Anna Nowak from 1 to 5.
    Anna Nowak rated the service 4 of 5: “quick”.
    Anna Nowak scored the work of Anna Nowak 9 of 10 by “tone/3”.
    Anna Nowak logged 12 minutes of Anna Nowak.
    Anna Nowak corrected event 3: “it was the other parcel”.
    Anna Nowak recorded the activity “Wait” of another system, done by “Siebel”, which the rules refuse (ticket_closed).
    ");
}

#[test]
fn what_was_done() {
    assert_snapshot!(told(&working()), @"
    Anna Nowak assigned the ticket to Anna Nowak (before: nobody); the status went from “new” to “in_progress”.
    Anna Nowak assigned the ticket to Piotr Zieliński (before: Anna Nowak) as the next of the queue.
    Anna Nowak took the ticket from Piotr Zieliński: “on leave”.
    Anna Nowak handed the ticket over from Anna Nowak to Piotr Zieliński until 2026-03-02 09:00 UTC, 1 promise still open: “call at noon”.
    Anna Nowak changed the priority from “medium” (level 3) to “high” (level 4).
    Anna Nowak changed the category from none to “complaint” and the type from “question” to “complaint”.
    Anna Nowak changed the tier from standard to premium and the channel from email to chat, by which the ticket is promised.
    Anna Nowak moved the ticket from the queue “inbox” to “claims”.
    Anna Nowak changed the status from “new” to “in_progress” (awaiting_courier).
    Anna Nowak added the tags “vip” and removed “courier”.
    Anna Nowak changed the field “order” from empty to “A-7”.
    Anna Nowak put the ticket aside until 2026-03-02 09:00 UTC (it wakes at 2026-03-02 09:15 UTC), because the customer asked for it; the status went from “new” to “snoozed”.
    Anna Nowak woke the ticket, its time having come, due 2026-03-02 09:00 UTC; the status went from “snoozed” to “new”.
    Anna Nowak escalated the ticket from level 0 to 1, to Piotr Zieliński: “the press asked”.
    Anna Nowak escalated the ticket again at level 3: “nobody has called back”.
    Anna Nowak escalated the ticket from level 1 to 3, to nobody, since its queue has no manager, telling the team of the queue complaints and Piotr Zieliński: “step 2 of the plan Default: breach of resolution, PT2H after it”.
    Anna Nowak lowered the escalation from level 1 to 0.
    Anna Nowak closed the ticket as solved: “Found at the depot”; its owner was Anna Nowak; the status went from “awaiting_customer” to “closed”.
    Anna Nowak reopened the ticket by writing again, 3 days after it was closed; the status went from “closed” to “new”.
    ");
}

#[test]
fn what_it_has_to_do_with_other_tickets() {
    assert_snapshot!(told(&relating()), @"
    Anna Nowak opened ticket 1044 by e-mail: “Parcel lost”, in the queue “inbox” with the priority “medium” and the status “new”, split off ticket 1042, with 1041-1 waiting for an answer.
    Anna Nowak merged this ticket into ticket 1043; the status went from “new” to “merged”.
    Anna Nowak merged ticket 1042 into this one.
    Anna Nowak merged ticket 1042 into this one, with 1041-1 waiting for an answer; the status went from “awaiting_customer” to “new”.
    Anna Nowak undid the merge into ticket 1043, giving back 0 messages; the status went from “merged” to “new”.
    Anna Nowak undid the merge of ticket 1042 into this one, giving back 1 message, with 1041-1 waiting for an answer.
    Anna Nowak split 2 messages off into ticket 1044, with 1041-1 waiting for an answer.
    Anna Nowak linked this ticket as caused by ticket 1044.
    Anna Nowak removed the link as caused by ticket 1044.
    ");
}

#[test]
fn an_erased_text_or_name_is_told_as_such() {
    let mut nobody = anna();
    nobody.name = Personal::Erased;
    let mut erased = message(3, "");
    erased.body = Personal::Erased;
    let events = [
        assigned(nobody),
        TicketEvent::MessageReceived { message: erased, channel: Channel::Email, status: None },
    ];
    assert_snapshot!(told(&events), @"
    Anna Nowak assigned the ticket to agent 01920000-0000-7000-8000-0000000000a1 (before: nobody); the status went from “new” to “in_progress”.
    Anna Nowak wrote by e-mail 1042-3: [erased].
    ");
}
