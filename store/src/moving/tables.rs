//! The tables that move, and how a row of each is read and written: as the texts of its columns, so that
//! rows of both databases can be held against each other.

use crate::Position;

/// How a column is told as text.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// In hexadecimal, lower case.
    Bytes,
    Number,
}

use Kind::{Bytes, Number, Text};

/// A table, the same on both databases.
pub(super) struct Table {
    pub name: &'static str,
    columns: &'static [(&'static str, Kind)],
    /// How many of the columns, from the first, are its key.
    keys: usize,
    /// Where rows never change and none is ever removed: the column that names the position of the log that
    /// they came with.
    grows: Option<&'static str>,
}

/// A part of the log: what came after a position, up to and with another; without end where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub after: Option<Position>,
    pub up_to: Option<Position>,
}

impl Span {
    fn of(self, column: &str) -> String {
        let after = self.after.map(|after| format!("{column} > {after}"));
        let up_to = self.up_to.map(|up_to| format!("{column} <= {up_to}"));
        let both: Vec<_> = after.into_iter().chain(up_to).collect();
        if both.is_empty() { "true".to_owned() } else { both.join(" AND ") }
    }
}

/// The columns of a row, in the table's order.
pub(super) type Row = Vec<Option<String>>;

/// What only grows, at its end: the key is a number that rises.
pub(super) const EVENTS: Table = Table {
    name: "events",
    columns: &[
        ("position", Number),
        ("stream", Text),
        ("version", Number),
        ("event_id", Bytes),
        ("event_type", Text),
        ("schema", Number),
        ("occurred_at", Number),
        ("recorded_at", Number),
        ("payload_hash", Bytes),
        ("envelope", Text),
        ("payload", Text),
        ("sealed", Text),
    ],
    keys: 1,
    grows: None,
};

/// Who read what; it grows as the log does.
pub(super) const ACCESSES: Table = Table {
    name: "accesses",
    columns: &[
        ("seq", Number),
        ("at", Number),
        ("token_id", Text),
        ("actor_kind", Text),
        ("actor_id", Text),
        ("action", Text),
        ("subject", Text),
    ],
    keys: 1,
    grows: None,
};

/// What stands beside the log, and may change. A key's tombstone is a change of its row.
pub(super) const BESIDE: [Table; 5] = [
    Table {
        name: "commands",
        columns: &[
            ("command_id", Bytes),
            ("fingerprint", Bytes),
            ("first", Number),
            ("last", Number),
        ],
        keys: 1,
        grows: Some("first"),
    },
    Table {
        name: "claims",
        columns: &[("space", Text), ("key", Text), ("owner", Text)],
        keys: 2,
        grows: None,
    },
    Table {
        name: "counters",
        columns: &[("counter", Text), ("next", Number)],
        keys: 1,
        grows: None,
    },
    Table {
        name: "subject_keys",
        columns: &[("subject", Text), ("wrapped", Bytes), ("erased_at", Number)],
        keys: 1,
        grows: None,
    },
    Table { name: "meta", columns: &[("name", Text), ("value", Bytes)], keys: 1, grows: None },
];

/// What the two databases say differently.
#[derive(Clone, Copy)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    fn told(self, (column, kind): &(&str, Kind)) -> String {
        match (kind, self) {
            (Text, _) => (*column).to_owned(),
            (Number, _) => format!("CAST({column} AS text)"),
            (Bytes, Self::Postgres) => format!("encode({column}, 'hex')"),
            // `hex` makes an empty text of NULL.
            (Bytes, Self::Sqlite) => format!("iif({column} IS NULL, NULL, lower(hex({column})))"),
        }
    }

    /// What a text stands for in a column.
    fn meant(self, kind: Kind, text: &str) -> String {
        match (kind, self) {
            (Text, _) => text.to_owned(),
            (Number, _) => format!("CAST({text} AS bigint)"),
            (Bytes, Self::Postgres) => format!("decode({text}, 'hex')"),
            (Bytes, Self::Sqlite) => format!("unhex({text})"),
        }
    }

    fn array(self) -> &'static str {
        match self {
            Self::Sqlite => "json_array",
            Self::Postgres => "json_build_array",
        }
    }

    /// The rows that are given as one text: an array of arrays.
    fn given(self) -> &'static str {
        match self {
            Self::Sqlite => "json_each($1) AS given",
            Self::Postgres => "jsonb_array_elements(CAST($1 AS jsonb)) AS given (value)",
        }
    }
}

