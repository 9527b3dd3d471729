//! Documents of definitions as they come in and go out.

use std::borrow::Cow;

use docket_domain::definition::{DefinitionKind, Document};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::body;
use crate::problem::Problem;

/// What answers say of a document beside the document itself.
const SHOWN: [&str; 4] = ["key", "version", "effective_from", "doubts"];

/// The kind that a path names.
pub fn kind(plural: &str) -> Result<DefinitionKind, Problem> {
    match plural {
        "queues" => Ok(DefinitionKind::Queue),
        "categories" => Ok(DefinitionKind::Category),
        "statuses" => Ok(DefinitionKind::Status),
        "priorities" => Ok(DefinitionKind::Priority),
        "types" => Ok(DefinitionKind::Type),
        "calendars" => Ok(DefinitionKind::Calendar),
        "plans" => Ok(DefinitionKind::Plan),
        "templates" => Ok(DefinitionKind::Template),
        _ => Err(Problem::not_found("kind of definition")),
    }
}

/// The document of a body, of the shape that its kind has; as `GET` showed it, or it alone.
pub fn parse(kind: DefinitionKind, key: &str, said: &[u8]) -> Result<Document, Problem> {
    let said = &without_shown(key, said)?;
    match kind {
        DefinitionKind::Queue => body::parse(said).map(Document::Queue),
        DefinitionKind::Category => body::parse(said).map(Document::Category),
        DefinitionKind::Status => body::parse(said).map(Document::Status),
        DefinitionKind::Priority => body::parse(said).map(Document::Priority),
        DefinitionKind::Type => body::parse(said).map(Document::Type),
        DefinitionKind::Calendar => body::parse(said).map(Document::Calendar),
        DefinitionKind::Plan => body::parse(said).map(Document::Plan),
        DefinitionKind::Template => body::parse(said).map(Document::Template),
        DefinitionKind::Settings => body::parse(said).map(Document::Settings),
    }
}

/// A document that is tried and not published, of whatever key: as `GET` showed it, or it alone.
pub fn draft<T: DeserializeOwned>(said: &[u8]) -> Result<T, Problem> {
    body::parse(&body::split_off(said, &SHOWN).0)
}

/// The document alone: one that `GET` showed may be sent back as it is, under its own key.
fn without_shown<'b>(key: &str, said: &'b [u8]) -> Result<Cow<'b, [u8]>, Problem> {
    let (document, shown) = body::split_off(said, &SHOWN);
    let is_other = |(name, text): &(String, &str)| {
        name == "key" && serde_json::from_str::<String>(text).ok().as_deref() != Some(key)
    };
    if shown.iter().any(is_other) {
        let detail = format!("the path says that the key is {key}");
        return Err(Problem::field("/key", "invalid_value", detail));
    }
    Ok(document)
}

/// A document's own members, without the word of its kind around them.
pub fn plain(document: &Document) -> Value {
    let tagged = serde_json::to_value(document).unwrap_or_default();
    match tagged {
        Value::Object(tagged) => tagged.into_iter().next().map_or(Value::Null, |(_, it)| it),
        other => other,
    }
}
