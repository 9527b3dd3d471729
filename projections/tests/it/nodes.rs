//! Several nodes on one database: one projects, the others look on, and none writes out of turn.

use std::sync::Arc;
use std::time::Duration;

use docket_domain::codec::Event;
use docket_domain::customer::{CustomerEvent, CustomerProfile};
use docket_domain::ids::TicketId;
use docket_domain::personal::Personal;
use docket_domain::ticket::event::TicketEvent;
use docket_projections::REGISTRY;
use docket_projections::documents::{Differences, Documents, Views};
use docket_projections::names::Names;
use docket_projections::recorded::Reader;
use docket_projections::runner::{ProjectionError, Projections};
use docket_projections::ticket_list::filter::{Filter, Sort};
use docket_projections::ticket_list::page;
use docket_projections::view::Registered;
use docket_store::Clock;
use docket_store::postgres::Hosts;
use docket_store::sqlite::SqliteStore;
use docket_test_servers::postgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::Mutex;

use crate::desk::{Desk, On, PATIENCE};
use crate::equality::fresh_fold;
use crate::story::{MONDAY, anna, assigned, by_customer, created, jan, replied, uuid};

fn stream(n: u128) -> String {
    TicketId(uuid(n)).stream()
}

fn opening(number: &str) -> TicketEvent {
    TicketEvent::TicketCreated(Box::new(created(number)))
}

/// A desk whose node projects, and the database that it shares with others.
async fn first_node() -> Option<(Desk, Arc<postgres::Database>)> {
    let database = Arc::new(postgres::database()?);
    Some((Desk::open_on(&On::Postgres(database.clone())).await, database))
}

/// Another node on the same log and the same views.
async fn another_node(desk: &Desk) -> Projections {
    node_of(desk, REGISTRY).await
}

/// A node of a release with these views.
async fn node_of(desk: &Desk, registry: &[Registered]) -> Projections {
    node_on(desk, desk.reader.clone(), registry).await
}

/// A node that reads the log for itself.
async fn node_on(desk: &Desk, reader: Reader, registry: &[Registered]) -> Projections {
    let names = Arc::new(Names::new(reader.clone()));
    let clock: Clock = Arc::new(|| MONDAY.0);
    let views = desk.on.views(desk.folder.path());
    Projections::start(&views, reader, names, clock, registry).await.unwrap()
}

