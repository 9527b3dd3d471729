//! What the server writes into its log: never what people said, nor who they are, nor a secret.

use std::io::Write;
use std::sync::{Arc, Mutex};

use docket_tests::desk::Desk;
use serde_json::json;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// The log of this process, kept in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_and_no_secret_is_ever_logged() {
    let kept = Kept::default();
    let ours = "warn,docket_api=trace,docket_commands=trace,docket_projections=trace,\
                docket_store=trace";
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(ours));
    log.with_writer(kept.clone()).finish().try_init().expect("the first logger of this process");

    let desk = Desk::open().await;
    let said = json!({
        "subject": "canarysubject", "body": "canarybody", "channel": "email",
        "customer": { "email": "canaryaddress@example.com", "name": "canaryname" }
    });
    let ticket = desk.admin.post("/v1/tickets", &said).await.is(201).text("/id");
    desk.views_caught_up().await;
    desk.admin.get("/v1/tickets?q=canarybody").await.is(200);
    desk.admin.get(&format!("/v1/tickets/{ticket}/history")).await.is(200);
    desk.admin.get("/v1/tickets/canarypath").await.is(404);
    let wrong = json!({ "canaryfield": "canaryvalue" });
    desk.admin.post("/v1/tickets", &wrong).await.is(422);
    desk.anonymous.with("dkt_canarysecret").get("/v1/tickets").await.is(401);
    let attachment = desk.admin.request("POST", "/v1/attachments").body("x");
    let named = "attachment; filename=\"canaryfile.txt\"";
    let attachment = attachment.header("content-disposition", named);
    desk.admin.send(attachment).await.is(201);

    let written = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    assert!(written.contains("/v1/tickets/{id}/history"), "requests are logged: {written}");
    let leaks: Vec<&str> = written.lines().filter(|line| line.contains("canary")).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}
