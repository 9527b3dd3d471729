//! What a ticket was promised, over HTTP: `GET /v1/tickets/{id}/sla`, and the indicator beside it.

use std::time::Duration;

use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);

/// Premium and critical: fifteen minutes to the first answer, four hours to the end.
async fn urgent(desk: &Desk) -> GivenTicket {
    let customer = json!({ "name": "Jan", "email": "jan@example.com", "tier": "premium" });
    let customer = desk.admin.post("/v1/customers", &customer).await.is(201);
    let said = json!({ "customer": { "id": customer.text("/id") }, "priority": "critical" });
    desk.given_ticket_with(said).await
}

async fn sla(desk: &Desk, ticket: &GivenTicket, when: &str) -> Value {
    desk.caller("auditor").get(&format!("{}{when}", ticket.path("sla"))).await.is(200).body
}

async fn indicator(desk: &Desk, path: &str) -> String {
    let ticket = desk.admin.get(path).await.is(200);
    format!("{} {}", ticket.text("/indicator/message"), ticket.text("/indicator/ticket"))
}

/// The clock of that kind and instance.
fn clock<'a>(sla: &'a Value, kind: &str, instance: u32) -> &'a Value {
    let mut clocks = sla["clocks"].as_array().unwrap().iter();
    clocks.find(|it| it["clock"] == kind && it["instance"] == instance).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_clock_explains_itself_stretch_by_stretch() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    desk.pass(HOUR);
    desk.admin.post(&ticket.path("reply"), &json!({ "body": "We look." })).await.is(200);
    desk.pass(HOUR);
    let sla = sla(&desk, &ticket, "").await;
    insta::assert_snapshot!(clock(&sla, "first_response", 1), @r#"{"alarm_at":"2026-03-02T15:45:00.000Z","alarm_ms":8100000,"because":"A first answer by a person was promised within 9 h of open time (tier *, channel *, priority *), counted since 2026-03-02T09:00:00.000Z; a reply came at 2026-03-02T10:00:00.000Z after 1 h, in time: due at 2026-03-03T09:00:00.000Z.","bounced_at":null,"breached_at":null,"breached_by":null,"calendar":{"key":"office","version":1},"carried_from":null,"clock":"first_response","deadline":"2026-03-03T09:00:00.000Z","elapsed_ms":3600000,"fulfilled_by":"reply","instance":1,"late_ingest":false,"measure":null,"outcome":null,"plan":{"key":"default","version":1},"row":{"channel":"*","priority":"*","tier":"*"},"started_at":"2026-03-02T09:00:00.000Z","state":"stopped","stopped_at":"2026-03-02T10:00:00.000Z","stretches":[{"from":"2026-03-02T09:00:00.000Z","kind":"open","reason":null,"to":"2026-03-02T10:00:00.000Z"}],"target_ms":32400000,"verdict":"met"}"#);
    insta::assert_snapshot!(clock(&sla, "resolution", 1), @r#"{"alarm_at":null,"alarm_ms":40500000,"because":"A resolution was promised within 45 h of open time (tier *, type *, priority *), counted since 2026-03-02T09:00:00.000Z; 1 h have counted, and it pauses in the status awaiting_customer.","bounced_at":null,"breached_at":null,"breached_by":null,"calendar":{"key":"office","version":1},"carried_from":null,"clock":"resolution","deadline":null,"elapsed_ms":3600000,"fulfilled_by":null,"instance":1,"late_ingest":false,"measure":"first","outcome":null,"plan":{"key":"default","version":1},"row":{"priority":"*","tier":"*","type":"*"},"started_at":"2026-03-02T09:00:00.000Z","state":"paused","stopped_at":null,"stretches":[{"from":"2026-03-02T09:00:00.000Z","kind":"open","reason":null,"to":"2026-03-02T10:00:00.000Z"},{"from":"2026-03-02T10:00:00.000Z","kind":"paused","reason":"awaiting_customer","to":"2026-03-02T11:00:00.000Z"}],"target_ms":162000000,"verdict":null}"#);
    assert_eq!(sla["plan"], json!({ "key": "default", "version": 1 }));
    assert_eq!(sla["calendar"], json!({ "key": "office", "version": 1 }));
    assert!(sla["tzdb"].as_str().unwrap().starts_with("20"));
    assert_eq!(sla["indicator"]["message"], "none");
    assert_eq!(sla["indicator"]["ticket"], "none");
    let unknown = desk.admin.get("/v1/tickets/0192f0c1-0000-7000-8000-000000000000/sla").await;
    assert_eq!(unknown.problem(), "404 not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn icon_and_dot_follow_the_clocks_without_any_event() {
    let desk = Desk::open().await;
    let ticket = urgent(&desk).await;
    let own = ticket.own();
    let mut told = Vec::new();
    for minutes in [0, 15, 1, 163, 1, 59, 1, 600] {
        desk.pass(Duration::from_secs(minutes * 60));
        told.push(format!("{} {}", &desk.now()[11..16], indicator(&desk, &own).await));
    }
    insta::assert_snapshot!(told.join("\n"), @"
    09:00 blue none
    09:15 green none
    09:16 green none
    11:59 green none
    12:00 green orange
    12:59 green orange
    13:00 green red
    23:00 green red
    ");
    let closed = desk.admin.post(&ticket.path("close"), &json!({})).await.is(200);
    assert_eq!(closed.body["indicator"]["ticket"], "red");
    assert_eq!(closed.body["indicator"]["red_at"], "2026-03-02T13:00:00.000Z");
    // The past is as it was, whoever asks later.
    assert_eq!(indicator(&desk, &format!("{own}?at_version=1")).await, "blue none");
    let then = format!("{own}?as_of=2026-03-02T09:20:00Z");
    assert_eq!(indicator(&desk, &then).await, "green none");
    let late = sla(&desk, &ticket, "?as_of=2026-03-02T12:30:00Z").await;
    assert_eq!(late["indicator"]["message"], "green");
    assert_eq!(late["indicator"]["ticket"], "orange");
    assert_eq!(clock(&late, "resolution", 1)["state"], "running");
    let after = sla(&desk, &ticket, "").await;
    assert_eq!(clock(&after, "resolution", 1)["verdict"], "breached");
    assert_eq!(clock(&after, "resolution", 1)["breached_at"], "2026-03-02T13:00:00.000Z");
    assert_eq!(clock(&after, "first_response", 1)["fulfilled_by"], "resolution");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_made_late_turned_its_colour_with_the_change() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket_with(json!({ "priority": "low" })).await;
    // Ninety minutes are more than the hour that critical tickets have.
    desk.pass(Duration::from_secs(90 * 60));
    desk.admin.post(&ticket.path("priority"), &json!({ "priority": "critical" })).await.is(200);
    let shown = desk.admin.get(&ticket.own()).await.is(200).body;
    assert_eq!(shown["indicator"]["message"], "green");
    assert_eq!(shown["indicator"]["green_at"], desk.now());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_plan_or_calendar_changes_no_promise_that_was_made() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let before = sla(&desk, &ticket, "").await;
    let put = async |path: &str, change: &dyn Fn(&mut Value)| {
        let mut document = desk.admin.get(path).await.is(200).body;
        for added in ["key", "version", "effective_from"] {
            document.as_object_mut().unwrap().remove(added);
        }
        change(&mut document);
        desk.admin.put(path, &document).await.is(200);
    };
    put("/v1/plans/default", &|it| it["respond"][6]["first_response"] = json!("PT1M")).await;
    put("/v1/calendars/office", &|it| it["weekly"]["mon"] = json!(["10:00-11:00"])).await;
    assert_eq!(sla(&desk, &ticket, "").await, before);
    let next = desk.given_ticket().await;
    let next = sla(&desk, &next, "").await;
    assert_eq!(next["plan"], json!({ "key": "default", "version": 2 }));
    assert_eq!(clock(&next, "first_response", 1)["deadline"], "2026-03-02T10:01:00.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_go_with_a_merge_and_come_back() {
    let desk = Desk::open().await;
    let (source, survivor) = (urgent(&desk).await, desk.given_ticket().await);
    desk.pass(HOUR - Duration::from_secs(60));
    let merge = json!({ "into": survivor.number });
    desk.admin.post(&source.path("merge"), &merge).await.is(200);
    assert_eq!(indicator(&desk, &survivor.own()).await, "green none");
    assert_eq!(indicator(&desk, &source.own()).await, "none none");
    let there = sla(&desk, &survivor, "").await;
    assert_eq!(clock(&there, "first_response", 2)["carried_from"], source.number);
    assert_eq!(clock(&there, "first_response", 2)["verdict"], "breached");
    let here = sla(&desk, &source, "").await;
    assert_eq!(clock(&here, "first_response", 1)["verdict"], "merged");
    let history = desk.admin.get(&source.path("history")).await.is(200);
    let merged = history.body["data"].as_array().unwrap().last().unwrap().clone();
    let undo = json!({ "merge_id": merged["data"]["merge_id"] });
    desk.admin.post(&source.path("unmerge"), &undo).await.is(200);
    assert_eq!(indicator(&desk, &survivor.own()).await, "blue none");
    assert_eq!(indicator(&desk, &source.own()).await, "green none");
    // What the survivor was at the time of the merge is still told with what it had then.
    let then = sla(&desk, &survivor, "?at_version=2").await;
    assert_eq!(clock(&then, "first_response", 2)["verdict"], "breached");
}
