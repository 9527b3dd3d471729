//! The map: what the columns of a foreign log mean here. A small TOML file, documented in
//! `docs/importing.md`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};

use docket_domain::instant::Instant;
use docket_domain::party::Channel;

use crate::import::columns;
use crate::import::counterpart::Counterpart;
use crate::import::row::{Reject, Row};
use crate::import::template::{Choice, Template};

/// What the columns of a foreign log mean here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// The foreign system, as it will be named in every event's source.
    pub system: String,
    /// The attribute that names the case.
    pub case: String,
    /// The attribute that says when.
    pub time: String,
    /// How times are written, in `strptime` letters; RFC 3339 when not said.
    pub time_format: Option<String>,
    /// The IANA zone of times that carry no offset.
    pub zone: Option<String>,
    /// The attributes whose values, joined by `+`, are the activity.
    #[serde(deserialize_with = "one_or_many")]
    pub activity: Vec<String>,
    /// The attribute that names who did it, if one does.
    pub resource: Option<String>,
    /// The attributes that are about nobody and stay readable after an erasure.
    #[serde(default)]
    pub public: Vec<String>,
    /// The attributes that the ticket carries as custom fields, changed whenever they change.
    #[serde(default)]
    pub fields: Vec<String>,
    /// How tables are written.
    #[serde(default)]
    pub csv: Csv,
    /// What a new case becomes.
    #[serde(default)]
    pub ticket: NewCase,
    /// What activities become, the first rule that fits and is not refused.
    #[serde(default, rename = "event")]
    pub events: Vec<Rule>,
}

/// How tables are written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Csv {
    /// What stands between columns: one ASCII character.
    pub delimiter: char,
}

/// What a new case becomes, beside what its first event says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NewCase {
    /// The subject.
    pub subject: Template,
    /// The name of whoever asks; one customer for each different name.
    pub customer: Template,
    /// The channel it came by.
    pub channel: Channel,
    /// The queue's key.
    pub queue: Option<Choice>,
    /// The category's path.
    pub category: Option<Choice>,
    /// The type's key.
    #[serde(rename = "type")]
    pub ticket_type: Option<Choice>,
    /// The priority's key.
    pub priority: Option<Choice>,
    /// Its tags.
    pub tags: Vec<Template>,
}

/// What an activity becomes.
#[derive(Debug, Deserialize)]
#[serde(try_from = "RawRule")]
pub struct Rule {
    /// The values that attributes must have: each one of those listed.
    pub when: BTreeMap<String, Vec<String>>,
    /// The type of the event it becomes.
    pub event_type: String,
    /// How it becomes that.
    pub counterpart: Counterpart,
    /// The attributes it takes values from.
    pub reads: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    when: BTreeMap<String, OneOrMany>,
    #[serde(rename = "type")]
    event_type: String,
    #[serde(default)]
    set: toml::Table,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Why a map cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// It is not what a map looks like; the message shows the line.
    #[error("{0}")]
    Wrong(#[from] toml::de::Error),
    /// Something in it cannot be.
    #[error("{0}")]
    Impossible(String),
}

/// One row, as its map reads it.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The row.
    pub row: Row,
    /// The case it belongs to.
    pub case: String,
    /// What was done.
    pub activity: String,
    /// When.
    pub at: Instant,
    /// Who did it, where that is said.
    pub resource: Option<String>,
}

impl Map {
    /// Reads a map.
    pub fn parse(text: &str) -> Result<Self, MapError> {
        let map: Self = toml::from_str(text)?;
        let impossible = |message: &str| Err(MapError::Impossible(message.into()));
        if map.system.is_empty() || map.system.len() > 100 {
            return impossible("system must have a name of 1 to 100 characters");
        }
        if map.activity.is_empty() {
            return impossible("activity must name at least one attribute");
        }
        if !map.csv.delimiter.is_ascii() {
            return impossible("csv.delimiter must be one ASCII character");
        }
        if map.time_format.is_some() && map.zone.is_none() {
            return impossible(
                "times in a format of your own need a zone, such as \"Europe/Rome\"",
            );
        }
        let zone = map.zone()?.unwrap_or(TimeZone::UTC);
        if map.time_format.as_deref().is_some_and(|format| !reads_what_it_writes(format, zone)) {
            return impossible(
                "time_format must say date and time, in the letters of strptime: \"%d.%m.%Y %H:%M\"",
            );
        }
        Ok(map)
    }

