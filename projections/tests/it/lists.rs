//! Lists: every filter lets through what it says, in every order, page after page.

mod told;

use std::collections::BTreeSet;

use docket_domain::definition::BaseStatus;
use docket_domain::ids::{CustomerId, TicketId};
use docket_domain::party::Channel;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::{SnoozeReason, TicketEvent};
use docket_projections::page::Page;
use docket_projections::ticket_document::TicketDocument;
use docket_projections::ticket_list::filter::{Assignee, Filter, Predefined, Shade, Sort};
use docket_projections::ticket_list::free::{Free, unowned};
use docket_projections::ticket_list::{explain, page};
use docket_projections::{queue_summary, stays};
use serde_json::Value;
use uuid::Uuid;

use self::told::{Case, LOOKED, told_cases};
use crate::desk::{Desk, On};
use crate::every_event::{drafts, offers};
use crate::promises::{self, promised};
use crate::story::{
    MONDAY, anna, assigned, closed, created, moved, piotr, priority, replied, term, uuid,
};

const SORTS: [&str; 6] = ["created", "-created", "updated", "-updated", "due", "-priority"];

fn stream(n: u128) -> String {
    TicketId(uuid(n)).stream()
}

/// A desk with forty tickets of all kinds, a second apart.
async fn a_busy_desk(on: &On) -> Desk {
    let desk = Desk::open_on(on).await;
    promises::publish(&desk).await;
    for n in 0..40_u128 {
        desk.later(1_000);
        let number = (1000 + n).to_string();
        // One in nine is from before there were plans.
        let mut opening = if n % 9 == 8 { created(&number) } else { promised(&number) };
        opening.queue = term(["inbox", "claims", "press"][n as usize % 3]);
        opening.priority = [priority("low", 2), priority("high", 4)][n as usize % 2].clone();
        opening.category =
            Some(term(["complaint", "complaint/new", "complaints", "other"][n as usize % 4]));
        opening.ticket_type = (n % 5 == 0).then(|| term("technical"));
        opening.channel = if n % 7 == 0 { Channel::Chat } else { Channel::Email };
        opening.tags = vec![["courier", "vip"][n as usize % 2].to_owned(), format!("t{}", n % 3)];
        opening.subject = Personal::text(format!("Paczka zaginęła nr {n}"));
        opening.customer.id = CustomerId(uuid(0xc1 + n % 2));
        let mut events = vec![TicketEvent::TicketCreated(Box::new(opening))];
        if n % 4 > 0 {
            events.push(assigned(if n % 4 == 1 { anna() } else { piotr() }));
        }
        events.extend((n % 16 == 0).then(|| offers().swap_remove(0)));
        events.extend((n % 10 == 7).then(|| drafts().swap_remove(n as usize % 4 / 2)));
        if n % 5 == 3 {
            events.push(replied(2, "Łódź: szukamy"));
        }
        if n % 6 == 5 {
            events.push(closed(MONDAY));
        }
        if n % 8 == 4 {
            events.push(snoozed(n as i64));
        }
        if n % 12 == 1 {
            events.push(TicketEvent::TicketUnassigned { from: anna(), reason: None });
        }
        desk.ticket(&stream(n), events).await;
    }
    desk.shown().await;
    desk
}

fn snoozed(n: i64) -> TicketEvent {
    TicketEvent::TicketSnoozed {
        until: MONDAY,
        wakes_at: MONDAY.plus_millis(1_000_000 - n * 1_000),
        block_ms: 0,
        reason: SnoozeReason::Other,
        note: None,
        wakes_on_message: true,
        status: moved(BaseStatus::New, BaseStatus::Snoozed),
    }
}

fn documents(page: &Page) -> Vec<TicketDocument> {
    page.data.iter().map(|doc| serde_json::from_str(doc.get()).unwrap()).collect()
}

async fn all(desk: &Desk, filter: &Filter, sort: &str, size: usize) -> Vec<TicketDocument> {
    let sort: Sort = sort.parse().unwrap();
    let (mut rows, mut cursor): (Vec<TicketDocument>, Option<String>) = (Vec::new(), None);
    loop {
        let answer = page(desk.views.documents(), filter, sort, size, cursor.as_deref(), LOOKED);
        let answer = answer.await.unwrap();
        rows.extend(documents(&answer));
        assert_eq!(answer.page.has_more, answer.page.next.is_some());
        cursor = answer.page.next;
        if cursor.is_none() {
            return rows;
        }
    }
}

