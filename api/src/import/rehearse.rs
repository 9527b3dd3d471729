//! A dry run imports into a store of its own, under the definitions of the one it is about.

use std::collections::BTreeMap;

use docket_commands::{CommandError, Desk, Request};
use docket_domain::definition::{Catalogue, Document, InForce, Queue};
use uuid::Uuid;

/// Publishes what is in force at one desk at another.
pub async fn copy_definitions(from: &Catalogue, to: &Desk) -> Result<(), CommandError> {
    for (key, document) in documents(from) {
        let request = Request::system("import", Uuid::now_v7());
        to.copy(&request, &key, &document).await?;
    }
    Ok(())
}

/// All definitions in force, each after those it names. Queues and categories name each other, so a queue
/// comes twice: by its name alone, and as it is.
fn documents(from: &Catalogue) -> Vec<(String, Document)> {
    let by_name = |queue: &Queue| Queue { name: queue.name.clone(), ..Queue::default() };
    let mut all = copies(&from.priorities, |it| Document::Priority(it.clone()));
    all.extend(copies(&from.statuses, |it| Document::Status(it.clone())));
    all.extend(copies(&from.types, |it| Document::Type(it.clone())));
    all.extend(copies(&from.calendars, |it| Document::Calendar(it.clone())));
    all.extend(copies(&from.templates, |it| Document::Template(it.clone())));
    all.extend(copies(&from.queues, |it| Document::Queue(by_name(it))));
    all.extend(copies(&from.categories, |it| Document::Category(it.clone())));
    all.extend(copies(&from.queues, |it| Document::Queue(it.clone())));
    all.extend(copies(&from.plans, |it| Document::Plan(Box::new(it.clone()))));
    all.extend(from.settings.iter().map(|settings| {
        ("settings".to_owned(), Document::Settings(Box::new(settings.document.clone())))
    }));
    all
}

fn copies<T>(
    of_kind: &BTreeMap<String, InForce<T>>,
    document: impl Fn(&T) -> Document,
) -> Vec<(String, Document)> {
    of_kind.iter().map(|(key, it)| (key.clone(), document(&it.document))).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use docket_domain::definition::{Category, Template};
    use docket_store::sqlite::SqliteStore;
    use docket_store::vault::{KeyFile, Vault};
    use docket_store::{Clock, EventStore};
    use serde_json::json;

    use super::*;

    async fn desk(folder: &std::path::Path, name: &str) -> Desk {
        let clock: Clock = Arc::new(|| 1_772_000_000_000);
        let log = SqliteStore::open(folder.join(name), clock.clone()).await.unwrap();
        let store: Arc<dyn EventStore> = Arc::new(log);
        let key = KeyFile::load_or_create(&folder.join(format!("{name}.key")), &*store).await;
        let vault = Arc::new(Vault::new(store.clone(), key.unwrap()));
        Desk::open(store, vault, clock).await.unwrap()
    }

    /// Meant to fail where queues come before the calendars and templates that they name.
    #[tokio::test]
    async fn definitions_that_name_each_other_are_copied_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (desk(folder.path(), "from").await, desk(folder.path(), "to").await);
        let night = json!({ "name": "Night", "zone": "Europe/Warsaw", "day": "PT8H",
            "weekly": { "mon": ["22:00-06:00"] } });
        let template =
            Template { name: "Later".into(), subject: None, body: "At {opens_at}.".into() };
        let bare = Queue { name: "Returns".into(), ..Queue::default() };
        let whole = Queue {
            default_priority: Some("high".into()),
            categories: vec!["returns".into()],
            calendar: Some("night".into()),
            after_hours_notice: Some("later".into()),
            ..bare.clone()
        };
        let category = Category {
            name: "Returns".into(),
            queue: Some("returns".into()),
            solutions: Vec::new(),
            skills: vec!["parcels".into()],
        };
        for (key, document) in [
            ("night", Document::Calendar(serde_json::from_value(night).unwrap())),
            ("later", Document::Template(template)),
            ("returns", Document::Queue(bare)),
            ("returns", Document::Category(category)),
            ("returns", Document::Queue(whole)),
        ] {
            let request = Request::system("test", Uuid::now_v7());
            from.publish(&request, key, &document).await.unwrap();
        }
        copy_definitions(&from.catalogue(), &to).await.unwrap();
        assert_eq!(documents(&to.catalogue()), documents(&from.catalogue()));
    }
}
