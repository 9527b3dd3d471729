//! What a list of tickets is asked for, from a query string or from a saved view: one parser, so
//! that a saved view means what its parameters meant when they were typed.

use std::collections::BTreeMap;
use std::str::FromStr;

use actix_web::web;
use docket_domain::customer::{Address, AddressKind};
use docket_domain::definition::{BaseStatus, Catalogue, DefinitionKind as Kind};
use docket_domain::party::Channel;
use docket_projections::ticket_list::filter::{Assignee, Filter, Predefined, Sort};
use serde::Deserialize;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde_json::Value;
use uuid::Uuid;

use self::days::midnight;
use crate::auth::Principal;
use crate::docket::Docket;
use crate::problem::Problem;
use crate::{body, page};

mod days;

/// What replaces a saved view's own, said beside it; a tag is one more in any case.
const REPLACED: [&str; 4] = ["sort", "page_size", "cursor", "tag"];

/// Parameters in the order in which they were given.
pub type Pairs = Vec<(String, String)>;

/// What is asked for.
#[derive(Debug)]
pub struct Wanted {
    /// Which tickets.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// How many.
    pub page_size: usize,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// The parameters of a query string.
pub fn pairs(query: &str) -> Result<Pairs, Problem> {
    let parsed = web::Query::<Pairs>::from_query(query).map(web::Query::into_inner);
    parsed.map_err(|_| Problem::field("", "invalid_value", "the query cannot be understood"))
}

/// The parameters that a saved filter stands for: texts, numbers, booleans, or lists of them.
pub fn saved_pairs(saved: &BTreeMap<String, Value>) -> Result<Pairs, Problem> {
    let mut pairs = Vec::new();
    for (name, value) in saved {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        };
        for value in values {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => {
                    let detail = "a text, a number, true, false, or a list of such";
                    return Err(Problem::field(format!("/{name}"), "invalid_value", detail));
                }
            };
            pairs.push((name.clone(), text));
        }
    }
    Ok(pairs)
}

impl Wanted {
    /// Understands parameters, for who asks. What is said beside a saved view narrows it: of what both speak
    /// of, a ticket must pass either.
    pub async fn of(docket: &Docket, who: &Principal, given: Pairs) -> Result<Self, Problem> {
        let is_saved =
            |(name, value): &(String, String)| name == "view" && Uuid::try_parse(value).is_ok();
        let saved = given.iter().find(|pair| is_saved(pair)).map(|(_, value)| read("view", value));
        let mut pairs = match saved {
            Some(id) => docket.saved_filter(who, id?).await?,
            None => Pairs::new(),
        };
        let given: Pairs = given.into_iter().filter(|pair| !is_saved(pair)).collect();
        let is_said_again = |(name, _): &mut (String, String)| {
            !REPLACED.contains(&name.as_str()) && given.iter().any(|(other, _)| other == name)
        };
        let within: Pairs = pairs.extract_if(.., is_said_again).collect();
        pairs.extend(given);
        let all = pairs.iter().chain(&within);
        let is_odd =
            |(name, value): &(String, String)| !is_defined(&docket.desk.catalogue(), name, value);
        if docket.follows_from().is_some() && all.clone().any(is_odd) {
            // Another process may have defined it a moment ago.
            docket.desk.reload_definitions().await?;
        }
        let mut wanted = Self::understood(docket, who, pairs).await?;
        if !within.is_empty() {
            let within = Self::understood(docket, who, within).await?;
            wanted.filter.within = Some(Box::new(within.filter));
        }
        Ok(wanted)
    }

    async fn understood(docket: &Docket, who: &Principal, pairs: Pairs) -> Result<Self, Problem> {
        let mut wanted = Self {
            filter: Filter::default(),
            sort: Sort::default(),
            page_size: usize::from(page::USUAL),
            cursor: None,
        };
        for (name, value) in pairs {
            wanted.take(docket, who, &name, &value).await?;
        }
        Ok(wanted)
    }

    async fn take(
        &mut self,
        docket: &Docket,
        who: &Principal,
        name: &str,
        value: &str,
    ) -> Result<(), Problem> {
        // An address leads to its customer; one that leads to nobody is no ticket's.
        let address = address(value).filter(|_| name == "customer");
        let Some(address) = address else { return self.set(docket, who, name, value) };
        let id = docket.desk.customer_of(&address).await?;
        self.filter.customer = Some(id.map_or(Uuid::nil(), |id| id.0));
        Ok(())
    }

