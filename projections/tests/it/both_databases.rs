//! The same log shown by both databases: whatever is asked, page by page, they answer the same bytes.

use std::collections::BTreeSet;
use std::sync::Arc;

use docket_domain::ids::{CustomerId, TicketId};
use docket_domain::party::Channel;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::documents::{Documents, Query};
use docket_projections::page::Page;
use docket_projections::runner::Projections;
use docket_projections::ticket_list::filter::{Assignee, Filter, Predefined, Sort};
use docket_projections::ticket_list::free::unowned;
use docket_projections::ticket_list::page;
use docket_projections::{REGISTRY, agent_loads, deadlines, queue_summary, stays};
use docket_test_servers::postgres;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

use crate::desk::{Desk, On, PATIENCE};
use crate::story::{
    MONDAY, anna, assigned, closed, created, message, piotr, priority, replied, snoozed, term, uuid,
};

const QUEUES: [&str; 4] = ["inbox", "Inbox", "łódź", "z-9"];
const TAGS: [&str; 8] = ["vip", "VIP", "a'b", "\"q\"", "%_", "żółw", "żołw", "{x}"];
const TYPES: [&str; 2] = ["technical", "Ärger"];
const CATEGORIES: [&str; 6] = ["a", "a/b", "a0", "a/", "ab", "Ł/x"];

/// What is said and searched: each of these, and any text at all.
const TEXTS: [&str; 14] = [
    "Łódź paczka",
    "lodz PACZKI",
    "Straße nach STRASSE",
    "e\u{301}cole École",
    "foo-bar_baz foo.bar",
    "4.5e10 10:30 1e5 0x1f",
    "https://example.com/a?b=c user@example.com",
    "日本語 が か\u{3099} 한국어 किताब",
    "'; DROP TABLE tickets; --",
    "\"a\" OR b* NEAR(c) & !d | e:* \\ ''",
    "Ⅷ ² ½ ＡＢＣ １２３ ﬁn",
    "İstanbul ıi İi",
    "emoji 👍🏽 ok",
    "to_tsquery('simple', $1) {ticket_list} %s",
];

fn text() -> impl Strategy<Value = String> {
    let known = vec(select(&TEXTS[..]), 1..3).prop_map(|texts| texts.join(" "));
    prop_oneof![3 => known, 1 => "[^\\x00]{1,24}"]
}

/// What is asked for: a text's words, or their beginnings.
fn words() -> impl Strategy<Value = String> {
    (text(), 1..8_usize).prop_map(|(text, letters)| text.chars().take(letters).collect())
}

/// One ticket, with what happened to it.
#[derive(Clone, Debug)]
struct Case {
    queue: &'static str,
    high: bool,
    ticket_type: Option<&'static str>,
    category: Option<&'static str>,
    tags: BTreeSet<&'static str>,
    customer: u128,
    subject: String,
    body: String,
    later: Vec<Later>,
    /// How long after the one before it was opened; at the same moment, too.
    after: i64,
}

