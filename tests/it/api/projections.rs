//! Tables of views: built anew, taken back and dropped, at whichever server that is asked.

use std::time::Duration;

use docket_test_servers::postgres;
use docket_tests::desk::{Caller, Desk};
use serde_json::{Value, json};

/// Long enough for the slowest machine; nothing waits for it unless a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is said of the ticket list's tables: the one that answers, and the one that is kept.
async fn tables(caller: &Caller) -> (Value, Value) {
    let views = caller.get("/v1/projections").await.is(200);
    let views = views.body["data"].as_array().unwrap().iter();
    let list = views.clone().find(|view| view["name"] == "ticket_list").unwrap();
    (list["table"].clone(), list["kept"].clone())
}

/// Waits until another table than this one answers; says which is kept then.
async fn other_than(caller: &Caller, table: &Value) -> (Value, Value) {
    let changes = async {
        loop {
            let (now, kept) = tables(caller).await;
            if now != *table {
                return (now, kept);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, changes).await.expect("no other table ever answers")
}

async fn is_taken_back_and_dropped(desk: &Desk, caller: &Caller) {
    desk.given_ticket().await;
    desk.views_caught_up().await;
    let path = |what: &str| format!("/v1/projections/ticket_list/{what}");
    let (first, none) = tables(caller).await;
    assert_eq!(none, Value::Null);
    let nothing = caller.post(&path("back"), &json!({})).await;
    assert_eq!(nothing.problem(), "409 nothing_kept");

    caller.post(&path("rebuild"), &json!({})).await.is(202);
    let (second, kept) = other_than(caller, &first).await;
    assert_eq!(kept["table"], first);
    for expected in ["building", "live"] {
        // Asked once more for the same table, nothing goes to and fro.
        let back = caller.post(&path("back"), &json!({ "table": first })).await.is(202);
        assert_eq!(back.text("/state"), expected);
        let (now, kept) = other_than(caller, &second).await;
        assert_eq!((now, &kept["table"]), (first.clone(), &second));
    }
    let unknown = caller.post(&path("back"), &json!({ "table": "ticket_list_g0" })).await;
    assert_eq!(unknown.problem(), "409 nothing_kept");

    let gone = async |path: &str| caller.send(caller.request("DELETE", path)).await;
    for _ in 0..2 {
        gone(&path("kept")).await.is(204);
        assert_eq!(tables(caller).await, (first.clone(), Value::Null));
    }
    assert_eq!(caller.post(&path("back"), &json!({})).await.problem(), "409 nothing_kept");
    let nowhere = "/v1/projections/nothing";
    assert_eq!(gone(&format!("{nowhere}/kept")).await.problem(), "404 not_found");
    let nothing = caller.post(&format!("{nowhere}/back"), &json!({})).await;
    assert_eq!(nothing.problem(), "404 not_found");
    let nothing = caller.post(&format!("{nowhere}/back"), &json!({ "table": first })).await;
    assert_eq!(nothing.problem(), "404 not_found");
}

#[tokio::test]
async fn the_table_before_is_taken_back_and_dropped() {
    let desk = Desk::open().await;
    is_taken_back_and_dropped(&desk, &desk.admin).await;
}

#[tokio::test]
async fn the_table_before_is_taken_back_and_dropped_by_way_of_a_server_that_does_not_fold() {
    let Some(database) = postgres::database() else { return };
    let desk = Desk::open_shared(database).await;
    let node = desk.another_node().await;
    is_taken_back_and_dropped(&desk, &desk.admin.at(&node)).await;
}
