//! Complaints over HTTP (S-72): how far an agent may go, what is prepared, who looks at it afterwards.

use docket_tests::desk::{Caller, Desk, GivenTicket};
use serde_json::{Value, json};

/// An agent with a discretion of 25 euros, and who calls in their name.
async fn limited(desk: &Desk) -> (String, Caller) {
    let limit = json!({ "value": "25", "currency": "EUR" });
    let agent = json!({ "name": "Ola Wójcik", "discretion": limit });
    let agent = desk.admin.post("/v1/agents", &agent).await.is(201);
    assert_eq!(agent.body["discretion"], json!({ "value": "25.00", "currency": "EUR" }));
    let id = agent.text("/id");
    let token = json!({ "role": "agent", "name": "Ola's phone", "agent": id });
    let token = desk.admin.post("/v1/tokens", &token).await.is(201).text("/token");
    (id, desk.admin.with(&token))
}

/// A ticket of the category `complaint/delivery`, of which somebody complains.
async fn complained(desk: &Desk) -> GivenTicket {
    let ticket = desk.given_ticket_with(json!({ "category": "complaint/delivery" })).await;
    let complaint = json!({ "claim": "the parcel came broken" });
    desk.admin.post(&ticket.path("complaint"), &complaint).await.is(200);
    ticket
}

async fn prepare(desk: &Desk) {
    let complaint = json!({ "name": "Complaint", "solutions": [
        { "key": "voucher", "name": "A voucher", "decision": "partly_accepted",
          "reasoning": "broken on the way", "amount": { "value": "30", "currency": "EUR" } },
        { "key": "sorry", "name": "An apology", "decision": "rejected", "reasoning": "not ours" }
    ] });
    desk.admin.put("/v1/categories/complaint", &complaint).await.is(200);
    let delivery = json!({ "name": "Delivery" });
    let made = desk.admin.put("/v1/categories/complaint/delivery", &delivery).await;
    assert!(made.status == 200 || made.status == 201, "{}", made.status);
}

