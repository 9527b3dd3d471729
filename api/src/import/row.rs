//! One line of a foreign log, before a map says what it means.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The attributes of something in a foreign log, by name.
pub type Attributes = BTreeMap<String, String>;

/// One event of a foreign log, as its file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The line of the file that it begins at, from 1.
    pub line: u64,
    /// Its own attributes.
    pub attributes: Attributes,
    /// The attributes of its case, where the format has cases; a table has only columns.
    pub case: Option<Arc<Attributes>>,
    /// What the file declares to hold where an event lacks an attribute. They help to recognise an
    /// event and are never recorded as if they had been said of it.
    pub defaults: Arc<Attributes>,
}

impl Row {
    /// The value of an attribute: the event's own, else its case's, else the file's default.
    /// `case:name` asks the case alone, where an attribute of the event hides it.
    pub fn get(&self, name: &str) -> Option<&str> {
        if let Some(own) = self.attributes.get(name) {
            return Some(own);
        }
        let of_case = |name: &str| self.case.as_ref().and_then(|case| case.get(name));
        if let Some(value) = name.strip_prefix("case:").and_then(of_case) {
            return Some(value);
        }
        of_case(name).or_else(|| self.defaults.get(name)).map(String::as_str)
    }

    /// The value of an attribute of the event, else the file's default for events; never its case's,
    /// whose name is not what was done.
    pub fn of_event(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).or_else(|| self.defaults.get(name)).map(String::as_str)
    }

    /// The value of an attribute that must have been said: the event's own, without defaults.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// The value that names the case: an attribute of the case, or a column of a table.
    pub fn of_case(&self, name: &str) -> Option<&str> {
        self.case.as_deref().unwrap_or(&self.attributes).get(name).map(String::as_str)
    }
}

/// Why a part of a foreign log cannot become an event; the rest goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The line of the file, from 1.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
    /// The case it belongs to, as far as that can be told.
    pub case: Option<String>,
}

/// What a reader finds next in a foreign log.
pub type Found = Result<Row, Reject>;

/// Why a foreign log cannot be read on: all before it was, nothing after it can be.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Unreadable {
    /// The line of the file, from 1.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
}
