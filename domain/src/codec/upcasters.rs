//! How payloads of older schemas become today's: a step for each change of a shape.

use serde_json::{Value, json};

use super::Upcaster;

/// All steps there are. An event's current schema is one more than its last step reads, else 1.
pub const UPCASTERS: &[Upcaster] =
    &[Upcaster { event_type: "DefinitionPublished", from: 1, step: settings_name_a_plan }];

/// Settings of before there were service plans name the one that every desk was given then.
fn settings_name_a_plan(mut payload: Value) -> Value {
    if let Some(Value::Object(settings)) = payload.pointer_mut("/document/settings") {
        settings.entry("plan").or_insert_with(|| json!("default"));
    }
    payload
}
