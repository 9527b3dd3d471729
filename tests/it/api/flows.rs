//! How tickets usually go (S-71), held against a slow count of what each ticket was at each of its versions.

use std::collections::BTreeMap;
use std::time::Duration;

use docket_tests::desk::{Desk, GivenTicket};
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);
const YEAR: &str = "from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z";

/// Forty tickets of three types that go several ways, some of them back, some to an end and on again.
async fn worked() -> (Desk, Vec<GivenTicket>) {
    let desk = Desk::open().await;
    for queue in ["billing", "returns"] {
        desk.admin.put(&format!("/v1/queues/{queue}"), &json!({ "name": queue })).await;
    }
    for key in ["refund", "outage"] {
        desk.admin.put(&format!("/v1/types/{key}"), &json!({ "name": key })).await;
    }
    let mut tickets = Vec::new();
    for n in 0..40_usize {
        let mut said = json!({});
        if n % 3 > 0 {
            said["type"] = json!(["refund", "outage"][n % 2]);
        }
        let ticket = desk.given_ticket_with(said).await;
        let tell = async |command: &str, body: Value| {
            desk.pass(HOUR * (1 + n as u32 % 5));
            desk.admin.post(&ticket.path(command), &body).await.is(200);
        };
        tell("assign", json!({ "agent": desk.ann })).await;
        for queue in [&["billing"][..], &["billing", "returns"], &["returns", "inbox"], &[]][n % 4]
        {
            tell("transfer", json!({ "queue": queue })).await;
        }
        if n % 5 > 0 {
            tell("reply", json!({ "body": "We look into it." })).await;
            tell("close", json!({})).await;
        }
        if n % 10 == 1 {
            tell("reopen", json!({ "reason": "not solved" })).await;
            tell("classify", json!({ "type": "outage" })).await;
        }
        tickets.push(ticket);
    }
    desk.views_caught_up().await;
    (desk, tickets)
}

/// A ticket's type, and where it was, since when: `queue status`.
type Walked = (Value, Vec<(String, String)>);

/// Asks for the ticket as it was at each of its versions.
async fn walked(desk: &Desk, ticket: &GivenTicket) -> Walked {
    let history = desk.admin.get(&ticket.path("history")).await.is(200).body;
    let (mut kind, mut places) = (Value::Null, Vec::<(String, String)>::new());
    for event in history["data"].as_array().unwrap() {
        let path = format!("{}?at_version={}", ticket.own(), event["version"]);
        let then = desk.admin.get(&path).await.is(200);
        kind = then.body["type"].clone();
        let place = format!("{} {}", then.text("/queue"), then.text("/status"));
        if places.last().is_none_or(|(last, _)| *last != place) {
            places.push((place, event["occurred_at"].as_str().unwrap().to_owned()));
        }
    }
    (kind, places)
}

fn queue_of(place: &str) -> &str {
    place.split_once(' ').unwrap().0
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K) {
    *counts.entry(key).or_default() += 1;
}

fn place(place: &Value) -> String {
    match place {
        Value::Null => "opened".to_owned(),
        place => {
            format!("{} {}", place["queue"].as_str().unwrap(), place["status"].as_str().unwrap())
        }
    }
}

fn strings(list: &Value) -> String {
    let words: Vec<&str> = list.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    words.join(" > ")
}

#[tokio::test(flavor = "multi_thread")]
async fn ways_and_steps_are_those_that_a_slow_walk_through_all_versions_finds() {
    let (desk, tickets) = worked().await;
    let (mut ways, mut steps) = (BTreeMap::new(), BTreeMap::new());
    let (mut passed, mut there) = (BTreeMap::new(), BTreeMap::new());
    for ticket in &tickets {
        let (kind, places) = walked(&desk, ticket).await;
        let mut queues: Vec<&str> = places.iter().map(|(place, _)| queue_of(place)).collect();
        queues.dedup();
        add(&mut ways, (kind.to_string(), queues.join(" > ")));
        for (n, (to, _)) in places.iter().enumerate() {
            let from = n.checked_sub(1).map_or("opened".to_owned(), |n| places[n].0.clone());
            add(&mut steps, (kind.to_string(), from, to.clone()));
        }
        for pair in queues.windows(2) {
            add(&mut passed, (pair[0].to_owned(), pair[1].to_owned()));
        }
        let (last, _) = places.last().unwrap();
        if !last.ends_with(" closed") {
            add(&mut there, queue_of(last).to_owned());
        }
    }
    let answer = desk.admin.get(&format!("/v1/flows?{YEAR}")).await.is(200).body;
    assert_eq!(answer["tickets"], 40);
    let (mut told_ways, mut told_steps) = (BTreeMap::new(), BTreeMap::new());
    for flow in answer["data"].as_array().unwrap() {
        let kind = flow["type"].to_string();
        for way in flow["ways"].as_array().unwrap() {
            let key = (kind.clone(), strings(&way["queues"]));
            told_ways.insert(key, way["tickets"].as_u64().unwrap());
        }
        for step in flow["steps"].as_array().unwrap() {
            let key = (kind.clone(), place(&step["from"]), place(&step["to"]));
            told_steps.insert(key, step["times"].as_u64().unwrap());
        }
        assert_eq!((&flow["other_ways"], &flow["other_steps"]), (&json!(0), &json!(0)));
    }
    assert_eq!(told_ways, ways);
    assert_eq!(told_steps, steps);
    let (mut told_passed, mut told_there) = (BTreeMap::new(), BTreeMap::new());
    for queue in answer["queues"].as_array().unwrap() {
        let key = queue["queue"].as_str().unwrap().to_owned();
        for (to, count) in queue["passed_on"].as_object().unwrap() {
            told_passed.insert((key.clone(), to.clone()), count.as_u64().unwrap());
        }
        let still = queue["there"].as_u64().unwrap();
        if still > 0 {
            told_there.insert(key, still);
        }
    }
    assert_eq!(told_passed, passed);
    assert_eq!(told_there, there);
}

