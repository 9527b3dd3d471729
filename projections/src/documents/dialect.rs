//! What the two databases write differently in a question. Everything else is the same text.

use super::query::{Texts, Word};
use crate::view::Schema;

/// How a database wants to be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite, with FTS5.
    Sqlite,
    /// PostgreSQL, with `tsvector`.
    Postgres,
}

impl Dialect {
    /// A column for which the planner uses no index.
    pub(super) fn unindexed(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("+{column}"),
            Self::Postgres => column.to_owned(),
        }
    }

    /// `FROM … WHERE …`: the rows of a table of texts that have the word in parameter `word`. SQLite
    /// keeps the words in a table beside, joined in the order that it is told, and where texts come
    /// first their words are read.
    pub(super) fn texts(self, table: &str, texts: Texts, word: usize) -> String {
        match (self, texts) {
            (Self::Sqlite, Texts::Counted) => {
                format!("FROM {table}_fts WHERE {table}_fts MATCH ${word}")
            }
            (Self::Sqlite, Texts::ByWord) => format!(
                "FROM {table}_fts AS fts CROSS JOIN {table} AS text ON text.id = fts.rowid \
                 WHERE {table}_fts MATCH ${word}"
            ),
            // The index of words begins every question by gathering all texts that have the word,
            // which costs too much where each of many tickets is asked for it.
            (Self::Sqlite, Texts::ByText) => {
                format!("FROM {table} AS text WHERE instr(' ' || text.words || ' ', ${word}) > 0")
            }
            (Self::Postgres, _) => {
                format!("FROM {table} AS text WHERE text.words @@ ${word}::tsquery")
            }
        }
    }

    /// A word as texts are asked for it. It holds letters and digits only, so it can be quoted as it
    /// is.
    pub(super) fn word(self, Word { text, begins }: &Word, texts: Texts) -> String {
        match (self, texts, begins) {
            (Self::Sqlite, Texts::ByText, true) => format!(" {text}"),
            (Self::Sqlite, Texts::ByText, false) => format!(" {text} "),
            (Self::Sqlite, _, true) => format!("\"{text}\"*"),
            (Self::Sqlite, _, false) => format!("\"{text}\""),
            (Self::Postgres, _, true) => format!("'{text}':*"),
            (Self::Postgres, _, false) => format!("'{text}'"),
        }
    }

    /// The time by the database's clock, in milliseconds.
    pub(super) fn now(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Self::Postgres => "(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
        }
    }

    /// Whether the lease can be taken. A file belongs to the one process that has the log open, so
    /// whoever held the lease before is gone.
    pub(super) fn lease_is_free(self) -> String {
        match self {
            Self::Sqlite => "TRUE".to_owned(),
            Self::Postgres => format!("expires < {}", self.now()),
        }
    }

    /// A migration, in the words of this database.
    pub(super) fn of(self, schema: Schema) -> &'static str {
        match self {
            Self::Sqlite => schema.sqlite,
            Self::Postgres => schema.postgres,
        }
    }
}
