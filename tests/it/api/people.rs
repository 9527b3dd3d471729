//! Customers, agents, tokens and saved views.

use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_registers_on_first_contact_and_is_found_again() {
    let desk = Desk::open().await;
    let first = desk.given_ticket().await;
    let second = desk.given_ticket().await;
    let first = desk.admin.get(&first.own()).await.is(200);
    let second = desk.admin.get(&second.own()).await.is(200);
    assert_eq!(first.text("/customer/id"), second.text("/customer/id"));
    let path = format!("/v1/customers/{}", first.text("/customer/id"));
    assert_eq!(desk.admin.get(&path).await.is(200).text("/name"), "Jan Kowalski");
    let change = desk.admin.request("PATCH", &path).json(&json!({ "tier": "premium" }));
    assert_eq!(desk.admin.send(change).await.is(200).text("/tier"), "premium");
    desk.views_caught_up().await;
    let listed = desk.admin.get("/v1/customers").await.is(200);
    assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
    let taken = desk.admin.post("/v1/customers", &json!({ "email": "jan@example.com" })).await;
    assert_eq!(taken.problem(), "409 address_taken");
    let unnamed = desk.admin.post("/v1/customers", &json!({ "name": "Nobody" })).await;
    assert_eq!(unnamed.problem(), "422 invalid_request :customer_unnamed");
    let nobody = "/v1/customers/0192f0c1-0000-7000-8000-000000000000";
    assert_eq!(desk.admin.get(nobody).await.problem(), "404 not_found");
    let change = desk.admin.request("PATCH", nobody).json(&json!({ "tier": "premium" }));
    assert_eq!(desk.admin.send(change).await.problem(), "404 not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_erased_and_writes_again_is_a_new_customer() {
    let desk = Desk::open().await;
    let customer = async |ticket: &GivenTicket| {
        desk.admin.get(&ticket.own()).await.is(200).text("/customer/id")
    };
    let phone = json!({ "customer": { "email": "jan@example.com", "phone": "+48221234567" } });
    let before = customer(&desk.given_ticket_with(phone).await).await;
    desk.server.docket.erase(&format!("customer-{before}")).await.unwrap();

    let now = customer(&desk.given_ticket().await).await;
    assert_ne!(now, before);
    assert_eq!(customer(&desk.given_ticket().await).await, now, "found again by the address");
    // Nor is an address kept from whom a person registers or changes by hand.
    let other = desk.admin.post("/v1/customers", &json!({ "email": "eva@example.com" })).await;
    let path = format!("/v1/customers/{}", other.is(201).text("/id"));
    let change = desk.admin.request("PATCH", &path).json(&json!({ "phone": "+48221234567" }));
    assert_eq!(desk.admin.send(change).await.is(200).text("/addresses/1/value"), "+48221234567");
    let gone = desk.admin.get(&format!("/v1/customers/{before}")).await.is(200);
    assert_eq!(gone.body["email"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_left_is_given_nothing_and_the_name_in_histories_follows() {
    let desk = Desk::open().await;
    let path = format!("/v1/agents/{}", desk.ann);
    let ticket = desk.given_ticket().await;
    desk.caller("agent").post(&ticket.path("note"), &json!({ "body": "n" })).await.is(200);
    let renamed = json!({ "name": "Ann Nowak", "active": false });
    let renamed = desk.admin.send(desk.admin.request("PATCH", &path).json(&renamed)).await.is(200);
    assert_eq!(renamed.text("/name"), "Ann Nowak");
    let history = desk.admin.get(&ticket.path("history")).await.is(200);
    assert_eq!(history.text("/data/1/actor/name"), "Ann Nowak");
    let refused = desk.admin.post(&ticket.path("assign"), &json!({ "agent": desk.ann })).await;
    assert_eq!(refused.problem(), "422 unknown_agent /agent:unknown_agent");

    // Nor does the agent's token open anything, until the agent is back.
    let agent = desk.caller("agent");
    let note = json!({ "body": "n" });
    assert_eq!(agent.post(&ticket.path("note"), &note).await.problem(), "403 agent_inactive");
    assert_eq!(agent.get(&ticket.own()).await.problem(), "403 agent_inactive");
    let back = desk.admin.request("PATCH", &path).json(&json!({ "active": true }));
    desk.admin.send(back).await.is(200);
    agent.post(&ticket.path("note"), &note).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_calls_people_as_they_are_called_now_and_its_past_as_they_were_then() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let assign = json!({ "agent": desk.ann });
    let first = desk.admin.post_once(&ticket.path("assign"), "k", &assign).await.is(200);
    assert_eq!(
        (first.text("/customer/name"), first.text("/assignee/name")),
        ("Jan Kowalski".into(), "Ann".into())
    );
    let customer = format!("/v1/customers/{}", first.text("/customer/id"));
    let agent = format!("/v1/agents/{}", desk.ann);
    let patch = async |path: &str, change: Value| {
        desk.admin.send(desk.admin.request("PATCH", path).json(&change)).await.is(200);
    };
    let moved = json!({ "name": "Jan Nowak", "email": "nowak@example.com", "tier": "premium" });
    patch(&customer, moved).await;
    patch(&agent, json!({ "name": "Ann Lee" })).await;

    let called = json!({ "name": "Jan Nowak", "email": "nowak@example.com", "tier": "standard" });
    let now = desk.admin.get(&ticket.own()).await.is(200);
    for (member, value) in called.as_object().unwrap() {
        assert_eq!(&now.body["customer"][member], value, "the tier is what it was promised by");
    }
    assert_eq!(now.text("/assignee/name"), "Ann Lee");
    let then = desk.admin.get(&format!("{}?at_version=2", ticket.own())).await.is(200);
    assert_eq!(then.text("/customer/email"), "jan@example.com");
    assert_eq!(then.text("/assignee/name"), "Ann");
    let again = desk.admin.post_once(&ticket.path("assign"), "k", &assign).await.is(200);
    assert_eq!(again.bytes, first.bytes, "a repetition is answered as it was");
    let noted = desk.admin.post(&ticket.path("note"), &json!({ "body": "n" })).await.is(200);
    assert_eq!(noted.text("/customer/name"), "Jan Nowak");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_found_by_each_address_and_so_are_their_tickets() {
    let desk = Desk::open().await;
    let contact = json!({ "email": "Jan@Example.com", "phone": "+48 600 000 000", "name": "Jan" });
    let ticket = desk.given_ticket_with(json!({ "customer": contact })).await;
    let eva = json!({ "handle": "@eva", "email": "eva@example.com" });
    let eva = desk.admin.post("/v1/customers", &eva).await.is(201).text("/id");
    let jan = desk.admin.get(&ticket.own()).await.is(200).text("/customer/id");
    let found = async |query: &str| {
        let page = desk.caller("agent").get(&format!("/v1/customers?{query}")).await.is(200);
        assert_eq!(page.body["page"], json!({ "next": null, "has_more": false }));
        let found = page.body["data"].as_array().unwrap().iter();
        let ids = found.map(|it| it["id"].as_str().unwrap_or_default().to_owned());
        // All were registered at the same moment.
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        ids
    };
    assert_eq!(found("email=jan@example.com").await, [jan.as_str()]);
    assert_eq!(found("phone=%2B48600000000").await, [jan.as_str()]);
    assert_eq!(found("handle=eva").await, [eva.as_str()]);
    assert_eq!(found("email=jan@example.com&phone=%2B48600000000").await, [jan.as_str()]);
    assert!(found("email=jan@example.com&handle=eva").await.is_empty(), "one who has both");
    assert!(found("email=nobody@example.com").await.is_empty());
    let refused = desk.admin.get("/v1/customers?email=jan").await;
    assert_eq!(refused.problem(), "422 invalid_request /email:invalid_address");

    desk.views_caught_up().await;
    assert_eq!(found("q=JAN").await, [jan.as_str()]);
    let mut both = [eva.clone(), jan.clone()];
    both.sort();
    assert_eq!(found("q=exampl").await, both);
    assert_eq!(found("q=eva%20example%20com").await, [eva.as_str()]);
    assert!(found("q=exam%20jan").await.is_empty(), "only the last word may be a beginning");
    assert!(found("q=%21").await.is_empty(), "no word");
    assert!(found("q=eva&email=jan@example.com").await.is_empty());
    let refused = desk.admin.get("/v1/customers?q=").await;
    assert_eq!(refused.problem(), "422 invalid_request /q:invalid_value");
    let tickets = async |customer: &str| {
        let page = desk.admin.get(&format!("/v1/tickets?customer={customer}")).await.is(200);
        page.body["data"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(tickets("JAN@example.com").await, [json!(ticket.id)]);
    assert_eq!(tickets(&jan).await, [json!(ticket.id)]);
    assert_eq!(tickets("0048%20600%20000%20000").await, [json!(ticket.id)]);
    assert!(tickets("eva@example.com").await.is_empty());
    assert!(tickets("nobody@example.com").await.is_empty());
    let refused = desk.admin.get("/v1/tickets?customer=jan").await;
    assert_eq!(refused.problem(), "422 invalid_request /customer:invalid_value");
    let kept = json!({ "name": "Jan's", "filter": { "customer": "jan@example.com" } });
    let refused = desk.admin.post("/v1/views", &kept).await;
    assert_eq!(refused.problem(), "422 invalid_request /filter/customer:invalid_value");

    // Who searched is on record, for whom is not.
    let log = desk.caller("auditor").get("/v1/access-log").await.is(200);
    let log = String::from_utf8(log.bytes).unwrap();
    assert!(log.contains("1 by email,phone"), "{log}");
    assert!(!log.to_lowercase().contains("example.com"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_without_a_name_is_called_by_an_address_and_can_be_called_back() {
    let desk = Desk::open().await;
    let contact = json!({ "phone": "+48 600 000 000" });
    let ticket = desk.given_ticket_with(json!({ "customer": contact })).await;
    let shown = desk.admin.get(&ticket.own()).await.is(200);
    assert_eq!(shown.text("/customer/phone"), "+48 600 000 000");
    desk.views_caught_up().await;
    let listed = desk.admin.get("/v1/tickets").await.is(200);
    assert_eq!(listed.body["data"][0]["customer"], shown.body["customer"]);
    let story = async || {
        let story = desk.admin.get(&ticket.path("timeline")).await.is(200);
        story.text("/data/0/text")
    };
    assert!(story().await.starts_with("+48 600 000 000 opened ticket"), "{}", story().await);
    let path = format!("/v1/customers/{}", shown.text("/customer/id"));
    desk.admin
        .send(desk.admin.request("PATCH", &path).json(&json!({ "name": "Jan" })))
        .await
        .is(200);
    assert!(story().await.starts_with("Jan opened ticket"), "{}", story().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acts_has_a_name_whether_or_not_the_token_stands_for_an_agent() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let linked = json!({ "name": "ann's admin token", "role": "admin", "agent": desk.ann });
    let linked = desk.admin.post("/v1/tokens", &linked).await.is(201).text("/token");
    let linked = desk.anonymous.with(&linked);
    for caller in [desk.caller("agent"), desk.caller("supervisor"), &desk.admin, &linked] {
        caller.post(&ticket.path("note"), &json!({ "body": "n" })).await.is(200);
    }
    let history = desk.admin.get(&ticket.path("history")).await.is(200);
    let names: Vec<&str> = (1..=4)
        .map(|index| history.body["data"][index]["actor"]["name"].as_str().unwrap_or("-"))
        .collect();
    assert_eq!(names, ["Ann", "supervisor", "admin", "Ann"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_a_repetition_shows_the_same() {
    let desk = Desk::open().await;
    let asked = json!({ "name": "grafana", "role": "analyst" });
    let first = desk.admin.post_once("/v1/tokens", "k", &asked).await.is(201);
    let again = desk.admin.post_once("/v1/tokens", "k", &asked).await.is(201);
    assert_eq!(first.bytes, again.bytes);
    let secret = first.text("/token");
    assert!(secret.starts_with("dkt_") && secret.len() == 47, "{secret}");
    desk.anonymous.with(&secret).get("/v1/tickets").await.is(200);
    let listed = desk.admin.get("/v1/tokens").await.is(200);
    assert!(!String::from_utf8(listed.bytes).unwrap().contains(&secret));
    let events = desk.admin.get("/v1/events?type=TokenIssued&limit=1000").await.is(200);
    assert!(!String::from_utf8(events.bytes).unwrap().contains(&secret));
    let nonsense = desk.admin.post("/v1/tokens", &json!({ "name": "x", "role": "king" })).await;
    assert_eq!(nonsense.problem(), "422 invalid_request /role:invalid_value");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_view_belongs_to_its_owner() {
    let desk = Desk::open().await;
    let agent = desk.caller("agent");
    desk.given_ticket_with(json!({ "priority": "high" })).await;
    desk.given_ticket_with(json!({ "priority": "low" })).await;
    desk.views_caught_up().await;
    let view = json!({ "name": "Hot", "filter": { "priority": ["high", "critical"] } });
    let saved = agent.post("/v1/views", &view).await.is(201);
    let listed = agent.get(&format!("/v1/tickets?view={}", saved.text("/id"))).await.is(200);
    assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);
    // What is said beside it narrows it.
    for (beside, found) in [("priority=low", 0), ("priority=low,high", 1), ("queue=inbox", 1)] {
        let path = format!("/v1/tickets?view={}&{beside}", saved.text("/id"));
        let narrowed = agent.get(&path).await.is(200);
        assert_eq!(narrowed.body["data"].as_array().unwrap().len(), found, "{beside}");
    }
    let own = agent.get("/v1/views").await.is(200);
    assert_eq!(own.body["data"][0]["name"], "Hot");
    assert_eq!(desk.admin.get("/v1/views").await.is(200).body["data"], json!([]));
    let foreign = desk.admin.get(&format!("/v1/tickets?view={}", saved.text("/id"))).await;
    assert_eq!(foreign.problem(), "422 unknown_view /view:unknown_view");
    let wrong = json!({ "name": "Odd", "filter": { "colour": "red" } });
    let wrong = agent.post("/v1/views", &wrong).await;
    assert_eq!(wrong.problem(), "422 invalid_request /filter/colour:unknown_field");
    let on_another = json!({ "name": "Warm", "filter": { "view": saved.text("/id") } });
    let on_another = agent.post("/v1/views", &on_another).await;
    assert_eq!(on_another.problem(), "422 invalid_request /filter/view:invalid_value");
    let path = format!("/v1/views/{}", saved.text("/id"));
    agent.send(agent.request("DELETE", &path)).await.is(204);
    assert_eq!(agent.send(agent.request("DELETE", &path)).await.problem(), "404 not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_an_agent_on_a_stale_state_is_told_what_was_missed() {
    let desk = Desk::open().await;
    let path = format!("/v1/agents/{}", desk.ann);
    let change = |name: &str| {
        let request = desk.admin.request("PATCH", &path).header("if-match", "\"1\"");
        desk.admin.send(request.json(&json!({ "name": name })))
    };
    change("Ann Nowak").await.is(200);
    let stale = change("Anna").await;
    assert_eq!(stale.problem(), "412 stale");
    assert_eq!(stale.text("/missed/0/data/to/name"), "Ann Nowak");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_customer_gives_is_dropped_silently() {
    let desk = Desk::open().await;
    let first = desk.given_ticket().await;
    let customer = desk.admin.get(&first.own()).await.is(200).text("/customer/id");
    let beside = json!({ "customer": { "id": customer, "email": "j@example.com", "name": "J" } });
    let mut body = json!({ "subject": "s", "body": "b", "channel": "web" });
    body["customer"] = beside["customer"].clone();
    let refused = desk.admin.post("/v1/tickets", &body).await;
    let expected = "422 invalid_request /customer/name:beside_id /customer/email:beside_id";
    assert_eq!(refused.problem(), expected);

    let phone = "+48 600 000 000";
    let known = json!({ "email": "jan@example.com", "name": "Janek", "phone": phone });
    let second = desk.given_ticket_with(json!({ "customer": known })).await;
    let learnt = desk.admin.get(&format!("/v1/customers/{customer}")).await.is(200);
    assert_eq!(learnt.text("/name"), "Jan Kowalski", "known, so not replaced");
    assert_eq!(learnt.text("/addresses/1/value"), phone);
    let history = desk.admin.get(&second.path("history")).await.is(200);
    assert_eq!(history.body["data"][0]["data"]["contact"], json!({ "name": "Janek" }));
    let by_phone = desk.given_ticket_with(json!({ "customer": { "phone": phone } })).await;
    assert_eq!(desk.admin.get(&by_phone.own()).await.is(200).text("/customer/id"), customer);
}
