//! The log: in pages, as lines, and live.

use docket_tests::desk::Desk;
use futures::StreamExt;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_in_pages_without_gaps() {
    let desk = Desk::open().await;
    desk.given_ticket().await;
    let (mut positions, mut after) = (Vec::new(), 0);
    loop {
        let path = format!("/v1/events?after={after}&limit=7");
        let page = desk.caller("auditor").get(&path).await.is(200);
        for event in page.body["data"].as_array().unwrap() {
            positions.push(event["position"].as_u64().unwrap());
        }
        if page.body["page"]["has_more"] == false {
            break;
        }
        after = page.text("/page/next").parse().unwrap();
    }
    let head = desk.server.docket.store.head();
    assert_eq!(positions, (1..=head).collect::<Vec<_>>());

    let created = desk.admin.get("/v1/events?type=TicketCreated").await.is(200);
    assert_eq!(created.body["data"].as_array().unwrap().len(), 1);
    let stream = created.text("/data/0/stream");
    let own = desk.admin.get(&format!("/v1/events?stream={stream}")).await.is(200);
    assert_eq!(own.body["data"], created.body["data"]);
    let behind_all = format!("/v1/events?after={}", u64::MAX);
    let nothing = desk.admin.get(&behind_all).await;
    assert_eq!(nothing.problem(), "422 position_beyond_end /after:position_beyond_end");
    let last = desk.admin.get(&format!("/v1/events?after={head}")).await.is(200);
    assert_eq!(last.body["data"], json!([]), "it does not begin anew");
    let many = desk.admin.get("/v1/events?limit=1001").await;
    assert_eq!(many.problem(), "422 invalid_request /limit:invalid_value");
    for path in ["events?type=TicketClosd", "events?type=A,B", "events/stream?type=TicketClosd"] {
        let unknown = desk.admin.get(&format!("/v1/{path}")).await;
        assert_eq!(unknown.problem(), "422 invalid_request /type:invalid_value", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_exported_one_event_a_line() {
    let desk = Desk::open().await;
    desk.given_ticket().await;
    let lines = desk.admin.request("GET", "/v1/events").header("accept", "application/x-ndjson");
    let lines = desk.admin.send(lines).await.is(200);
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let text = String::from_utf8(lines.bytes).unwrap();
    let events: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(events.len() as u64, desk.server.docket.store.head());
    let page = desk.admin.get("/v1/events?limit=1000").await.is(200);
    assert_eq!(page.body["data"], json!(events));
}

/// Reads a live feed until it has brought so many events; answers their ids and types.
async fn read_feed(answer: reqwest::Response, count: usize) -> Vec<(u64, String)> {
    let mut bytes = answer.bytes_stream();
    let (mut text, mut events) = (String::new(), Vec::new());
    while events.len() < count {
        let chunk = bytes.next().await.expect("the feed goes on").expect("a chunk");
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        while let Some((block, rest)) = text.split_once("\n\n") {
            let line = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
            if let (Some(id), Some(data)) = (line("id: "), line("data: ")) {
                let data: Value = serde_json::from_str(data).unwrap();
                assert_eq!(data["position"].to_string(), id);
                events.push((id.parse().unwrap(), data["type"].as_str().unwrap().to_owned()));
            }
            text = rest.to_owned();
        }
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_feed_brings_what_comes_and_resumes_where_it_broke() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let analyst = desk.caller("analyst");
    let feed = analyst.request("GET", "/v1/events/stream").send().await.unwrap();
    assert_eq!(feed.headers()["content-type"], "text/event-stream");
    desk.admin.post(&ticket.path("note"), &json!({ "body": "one" })).await.is(200);
    let live = read_feed(feed, 1).await;
    assert_eq!(live[0].1, "NoteAdded");

    // The connection is gone; what happened meanwhile comes first when it is back.
    desk.admin.post(&ticket.path("close"), &json!({})).await.is(200);
    let last = live[0].0.to_string();
    let resumed = analyst.request("GET", "/v1/events/stream").header("last-event-id", last);
    let resumed = read_feed(resumed.send().await.unwrap(), 1).await;
    assert_eq!(resumed, [(live[0].0 + 1, "TicketClosed".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_large_events_ends_early_and_goes_on_where_it_ended() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let (text, notes) = ("ż".repeat(200_000), 30);
    for _ in 0..notes {
        desk.admin.post(&ticket.path("note"), &json!({ "body": text })).await.is(200);
    }
    let of_ticket = format!("/v1/events?limit=1000&stream=ticket-{}", ticket.id);
    for (list, onward) in [(of_ticket, "after"), (ticket.path("history?at_version=1000"), "cursor")]
    {
        let (mut seen, mut pages, mut next) = (Vec::new(), 0, String::new());
        loop {
            let page = desk.admin.get(&format!("{list}{next}")).await.is(200);
            assert!(page.bytes.len() < 6 << 20, "{} bytes on one page", page.bytes.len());
            let events = page.body["data"].as_array().unwrap();
            seen.extend(events.iter().map(|event| event["version"].as_u64().unwrap()));
            pages += 1;
            match page.body["page"]["next"].as_str() {
                Some(cursor) => next = format!("&{onward}={cursor}"),
                None => break,
            }
        }
        assert_eq!(seen, (1..=notes + 1).collect::<Vec<u64>>(), "{list}");
        assert!(pages > 2, "{list} came in {pages} pages");
    }
    let lines = desk.admin.request("GET", "/v1/events").header("accept", "application/x-ndjson");
    let lines = desk.admin.send(lines).await.is(200);
    assert_eq!(
        lines.bytes.split(|byte| *byte == b'\n').count() - 1,
        usize::try_from(desk.server.docket.store.head()).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_feed_ends_when_the_server_stops() {
    let desk = Desk::open().await;
    let feed = desk.admin.request("GET", "/v1/events/stream").send().await.unwrap();
    let ((), read) = tokio::join!(desk.server.stop(), feed.bytes());
    // One that went on would be broken off when the server has waited long enough, and not be whole.
    assert!(read.unwrap().starts_with(b"retry: "));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_feed_ends_when_its_token_is_revoked() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let watcher = json!({ "name": "watcher", "role": "auditor" });
    let watcher = desk.admin.post("/v1/tokens", &watcher).await.is(201);
    let caller = desk.anonymous.with(&watcher.text("/token"));
    let feed = caller.request("GET", "/v1/events/stream").send().await.unwrap();
    let revoke = format!("/v1/tokens/{}", watcher.text("/id"));
    desk.admin.send(desk.admin.request("DELETE", &revoke)).await.is(204);
    desk.admin.post(&ticket.path("note"), &json!({ "body": "not for them" })).await.is(200);

    let seen = String::from_utf8(feed.bytes().await.unwrap().to_vec()).unwrap();

    assert!(seen.starts_with("retry: ") && !seen.contains("NoteAdded"), "{seen}");
    let again = caller.get("/v1/events/stream").await;
    assert_eq!(again.problem(), "401 token_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_sent_to_who_prefers_them_or_does_not_mind() {
    let desk = Desk::open().await;
    for (accept, is_lines) in [
        ("application/x-ndjson", true),
        ("application/json, application/x-ndjson", true),
        ("application/json;q=0.5, Application/X-NDJSON", true),
        ("application/x-ndjson;q=0.5, application/json", false),
        ("application/x-ndjson;q=0, */*", false),
        ("application/*", false),
        ("*/*", false),
    ] {
        let request = desk.admin.request("GET", "/v1/events?limit=1").header("accept", accept);
        let answer = desk.admin.send(request).await.is(200);
        let expected = if is_lines { "application/x-ndjson" } else { "application/json" };
        assert_eq!(answer.header("content-type"), expected, "{accept}");
    }
}
