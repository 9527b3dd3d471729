//! Queues with working hours of their own: which calendar a ticket counts by, and for how long.

use std::time::Duration;

use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);
const REAPPLY: &str = "/v1/plans/default/reapply";

fn calendar(name: &str, hours: &str) -> Value {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let weekly: serde_json::Map<String, Value> =
        days.iter().map(|day| ((*day).to_owned(), json!([hours]))).collect();
    json!({ "name": name, "zone": "UTC", "day": "PT8H", "weekly": weekly })
}

async fn set_queue(desk: &Desk, key: &str, calendar: Value) {
    let queue = json!({ "name": key, "calendar": calendar });
    desk.admin.put(&format!("/v1/queues/{key}"), &queue).await;
}

/// A desk whose queue `technical` works by night, by a calendar of its own.
async fn with_a_night_shift() -> Desk {
    let desk = Desk::open().await;
    desk.admin.put("/v1/calendars/night", &calendar("Night", "22:00-06:00")).await.is(201);
    set_queue(&desk, "technical", json!("night")).await;
    desk
}

/// The calendar that a ticket goes by, and when it is due to be done.
async fn promised(desk: &Desk, ticket: &GivenTicket) -> String {
    let sla = desk.admin.get(&ticket.path("sla")).await.is(200).body;
    let clocks = sla["clocks"].as_array().unwrap();
    let resolution = clocks.iter().find(|it| it["clock"] == "resolution").unwrap();
    let (calendar, due) = (&sla["calendar"]["key"], &resolution["deadline"]);
    format!("{calendar} {due}").replace('"', "")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_counts_by_the_customers_calendar_else_the_queues_else_the_plans() {
    let desk = with_a_night_shift().await;
    desk.admin.put("/v1/calendars/always", &calendar("Always", "00:00-24:00")).await.is(201);
    let entitlement = json!({ "tier": "standard", "from": "2026-01-01T00:00:00.000Z" });
    let mut seen = Vec::new();
    for (queue, own) in
        [("inbox", false), ("technical", false), ("inbox", true), ("technical", true)]
    {
        let mut entitlement = entitlement.clone();
        if own {
            entitlement["calendar"] = json!("always");
        }
        let email = format!("{queue}-{own}@example.com");
        let jan = json!({ "email": email, "entitlement": entitlement });
        let jan = desk.admin.post("/v1/customers", &jan).await.is(201).text("/id");
        let new = json!({ "customer": { "id": jan }, "queue": queue });
        let ticket = desk.given_ticket_with(new).await;
        seen.push(format!("{queue} {own}: {}", promised(&desk, &ticket).await));
    }
    insta::assert_snapshot!(seen.join("\n"), @"
    inbox false: office 2026-03-09T09:00:00.000Z
    technical false: night 2026-03-07T06:00:00.000Z
    inbox true: always 2026-03-04T01:00:00.000Z
    technical true: always 2026-03-04T01:00:00.000Z
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_leaves_the_calendar_and_an_explicit_reapplication_takes_the_queues() {
    let desk = with_a_night_shift().await;
    let moved = desk.given_ticket().await;
    let back = desk.given_ticket_with(json!({ "queue": "technical" })).await;
    let mut seen = Vec::new();
    let mut note = async |when: &str| {
        let told = [promised(&desk, &moved).await, promised(&desk, &back).await];
        seen.push(format!("{when}: {}, {}", told[0], told[1]));
    };
    note("opened").await;
    desk.pass(HOUR);
    for (ticket, queue) in [(&moved, "technical"), (&back, "inbox")] {
        desk.admin.post(&ticket.path("transfer"), &json!({ "queue": queue })).await.is(200);
    }
    note("transferred").await;
    let dry = desk.admin.post(REAPPLY, &json!({})).await.is(200).body;
    assert_eq!(dry["data"].as_array().map(Vec::len), Some(2), "{dry}");
    note("tried").await;
    desk.admin.post(REAPPLY, &json!({ "dry_run": false })).await.is(200);
    note("reapplied").await;
    let again = desk.admin.post(REAPPLY, &json!({})).await.is(200).body;
    assert_eq!(again["data"], json!([]), "it holds already");
    set_queue(&desk, "technical", Value::Null).await;
    note("published").await;
    desk.admin.post(REAPPLY, &json!({ "dry_run": false })).await.is(200);
    note("reapplied").await;
    insta::assert_snapshot!(seen.join("\n"), @"
    opened: office 2026-03-09T09:00:00.000Z, night 2026-03-07T06:00:00.000Z
    transferred: office 2026-03-09T09:00:00.000Z, night 2026-03-07T06:00:00.000Z
    tried: office 2026-03-09T09:00:00.000Z, night 2026-03-07T06:00:00.000Z
    reapplied: night 2026-03-07T05:00:00.000Z, office 2026-03-09T10:00:00.000Z
    published: night 2026-03-07T05:00:00.000Z, office 2026-03-09T10:00:00.000Z
    reapplied: office 2026-03-09T09:00:00.000Z, office 2026-03-09T10:00:00.000Z
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_split_off_counts_by_its_queue_and_no_draft_of_the_plan_changes_its_hours() {
    let desk = with_a_night_shift().await;
    let ticket = desk.given_ticket().await;
    let history = desk.admin.get(&ticket.path("history")).await.is(200).body;
    let message = history["data"][0]["data"]["message"]["id"].clone();
    desk.admin.post(&ticket.path("transfer"), &json!({ "queue": "technical" })).await.is(200);
    let split = json!({ "subject": "The other", "messages": [message] });
    desk.admin.post(&ticket.path("split"), &split).await.is(201);
    let opened = desk.admin.get("/v1/events?limit=1000&type=TicketCreated").await.is(200).body;
    let sla = |nth: usize| &opened["data"][nth]["data"]["sla"];
    assert_eq!(
        (&sla(0)["calendar"]["key"], sla(0).get("queue_calendar")),
        (&json!("office"), None)
    );
    let of_queue = (&sla(1)["calendar"]["key"], &sla(1)["queue_calendar"]);
    assert_eq!(of_queue, (&json!("night"), &json!(true)), "{opened}");
    desk.given_ticket().await;
    desk.views_caught_up().await;
    // An office that is open all day: what the night shift has is not the plan's to change.
    let asked =
        json!({ "from": "2026-03-02T00:00:00Z", "calendar": calendar("All", "00:00-24:00") });
    desk.pass(12 * HOUR);
    let answer = desk.admin.post("/v1/plans/default/what-if", &asked).await.is(200).body;
    let told = |it: &Value| {
        let of = ["clock", "would_be_due"].map(|field| it[field].to_string());
        of.join(" ").replace('"', "")
    };
    let changed: Vec<String> = answer["changed"].as_array().unwrap().iter().map(told).collect();
    insta::assert_snapshot!(changed.join("\n"), @"
    first_response 2026-03-02T17:00:00.000Z
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_names_a_calendar_that_is_there_and_that_stays() {
    let desk = with_a_night_shift().await;
    let refused = json!({ "name": "Post", "calendar": "moon" });
    let refused = desk.admin.put("/v1/queues/post", &refused).await;
    assert_eq!(refused.problem(), "422 invalid_definition /calendar:invalid_value");
    let remove =
        async || desk.admin.send(desk.admin.request("DELETE", "/v1/calendars/night")).await;
    assert_eq!(remove().await.problem(), "409 definition_in_use");
    set_queue(&desk, "technical", Value::Null).await;
    remove().await.is(204);
}
