//! Every command on a ticket over HTTP: that it works, and how it is refused.

use docket_tests::desk::{Desk, GivenTicket, Reply};
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
    insta::assert_snapshot!(shown, @r#"{"absorbed":[],"assignee":null,"category":null,"channel":"email","closed_at":null,"complaint_open":false,"created_at":"2026-03-02T09:00:00.000Z","customer":{"email":"jan@example.com","id":"…","name":"Jan Kowalski","tier":"standard"},"due_at":"2026-03-02T13:30:00.000Z","escalation_level":0,"fields":{},"id":"…","indicator":{"green_at":"2026-03-03T09:00:00.000Z","message":"blue","orange_at":"2026-03-05T15:45:00.000Z","red_at":"2026-03-09T09:00:00.000Z","ticket":"none"},"level":3,"links":[],"merged_into":null,"messages":1,"number":"1001","offer":null,"outcome":null,"owner_away":null,"owner_since":null,"priority":"medium","queue":"inbox","snoozed_until":null,"status":"new","status_base":"new","subject":"Parcel lost","substatus":null,"tags":["courier"],"type":null,"unread":true,"unsent_at":null,"updated_at":"2026-03-02T09:00:00.000Z","version":1,"wakes_at":null}"#);
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
    insta::assert_snapshot!(story.join("\n"), @r#"
    1 TicketCreated by Jan Kowalski
    2 TicketAssigned by Ann
    3 TicketReplied by Ann
    4 TicketClosed by Ann
    "#);
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
#[expect(clippy::too_many_lines, reason = "one line a command: a table, read as one")]
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
    insta::assert_snapshot!(told, @r#"
    open {} → 200 version=2
    assign {"agent":"ANN"} → 200 status="in_progress"
    unassign {"reason":"leave"} → 200 assignee=null
    assign {"agent":"ANN"} → 200 version=5
    handover {"to":"ANN"} → 200 version=5
    reply {"body":"hello"} → 200 status="awaiting_customer"
    note {"body":"hm","mentions":["ANN"]} → 200 version=7
    message {"body":"?","channel":"web"} → 200 messages=3
    file {"reason":"thanks"} → 200 indicator={"green_at":null,"message":"none","orange_at":"2026-03-05T15:45:00.000Z","red_at":"2026-03-09T09:00:00.000Z","ticket":"none"}
    snooze {"until":"2026-03-02T15:00:00.000Z"} → 200 wakes_at="2026-03-02T15:15:00.000Z"
    wake {} → 200 status="new"
    escalate {"reason":"angry"} → 200 escalation_level=1
    deescalate {} → 200 escalation_level=0
    priority {"priority":"high"} → 200 level=4
    tags {"add":["a","b"],"remove":["x"]} → 200 tags=["a","b"]
    field {"field":"order","value":"7"} → 200 fields={"order":"7"}
    status {"status":"in_progress"} → 200 status="in_progress"
    call {"direction":"inbound"} → 200 version=18
    meeting {"summary":"met"} → 200 version=19
    chat {"transcript":"hi"} → 200 version=20
    commitment {"text":"by Friday"} → 200 version=21
    complaint {"claim":"late"} → 200 complaint_open=true
    complaint/decide {"decision":"accepted","reasoning":"true"} → 200 complaint_open=false
    link {"ticket":"1002"} → 200 links/0/kind="related"
    unlink {"ticket":"OTHER"} → 200 links=[]
    time {"minutes":5} → 200 version=26
    correction {"corrects":1,"text":"web"} → 200 version=27
    quality {"score":4} → 200 version=28
    close {"outcome":"unsolved"} → 200 outcome="unsolved"
    rating/request {} → 200 version=30
    rating {"comment":"fine","score":5} → 200 version=31
    reopen {"reason":"again"} → 200 status="new"
    merge {"into":"1002"} → 200 status="merged"
    "#);
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one line a command: a table, read as one")]
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
        tell(&desk, &ticket, "time", json!({ "minutes": 44_641 }), "").await,
        tell(&desk, &ticket, "correction", json!({ "corrects": 99, "text": "t" }), "").await,
        tell(&desk, &ticket, "reopen", json!({ "reason": "r" }), "").await,
    ];
    desk.caller("agent").post(&ticket.path("close"), &json!({})).await.is(200);
    told.push(tell(&desk, &ticket, "note", json!({ "body": "late", "nb": 1 }), "").await);
    told.push(tell(&desk, &ticket, "assign", json!({ "agent": desk.ann }), "").await);
    let told = told.join("\n").replace(nobody, "NOBODY").replace(&desk.ann, "ANN");
    insta::assert_snapshot!(told.replace(&ticket.number, "NUMBER"), @r#"
    assign {"agent":"NOBODY"} → 422 unknown_agent /agent:unknown_agent
    assign {} → 422 invalid_request /agent:missing_field
    unassign {} → 200
    reply {"body":""} → 422 invalid_request /body:too_short
    reply {"attachments":["NOBODY"],"body":"x"} → 422 unknown_attachment /attachments/0:unknown_attachment
    message {"body":"x","channel":"pigeon"} → 422 invalid_request /channel:invalid_value
    open {"message":"NOBODY"} → 422 unknown_message /message:unknown_message
    snooze {"until":"2026-03-02T08:00:00Z"} → 422 snooze_in_past /until:snooze_in_past
    snooze {"for":"three hours"} → 422 invalid_duration /for:invalid_duration
    wake {} → 409 ticket_not_snoozed
    escalate {"level":12,"reason":"r"} → 422 escalation_level /level:escalation_level
    deescalate {} → 200
    priority {"priority":"utmost"} → 422 unknown_priority /priority:unknown_priority
    classify {} → 422 invalid_request /category:missing_field
    classify {"category":"no/such"} → 422 unknown_category /category:unknown_category
    transfer {"queue":"nowhere"} → 422 unknown_queue /queue:unknown_queue
    status {"status":"snoozed"} → 422 status_needs_command /status:status_needs_command
    tags {"add":[""]} → 422 invalid_request /add/0:invalid_tag
    merge {"into":"999999"} → 422 unknown_ticket /into:unknown_ticket
    merge {"into":"NUMBER"} → 409 merge_cycle
    unmerge {"merge_id":"NOBODY"} → 422 unknown_merge /merge_id:unknown_merge
    split {"messages":[],"subject":" "} → 422 invalid_request /subject:too_short /messages:too_short
    link {"ticket":"NUMBER"} → 422 self_link /ticket:self_link
    commitment/keep {"commitment":"NOBODY"} → 422 unknown_commitment /commitment:unknown_commitment
    complaint/decide {"decision":"accepted","reasoning":"r"} → 409 no_complaint_open
    rating {"score":9} → 422 score_outside_scale /score:score_outside_scale
    time {"minutes":44641} → 422 invalid_request /minutes:invalid_value
    correction {"corrects":99,"text":"t"} → 422 unknown_version /corrects:unknown_version
    reopen {"reason":"r"} → 409 ticket_not_closed
    note {"body":"late","nb":1} → 422 invalid_request /nb:unknown_field
    assign {"agent":"ANN"} → 409 ticket_closed
    "#);
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
    assert_eq!(links(&first), json!([["follows_up", ticket.id]]));
    let old = desk.admin.get(&ticket.own()).await.is(200);
    assert_eq!(links(&old), json!([["followed_up_by", first.text("/id")]]));
    let second = desk.admin.post(&ticket.path("message"), &message).await.is(200);
    assert_eq!((second.text("/id"), &second.body["messages"]), (first.text("/id"), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_was_split_off_is_linked_on_both_sides() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let message = desk.admin.get(&ticket.path("history")).await.text("/data/0/data/message/id");
    let asked = json!({ "messages": [message], "subject": "Something else" });
    let split = desk.admin.post(&ticket.path("split"), &asked).await.is(201);
    assert_eq!(links(&split), json!([["split_from", ticket.id]]));
    let old = desk.admin.get(&ticket.own()).await.is(200);
    assert_eq!(links(&old), json!([["split_into", split.text("/id")]]));
    desk.views_caught_up().await;
    let listed = desk.admin.get(&format!("/v1/tickets?number={}", ticket.number)).await.is(200);
    assert_eq!(listed.body["data"][0]["links"], old.body["links"]);
    let unlink = json!({ "ticket": ticket.id });
    let path = format!("/v1/tickets/{}/unlink", split.text("/id"));
    assert_eq!(links(&desk.admin.post(&path, &unlink).await.is(200)), json!([]));
}

fn links(ticket: &Reply) -> Value {
    let links = ticket.body["links"].as_array().expect("links").iter();
    links.map(|link| json!([link["kind"], link["id"]])).collect()
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
