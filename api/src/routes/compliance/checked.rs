//! Filters of reports that could let nothing through: a word that is none of ours, a key that there never
//! was. They are refused, since an empty report would read as if nothing had happened.

use std::collections::BTreeMap;

use docket_domain::customer::TIERS;
use docket_domain::definition::{Catalogue, DefinitionKind as Kind};
use docket_domain::party::Channel;
use docket_domain::sla::plan::ClockKind;
use docket_domain::ticket::event::Outcome;
use docket_projections::sla_clocks::cell::{Dimension, NOTHING};
use serde::Deserialize;
use serde::de::value::{Error as ValueError, StrDeserializer};
use uuid::Uuid;

use crate::docket::Docket;
use crate::problem::Problem;

/// What ends a clock.
const ENDS: [&str; 12] = [
    "owner",
    "return",
    "reply",
    "call",
    "meeting",
    "chat",
    "transfer",
    "no_reply_needed",
    "resolution",
    "merge",
    "unmerge",
    "split",
];

/// Refuses values that no clock can have.
pub async fn refuse_unknown(
    docket: &Docket,
    filters: &BTreeMap<String, Vec<String>>,
) -> Result<(), Problem> {
    if unknown(&docket.desk.catalogue(), filters).is_none() {
        return Ok(());
    }
    if docket.follows_from().is_some() {
        // Another process may have defined it a moment ago.
        docket.desk.reload_definitions().await?;
    }
    let Some((name, value)) = unknown(&docket.desk.catalogue(), filters) else { return Ok(()) };
    let detail = match Dimension::named(name) {
        Some(Dimension::Agent) => format!("an agent's id or none, and not {value:?}"),
        Some(Dimension::Plan) => format!("there is no plan {value:?}; say key@version"),
        _ => format!("there is no {name} {value:?}"),
    };
    Err(Problem::field(format!("/{name}"), "invalid_value", detail))
}

fn unknown<'f>(
    catalogue: &Catalogue,
    filters: &'f BTreeMap<String, Vec<String>>,
) -> Option<(&'f str, &'f str)> {
    let all = filters.iter().flat_map(|(name, values)| values.iter().map(move |it| (name, it)));
    let mut all = all.map(|(name, value)| (name.as_str(), value.as_str()));
    all.find(|(name, value)| !Dimension::named(name).is_some_and(|it| knows(catalogue, it, value)))
}

fn knows(catalogue: &Catalogue, dimension: Dimension, value: &str) -> bool {
    match dimension {
        _ if value == NOTHING && dimension.may_be_nothing() => true,
        Dimension::Clock => is_word::<ClockKind>(value),
        Dimension::Measure => ["first", "cumulative"].contains(&value),
        Dimension::Queue => catalogue.has_had(Kind::Queue, value),
        Dimension::Plan => value.split_once('@').is_some_and(|(key, version)| {
            catalogue.has_had(Kind::Plan, key) && version.parse::<u64>().is_ok()
        }),
        Dimension::Tier => TIERS.contains(&value),
        Dimension::Priority => catalogue.has_had(Kind::Priority, value),
        Dimension::Type => catalogue.has_had(Kind::Type, value),
        Dimension::Channel => is_word::<Channel>(value),
        Dimension::Agent => Uuid::try_parse(value).is_ok(),
        Dimension::FulfilledBy => ENDS.contains(&value),
        Dimension::Outcome => is_word::<Outcome>(value),
    }
}

fn is_word<'w, T: Deserialize<'w>>(word: &'w str) -> bool {
    T::deserialize(StrDeserializer::<ValueError>::new(word)).is_ok()
}
