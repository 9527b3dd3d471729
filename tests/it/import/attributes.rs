//! Nothing that a foreign log says is lost, and what is personal of it is sealed and can be erased.

use docket_api::config::{Config, Options};
use docket_api::server;
use docket_tests::process::{Process, admin_token};
use serde_json::Value;

use super::{events, import, said, sourced, text};

const XES: &str = r#"<log><trace>
  <string key="concept:name" value="c1"/><string key="asked by" value="Jan"/><string key="region" value="Lodz"/>
  <event><string key="concept:name" value="Created"/><date key="time:timestamp" value="2020-01-01T10:00:00+02:00"/>
    <string key="form" value="W-7"/><string key="phone" value="+48 600 100 200"/></event>
  <event><string key="concept:name" value="Taken"/><date key="time:timestamp" value="2020-01-01T10:05:00+02:00"/>
    <string key="who" value="Ann"/><string key="from" value="the kitchen"/></event>
  <event><string key="concept:name" value="Pondered"/><date key="time:timestamp" value="2020-01-01T10:06:00+02:00"/>
    <string key="form" value="W-8"/></event>
</trace></log>"#;

const XES_MAP: &str = r#"
    system = "there"
    case = "concept:name"
    time = "time:timestamp"
    activity = "concept:name"
    public = ["form", "region"]
    [[event]]
    when = { "concept:name" = "Created" }
    type = "TicketCreated"
    [[event]]
    when = { "concept:name" = "Taken" }
    type = "TicketAssigned"
    set = { to = "who" }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_map_does_not_name_stays_with_the_event_and_is_erased_with_the_ticket() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("log.xes"), XES).expect("a log");
    std::fs::write(at("map.toml"), XES_MAP).expect("a map");
    std::fs::create_dir(at("data")).expect("a folder");
    let imported = import("xes", &at("log.xes"), &at("map.toml"), &at("data"), &[]);
    assert!(imported.status.success(), "{}", said(&imported));
    for file in ["log.sqlite", "log.sqlite-wal"] {
        let bytes = std::fs::read(at("data").join(file)).unwrap_or_default();
        let clear = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!clear("600 100 200") && !clear("the kitchen"), "{file} holds it in the clear");
    }

    let mut server = Process::serve(&at("data")).await;
    let told = sourced(&events(&server, &at("data")).await);
    server.kill();
    let sources: Vec<String> = told.iter().map(|event| event["source"].to_string()).collect();
    insta::assert_snapshot!(sources.join("\n"), @r#"
    {"activity":"Created","attributes":{"phone":"+48 600 100 200","time:timestamp":"2020-01-01T10:00:00+02:00"},"case":"c1","case_attributes":{"asked by":"Jan"},"case_public":{"region":"Lodz"},"public":{"form":"W-7"},"system":"there"}
    {"activity":"Taken","attributes":{"from":"the kitchen","time:timestamp":"2020-01-01T10:05:00+02:00","who":"Ann"},"case":"c1","system":"there"}
    {"activity":"Pondered","case":"c1","system":"there"}
    "#);
    for event in &told {
        let fields = event["data"].as_object().expect("data");
        assert!(!fields.contains_key("$source"), "{event}");
    }

    let options = Options { data: Some(at("data")), ..Options::default() };
    let options = Options { listen: Some(([127, 0, 0, 1], 0).into()), ..options };
    let config = Config::settle(options).expect("options");
    let server = server::start(&config, docket_api::cli::clock()).await.expect("it starts");
    server.docket.erase(text(&told[0]["stream"])).await.expect("the ticket is erased");
    let url = format!("http://{}/v1/events?limit=1000", server.address);
    let request = reqwest::Client::new().get(url).bearer_auth(admin_token(&at("data")));
    let page: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    let erased = sourced(page["data"].as_array().expect("data"));
    assert_eq!(erased[0]["source"]["attributes"], Value::Null);
    assert_eq!(erased[0]["source"]["public"]["form"], "W-7");
    let pointers = erased[0]["erased"].as_array().expect("pointers");
    for pointer in ["/source/attributes", "/source/case_attributes"] {
        assert!(pointers.contains(&Value::from(pointer)), "{pointers:?}");
    }
    server.stop().await;
}
