//! Texts made of a row's values: `"Incident {case} on {product}"`.

use std::collections::BTreeMap;

use serde::de::{self, DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Deserializer};

use crate::import::row::Row;

/// The names that stand for something in every row.
const ALWAYS_THERE: [&str; 2] = ["case", "system"];

/// A text with the names of attributes in braces; `{case}` and `{system}` are always there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Attribute(String),
}

/// What a template can speak of.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    /// The row.
    pub row: &'a Row,
    /// The case it belongs to.
    pub case: &'a str,
    /// The foreign system.
    pub system: &'a str,
}

impl Template {
    /// Reads a template; says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after
                .split_once('}')
                .ok_or_else(|| format!("{text:?} opens a brace that it does not close"))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Attribute(name.to_owned()));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The value of one attribute, as it is.
    pub fn attribute(name: &str) -> Self {
        Self { parts: vec![Part::Attribute(name.to_owned())] }
    }

    /// The attributes that it names, without those that are always there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Attribute(name) if !ALWAYS_THERE.contains(&name.as_str()) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The text, where it is the same for every row.
    pub fn fixed(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text for a row; what the row lacks is left out.
    pub fn fill(&self, values: Values<'_>) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Attribute(name) => text.push_str(value(name, values).unwrap_or_default()),
            }
        }
        text.trim().to_owned()
    }

    /// The text for a row, unless it is empty.
    pub fn fill_some(&self, values: Values<'_>) -> Option<String> {
        Some(self.fill(values)).filter(|text| !text.is_empty())
    }
}

fn value<'a>(name: &str, values: Values<'a>) -> Option<&'a str> {
    values.row.get(name).or(match name {
        "case" => Some(values.case),
        "system" => Some(values.system),
        _ => None,
    })
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// A text for a row, or a choice by one of its values:
/// `{ from = "impact", is = { High = "high" }, otherwise = "medium" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Choice {
    /// The text itself.
    Text(Template),
    /// What a value stands for.
    Of(Translation),
}

/// A word that Docket knows, such as the outcome of a closing. One that is the same for every row is
/// checked when the map is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coded<T> {
    /// The same for every row.
    Fixed(T),
    /// Made of a row's values.
    Of(Template),
}

impl<T: DeserializeOwned + Clone> Coded<T> {
    /// The word for a row; `None` where the row says none that Docket knows.
    pub fn fill(&self, values: Values<'_>) -> Option<T> {
        match self {
            Self::Fixed(word) => Some(word.clone()),
            Self::Of(template) => parse_word(&template.fill(values)).ok(),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Coded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let template = Template::deserialize(deserializer)?;
        match template.fixed() {
            Some(word) => parse_word(word).map(Self::Fixed).map_err(de::Error::custom),
            None => Ok(Self::Of(template)),
        }
    }
}

fn parse_word<T: DeserializeOwned>(word: &str) -> Result<T, de::value::Error> {
    T::deserialize(IntoDeserializer::<de::value::Error>::into_deserializer(word))
}

/// What the values of an attribute stand for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    /// The attribute.
    from: String,
    /// What each value stands for.
    is: BTreeMap<String, String>,
    /// What every other value stands for; nothing when not said.
    otherwise: Option<String>,
}

impl Choice {
    /// The attributes that decide it.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Text(template) => template.names().collect(),
            Self::Of(translation) => vec![&translation.from],
        }
    }

    /// What is chosen for a row, if anything.
    pub fn fill(&self, values: Values<'_>) -> Option<String> {
        match self {
            Self::Text(template) => template.fill_some(values),
            Self::Of(translation) => {
                let said = value(&translation.from, values);
                let found = said.and_then(|said| translation.is.get(said));
                found.or(translation.otherwise.as_ref()).cloned()
            }
        }
    }
}