fn some(value: &str) -> Vec<String> {
    vec![value.to_owned()]
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn cases() -> Vec<Case> {
    let f = Filter::default;
    let late = MONDAY.plus_millis(20_000);
    vec![
        ("all", f(), |_| true),
        ("queue", Filter { queue: some("claims"), ..f() }, |t| t.queue == "claims"),
        ("queues", Filter { queue: vec!["claims".into(), "press".into()], ..f() }, |t| {
            t.queue != "inbox"
        }),
        ("status", Filter { status: some("new"), ..f() }, |t| t.status == "new"),
        (
            "queue and status",
            Filter { queue: some("inbox"), status: some("in_progress"), ..f() },
            |t| t.queue == "inbox" && t.status == "in_progress",
        ),
        ("substatus", Filter { substatus: some("courier"), ..f() }, |_| false),
        ("priority", Filter { priority: some("high"), ..f() }, |t| t.priority == "high"),
        ("level", Filter { level_min: Some(3), ..f() }, |t| t.level >= 3),
        ("assignee", Filter { assignee: Some(Assignee::Agent(anna().id.0)), ..f() }, |t| {
            t.assignee.as_ref().is_some_and(|a| a.id == anna().id.0)
        }),
        ("nobody's", Filter { assignee: Some(Assignee::Nobody), ..f() }, |t| t.assignee.is_none()),
        ("offered", Filter { offered_to: Some(Assignee::Agent(anna().id.0)), ..f() }, |t| {
            t.offer.as_ref().is_some_and(|offer| offer.agent.id == anna().id.0)
        }),
        ("not offered", Filter { offered_to: Some(Assignee::Nobody), ..f() }, |t| {
            t.offer.is_none()
        }),
        ("customer", Filter { customer: Some(uuid(0xc2)), ..f() }, |t| t.customer.id == uuid(0xc2)),
        ("category", Filter { category: Some("complaint".into()), ..f() }, |t| {
            matches!(t.category.as_deref(), Some("complaint" | "complaint/new"))
        }),
        ("type", Filter { ticket_type: some("technical"), ..f() }, |t| t.ticket_type.is_some()),
        ("channel", Filter { channel: some("chat"), ..f() }, |t| t.channel == Channel::Chat),
        ("tags", Filter { tag: vec!["vip".into(), "t2".into()], ..f() }, |t| {
            t.tags.contains("vip") && t.tags.contains("t2")
        }),
        ("number", Filter { number: Some("1007".into()), ..f() }, |t| t.number == "1007"),
        ("words", Filter { q: Some("zaginela lodz szu".into()), ..f() }, |t| t.messages == 2),
        ("no words", Filter { q: Some("\"*".into()), ..f() }, |_| false),
        ("from", Filter { created_from: Some(late), ..f() }, |t| {
            t.created_at >= MONDAY.plus_millis(20_000)
        }),
        ("to", Filter { created_to: Some(late), ..f() }, |t| {
            t.created_at <= MONDAY.plus_millis(20_000)
        }),
        ("updated", Filter { updated_from: Some(late), updated_to: Some(late), ..f() }, |t| {
            t.updated_at == MONDAY.plus_millis(20_000)
        }),
        ("unread", Filter { unread: Some(true), ..f() }, |t| t.unread),
        ("current", Filter { view: Some(Predefined::Current), ..f() }, |t| t.closed_at.is_none()),
        ("mine", Filter { view: Some(Predefined::MineAndUnassigned(anna().id.0)), ..f() }, |t| {
            t.closed_at.is_none() && t.assignee.as_ref().is_none_or(|a| a.id == anna().id.0)
        }),
        ("new", Filter { view: Some(Predefined::New), ..f() }, |t| t.status == "new"),
        ("today", Filter { view: Some(Predefined::TouchedToday(late)), ..f() }, |t| {
            t.updated_at >= MONDAY.plus_millis(20_000)
        }),
        ("month", Filter { view: Some(Predefined::LastMonth(late)), ..f() }, |t| {
            t.created_at >= MONDAY.plus_millis(20_000)
        }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_lets_through_what_it_says_in_every_order() {
    for on in On::each() {
        let desk = a_busy_desk(&on).await;
        let everything = all(&desk, &Filter::default(), "created", 200).await;
        assert_eq!(everything.len(), 40);
        for (name, filter, lets_through) in cases().into_iter().chain(told_cases()) {
            let expected: BTreeSet<&str> =
                everything.iter().filter(|t| lets_through(t)).map(|t| t.number.as_str()).collect();
            let is_asked_in_vain = ["substatus", "no words"].contains(&name);
            assert_eq!(expected.is_empty(), is_asked_in_vain, "{name} is a case");
            for sort in SORTS {
                let listed = all(&desk, &filter, sort, 7).await;
                let numbers: BTreeSet<&str> = listed.iter().map(|t| t.number.as_str()).collect();
                assert_eq!(numbers, expected, "{name} by {sort}");
                assert_eq!(listed.len(), expected.len(), "{name} by {sort}: no ticket twice");
                assert!(listed.is_sorted_by_key(order(sort)), "{name} by {sort}");
            }
        }
    }
}

/// What rises in each order.
fn order(sort: &str) -> impl Fn(&TicketDocument) -> (i64, i64) {
    let sort = sort.to_owned();
    move |t| match sort.as_str() {
        "created" => (t.created_at.0, 0),
        "-created" => (-t.created_at.0, 0),
        "updated" => (t.updated_at.0, 0),
        "-updated" => (-t.updated_at.0, 0),
        "due" => (t.due_at.map_or(i64::MAX, |at| at.0), 0),
        _ => (-i64::from(t.level), t.created_at.0),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_belongs_to_its_question() {
    for on in On::each() {
        let desk = a_busy_desk(&on).await;
        let first =
            page(desk.views.documents(), &Filter::default(), Sort::Created, 5, None, LOOKED)
                .await
                .unwrap();
        let cursor = first.page.next.unwrap();
        for (filter, sort, cursor) in [
            (Filter::default(), Sort::Due, cursor.as_str()),
            (Filter { queue: some("inbox"), ..Filter::default() }, Sort::Created, cursor.as_str()),
            (Filter::default(), Sort::Created, "nonsense"),
        ] {
            let refused =
                page(desk.views.documents(), &filter, sort, 5, Some(cursor), LOOKED).await;
            assert!(refused.is_err(), "{sort:?}");
        }
    }
}

/// A plan that neither sorts nor scans reads as many rows as it answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_read_in_order_from_an_index() {
    let desk = a_busy_desk(&On::Sqlite).await;
    let f = Filter::default;
    let open = Some(Predefined::Current);
    for filter in [
        f(),
        Filter { queue: some("inbox"), ..f() },
        Filter { queue: some("inbox"), priority: some("high"), unread: Some(true), ..f() },
        Filter { view: open, ..f() },
        Filter { queue: some("inbox"), view: open, ..f() },
    ] {
        for sort in SORTS {
            let plan =
                explain(desk.views.documents(), &filter, sort.parse().unwrap()).await.unwrap();
            let plan = plan.join("; ");
            assert!(plan.contains("USING INDEX"), "{filter:?} by {sort}: {plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{filter:?} by {sort}: {plan}");
        }
    }
    // However many tickets are done, only those are walked that wait or have a clock that runs.
    for (filter, index) in [
        (Filter { unread: Some(true), ..f() }, "_unread_created"),
        (Filter { queue: some("inbox"), unread: Some(true), ..f() }, "_unread_created"),
        (Filter { indicator: vec![Shade::Green], ..f() }, "_waiting_created"),
        (Filter { indicator: vec![Shade::Blue, Shade::Green], ..f() }, "_waiting_created"),
        (Filter { queue: some("inbox"), indicator: vec![Shade::Red], ..f() }, "_ticking_created"),
        (Filter { indicator: vec![Shade::Orange, Shade::Red], ..f() }, "_ticking_created"),
    ] {
        let plan =
            explain(desk.views.documents(), &filter, Sort::Created).await.unwrap().join("; ");
        assert!(plan.contains(index), "{filter:?}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{filter:?}: {plan}");
    }
    let filter = Filter { queue: some("inbox"), status: some("new"), ..f() };
    for sort in SORTS.iter().filter(|sort| **sort != "due") {
        let plan = explain(desk.views.documents(), &filter, sort.parse().unwrap()).await.unwrap();
        assert!(plan[0].contains("(queue=? AND status=?)"), "{plan:?}");
        assert!(!plan.join(";").contains("TEMP B-TREE"), "{plan:?}");
    }
}

/// What may be taken next from a queue, page by page.
async fn all_free(desk: &Desk, queue: &str, newest_first: bool) -> Vec<Uuid> {
    let mut next: Vec<Free> = Vec::new();
    loop {
        let (documents, after) = (desk.views.documents(), next.last());
        let page = unowned(documents, queue, newest_first, after, 3).await.unwrap();
        let last_page = page.len() < 3;
        next.extend(page);
        if last_page {
            return next.iter().map(Free::ticket).collect();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_summed_up_and_handed_out() {
    for on in On::each() {
        let desk = a_busy_desk(&on).await;
        let everything = all(&desk, &Filter::default(), "created", 200).await;
        let summaries = queue_summary::of_all(desk.views.documents()).await.unwrap();
        assert_eq!(summaries.len(), 3);
        for (queue, summary) in &summaries {
            let of: Vec<_> = everything.iter().filter(|t| t.queue == *queue).collect();
            let open: Vec<_> = of.iter().filter(|t| t.closed_at.is_none()).collect();
            assert_eq!((summary.total, summary.open), (of.len() as i64, open.len() as i64));
            let new = of.iter().filter(|t| t.status == "new").count() as i64;
            assert_eq!(summary.by_status.get("new").copied().unwrap_or_default(), new);
            assert_eq!(summary.oldest_open, open.first().map(|t| t.created_at.to_string()));

            let next = all_free(&desk, queue, false).await;
            let free = |status: &str| matches!(status, "new" | "in_progress");
            let mut waiting: Vec<_> = open
                .iter()
                .filter(|t| t.assignee.is_none() && t.offer.is_none() && free(&t.status))
                .collect();
            assert!(queue != "claims" || waiting.iter().any(|t| t.status == "in_progress"));
            waiting.sort_by_key(|t| (std::cmp::Reverse(t.level), t.created_at));
            assert_eq!(next, waiting.iter().map(|t| t.id).collect::<Vec<_>>());
            waiting.sort_by_key(|t| (std::cmp::Reverse((t.level, t.created_at)), t.id));
            let newest: Vec<Uuid> = waiting.iter().map(|t| t.id).collect();
            assert_eq!(all_free(&desk, queue, true).await, newest);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_known_as_of_any_moment() {
    for on in On::each() {
        let desk = Desk::open_on(&on).await;
        for n in 0..30_u128 {
            desk.later(1_000);
            desk.ticket(
                &stream(n),
                vec![TicketEvent::TicketCreated(Box::new(created(&n.to_string())))],
            )
            .await;
            if n >= 5 {
                desk.ticket(&stream(n - 5), vec![assigned(anna())]).await;
            }
            if n >= 10 && n % 2 == 0 {
                desk.ticket(&stream(n - 10), vec![closed(MONDAY)]).await;
            }
        }
        desk.shown().await;
        for second in 0..35 {
            let at = MONDAY.plus_millis(second * 1_000);
            let (mut held, mut cursor): (Vec<Value>, Option<String>) = (Vec::new(), None);
            loop {
                let answer =
                    stays::as_of(desk.views.documents(), "inbox", at, 4, cursor.as_deref())
                        .await
                        .unwrap();
                let data = answer.data.iter();
                held.extend(data.map(|doc| serde_json::from_str::<Value>(doc.get()).unwrap()));
                cursor = answer.page.next;
                if cursor.is_none() {
                    break;
                }
            }
            // Ticket n came at second n + 1, was assigned five later and, if even, closed ten later.
            let expected: BTreeSet<String> = (0..30_i64)
                .filter(|n| *n < second)
                .filter(|n| n % 2 == 1 || n + 11 > second || n + 10 >= 30)
                .map(|n| n.to_string())
                .collect();
            let text = |stay: &Value, name: &str| stay[name].as_str().unwrap().to_owned();
            let numbers: BTreeSet<String> = held.iter().map(|stay| text(stay, "number")).collect();
            assert_eq!(
                (numbers, held.len()),
                (expected.clone(), expected.len()),
                "at second {second}"
            );
            assert!(held.is_sorted_by_key(|stay| text(stay, "from")));
            let lasts = |stay: &Value| stay["to"].is_null();
            assert!(held.iter().all(|stay| lasts(stay) || text(stay, "to") > at.to_string()));
        }
    }
}
