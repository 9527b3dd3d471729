//! Every command on a ticket over HTTP: that it works, and how it is refused.

use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_opened_worked_closed_and_replayed() {
    let desk = Desk::open().await;
    let agent = desk.caller("agent");
    let said = json!({
        "subject": "  Parcel lost  ", "body": "Where is it?", "channel": "email",
        "customer": { "email": "jan@example.com", "name": "Jan Kowalski" }, "tags": ["courier"]
    });
    let created = agent.post("/v1/tickets", &said).await.is(201);
    assert_eq!(created.header("etag"), "\"1\"");
    assert_eq!(created.header("location"), format!("/v1/tickets/{}", created.text("/id")));
    let mut shown = created.body.clone();
    shown["id"] = json!("…");
    shown["customer"]["id"] = json!("…");
    insta::assert_snapshot!(shown, @"");
    let number = created.text("/number");
    let path = |command: &str| format!("/v1/tickets/{number}/{command}");
    let assigned = agent.post(&path("assign"), &json!({ "agent": desk.ann })).await.is(200);
    assert_eq!(assigned.header("etag"), "\"2\"");
    assert_eq!(assigned.text("/assignee/name"), "Ann");
    let reply = json!({ "body": "It is on its way.", "close": true });
    let closed = agent.post(&path("reply"), &reply).await.is(200);
    assert_eq!(closed.text("/status"), "closed");
    let history = desk.caller("auditor").get(&path("history")).await.is(200);
    let story: Vec<String> = history.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let who = event["actor"]["name"].as_str().unwrap_or("-");
            format!("{} {} by {who}", event["version"], event["type"].as_str().unwrap())
        })
        .collect();
    insta::assert_snapshot!(story.join("\n"), @"");
}

