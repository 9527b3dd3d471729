//! Reports and the clocks behind them, page by page.

use serde_json::json;

use super::compliance::{MINUTE, a_day, pages};

#[tokio::test(flavor = "multi_thread")]
async fn all_pages_of_a_report_are_of_one_count_whatever_happens_meanwhile() {
    let desk = a_day().await;
    let path = "/v1/compliance?by=queue,priority,outcome";
    let whole = desk.admin.get(path).await.is(200).body;
    let first = desk.admin.get(&format!("{path}&page_size=2")).await.is(200);
    // A day passes, in which what ran is late; tickets come and end, in groups before and behind.
    desk.pass(MINUTE * 60 * 24);
    for queue in ["billing", "technical"] {
        let ticket = desk.given_ticket_with(json!({ "queue": queue })).await;
        desk.admin.post(&ticket.path("close"), &json!({ "outcome": "duplicate" })).await.is(200);
    }
    desk.views_caught_up().await;
    let next = format!("{path}&page_size=2&cursor={}", first.text("/page/next"));
    let mut told = first.body["data"].as_array().unwrap().clone();
    told.extend(pages(&desk, &next).await);
    assert_eq!(json!(told), whole["data"]);
    assert_ne!(desk.admin.get(path).await.is(200).body["data"], whole["data"], "and then anew");
    // A report that was pushed out is counted again, as of the same instant.
    for hour in 0..9 {
        let other = format!("{path}&page_size=1&from=2026-03-01T0{hour}:00:00Z");
        assert_eq!(desk.admin.get(&other).await.is(200).body["page"]["has_more"], true);
    }
    let again = desk.admin.get(&next).await.is(200).body;
    assert_eq!(again["data"].as_array().unwrap()[..], whole["data"].as_array().unwrap()[2..4]);
    let foreign = format!("/v1/compliance?by=tier&cursor={}", first.text("/page/next"));
    assert_eq!(
        desk.admin.get(&foreign).await.problem(),
        "422 invalid_cursor /cursor:invalid_cursor"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clocks_behind_a_report_can_be_read_page_by_page() {
    let desk = a_day().await;
    let path =
        "/v1/compliance/clocks?from=2026-03-02T00:00:00Z&to=2026-03-10T00:00:00Z&page_size=2";
    let (mut clocks, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = desk.caller("auditor").get(&format!("{path}{cursor}")).await.is(200);
        for row in page.body["data"].as_array().unwrap() {
            assert!(row.get("cell").is_none(), "what reports are made of is nobody's business");
            clocks.push(format!(
                "{} {} {} {} {}",
                row["decided_at"],
                row["clock"],
                row["priority"],
                row["verdict"],
                row["fulfilled_by"]
            ));
        }
        if page.body["page"]["has_more"] == false {
            break;
        }
        cursor = format!("&cursor={}", page.text("/page/next"));
    }
    // Decided first comes first; what was decided at once has no order that means anything.
    assert!(clocks.is_sorted_by_key(|clock| clock[..25].to_owned()));
    clocks.sort();
    insta::assert_snapshot!(clocks.join("\n").replace('"', ""), @"
    2026-03-02T10:30:00.000Z assignment critical breached null
    2026-03-02T10:30:00.000Z assignment low cancelled resolution
    2026-03-02T10:30:00.000Z first_response critical breached null
    2026-03-02T10:30:00.000Z first_response low met resolution
    2026-03-02T10:30:00.000Z first_response medium met reply
    2026-03-02T10:30:00.000Z resolution low met resolution
    2026-03-02T11:00:00.000Z assignment medium cancelled resolution
    2026-03-02T11:00:00.000Z resolution medium met resolution
    2026-03-03T09:00:00.000Z resolution critical null null
    ");
    let next = desk.admin.get("/v1/deadlines?page_size=2").await.is(200);
    let next = next.body["data"].as_array().unwrap().iter();
    let next = next.map(|row| format!("{} {}", row["deadline"], row["clock"]));
    insta::assert_snapshot!(next.collect::<Vec<_>>().join("\n").replace('"', ""), @"
    2026-03-02T09:30:00.000Z assignment
    2026-03-02T10:00:00.000Z first_response
    ");
}
