//! A search for what many tickets have in common costs no more than a look at those on its page, and
//! finds the same as one that starts from the few that have a word.

use docket_domain::ids::TicketId;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::ticket_document::TicketDocument;
use docket_projections::ticket_list::filter::{Filter, Sort};
use docket_projections::ticket_list::{explain, page};

use crate::desk::{Desk, On};
use crate::story::{MONDAY, created, replied, uuid};

/// Twenty-five tickets with a hundred answers each: their words are in more texts than a list starts
/// from.
async fn a_talkative_desk(on: &On) -> Desk {
    let desk = Desk::open_on(on).await;
    for n in 0..25_u128 {
        desk.later(1_000);
        let mut opening = created(&(1000 + n).to_string());
        opening.subject = Personal::text(format!("Ticket nr{n}"));
        let opening = TicketEvent::TicketCreated(Box::new(opening));
        let said = if n % 2 == 0 { "Paczka w drodze" } else { "Paczkomat w drodze" };
        let answers = (2..102).map(|number| replied(number, said));
        let events = std::iter::once(opening).chain(answers).collect();
        desk.ticket(&TicketId(uuid(n)).stream(), events).await;
    }
    desk.shown().await;
    desk
}

fn of(q: &str) -> Filter {
    Filter { q: Some(q.to_owned()), ..Filter::default() }
}

async fn found(desk: &Desk, q: &str) -> usize {
    let answer =
        page(desk.views.documents(), &of(q), Sort::Created, 50, None, MONDAY).await.unwrap();
    let tickets = answer.data.iter().map(|doc| serde_json::from_str::<TicketDocument>(doc.get()));
    tickets.map(Result::unwrap).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_many_have_are_found_like_those_that_few_have() {
    for on in On::each() {
        let desk = a_talkative_desk(&on).await;
        for (q, tickets) in [
            ("d", 25),
            ("drodze", 25),
            ("paczk", 25),
            ("paczka w", 13),
            ("paczka drodze", 13),
            ("paczkomat", 12),
            ("drodze nr7", 1),
            ("drodze nr", 25),
            ("aczka", 0),
            ("paczk drodze", 0),
        ] {
            assert_eq!(found(&desk, q).await, tickets, "{q}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_many_have_is_not_gathered_for_each_of_them() {
    let desk = a_talkative_desk(&On::Sqlite).await;
    let plan = explain(desk.views.documents(), &of("d"), Sort::Created).await.unwrap().join("; ");
    assert!(plan.contains("USING INDEX"), "{plan}");
    assert!(!plan.contains("VIRTUAL TABLE"), "{plan}");
    let plan = explain(desk.views.documents(), &of("nr7"), Sort::Created).await.unwrap().join("; ");
    assert!(plan.contains("VIRTUAL TABLE"), "{plan}");
}
