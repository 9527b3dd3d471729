-- What is promised, and by when? A promise without a date sorts last.
CREATE TABLE {table} (
    stream TEXT NOT NULL,
    key    TEXT NOT NULL,
    doc    TEXT NOT NULL,
    due    TEXT AS (coalesce(doc ->> '$.due', '9999')) STORED,
    PRIMARY KEY (stream, key)
);
-- after load
CREATE INDEX {table}_due ON {table} (due, stream, key);
