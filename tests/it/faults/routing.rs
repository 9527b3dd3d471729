//! SIGKILL while tickets are pushed: each is given once, and nobody is given more than they have room for.
//!
//! The capacity was first seen to fail, in the tests of the API, on a build whose giver claims nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use docket_tests::process::{Process, admin_token, client};
use serde_json::{Value, json};

const TICKETS: usize = 150;
const ROOM: usize = 50;
const KILLS: usize = 4;

/// How long the slowest machine may take for all of it.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_ticket_is_pushed_once_whenever_the_server_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut process = Process::serve(dir.path()).await;
    let token = admin_token(dir.path());
    for name in ["Ann", "Bea", "Cid"] {
        let agent = json!({ "name": name, "capacity": ROOM });
        send(&process, &token, "POST", "/v1/agents", &agent).await;
    }
    for number in 0..TICKETS {
        let customer = json!({ "email": format!("c{number}@example.com") });
        let ticket = json!({ "subject": "Lost", "body": "?", "channel": "web",
            "customer": customer, "queue": "inbox" });
        send(&process, &token, "POST", "/v1/tickets", &ticket).await;
    }
    let queue = json!({ "name": "Inbox", "routing": { "push": true } });
    send(&process, &token, "PUT", "/v1/queues/inbox", &queue).await;
    let mut kills = 0;
    let began = Instant::now();
    loop {
        let given = given(&process, &token).await;
        let each_once = given.values().all(|to| to.len() == 1);
        assert!(each_once, "{given:?}");
        // Where in the work the kill strikes is what is random here; nothing waits for it.
        if given.len() > kills * TICKETS / (KILLS + 2) && kills < KILLS {
            process.kill();
            kills += 1;
            process = Process::serve(dir.path()).await;
        }
        if given.len() == TICKETS {
            let mut of: BTreeMap<&str, usize> = BTreeMap::new();
            given.values().flatten().for_each(|to| *of.entry(to).or_default() += 1);
            assert!(kills > 0 && of.values().all(|count| *count == ROOM), "{kills} kills: {of:?}");
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{} of {TICKETS} are given", given.len());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// To whom each ticket was given.
async fn given(process: &Process, token: &str) -> BTreeMap<String, Vec<String>> {
    let path = "/v1/events?type=TicketAssigned&limit=1000";
    let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let page = send(process, token, "GET", path, &Value::Null).await;
    for event in page["data"].as_array().unwrap() {
        let to = event["data"]["to"]["name"].as_str().unwrap().to_owned();
        given.entry(event["stream"].as_str().unwrap().to_owned()).or_default().push(to);
    }
    given
}

async fn send(process: &Process, token: &str, method: &str, path: &str, body: &Value) -> Value {
    let url = format!("{}{path}", process.url);
    let request = client().request(method.parse().unwrap(), url).bearer_auth(token);
    let request = if body.is_null() { request } else { request.json(body) };
    let answer = request.send().await.unwrap().error_for_status().unwrap();
    answer.json().await.unwrap()
}
