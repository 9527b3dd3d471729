//! Who was erased at one server is forgotten at all.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use docket_api::docket::{Docket, Erased};
use docket_api::erasures::Erasures;
use docket_store::KeyState;
use docket_tests::desk::{Desk, Node};
use serde_json::{Value, json};

use super::{PATIENCE, soon, two, two_and_their_database};

#[tokio::test]
async fn who_was_erased_at_one_is_forgotten_at_all() {
    let Some((desk, node)) = two().await else { return };
    let there = desk.admin.at(&node);
    let ticket = desk.given_ticket().await;
    let shown = there.get(&ticket.own()).await.is(200);
    assert_eq!(shown.text("/customer/name"), "Jan Kowalski");
    let customer = format!("customer-{}", shown.text("/customer/id"));
    desk.server.docket.erase(&customer).await.unwrap();
    soon(async || {
        let ticket = there.get(&ticket.own()).await.is(200);
        let list = there.get("/v1/tickets?view=all").await.is(200);
        let all = ticket.body.to_string() + &list.body.to_string();
        (!all.contains("Jan Kowalski")).then_some(())
    })
    .await;
}

/// The node that does not project: it is the second, unless the machine stood still for as long as a
/// lease lasts.
fn looking_on<'a>(desk: &'a Desk, node: &'a Node) -> &'a Arc<Docket> {
    let (first, second) = (&desk.server.docket, &node.server.docket);
    if second.views.projects() { first } else { second }
}

/// The node that projects has the customer's key at hand, since it has just folded the ticket.
#[tokio::test]
async fn whoever_projects_forgets_a_key_that_another_destroyed_before_it_folds_anew() {
    let Some((desk, node)) = two().await else { return };
    let ticket = desk.given_ticket().await;
    desk.views_caught_up().await;
    let shown = desk.admin.get(&ticket.own()).await.is(200);
    let customer = format!("customer-{}", shown.text("/customer/id"));
    assert_eq!(looking_on(&desk, &node).erase(&customer).await.unwrap(), Erased::Clean);
    let list = desk.admin.get("/v1/tickets?view=all").await.is(200);
    assert_eq!(list.body["data"][0]["customer"]["name"], Value::Null);
}

/// A ticket's customer, as the keys and the ledger name them.
async fn customer_of_a_ticket(desk: &Desk, email: &str) -> String {
    let ticket = desk.given_ticket_with(json!({ "customer": { "email": email } })).await;
    format!("customer-{}", desk.admin.get(&ticket.own()).await.is(200).text("/customer/id"))
}

async fn is_erased(desk: &Desk, subject: &str) -> bool {
    let keys = desk.server.docket.store.keys(&[subject.to_owned()]).await.unwrap();
    matches!(keys[..], [KeyState::Erased(_)])
}

fn stands_in_the_ledger(folder: &Path, subject: &str) -> bool {
    Erasures::of(folder).subjects().unwrap().contains(subject)
}

/// For what is promised without a time; only a test that fails waits for so long.
async fn eventually(is_so: impl AsyncFn() -> bool) {
    let looking = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.expect("it never was so");
}

#[tokio::test]
async fn who_was_erased_at_one_stands_in_the_ledger_of_all_and_is_folded_anew_once() {
    let Some((desk, node, mut database)) = two_and_their_database().await else { return };
    let one = customer_of_a_ticket(&desk, "one@example.com").await;
    let two = customer_of_a_ticket(&desk, "two@example.com").await;
    for (n, subject) in [one, two].iter().enumerate() {
        let docket = &desk.server.docket;
        assert_eq!(docket.erase(subject).await.unwrap(), Erased::Clean);
        eventually(async || stands_in_the_ledger(node.data.path(), subject)).await;
        // What the other did about the one before, it has done when the next stands in its ledger.
        let count = "SELECT erasures FROM docket_views.books";
        let count: i64 = sqlx::query_scalar(count).fetch_one(&mut database).await.unwrap();
        assert_eq!(count, n as i64 + 1);
    }
}

#[tokio::test]
async fn who_was_erased_stays_erased_when_the_database_has_forgotten_it() {
    let Some((desk, node, mut database)) = two_and_their_database().await else { return };
    let subject = customer_of_a_ticket(&desk, "jan@example.com").await;
    let wrapped = "SELECT wrapped FROM subject_keys WHERE subject = $1";
    let wrapped: Vec<u8> =
        sqlx::query_scalar(wrapped).bind(&subject).fetch_one(&mut database).await.unwrap();
    desk.server.docket.erase(&subject).await.unwrap();
    // Each hears of what the other did after this: so it knows that this was there.
    eventually(async || stands_in_the_ledger(node.data.path(), &subject)).await;
    let other = customer_of_a_ticket(&desk, "other@example.com").await;
    node.server.docket.erase(&other).await.unwrap();
    eventually(async || stands_in_the_ledger(desk.data(), &other)).await;
    // Then a standby takes over, or a backup is restored, that is older.
    let older = "UPDATE subject_keys SET wrapped = $1, erased_at = NULL WHERE subject = $2";
    sqlx::query(older).bind(wrapped).bind(&subject).execute(&mut database).await.unwrap();
    eventually(async || is_erased(&desk, &subject).await).await;
}

#[tokio::test]
async fn an_erasure_that_the_views_cannot_finish_keeps_nobody_elses_key() {
    let Some((desk, node, mut database)) = two_and_their_database().await else { return };
    let one = customer_of_a_ticket(&desk, "one@example.com").await;
    let two = customer_of_a_ticket(&desk, "two@example.com").await;
    let deaf = "ALTER TABLE docket_views.asked ADD CONSTRAINT deaf CHECK (answer IS NULL)";
    sqlx::raw_sql(deaf).execute(&mut database).await.unwrap();

    let docket = looking_on(&desk, &node);
    let (first, second) = tokio::join!(docket.erase(&one), docket.erase(&two));
    for problem in [first.unwrap_err(), second.unwrap_err()] {
        assert_eq!(problem.to_string(), "503 erasure_not_finished");
    }
    assert!(is_erased(&desk, &one).await && is_erased(&desk, &two).await);

    let hears = "ALTER TABLE docket_views.asked DROP CONSTRAINT deaf";
    sqlx::raw_sql(hears).execute(&mut database).await.unwrap();
    let unfinished = |folder: &Path| Erasures::of(folder).unfinished().unwrap();
    let all = [node.data.path(), desk.data()];
    eventually(async || all.iter().all(|folder| unfinished(folder).is_empty())).await;
}
