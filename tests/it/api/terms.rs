//! Terms over HTTP: those of departments among themselves, those of a contract, and what a bounce says.

use std::time::Duration;

use docket_tests::desk::Desk;
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);

async fn plan(desk: &Desk) -> Value {
    let mut plan = desk.admin.get("/v1/plans/default").await.is(200).body;
    for added in ["key", "version", "effective_from"] {
        plan.as_object_mut().unwrap().remove(added);
    }
    plan
}

/// The clocks of a kind, one on a line.
fn told(sla: &Value, kind: &str) -> String {
    let clocks = sla["clocks"].as_array().unwrap().iter().filter(|it| it["clock"] == kind);
    let line = |it: &Value| {
        let of = ["instance", "measure", "deadline", "stopped_at", "verdict", "fulfilled_by"];
        of.map(|field| it[field].to_string()).join(" ")
    };
    clocks.map(line).collect::<Vec<_>>().join("\n").replace('"', "")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_has_terms_of_its_own_and_nobody_elses_are_touched() {
    let desk = Desk::open().await;
    let mut plan = plan(&desk).await;
    plan["internal"] = json!([{ "queue": "inbox", "ola": "PT2H" },
        { "queue": "technical", "ola": "PT1H" }]);
    desk.admin.put("/v1/plans/default", &plan).await.is(200);
    let ticket = desk.given_ticket().await;
    desk.pass(HOUR);
    desk.admin.post(&ticket.path("transfer"), &json!({ "queue": "technical" })).await.is(200);
    desk.pass(2 * HOUR);
    desk.admin.post(&ticket.path("transfer"), &json!({ "queue": "inbox" })).await.is(200);
    let sla = desk.admin.get(&ticket.path("sla")).await.is(200).body;
    insta::assert_snapshot!(told(&sla, "ola"), @"
    1 first 2026-03-02T11:00:00.000Z 2026-03-02T10:00:00.000Z met transfer
    2 first 2026-03-02T11:00:00.000Z 2026-03-02T12:00:00.000Z breached transfer
    3 cumulative 2026-03-02T13:00:00.000Z null null null
    ");
    let ola = sla["clocks"].as_array().unwrap().iter().rfind(|it| it["clock"] == "ola").unwrap();
    assert_eq!(ola["row"], json!({ "tier": "*", "queue": "inbox", "priority": "*" }));
    insta::assert_snapshot!(ola["because"].as_str().unwrap(), @"Its queue's part was promised within 2 h of open time (tier *, queue inbox, priority *), counted since 2026-03-02T09:00:00.000Z; 1 h have counted, and it is due at 2026-03-02T13:00:00.000Z.");
    insta::assert_snapshot!(told(&sla, "resolution"), @"1 first 2026-03-09T09:00:00.000Z null null null");
    desk.views_caught_up().await;
    let path =
        "/v1/compliance?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&clock=ola&by=queue";
    let report = desk.admin.get(path).await.is(200).body;
    let line = |it: &Value| format!("{} {} {}", it["group"]["queue"], it["met"], it["breached"]);
    let lines: Vec<String> = report["data"].as_array().unwrap().iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n").replace('"', ""), @"
    inbox 0 0
    inbox 1 0
    technical 0 1
    ");
    for (row, wrong) in [
        (json!({ "queue": "nowhere", "ola": "PT1H" }), "/internal/0/queue:unknown"),
        (json!({ "ola": "P2W" }), "/internal/0/ola:invalid"),
    ] {
        plan["internal"] = json!([row]);
        let refused = desk.admin.put("/v1/plans/default", &plan).await;
        assert_eq!(refused.status, 422);
        let pointer = &refused.body["errors"][0]["pointer"];
        assert_eq!(pointer, wrong.split_once(':').unwrap().0, "{}", refused.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_entitles_from_its_first_day_until_its_last_to_a_tier_and_a_calendar() {
    let desk = Desk::open().await;
    let always = json!({ "name": "Always", "zone": "UTC", "day": "PT24H", "weekly":
        { "mon": ["00:00-24:00"], "tue": ["00:00-24:00"], "wed": ["00:00-24:00"],
          "thu": ["00:00-24:00"], "fri": ["00:00-24:00"], "sat": ["00:00-24:00"], "sun": ["00:00-24:00"] } });
    desk.admin.put("/v1/calendars/always", &always).await.is(201);
    let entitlement = json!({ "tier": "premium", "from": "2026-03-02T10:00:00.000Z",
        "until": "2026-03-02T12:00:00.000Z", "calendar": "always", "contract": "K-2026/17" });
    let jan = json!({ "email": "jan@example.com", "entitlement": entitlement });
    let jan = desk.admin.post("/v1/customers", &jan).await.is(201).text("/id");
    let mut seen = Vec::new();
    for _ in 0..4 {
        let ticket = desk.given_ticket_with(json!({ "customer": { "id": jan } })).await;
        let history = desk.admin.get(&ticket.path("history")).await.is(200).body;
        let opened = &history["data"][0]["data"];
        let sla = desk.admin.get(&ticket.path("sla")).await.is(200).body;
        let resolution =
            sla["clocks"].as_array().unwrap().iter().find(|it| it["clock"] == "resolution");
        seen.push(format!(
            "{} {} {} {}",
            opened["tier"],
            opened["contract"],
            sla["calendar"]["key"],
            resolution.unwrap()["deadline"]
        ));
        desk.pass(HOUR);
    }
    insta::assert_snapshot!(seen.join("\n").replace('"', ""), @"
    standard null office 2026-03-09T09:00:00.000Z
    premium K-2026/17 always 2026-03-05T10:00:00.000Z
    premium K-2026/17 always 2026-03-05T11:00:00.000Z
    standard null office 2026-03-09T12:00:00.000Z
    ");
    for (field, value, problem) in [
        ("calendar", json!("moon"), "/entitlement/calendar"),
        ("until", json!("2026-03-02T10:00:00.000Z"), "/entitlement/until"),
        ("tier", json!("gold"), "/entitlement/tier"),
    ] {
        let mut wrong = entitlement.clone();
        wrong[field] = value;
        let path = format!("/v1/customers/{jan}");
        let refused = desk.admin.request("PATCH", &path).json(&json!({ "entitlement": wrong }));
        let refused = desk.admin.send(refused).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert_eq!(refused.body["errors"][0]["pointer"], problem, "{}", refused.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_keeps_the_calendar_that_it_names_when_that_is_retired_and_is_not_asked_for_it_again()
 {
    let desk = Desk::open().await;
    let weekend = json!({ "name": "Weekend", "zone": "UTC", "day": "PT24H", "weekly":
        { "sat": ["00:00-24:00"], "sun": ["00:00-24:00"] } });
    for (hours, status) in [("00:00-24:00", 201), ("08:00-20:00", 200)] {
        let mut weekend = weekend.clone();
        weekend["weekly"]["sat"] = json!([hours]);
        desk.admin.put("/v1/calendars/weekend", &weekend).await.is(status);
    }
    let entitlement =
        json!({ "tier": "premium", "from": "2026-03-01T00:00:00.000Z", "calendar": "weekend" });
    let jan = json!({ "email": "jan@example.com", "entitlement": entitlement });
    let registered = desk.admin.post_once("/v1/customers", "jan", &jan).await.is(201);
    let id = registered.text("/id");
    let path = format!("/v1/customers/{id}");
    let change = async |body: &Value| {
        let change = desk.admin.request("PATCH", &path).header("idempotency-key", "change");
        desk.admin.send(change.json(body)).await
    };
    let renamed = json!({ "name": "Jan Kowalski", "entitlement": entitlement });
    let changed = change(&renamed).await.is(200);
    let before = desk.given_ticket_with(json!({ "customer": { "id": id } })).await;

    desk.admin.send(desk.admin.request("DELETE", "/v1/calendars/weekend")).await.is(204);
    let after = desk.given_ticket_with(json!({ "customer": { "id": id } })).await;
    for ticket in [&before, &after] {
        let sla = desk.admin.get(&ticket.path("sla")).await.is(200).body;
        assert_eq!(sla["calendar"], json!({ "key": "weekend", "version": 2 }));
    }
    // A repetition is answered as the first time was, though nobody could be promised it now.
    assert_eq!(
        desk.admin.post_once("/v1/customers", "jan", &jan).await.is(201).body,
        registered.body
    );
    assert_eq!(change(&renamed).await.is(200).body, changed.body);
    let eva = json!({ "email": "eva@example.com", "entitlement": entitlement });
    let refused = desk.admin.post("/v1/customers", &eva).await;
    assert_eq!(refused.problem(), "422 unknown_calendar /entitlement/calendar:unknown_calendar");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_ticket_is_promised_by_is_what_holds_and_not_what_has_the_highest_number() {
    let desk = Desk::open().await;
    let mut night = json!({ "name": "Night", "zone": "UTC", "day": "PT8H", "weekly": {} });
    for (day, status) in [("22:00-06:00", 201), ("21:00-05:00", 200), ("20:00-04:00", 200)] {
        night["weekly"] = json!({ "mon": [day], "tue": [day], "wed": [day] });
        desk.admin.put("/v1/calendars/night", &night).await.is(status);
    }
    let mut nightly = plan(&desk).await;
    nightly["calendar"] = json!("night");
    let ticket = desk.given_ticket().await;
    // Everything is late before another plan version is laid under it: only what is to come goes by it.
    desk.pass(30 * 24 * HOUR);
    desk.admin.put("/v1/plans/default", &nightly).await.is(200);
    desk.views_caught_up().await;
    let wet = json!({ "dry_run": false });
    let done = desk.admin.post("/v1/plans/default/reapply", &wet).await.is(200).body;
    assert_eq!(done["data"][0]["clocks"], json!([]), "{done}");
    let sla = desk.admin.get(&ticket.path("sla")).await.is(200).body;
    let held = (&sla["plan"]["version"], &sla["calendar"]);
    assert_eq!(held, (&json!(2), &json!({ "key": "night", "version": 3 })));
    let of = |clock: &Value| clock["calendar"]["key"].clone();
    assert!(sla["clocks"].as_array().unwrap().iter().all(|clock| of(clock) == "office"));
    let again = desk.admin.post("/v1/plans/default/reapply", &wet).await.is(200).body;
    assert_eq!(again["data"], json!([]), "once is enough");
    desk.admin.post(&ticket.path("reply"), &json!({ "body": "We look." })).await.is(200);
    let asked = json!({ "body": "And now?", "channel": "email" });
    desk.admin.post(&ticket.path("message"), &asked).await.is(200);
    let sla = desk.admin.get(&ticket.path("sla")).await.is(200).body;
    let next = sla["clocks"].as_array().unwrap().iter().find(|it| it["clock"] == "next_reply");
    assert_eq!(next.map(of), Some(json!("night")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_or_a_channel_that_was_wrong_is_corrected_and_its_targets_with_it() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket_with(json!({ "priority": "critical" })).await;
    desk.pass(HOUR / 2);
    let corrected = json!({ "tier": "premium", "channel": "chat", "type": "technical" });
    let shown = desk.admin.post(&ticket.path("classify"), &corrected).await.is(200).body;
    let told = (&shown["customer"]["tier"], &shown["channel"], &shown["type"]);
    assert_eq!(told, (&json!("premium"), &json!("chat"), &json!("technical")));
    // Five minutes are past already; four hours for the end are not.
    let sla = desk.admin.get(&ticket.path("sla")).await.is(200).body;
    insta::assert_snapshot!(told_of(&sla), @"
    assignment 150000 2026-03-02T09:02:30.000Z 2026-03-02T09:30:00.000Z retarget
    first_response 300000 2026-03-02T09:05:00.000Z 2026-03-02T09:30:00.000Z retarget
    resolution 14400000 2026-03-02T13:00:00.000Z null null
    ");
    let timeline = desk.admin.get(&ticket.path("timeline")).await.is(200).body;
    insta::assert_snapshot!(timeline["data"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap_or_default(), @"admin changed the tier from standard to premium and the channel from email to chat, by which the ticket is promised.");
    desk.views_caught_up().await;
    let path = "/v1/compliance?to=2026-03-03T00:00:00Z&clock=first_response&by=tier,channel";
    let report = desk.admin.get(path).await.is(200).body;
    let group = json!({ "clock": "first_response", "tier": "premium", "channel": "chat" });
    assert_eq!(report["data"][0]["group"], group, "booked as what it was when it was late");
    for (wrong, problem) in [
        (json!({ "tier": "gold" }), "422 unknown_tier /tier:unknown_tier"),
        (json!({}), "422 invalid_request /category:missing_field"),
    ] {
        let refused = desk.admin.post(&ticket.path("classify"), &wrong).await;
        assert_eq!(refused.problem(), problem);
    }
}

/// What was promised within which time, and whether it is late, one clock on a line.
fn told_of(sla: &Value) -> String {
    let clocks = sla["clocks"].as_array().unwrap().iter();
    let line = |it: &Value| {
        let of = ["clock", "target_ms", "deadline", "breached_at", "breached_by"];
        of.map(|field| it[field].to_string()).join(" ")
    };
    clocks.map(line).collect::<Vec<_>>().join("\n").replace('"', "")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_bounced_keeps_its_verdict_and_says_so() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    desk.pass(HOUR);
    desk.admin.post(&ticket.path("reply"), &json!({ "body": "We look." })).await.is(200);
    let history = desk.admin.get(&ticket.path("history")).await.is(200).body;
    let replied = history["data"].as_array().unwrap().last().unwrap();
    let reply = replied["data"]["message"]["id"].as_str().unwrap().to_owned();
    let wordy = json!({ "message": reply, "code": "550 no such user" });
    let refused = desk.admin.post(&ticket.path("bounce"), &wordy).await.problem();
    assert_eq!(refused, "422 invalid_request /code:invalid_value");
    let said = json!({ "message": reply, "code": "5.1.1", "reason": "no such user" });
    desk.admin.post(&ticket.path("bounce"), &said).await.is(200);
    let sla = desk.admin.get(&ticket.path("sla")).await.is(200).body;
    let first = sla["clocks"].as_array().unwrap().iter().find(|it| it["clock"] == "first_response");
    let first = first.unwrap();
    assert_eq!((&first["verdict"], &first["bounced_at"]), (&json!("met"), &json!(desk.now())));
    let question = history["data"][0]["data"]["message"]["id"].clone();
    let refused = desk.admin.post(&ticket.path("bounce"), &json!({ "message": question })).await;
    assert_eq!(refused.status, 422, "what the customer wrote cannot bounce: {}", refused.body);
}
