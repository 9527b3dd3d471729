//! What the types of the routes leave unsaid in the document: which words a text may be, and how long
//! it may be. The words are those that the domain's types are read from, the lengths its limits.

use docket_domain::customer::AddressKind;
use docket_domain::definition::BaseStatus;
use docket_domain::limits::{
    LONGEST_NAME, LONGEST_SUBJECT, LONGEST_TAG, LONGEST_TEXT, LONGEST_VALUE, MOST_TAGS,
};
use docket_domain::party::{ActorKind, Channel};
use docket_domain::sla::clock::{BreachedBy, Verdict};
use docket_domain::sla::plan::ClockKind;
use docket_domain::ticket::event::{
    CallOutcome, Decision, Direction, Finding, LinkKind, OpenedBy, Outcome, Promiser, Severity,
    SnoozeReason,
};
use docket_domain::token::Role;
use serde::Deserialize;
use serde::de::value::Error as NotRead;
use serde::de::{Deserializer, Error as _, Visitor};
use serde_json::{Value, json};
use utoipa::openapi::{Components, RefOr, Schema};

/// Members that are a text of their own: 1 to 200,000 characters.
const TEXTS: [&str; 11] = [
    "body",
    "claim",
    "comment",
    "note",
    "reason",
    "reasoning",
    "remedy",
    "resolution",
    "summary",
    "text",
    "transcript",
];

/// Members that are one short line: 1 to 200 characters.
const LINES: [&str; 9] =
    ["amount", "code", "compensation", "endpoint", "field", "line", "name", "rubric", "solution"];

/// Says of each schema that a route takes or gives what its members may be.
pub fn complete(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        let Ok(mut told) = serde_json::to_value(&*schema) else { continue };
        // Whatever is taken from callers refuses members that it does not know.
        let is_taken = told.get("additionalProperties") == Some(&Value::Bool(false));
        let members = told.get_mut("properties").and_then(Value::as_object_mut);
        members.into_iter().flatten().for_each(|(member, said)| {
            say_words(said, words_of(name, member));
            if is_taken {
                say_lengths(name, member, said);
            }
        });
        // What utoipa wrote it reads; a test holds the document against what it was made of.
        if let Ok(told) = serde_json::from_value::<RefOr<Schema>>(told) {
            *schema = told;
        }
    }
}

fn is_text(said: &Value) -> bool {
    let text = json!("string");
    let is_one =
        said["type"] == text || said["type"].as_array().is_some_and(|it| it.contains(&text));
    is_one && said.get("format").is_none()
}

fn say_words(said: &mut Value, words: &[&str]) {
    if words.is_empty() || !is_text(said) {
        return;
    }
    let mut all: Vec<Value> = words.iter().map(|word| json!(word)).collect();
    if said["type"].is_array() {
        all.push(Value::Null);
    }
    said["enum"] = all.into();
}

fn say_lengths(schema: &str, member: &str, said: &mut Value) {
    if matches!(member, "tags" | "add" | "remove" | "skills") {
        said["maxItems"] = MOST_TAGS.into();
        limit(&mut said["items"], LONGEST_TAG);
        return;
    }
    if !is_text(said) || said.get("enum").is_some() {
        return;
    }
    match (schema, member) {
        (_, "subject") => limit(said, LONGEST_SUBJECT),
        ("SetField", "value") => limit(said, LONGEST_VALUE),
        ("Commitment", "kind") | ("Bounce", "recipient") => limit(said, LONGEST_NAME),
        _ if TEXTS.contains(&member) => limit(said, LONGEST_TEXT),
        _ if LINES.contains(&member) => limit(said, LONGEST_NAME),
        _ => {}
    }
}

fn limit(said: &mut Value, most: usize) {
    said["minLength"] = 1.into();
    said["maxLength"] = most.into();
}

