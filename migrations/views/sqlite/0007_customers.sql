-- Who are the customers? One row for each.
CREATE TABLE {table} (
    stream     TEXT NOT NULL,
    key        TEXT NOT NULL,
    doc        TEXT NOT NULL,
    registered TEXT AS (doc ->> '$.registered_at') STORED,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_registered ON {table} (registered, stream);
