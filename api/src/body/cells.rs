//! Which member of a map is wrong. A map whose keys are words of ours, as the days of a calendar, is read
//! key by key by what knows those words, which loses the path: so each member is tried alone.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use super::escape;

/// The most members that are tried alone, each with a copy of the document: maps of words of ours are
/// shorter, and a body may have many thousand.
const MOST_MEMBERS: usize = 64;

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
    if members.len() > MOST_MEMBERS {
        return None;
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Known,
    }

    #[derive(Debug, Deserialize)]
    struct Document {
        #[expect(dead_code, reason = "only its parsing matters")]
        words: BTreeMap<Word, u8>,
    }

    fn named_of(members: usize) -> Option<String> {
        let words = (0..members).map(|nth| (format!("w{nth:03}"), 1.into()));
        let document = serde_json::json!({ "words": Map::from_iter(words) }).to_string();
        let mut json = serde_json::Deserializer::from_str(&document);
        let error = serde_path_to_error::deserialize::<_, Document>(&mut json).unwrap_err();
        named::<Document>(document.as_bytes(), error.path())
    }

    #[test]
    fn the_members_of_a_short_map_are_tried_and_those_of_a_long_one_are_not() {
        assert_eq!(named_of(3).as_deref(), Some("/words/w000"));
        assert_eq!(named_of(MOST_MEMBERS + 1), None);
    }
}
