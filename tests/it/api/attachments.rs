//! Files: in, named, out.

use std::time::Duration;

use docket_api::config::Options;
use docket_tests::desk::Desk;
use reqwest::multipart::{Form, Part};
use serde_json::json;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_uploaded_named_by_a_reply_and_downloaded_safely() {
    let desk = Desk::open().await;
    let agent = desk.caller("agent");
    let part = Part::bytes(PNG).file_name("../zdjęcie.png").mime_str("text/html").unwrap();
    let upload = agent.request("POST", "/v1/attachments").multipart(Form::new().part("file", part));
    let stored = agent.send(upload).await.is(201);
    assert_eq!(stored.text("/name"), "zdjęcie.png");
    assert_eq!(stored.text("/type"), "image/png", "sniffed, not believed");
    assert_eq!(stored.body["size"], PNG.len());
    let id = stored.text("/id");

    let ticket = desk.given_ticket().await;
    let reply = json!({ "body": "See the photo", "attachments": [id] });
    agent.post(&ticket.path("reply"), &reply).await.is(200);
    let history = agent.get(&ticket.path("history")).await.is(200);
    let named = &history.body["data"][1]["data"]["message"]["attachments"][0];
    assert_eq!(named["sha256"], stored.body["sha256"]);
    assert_eq!(named["name"], "zdjęcie.png");

    let file = desk.caller("analyst").get(&format!("/v1/attachments/{id}")).await.is(200);
    assert_eq!(file.bytes, PNG);
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    let disposition = file.header("content-disposition");
    assert!(disposition.starts_with("attachment;"), "{disposition}");
    assert!(disposition.contains("filename*=UTF-8''zdj%C4%99cie.png"), "{disposition}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_upload_is_the_same_file_and_another_one_is_refused() {
    let desk = Desk::open().await;
    let raw = |bytes: &'static [u8]| {
        let request = desk.admin.request("POST", "/v1/attachments");
        let request = request.header("content-disposition", "attachment; filename=\"a.bin\"");
        request.header("idempotency-key", "k").body(bytes)
    };
    let first = desk.admin.send(raw(b"one")).await.is(201);
    assert_eq!(first.text("/name"), "a.bin");
    let again = desk.admin.send(raw(b"one")).await.is(201);
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(desk.admin.send(raw(b"two")).await.problem(), "422 idempotency_key_reused");
    let kept = desk.admin.get(&format!("/v1/attachments/{}", first.text("/id"))).await.is(200);
    assert_eq!(kept.bytes, b"one");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_one_too_many_is_refused() {
    let limits =
        Options { attachment_limit: Some(10), attachment_quota: Some(1_200), ..Options::default() };
    let desk = Desk::open_with(limits).await;
    let raw = |size: usize| desk.admin.request("POST", "/v1/attachments").body(vec![b'x'; size]);
    desk.admin.send(raw(10)).await.is(201);
    assert_eq!(desk.admin.send(raw(11)).await.problem(), "413 attachment_too_large");
    let mut last = String::new();
    for _ in 0..60 {
        let answer = desk.admin.send(raw(10)).await;
        if !answer.status.is_success() {
            last = answer.problem();
            break;
        }
    }
    assert_eq!(last, "507 attachment_quota_exceeded");
    let gzip = raw(1).header("content-encoding", "gzip");
    assert_eq!(desk.admin.send(gzip).await.problem(), "415 unsupported_encoding");
    let nobody = "/v1/attachments/0192f0c1-0000-7000-8000-000000000000";
    assert_eq!(desk.admin.get(nobody).await.problem(), "404 not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_larger_than_any_buffer_comes_back_as_it_was() {
    let desk = Desk::open().await;
    let bytes: Vec<u8> = (0..1_500_000_u32).map(|at| (at / 7 % 253) as u8).collect();
    let upload = desk.admin.request("POST", "/v1/attachments").body(bytes.clone());
    let stored = desk.admin.send(upload).await.is(201);
    let path = format!("/v1/attachments/{}", stored.text("/id"));
    assert!(desk.admin.get(&path).await.is(200).bytes == bytes, "while nothing names it");
    let said = json!({ "attachments": [stored.text("/id")] });
    desk.given_ticket_with(said).await;
    desk.server.docket.attachments.catch_up().await.unwrap();
    let file = desk.admin.get(&path).await.is(200);
    assert!(file.bytes == bytes, "once an event names it");
    assert_eq!(file.header("docket-sha256"), stored.text("/sha256"));
    assert_eq!(file.header("content-length"), bytes.len().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_names_within_a_day_is_removed_and_its_quota_is_free_again() {
    let quota = Options { attachment_quota: Some(1_000), ..Options::default() };
    let desk = Desk::open_with(quota).await;
    let upload = || desk.admin.request("POST", "/v1/attachments").body(vec![b'x'; 450]);
    let named = desk.admin.send(upload()).await.is(201).text("/id");
    desk.given_ticket_with(json!({ "attachments": [named] })).await;
    let forsaken = desk.admin.send(upload()).await.is(201).text("/id");
    assert_eq!(desk.admin.send(upload()).await.problem(), "507 attachment_quota_exceeded");

    desk.pass(Duration::from_secs(24 * 3600));
    let late = json!({ "subject": "s", "body": "b", "channel": "web",
                       "customer": { "email": "c@example.com" }, "attachments": [forsaken] });
    let refused = desk.admin.post("/v1/tickets", &late).await.problem();
    assert_eq!(refused, "422 unknown_attachment /attachments/0:unknown_attachment");
    desk.pass(Duration::from_secs(3601));
    let docket = &desk.server.docket;
    docket.attachments.sweep(docket.now()).await.unwrap();
    let path = |id: &str| format!("/v1/attachments/{id}");
    assert_eq!(desk.admin.get(&path(&forsaken)).await.problem(), "404 not_found");
    desk.admin.get(&path(&named)).await.is(200);
    desk.admin.send(upload()).await.is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_were_touched_on_disk_are_never_handed_out() {
    let desk = Desk::open().await;
    let upload = desk.admin.request("POST", "/v1/attachments").body("as it was");
    let id = desk.admin.send(upload).await.is(201).text("/id");
    let file = desk.data().join("attachments").join(&id);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[3] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let broke_off = match desk.admin.request("GET", &format!("/v1/attachments/{id}")).send().await {
        Ok(answer) => answer.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broke_off, "no whole answer came");
    let figures = String::from_utf8(desk.admin.get("/metrics").await.is(200).bytes).unwrap();
    assert!(figures.contains("docket_attachments_damaged_total"), "the operator is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_file_in_a_form_is_refused_and_not_dropped() {
    let desk = Desk::open().await;
    let file = |text: &'static str| Part::text(text).file_name("note.txt");
    let two = Form::new().part("file", file("one")).part("file", file("other"));
    let upload = desk.admin.request("POST", "/v1/attachments").multipart(two);
    assert_eq!(desk.admin.send(upload).await.problem(), "400 malformed_multipart");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_refused_or_breaks_off_leaves_the_quota_as_it_was() {
    let limits = Options {
        attachment_limit: Some(1_000),
        attachment_quota: Some(2_000),
        ..Options::default()
    };
    let desk = Desk::open_with(limits).await;
    for _ in 0..10 {
        let too_large = desk.admin.request("POST", "/v1/attachments").body(vec![b'x'; 1_001]);
        assert_eq!(desk.admin.send(too_large).await.problem(), "413 attachment_too_large");
    }
    for _ in 0..10 {
        let breaks: [std::io::Result<Vec<u8>>; 2] =
            [Ok(vec![b'x'; 900]), Err(std::io::Error::other("the cable was pulled"))];
        let body = reqwest::Body::wrap_stream(futures::stream::iter(breaks));
        let broken = desk.admin.request("POST", "/v1/attachments").body(body).send().await;
        assert!(broken.is_err(), "nobody is there to be answered");
    }
    // The server learns of a broken connection in its own time.
    for _ in 0..1_000 {
        let fits = desk.admin.request("POST", "/v1/attachments").body(vec![b'x'; 900]);
        if desk.admin.send(fits).await.status.is_success() {
            return;
        }
    }
    panic!("the quota is used up by files that there are not");
}
