//! Tickets in lists: filtered, paged, and the next one.

use docket_tests::desk::Desk;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_list_filters_and_pages_in_every_order() {
    let desk = Desk::open().await;
    let mut numbers = Vec::new();
    for index in 0..5 {
        desk.pass(std::time::Duration::from_secs(60));
        let priority = if index % 2 == 0 { "high" } else { "low" };
        let said = json!({ "priority": priority, "tags": [format!("t{index}")] });
        numbers.push(desk.given_ticket_with(said).await.number);
    }
    desk.views_caught_up().await;
    for sort in ["created", "-created", "updated", "-updated", "due", "-priority"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/tickets?sort={sort}&page_size=2{cursor}");
            let page = desk.caller("analyst").get(&path).await.is(200);
            for ticket in page.body["data"].as_array().unwrap() {
                seen.push(ticket["number"].as_str().unwrap().to_owned());
            }
            if page.body["page"]["has_more"] == false {
                break;
            }
            cursor = format!("&cursor={}", page.text("/page/next"));
        }
        seen.sort();
        assert_eq!(seen, numbers, "{sort}: every ticket once");
    }
    let count = async |query: &str| {
        let page = desk.admin.get(&format!("/v1/tickets?{query}")).await.is(200);
        page.body["data"].as_array().unwrap().len()
    };
    assert_eq!(count("priority=high").await, 3);
    assert_eq!(count("priority=high,low&tag=t1").await, 1);
    assert_eq!(count("assignee=none&view=current&unread=true").await, 5);
    assert_eq!(count("q=parc").await, 5);
    assert_eq!(count("view=touched_today&level_min=4").await, 3);
    for (query, problem) in [
        ("colour=red", "422 invalid_request /colour:unknown_field"),
        ("page_size=201", "422 invalid_request /page_size:invalid_value"),
        ("sort=colour", "422 invalid_request /sort:invalid_value"),
        ("cursor=nonsense", "422 invalid_cursor /cursor:invalid_cursor"),
        ("assignee=ann", "422 invalid_request /assignee:invalid_value"),
        ("queue=nowhere", "422 invalid_request /queue:invalid_value"),
        ("status=new,colour", "422 invalid_request /status:invalid_value"),
        ("type=colour", "422 invalid_request /type:invalid_value"),
        ("priority=colour", "422 invalid_request /priority:invalid_value"),
        ("category=colour", "422 invalid_request /category:invalid_value"),
        ("channel=colour", "422 invalid_request /channel:invalid_value"),
        ("status=", "422 invalid_request /status:invalid_value"),
        ("status=new,,closed", "422 invalid_request /status:invalid_value"),
        ("customer=", "422 invalid_request /customer:invalid_value"),
        ("q=", "422 invalid_request /q:invalid_value"),
        ("cursor=", "422 invalid_request /cursor:invalid_value"),
    ] {
        let refused = desk.admin.get(&format!("/v1/tickets?{query}")).await;
        assert_eq!(refused.problem(), problem, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_defined_once_can_be_asked_for() {
    let desk = Desk::open().await;
    desk.admin.put("/v1/types/fault", &json!({ "name": "Fault" })).await;
    let number = desk.given_ticket_with(json!({ "type": "fault" })).await.number;
    let retire = desk.admin.request("DELETE", "/v1/types/fault");
    assert!(desk.admin.send(retire).await.status.is_success());
    desk.views_caught_up().await;
    let found = desk.admin.get("/v1/tickets?type=fault&status=new,merged").await.is(200);
    assert_eq!(found.text("/data/0/number"), number);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_the_six_statuses_stands_for_all_that_are_based_on_it() {
    let desk = Desk::open().await;
    let own = json!({ "name": "At the courier's", "based_on": "in_progress" });
    desk.admin.put("/v1/statuses/courier", &own).await.is(201);
    let [own, usual, new] =
        [desk.given_ticket().await, desk.given_ticket().await, desk.given_ticket().await];
    for (ticket, status) in [(&own, "courier"), (&usual, "in_progress")] {
        desk.admin.post(&ticket.path("status"), &json!({ "status": status })).await.is(200);
    }
    desk.views_caught_up().await;
    let listed = async |query: &str| {
        let page = desk.admin.get(&format!("/v1/tickets?{query}")).await.is(200);
        let tickets = page.body["data"].as_array().unwrap().iter();
        let numbers = tickets.map(|it| it["number"].as_str().unwrap_or_default().to_owned());
        // All were opened at the same moment.
        let mut numbers: Vec<String> = numbers.collect();
        numbers.sort();
        numbers
    };
    let (own, usual, new) = (own.number.as_str(), usual.number.as_str(), new.number.as_str());
    assert_eq!(listed("status=courier").await, [own]);
    assert_eq!(listed("status=in_progress").await, [own, usual]);
    assert_eq!(listed("queue=inbox&status=in_progress").await, [own, usual]);
    assert_eq!(listed("status=new,courier").await, [own, new]);
    assert_eq!(listed("status=new&status=in_progress").await, [own, usual, new]);
    assert!(listed("status=closed").await.is_empty());
    // Also when that status is retired: the tickets are in it still.
    let retire = desk.admin.request("DELETE", "/v1/statuses/courier");
    desk.admin.send(retire).await.is(204);
    assert_eq!(listed("status=in_progress").await, [own, usual]);
}

#[tokio::test(flavor = "multi_thread")]
async fn short_lists_and_histories_page_too() {
    let desk = Desk::open().await;
    let ticket = desk.given_ticket().await;
    for body in ["One", "Two"] {
        desk.admin.post(&ticket.path("note"), &json!({ "body": body })).await.is(200);
    }
    desk.admin.post("/v1/agents", &json!({ "name": "Bea" })).await.is(201);
    desk.admin.put("/v1/queues/returns", &json!({ "name": "Returns" })).await.is(201);
    desk.admin.put("/v1/queues/returns", &json!({ "name": "Sent back" })).await.is(200);
    desk.given_ticket_with(json!({ "queue": "returns" })).await;
    let filter = json!({ "filter": { "status": "new" }, "name": "New" });
    desk.admin.post("/v1/views", &filter).await.is(201);
    desk.admin.post("/v1/views", &filter).await.is(201);
    desk.views_caught_up().await;
    let lists = ["agents", "tokens", "views", "projections", "summary", "queues", "statuses"];
    let lists = lists.into_iter().chain(["queues/returns/versions"]);
    let of_ticket = ["history", "timeline"].map(|part| ticket.path(part));
    let paths = lists.map(|list| format!("/v1/{list}")).chain(of_ticket);
    for path in paths {
        let whole = desk.admin.get(&path).await.is(200);
        assert_eq!(whole.body["page"], json!({ "next": null, "has_more": false }), "{path}");
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = desk.admin.get(&format!("{path}?page_size=1{cursor}")).await.is(200);
            seen.extend(page.body["data"].as_array().unwrap().iter().map(shape));
            if page.body["page"]["has_more"] == false {
                break;
            }
            cursor = format!("&cursor={}", page.text("/page/next"));
        }
        assert!(seen.len() > 1, "{path} has one page only");
        let all: Vec<_> = whole.body["data"].as_array().unwrap().iter().map(shape).collect();
        assert_eq!(seen, all, "{path}");
        for size in ["0", "201", "x"] {
            let refused = desk.admin.get(&format!("{path}?page_size={size}")).await;
            assert_eq!(refused.problem(), "422 invalid_request /page_size:invalid_value", "{path}");
        }
    }
    let refused = desk.admin.get("/v1/agents?cursor=nonsense").await;
    assert_eq!(refused.problem(), "422 invalid_cursor /cursor:invalid_cursor");
}

/// An entry; of a view, which goes on by itself, its name.
fn shape(entry: &Value) -> Value {
    let is_view = entry.get("lag").is_some();
    if is_view { entry["name"].clone() } else { entry.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_ticket_is_the_most_urgent_that_nobody_owns() {
    let desk = Desk::open().await;
    desk.given_ticket_with(json!({ "priority": "low" })).await;
    let urgent = desk.given_ticket_with(json!({ "priority": "critical" })).await;
    desk.views_caught_up().await;
    let agent = desk.caller("agent");
    let taken = agent.post_once("/v1/queues/inbox/next", "k", &json!({})).await.is(200);
    assert_eq!(taken.text("/id"), urgent.id);
    assert_eq!(taken.text("/assignee/id"), desk.ann);
    let again = agent.post_once("/v1/queues/inbox/next", "k", &json!({})).await.is(200);
    assert_eq!(again.bytes, taken.bytes);
    agent.post("/v1/queues/inbox/next", &json!({})).await.is(200);
    agent.post("/v1/queues/inbox/next", &json!({})).await.is(204);
    assert_eq!(agent.post("/v1/queues/x/next", &json!({})).await.problem(), "404 not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_ticket_was_merged_into_is_the_root_wherever_it_is_shown() {
    let desk = Desk::open().await;
    let (first, second, root) =
        (desk.given_ticket().await, desk.given_ticket().await, desk.given_ticket().await);
    let once = desk.admin.post(&first.path("merge"), &json!({ "into": second.id })).await.is(200);
    assert_eq!(once.text("/merged_into"), second.id);
    let between = desk.now();
    desk.pass(std::time::Duration::from_secs(60));
    desk.admin.post(&second.path("merge"), &json!({ "into": root.id })).await.is(200);

    let now = desk.admin.get(&first.own()).await.is(200);
    assert_eq!(now.text("/merged_into"), root.id);
    let then = desk.admin.get(&format!("{}?as_of={between}", first.own())).await.is(200);
    assert_eq!(then.text("/merged_into"), second.id, "as the merges stood then");
    desk.views_caught_up().await;
    let list = format!("/v1/tickets?view=all&number={}", first.number);
    let listed = desk.admin.get(&list).await.is(200);
    assert_eq!(listed.text("/data/0/merged_into"), root.id);
    assert_eq!(listed.body["data"][0], now.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_show_and_find_what_is_late_though_nothing_happened() {
    let desk = Desk::open().await;
    let customer = json!({ "name": "Jan", "email": "jan@example.com", "tier": "premium" });
    let customer = desk.admin.post("/v1/customers", &customer).await.is(201);
    let said = json!({ "customer": { "id": customer.text("/id") }, "priority": "critical" });
    let urgent = desk.given_ticket_with(said).await.number;
    let usual = desk.given_ticket().await.number;
    desk.views_caught_up().await;
    let listed = async |query: &str| {
        let page = desk.admin.get(&format!("/v1/tickets?{query}")).await.is(200);
        let tickets = page.body["data"].as_array().unwrap().iter();
        let told = tickets.map(|it| {
            let colours = &it["indicator"];
            format!(
                "{} {} {} {}",
                it["number"], it["due_at"], colours["message"], colours["ticket"]
            )
        });
        told.collect::<Vec<_>>().join(", ").replace('"', "")
    };
    let due = "sort=due";
    let told = [
        listed(due).await,
        {
            desk.pass(std::time::Duration::from_secs(16 * 60));
            listed("sort=due&indicator=green,red&due_to=2026-03-02T12:00:00Z").await
        },
        {
            desk.pass(std::time::Duration::from_secs(3 * 3600));
            listed("indicator=orange").await
        },
        {
            desk.pass(std::time::Duration::from_secs(3600));
            listed("indicator=red").await
        },
        listed("indicator=blue&sort=due").await,
    ];
    let told = told.join("\n").replace(&urgent, "urgent").replace(&usual, "usual");
    insta::assert_snapshot!(told, @"
    urgent 2026-03-02T09:07:30.000Z blue none, usual 2026-03-02T09:30:00.000Z blue none
    urgent 2026-03-02T09:07:30.000Z green none
    urgent 2026-03-02T09:07:30.000Z green orange
    urgent 2026-03-02T09:07:30.000Z green red
    ");
    let refused = desk.admin.get("/v1/tickets?indicator=pink").await;
    assert_eq!(refused.problem(), "422 invalid_request /indicator:invalid_value");
    // The same document as of one ticket, to the last colour. A timer may note what is late between
    // the two answers; then both are asked again.
    let (listed, ticket) = loop {
        desk.views_caught_up().await;
        let mut list = desk.admin.get(&format!("/v1/tickets?number={urgent}")).await.is(200);
        let ticket = desk.admin.get(&format!("/v1/tickets/{urgent}")).await.is(200);
        let listed = list.body["data"][0].take();
        if listed["version"] == ticket.body["version"] {
            break (listed, ticket.body);
        }
    };
    assert_eq!(listed, ticket);
}
