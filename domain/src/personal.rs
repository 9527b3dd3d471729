//! What is personal says so in its type.
//!
//! A personal value on its way to the log is written as a marker, `{"$personal": value}`, or
//! `{"$personal": value, "of": subject}` where it belongs to one person rather than to the case.
//! The vault replaces each marker by a commitment before the payload is stored, and puts the value
//! back, or `null` once it is erased, when the payload is read. Without `of`, a value is sealed
//! under the keys of its stream: for a ticket these are the ticket's own and the requester's.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value that is about a person: known, or erased for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Personal<T> {
    /// The value.
    Known(T),
    /// A key that sealed it was destroyed; or the reader chose to open no text.
    Erased,
}

impl<T> Personal<T> {
    /// The value, unless it is erased.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Erased => None,
        }
    }
}

impl Personal<String> {
    /// A personal text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Known(text.into())
    }
}

impl From<String> for Personal<String> {
    fn from(text: String) -> Self {
        Self::Known(text)
    }
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        marked(self, None, serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Erased, Self::Known))
    }
}

/// Writes a personal value as the marker that the vault looks for; `of` names the person (a stream)
/// that it belongs to, where it is not the case as a whole.
pub fn marked<T: Serialize, S: Serializer>(
    value: &Personal<T>,
    of: Option<&str>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let Personal::Known(value) = value else {
        return serializer.serialize_unit();
    };
    let mut map = serializer.serialize_map(Some(1 + usize::from(of.is_some())))?;
    map.serialize_entry("$personal", value)?;
    if let Some(subject) = of {
        map.serialize_entry("of", subject)?;
    }
    map.end()
}

/// A personal value of one person, ready to be written inside another structure.
pub struct Marked<'a, T> {
    /// The value.
    pub value: &'a Personal<T>,
    /// The stream of the person it belongs to.
    pub of: String,
}

impl<T: Serialize> Serialize for Marked<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        marked(self.value, Some(&self.of), serializer)
    }
}

/// Reads an optional personal field: absent is `None`, `null` is erased. Use it with
/// `#[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "…")]`.
pub fn optional<'de, D, T>(deserializer: D) -> Result<Option<Personal<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Personal::deserialize(deserializer).map(Some)
}
