//! What an auditor asks of the readings, in words that both databases take.

use sqlx::{Database, Encode, QueryBuilder, Type};

use super::{Access, AccessEntry, AccessFilter};

/// An entry as a row: its place, when, with which token, what kind of actor and which, what, and of whom.
pub(super) type Row = (i64, i64, String, String, String, String, String);

/// The question for what matches behind the entry `after`, oldest first.
pub(super) fn question<DB>(filter: &AccessFilter, after: i64, limit: i64) -> QueryBuilder<DB>
where
    DB: Database,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
    String: for<'q> Encode<'q, DB> + Type<DB>,
{
    let mut query = QueryBuilder::new(
        "SELECT seq, at, token_id, actor_kind, actor_id, action, subject FROM accesses
         WHERE seq > ",
    );
    query.push_bind(after);
    for (column, wanted) in [("subject", &filter.subject), ("token_id", &filter.token_id)] {
        if let Some(wanted) = wanted {
            query.push(format!(" AND {column} = ")).push_bind(wanted.clone());
        }
    }
    for (bound, at) in [("at >= ", filter.from), ("at < ", filter.to)] {
        if let Some(at) = at {
            query.push(format!(" AND {bound}")).push_bind(at);
        }
    }
    query.push(" ORDER BY seq LIMIT ").push_bind(limit);
    query
}

/// The entry in a row.
pub(super) fn entry(row: Row) -> AccessEntry {
    let (seq, at, token_id, actor_kind, actor_id, action, subject) = row;
    let access = Access { at, token_id, actor_kind, actor_id, action, subject };
    AccessEntry { seq: seq as u64, access }
}
