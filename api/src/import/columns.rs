//! The columns that a map reads: a table that lacks one is refused before any row is read.

use std::collections::BTreeSet;

use crate::import::map::Map;
use crate::import::template::Template;

/// The first column, by name, that a map reads and a table does not have.
pub fn missing<'a>(map: &'a Map, table: &[&str]) -> Option<&'a str> {
    read_by(map).into_iter().find(|name| !table.contains(name))
}

/// All that a map reads of a row.
fn read_by(map: &Map) -> BTreeSet<&str> {
    let mut names = BTreeSet::from([map.case.as_str(), map.time.as_str()]);
    let lists = [&map.activity, &map.public, &map.fields];
    names.extend(lists.into_iter().flatten().chain(&map.resource).map(String::as_str));
    let new = &map.ticket;
    names.extend(
        [&new.subject, &new.customer].into_iter().chain(&new.tags).flat_map(Template::names),
    );
    let choices = [&new.queue, &new.category, &new.ticket_type, &new.priority];
    names.extend(choices.into_iter().flatten().flat_map(|choice| choice.names()));
    for rule in &map.events {
        names.extend(rule.when.keys().chain(&rule.reads).map(String::as_str));
    }
    names
}

/// What the `set` of a rule reads: `to` and `agent` name an attribute, a table its `from`, every other
/// text may have names in braces.
pub fn of_set(set: &toml::Table) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    for (key, value) in set {
        let texts = match value {
            toml::Value::Array(items) => items.iter().collect(),
            one => vec![one],
        };
        for text in texts {
            match text {
                toml::Value::String(name) if key == "to" || key == "agent" => {
                    names.insert(name.clone());
                }
                toml::Value::String(text) => {
                    names.extend(Template::parse(text)?.names().map(str::to_owned));
                }
                toml::Value::Table(choice) => {
                    names.extend(
                        choice.get("from").and_then(toml::Value::as_str).map(str::to_owned),
                    );
                }
                _ => {}
            }
        }
    }
    Ok(names)
}
