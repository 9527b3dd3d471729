-- What is due next? One row for each timer that is set.
CREATE TABLE {table} (
    stream TEXT NOT NULL,
    key    TEXT NOT NULL,
    doc    TEXT NOT NULL,
    due    TEXT AS (doc ->> '$.due_at') STORED,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_due ON {table} (due, stream);
