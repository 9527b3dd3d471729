//! Complaints counted slowly and obviously, by a walk through the exported events.

use std::collections::BTreeMap;

use docket_domain::instant::Instant;
use docket_tests::desk::Desk;
use serde_json::Value;

/// The counts of a group, in their order.
pub const COUNTS: [&str; 6] =
    ["raised", "accepted", "partly_accepted", "rejected", "open", "raised_before"];

/// A complaint as the events tell it, by the names of what a report can tell apart.
pub type Told = BTreeMap<&'static str, String>;

/// A text, or `none`.
pub fn or_none(value: &Value) -> String {
    value.as_str().unwrap_or("none").to_owned()
}

/// All complaints, by an obvious walk through all events.
pub async fn counted(desk: &Desk) -> Vec<Told> {
    let events = desk.admin.get("/v1/events?limit=1000").await.is(200).body;
    let mut lies: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut all: Vec<Told> = Vec::new();
    for event in events["data"].as_array().unwrap() {
        let (stream, data) = (event["stream"].as_str().unwrap(), &event["data"]);
        let at = event["occurred_at"].as_str().unwrap().to_owned();
        match event["type"].as_str().unwrap() {
            "TicketCreated" => {
                let category = or_none(&data["category"]["key"]);
                lies.insert(stream.to_owned(), (or_none(&data["queue"]["key"]), category));
            }
            "TicketTransferred" => {
                lies.get_mut(stream).unwrap().0 = or_none(&data["to"]["key"]);
            }
            "TicketReclassified" => {
                lies.get_mut(stream).unwrap().1 = or_none(&data["category"]["key"]);
            }
            "ComplaintRaised" => all.push(Told::from([
                ("stream", stream.to_owned()),
                ("severity", or_none(&data["severity"])),
                ("owner", or_none(&data["owner"]["id"])),
                ("raised", at),
                ("decision", "open".to_owned()),
            ])),
            "ComplaintDecided" => {
                let mut its = all.iter_mut();
                let it = its.find(|it| it["stream"] == stream && it["decision"] == "open").unwrap();
                it.insert("decision", or_none(&data["decision"]));
            }
            _ => {}
        }
        for it in all.iter_mut().filter(|it| it["stream"] == stream) {
            if it["decision"] == "open" {
                let (queue, category) = lies[stream].clone();
                it.insert("queue", queue);
                it.insert("category", category);
            }
        }
    }
    all
}

/// The report that the complaints amount to, group by group, with its counts in the order of [`COUNTS`].
pub fn expected(
    all: &[Told],
    (from, to): (Instant, Instant),
    by: &[&str],
) -> BTreeMap<Vec<String>, [u64; 6]> {
    let mut groups = BTreeMap::<Vec<String>, [u64; 6]>::new();
    for it in all {
        let raised: Instant = it["raised"].parse().unwrap();
        let length = to.0 - from.0;
        let is_before = raised < from;
        if raised >= to || raised < from.plus_millis(-length) {
            continue;
        }
        let at = raised.plus_millis(if is_before { length } else { 0 }).to_string();
        let value = |by: &&str| match *by {
            "day" => at[..10].to_owned(),
            "month" => at[..7].to_owned(),
            by => it[by].clone(),
        };
        let counts = groups.entry(by.iter().map(value).collect()).or_default();
        if is_before {
            counts[5] += 1;
        } else {
            counts[0] += 1;
            counts[COUNTS.iter().position(|name| *name == it["decision"]).unwrap()] += 1;
        }
    }
    groups
}
