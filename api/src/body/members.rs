//! The members of an object, taken apart without understanding their values.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Members in the order in which they stand, also where one stands twice.
struct Members<'b>(Vec<(String, &'b RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Each)
    }
}

struct Each;

impl<'de> Visitor<'de> for Each {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// An object without the members of these names, and the JSON texts of those. What is no object stays as
/// it is, for a parser to refuse.
pub fn split_off<'b>(bytes: &'b [u8], names: &[&str]) -> (Cow<'b, [u8]>, Vec<(String, &'b str)>) {
    let Ok(Members(members)) = serde_json::from_slice(bytes) else {
        return (bytes.into(), Vec::new());
    };
    let (taken, kept): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|(name, _)| names.contains(&name.as_str()));
    if taken.is_empty() {
        return (bytes.into(), Vec::new());
    }
    let member = |(name, value): (String, &RawValue)| {
        format!("{}:{}", serde_json::Value::from(name), value.get())
    };
    let kept: Vec<String> = kept.into_iter().map(member).collect();
    let taken = taken.into_iter().map(|(name, value)| (name, value.get())).collect();
    (format!("{{{}}}", kept.join(",")).into_bytes().into(), taken)
}

#[cfg(test)]
mod tests {
    use super::split_off;

    #[test]
    fn what_is_split_off_is_gone_and_the_rest_stays_as_it_was_written() {
        let (rest, taken) = split_off(br#"{"a": 1.50, "k": "x", "q\"": [ ], "a": 2}"#, &["k"]);
        assert_eq!(&*rest, br#"{"a":1.50,"q\"":[ ],"a":2}"#);
        assert_eq!(taken, [("k".to_owned(), "\"x\"")]);
        for whole in [r#"{ "a": 1 }"#, "[1]", "{", "3"] {
            assert_eq!(split_off(whole.as_bytes(), &["k"]), (whole.as_bytes().into(), vec![]));
        }
    }
}
