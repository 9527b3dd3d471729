//! What a call must look like, and what an answer says of one that does not.

use docket_tests::desk::Desk;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_wrong_is_named_wherever_it_is_sent() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let refused = |pointer: &str, code: &str| format!("422 invalid_request {pointer}:{code}");
    for (path, pointer, code) in [
        (format!("{}?at_version=x", ticket.own()), "/at_version", "invalid_value"),
        (format!("{}?as_of=yesterday", ticket.own()), "/as_of", "invalid_value"),
        (format!("{}?as_of=9999-12-31T23:59:59Z", ticket.own()), "/as_of", "invalid_value"),
        (format!("{}?cursor=x", ticket.path("timeline")), "/cursor", "invalid_value"),
        ("/v1/events?limit=x".to_owned(), "/limit", "invalid_value"),
        ("/v1/events?limit=0".to_owned(), "/limit", "invalid_value"),
        ("/v1/access-log?from=x".to_owned(), "/from", "invalid_value"),
        ("/v1/tickets?page_size=0".to_owned(), "/page_size", "invalid_value"),
        ("/v1/agents?colour=red".to_owned(), "/colour", "unknown_field"),
        ("/v1/queues?colour=red".to_owned(), "/colour", "unknown_field"),
        ("/v1/settings?colour".to_owned(), "/colour", "unknown_field"),
        ("/v1/summary?limit=1".to_owned(), "/limit", "unknown_field"),
        ("/v1/customers?colour=red".to_owned(), "/colour", "unknown_field"),
    ] {
        assert_eq!(desk.admin.get(&path).await.problem(), refused(pointer, code), "{path}");
    }
    let late = desk.admin.get(&format!("{}?as_of=9999-12-31T23:59:59Z", ticket.own())).await;
    assert!(late.text("/detail").contains("at the latest 9999-12-30T22:00:00Z"), "{late:?}");
    let wake = desk.admin.post(&format!("{}?dry=1", ticket.path("wake")), &json!({})).await;
    assert_eq!(wake.problem(), "422 invalid_request /dry:unknown_field");
}

