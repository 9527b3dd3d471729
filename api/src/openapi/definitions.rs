//! The schemas of definitions: the domain writes down what a document is, and knows no HTTP; how
//! OpenAPI says it stands in one file beside, and a test holds the two together.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::path::Operation;
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{Components, ContentBuilder, Ref, RefOr, Required, Schema};

/// The schemas by name; a test below shows that each is what is taken.
const SCHEMAS: &str = include_str!("definitions.json");

/// Adds the schemas of all documents of definitions.
pub fn add_schemas(components: &mut Components) {
    // The file is a part of the program; a test reads it.
    let schemas: BTreeMap<String, RefOr<Schema>> =
        serde_json::from_str(SCHEMAS).unwrap_or_default();
    components.schemas.extend(schemas);
}

/// Says what the body of a `PUT` under this path is, where it publishes a definition.
pub fn describe_body(path: &str, operation: &mut Operation) {
    let Some(name) = schema_of(path) else { return };
    let schema = RefOr::Ref(Ref::from_schema_name(name));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let body = RequestBodyBuilder::new().content("application/json", content);
    operation.request_body = Some(RefOr::T(body.required(Some(Required::True)).build()));
}

/// The answers that one handler gives for all kinds, as it says them: of any document.
const ANSWERS: [&str; 4] =
    ["Definition", "DefinitionVersion", "Page_Definition", "Page_DefinitionVersion"];

/// The kinds, by the first word of their paths, each with its document's schema.
const KINDS: [(&str, &str); 9] = [
    ("queues", "Queue"),
    ("categories", "Category"),
    ("statuses", "Status"),
    ("priorities", "Priority"),
    ("types", "Type"),
    ("calendars", "Calendar"),
    ("plans", "Plan"),
    ("templates", "Template"),
    ("settings", "Settings"),
];

fn schema_of(path: &str) -> Option<&'static str> {
    let plural = path.strip_prefix("/v1/")?.split('/').next()?;
    KINDS.iter().find(|(of, _)| *of == plural).map(|(_, name)| *name)
}

/// Puts in place of the answers of any document those of each kind.
pub fn add_answers(components: &mut Components) {
    let mut take = |name| serde_json::to_value(components.schemas.remove(name)).unwrap_or_default();
    let [definition, version, definitions, versions] = ANSWERS.map(&mut take);
    let documents: BTreeMap<String, Value> = serde_json::from_str(SCHEMAS).unwrap_or_default();
    for (_, kind) in KINDS {
        let document = documents.get(kind).cloned().unwrap_or_default();
        let answers = [
            in_force(document, &definition["allOf"][1]),
            with(&version, "/properties/document", one_of_or_null(kind)),
            with(&definitions, "/properties/data/items", reference(&answer(kind, ANSWERS[0]))),
            with(&versions, "/properties/data/items", reference(&answer(kind, ANSWERS[1]))),
        ];
        for (name, schema) in ANSWERS.iter().zip(answers) {
            // What utoipa wrote it reads; a test holds every reference against its schema.
            let schema = serde_json::from_value::<RefOr<Schema>>(schema);
            components.schemas.extend(schema.ok().map(|schema| (answer(kind, name), schema)));
        }
    }
}

/// Lets an operation under this path refer to the answers of its kind.
pub fn describe_answers(path: &str, operation: &mut Operation) {
    let Some(kind) = schema_of(path) else { return };
    let Ok(mut responses) = serde_json::to_value(&operation.responses) else { return };
    refer(&mut responses, kind);
    if let Ok(responses) = serde_json::from_value(responses) {
        operation.responses = responses;
    }
}

