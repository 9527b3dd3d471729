//! The schemas of definitions: the domain writes down what a document is, and knows no HTTP; how
//! OpenAPI says it stands in one file beside, and a test holds the two together.

use std::collections::BTreeMap;

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

fn schema_of(path: &str) -> Option<&'static str> {
    let plural = path.strip_prefix("/v1/")?.split('/').next()?;
    Some(match plural {
        "queues" => "Queue",
        "categories" => "Category",
        "statuses" => "Status",
        "priorities" => "Priority",
        "types" => "Type",
        "calendars" => "Calendar",
        "plans" => "Plan",
        "settings" => "Settings",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use docket_domain::definition::{
        Category, Priority, Queue, Settings, Status, StatusOn, StatusRule, TicketType,
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

    const TYPES: [(&str, Reads); 14] = [
        ("Queue", reads_as::<Queue>),
        ("Category", reads_as::<Category>),
        ("Status", reads_as::<Status>),
        ("Priority", reads_as::<Priority>),
        ("Type", reads_as::<TicketType>),
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