#[derive(Clone, Debug)]
enum Later {
    Assigned(bool),
    Replied(String),
    Closed,
    Snoozed(i64),
    Tagged(&'static str),
    Prioritized,
    Drafted(String),
}

fn later() -> impl Strategy<Value = Later> {
    prop_oneof![
        any::<bool>().prop_map(Later::Assigned),
        text().prop_map(Later::Replied),
        Just(Later::Closed),
        (0..4_i64).prop_map(Later::Snoozed),
        select(&TAGS[..]).prop_map(Later::Tagged),
        Just(Later::Prioritized),
        text().prop_map(Later::Drafted),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let terms = (
        select(&QUEUES[..]),
        any::<bool>(),
        option::of(select(&TYPES[..])),
        option::of(select(&CATEGORIES[..])),
    );
    let tags = proptest::collection::btree_set(select(&TAGS[..]), 0..3);
    let rest = (tags, 0..3_u128, text(), text(), vec(later(), 0..4), 0..3_i64);
    (terms, rest).prop_map(|((queue, high, ticket_type, category), rest)| {
        let (tags, customer, subject, body, later, after) = rest;
        Case { queue, high, ticket_type, category, tags, customer, subject, body, later, after }
    })
}

impl Case {
    fn events(&self, n: u128) -> Vec<TicketEvent> {
        let mut opening = created(&(1000 + n).to_string());
        opening.queue = term(self.queue);
        opening.priority = if self.high { priority("high", 4) } else { priority("low", 2) };
        opening.ticket_type = self.ticket_type.map(term);
        opening.category = self.category.map(term);
        opening.tags = self.tags.iter().map(|tag| (*tag).to_owned()).collect();
        opening.channel = if self.high { Channel::Chat } else { Channel::Email };
        opening.customer.id = CustomerId(uuid(0xc1 + self.customer));
        opening.subject = Personal::text(self.subject.clone());
        opening.message = Some(message(1, &self.body));
        let mut events = vec![TicketEvent::TicketCreated(Box::new(opening))];
        for (n, later) in (2..).zip(&self.later) {
            events.push(match later {
                Later::Assigned(one) => assigned(if *one { anna() } else { piotr() }),
                Later::Replied(text) => replied(n, text),
                Later::Closed => closed(MONDAY),
                Later::Snoozed(hours) => snoozed(MONDAY.plus_millis(hours * 3_600_000)),
                Later::Tagged(tag) => TicketEvent::TicketTagged {
                    added: vec![(*tag).to_owned()],
                    removed: self.tags.iter().take(1).map(|tag| (*tag).to_owned()).collect(),
                },
                Later::Drafted(text) => TicketEvent::ReplyDrafted {
                    author: anna(),
                    body: Personal::text(text.clone()),
                    unsent_at: Some(MONDAY.plus_millis(i64::from(self.high))),
                },
                Later::Prioritized => TicketEvent::TicketPrioritized {
                    from: priority("low", 2),
                    to: priority("high", 4),
                },
            });
        }
        events
    }
}

fn some(value: Option<&'static str>) -> Vec<String> {
    value.into_iter().map(str::to_owned).collect()
}

fn filter() -> impl Strategy<Value = Filter> {
    let moment = || option::weighted(0.1, (0..20_i64).prop_map(|n| MONDAY.plus_millis(n)));
    let owner =
        select(vec![Assignee::Nobody, Assignee::Agent(anna().id.0), Assignee::Agent(piotr().id.0)]);
    let view = select(vec![
        Predefined::Current,
        Predefined::MineAndUnassigned(anna().id.0),
        Predefined::New,
        Predefined::TouchedToday(MONDAY.plus_millis(5)),
        Predefined::LastMonth(MONDAY.plus_millis(5)),
        Predefined::All,
    ]);
    let terms = (
        vec(select(&QUEUES[..]), 0..3),
        option::weighted(0.2, select(vec!["new", "in_progress", "closed"])),
        option::weighted(0.2, select(&["high", "low", "no'ne"][..])),
        option::weighted(0.2, 2..5_u8),
        option::weighted(0.2, owner),
        option::weighted(0.2, 0..3_u128),
        option::weighted(0.2, select(&CATEGORIES[..])),
        option::weighted(0.2, select(&TYPES[..])),
        vec(select(&TAGS[..]), 0..2),
    );
    let rest = (
        option::weighted(0.4, words()),
        (option::weighted(0.2, any::<bool>()), option::weighted(0.2, any::<bool>())),
        option::weighted(0.3, view),
        (moment(), moment(), moment(), moment()),
    );
    (terms, rest).prop_map(
        |(terms, (q, (unread, unsent), view, (from, to, updated_from, updated_to)))| {
            let (queue, status, priority, level_min, assignee, customer, category, kind, tag) =
                terms;
            Filter {
                queue: queue.into_iter().map(str::to_owned).collect(),
                status: some(status),
                priority: some(priority),
                level_min,
                assignee,
                customer: customer.map(|n| uuid(0xc1 + n)),
                category: category.map(str::to_owned),
                ticket_type: some(kind),
                tag: tag.into_iter().map(str::to_owned).collect(),
                q,
                unread,
                unsent,
                view,
                created_from: from,
                created_to: to,
                updated_from,
                updated_to,
                ..Filter::default()
            }
        },
    )
}

/// Asks both and compares; answers the cursor to go on from.
fn same(one: &Page, other: &Page, what: &dyn std::fmt::Debug) -> Option<String> {
    let text = |page: &Page| serde_json::to_string(page).unwrap();
    assert_eq!(text(one), text(other), "{what:?}");
    one.page.next.clone()
}

async fn lists_agree(one: &Documents, other: &Documents, filter: &Filter, size: usize) {
    for sort in ["created", "-created", "updated", "-updated", "due", "-priority"] {
        let sort: Sort = sort.parse().unwrap();
        let mut cursor: Option<String> = None;
        loop {
            let here = page(one, filter, sort, size, cursor.as_deref(), MONDAY).await.unwrap();
            let there = page(other, filter, sort, size, cursor.as_deref(), MONDAY).await.unwrap();
            cursor = same(&here, &there, &(filter, sort));
            if cursor.is_none() {
                break;
            }
        }
    }
}

async fn all_agree(one: &Documents, other: &Documents) {
    for view in REGISTRY {
        assert_eq!(one.dump(view.name).await.unwrap(), other.dump(view.name).await.unwrap());
    }
    let loads = agent_loads::of_all(one).await.unwrap();
    assert_eq!(loads, agent_loads::of_all(other).await.unwrap());
    let sums = queue_summary::of_all(one).await.unwrap();
    assert_eq!(sums, queue_summary::of_all(other).await.unwrap());
    for queue in QUEUES {
        for newest in [false, true] {
            let free = unowned(one, queue, newest, None, 5).await.unwrap();
            assert_eq!(free, unowned(other, queue, newest, None, 5).await.unwrap());
            let next = unowned(one, queue, newest, free.last(), 5).await.unwrap();
            assert_eq!(next, unowned(other, queue, newest, free.last(), 5).await.unwrap());
        }
        for moment in [0, 3, 9, 1_000] {
            let at = MONDAY.plus_millis(moment);
            let held = stays::as_of(one, queue, at, 3, None).await.unwrap();
            let cursor = same(&held, &stays::as_of(other, queue, at, 3, None).await.unwrap(), &at);
            if let Some(cursor) = cursor.as_deref() {
                let held = stays::as_of(one, queue, at, 3, Some(cursor)).await.unwrap();
                let there = stays::as_of(other, queue, at, 3, Some(cursor)).await.unwrap();
                same(&held, &there, &at);
            }
        }
    }
    let until = MONDAY.plus_millis(7_200_000);
    let due = deadlines::due(one, until, None, 3).await.unwrap();
    assert_eq!(due, deadlines::due(other, until, None, 3).await.unwrap());
    let next = deadlines::due(one, until, due.last(), 3).await.unwrap();
    assert_eq!(next, deadlines::due(other, until, due.last(), 3).await.unwrap());
}

/// A desk whose log is shown by both databases: in a file, and by its twin on this server.
struct Twins {
    desk: Desk,
    twin: Projections,
    /// Lives as long as the twin.
    _server: On,
}

async fn twins() -> Option<Twins> {
    let server = On::Postgres(Arc::new(postgres::database()?));
    let desk = Desk::open().await;
    let views = server.views(desk.folder.path());
    let (reader, names) = (desk.reader.clone(), desk.names.clone());
    let clock: docket_store::Clock = Arc::new(|| MONDAY.0);
    let twin = Projections::start(&views, reader, names, clock, REGISTRY).await.unwrap();
    Some(Twins { desk, twin, _server: server })
}

async fn agree(cases: Vec<Case>, filters: Vec<Filter>, size: usize) {
    let Some(Twins { desk, twin, _server }) = twins().await else { return };
    for (n, case) in (0_u128..).zip(&cases) {
        desk.later(case.after);
        desk.ticket(&TicketId(uuid(n)).stream(), case.events(n)).await;
    }
    desk.shown().await;
    assert!(twin.wait_for(desk.reader.store.head(), PATIENCE).await);
    let (one, other) = (desk.views.documents(), twin.documents());
    all_agree(one, other).await;
    for filter in filters {
        lists_agree(one, other, &filter, size).await;
    }
    twin.stop().await;
}

proptest! {
    #![proptest_config(Config { cases: 12, failure_persistence: None, ..Config::default() })]

    #[test]
    fn both_databases_answer_the_same_page_by_page(
        cases in vec(case(), 1..24),
        filters in vec(filter(), 12),
        size in 1..9_usize,
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(agree(cases, filters, size));
    }
}

/// What PostgreSQL cannot hold is shown by a sign that stands for it, and harms nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_character_that_postgres_cannot_hold_does_not_stop_it() {
    let Some(Twins { desk, twin, _server }) = twins().await else { return };
    let mut opening = created("1042");
    opening.subject = Personal::text("nothing\0between");
    opening.tags = vec!["a\0b".into()];
    let events = vec![TicketEvent::TicketCreated(Box::new(opening)), assigned(anna())];
    let last = desk.ticket(&TicketId(uuid(1)).stream(), events).await;
    assert!(twin.wait_for(last, PATIENCE).await);
    let filter =
        Filter { tag: vec!["a\0b".into()], q: Some("between".into()), ..Filter::default() };
    let found = page(twin.documents(), &filter, Sort::Created, 10, None, MONDAY).await.unwrap();
    assert!(found.data[0].get().contains("nothing\u{fffd}between"), "{}", found.data[0]);
    twin.stop().await;
}

/// Text sorts by its bytes whatever the server's own order is.
#[tokio::test(flavor = "multi_thread")]
async fn columns_are_never_null_and_sort_by_bytes() {
    let Some(Twins { desk, twin, _server }) = twins().await else { return };
    for (n, queue) in (0_u128..).zip(["b", "B", "ą", "a", "Z", "é"]) {
        let mut opening = created(&n.to_string());
        opening.queue = term(queue);
        let last = desk
            .ticket(
                &TicketId(uuid(n)).stream(),
                vec![TicketEvent::TicketCreated(Box::new(opening))],
            )
            .await;
        assert!(twin.wait_for(last, PATIENCE).await);
    }
    let sorted = Query::new("SELECT queue FROM {ticket_list} ORDER BY queue");
    let rows: Vec<(String,)> = twin.documents().fetch(&sorted).await.unwrap();
    let rows: Vec<&str> = rows.iter().map(|(queue,)| queue.as_str()).collect();
    assert_eq!(rows, ["B", "Z", "a", "b", "é", "ą"]);
    let nulls = "SELECT count(*) FROM {ticket_list} WHERE created IS NULL OR updated IS NULL \
                 OR due IS NULL OR urgency IS NULL OR is_open IS NULL OR assignee IS NULL";
    assert_eq!(twin.documents().fetch_one::<i64>(&Query::new(nulls)).await.unwrap(), Some(0));
    twin.stop().await;
}