/// The words that a member may be; none where it may be anything.
fn words_of(schema: &str, member: &str) -> &'static [&'static str] {
    match (schema, member) {
        (_, "channel") | ("ToDecide" | "Decided", "told_by") => words::<Channel>(),
        (_, "status_base") => words::<BaseStatus>(),
        ("Link" | "Unlink" | "LinkSummary", "kind") => words::<LinkKind>(),
        ("OpenTicket", "opened_by") => words::<OpenedBy>(),
        ("LogCall", "direction") => words::<Direction>(),
        ("LogCall", "outcome") => words::<CallOutcome>(),
        (_, "outcome") => words::<Outcome>(),
        ("Snooze", "reason") => words::<SnoozeReason>(),
        (_, "promiser") => words::<Promiser>(),
        (_, "severity") => words::<Severity>(),
        (_, "decision") => words::<Decision>(),
        (_, "finding") => words::<Finding>(),
        (_, "role") => words::<Role>(),
        (_, "clock") => words::<ClockKind>(),
        (_, "verdict") => words::<Verdict>(),
        (_, "breached_by") => words::<BreachedBy>(),
        ("AddressDocument", "kind") => words::<AddressKind>(),
        ("EntryActor", "kind") => words::<ActorKind>(),
        _ => &[],
    }
}

/// The words that a value of this type is read from.
fn words<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut words: &'static [&'static str] = &[];
    // It is no value that is read, only what would be one: that always ends in an error.
    drop(T::deserialize(Words(&mut words)));
    words
}

/// Listens to which words a type asks for.
struct Words<'w>(&'w mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Words<'_> {
    type Error = NotRead;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, NotRead> {
        *self.0 = variants;
        Err(NotRead::custom("only its words are asked for"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NotRead> {
        Err(NotRead::custom("it has no words"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Members that name something there is, or are written in a form of their own.
    const NAMED: [&str; 17] = [
        "calendar",
        "category",
        "cursor",
        "email",
        "for",
        "handle",
        "into",
        "phone",
        "plan",
        "priority",
        "queue",
        "status",
        "substatus",
        "table",
        "ticket",
        "tier",
        "type",
    ];

    fn schemas() -> Value {
        let mut api = crate::openapi::raw();
        let components = api.components.get_or_insert_default();
        complete(components);
        serde_json::to_value(&components.schemas).unwrap()
    }

    #[test]
    fn words_are_those_that_the_domain_reads() {
        let schemas = schemas();
        let words =
            |schema: &str, member: &str| schemas[schema]["properties"][member]["enum"].clone();
        let channels =
            json!(["email", "web", "phone", "chat", "social", "messenger", "in_person", "api"]);
        assert_eq!(words("OpenTicket", "channel"), channels);
        assert_eq!(words("Snooze", "reason"), json!(["customer_asked", "waiting", "other", null]));
        assert_eq!(words("TicketDocument", "status_base").as_array().unwrap().len(), 6);
        assert_eq!(words("Close", "reason"), Value::Null, "a text");
    }

    #[test]
    fn every_text_that_is_taken_says_how_long_it_may_be_or_which_words_it_is() {
        let schemas = schemas();
        let taken = schemas.as_object().unwrap().iter();
        let taken = taken.filter(|(_, it)| it["additionalProperties"] == false);
        let mut texts = 0;
        for (schema, said) in taken {
            // What nothing more is to be said of has no properties.
            for (member, said) in said["properties"].as_object().into_iter().flatten() {
                if is_text(said) && !NAMED.contains(&member.as_str()) {
                    let is_said = said.get("enum").or(said.get("maxLength")).is_some();
                    assert!(is_said, "{schema}.{member}");
                    texts += 1;
                }
            }
        }
        assert!(texts > 40, "{texts} texts were looked at");
        let subject = &schemas["OpenTicket"]["properties"]["subject"];
        assert_eq!((&subject["minLength"], &subject["maxLength"]), (&json!(1), &json!(500)));
        let tags = &schemas["OpenTicket"]["properties"]["tags"];
        assert_eq!((&tags["maxItems"], &tags["items"]["maxLength"]), (&json!(50), &json!(64)));
    }
}
