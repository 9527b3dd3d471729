//! From a filter to SQL.
//!
//! A page must cost the same however many tickets there are. So one condition drives: the one for
//! which the migration has an index in the order asked for. All others are checked row by row and
//! marked as such, lest the planner sort a million rows to save itself a walk of a hundred.

use docket_domain::definition::BaseStatus;
use docket_domain::instant::Instant;

use self::now::{shades, unsent};
use super::filter::{Assignee, Filter, Predefined, Shade, Sort};
use crate::documents::{Query, Texts, Word};
use crate::page::Cursor;
use crate::ticket_text::Words;

mod now;

/// A word or a tag that tickets are searched by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// A tag.
    Tag(String),
    /// A word.
    Word(Word),
}

/// How a term is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Few tickets have it: start from these.
    Few,
    /// Many do: walk the list in order and look at each.
    Many,
}

/// A page of a list, one row longer than `size`: (document, sort column, stream).
pub(super) fn page(
    filter: &Filter,
    sort: Sort,
    (after, size): (Option<&Cursor>, usize),
    terms: &[(Term, Found)],
    now: Instant,
) -> Query {
    let column = sort.column();
    let mut query = Query::new(&format!(
        "SELECT doc, {column}, stream FROM {{ticket_list}} AS list WHERE TRUE"
    ));
    let starts_from_few =
        filter.unsent == Some(true) || terms.iter().any(|(_, found)| *found == Found::Few);
    let driver = if starts_from_few { "" } else { driver(filter, sort) };
    query = columns(query, filter, driver);
    query = ranges(query, filter);
    query = predefined(query, filter.view, driver);
    query = shades(unsent(query, filter.unsent, now), &filter.indicator, now);
    // Said as the small index of such tickets says it, or it would not be used.
    query = match driver {
        "waits" => query.sql(" AND waits = 1"),
        "red" => query.sql(" AND red <> '9999'"),
        _ => query,
    };
    if let Some(within) = &filter.within {
        query = ranges(columns(query, within, ""), within);
        query = predefined(unsent(query, within.unsent, now), within.view, "");
        query = shades(query, &within.indicator, now);
    }
    query = searched(query, terms);
    let (than, order) = if sort.falls() { ("<", "DESC") } else { (">", "ASC") };
    if let Some(after) = after {
        query = query.sql(&format!(" AND ({column}, stream) {than} ("));
        query = query.bind(after.sort.as_str()).sql(", ").bind(after.stream.as_str()).sql(")");
    }
    query.sql(&format!(" ORDER BY {column} {order}, stream {order} LIMIT ")).bind(size as i64 + 1)
}

/// The columns whose equality the page is driven by, as a prefix of an index's name; or the one that a
/// small index is about.
fn driver(filter: &Filter, sort: Sort) -> &'static str {
    let column = sort.column();
    let by_time = column == "created" || column == "updated";
    let one = |values: &[String]| values.len() == 1;
    let shown = |shades: &[Shade], of: [Shade; 2]| {
        !shades.is_empty() && shades.iter().all(|shade| of.contains(shade))
    };
    match filter {
        Filter { number: Some(_), .. } => "number",
        Filter { customer: Some(_), .. } => "customer",
        Filter { assignee: Some(Assignee::Agent(_)), .. } => "assignee",
        Filter { assignee: Some(Assignee::Nobody), .. } if by_time => "assignee",
        Filter { unread: Some(true), .. } if column == "created" => "unread",
        Filter { indicator, .. }
            if column == "created" && shown(indicator, [Shade::Blue, Shade::Green]) =>
        {
            "waits"
        }
        Filter { indicator, .. }
            if column == "created" && shown(indicator, [Shade::Orange, Shade::Red]) =>
        {
            "red"
        }
        Filter { queue, status, base, .. }
            if one(queue) && one(status) && base.is_empty() && column != "due" =>
        {
            "queue status"
        }
        Filter { queue, .. } if one(queue) => "queue",
        Filter { status, base, .. } if one(status) && base.is_empty() && by_time => "status",
        _ => "",
    }
}