#[tokio::test(flavor = "multi_thread")]
async fn valid_json_of_the_wrong_kind_is_refused_where_it_stands() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    for wrong in [json!(3), json!(true), json!(null), json!({}), json!(["email"])] {
        let opening = json!({ "subject": "s", "body": "b", "channel": wrong.clone(),
            "customer": { "email": "jan@example.com" } });
        let refused = desk.admin.post("/v1/tickets", &opening).await;
        assert_eq!(refused.problem(), "422 invalid_request /channel:invalid_type", "{wrong}");
        let refused = desk.admin.post(&ticket.path("status"), &json!({ "status": wrong })).await;
        assert_eq!(refused.problem(), "422 invalid_request /status:invalid_type", "{wrong}");
    }
    let customer = desk.admin.get(&ticket.own()).await.text("/customer/id");
    let customer = format!("/v1/customers/{customer}");
    let request = desk.admin.request("PATCH", &customer).json(&json!({ "email": null }));
    let refused = desk.admin.send(request).await;
    assert_eq!(refused.problem(), "422 invalid_request /email:invalid_type");
    let agent = format!("/v1/agents/{}", desk.ann);
    for member in ["name", "email", "active"] {
        let request = desk.admin.request("PATCH", &agent).json(&json!({ member: null }));
        let refused = desk.admin.send(request).await;
        assert_eq!(refused.problem(), format!("422 invalid_request /{member}:invalid_type"));
    }
    for early in ["1989-12-31T23:59:59Z", "-000001-01-01T00:00:00Z"] {
        let refused = desk.admin.post(&ticket.path("wake"), &json!({ "occurred_at": early })).await;
        let problem = "422 occurred_at_out_of_range /occurred_at:occurred_at_out_of_range";
        assert_eq!(refused.problem(), problem, "{early}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_says_as_little_as_nothing_wherever_something_is_optional() {
    let desk = Desk::open().await;
    let opening = json!({ "subject": "s", "body": "b", "channel": "email",
        "customer": { "email": "jan@example.com", "name": null, "phone": null, "handle": null },
        "queue": null, "category": null, "type": null, "priority": null, "tags": null,
        "attachments": null, "endpoint": null, "opened_by": null, "occurred_at": null });
    let ticket = desk.admin.post("/v1/tickets", &opening).await.is(201);
    let path = |command: &str| format!("/v1/tickets/{}/{command}", ticket.text("/id"));
    for (command, body) in [
        ("reply", json!({ "body": "b", "close": null, "attachments": null, "channel": null })),
        ("note", json!({ "body": "b", "mentions": null, "attachments": null })),
        ("call", json!({ "direction": "inbound", "outcome": null, "ivr_path": null })),
        ("commitment", json!({ "text": "t", "promiser": null, "due": null })),
        ("tags", json!({ "add": ["a"], "remove": null })),
        (
            "snooze",
            json!({ "for": "PT1H", "until": null, "reason": null, "wakes_on_message": null }),
        ),
        ("rating/request", json!({ "scale": null })),
        ("link", json!({ "ticket": desk.given_ticket().await.id, "kind": null })),
        ("close", json!({ "outcome": null, "resolution": null, "reason": null })),
        ("complaint", json!({ "claim": "c", "severity": null, "owner": null })),
    ] {
        let answer = desk.admin.post(&path(command), &body).await;
        assert!(answer.status.is_success(), "{command}: {answer:?}");
    }
    desk.admin
        .post("/v1/customers", &json!({ "email": "a@example.com", "tier": null }))
        .await
        .is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_media_type_is_the_same_in_capitals() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let request = desk.admin.request("POST", &ticket.path("note"));
    let request = request.header("content-type", "Application/JSON; charset=UTF-8");
    desk.admin.send(request.body(r#"{"body":"n"}"#)).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_there_is_pointed_at_and_one_named_twice_counts_once() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let unknown = "0192f0c1-0000-7000-8000-000000000000";
    let split = json!({ "messages": [unknown], "subject": "Two" });
    let refused = desk.admin.post(&ticket.path("split"), &split).await;
    assert_eq!(refused.problem(), "422 unknown_message /messages:unknown_message");
    let promise = json!({ "text": "Soon", "evidence": unknown });
    let refused = desk.admin.post(&ticket.path("commitment"), &promise).await;
    assert_eq!(refused.problem(), "422 unknown_message /evidence:unknown_message");

    let history = desk.admin.get(&ticket.path("history")).await.is(200);
    let message = history.text("/data/0/data/message/id");
    let split = json!({ "messages": [message, message, message], "subject": "Two" });
    let opened = desk.admin.post(&ticket.path("split"), &split).await.is(201);
    let history = format!("/v1/tickets/{}/history", opened.text("/id"));
    let created = desk.admin.get(&history).await.is(200).body["data"][0]["data"].clone();
    assert_eq!(created["origin"]["messages"], json!([message]));
    assert_eq!(
        created["origin"]["waiting"].as_array().map(Vec::len),
        Some(1),
        "it waits here once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instant_is_written_as_rfc_3339_says_and_the_field_that_is_not_is_named() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    for loose in ["2026-03-02", "2026-03-02T10:00Z", "2026-03-02 10:00:00Z", "2026-03-02T10:00:00"]
    {
        let snooze = json!({ "until": loose });
        let refused = desk.admin.post(&ticket.path("snooze"), &snooze).await;
        assert_eq!(refused.problem(), "422 invalid_request /until:invalid_value", "{loose}");
        let asked = loose.replace(' ', "%20");
        let asked = [(ticket.own(), "as_of"), ("/v1/tickets".to_owned(), "created_from")]
            .map(|(path, name)| (format!("{path}?{name}={asked}"), name));
        for (path, name) in asked {
            let expected = format!("422 invalid_request /{name}:invalid_value");
            assert_eq!(desk.admin.get(&path).await.problem(), expected, "{path}");
        }
    }
    let snooze = json!({ "until": "2026-03-02T12:00:00.5+01:00" });
    let snoozed = desk.admin.post(&ticket.path("snooze"), &snooze).await.is(200);
    assert_eq!(snoozed.text("/snoozed_until"), "2026-03-02T11:00:00.500Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_a_snooze_lasts_is_wrong_where_it_was_said() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let at = "2026-03-02T12:00:00Z";
    for (said, wrong) in [
        (json!({ "for": "3h" }), "422 invalid_duration /for:invalid_duration"),
        (json!({ "for": "PT0S" }), "422 snooze_in_past /for:snooze_in_past"),
        (json!({ "until": "2026-03-02T08:00:00Z" }), "422 snooze_in_past /until:snooze_in_past"),
        (json!({ "for": "PT3H", "until": at }), "422 invalid_request /for:invalid_value"),
        (json!({}), "422 invalid_request /until:missing_field"),
    ] {
        let refused = desk.admin.post(&ticket.path("snooze"), &said).await;
        assert_eq!(refused.problem(), wrong, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_such_ticket_that_is_said_first() {
    let desk = Desk::open().await;
    let nowhere = "/v1/tickets/0192f0c1-0000-7000-8000-000000000000";
    let nobody = "0192f0c1-0000-7000-8000-000000000001";
    for (command, body) in [
        ("assign", json!({ "agent": nobody })),
        ("note", json!({ "body": "n", "mentions": [nobody] })),
        ("reply", json!({ "body": "n", "attachments": [nobody] })),
        ("merge", json!({ "into": nobody })),
        ("link", json!({ "ticket": nobody })),
    ] {
        let refused = desk.admin.post(&format!("{nowhere}/{command}"), &body).await;
        assert_eq!(refused.problem(), "404 not_found", "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_utf_8_is_no_json() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    for body in [&b"{\"body\":\"\xff\xfe\"}"[..], b"{\"body\":\"n\",\"\xc0\":1}"] {
        let request = desk.admin.request("POST", &ticket.path("note"));
        let request = request.header("content-type", "application/json").body(body.to_vec());
        assert_eq!(desk.admin.send(request).await.problem(), "400 malformed_json");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_reached_is_not_shown() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let version = desk.admin.get(&ticket.own()).await.is(200).body["version"].as_u64().unwrap();
    for path in [ticket.own(), ticket.path("sla")] {
        desk.admin.get(&format!("{path}?at_version={version}")).await.is(200);
        let beyond = desk.admin.get(&format!("{path}?at_version={}", version + 1)).await;
        assert_eq!(beyond.problem(), "404 not_found", "{path}");
    }
    let story = desk.admin.get(&format!("{}?cursor=99999999", ticket.path("timeline"))).await;
    assert_eq!(story.problem(), "422 invalid_cursor /cursor:invalid_cursor");
    let never = "/v1/tickets/019b8d2a-0000-7000-8000-000000000000/views-log";
    assert_eq!(desk.caller("auditor").get(never).await.problem(), "404 not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_found_however_long_the_log_behind_it_is() {
    let desk = Desk::open().await;
    let early = desk.given_ticket().await;
    for _ in 0..40 {
        desk.given_ticket().await;
    }
    desk.admin.post(&early.path("note"), &json!({ "body": "late" })).await.is(200);
    let stream = format!("/v1/events?stream=ticket-{}", early.id);
    let all = desk.admin.get(&stream).await.is(200);
    let events = all.body["data"].as_array().unwrap().clone();
    assert_eq!(events[0]["type"], "TicketCreated");
    assert_eq!(events.last().unwrap()["type"], "NoteAdded");
    assert_eq!(all.body["page"], json!({ "next": null, "has_more": false }));
    let mut paged = Vec::new();
    let mut after = "0".to_owned();
    for _ in &events {
        let page = desk.admin.get(&format!("{stream}&limit=1&after={after}")).await.is(200);
        paged.extend(page.body["data"].as_array().unwrap().clone());
        after = paged.last().unwrap()["position"].to_string();
    }
    assert_eq!(paged, events);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_files_are_on_record_without_what_was_searched_for() {
    let desk = Desk::open().await;
    let file = desk.admin.post("/v1/attachments", &json!({ "a": 1 })).await.is(201).text("/id");
    let ticket = desk.given_ticket().await;
    let note = json!({ "body": "See the file", "attachments": [file] });
    desk.admin.post(&ticket.path("note"), &note).await.is(200);
    desk.views_caught_up().await;
    desk.admin.get("/v1/tickets?q=Kowalski&status=new").await.is(200);
    desk.admin.get("/v1/queues/inbox/tickets").await.is(200);
    desk.admin.get("/v1/customers").await.is(200);
    desk.admin.get(&format!("/v1/attachments/{file}")).await.is(200);
    let log = desk.caller("auditor").get("/v1/access-log").await.is(200);
    let read: Vec<_> = log.body["data"].as_array().unwrap().iter().collect();
    let on_record = |what: &str, subject: &str| {
        read.iter().any(|it| it["what"] == what && it["subject"] == subject)
    };
    assert!(on_record("tickets", "0 by q,status"), "{log:?}");
    assert!(on_record("queue", "inbox"), "{log:?}");
    assert!(on_record("customers", "1 of all"), "{log:?}");
    assert!(!log.body.to_string().contains("Kowalski"), "{log:?}");
    let seen = desk.caller("auditor").get(&ticket.path("views-log")).await.is(200);
    assert_eq!(seen.body["data"][0]["what"], "attachment");
}