/// Sends one command, and says how it was answered: status, and what the body shows for it.
async fn tell(
    desk: &Desk,
    ticket: &GivenTicket,
    command: &str,
    body: Value,
    shows: &str,
) -> String {
    let answer = desk.caller("agent").post(&ticket.path(command), &body).await;
    let status = answer.status.as_u16();
    let said = match status {
        200 | 201 => match answer.body.pointer(shows) {
            Some(shown) if !shows.is_empty() => format!("{status} {}={shown}", &shows[1..]),
            _ => format!("{status}"),
        },
        _ => answer.problem(),
    };
    format!("{command} {body} → {said}")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_works() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let other = desk.given_ticket().await;
    let ann = desk.ann.as_str();
    let until = "2026-03-02T15:00:00.000Z";
    let told = [
        tell(&desk, &ticket, "open", json!({}), "/version").await,
        tell(&desk, &ticket, "assign", json!({ "agent": ann }), "/status").await,
        tell(&desk, &ticket, "unassign", json!({ "reason": "leave" }), "/assignee").await,
        tell(&desk, &ticket, "assign", json!({ "agent": ann }), "/version").await,
        tell(&desk, &ticket, "handover", json!({ "to": ann }), "/version").await,
        tell(&desk, &ticket, "reply", json!({ "body": "hello" }), "/status").await,
        tell(&desk, &ticket, "note", json!({ "body": "hm", "mentions": [ann] }), "/version").await,
        tell(&desk, &ticket, "message", json!({ "body": "?", "channel": "web" }), "/messages")
            .await,
        tell(&desk, &ticket, "file", json!({ "reason": "thanks" }), "/indicator").await,
        tell(&desk, &ticket, "snooze", json!({ "until": until }), "/wakes_at").await,
        tell(&desk, &ticket, "wake", json!({}), "/status").await,
        tell(&desk, &ticket, "escalate", json!({ "reason": "angry" }), "/escalation_level").await,
        tell(&desk, &ticket, "deescalate", json!({}), "/escalation_level").await,
        tell(&desk, &ticket, "priority", json!({ "priority": "high" }), "/level").await,
        tell(&desk, &ticket, "tags", json!({ "add": ["a", "b"], "remove": ["x"] }), "/tags").await,
        tell(&desk, &ticket, "field", json!({ "field": "order", "value": "7" }), "/fields").await,
        tell(&desk, &ticket, "status", json!({ "status": "in_progress" }), "/status").await,
        tell(&desk, &ticket, "call", json!({ "direction": "inbound" }), "/version").await,
        tell(&desk, &ticket, "meeting", json!({ "summary": "met" }), "/version").await,
        tell(&desk, &ticket, "chat", json!({ "transcript": "hi" }), "/version").await,
        tell(&desk, &ticket, "commitment", json!({ "text": "by Friday" }), "/version").await,
        tell(&desk, &ticket, "complaint", json!({ "claim": "late" }), "/complaint_open").await,
        tell(
            &desk,
            &ticket,
            "complaint/decide",
            json!({ "decision": "accepted", "reasoning": "true" }),
            "/complaint_open",
        )
        .await,
        tell(&desk, &ticket, "link", json!({ "ticket": other.number }), "/links/0/kind").await,
        tell(&desk, &ticket, "unlink", json!({ "ticket": other.id }), "/links").await,
        tell(&desk, &ticket, "time", json!({ "minutes": 5 }), "/version").await,
        tell(&desk, &ticket, "correction", json!({ "corrects": 1, "text": "web" }), "/version")
            .await,
        tell(&desk, &ticket, "quality", json!({ "score": 4 }), "/version").await,
        tell(&desk, &ticket, "close", json!({ "outcome": "unsolved" }), "/outcome").await,
        tell(&desk, &ticket, "rating/request", json!({}), "/version").await,
        tell(&desk, &ticket, "rating", json!({ "score": 5, "comment": "fine" }), "/version").await,
        tell(&desk, &ticket, "reopen", json!({ "reason": "again" }), "/status").await,
        tell(&desk, &ticket, "merge", json!({ "into": other.number }), "/status").await,
    ];
    let told = told.join("\n").replace(ann, "ANN").replace(&other.id, "OTHER");
    insta::assert_snapshot!(told, @"");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_is_refused_for_its_reasons() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let nobody = "0192f0c1-0000-7000-8000-000000000000";
    let mut told = vec![
        tell(&desk, &ticket, "assign", json!({ "agent": nobody }), "").await,
        tell(&desk, &ticket, "assign", json!({}), "").await,
        tell(&desk, &ticket, "unassign", json!({}), "").await,
        tell(&desk, &ticket, "reply", json!({ "body": "" }), "").await,
        tell(&desk, &ticket, "reply", json!({ "body": "x", "attachments": [nobody] }), "").await,
        tell(&desk, &ticket, "message", json!({ "body": "x", "channel": "pigeon" }), "").await,
        tell(&desk, &ticket, "open", json!({ "message": nobody }), "").await,
        tell(&desk, &ticket, "snooze", json!({ "until": "2026-03-02T08:00:00Z" }), "").await,
        tell(&desk, &ticket, "snooze", json!({ "for": "three hours" }), "").await,
        tell(&desk, &ticket, "wake", json!({}), "").await,
        tell(&desk, &ticket, "escalate", json!({ "reason": "r", "level": 12 }), "").await,
        tell(&desk, &ticket, "deescalate", json!({}), "").await,
        tell(&desk, &ticket, "priority", json!({ "priority": "utmost" }), "").await,
        tell(&desk, &ticket, "classify", json!({}), "").await,
        tell(&desk, &ticket, "classify", json!({ "category": "no/such" }), "").await,
        tell(&desk, &ticket, "transfer", json!({ "queue": "nowhere" }), "").await,
        tell(&desk, &ticket, "status", json!({ "status": "snoozed" }), "").await,
        tell(&desk, &ticket, "tags", json!({ "add": [""] }), "").await,
        tell(&desk, &ticket, "merge", json!({ "into": "999999" }), "").await,
        tell(&desk, &ticket, "merge", json!({ "into": ticket.number }), "").await,
        tell(&desk, &ticket, "unmerge", json!({ "merge_id": nobody }), "").await,
        tell(&desk, &ticket, "split", json!({ "messages": [], "subject": " " }), "").await,
        tell(&desk, &ticket, "link", json!({ "ticket": ticket.number }), "").await,
        tell(&desk, &ticket, "commitment/keep", json!({ "commitment": nobody }), "").await,
        tell(
            &desk,
            &ticket,
            "complaint/decide",
            json!({ "decision": "accepted", "reasoning": "r" }),
            "",
        )
        .await,
        tell(&desk, &ticket, "rating", json!({ "score": 9 }), "").await,
        tell(&desk, &ticket, "time", json!({ "minutes": 0 }), "").await,
        tell(&desk, &ticket, "correction", json!({ "corrects": 99, "text": "t" }), "").await,
        tell(&desk, &ticket, "reopen", json!({ "reason": "r" }), "").await,
    ];
    desk.caller("agent").post(&ticket.path("close"), &json!({})).await.is(200);
    told.push(tell(&desk, &ticket, "note", json!({ "body": "late", "nb": 1 }), "").await);
    told.push(tell(&desk, &ticket, "assign", json!({ "agent": desk.ann }), "").await);
    let told = told.join("\n").replace(nobody, "NOBODY").replace(&desk.ann, "ANN");
    insta::assert_snapshot!(told.replace(&ticket.number, "NUMBER"), @"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_after_the_reopen_window_opens_a_new_ticket() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    desk.admin.post(&ticket.path("close"), &json!({})).await.is(200);
    desk.pass(std::time::Duration::from_secs(15 * 86_400));
    let message = json!({ "body": "Lost again", "channel": "email" });
    let first = desk.admin.post_once(&ticket.path("message"), "k", &message).await.is(201);
    assert_ne!(first.text("/id"), ticket.id);
    assert_eq!(first.header("location"), format!("/v1/tickets/{}", first.text("/id")));
    let again = desk.admin.post_once(&ticket.path("message"), "k", &message).await.is(201);
    assert_eq!(again.bytes, first.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_ticket_stays_its_own_and_takes_no_commands() {
    let desk = Desk::open().await;
    let source = desk.given_ticket().await;
    let root = desk.given_ticket().await;
    let merged = desk.admin.post(&source.path("merge"), &json!({ "into": root.id })).await.is(200);
    assert_eq!(merged.text("/merged_into"), root.id);
    let own = desk.admin.get(&source.own()).await.is(200);
    assert_eq!(own.text("/status"), "merged");
    let refused = desk.admin.post(&source.path("note"), &json!({ "body": "n" })).await;
    assert_eq!(refused.problem(), "409 ticket_merged");
    let history = desk.admin.get(&source.path("history")).await.is(200);
    let merge_id = history.text("/data/1/data/merge_id");
    let back = json!({ "merge_id": merge_id });
    let back = desk.admin.post(&source.path("unmerge"), &back).await.is(200);
    assert_eq!(back.body["merged_into"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_filters_and_pages_in_every_order() {
    let desk = Desk::open().await;
    let mut numbers = Vec::new();
    for index in 0..5 {
        desk.pass(std::time::Duration::from_secs(60));
        let priority = if index % 2 == 0 { "high" } else { "low" };
        let said = json!({ "priority": priority, "tags": [format!("t{index}")] });
        numbers.push(desk.given_ticket_with(said).await.number);
    }
    desk.views_caught_up().await;
    for sort in ["created", "-created", "updated", "-updated", "due", "-priority"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/tickets?sort={sort}&page_size=2{cursor}");
            let page = desk.caller("analyst").get(&path).await.is(200);
            for ticket in page.body["data"].as_array().unwrap() {
                seen.push(ticket["number"].as_str().unwrap().to_owned());
            }
            if page.body["page"]["has_more"] == false {
                break;
            }
            cursor = format!("&cursor={}", page.text("/page/next"));
        }
        seen.sort();
        assert_eq!(seen, numbers, "{sort}: every ticket once");
    }
    let count = async |query: &str| {
        let page = desk.admin.get(&format!("/v1/tickets?{query}")).await.is(200);
        page.body["data"].as_array().unwrap().len()
    };
    assert_eq!(count("priority=high").await, 3);
    assert_eq!(count("priority=high,low&tag=t1").await, 1);
    assert_eq!(count("assignee=none&view=current&unread=true").await, 5);
    assert_eq!(count("q=parc").await, 5);
    assert_eq!(count("view=touched_today&level_min=4").await, 3);
    for (query, problem) in [
        ("colour=red", "422 unknown_field /colour:unknown_field"),
        ("page_size=201", "422 invalid_value /page_size:invalid_value"),
        ("sort=colour", "422 invalid_value /sort:invalid_value"),
        ("cursor=nonsense", "422 invalid_cursor /cursor:invalid_cursor"),
        ("assignee=ann", "422 invalid_value /assignee:invalid_value"),
    ] {
        let refused = desk.admin.get(&format!("/v1/tickets?{query}")).await;
        assert_eq!(refused.problem(), problem, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_ticket_is_the_most_urgent_that_nobody_owns() {
    let desk = Desk::open().await;
    desk.given_ticket_with(json!({ "priority": "low" })).await;
    let urgent = desk.given_ticket_with(json!({ "priority": "critical" })).await;
    desk.views_caught_up().await;
    let agent = desk.caller("agent");
    let taken = agent.post_once("/v1/queues/inbox/next", "k", &json!({})).await.is(200);
    assert_eq!(taken.text("/id"), urgent.id);
    assert_eq!(taken.text("/assignee/id"), desk.ann);
    let again = agent.post_once("/v1/queues/inbox/next", "k", &json!({})).await.is(200);
    assert_eq!(again.bytes, taken.bytes);
    agent.post("/v1/queues/inbox/next", &json!({})).await.is(200);
    agent.post("/v1/queues/inbox/next", &json!({})).await.is(204);
    assert_eq!(agent.post("/v1/queues/x/next", &json!({})).await.problem(), "404 not_found");
}