impl Table {
    /// The key of a row.
    pub fn key<'r>(&self, row: &'r Row) -> &'r [Option<String>] {
        row.get(..self.keys).unwrap_or_default()
    }

    fn names(&self, count: usize) -> String {
        let names: Vec<_> = self.columns.iter().take(count).map(|(name, _)| *name).collect();
        names.join(", ")
    }

    /// Rows behind a key, which is given as parameters, in the order of keys: each an array of texts. Of a
    /// table that grows with the log, those alone that came with it in a span.
    pub fn reading(&self, dialect: Dialect, behind: bool, span: Span, limit: usize) -> String {
        let columns: Vec<_> = self.columns.iter().map(|column| dialect.told(column)).collect();
        let keys = self.names(self.keys);
        let within = self.grows.map_or("true".to_owned(), |column| span.of(column));
        let behind = if behind {
            let key = self.columns.iter().take(self.keys).enumerate();
            let key = key.map(|(n, (_, kind))| dialect.meant(*kind, &format!("${}", n + 1)));
            format!("({keys}) > ({})", key.collect::<Vec<_>>().join(", "))
        } else {
            "true".to_owned()
        };
        format!(
            "SELECT CAST({}({}) AS text) FROM {} WHERE {behind} AND {within} ORDER BY {keys} LIMIT {limit}",
            dialect.array(),
            columns.join(", "),
            self.name
        )
    }

    /// The last key of a table whose key is a number; 0 when it is empty.
    pub fn last(&self) -> String {
        format!("SELECT CAST(coalesce(max({}), 0) AS text) FROM {}", self.names(1), self.name)
    }

    /// Writes the rows that are given: new ones, and those that others stand in the place of.
    pub fn putting(&self, dialect: Dialect) -> String {
        let columns = self.columns.iter().enumerate();
        let columns =
            columns.map(|(n, (_, kind))| dialect.meant(*kind, &format!("(value ->> {n})")));
        let (names, columns) = (self.names(self.columns.len()), columns.collect::<Vec<_>>());
        let (name, given, columns) = (self.name, dialect.given(), columns.join(", "));
        if matches!(self.name, "events" | "accesses") {
            // The database itself would give the numbers of readings.
            let overriding = match dialect {
                Dialect::Postgres if self.name == "accesses" => "OVERRIDING SYSTEM VALUE",
                _ => "",
            };
            return format!(
                "INSERT INTO {name} ({names}) {overriding} SELECT {columns} FROM {given}"
            );
        }
        let changed = self.columns.iter().skip(self.keys);
        let changed: Vec<_> =
            changed.map(|(column, _)| format!("{column} = excluded.{column}")).collect();
        // Without a condition SQLite would take ON for that of a join.
        format!(
            "INSERT INTO {name} ({names}) SELECT {columns} FROM {given} WHERE true
             ON CONFLICT ({}) DO UPDATE SET {}",
            self.names(self.keys),
            changed.join(", ")
        )
    }

    /// Removes the rows with the keys that are given.
    pub fn removing(&self, dialect: Dialect) -> String {
        let key = self.columns.iter().take(self.keys).enumerate();
        let key = key.map(|(n, (_, kind))| dialect.meant(*kind, &format!("(value ->> {n})")));
        let (name, keys, given) = (self.name, self.names(self.keys), dialect.given());
        let key = key.collect::<Vec<_>>().join(", ");
        format!("DELETE FROM {name} WHERE ({keys}) IN (SELECT {key} FROM {given})")
    }
}