async fn only(caller: &Caller, ticket: &GivenTicket) -> Value {
    let complaints = caller.get(&ticket.path("complaints")).await.is(200);
    complaints.body["data"].as_array().unwrap().last().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_grants_as_much_as_the_own_discretion_allows() {
    let desk = Desk::open().await;
    prepare(&desk).await;
    let (id, ola) = limited(&desk).await;
    let ticket = complained(&desk).await;
    let decide = |amount: Value| json!({ "decision": "accepted", "reasoning": "packed badly", "amount": amount });
    let euros = |value: &str| json!({ "value": value, "currency": "EUR" });
    let path = ticket.path("complaint/decide");
    for (amount, told) in [
        (euros("25.01"), "422 beyond_discretion /amount:beyond_discretion"),
        (
            json!({ "value": "5", "currency": "USD" }),
            "422 beyond_discretion /amount:beyond_discretion",
        ),
    ] {
        assert_eq!(ola.post(&path, &decide(amount)).await.problem(), told);
    }
    for amount in [euros("-5"), euros("1e3"), json!({ "value": "5", "currency": "euro" }), json!(5)]
    {
        let refused = ola.post(&path, &decide(amount)).await;
        assert!(
            refused.problem().starts_with("422 invalid_request /amount"),
            "{}",
            refused.problem()
        );
    }
    let in_words =
        json!({ "decision": "accepted", "reasoning": "packed badly", "compensation": "a lamp" });
    let refused = ola.post(&path, &in_words).await;
    assert_eq!(refused.problem(), "422 amount_missing /amount:amount_missing");
    ola.post(&path, &decide(euros("25"))).await.is(200);
    let decided = only(&ola, &ticket).await["decided"].clone();
    assert_eq!(decided["by"], json!({ "id": id, "name": "Ola Wójcik" }));
    assert_eq!(decided["authority"], json!({ "discretion": { "limit": euros("25.00") } }));
    assert_eq!(decided["amount"], euros("25.00"));

    // Without a limit everything is as it was before there were limits.
    let unlimited = desk.admin.request("PATCH", &format!("/v1/agents/{id}"));
    let unlimited = desk.admin.send(unlimited.json(&json!({ "discretion": null }))).await.is(200);
    assert_eq!(unlimited.body["discretion"], Value::Null);
    let other = complained(&desk).await;
    ola.post(&other.path("complaint/decide"), &in_words).await.is(200);
    // Whoever leads is bound by none.
    let third = complained(&desk).await;
    let much = decide(euros("5000"));
    desk.caller("supervisor").post(&third.path("complaint/decide"), &much).await.is(200);
    assert_eq!(only(&ola, &third).await["decided"]["authority"], "supervisor");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minor_complaint_carries_what_was_prepared_for_its_category() {
    let desk = Desk::open().await;
    prepare(&desk).await;
    let (_, ola) = limited(&desk).await;
    let ticket = complained(&desk).await;
    let offered = only(&ola, &ticket).await["solutions"].clone();
    assert_eq!(offered.as_array().unwrap().len(), 2);
    assert_eq!(offered[0]["key"], "voucher");
    let path = ticket.path("complaint/decide");
    let refused = ola.post(&path, &json!({ "solution": "flowers" })).await;
    assert_eq!(refused.problem(), "422 unknown_solution /solution:unknown_solution");
    let refused = ola.post(&path, &json!({})).await;
    let missing = "422 invalid_request /decision:missing_field /reasoning:missing_field";
    assert_eq!(refused.problem(), missing);
    ola.post(&path, &json!({ "solution": "voucher" })).await.is(200);
    let decided = only(&ola, &ticket).await;
    assert_eq!(decided["solutions"], json!([]));
    let decided = &decided["decided"];
    assert_eq!(decided["authority"], "solution");
    assert_eq!(decided["amount"], json!({ "value": "30.00", "currency": "EUR" }));
    assert_eq!(decided["solution"]["category"]["key"], "complaint");
    assert_eq!(decided["reasoning"], "broken on the way");

    let twice = json!({ "name": "Complaint", "solutions": [
        { "key": "a", "name": " ", "decision": "accepted", "reasoning": "r" },
        { "key": "a", "name": "A", "decision": "accepted", "reasoning": "" } ] });
    let refused = desk.admin.put("/v1/categories/complaint", &twice).await;
    for cell in ["/solutions/0/name", "/solutions/1/key", "/solutions/1/reasoning"] {
        assert!(refused.problem().contains(cell), "{}", refused.problem());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_reviewed_by_somebody_else_also_after_a_merge() {
    let desk = Desk::open().await;
    prepare(&desk).await;
    let ticket = complained(&desk).await;
    let lead = desk.caller("supervisor");
    let complaint = only(lead, &ticket).await["id"].clone();
    let review =
        |finding: &str| json!({ "complaint_id": complaint, "finding": finding, "note": "seen" });
    let path = ticket.path("complaint/review");
    assert_eq!(lead.post(&path, &review("confirmed")).await.problem(), "409 complaint_open");
    let solved = json!({ "solution": "sorry" });
    lead.post(&ticket.path("complaint/decide"), &solved).await.is(200);
    assert_eq!(lead.post(&path, &review("confirmed")).await.problem(), "409 own_decision");
    let agent = desk.caller("agent").post(&path, &review("confirmed")).await;
    assert_eq!(agent.status, 403);
    desk.admin.post(&path, &review("confirmed")).await.is(200);
    assert_eq!(only(lead, &ticket).await["reviewed"]["finding"], "confirmed");

    let root = desk.given_ticket().await;
    desk.admin.post(&ticket.path("merge"), &json!({ "into": root.id })).await.is(200);
    desk.admin.post(&root.path("complaint/review"), &review("faulted")).await.is(200);
    let reviewed = only(lead, &ticket).await["reviewed"].clone();
    assert_eq!((&reviewed["finding"], &reviewed["note"]), (&json!("faulted"), &json!("seen")));
    let unknown = json!({ "complaint_id": root.id, "finding": "faulted" });
    let refused = desk.admin.post(&root.path("complaint/review"), &unknown).await;
    assert_eq!(refused.problem(), "422 unknown_complaint /complaint_id:unknown_complaint");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stands_in_for_a_manager_decides_what_is_the_managers() {
    let desk = Desk::open().await;
    let (ola, ola_calls) = limited(&desk).await;
    let boss = desk.admin.post("/v1/agents", &json!({ "name": "Boss" })).await.is(201).text("/id");
    let queue = json!({ "name": "Claims", "manager": boss });
    desk.admin.put("/v1/queues/claims", &queue).await.is(201);
    let ticket = desk.given_ticket_with(json!({ "queue": "claims" })).await;
    let complaint = json!({ "claim": "ignored for weeks", "severity": "major" });
    desk.admin.post(&ticket.path("complaint"), &complaint).await.is(200);
    let path = ticket.path("complaint/decide");
    let decision = json!({ "decision": "accepted", "reasoning": "it was so" });
    assert_eq!(ola_calls.post(&path, &decision).await.problem(), "409 not_the_owner");

    let leave = json!({ "until": "2027-01-01T00:00:00Z", "substitute": ola });
    desk.admin.post(&format!("/v1/agents/{boss}/absences"), &leave).await.is(201);
    ola_calls.post(&path, &decision).await.is(200);
    let decided = only(&ola_calls, &ticket).await["decided"].clone();
    assert_eq!(decided["by"]["id"], json!(ola));
    assert_eq!(decided["authority"], "manager");
    assert_eq!(decided["in_place_of"], json!({ "id": boss, "name": "Boss" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_manager_leaves_behind_is_found_and_given_to_another() {
    let desk = Desk::open().await;
    let (_, ola) = limited(&desk).await;
    let add = async |name: &str| {
        desk.admin.post("/v1/agents", &json!({ "name": name })).await.is(201).text("/id")
    };
    let (boss, next) = (add("Boss").await, add("Next").await);
    let manages = |id: &str| json!({ "name": "Claims", "manager": id });
    desk.admin.put("/v1/queues/claims", &manages(&boss)).await.is(201);
    let ticket = desk.given_ticket_with(json!({ "queue": "claims" })).await;
    desk.admin.post(&ticket.path("complaint"), &json!({ "claim": "it burnt" })).await.is(200);
    // It turns out to be graver than was thought.
    let path = ticket.path("complaint/assign");
    ola.post(&path, &json!({ "severity": "major", "reason": "a fire" })).await.is(200);
    let raised = only(&ola, &ticket).await;
    assert_eq!((&raised["severity"], &raised["owner"]["name"]), (&json!("major"), &json!("Boss")));

    let leaves = desk.admin.request("PATCH", &format!("/v1/agents/{boss}"));
    desk.admin.send(leaves.json(&json!({ "active": false }))).await.is(200);
    desk.views_caught_up().await;
    let nobodys = "/v1/complaints?status=open&owner=none";
    let listed = desk.admin.get(nobodys).await.is(200);
    assert_eq!(listed.body["data"][0]["number"], json!(ticket.number));
    assert_eq!(ola.post(&path, &json!({ "owner": next })).await.problem(), "409 not_the_owner");
    let manages_nothing = desk.admin.post(&path, &json!({ "owner": next })).await.problem();
    assert_eq!(manages_nothing, "422 not_a_manager /owner:not_a_manager");
    desk.admin.put("/v1/queues/claims", &manages(&next)).await.is(200);
    desk.admin.post(&path, &json!({ "owner": next })).await.is(200);
    desk.views_caught_up().await;
    assert_eq!(desk.admin.get(nobodys).await.is(200).body["data"], json!([]));
    assert_eq!(only(&ola, &ticket).await["owner"]["id"], json!(next));
    let told = desk.admin.get(&ticket.path("timeline")).await.is(200);
    let told = told.body["data"].as_array().unwrap().iter().map(|it| it["text"].to_string());
    let told: Vec<String> = told.filter(|it| it.contains("gave the complaint")).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    "Ola Wójcik gave the complaint as a major one to Boss: “a fire”."
    "admin gave the complaint to Next; Boss owned it."
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_makes_no_major_complaint_their_own_by_managing_another_queue() {
    let desk = Desk::open().await;
    let (ola, calls) = limited(&desk).await;
    let queue = json!({ "name": "Claims", "manager": ola });
    desk.admin.put("/v1/queues/claims", &queue).await.is(201);
    let mine = json!({ "claim": "it burnt", "severity": "major", "owner": ola });
    let elsewhere = desk.given_ticket().await;
    let refused = calls.post(&elsewhere.path("complaint"), &mine).await;
    assert_eq!(refused.problem(), "422 not_to_oneself /owner:not_to_oneself");
    desk.admin.post(&elsewhere.path("complaint"), &mine).await.is(200);
    let hers = desk.given_ticket_with(json!({ "queue": "claims" })).await;
    calls.post(&hers.path("complaint"), &mine).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_a_complaint_shall_be_is_said_and_no_time_that_has_not_come() {
    let desk = Desk::open().await;
    let ticket = complained(&desk).await;
    let path = ticket.path("complaint/assign");
    assert_eq!(
        desk.admin.post(&path, &json!({})).await.problem(),
        "422 invalid_request /owner:missing_field"
    );
    let less = desk.admin.post(&path, &json!({ "severity": "minor" })).await.problem();
    assert_eq!(less, "422 invalid_request /severity:invalid_value /owner:missing_field");
    let told =
        json!({ "decision": "accepted", "reasoning": "so", "told_at": "2030-01-01T00:00:00Z" });
    let early = desk.admin.post(&ticket.path("complaint/decide"), &told).await.problem();
    assert_eq!(early, "422 invalid_request /told_at:not_yet");
}