/// `Page_DefinitionVersion` of queues is `Page_QueueDefinitionVersion`.
fn answer(kind: &str, name: &str) -> String {
    name.replace("Definition", &format!("{kind}Definition"))
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn one_of_or_null(kind: &str) -> Value {
    let retired = "The document; `null` where it was retired.";
    json!({ "oneOf": [reference(kind), { "type": "null" }], "description": retired })
}

fn with(schema: &Value, pointer: &str, value: Value) -> Value {
    let mut schema = schema.clone();
    if let Some(place) = schema.pointer_mut(pointer) {
        *place = value;
    }
    schema
}

/// A document's own members, and those that say which one it is.
fn in_force(mut document: Value, which: &Value) -> Value {
    if let (Some(own), Some(more)) =
        (document["properties"].as_object_mut(), which["properties"].as_object())
    {
        own.extend(more.clone());
    }
    if let (Some(own), Some(more)) =
        (document["required"].as_array_mut(), which["required"].as_array())
    {
        own.extend(more.clone());
    }
    if let Some(document) = document.as_object_mut() {
        document.remove("example");
    }
    document
}

fn refer(value: &mut Value, kind: &str) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let name = value.as_str().and_then(|it| it.rsplit('/').next());
                let name = name.filter(|name| member == "$ref" && ANSWERS.contains(name));
                match name.map(|name| answer(kind, name)) {
                    Some(name) => *value = format!("#/components/schemas/{name}").into(),
                    None => refer(value, kind),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| refer(item, kind)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use docket_domain::definition::{
        Category, Priority, Queue, Settings, Status, StatusOn, StatusRule, Template, TicketType,
    };
    use docket_domain::sla::calendar::{Calendar, Exception};
    use docket_domain::sla::plan::{Plan, ResolveRow, RespondRow, Step};
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde_json::{Map, Value};

    use super::*;

    type Reads = fn(Value) -> Result<Value, serde_json::Error>;

    /// What is read as `T`, written again.
    fn reads_as<T: DeserializeOwned + Serialize>(value: Value) -> Result<Value, serde_json::Error> {
        serde_json::to_value(serde_json::from_value::<T>(value)?)
    }

    const TYPES: [(&str, Reads); 15] = [
        ("Queue", reads_as::<Queue>),
        ("Category", reads_as::<Category>),
        ("Status", reads_as::<Status>),
        ("Priority", reads_as::<Priority>),
        ("Type", reads_as::<TicketType>),
        ("Template", reads_as::<Template>),
        ("Calendar", reads_as::<Calendar>),
        ("CalendarException", reads_as::<Exception>),
        ("Plan", reads_as::<Plan>),
        ("RespondRow", reads_as::<RespondRow>),
        ("ResolveRow", reads_as::<ResolveRow>),
        ("EscalationStep", reads_as::<Step>),
        ("Settings", reads_as::<Settings>),
        ("StatusOn", reads_as::<StatusOn>),
        ("StatusRule", reads_as::<StatusRule>),
    ];

    fn names(members: &Map<String, Value>) -> BTreeSet<&str> {
        members.keys().map(String::as_str).collect()
    }

    #[test]
    fn each_schema_has_the_members_that_its_document_has_and_requires_those_it_needs() {
        let schemas: BTreeMap<String, Value> = serde_json::from_str(SCHEMAS).unwrap();
        // Whom something is brought to is no document of members.
        assert_eq!(schemas.len(), TYPES.len() + 1);
        for (name, reads) in TYPES {
            let schema = &schemas[name];
            let properties = schema["properties"].as_object().unwrap();
            let example = schema["example"].as_object().unwrap();
            assert_eq!(names(properties), names(example), "the example of {name} is whole");
            let written = reads(schema["example"].clone()).unwrap();
            assert_eq!(names(properties), names(written.as_object().unwrap()), "{name}");
            let required = schema["required"].as_array().unwrap();
            for member in names(properties) {
                let mut without = example.clone();
                without.remove(member);
                let needed = required.iter().any(|it| it == member);
                assert_eq!(reads(without.into()).is_err(), needed, "{name} without {member}");
            }
        }
    }

    #[test]
    fn every_schema_is_one_that_the_document_can_hold() {
        let mut components = Components::new();
        add_schemas(&mut components);
        assert_eq!(components.schemas.len(), TYPES.len() + 1);
    }
}
