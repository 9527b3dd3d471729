//! Chains of escalation over HTTP, and whom complaints belong to.

use std::time::Duration;

use docket_api::workers::timers::Timers;
use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A desk whose complaints Ann manages, and whose plan raises what is late to whoever manages.
async fn with_a_chain() -> Desk {
    let desk = Desk::open().await;
    let managed = json!({ "name": "Complaints", "manager": desk.ann });
    desk.admin.put("/v1/queues/complaints", &managed).await.is(200);
    let mut plan = desk.admin.get("/v1/plans/default").await.is(200).body;
    for own in ["key", "version", "effective_from"] {
        plan.as_object_mut().unwrap().remove(own);
    }
    plan["escalation"] = json!([
        { "clock": "first_response", "at": "breach", "level": 2, "to": "manager",
          "notify": [{ "role": "supervisor" }], "priority": "high" },
        { "clock": "first_response", "at": "breach", "after": "P1D", "level": 3, "to": { "team": "inbox" },
          "notify": [{ "agent": desk.ann }] },
    ]);
    desk.admin.put("/v1/plans/default", &plan).await.is(200);
    desk
}

async fn fire(desk: &Desk) {
    for _ in 0..3 {
        desk.views_caught_up().await;
        Timers::default().fire_due(&desk.server.docket).await.unwrap();
    }
    desk.views_caught_up().await;
}

/// What chains did to a ticket.
async fn raised(desk: &Desk, ticket: &GivenTicket) -> Vec<Value> {
    let history = desk.admin.get(&format!("{}/history", ticket.own())).await.is(200).body;
    let events = history["data"].as_array().unwrap().iter();
    events.filter(|event| event["type"] == "TicketEscalated").cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_late_is_raised_step_by_step_until_it_is_answered() {
    let desk = with_a_chain().await;
    let queue = json!({ "queue": "complaints" });
    let (late, answered) =
        (desk.given_ticket_with(queue.clone()).await, desk.given_ticket_with(queue).await);
    desk.pass(2 * DAY);
    fire(&desk).await;
    desk.admin.post(&answered.path("reply"), &json!({ "body": "Sorry" })).await.is(200);
    desk.pass(3 * DAY);
    fire(&desk).await;

    let steps = raised(&desk, &late).await;
    assert_eq!(steps.len(), 2, "{steps:#?}");
    let [first, second] = [&steps[0]["data"], &steps[1]["data"]];
    assert_eq!(first["to"]["id"], desk.ann);
    assert_eq!(first["rule"]["notified"], json!([{ "role": "supervisor" }]));
    assert_eq!(
        (&second["level"], &second["rule"]["whom"]),
        (&json!(3), &json!({ "team": "inbox" }))
    );
    let ann = desk.admin.get(&format!("/v1/agents/{}", desk.ann)).await.is(200).text("/name");
    assert_eq!(second["rule"]["agents"], json!([{ "id": desk.ann, "name": ann }]));
    let timeline = desk.admin.get(&late.path("timeline")).await.is(200);
    let timeline = String::from_utf8_lossy(&timeline.bytes).into_owned();
    assert!(timeline.contains(&format!("telling {ann}")), "by name: {timeline}");
    let sla = desk.admin.get(&format!("{}/sla", late.own())).await.is(200).body;
    let clocks = sla["clocks"].as_array().unwrap();
    let clock = clocks.iter().find(|it| it["clock"] == "first_response").unwrap();
    assert_eq!(
        steps[0]["occurred_at"], clock["deadline"],
        "when it was due, not when it was noticed"
    );
    let ticket = desk.admin.get(&late.own()).await.is(200);
    assert_eq!(
        (ticket.text("/priority"), &ticket.body["escalation_level"]),
        ("high".into(), &json!(3))
    );
    assert_eq!(raised(&desk, &answered).await.len(), 1, "an answer ends the chain");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_major_complaint_belongs_to_the_queues_manager_and_is_decided_before_the_end() {
    let desk = with_a_chain().await;
    let ticket = desk.given_ticket_with(json!({ "queue": "complaints" })).await;
    let complaint = json!({ "claim": "It took a month", "severity": "major" });
    desk.admin.post(&ticket.path("complaint"), &complaint).await.is(200);
    let history = desk.admin.get(&format!("{}/history", ticket.own())).await.is(200).body;
    let raised = history["data"].as_array().unwrap().last().unwrap();
    assert_eq!(raised["data"]["owner"]["id"], desk.ann);
    let closed = desk.admin.post(&ticket.path("close"), &json!({})).await;
    assert_eq!(closed.problem(), "409 complaint_open");
    let decided = json!({ "decision": "rejected", "reasoning": "it came in time" });
    desk.admin.post(&ticket.path("complaint/decide"), &decided).await.is(200);
    desk.admin.post(&ticket.path("close"), &json!({})).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_major_complaint_that_no_manager_would_own_is_refused() {
    let desk = with_a_chain().await;
    let ticket = desk.given_ticket().await;
    let bea = desk.admin.post("/v1/agents", &json!({ "name": "Bea" })).await.is(201).text("/id");
    let complain = async |owner: Value| {
        let body = json!({ "claim": "It took a month", "severity": "major", "owner": owner });
        desk.admin.post(&ticket.path("complaint"), &body).await
    };
    let refused = complain(Value::Null).await;
    assert_eq!(refused.problem(), "409 no_manager", "the inbox has none");
    assert_eq!(complain(json!(bea)).await.problem(), "422 not_a_manager /owner:not_a_manager");
    complain(json!(desk.ann)).await.is(200);
}
