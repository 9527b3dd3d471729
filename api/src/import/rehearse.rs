//! A dry run imports into a store of its own, under the definitions of the one it is about.

use docket_commands::{CommandError, Desk, Request};
use docket_domain::definition::{Catalogue, Document};
use uuid::Uuid;

/// Publishes what is in force at one desk at another.
pub async fn copy_definitions(from: &Catalogue, to: &Desk) -> Result<(), CommandError> {
    for (key, document) in documents(from) {
        let request = Request::system("import", Uuid::now_v7());
        to.copy(&request, &key, &document).await?;
    }
    Ok(())
}

/// All definitions in force, each after those it names.
fn documents(from: &Catalogue) -> Vec<(String, Document)> {
    let mut all = Vec::new();
    let copy = |(key, value): (&String, Document)| (key.clone(), value);
    all.extend(
        from.priorities.iter().map(|(k, v)| copy((k, Document::Priority(v.document.clone())))),
    );
    all.extend(from.queues.iter().map(|(k, v)| copy((k, Document::Queue(v.document.clone())))));
    all.extend(
        from.categories.iter().map(|(k, v)| copy((k, Document::Category(v.document.clone())))),
    );
    all.extend(from.statuses.iter().map(|(k, v)| copy((k, Document::Status(v.document.clone())))));
    all.extend(from.types.iter().map(|(k, v)| copy((k, Document::Type(v.document.clone())))));
    all.extend(
        from.calendars.iter().map(|(k, v)| copy((k, Document::Calendar(v.document.clone())))),
    );
    all.extend(
        from.plans.iter().map(|(k, v)| copy((k, Document::Plan(Box::new(v.document.clone()))))),
    );
    all.extend(
        from.templates.iter().map(|(k, v)| copy((k, Document::Template(v.document.clone())))),
    );
    all.extend(from.settings.iter().map(|settings| {
        ("settings".to_owned(), Document::Settings(Box::new(settings.document.clone())))
    }));
    all
}