/// The terms of a filter, and of the one that it narrows.
pub(super) fn terms(filter: &Filter) -> Vec<Term> {
    let within = filter.within.as_deref().map(terms).unwrap_or_default();
    let tags = filter.tag.iter().cloned().map(Term::Tag);
    let words = filter.q.as_deref().map(Words::of).into_iter().flat_map(Words::matches);
    tags.chain(words.map(Term::Word)).chain(within).collect()
}

/// How many rows, up to a limit, a term leads to.
pub(super) fn count(term: &Term, limit: usize) -> Query {
    let query = Query::new("SELECT count(*) FROM (SELECT 1 ");
    let query = match term {
        Term::Tag(tag) => query.sql("FROM {ticket_tags} WHERE key = ").bind(tag.as_str()),
        Term::Word(word) => query.from_texts("ticket_text", Texts::Counted, word),
    };
    query.sql(" LIMIT ").bind(limit as i64).sql(") AS found")
}

/// A column to compare: free for an index when it drives, else for checking only.
fn column(query: Query, name: &str, driver: &str) -> Query {
    let query = query.sql(" AND ");
    if driver.split(' ').any(|drives| drives == name) {
        query.sql(name)
    } else {
        query.unindexed(name)
    }
}

fn columns(mut query: Query, filter: &Filter, driver: &str) -> Query {
    query = statuses(query, filter, driver);
    let lists = [
        ("queue", &filter.queue),
        ("substatus", &filter.substatus),
        ("priority", &filter.priority),
        ("type", &filter.ticket_type),
        ("channel", &filter.channel),
    ];
    for (name, values) in lists {
        query = match values.as_slice() {
            [] => query,
            [value] => column(query, name, driver).sql(" = ").bind(value.as_str()),
            values => column(query, name, driver).sql(" IN (").bind_all(values).sql(")"),
        };
    }
    if let Some(number) = &filter.number {
        query = column(query, "number", driver).sql(" = ").bind(number.as_str());
    }
    if let Some(customer) = filter.customer {
        query = column(query, "customer", driver).sql(" = ").bind(customer.to_string());
    }
    if let Some(assignee) = filter.assignee {
        query = column(query, "assignee", driver).sql(" = ").bind(assignee.column());
    }
    if let Some(agent) = filter.offered_to {
        // What is offered is open, and that is a small part.
        let of = if agent == Assignee::Nobody { query } else { query.sql(" AND is_open = 1") };
        query = column(of, "offered", driver).sql(" = ").bind(agent.column());
    }
    query = match filter.unread {
        None => query,
        // Said as the small index of what is unread says it, or it would not be used.
        Some(true) if driver == "unread" => query.sql(" AND unread = 1"),
        Some(unread) => query.sql(" AND ").unindexed("unread").sql(" = ").bind(i64::from(unread)),
    };
    if let Some(level) = filter.level_min {
        query = column(query, "level", driver).sql(" >= ").bind(i64::from(level));
    }
    if let Some(path) = &filter.category {
        // All below a path stands between `path/` and `path0`, the character after `/`.
        query = query.sql(" AND (category = ").bind(path.as_str());
        query = query.sql(" OR (category > ").bind(format!("{path}/"));
        query = query.sql(" AND category < ").bind(format!("{path}0")).sql("))");
    }
    query
}