    fn zone(&self) -> Result<Option<TimeZone>, MapError> {
        let Some(zone) = &self.zone else { return Ok(None) };
        let found = TimeZone::get(zone);
        found.map(Some).map_err(|_| MapError::Impossible(format!("there is no zone {zone:?}")))
    }

    /// What a row says, or why it says nothing. What lies after `now` has not happened.
    pub fn read(&self, row: Row, now: Instant) -> Result<Activity, Reject> {
        let case = row.of_case(&self.case).map(str::trim).filter(|case| !case.is_empty());
        let Some(case) = case.map(str::to_owned) else {
            let reason = format!("no case: {:?} is missing", self.case);
            return Err(Reject { line: row.line, reason, case: None });
        };
        let (at, activity) = match self.when_and_what(&row, now) {
            Ok(read) => read,
            Err(reason) => return Err(Reject { line: row.line, reason, case: Some(case) }),
        };
        let resource = self.resource.as_ref().and_then(|name| row.said(name)).map(str::trim);
        let resource = resource.filter(|name| !name.is_empty()).map(str::to_owned);
        Ok(Activity { case, activity, at, resource, row })
    }

    fn when_and_what(&self, row: &Row, now: Instant) -> Result<(Instant, String), String> {
        let time = row.said(&self.time).map(str::trim).filter(|time| !time.is_empty());
        let time = time.ok_or_else(|| format!("no time: {:?} is missing", self.time))?;
        let at = self.instant(time).ok_or_else(|| format!("not a time: {time:?}"))?;
        if at > now {
            return Err(format!("{time:?} lies in the future"));
        }
        let mut activity = Vec::with_capacity(self.activity.len());
        for name in &self.activity {
            let part = row.of_event(name);
            activity.push(part.ok_or_else(|| format!("no activity: {name:?} is missing"))?);
        }
        Ok((at, activity.join("+")))
    }

    fn instant(&self, text: &str) -> Option<Instant> {
        let local: DateTime = match &self.time_format {
            Some(format) => DateTime::strptime(format, text).ok()?,
            // Other systems write more loosely than our clients may.
            None => match text.parse::<Timestamp>() {
                Ok(at) => {
                    return Some(Instant(at.as_millisecond())).filter(|at| *at <= Instant::LATEST);
                }
                Err(_) => text.parse().ok()?,
            },
        };
        let zone = self.zone().ok().flatten()?;
        let zoned = local.to_zoned(zone).ok()?;
        Some(Instant(zoned.timestamp().as_millisecond()))
    }

    /// The rules that fit a row, in the map's order.
    pub fn rules_for<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = &'a Rule> {
        let fits = |rule: &&Rule| {
            rule.when.iter().all(|(name, values)| {
                row.get(name).is_some_and(|value| values.iter().any(|wanted| wanted == value))
            })
        };
        self.events.iter().filter(fits)
    }
}

/// Whether a moment that is written in a format can be read in it.
fn reads_what_it_writes(format: &str, zone: TimeZone) -> bool {
    let sample = DateTime::constant(2026, 3, 1, 15, 4, 5, 0).to_zoned(zone);
    let written = sample.ok().and_then(|at| strtime::format(format, &at).ok());
    written.is_some_and(|text| DateTime::strptime(format, text).is_ok())
}

impl Default for Csv {
    fn default() -> Self {
        Self { delimiter: ',' }
    }
}

impl Default for NewCase {
    fn default() -> Self {
        Self {
            subject: Template::attribute("case"),
            customer: Template::attribute("system"),
            channel: Channel::Api,
            queue: None,
            category: None,
            ticket_type: None,
            priority: None,
            tags: Vec::new(),
        }
    }
}

impl TryFrom<RawRule> for Rule {
    type Error = String;

    fn try_from(raw: RawRule) -> Result<Self, String> {
        if raw.when.is_empty() {
            return Err(format!("the rule for {} fits everything: say when", raw.event_type));
        }
        let event_type = raw.event_type;
        let reads = columns::of_set(&raw.set)?;
        let tagged = toml::Table::from_iter([(event_type.clone(), toml::Value::Table(raw.set))]);
        let counterpart = Counterpart::deserialize(tagged).map_err(|error| error.to_string())?;
        let when = raw.when.into_iter().map(|(name, values)| (name, values.into())).collect();
        Ok(Self { when, event_type, counterpart, reads })
    }
}

impl From<OneOrMany> for Vec<String> {
    fn from(values: OneOrMany) -> Self {
        match values {
            OneOrMany::One(value) => vec![value],
            OneOrMany::Many(values) => values,
        }
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    OneOrMany::deserialize(deserializer).map(Vec::from)
}
