//! Who is away is given nothing, and the desk sees until when (S-63, S-91).

use std::time::Duration;

use docket_tests::desk::Desk;
use serde_json::{Value, json};

const NEXT: &str = "/v1/queues/inbox/next";
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread")]
async fn an_absence_is_planned_seen_and_ended_early() {
    let desk = Desk::open().await;
    let bea = desk.admin.post("/v1/agents", &json!({ "name": "Bea" })).await.is(201).text("/id");
    let absences = format!("/v1/agents/{}/absences", desk.ann);
    let (from, until) = (
        desk.server.docket.now().plus_millis(3_600_000),
        desk.server.docket.now().plus_millis(7_200_000),
    );
    let leave = json!({ "from": from, "until": until, "substitute": bea });
    let planned = desk.caller("supervisor").post_once(&absences, "k", &leave).await.is(201);
    assert_eq!(planned.body["absent"], false);
    assert_eq!(planned.body["absences"][0]["until"], until.to_string());
    assert_eq!(planned.text("/absences/0/substitute/name"), "Bea");
    let again = desk.caller("supervisor").post_once(&absences, "k", &leave).await.is(201);
    assert_eq!(again.body, planned.body, "recorded once");

    let ann = format!("/v1/agents/{}", desk.ann);
    desk.pass(HOUR);
    assert_eq!(desk.admin.get(&ann).await.is(200).body["absent"], true, "from the first instant");
    let end = format!("{absences}/{}/end", planned.text("/absences/0/id"));
    let back = desk.admin.post(&end, &json!({})).await.is(200);
    assert_eq!((&back.body["absent"], &back.body["absences"]), (&json!(false), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absence_that_cannot_be_is_refused_by_the_field_that_says_so() {
    let desk = Desk::open().await;
    let absences = format!("/v1/agents/{}/absences", desk.ann);
    let now = desk.server.docket.now();
    let refused = async |body: Value| desk.admin.post(&absences, &body).await.problem();
    let until = now.plus_millis(60_000);
    let nobody = "0192f0c1-0000-7000-8000-000000000000";
    assert_eq!(
        refused(json!({ "from": until, "until": now })).await,
        "422 absence_over /until:absence_over"
    );
    assert_eq!(
        refused(json!({ "until": until, "substitute": desk.ann })).await,
        "422 own_substitute /substitute:own_substitute"
    );
    assert_eq!(
        refused(json!({ "until": until, "substitute": nobody })).await,
        "422 unknown_agent /substitute:unknown_agent"
    );
    desk.admin.post(&absences, &json!({ "until": until })).await.is(201);
    assert_eq!(refused(json!({ "until": until })).await, "409 absence_overlaps");
    let missing = desk.admin.post(&format!("{absences}/{nobody}/end"), &json!({})).await;
    assert_eq!(missing.problem(), "404 not_found");
    let nobodys = format!("/v1/agents/{nobody}/absences");
    let missing = desk.admin.post(&nobodys, &json!({ "until": until })).await;
    assert_eq!(missing.problem(), "404 not_found");
    let own = desk.caller("agent").post(&absences, &json!({ "until": until })).await;
    assert_eq!(own.problem(), "403 forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_away_takes_nothing_from_a_queue_until_the_absence_is_over() {
    let desk = Desk::open().await;
    desk.given_ticket().await;
    let absences = format!("/v1/agents/{}/absences", desk.ann);
    let until = desk.server.docket.now().plus_millis(3_600_000);
    desk.admin.post(&absences, &json!({ "until": until })).await.is(201);
    let refused = desk.caller("agent").post(NEXT, &json!({})).await;
    assert_eq!(refused.problem(), "409 agent_absent");
    desk.pass(HOUR);
    desk.caller("agent").post(NEXT, &json!({})).await.is(200);
}
