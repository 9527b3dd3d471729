//! A desk from before there were service plans is given the default ones when it is opened.

use std::path::Path;
use std::sync::Arc;

use docket_commands::{Desk, Request};
use docket_domain::definition::{DefinitionKind, Document};
use docket_store::sqlite::SqliteStore;
use docket_store::vault::{KeyFile, Vault};
use docket_store::{Append, Clock, EventStore, Expected, NewEvent, StreamWrite};
use serde_json::json;
use uuid::Uuid;

async fn store(folder: &Path) -> Arc<dyn EventStore> {
    let clock: Clock = Arc::new(|| 1_772_366_400_000);
    Arc::new(SqliteStore::open(&folder.join("log.sqlite"), clock).await.unwrap())
}

async fn desk(folder: &Path, store: Arc<dyn EventStore>) -> Desk {
    let key = KeyFile::load_or_create(&folder.join("docket.key"), &*store).await.unwrap();
    let vault = Arc::new(Vault::new(store.clone(), key));
    Desk::open(store, vault, Arc::new(|| 1_772_366_400_000)).await.unwrap()
}

/// Settings as an earlier release wrote them: of schema 1, naming no plan.
fn settings_of_before() -> Append {
    let payload = json!({
        "key": "settings", "document": { "settings": { "zone": "Europe/Warsaw" } },
        "zone_offsets": { "tzdb": "2025a", "offsets": [[631_152_000_000_i64, 3600]] },
    });
    let envelope = json!({
        "actor": { "kind": "system", "id": "setup" },
        "command_id": Uuid::nil(), "correlation_id": Uuid::nil(),
    });
    let event = NewEvent {
        event_type: "DefinitionPublished".into(),
        schema: 1,
        occurred_at: None,
        envelope: envelope.to_string(),
        payload: payload.to_string(),
        sealed: None,
    };
    let stream = DefinitionKind::Settings.stream("settings");
    let write = StreamWrite { stream, expected: Expected::NoStream, events: vec![event] };
    Append {
        command_id: Uuid::nil(),
        fingerprint: [0; 32],
        writes: vec![write],
        claims: Vec::new(),
        releases: Vec::new(),
        new_keys: Vec::new(),
    }
}

#[tokio::test]
async fn a_desk_from_before_plans_gets_them_in_the_zone_of_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    store.append(settings_of_before()).await.unwrap();
    let desk = desk(folder.path(), store).await;
    let catalogue = desk.catalogue();
    assert_eq!(catalogue.settings().plan, "default");
    assert_eq!(catalogue.plans["default"].document.calendar, "office");
    assert_eq!(catalogue.calendars["office"].document.zone, "Europe/Warsaw");
    assert!(catalogue.calendar_zones["office"].offsets.len() > 100);
}

#[tokio::test]
async fn what_was_retired_stays_retired() {
    let folder = tempfile::tempdir().unwrap();
    let log = store(folder.path()).await;
    let opened = desk(folder.path(), log.clone()).await;
    let request = |number| Request::system("test", Uuid::from_u128(number));
    let catalogue = opened.catalogue();
    let plan = Box::new(catalogue.plans["default"].document.clone());
    opened.publish(&request(1), "own", &Document::Plan(plan)).await.unwrap();
    let mut settings = catalogue.settings().clone();
    settings.plan = "own".into();
    let settings = Document::Settings(Box::new(settings));
    opened.publish(&request(2), "settings", &settings).await.unwrap();
    opened.retire(&request(3), DefinitionKind::Plan, "default").await.unwrap();
    let again = desk(folder.path(), log).await;
    let plans = again.catalogue().plans.keys().cloned().collect::<Vec<_>>();
    assert_eq!(plans, ["own"]);
}
