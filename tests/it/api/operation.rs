//! What operates the server, and the contract as a document.

use docket_tests::desk::Desk;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn health_and_readiness_need_no_token_and_figures_do() {
    let desk = Desk::open().await;
    desk.anonymous.get("/healthz").await.is(200);
    desk.views_caught_up().await;
    let ready = desk.anonymous.get("/readyz").await.is(200);
    assert_eq!(ready.body, json!({ "status": "ok", "parked": [] }));
    assert_eq!(desk.anonymous.get("/metrics").await.problem(), "401 token_required");
    desk.given_ticket().await;
    desk.admin.get("/v1/queues/inbox").await.is(200);
    let figures = desk.admin.get("/metrics").await.is(200);
    let figures = String::from_utf8(figures.bytes).unwrap();
    for figure in [
        "docket_http_requests_total{method=\"POST\",route=\"/v1/tickets\",status=\"2xx\"}",
        "docket_http_requests_total{method=\"GET\",route=\"/v1/queues/{key}\",status=\"2xx\"}",
        "docket_http_request_seconds_bucket",
        "docket_append_seconds_bucket",
        "docket_append_batch_size_bucket",
        "docket_append_queue_depth",
        "docket_log_head_position",
        "docket_view_lag_events{view=\"ticket_list\"}",
        "docket_view_parked_streams",
    ] {
        assert!(figures.contains(figure), "{figure} in {figures}");
    }
    desk.server.docket.stop();
    let stopping = desk.anonymous.get("/readyz").await;
    assert_eq!(stopping.problem(), "503 not_ready");
    assert_eq!(stopping.text("/detail"), "the server stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_served_and_browsable_without_a_network() {
    let desk = Desk::open().await;
    let served = desk.anonymous.get("/openapi.json").await.is(200);
    assert_eq!(served.body["info"]["title"], "Docket");
    let page = desk.anonymous.get("/docs").await.is(200);
    let page = String::from_utf8(page.bytes).unwrap();
    assert!(!page.contains("https://"), "the page fetches from elsewhere: {page}");
}

/// Every operation with its answers, so that a change of the contract is a change of this list; the
/// whole document is in `openapi.json` beside.
#[test]
fn the_contract_changes_only_on_purpose() {
    let document = docket_api::openapi::collect();
    let document = serde_json::to_value(&document).unwrap();
    insta::assert_json_snapshot!("openapi", document);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_listed_and_built_anew() {
    let desk = Desk::open().await;
    desk.given_ticket().await;
    desk.views_caught_up().await;
    let views = desk.caller("analyst").get("/v1/projections").await.is(200);
    assert!(views.body["data"].as_array().unwrap().iter().any(|it| it["name"] == "ticket_list"));
    let rebuild = "/v1/projections/ticket_list/rebuild";
    desk.admin.post(rebuild, &json!({})).await.is(202);
    let nothing = desk.admin.post("/v1/projections/nothing/rebuild", &json!({})).await;
    assert_eq!(nothing.problem(), "404 not_found");
}

#[test]
fn every_operation_has_an_id_of_its_own_and_every_definition_a_schema() {
    let document = serde_json::to_value(docket_api::openapi::collect()).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id), "{id} is {method} {path}, and another operation too");
            if method == "put" {
                let body = operation.pointer("/requestBody/content/application~1json/schema/$ref");
                let schema = body.and_then(|it| it.as_str()?.strip_prefix("#")).unwrap();
                assert!(document.pointer(schema).is_some(), "{path} is a {schema}");
            }
        }
    }
}

#[test]
fn every_reference_leads_to_a_schema_and_what_is_read_of_a_definition_is_what_was_published() {
    let document = serde_json::to_value(docket_api::openapi::collect()).unwrap();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|it| it.split('"').next()) {
        assert!(document.pointer(reference).is_some(), "nothing is at {reference}");
    }
    let read = "/paths/~1v1~1queues~1{key}/get/responses/200/content/application~1json/schema/$ref";
    assert_eq!(document.pointer(read).unwrap(), "#/components/schemas/QueueDefinition");
    let schemas = &document["components"]["schemas"];
    let read = schemas["QueueDefinition"]["properties"].as_object().unwrap();
    for member in schemas["Queue"]["properties"].as_object().unwrap().keys() {
        assert!(read.contains_key(member), "{member}");
    }
    assert!(read.contains_key("effective_from"));
    assert!(schemas.get("Definition").is_none(), "no answer is of any form");
}
