//! What holds for every call: keys, versions, positions, problems.

use docket_api::workers::timers::Timers;
use docket_tests::desk::Desk;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_says_what_every_answer_says() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    for path in [ticket.own(), "/v1/nothing".to_owned(), "/v1/tickets?colour=red".to_owned()] {
        let answer = desk.admin.get(&path).await;
        assert_eq!(answer.header("cache-control"), "private, no-store", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert!(answer.header("docket-position").parse::<u64>().is_ok(), "{path}");
    }
    let missing = desk.admin.get("/v1/nothing").await;
    assert_eq!(missing.problem(), "404 unknown_route");
    assert_eq!(missing.body["trace_id"], missing.header("x-request-id"));
    assert_eq!(missing.body["title"], "Not Found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_is_told_the_right_ones() {
    let desk = Desk::open().await;
    let answer = desk.admin.send(desk.admin.request("DELETE", "/v1/tickets")).await;
    assert_eq!(answer.problem(), "405 method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, POST");
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_the_headers_of_get() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    desk.views_caught_up().await;
    for path in [ticket.own(), "/v1/tickets?view=all".to_owned(), "/healthz".to_owned()] {
        let got = desk.admin.get(&path).await.is(200);
        let head = desk.admin.send(desk.admin.request("HEAD", &path)).await;
        assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0), "{path}");
        for name in ["content-type", "content-length", "etag"] {
            assert_eq!(head.headers.get(name), got.headers.get(name), "{path} {name}");
        }
    }
    // A feed goes on for ever, and its headers do not.
    let feed = desk.admin.send(desk.admin.request("HEAD", "/v1/events/stream")).await;
    assert_eq!((feed.status.as_u16(), feed.header("content-type")), (200, "text/event-stream"));
    let lines = desk.admin.request("HEAD", "/v1/events").header("accept", "application/x-ndjson");
    assert_eq!(desk.admin.send(lines).await.status, 200);
    assert_eq!(desk.admin.send(desk.admin.request("HEAD", "/v1/none")).await.status, 404);
    let refused = desk.admin.send(desk.admin.request("HEAD", &ticket.path("reply"))).await;
    assert_eq!(refused.status, 405);
    assert_eq!(
        desk.anonymous.send(desk.anonymous.request("HEAD", &ticket.own())).await.status,
        401
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_gets_the_first_answer_and_another_body_is_refused() {
    let desk = Desk::open().await;
    let said = json!({
        "subject": "S", "body": "B", "channel": "web", "customer": { "handle": "@jan" }
    });
    let first = desk.admin.post_once("/v1/tickets", "key-1", &said).await.is(201);
    let again = desk.admin.post_once("/v1/tickets", "key-1", &said).await.is(201);
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("location"), first.header("location"));

    // What happened since is not in the repetition: it is answered as things stood then.
    let id = first.text("/id");
    desk.admin.post(&format!("/v1/tickets/{id}/close"), &json!({})).await.is(200);
    let later = desk.admin.post_once("/v1/tickets", "key-1", &said).await.is(201);
    assert_eq!(later.bytes, first.bytes);

    let other = json!({
        "subject": "Other", "body": "B", "channel": "web", "customer": { "handle": "@jan" }
    });
    let other = desk.admin.post_once("/v1/tickets", "key-1", &other).await;
    assert_eq!(other.problem(), "422 idempotency_key_reused");

    // A key belongs to its principal and its path.
    let supervisor = desk.caller("supervisor");
    let theirs = supervisor.post_once("/v1/tickets", "key-1", &said).await.is(201);
    assert_ne!(theirs.text("/id"), id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_1_to_255_printable_characters() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let note = json!({ "body": "n" });
    let longest = "k".repeat(255);
    desk.admin.post_once(&ticket.path("note"), &longest, &note).await.is(200);
    for key in ["", &"k".repeat(256), "tab\there"] {
        let answer = desk.admin.post_once(&ticket.path("note"), key, &note).await;
        assert_eq!(answer.problem(), "400 idempotency_key_invalid", "{key:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn if_match_fails_only_for_what_people_did_and_says_what() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let insisting = |etag: &str| {
        let request = desk.admin.request("POST", &ticket.path("note"));
        request.header("if-match", etag).json(&json!({ "body": "seen" }))
    };
    desk.admin.send(insisting("\"1\"")).await.is(200);
    let stale = desk.admin.send(insisting("\"1\"")).await;
    assert_eq!(stale.problem(), "412 stale");
    assert_eq!(stale.body["missed"][0]["type"], "NoteAdded");
    assert_eq!(stale.body["missed"][0]["version"], 2);
    for malformed in ["seven", "\"2\" or so", "2", "\"2\","] {
        let refused = desk.admin.send(insisting(malformed)).await;
        assert_eq!(refused.problem(), "400 if_match_invalid", "{malformed}");
    }
    for no_match in ["W/\"2\"", "\"v2\"", "W/\"2\", W/\"1\""] {
        assert_eq!(desk.admin.send(insisting(no_match)).await.problem(), "412 stale", "{no_match}");
    }
    let ahead = desk.admin.send(insisting("\"99\"")).await;
    assert_eq!(ahead.problem(), "412 stale");
    assert_eq!(ahead.text("/detail"), "no answer gave the version in If-Match: 2 is the last");
    desk.admin.send(insisting("\"1\", W/\"3\", \"2\"")).await.is(200);
    desk.admin.send(insisting("*")).await.is(200);

    // A timer is nobody: whoever saw the ticket asleep may still act on it.
    let until = json!({ "for": "PT1H" });
    let snoozed = desk.admin.post(&ticket.path("snooze"), &until).await.is(200);
    desk.pass(std::time::Duration::from_secs(2 * 3600));
    desk.views_caught_up().await;
    Timers::default().fire_due(&desk.server.docket).await.unwrap();
    let awake = desk.admin.get(&ticket.own()).await.is(200);
    assert_eq!(awake.text("/status"), "new");
    desk.admin.send(insisting(snoozed.header("etag"))).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_missed_many_megabytes_is_shown_the_first_of_them() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let note = json!({ "body": "x".repeat(200_000) });
    for _ in 0..30 {
        desk.admin.post(&ticket.path("note"), &note).await.is(200);
    }
    let request = desk.admin.request("POST", &ticket.path("note")).header("if-match", "\"1\"");
    let stale = desk.admin.send(request.json(&note)).await;
    assert_eq!(stale.problem(), "412 stale");
    let missed = stale.body["missed"].as_array().unwrap();
    assert_eq!(missed[0]["version"], 2);
    assert!((10..30).contains(&missed.len()), "{} events", missed.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_waits_for_the_position_it_demands_and_not_for_ever() {
    let desk = Desk::open().await;
    let created = desk.given_ticket().await;
    let written = desk.admin.post(&created.path("note"), &json!({ "body": "n" })).await.is(200);
    let reading = |position: &str| {
        desk.admin.request("GET", "/v1/tickets").header("docket-min-position", position)
    };
    let listed = desk.admin.send(reading(written.header("docket-position"))).await.is(200);
    assert_eq!(listed.body["data"][0]["version"], 2);
    let lagging = desk.admin.send(reading("999999")).await;
    assert_eq!(lagging.problem(), "503 projection_lagging");
    assert_eq!(lagging.header("retry-after"), "1");
    assert_eq!(desk.admin.send(reading("soon")).await.problem(), "400 min_position_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_say_when_something_happened() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    desk.pass(std::time::Duration::from_secs(3600));
    let at = |time: &str| json!({ "body": "n", "occurred_at": time });
    let half_past = "2026-03-02T09:30:00.000Z";
    let forbidden = desk.caller("agent").post(&ticket.path("note"), &at(half_past)).await;
    assert_eq!(forbidden.problem(), "403 occurred_at_forbidden");
    let noted = desk.admin.post(&ticket.path("note"), &at(half_past)).await.is(200);
    assert_eq!(noted.text("/updated_at"), half_past);
    for wrong in ["2026-03-02T09:10:00.000Z", "2026-03-02T11:00:00.000Z"] {
        let refused = desk.admin.post(&ticket.path("note"), &at(wrong)).await;
        let expected = "422 occurred_at_out_of_range /occurred_at:occurred_at_out_of_range";
        assert_eq!(refused.problem(), expected);
    }
}
