//! Calendars and plans over HTTP: what is published is what is read, and what is wrong is said cell by
//! cell.

use docket_tests::desk::Desk;
use serde_json::{Value, json};

fn office() -> Value {
    json!({
        "name": "Office", "zone": "Europe/Warsaw", "day": "PT8H",
        "weekly": {
            "mon": ["08:00-12:00", "12:30-17:00"], "tue": ["08:00-17:00"], "fri": ["22:00-06:00"],
        },
        "exceptions": [
            { "date": "2026-12-24", "open": ["08:00-12:00"], "name": "Christmas Eve" },
            { "date": "--12-25", "open": [] },
        ],
    })
}

fn plan() -> Value {
    json!({
        "name": "Gold", "calendar": "office", "time": "open",
        "pauses": { "next_reply": [], "resolution": ["awaiting_customer"] },
        "respond": [
            { "tier": "premium", "channel": "*", "priority": "critical", "assignment": "PT5M",
              "first_response": "PT15M", "next_reply": "PT30M", "alarm": "PT10M" },
            { "tier": "*", "channel": "*", "priority": "*", "first_response": "P1D" },
        ],
        "resolve": [
            { "tier": "*", "type": "technical", "priority": "high", "resolution": "P2D",
              "alarm": "PT4H" },
            { "tier": "*", "type": "*", "priority": "*", "resolution": "P5D" },
        ],
    })
}

