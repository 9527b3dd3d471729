//! Complaints over HTTP: the list, and the report held against a slow count of the exported events.

use std::time::Duration;

use docket_tests::desk::Desk;
use serde_json::{Value, json};

use self::walk::{COUNTS, counted, expected, or_none};
use super::compliance::{pages, told};

const HOUR: Duration = Duration::from_secs(3600);

mod walk;

/// A desk of two queues that Ann manages and a tree of categories.
async fn a_desk() -> Desk {
    let desk = Desk::open().await;
    for queue in ["inbox", "claims"] {
        let managed = json!({ "name": queue, "manager": desk.ann });
        desk.admin.put(&format!("/v1/queues/{queue}"), &managed).await;
    }
    for path in ["complaint", "complaint/new", "complaint/late"] {
        desk.admin.put(&format!("/v1/categories/{path}"), &json!({ "name": path })).await;
    }
    desk
}

/// Ten weeks in which somebody complains every other day; some tickets are moved before the decision, some
/// after it, and some complaints wait for ever.
async fn ten_weeks() -> Desk {
    let desk = a_desk().await;
    for n in 0..35_usize {
        desk.pass(HOUR * (40 + n as u32 % 3 * 8));
        let mut said = json!({ "queue": (["inbox", "claims"][n % 2]) });
        if n % 4 > 0 {
            said["category"] = json!(["complaint", "complaint/new", "complaint/late"][n % 3]);
        }
        let ticket = desk.given_ticket_with(said).await;
        if n % 7 == 0 {
            desk.admin.post(&ticket.path("assign"), &json!({ "agent": desk.ann })).await.is(200);
        }
        let severity = ["minor", "minor", "major"][n % 3];
        let claim = json!({ "claim": "It took a month", "severity": severity });
        desk.admin.post(&ticket.path("complaint"), &claim).await.is(200);
        let transfer = json!({ "queue": (["claims", "inbox"][n % 2]) });
        if n % 5 == 1 {
            desk.admin.post(&ticket.path("transfer"), &transfer).await.is(200);
            let now = json!({ "category": "complaint/late" });
            desk.admin.post(&ticket.path("classify"), &now).await.is(200);
        }
        if n % 6 > 0 {
            desk.pass(HOUR * (n as u32 % 4));
            let decision = ["accepted", "partly_accepted", "rejected"][n % 3];
            let decided = json!({ "decision": decision, "reasoning": "it did" });
            desk.admin.post(&ticket.path("complaint/decide"), &decided).await.is(200);
        }
        if n % 5 == 2 {
            desk.admin.post(&ticket.path("transfer"), &transfer).await.is(200);
        }
    }
    desk.views_caught_up().await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn every_complaint_of_a_period_is_in_exactly_one_group_as_a_slow_count_finds_it() {
    let desk = ten_weeks().await;
    let mut settings = desk.admin.get("/v1/settings").await.is(200).body;
    for added in ["key", "version", "effective_from"] {
        settings.as_object_mut().unwrap().remove(added);
    }
    settings["zone"] = json!("UTC");
    desk.admin.put("/v1/settings", &settings).await.is(200);
    let all = counted(&desk).await;
    assert_eq!(all.len(), 35);
    let names = ["queue", "category", "severity", "owner", "day", "month"];
    let pairs = names.iter().flat_map(|one| names.iter().map(move |other| vec![*one, *other]));
    let pairs = pairs.filter(|pair| pair[0] != pair[1]).chain(names.iter().map(|it| vec![*it]));
    for by in pairs.chain([Vec::new()]) {
        for (from, to) in [
            ("2026-03-20T00:00:00Z", "2026-04-10T12:00:00Z"),
            ("2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ] {
            let mut path = format!("/v1/complaints/report?from={from}&to={to}&page_size=3");
            if !by.is_empty() {
                path.push_str(&format!("&by={}", by.join(",")));
            }
            let rows = pages(&desk, &path).await;
            let group = |row: &Value| by.iter().map(|by| or_none(&row["group"][*by])).collect();
            let counts = |row: &Value| COUNTS.map(|name| row[name].as_u64().unwrap());
            let found: Vec<(Vec<String>, [u64; 6])> =
                rows.iter().map(|row| (group(row), counts(row))).collect();
            let period = (from.parse().unwrap(), to.parse().unwrap());
            let expected: Vec<_> = expected(&all, period, &by).into_iter().collect();
            assert_eq!(found, expected, "{path}");
        }
    }
    // Weeks are told otherwise than the walk could: none is lost in them.
    let path =
        "/v1/complaints/report?from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z&by=week,queue";
    let weeks = pages(&desk, path).await;
    let raised: u64 = weeks.iter().map(|row| row["raised"].as_u64().unwrap()).sum();
    assert_eq!(raised, 35);
    assert_eq!(weeks[0]["group"]["week"], "2026-W10");
}

/// One complaint a week before, one decided after two hours, one that waits.
async fn three() -> Desk {
    let desk = a_desk().await;
    let claim = |severity: &str| json!({ "claim": "It took a month", "severity": severity });
    let before = desk.given_ticket().await;
    desk.admin.post(&before.path("complaint"), &claim("minor")).await.is(200);
    desk.pass(HOUR * 24 * 7);
    let said = json!({ "queue": "claims", "category": "complaint/new" });
    for severity in ["major", "minor"] {
        let ticket = desk.given_ticket_with(said.clone()).await;
        desk.admin.post(&ticket.path("complaint"), &claim(severity)).await.is(200);
        desk.pass(HOUR * 2);
        if severity == "major" {
            let decided = json!({ "decision": "accepted", "reasoning": "it did" });
            desk.admin.post(&ticket.path("complaint/decide"), &decided).await.is(200);
        }
    }
    desk.views_caught_up().await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_shows_what_waits_longest_first_and_takes_every_filter() {
    let desk = three().await;
    let told = async |query: &str| {
        let page = desk.caller("auditor").get(&format!("/v1/complaints{query}")).await.is(200);
        let line = |row: &Value| {
            let hours = row["waited_ms"].as_i64().unwrap() / 3_600_000;
            let text = |name: &str| or_none(&row[name]);
            format!("{} {} {} {hours} h", text("queue"), text("severity"), text("decision"))
        };
        page.body["data"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    let (old, new) = ("inbox minor none 172 h", "claims minor none 2 h");
    let decided = "claims major accepted 2 h";
    assert_eq!(told("").await, [old, new, decided]);
    assert_eq!(told("?status=open&severity=minor&queue=inbox,claims").await, [old, new]);
    assert_eq!(told("?status=decided").await, [decided]);
    assert_eq!(told("?category=complaint").await, [new, decided]);
    assert_eq!(told(&format!("?owner={}", desk.ann)).await, [decided]);
    assert_eq!(told("?owner=none").await, [old, new]);
    assert_eq!(told("?raised_from=2026-03-03T00:00:00Z").await, [new, decided]);
    assert_eq!(told("?raised_until=2026-03-03T00:00:00Z").await, [old]);
    let first = desk.admin.get("/v1/complaints?page_size=1").await.is(200);
    let next = first.text("/page/next");
    assert_eq!(told(&format!("?page_size=1&cursor={next}")).await, [new]);
    let foreign = desk.admin.get(&format!("/v1/complaints?status=open&cursor={next}")).await;
    assert_eq!(foreign.problem(), "422 invalid_cursor /cursor:invalid_cursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_stands_beside_the_one_before() {
    let desk = three().await;
    let path = "/v1/complaints/report?from=2026-03-09T00:00:00Z&to=2026-03-16T00:00:00Z";
    let report = desk.caller("analyst").get(&format!("{path}&by=severity")).await.is(200);
    let columns = ["raised", "accepted", "open", "raised_before", "p50_ms", "p90_ms"];
    insta::assert_snapshot!(told(&report.body, &columns), @"
    major: raised 1, accepted 1, open 0, raised_before 0, p50_ms 7200000, p90_ms 7200000
    minor: raised 1, accepted 0, open 1, raised_before 1, p50_ms null, p90_ms null
    ");
    let csv = desk.admin.request("GET", &format!("{path}&by=queue,week"));
    let csv = csv.header("accept", "text/csv").send().await.unwrap();
    assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8");
    insta::assert_snapshot!(csv.text().await.unwrap(), @"
    queue,week,raised,accepted,partly_accepted,rejected,open,raised_before,p50_ms,p90_ms
    claims,2026-W11,2,1,0,0,1,0,7200000,7200000
    inbox,2026-W11,0,0,0,0,0,1,,
    ");
    // What is decided later than the first page is open on all of its pages.
    let first = desk.admin.get(&format!("{path}&by=severity&page_size=1")).await.is(200);
    desk.pass(HOUR);
    let waits = desk.admin.get("/v1/complaints?status=open").await.is(200);
    let decide = format!("/v1/tickets/{}/complaint/decide", waits.text("/data/0/ticket"));
    let decided = json!({ "decision": "rejected", "reasoning": "it came in time" });
    desk.admin.post(&decide, &decided).await.is(200);
    desk.views_caught_up().await;
    let next = format!("{path}&by=severity&page_size=1&cursor={}", first.text("/page/next"));
    let next = desk.admin.get(&next).await.is(200);
    let columns = ["raised", "rejected", "open", "raised_before"];
    insta::assert_snapshot!(told(&next.body, &columns), @"minor: raised 1, rejected 0, open 1, raised_before 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_complaint_can_be_is_refused() {
    let desk = a_desk().await;
    for (asked, name) in [
        ("complaints?queue=nope", "queue"),
        ("complaints?category=nope", "category"),
        ("complaints?severity=grave", "severity"),
        ("complaints?status=closed", "status"),
        ("complaints?owner=x", "owner"),
        ("complaints?raised_from=today", "raised_from"),
        (
            "complaints?raised_from=2026-03-03T00:00:00Z&raised_until=2026-03-02T00:00:00Z",
            "raised_until",
        ),
        ("complaints?severity=", "severity"),
        ("complaints/report?by=colour", "by"),
        ("complaints/report?by=queue,queue", "by"),
        ("complaints/report?by=queue,owner,day", "by"),
        ("complaints/report?by=", "by"),
        ("complaints/report?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "to"),
    ] {
        let refused = desk.admin.get(&format!("/v1/{asked}")).await;
        let problem = format!("422 invalid_request /{name}:invalid_value");
        assert_eq!(refused.problem(), problem, "{asked}");
    }
    for (asked, problem) in [
        ("complaints?by=queue", "422 invalid_request /by:unknown_field"),
        ("complaints/report?status=open", "422 invalid_request /status:unknown_field"),
        (
            "complaints/report?from=2024-01-01T00:00:00Z",
            "422 period_too_long /from:period_too_long",
        ),
    ] {
        assert_eq!(desk.admin.get(&format!("/v1/{asked}")).await.problem(), problem, "{asked}");
    }
}