/// Tickets in one of the statuses, or in one based on them. Where all of those are open, the small index
/// of what is open leads there.
fn statuses(query: Query, filter: &Filter, driver: &str) -> Query {
    let keys = filter.status.as_slice();
    let bases: Vec<String> = filter.base.iter().map(|base| base.key().to_owned()).collect();
    let is_open = |base: &BaseStatus| !matches!(base, BaseStatus::Closed | BaseStatus::Merged);
    match (keys, bases.as_slice()) {
        ([], []) => query,
        ([key], []) => column(query, "status", driver).sql(" = ").bind(key.as_str()),
        (keys, []) => column(query, "status", driver).sql(" IN (").bind_all(keys).sql(")"),
        ([], bases) => {
            let all_open = filter.base.iter().all(is_open);
            let query = if all_open { query.sql(" AND is_open = 1") } else { query };
            query.sql(" AND ").unindexed("base").sql(" IN (").bind_all(bases).sql(")")
        }
        (keys, bases) => {
            let query = query.sql(" AND (").unindexed("status").sql(" IN (").bind_all(keys);
            query.sql(") OR ").unindexed("base").sql(" IN (").bind_all(bases).sql("))")
        }
    }
}

fn ranges(mut query: Query, filter: &Filter) -> Query {
    let bounds = [
        ("created >= ", filter.created_from),
        ("created <= ", filter.created_to),
        ("updated >= ", filter.updated_from),
        ("updated <= ", filter.updated_to),
        ("due >= ", filter.due_from),
        ("due <= ", filter.due_to),
    ];
    for (comparison, bound) in bounds {
        if let Some(bound) = bound {
            query = query.sql(" AND ").sql(comparison).bind(bound.to_string());
        }
    }
    // What is due at no time is not due later than some.
    if filter.due_from.is_some() { query.sql(" AND due < '9999'") } else { query }
}

fn predefined(query: Query, view: Option<Predefined>, driver: &str) -> Query {
    match view {
        None | Some(Predefined::All) => query,
        Some(Predefined::Current) => query.sql(" AND is_open = 1"),
        Some(Predefined::MineAndUnassigned(me)) => query
            .sql(" AND is_open = 1 AND (")
            .unindexed("assignee")
            .sql(" IN ('', ")
            .bind(me.to_string())
            .sql(") OR stands_in = ")
            .bind(me.to_string())
            .sql(")"),
        Some(Predefined::New) => {
            column(query.sql(" AND is_open = 1"), "base", driver).sql(" = 'new'")
        }
        Some(Predefined::TouchedToday(since)) => {
            query.sql(" AND updated >= ").bind(since.to_string())
        }
        Some(Predefined::LastMonth(since)) => query.sql(" AND created >= ").bind(since.to_string()),
        // A snooze ends by itself, so that one is due too.
        Some(Predefined::Stuck) => {
            let query = query.sql(" AND is_open = 1 AND (").unindexed("assignee");
            let query = query.sql(" = '' OR away = 1 OR (").unindexed("due").sql(" = '9999' AND ");
            query.unindexed("base").sql(" <> 'snoozed'))")
        }
    }
}

/// Tickets that have all the terms. Where many have a word, the texts of each ticket on the way are
/// read.
fn searched(mut query: Query, terms: &[(Term, Found)]) -> Query {
    for (term, found) in terms {
        query = match (term, found) {
            (Term::Tag(tag), Found::Few) => query
                .sql(" AND stream IN (SELECT stream FROM {ticket_tags} WHERE key = ")
                .bind(tag.as_str()),
            (Term::Tag(tag), Found::Many) => query
                .sql(" AND EXISTS (SELECT 1 FROM {ticket_tags} AS tag WHERE tag.stream = list.stream")
                .sql(" AND tag.key = ")
                .bind(tag.as_str()),
            (Term::Word(word), Found::Few) => query
                .sql(" AND stream IN (SELECT text.stream ")
                .from_texts("ticket_text", Texts::ByWord, word),
            (Term::Word(word), Found::Many) => query
                .sql(" AND EXISTS (SELECT 1 ")
                .from_texts("ticket_text", Texts::ByText, word)
                .sql(" AND text.stream = list.stream"),
        };
        query = query.sql(")");
    }
    query
}
