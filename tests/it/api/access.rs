//! Who may call what: the table is held against the routes, and the server against the table.

use std::collections::BTreeSet;

use docket_api::access::{ROUTES, Who};
use docket_api::openapi;
use docket_tests::desk::{Desk, ROLES};
use serde_json::{Value, json};

/// What stands for a parameter of a path when the table is tried: nothing that exists.
fn tried(path: &str) -> String {
    let path = path.replace(
        "{kind:queues|categories|statuses|priorities|types|calendars|plans|templates}",
        "types",
    );
    let path =
        path.replace("{kind:queues|statuses|priorities|types|calendars|plans|templates}", "types");
    let path = path.replace("{key:.+}", "a/b").replace("{_:.*}", "index.html");
    path.split('/')
        .map(|part| match part {
            "{id}" => "0192f0c1-0000-7000-8000-000000000000",
            "{key}" | "{name}" => "nothing",
            other => other,
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[test]
fn every_registered_route_stands_in_the_table_and_every_line_of_it_is_a_route() {
    let document = serde_json::to_value(openapi::raw()).unwrap();
    let mut registered = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            registered.insert((method.to_uppercase(), path.clone()));
        }
    }
    let listed: BTreeSet<_> = ROUTES
        .iter()
        .filter(|route| !route.path.starts_with("/docs"))
        .map(|route| (route.method.to_owned(), route.bare()))
        .collect();
    let missing: Vec<_> = registered.difference(&listed).collect();
    assert!(missing.is_empty(), "registered, but nobody may call it: {missing:?}");
    let dead: Vec<_> = listed.difference(&registered).collect();
    assert!(dead.is_empty(), "in the table, but no route: {dead:?}");
    assert_eq!(listed.len() + 2, ROUTES.len(), "no route stands twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let desk = Desk::open().await;
    let revoked = desk.admin.post("/v1/tokens", &json!({ "name": "gone", "role": "admin" })).await;
    let revoked = revoked.is(201);
    let gone = desk.anonymous.with(&revoked.text("/token"));
    gone.get("/v1/projections").await.is(200);
    let own = format!("/v1/tokens/{}", revoked.text("/id"));
    desk.admin.send(desk.admin.request("DELETE", &own)).await.is(204);

    for route in ROUTES.iter().filter(|route| !route.path.ends_with("/stream")) {
        let path = tried(route.path);
        let shown = format!("{} {path}", route.method);
        let anonymous = desk.anonymous.send(desk.anonymous.request(route.method, &path)).await;
        let Who::Roles(allowed) = route.who else {
            assert_ne!(anonymous.status.as_u16(), 401, "{shown}");
            continue;
        };
        assert_eq!(anonymous.problem(), "401 token_required", "{shown}");
        assert!(anonymous.header("www-authenticate").starts_with("Bearer"), "{shown}");
        let late = gone.send(gone.request(route.method, &path)).await;
        assert_eq!(late.problem(), "401 token_invalid", "{shown}");
        for (name, role) in ROLES {
            let caller = desk.caller(name);
            let answer = caller.send(caller.request(route.method, &path)).await;
            let refused = answer.status.as_u16() == 403;
            assert_eq!(refused, !allowed.contains(&role), "{name}: {shown} answered {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_are_on_record_for_auditors_only() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    desk.caller("analyst").get(&ticket.own()).await.is(200);
    desk.caller("agent").get(&ticket.path("history")).await.is(200);
    desk.caller("agent").get(&ticket.path("timeline")).await.is(200);
    let log = desk.caller("auditor").get(&ticket.path("views-log")).await.is(200);
    let read: Vec<_> = log.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reading| (reading["what"].as_str().unwrap(), reading["at"].as_str().unwrap()))
        .collect();
    let now = desk.now();
    let now = now.as_str();
    assert_eq!(read, [("ticket", now), ("history", now), ("timeline", now)]);
    assert_eq!(
        log.body["data"][1]["actor"],
        json!({ "kind": "agent", "id": desk.ann, "name": "Ann" })
    );
    let again = desk.caller("auditor").get(&ticket.path("views-log")).await.is(200);
    let kinds: Vec<_> =
        again.body["data"].as_array().unwrap().iter().map(|it| &it["actor"]["kind"]).collect();
    assert_eq!(kinds, ["analyst", "agent", "agent"]);
    let all = desk.caller("auditor").get("/v1/access-log?page_size=2").await.is(200);
    assert_eq!(all.body["page"]["has_more"], true);
    let rest = format!("/v1/access-log?cursor={}", all.text("/page/next"));
    let rest = desk.caller("auditor").get(&rest).await.is(200);
    assert_eq!(rest.body["data"].as_array().unwrap().len(), 1);
    assert_eq!(desk.caller("analyst").get("/v1/access-log").await.problem(), "403 forbidden");
}

/// What a command answers shows a case as a reading does. Where it wrote an event, that says who was answered;
/// where it wrote none, the log of readings does.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_shown_a_case_without_changing_it_is_on_record() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    let shown = desk.admin.get(&ticket.own()).await.is(200);
    let customer = shown.body["customer"]["id"].as_str().unwrap().to_owned();
    let agent = desk.caller("agent");
    let urgent = json!({ "add": ["urgent"] });
    agent.post(&ticket.path("tags"), &urgent).await.is(200);
    agent.post(&ticket.path("tags"), &urgent).await.is(200);
    let path = format!("/v1/customers/{customer}");
    agent.send(agent.request("PATCH", &path).json(&json!({}))).await.is(200);
    let stale = agent.request("POST", &ticket.path("note")).header("if-match", "\"1\"");
    agent.send(stale.json(&json!({ "body": "seen" }))).await.is(412);
    // What a queue was is nobody's case.
    let queue = |name: &str| json!({ "name": name });
    desk.admin.put("/v1/queues/inbox", &queue("First")).await.is(200);
    let stale = desk.admin.request("PUT", "/v1/queues/inbox").header("if-match", "\"1\"");
    desk.admin.send(stale.json(&queue("Second"))).await.is(412);
    let log = desk.caller("auditor").get("/v1/access-log").await.is(200);
    let all = log.body["data"].as_array().unwrap();
    assert!(!all.iter().any(|it| it["subject"] == "queue-inbox"), "{all:?}");
    let of_agent = |it: &&Value| it["actor"]["id"] == desk.ann;
    let read = log.body["data"].as_array().unwrap().iter().filter(of_agent);
    let read: Vec<_> = read.map(|it| (it["what"].clone(), it["subject"].clone())).collect();
    let (id, customer) = (json!(ticket.id), json!(customer));
    assert_eq!(
        read,
        [(json!("ticket"), id.clone()), (json!("customer"), customer), (json!("history"), id)]
    );
}