async fn equals_its_fold(desk: &Desk, node: &Projections) {
    assert!(node.wait_for(desk.reader.store.head(), PATIENCE).await, "{:?}", node.lag());
    for view in REGISTRY {
        let rows = node.documents().dump(view.name).await.unwrap();
        assert_eq!(rows, fresh_fold(desk, view).await, "{}", view.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_does_not_project_serves_what_another_projected() {
    let Some((desk, _database)) = first_node().await else { return };
    desk.ticket(&stream(1), vec![opening("1")]).await;
    desk.shown().await;
    let other = another_node(&desk).await;
    for n in 2..20 {
        let position = desk.ticket(&stream(n), vec![opening(&n.to_string())]).await;
        assert!(other.wait_for(position, PATIENCE).await, "{:?}", other.lag());
        let all = Filter::default();
        let found = page(other.documents(), &all, Sort::Created, 100, None, MONDAY).await.unwrap();
        assert_eq!(found.data.len() as u128, n);
    }
    equals_its_fold(&desk, &other).await;
    assert_eq!((other.lag().ready, other.lag().lag_ms), (true, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_is_asked_for_the_one_that_projects_does() {
    let Some((desk, _database)) = first_node().await else { return };
    let mut named = created("1042");
    named.customer.name = Some(Personal::text("CanaryName"));
    desk.ticket(&stream(1), vec![TicketEvent::TicketCreated(Box::new(named))]).await;
    desk.shown().await;
    let other = another_node(&desk).await;

    other.rebuild("ticket_list").await.unwrap().await.unwrap().unwrap();
    equals_its_fold(&desk, &other).await;
    let refused = other.rebuild("no such view").await;
    assert!(matches!(refused, Err(ProjectionError::UnknownView(_))), "{refused:?}");
    other.unpark(&stream(1)).await.unwrap();

    let customer = jan().id.stream();
    desk.reader.vault.erase(&customer).await.unwrap();
    other.refold_subject(&customer).await.unwrap();
    let rows = other.documents().dump("ticket_list").await.unwrap();
    assert!(rows[0].contains(r#""name":null"#) && !rows[0].contains("Canary"), "{}", rows[0]);
}

fn profile(name: &str) -> CustomerProfile {
    CustomerProfile {
        name: Some(Personal::text(name)),
        addresses: Vec::new(),
        tier: "standard".into(),
        entitlement: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_changed_or_was_erased_is_forgotten_by_every_node() {
    let Some((desk, _database)) = first_node().await else { return };
    let other = another_node(&desk).await;
    let customer = jan().id.stream();
    let named = async || {
        let known = other.names().of([customer.clone()]).await.unwrap();
        known[&customer].as_deref().map(str::to_owned)
    };
    let registered = Event::Customer(CustomerEvent::CustomerRegistered { profile: profile("Jan") });
    desk.happens(&customer, vec![(by_customer(&jan()), registered)]).await;
    eventually(async || named().await.as_deref() == Some("Jan")).await;
    desk.reader.vault.erase(&customer).await.unwrap();
    desk.views.refold_subject(&customer).await.unwrap();
    eventually(async || named().await.is_none()).await;
}

/// What is shown at a position is called as it was by then, though the log's end is known to this node a
/// tenth of a second late: that is how often a log that is only read looks for itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_forgotten_by_the_position_at_which_it_changed() {
    let Some((desk, _database)) = first_node().await else { return };
    let log = SqliteStore::open_read_only(desk.folder.path().join("log.sqlite")).await.unwrap();
    let reader = Reader::new(Arc::new(log), desk.reader.vault.clone());
    let other = node_on(&desk, reader, REGISTRY).await;
    let customer = jan().id.stream();
    for n in 0..20 {
        let name = format!("Jan {n}");
        let named = Event::Customer(CustomerEvent::CustomerRegistered { profile: profile(&name) });
        let position = desk.happens(&customer, vec![(by_customer(&jan()), named)]).await;
        assert!(other.wait_for(position, PATIENCE).await, "{:?}", other.lag());
        let known = other.names().of([customer.clone()]).await.unwrap();
        assert_eq!(known[&customer].as_deref(), Some(name.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_takes_over_at_once_from_one_that_stops() {
    let Some((desk, _database)) = first_node().await else { return };
    desk.ticket(&stream(1), vec![opening("1")]).await;
    desk.shown().await;
    let other = another_node(&desk).await;
    desk.views.stop().await;
    desk.ticket(&stream(1), vec![assigned(anna())]).await;
    desk.ticket(&stream(2), vec![opening("2"), replied(2, "On its way")]).await;
    equals_its_fold(&desk, &other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_later_release_projects_and_the_earlier_knows_that_it_cannot_answer() {
    let Some((desk, _database)) = first_node().await else { return };
    desk.ticket(&stream(1), vec![opening("1")]).await;
    desk.shown().await;
    let mut later = REGISTRY.to_vec();
    later[0].version += 1;
    let other = node_of(&desk, &later).await;
    equals_its_fold(&desk, &other).await;
    eventually(async || !desk.views.lag().ready).await;
    desk.ticket(&stream(1), vec![assigned(anna())]).await;
    equals_its_fold(&desk, &other).await;

    // The earlier release takes its own table back when the later one is gone.
    other.stop().await;
    equals_its_fold(&desk, &desk.views).await;
}

/// Seen to fail with the epoch left out of `Documents::commit`: the sums are then added twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stood_still_in_its_transaction_writes_nothing_after_another_took_over() {
    let Some((desk, database)) = first_node().await else { return };
    desk.ticket(&stream(1), vec![opening("1")]).await;
    desk.shown().await;
    let mut watcher = PgConnection::connect(database.url()).await.unwrap();
    let table = "SELECT name FROM docket_views.generations WHERE view = 'ticket_list'";
    let table: String = sqlx::query_scalar(table).fetch_one(&mut watcher).await.unwrap();

    // Whoever writes the ticket's row now stands still in the middle of its transaction.
    let mut holder = PgConnection::connect(database.url()).await.unwrap();
    let mut held = holder.begin().await.unwrap();
    let lock = format!("SELECT 1 FROM docket_views.{table} FOR UPDATE");
    sqlx::query(AssertSqlSafe(lock)).execute(&mut *held).await.unwrap();
    desk.ticket(&stream(1), vec![assigned(anna())]).await;
    waiting(&mut watcher, 1).await;

    let expire = "UPDATE docket_views.books SET expires = 0";
    sqlx::query(expire).execute(&mut watcher).await.unwrap();
    let other = another_node(&desk).await;
    waiting(&mut watcher, 2).await;
    held.rollback().await.unwrap();

    equals_its_fold(&desk, &other).await;
    desk.ticket(&stream(2), vec![opening("2")]).await;
    equals_its_fold(&desk, &other).await;
    equals_its_fold(&desk, &desk.views).await;
}

/// The views of a log, as one process opens them.
async fn tables(database: &postgres::Database) -> Documents {
    let views = Views::Postgres(Hosts::parse(database.url()).unwrap());
    Documents::open(&views, b"a log").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_somebody_elses_or_ones_own() {
    let Some(database) = postgres::database() else { return };
    let (one, other) = (tables(&database).await, tables(&database).await);
    assert!(one.take(PATIENCE, false).await.unwrap());
    assert!(!other.take(PATIENCE, false).await.unwrap());
    assert!(one.take(PATIENCE, false).await.unwrap(), "whose task ended begins again at once");
    assert!(other.take(PATIENCE, true).await.unwrap(), "a later release does not wait");
    assert!(!one.take(PATIENCE, false).await.unwrap(), "what was taken is not one's own any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_was_lost_is_waited_for_no_longer() {
    let Some(database) = postgres::database() else { return };
    let asks = tables(&database).await;
    let wish = asks.ask("unpark", "ticket-1").await.unwrap();
    tables(&database).await.withdraw(wish).await.unwrap();
    let answer = tokio::time::timeout(PATIENCE, asks.answer_to(wish)).await;
    let answer = answer.expect("it is answered").unwrap();
    assert_eq!(answer.as_deref(), Some("what was asked for was lost"));
}

/// Lets no wish be answered, and counts how often that was tried.
const DEAF: &str = "CREATE SEQUENCE docket_views.tries;
    CREATE FUNCTION docket_views.deaf() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM nextval('docket_views.tries'); RAISE EXCEPTION 'nobody listens'; END $$;
    CREATE TRIGGER deaf BEFORE UPDATE ON docket_views.asked FOR EACH ROW
    EXECUTE FUNCTION docket_views.deaf()";

async fn count(watcher: &Mutex<PgConnection>, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&mut *watcher.lock().await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_failed_is_given_again() {
    let Some((desk, database)) = first_node().await else { return };
    desk.ticket(&stream(1), vec![opening("1")]).await;
    desk.shown().await;
    let other = another_node(&desk).await;
    let watcher = Mutex::new(PgConnection::connect(database.url()).await.unwrap());
    sqlx::raw_sql(DEAF).execute(&mut *watcher.lock().await).await.unwrap();
    let granted = tokio::spawn(async move { other.unpark(&stream(1)).await });
    let tried = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM docket_views.tries";
    eventually(async || count(&watcher, tried).await > 0).await;
    let hears = "DROP TRIGGER deaf ON docket_views.asked";
    sqlx::raw_sql(hears).execute(&mut *watcher.lock().await).await.unwrap();
    let granted = tokio::time::timeout(PATIENCE, granted).await;
    granted.expect("it is answered").unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_nobody_waits_for_any_more_is_no_wish_any_more() {
    let Some((desk, database)) = first_node().await else { return };
    desk.ticket(&stream(1), vec![opening("1")]).await;
    desk.shown().await;
    let other = another_node(&desk).await;
    let watcher = Mutex::new(PgConnection::connect(database.url()).await.unwrap());
    sqlx::raw_sql(DEAF).execute(&mut *watcher.lock().await).await.unwrap();
    let asked = "SELECT count(*) FROM docket_views.asked";
    let (subject, waits) = (stream(1), async || count(&watcher, asked).await > 0);
    tokio::select! {
        answer = other.refold_subject(&subject) => panic!("{answer:?}"),
        () = eventually(waits) => {}
    }
    eventually(async || count(&watcher, asked).await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_that_stands_still_holds_nothing_up_and_costs_no_table() {
    let Some((desk, database)) = first_node().await else { return };
    desk.ticket(&stream(1), vec![opening("1")]).await;
    desk.shown().await;
    let list = || {
        let tables = desk.views.documents().in_use(REGISTRY);
        let list = tables.into_iter().find(|(view, _)| view.name == "ticket_list");
        list.map(|(_, table)| table.name).unwrap()
    };
    // Whoever reads the table before stands still.
    let before = list();
    let mut holder = PgConnection::connect(database.url()).await.unwrap();
    let mut held = holder.begin().await.unwrap();
    let lock = format!("LOCK TABLE docket_views.{before} IN ACCESS EXCLUSIVE MODE");
    sqlx::query(AssertSqlSafe(lock)).execute(&mut *held).await.unwrap();
    let rebuilt = desk.views.rebuild("ticket_list").await.unwrap();
    let mut watcher = PgConnection::connect(database.url()).await.unwrap();
    waiting(&mut watcher, 1).await;
    assert_ne!(list(), before, "the new one has its place");

    desk.ticket(&stream(1), vec![assigned(anna())]).await;
    desk.ticket(&stream(2), vec![opening("2")]).await;
    assert_eq!(desk.table("ticket_list").await.len(), 2);
    assert_eq!(desk.views.compared("ticket_list"), None);
    held.rollback().await.unwrap();
    rebuilt.await.unwrap().unwrap();
    assert_eq!(desk.views.compared("ticket_list"), Some(Differences::default()));
}

/// Waits until so many sessions wait for a row that somebody holds.
async fn waiting(watcher: &mut PgConnection, sessions: i64) {
    let query = "SELECT count(*) FROM pg_stat_activity
                 WHERE wait_event_type = 'Lock' AND datname = current_database()";
    for _ in 0..1_000 {
        let count: i64 = sqlx::query_scalar(query).fetch_one(&mut *watcher).await.unwrap();
        if count >= sessions {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{sessions} sessions never waited");
}

async fn eventually(is_so: impl AsyncFn() -> bool) {
    let looking = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.expect("it never was so");
}
