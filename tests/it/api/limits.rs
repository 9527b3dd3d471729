//! How much may be said, and in which form.

use std::time::Duration;

use docket_api::config::Options;
use docket_tests::desk::Desk;
use serde_json::{Value, json};

fn ticket(change: Value) -> Value {
    let mut body = json!({
        "subject": "S", "body": "B", "channel": "email", "customer": { "email": "jan@example.com" }
    });
    for (name, value) in change.as_object().cloned().unwrap_or_default() {
        body[name] = value;
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_and_tags_have_limits_counted_in_characters() {
    let desk = Desk::open().await;
    let long = |count: usize| "ł".repeat(count);
    let tags = |count: usize| vec!["t"; count];
    for fits in [
        json!({ "subject": format!(" {} ", long(500)) }),
        json!({ "body": long(200_000) }),
        json!({ "tags": tags(50) }),
        json!({ "tags": [long(64)] }),
    ] {
        desk.admin.post("/v1/tickets", &ticket(fits)).await.is(201);
    }
    for (change, problem) in [
        (json!({ "subject": long(501) }), "/subject:too_long"),
        (json!({ "subject": "  " }), "/subject:too_short"),
        (json!({ "body": long(200_001) }), "/body:too_long"),
        (json!({ "body": "" }), "/body:too_short"),
        (json!({ "tags": tags(51) }), "/tags:too_many_tags"),
        (json!({ "tags": ["t", long(65)] }), "/tags/1:invalid_tag"),
        (json!({ "body": " \n " }), "/body:too_short"),
        (json!({ "subject": "two\nlines" }), "/subject:control_character"),
        (json!({ "endpoint": "\u{7}" }), "/endpoint:control_character"),
        (json!({ "customer": { "name": "N" } }), "/customer:customer_unnamed"),
        (json!({ "customer": ["jan@example.com"] }), "/customer:invalid_type"),
        (
            json!({ "customer": { "email": "jan@example.com", "name": long(201) } }),
            "/customer/name:too_long",
        ),
        (json!({ "customer": { "email": "a", "x": 1 } }), "/customer/x:unknown_field"),
        (json!({ "channel": "pigeon" }), "/channel:invalid_value"),
        (json!({ "nonsense": true }), "/nonsense:unknown_field"),
    ] {
        let refused = desk.admin.post("/v1/tickets", &ticket(change)).await;
        assert_eq!(refused.problem(), format!("422 invalid_request {problem}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_json_as_it_is_and_at_most_a_mebibyte() {
    let desk = Desk::open().await;
    let post = |kind: &str, bytes: Vec<u8>| {
        let request = desk.admin.request("POST", "/v1/tickets");
        request.header("content-type", kind).body(bytes)
    };
    let told = async |request: reqwest::RequestBuilder| desk.admin.send(request).await.problem();
    let json = "application/json";
    let good = ticket(json!({})).to_string().into_bytes();
    desk.admin.send(post("application/json; charset=utf-8", good.clone())).await.is(201);
    assert_eq!(told(post("text/plain", good.clone())).await, "415 unsupported_media_type");
    let gzip = post(json, good.clone()).header("content-encoding", "gzip");
    assert_eq!(told(gzip).await, "415 unsupported_encoding");
    assert_eq!(told(post(json, b"{".to_vec())).await, "400 malformed_json");
    assert_eq!(told(post(json, vec![b' '; 1 << 21])).await, "413 body_too_large");
    let deep = post(json, "[".repeat(500_000).into_bytes());
    assert!(told(deep).await.starts_with("4"), "deep nesting is refused, not followed");
    let chunk = |_| Ok::<_, std::io::Error>(vec![b' '; 4096]);
    let chunks = futures::stream::iter((0..512).map(chunk));
    let endless = desk.admin.request("POST", "/v1/tickets").header("content-type", json);
    let endless = endless.body(reqwest::Body::wrap_stream(chunks));
    // A server that stops reading may also close the connection under the sender.
    if let Ok(answer) = endless.send().await {
        assert_eq!(answer.status().as_u16(), 413);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_and_headers_have_limits() {
    let desk = Desk::open().await;
    let long = desk.admin.get(&format!("/v1/tickets?q={}", "x".repeat(9_000))).await;
    assert_eq!(long.problem(), "414 uri_too_long");
    for broken in ["tickets?q=%zz", "tickets?q=%ff", "events?after=%3", "settings?%zz"] {
        let refused = desk.admin.get(&format!("/v1/{broken}")).await;
        assert_eq!(refused.problem(), "400 malformed_query", "{broken}");
    }
    let wide = desk.admin.request("GET", "/v1/tickets").header("x-filler", "x".repeat(40_000));
    assert_eq!(desk.admin.send(wide).await.problem(), "431 headers_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_bad_address_is_pointed_at_where_it_stands() {
    let desk = Desk::open().await;
    let bad = ticket(json!({ "customer": { "email": "no address" } }));
    let refused = desk.admin.post("/v1/tickets", &bad).await;
    assert!(refused.problem().contains(" /customer/email:"), "{}", refused.problem());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_more_often_than_allowed_is_told_when_to_come_back() {
    // The clock of a desk stands still, so what is counted is the burst alone.
    let desk = Desk::open_with(Options {
        rate_limit: Some("30/m:3".parse().unwrap()),
        ..Options::default()
    })
    .await;
    let (agent, auditor) = (desk.caller("agent"), desk.caller("auditor"));
    for _ in 0..3 {
        agent.get("/v1/tickets").await.is(200);
    }
    let refused = agent.get("/v1/tickets").await;
    assert_eq!(refused.problem(), "429 rate_limited");
    assert_eq!(refused.header("retry-after"), "2");
    auditor.get("/v1/tickets").await.is(200);

    for _ in 0..3 {
        assert_eq!(desk.anonymous.get("/v1/tickets").await.problem(), "401 token_required");
    }
    let guessing = desk.anonymous.with("dkt_guess");
    assert_eq!(guessing.get("/v1/tickets").await.problem(), "429 rate_limited");
    assert_eq!(desk.anonymous.get("/v1/nothing").await.problem(), "429 rate_limited");
    for _ in 0..5 {
        desk.anonymous.get("/healthz").await.is(200);
    }

    desk.pass(Duration::from_secs(2));
    agent.get("/v1/tickets").await.is(200);
    assert_eq!(agent.get("/v1/tickets").await.problem(), "429 rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_limited_unless_the_operator_says_so() {
    let desk = Desk::open().await;
    for _ in 0..300 {
        desk.caller("agent").get("/v1/views").await.is(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_fields_have_limits() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let set = async |field: &str, value: &str| {
        let body = json!({ "field": field, "value": value });
        desk.admin.post(&ticket.path("field"), &body).await
    };
    set(&"n".repeat(200), &"ł".repeat(2_000)).await.is(200);
    let long = set(&"n".repeat(201), &"ł".repeat(2_001)).await;
    assert_eq!(long.problem(), "422 invalid_request /field:too_long /value:too_long");
    assert_eq!(set("order", " ").await.problem(), "422 invalid_request /value:too_short");
    for number in 1..100 {
        set(&format!("field {number}"), "value").await.is(200);
    }
    assert_eq!(
        set("one more", "value").await.problem(),
        "422 too_many_fields /field:too_many_fields"
    );
    let cleared = set("field 1", "another value").await.is(200);
    assert_eq!(cleared.body["fields"].as_object().unwrap().len(), 100);
}

/// What no request can be read from never reaches the application: the HTTP layer answers without a
/// body. This pins what clients see, as `docs/api.md` says.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_answered_by_the_http_layer_without_a_body() {
    let desk = Desk::open().await;
    let long =
        format!("GET /healthz HTTP/1.1\r\nHost: d\r\nx-filler: {}\r\n\r\n", "x".repeat(200_000));
    for (sent, status) in [
        ("NONSENSE\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        ("GET /healthz HTTP/1.1\r\nbad header\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (&long, "HTTP/1.1 431 Request Header Fields Too Large"),
    ] {
        let answer = raw(&desk, sent.as_bytes()).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!((head.lines().next().unwrap(), body), (status, ""));
    }
}

/// What a server answers to these bytes until it closes the connection.
async fn raw(desk: &Desk, bytes: &[u8]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(desk.server.address).await.unwrap();
    // A server that answers early may close the connection under the sender.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// What is saved of a filter is kept where no erasure reaches, and is read whole.
#[tokio::test(flavor = "multi_thread")]
async fn saved_views_name_nobody_and_are_few_and_short() {
    let desk = Desk::open().await;
    let save = async |filter: Value| {
        let view = json!({ "name": "Mine", "filter": filter });
        desk.caller("agent").post("/v1/views", &view).await
    };
    for address in ["jan@example.com", "+48 600 100 200"] {
        let refused = save(json!({ "customer": address })).await;
        assert_eq!(refused.problem(), "422 invalid_request /filter/customer:invalid_value");
    }
    let long: Vec<String> = (0..1_000).map(|n| format!("tag-{n}")).collect();
    assert_eq!(save(json!({ "tag": long })).await.problem(), "422 too_long /filter:too_long");
    for _ in 0..200 {
        save(json!({ "status": "new" })).await.is(201);
    }
    assert_eq!(save(json!({ "status": "new" })).await.problem(), "409 too_many_views");
}