/// The members of a definition that are its document's.
fn document(mut definition: Value) -> Value {
    for added in ["key", "version", "effective_from"] {
        assert!(definition.as_object_mut().unwrap().remove(added).is_some(), "{added}");
    }
    definition
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_starts_with_a_calendar_and_a_plan_in_force() {
    let desk = Desk::open().await;
    let office = desk.admin.get("/v1/calendars/office").await.is(200);
    assert_eq!(office.body["weekly"]["fri"], json!(["08:00-17:00"]));
    assert_eq!(office.body["weekly"]["sat"], Value::Null);
    let plan = desk.admin.get("/v1/plans/default").await.is(200);
    assert_eq!(plan.text("/calendar"), "office");
    assert_eq!(desk.admin.get("/v1/settings").await.is(200).text("/plan"), "default");
    for kind in ["plans/default", "calendars/office"] {
        let path = format!("/v1/{kind}");
        let refused = desk.admin.send(desk.admin.request("DELETE", &path)).await;
        assert_eq!(refused.problem(), "409 definition_in_use", "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_of_the_contract_are_published_and_read_as_they_were_written() {
    let desk = Desk::open().await;
    let path = "/v1/calendars/office";
    let published = desk.admin.put(path, &office()).await.is(200);
    assert_eq!(published.header("etag"), "\"2\"");
    assert_eq!(document(published.body), office());
    assert_eq!(document(desk.admin.get(path).await.is(200).body), office());
    desk.admin.put("/v1/plans/gold", &plan()).await.is(201);
    assert_eq!(document(desk.admin.get("/v1/plans/gold").await.is(200).body), plan());
    let mut settings = document(desk.admin.get("/v1/settings").await.is(200).body);
    settings["plan"] = json!("gold");
    desk.admin.put("/v1/settings", &settings).await.is(200);
    let versions = desk.admin.get("/v1/calendars/office/versions").await.is(200);
    assert_eq!(versions.body["data"].as_array().unwrap().len(), 2);
    let event = desk.admin.get("/v1/events?type=DefinitionPublished&limit=1000").await.is(200);
    let frozen = event.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["stream"] == "definition-calendar-office" && event["version"] == 2);
    let zone = &frozen.unwrap()["data"]["zone_offsets"];
    assert!(zone["offsets"].as_array().unwrap().len() > 100, "sixty years, twice a year");
    assert!(zone["tzdb"].as_str().unwrap().starts_with("20"), "the release is on record");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_its_cell() {
    let desk = Desk::open().await;
    let put = async |path: &str, change: &dyn Fn(&mut Value), whole: Value| {
        let mut body = whole;
        change(&mut body);
        desk.admin.put(path, &body).await.problem()
    };
    let calendar =
        async |change: &dyn Fn(&mut Value)| put("/v1/calendars/x", change, office()).await;
    assert_eq!(
        calendar(&|it| it["weekly"]["mon"][1] = json!("11:00-13:00")).await,
        "422 invalid_definition /weekly/mon/1:invalid_value"
    );
    assert_eq!(
        calendar(&|it| it["weekly"]["moonday"] = json!([])).await,
        "422 invalid_request /weekly/moonday:invalid_value"
    );
    assert_eq!(
        calendar(&|it| it["exceptions"][0]["date"] = json!("2026-02-30")).await,
        "422 invalid_definition /exceptions/0/date:invalid_value"
    );
    assert_eq!(
        calendar(&|it| (it["weekly"], it["exceptions"]) = (json!({}), json!([]))).await,
        "422 invalid_definition :invalid_value"
    );
    assert_eq!(
        calendar(&|it| it["zone"] = json!("Mars/Olympus")).await,
        "422 unknown_zone /zone:unknown_zone"
    );
    let plan = async |change: &dyn Fn(&mut Value)| put("/v1/plans/x", change, plan()).await;
    assert_eq!(
        plan(&|it| it["respond"][0]["priority"] = json!("utmost")).await,
        "422 invalid_definition /respond/0/priority:invalid_value"
    );
    assert_eq!(
        plan(&|it| drop(it["resolve"].as_array_mut().unwrap().pop())).await,
        "422 invalid_definition /resolve:invalid_value"
    );
    assert_eq!(
        plan(&|it| it["respond"][1]["colour"] = json!("red")).await,
        "422 invalid_request /respond/1/colour:unknown_field"
    );
    let agent = desk.caller("agent").put("/v1/plans/x", &json!({})).await;
    assert_eq!(agent.problem(), "403 forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_whose_openings_are_over_is_one_and_what_is_wrong_in_a_map_is_named() {
    let desk = Desk::open().await;
    let put = async |calendar: Value| desk.admin.put("/v1/calendars/once", &calendar).await;
    let opens_on = |date: &str| {
        let exceptions = json!([{ "date": date, "open": ["08:00-12:00"] }]);
        json!({ "name": "Once", "zone": "UTC", "day": "PT8H", "weekly": {}, "exceptions": exceptions })
    };
    // Its tickets are said to have no deadline; only one that was never to be open is refused (T8).
    put(opens_on("2020-12-25")).await.is(201);
    put(opens_on("--12-25")).await.is(200);
    for (weekly, fault) in [
        (json!({ "tue": [], "mon": "08:00-17:00" }), "invalid_type"),
        (json!({ "tue": [], "monday": [] }), "invalid_value"),
    ] {
        let wrong = weekly.as_object().unwrap().keys().find(|day| *day != "tue").unwrap().clone();
        let mut calendar = opens_on("--12-25");
        calendar["weekly"] = weekly;
        let refused = put(calendar).await;
        let problem = format!("422 invalid_request /weekly/{wrong}:{fault}");
        assert_eq!(refused.problem(), problem);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_publishes_a_calendar_that_ends_is_told_and_one_that_never_opens_is_refused() {
    let desk = Desk::open().await;
    let once = |date: &str| {
        json!({ "name": "Fair", "zone": "Europe/Warsaw", "day": "PT8H",
            "exceptions": [{ "date": date, "open": ["08:00-16:00"] }] })
    };
    let published = desk.admin.put("/v1/calendars/fair", &once("2026-12-24")).await.is(201).body;
    assert_eq!(
        published["doubts"],
        json!([{ "pointer": "/exceptions",
            "detail": "opens on 2026-12-24 for the last time: what is due after that has no deadline" }])
    );
    let refused = desk.admin.put("/v1/calendars/fair", &once("1950-12-24")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body["detail"].as_str().unwrap().contains("never open"), "{}", refused.body);
}