/// One ticket that is passed on after an hour, comes back after two more, and is closed after another.
#[tokio::test(flavor = "multi_thread")]
async fn times_are_those_that_passed_and_who_comes_back_is_counted() {
    let desk = Desk::open().await;
    desk.admin.put("/v1/queues/billing", &json!({ "name": "Billing" })).await;
    let ticket = desk.given_ticket().await;
    for (queue, hours) in [("billing", 1), ("inbox", 2)] {
        desk.pass(HOUR * hours);
        desk.admin.post(&ticket.path("transfer"), &json!({ "queue": queue })).await.is(200);
    }
    desk.pass(HOUR);
    desk.admin.post(&ticket.path("close"), &json!({})).await.is(200);
    let answer = desk.admin.get(&format!("/v1/flows?{YEAR}")).await.is(200).body;
    let way = json!([{ "queues": ["inbox", "billing", "inbox"], "tickets": 1,
                       "p50_ms": 14_400_000, "p90_ms": 14_400_000 }]);
    assert_eq!(answer["data"][0]["ways"], way);
    let billing = json!({ "queue": "billing", "tickets": 1, "opened": 0, "returned": 0,
        "passed_on": { "inbox": 1 }, "ended": 0, "there": 0,
        "p50_ms": 7_200_000, "p90_ms": 7_200_000 });
    let inbox = json!({ "queue": "inbox", "tickets": 1, "opened": 1, "returned": 1,
        "passed_on": { "billing": 1 }, "ended": 1, "there": 0,
        "p50_ms": 3_600_000, "p90_ms": 3_600_000 });
    assert_eq!(answer["queues"], json!([billing, inbox]));
    let closing = answer["data"][0]["steps"].as_array().unwrap().iter();
    let closing = closing.filter(|step| step["to"]["status"] == "closed");
    let took: Vec<&Value> = closing.map(|step| &step["p50_ms"]).collect();
    assert_eq!(took, [3_600_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_is_asked_for_by_period_type_and_number_of_ways() {
    let (desk, _) = worked().await;
    let of =
        async |rest: &str| desk.caller("analyst").get(&format!("/v1/flows?{YEAR}{rest}")).await;
    let refunds = of("&type=refund&ways=1").await.is(200).body;
    let [flow] = refunds["data"].as_array().unwrap().as_slice() else { panic!("{refunds}") };
    assert_eq!((flow["type"].as_str(), &refunds["tickets"]), (Some("refund"), &flow["tickets"]));
    let [way] = flow["ways"].as_array().unwrap().as_slice() else { panic!("{flow}") };
    let count = |value: &Value| value.as_u64().unwrap();
    let others = count(&flow["tickets"]) - count(&way["tickets"]);
    assert_eq!(count(&flow["other_ways"]), others);
    let nothing = desk.admin.get("/v1/flows?from=2025-01-01T00:00:00Z&to=2025-02-01T00:00:00Z");
    assert_eq!(nothing.await.is(200).body, json!({ "tickets": 0, "data": [], "queues": [] }));
    for (query, problem) in [
        ("type=nothing", "422 invalid_request /type:invalid_value"),
        ("ways=0", "422 invalid_request /ways:invalid_value"),
        ("ways=101", "422 invalid_request /ways:invalid_value"),
        ("ways=some", "422 invalid_request /ways:invalid_value"),
        ("colour=red", "422 invalid_request /colour:unknown_field"),
        ("from=yesterday", "422 invalid_request /from:invalid_value"),
        (
            "from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z",
            "422 invalid_request /to:invalid_value",
        ),
        ("from=2024-01-01T00:00:00Z", "422 period_too_long /from:period_too_long"),
    ] {
        let refused = desk.admin.get(&format!("/v1/flows?{query}")).await;
        assert_eq!(refused.problem(), problem, "{query}");
    }
    assert_eq!(desk.caller("agent").get("/v1/flows").await.problem(), "403 forbidden");
}