    fn set(
        &mut self,
        docket: &Docket,
        who: &Principal,
        name: &str,
        value: &str,
    ) -> Result<(), Problem> {
        let filter = &mut self.filter;
        if value.is_empty() {
            return Err(Problem::field(format!("/{name}"), "invalid_value", "there is no value"));
        }
        let defined = |kind, key: &str| docket.desk.catalogue().has_had(kind, key);
        match name {
            "queue" => keys(&mut filter.queue, name, value, |it| defined(Kind::Queue, it))?,
            "status" => {
                let mut asked = Vec::new();
                keys(&mut asked, name, value, |it| defined(Kind::Status, it))?;
                statuses(filter, asked, &docket.desk.catalogue());
            }
            "substatus" => keys(&mut filter.substatus, name, value, |it| !it.is_empty())?,
            "priority" => {
                keys(&mut filter.priority, name, value, |it| defined(Kind::Priority, it))?
            }
            "type" => keys(&mut filter.ticket_type, name, value, |it| defined(Kind::Type, it))?,
            "channel" => keys(&mut filter.channel, name, value, is_channel)?,
            "category" if !defined(Kind::Category, value) => return Err(unknown(name, value)),
            "tag" => filter.tag.push(value.to_owned()),
            "category" => filter.category = Some(value.to_owned()),
            "number" => filter.number = Some(value.to_owned()),
            "q" => filter.q = Some(value.to_owned()),
            "level_min" => filter.level_min = Some(read(name, value)?),
            "customer" => {
                let expected = "a customer's id, e-mail address or phone number";
                filter.customer = Some(id_in(name, value, expected)?);
            }
            "created_from" => filter.created_from = Some(read(name, value)?),
            "created_to" => filter.created_to = Some(read(name, value)?),
            "updated_from" => filter.updated_from = Some(read(name, value)?),
            "updated_to" => filter.updated_to = Some(read(name, value)?),
            "due_from" => filter.due_from = Some(read(name, value)?),
            "due_to" => filter.due_to = Some(read(name, value)?),
            "indicator" => {
                for shade in value.split(',') {
                    filter.indicator.push(read(name, shade)?);
                }
            }
            "unread" => filter.unread = Some(read(name, value)?),
            "unsent" => filter.unsent = Some(read(name, value)?),
            "assignee" => filter.assignee = Some(assignee(who, name, value)?),
            "offered_to" => filter.offered_to = Some(assignee(who, name, value)?),
            "view" => filter.view = Some(predefined(docket, who, value)?),
            "sort" => self.sort = read(name, value)?,
            "page_size" => self.page_size = page::size(Some(read(name, value)?))?.into(),
            "cursor" => self.cursor = Some(value.to_owned()),
            _ => {
                let detail = format!("unknown parameter {name:?}");
                return Err(Problem::field(format!("/{name}"), "unknown_field", detail));
            }
        }
        Ok(())
    }
}

/// An address that is none but the one it looks like: handles look like anything.
fn address(value: &str) -> Option<Address> {
    if Uuid::try_parse(value).is_ok() {
        return None;
    }
    [AddressKind::Email, AddressKind::Phone]
        .into_iter()
        .find_map(|kind| Address::parse(kind, value).ok())
}

/// Takes in statuses: one of the six stands for all that are based on it (S-41). Where there are none of
/// the desk's own, and never were any, it stands for itself alone, which an index finds.
fn statuses(filter: &mut Filter, asked: Vec<String>, catalogue: &Catalogue) {
    let has_own = catalogue.has_own_statuses();
    for key in asked {
        match BaseStatus::of_key(&key).filter(|_| has_own) {
            Some(base) => filter.base.push(base),
            None => filter.status.push(key),
        }
    }
}

/// Whether the definitions that a parameter names are, or were, ever there.
pub fn is_defined(catalogue: &Catalogue, name: &str, value: &str) -> bool {
    let kind = match name {
        "queue" => Kind::Queue,
        "status" => Kind::Status,
        "priority" => Kind::Priority,
        "type" => Kind::Type,
        "category" => return catalogue.has_had(Kind::Category, value),
        _ => return true,
    };
    value.split(',').all(|key| catalogue.has_had(kind, key))
}

/// Takes in the keys of a list; none that there never was.
pub fn keys(
    list: &mut Vec<String>,
    name: &str,
    value: &str,
    is_known: impl Fn(&str) -> bool,
) -> Result<(), Problem> {
    for key in value.split(',') {
        if !is_known(key) {
            return Err(unknown(name, key));
        }
        list.push(key.to_owned());
    }
    Ok(())
}

fn unknown(name: &str, key: &str) -> Problem {
    Problem::field(format!("/{name}"), "invalid_value", format!("there is no {name} {key:?}"))
}

fn is_channel(word: &str) -> bool {
    let words = StrDeserializer::<ValueError>::new(word);
    Channel::deserialize(words).is_ok()
}

/// A value of a parameter, understood.
pub fn read<T: FromStr>(name: &str, value: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    value.parse().map_err(|error: T::Err| {
        Problem::field(format!("/{name}"), "invalid_value", body::plain(&error.to_string()))
    })
}

/// An id that a parameter names; what else the parameter may be is said where it is none.
fn id_in(name: &str, value: &str, expected: &str) -> Result<Uuid, Problem> {
    let refused =
        |_| Problem::field(format!("/{name}"), "invalid_value", format!("{name} is {expected}"));
    Uuid::try_parse(value).map_err(refused)
}

/// An owner that a parameter names.
pub fn assignee(who: &Principal, name: &str, value: &str) -> Result<Assignee, Problem> {
    match value {
        "none" | "nobody" => Ok(Assignee::Nobody),
        "me" => Ok(Assignee::Agent(who.acts_as())),
        id => Ok(Assignee::Agent(id_in(name, id, "an agent's id, me or none")?)),
    }
}

fn predefined(docket: &Docket, who: &Principal, value: &str) -> Result<Predefined, Problem> {
    Ok(match value {
        "current" => Predefined::Current,
        "mine_and_unassigned" => Predefined::MineAndUnassigned(who.acts_as()),
        "new" => Predefined::New,
        "touched_today" => Predefined::TouchedToday(midnight(docket, 0)),
        "all" => Predefined::All,
        "last_month" => Predefined::LastMonth(midnight(docket, 30)),
        "stuck" => Predefined::Stuck,
        _ => {
            let detail = "view is current, mine_and_unassigned, new, touched_today, all, last_month, \
                          stuck or the id of a saved view";
            return Err(Problem::field("/view", "invalid_value", detail));
        }
    })
}
