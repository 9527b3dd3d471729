//! Which member of a map is wrong. A map whose keys are words of ours, as the days of a calendar, is read
//! key by key by what knows those words, which loses the path: so each member is tried alone.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use super::escape;

/// The pointer of the member that makes a document wrong, where the path that was followed ends in a map
/// or leads through one; none where the path says it already.
pub fn named<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Option<String> {
    let whole: Value = serde_json::from_slice(bytes).ok()?;
    let fault = complaint::<T>(&whole)?;
    let is_of_a_field = ["missing field", "unknown field", "duplicate field"];
    if is_of_a_field.iter().any(|it| fault.starts_with(it)) {
        return None;
    }
    let lost = path.iter().position(|segment| matches!(segment, Segment::Unknown));
    let known = pointer(path.iter().take(lost.unwrap_or(usize::MAX)));
    let rest = pointer(path.iter().skip(lost.map_or(usize::MAX, |lost| lost + 1)));
    let with = |members: Map<String, Value>| {
        let mut tried = whole.clone();
        *tried.pointer_mut(&known)? = Value::Object(members);
        complaint::<T>(&tried)
    };
    let members = whole.pointer(&known)?.as_object()?;
    // What is wrong with an empty map too is wrong with the map, not with one of its members.
    if with(Map::new()).as_ref() == Some(&fault) {
        return None;
    }
    let alone = |(key, value): (&String, &Value)| Map::from_iter([(key.clone(), value.clone())]);
    let wrong = members.iter().find(|member| with(alone(*member)).as_ref() == Some(&fault));
    wrong.map(|(key, _)| format!("{known}/{}{rest}", escape(key)))
}

fn complaint<T: DeserializeOwned>(document: &Value) -> Option<String> {
    serde_json::from_value::<T>(document.clone()).err().map(|error| error.to_string())
}

/// The pointer that segments of a path are.
pub fn pointer<'p>(segments: impl Iterator<Item = &'p Segment>) -> String {
    segments.fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", escape(key)),
        Segment::Enum { variant } => format!("{pointer}/{}", escape(variant)),
        Segment::Unknown => pointer,
    })
}
